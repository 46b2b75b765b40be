/* SPDX-License-Identifier: MIT */
/* Any offer of extensions: what is read from it, written again, is the same. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "http/deflate_offer.h"
#include "http/extensions.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BEGIN "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Extensions: "
#define BEGIN_LEN (sizeof(BEGIN) - 1)

static const struct http_head_limits limits = {
	.request_line = 8192,
	.headers = 65536,
	.header_count = 128,
};

static void check(bool is_true)
{
	if (!is_true)
		abort();
}

/* A value without backslashes, which must be a token then. */
static void print_value(FILE *out, struct slice value)
{
	bool is_any = false;

	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '\\')
			i++;
		check(i < value.len && ascii_is_tchar(value.data[i]));
		putc(value.data[i], out);
		is_any = true;
	}
	check(is_any);
}

static void print_token(FILE *out, struct slice token)
{
	check(token.len > 0);
	for (size_t i = 0; i < token.len; i++)
		check(ascii_is_tchar(token.data[i]));
	fwrite(token.data, 1, token.len, out);
}

/* The offers of a valid request as one line, in the plainest spelling. */
static void print_offers(FILE *out, const struct http_request *request)
{
	struct http_extension_list list;
	struct http_extension extension;
	struct http_extension_param param;
	const char *comma = "";

	http_extension_list_begin(&list, request);
	while (http_extension_next(&list, &extension)) {
		fputs(comma, out);
		print_token(out, extension.name);
		while (http_extension_param_next(&extension.params, &param)) {
			putc(';', out);
			print_token(out, param.name);
			if (param.has_value) {
				putc('=', out);
				print_value(out, param.value);
			}
		}
		comma = ",";
	}
}

static bool parse(const char *head, size_t len, struct http_request *ret)
{
	struct http_head_parser p;

	http_head_init(&p, &limits);
	if (http_head_parse(&p, head, len) != HTTP_HEAD_DONE)
		return false;
	http_head_request(&p, head, ret);
	return true;
}

/* What is agreed, as text; "" for nothing. */
static void agree(const struct http_request *request, bool is_valid,
		  char answer[HTTP_DEFLATE_ANSWER_SIZE])
{
	static const struct http_deflate_limits wanted = {
		.allows_takeover = true,
		.server_window_bits = 12,
		.client_window_bits = 10,
	};
	struct http_deflate_agreement agreement;
	enum http_deflate_choice choice =
		http_deflate_choose(request, &wanted, &agreement);

	check((choice == HTTP_DEFLATE_BAD) == !is_valid);
	answer[0] = '\0';
	if (choice != HTTP_DEFLATE_AGREED)
		return;
	check(agreement.server_max_window_bits >= 8 &&
	      agreement.server_max_window_bits <= 12);
	check(agreement.client_max_window_bits <= 10 ||
	      agreement.client_no_context_takeover);
	http_deflate_answer(&agreement, answer);
	check(strlen(answer) < HTTP_DEFLATE_ANSWER_SIZE);
}

static void check_again(const struct http_request *request, const char *answer)
{
	char *head = NULL, again[HTTP_DEFLATE_ANSWER_SIZE];
	size_t len = 0;
	struct http_request second;
	FILE *out = open_memstream(&head, &len);

	fputs(BEGIN, out);
	print_offers(out, request);
	fputs("\r\n\r\n", out);
	fclose(out);
	if (parse(head, len, &second)) {
		char *line = NULL;
		size_t line_len = 0;

		check(http_extensions_are_valid(&second));
		out = open_memstream(&line, &line_len);
		print_offers(out, &second);
		fclose(out);
		check(line_len == len - BEGIN_LEN - 4 &&
		      memcmp(line, head + BEGIN_LEN, line_len) == 0);
		agree(&second, true, again);
		check(strcmp(answer, again) == 0);
		free(line);
	}
	free(head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = BEGIN_LEN + size + 4;
	char *head = malloc(len), answer[HTTP_DEFLATE_ANSWER_SIZE];
	struct http_request request;

	memcpy(head, BEGIN, BEGIN_LEN);
	memcpy(head + BEGIN_LEN, data, size);
	memcpy(head + len - 4, "\r\n\r\n", 4);
	if (parse(head, len, &request)) {
		bool is_valid = http_extensions_are_valid(&request);

		agree(&request, is_valid, answer);
		if (is_valid)
			check_again(&request, answer);
	}
	free(head);
	return 0;
}
