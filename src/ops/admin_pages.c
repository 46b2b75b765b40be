/* SPDX-License-Identifier: MIT */
/* The admin pages: metrics, health, status, and a page that shows it. */

#include "ops/admin_pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "ops/metrics.h"
#include "ops/metrics_text.h"
#include "ops/status.h"
#include "ops/status_page.h"

#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_JSON "application/json"
#define TYPE_HTML "text/html; charset=utf-8"

/* An answer in the making. */
struct answer {
	const struct operations *operations;
	struct evbuffer *body;
	const char *type;
	int status;
};

static void say(struct answer *answer, int status, const char *line)
{
	answer->status = status;
	answer->type = TYPE_TEXT;
	evbuffer_add_printf(answer->body, "%s\n", line);
}

/* What was made is handed over whole and freed when it is sent. */
static void free_text(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	free(arg);
}

static void hand_over(struct answer *answer, const char *type, char *text,
		      size_t len)
{
	answer->type = type;
	if (!evbuffer_add_reference(answer->body, text, len, free_text, text))
		return;
	free(text);
	say(answer, HTTP_SERVUNAVAIL, "out of memory");
}

static void answer_metrics(struct answer *answer)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool is_complete;

	if (!out) {
		say(answer, HTTP_SERVUNAVAIL, "out of memory");
		return;
	}
	is_complete = !metrics_write(out, answer->operations);
	is_complete = !ferror(out) && is_complete;
	is_complete = !fclose(out) && is_complete;
	if (is_complete) {
		hand_over(answer, METRICS_TEXT_TYPE, text, len);
	} else {
		free(text);
		say(answer, HTTP_SERVUNAVAIL, "out of memory");
	}
}

static void answer_status(struct answer *answer)
{
	json_t *status = status_build(answer->operations);
	char *text = status ? json_dumps(status, JSON_COMPACT) : NULL;

	json_decref(status);
	if (text)
		hand_over(answer, TYPE_JSON, text, strlen(text));
	else
		say(answer, HTTP_SERVUNAVAIL, "out of memory");
}

static void answer_health(struct answer *answer)
{
	say(answer, HTTP_OK, "ok");
}

static void answer_ready(struct answer *answer)
{
	const struct operations *operations = answer->operations;
	struct operations_report report;

	operations->report(operations->arg, &report);
	if (report.state == OPERATIONS_RUNNING)
		say(answer, HTTP_OK, "ok");
	else
		say(answer, HTTP_SERVUNAVAIL,
		    operations_state_name(report.state));
}

static void answer_page(struct answer *answer)
{
	answer->type = TYPE_HTML;
	if (evbuffer_add_reference(answer->body, status_page, status_page_len,
				   NULL, NULL))
		say(answer, HTTP_SERVUNAVAIL, "out of memory");
}

struct page {
	const char *path;
	void (*answer)(struct answer *answer);
};

static const struct page pages[] = {
	{ "/", answer_page },         { "/metrics", answer_metrics },
	{ "/status", answer_status }, { "/healthz", answer_health },
	{ "/readyz", answer_ready },
};

static const struct page *find_page(struct evhttp_request *request)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;

	for (size_t i = 0; path && i < sizeof(pages) / sizeof(*pages); i++)
		if (!strcmp(path, pages[i].path))
			return &pages[i];
	return NULL;
}

bool admin_pages_is_local_host(const char *host)
{
	static const char name[] = "localhost";
	char text[ADDRESS_TEXT_MAX];
	struct address address;
	struct slice rest = slice_of(host);

	if (slice_equal_nocase(rest, slice_of(name)))
		return true;
	if (rest.len > sizeof(name) &&
	    rest.data[rest.len - sizeof(name)] == '.')
		rest = slice_make(rest.data + rest.len - sizeof(name) + 1,
				  sizeof(name) - 1);
	if (slice_equal_nocase(rest, slice_of(name)))
		return true;
	snprintf(text, sizeof(text), "%s:1", host);
	return address_parse(slice_of(text), &address) == ADDRESS_OK &&
	       address.kind == ADDRESS_INET;
}

/* HTTP/1.0 needs no Host, and no browser speaks it. */
static bool is_host_allowed(const struct admin_pages *settings,
			    struct evhttp_request *request)
{
	const char *host = evhttp_request_get_host(request);

	return !settings->wants_local_host || !host ||
	       admin_pages_is_local_host(host);
}

static void decide(struct answer *answer, const struct admin_pages *settings,
		   struct evhttp_request *request)
{
	const struct page *page = find_page(request);
	enum evhttp_cmd_type method = evhttp_request_get_command(request);

	if (!is_host_allowed(settings, request))
		say(answer, 403, "not a name of this host");
	else if (!page)
		say(answer, HTTP_NOTFOUND, "not found");
	else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD)
		say(answer, HTTP_BADMETHOD, "only GET and HEAD are allowed");
	else
		page->answer(answer);
}

static void add_headers(struct evhttp_request *request,
			const struct answer *answer)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	char length[24];

	snprintf(length, sizeof(length), "%zu",
		 evbuffer_get_length(answer->body));
	(void)evhttp_add_header(headers, "Content-Type", answer->type);
	(void)evhttp_add_header(headers, "Content-Length", length);
	(void)evhttp_add_header(headers, "Cache-Control", "no-store");
	(void)evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	(void)evhttp_add_header(headers, "Referrer-Policy", "no-referrer");
	(void)evhttp_add_header(headers, "Content-Security-Policy",
				STATUS_PAGE_CSP);
	if (answer->status == HTTP_BADMETHOD)
		(void)evhttp_add_header(headers, "Allow", "GET, HEAD");
}

static const char *reason_of(int status)
{
	switch (status) {
	case HTTP_OK:
		return "OK";
	case 403:
		return "Forbidden";
	case HTTP_NOTFOUND:
		return "Not Found";
	case HTTP_BADMETHOD:
		return "Method Not Allowed";
	default:
		return "Service Unavailable";
	}
}

void admin_pages_answer(struct evhttp_request *request, void *arg)
{
	const struct admin_pages *settings = arg;
	struct answer answer = { .operations = settings->operations,
				 .body = evbuffer_new(),
				 .status = HTTP_OK };

	if (!answer.body) {
		evhttp_send_error(request, HTTP_SERVUNAVAIL, NULL);
		return;
	}
	decide(&answer, settings, request);
	add_headers(request, &answer);
	if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
		evbuffer_drain(answer.body, evbuffer_get_length(answer.body));
	evhttp_send_reply(request, answer.status, reason_of(answer.status),
			  answer.body);
	evbuffer_free(answer.body);
}
