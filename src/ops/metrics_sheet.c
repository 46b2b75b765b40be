/* SPDX-License-Identifier: MIT */
/* What one thread counts of sessions as they begin and end; and the sum. */

#include "ops/metrics_sheet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* Keys of the rows for what is beyond the bounds: a text for each label. */
static const char rest_closed[] = "other\0other\0other\0other";
static const char rest_server[] = "other\0other";

void metrics_sheet_init(struct metrics_sheet *sheet)
{
	*sheet = (struct metrics_sheet){ .handshake = { .sum_us = { 0 } } };
	tally_init(&sheet->closed, METRICS_CLOSED_MAX,
		   slice_make(rest_closed, sizeof(rest_closed)));
	tally_init(&sheet->servers, METRICS_SERVERS_MAX,
		   slice_make(rest_server, sizeof(rest_server)));
}

void metrics_sheet_done(struct metrics_sheet *sheet)
{
	tally_done(&sheet->closed);
	tally_done(&sheet->servers);
}

/* A key under construction. */
struct key {
	char *data;
	size_t size;
	size_t len;
	bool is_cut;
};

static void key_add(struct key *key, const char *text)
{
	size_t len = strlen(text ? text : "") + 1;

	if (len > key->size - key->len) {
		key->is_cut = true;
		return;
	}
	memcpy(key->data + key->len, text ? text : "", len);
	key->len += len;
}

const char *metrics_key_text(struct slice key, unsigned index)
{
	size_t at = 0;

	while (at < key.len && index--)
		at += strlen(key.data + at) + 1;
	return at < key.len ? key.data + at : "";
}

bool metrics_server_key(const char *backend, const char *server, char *buffer,
			size_t size, struct slice *ret_key)
{
	struct key key = { .data = buffer, .size = size };

	key_add(&key, backend);
	key_add(&key, server);
	if (key.is_cut)
		return false;
	*ret_key = slice_make(key.data, key.len);
	return true;
}

static struct tally_row *server_row(struct metrics_sheet *sheet,
				    const char *backend, const char *server)
{
	char buffer[METRICS_KEY_MAX];
	struct slice key;

	if (!metrics_server_key(backend, server, buffer, sizeof(buffer), &key))
		return &sheet->servers.rest;
	return tally_row(&sheet->servers, key);
}

void metrics_code_label(uint16_t code, char ret_label[METRICS_CODE_MAX])
{
	const char *word = "other";

	if (code >= 1000 && code <= 1015) {
		snprintf(ret_label, METRICS_CODE_MAX, "%u", code);
		return;
	}
	if (!code)
		word = "none";
	else if (code >= 3000 && code < 4000)
		word = "3xxx";
	else if (code >= 4000 && code < 5000)
		word = "4xxx";
	snprintf(ret_label, METRICS_CODE_MAX, "%s", word);
}

static void count_closed(struct metrics_sheet *sheet,
			 const struct session_log_record *record)
{
	char code[METRICS_CODE_MAX];
	char buffer[METRICS_KEY_MAX];
	struct key key = { .data = buffer, .size = sizeof(buffer) };
	struct tally_row *row;

	metrics_code_label(record->code_sent, code);
	key_add(&key, record->route);
	key_add(&key, record->side);
	key_add(&key, record->cause);
	key_add(&key, code);
	row = key.is_cut ?
		      &sheet->closed.rest :
		      tally_row(&sheet->closed, slice_make(key.data, key.len));
	counter_add(&row->at[METRICS_CLOSED], 1);
	counter_add(&sheet->closed_by_cause[record->cause_number], 1);
}

void metrics_sheet_opened(struct metrics_sheet *sheet,
			  const struct session_log_record *record)
{
	struct tally_row *row =
		server_row(sheet, record->backend, record->target);

	counter_add(&row->at[METRICS_SERVER_SESSIONS], 1);
	histogram_observe(&sheet->handshake, &histogram_scale_moments,
			  record->handshake_usec);
}

void metrics_sheet_closed(struct metrics_sheet *sheet,
			  const struct session_log_record *record)
{
	struct tally_row *row =
		server_row(sheet, record->backend, record->target);

	counter_add(&row->at[METRICS_SERVER_SESSIONS], -UINT64_C(1));
	histogram_observe(&sheet->session, &histogram_scale_stays,
			  record->usec);
	count_closed(sheet, record);
}

void metrics_sheet_refused(struct metrics_sheet *sheet, enum relay_cause cause)
{
	counter_add(&sheet->refused_by_cause[cause], 1);
}

void metrics_sheet_pong(struct metrics_sheet *sheet, uint64_t usec)
{
	histogram_observe(&sheet->ping_rtt, &histogram_scale_moments, usec);
}

/* What we lack says nothing about the server. */
static bool is_ours(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

void metrics_sheet_tried(struct metrics_sheet *sheet,
			 const struct metrics_attempt *attempt)
{
	struct tally_row *row =
		server_row(sheet, attempt->backend, attempt->server);

	if (attempt->error) {
		counter_add(&row->at[METRICS_SERVER_FAILED], 1);
	} else {
		counter_add(&row->at[METRICS_SERVER_CONNECTED], 1);
		histogram_observe(&sheet->connect, &histogram_scale_moments,
				  attempt->usec);
	}
	if (is_ours(attempt->error))
		return;
	counter_set(&row->at[METRICS_SERVER_ERROR],
		    (uint64_t) - (int64_t)attempt->error);
	counter_set(&row->at[METRICS_SERVER_TRIED_US], clock_now_us());
}
