/* SPDX-License-Identifier: MIT */
/* Turns a session's record into fields, leaving out what is not known. */

#include "ops/session_log.h"

#include <assert.h>
#include <stddef.h>

#include "base/address.h"
#include "base/log.h"

enum { FIELDS_MAX = 24 };

/* A line in the making. */
struct fields {
	struct log_field at[FIELDS_MAX];
	size_t count;
	char client[ADDRESS_TEXT_MAX];
};

static void add(struct fields *fields, struct log_field field)
{
	assert(fields->count < FIELDS_MAX);
	fields->at[fields->count++] = field;
}

static void add_slice(struct fields *fields, const char *key, struct slice text)
{
	if (text.len > 0)
		add(fields, log_field_text(key, text));
}

static void add_text(struct fields *fields, const char *key, const char *text)
{
	add_slice(fields, key, slice_of(text));
}

static void add_code(struct fields *fields, const char *key, uint16_t code)
{
	if (code)
		add(fields, log_field_u64(key, code));
}

/* Who and where: what every line begins with. */
static void add_identity(struct fields *fields,
			 const struct session_log_record *record)
{
	add(fields, log_field_u64("id", record->id));
	add(fields, log_field_u64("worker", record->worker));
	if (record->client.len) {
		address_format(&record->client, fields->client);
		add_text(fields, "client", fields->client);
	}
	add_text(fields, "listener", record->listener);
	add_text(fields, "route", record->route);
}

/* A query may carry a token, and a fragment has no place in a request. */
static struct slice without_query(struct slice path)
{
	size_t len = 0;

	while (len < path.len && path.data[len] != '?' && path.data[len] != '#')
		len++;
	return slice_make(path.data, len);
}

static void add_request(struct fields *fields,
			const struct session_log_record *record)
{
	add_slice(fields, "host", record->host);
	add_slice(fields, "path", without_query(record->path));
	add_slice(fields, "origin", record->origin);
}

static void add_traffic(struct fields *fields,
			const struct session_log_record *record)
{
	add(fields, log_field_seconds("seconds", record->usec));
	add(fields, log_field_u64("bytes_up", record->bytes_up));
	add(fields, log_field_u64("bytes_down", record->bytes_down));
	add(fields, log_field_u64("messages_up", record->messages_up));
	add(fields, log_field_u64("messages_down", record->messages_down));
	add(fields, log_field_u64("undelivered_up", record->undelivered_up));
	add(fields,
	    log_field_u64("undelivered_down", record->undelivered_down));
	if (record->record_bytes)
		add(fields, log_field_u64("record_bytes",
					  record->record_bytes));
	if (record->rtt_usec)
		add(fields, log_field_millis("rtt_ms", record->rtt_usec));
}

void session_log_opened(const struct session_log_record *record)
{
	struct fields fields;

	if (!log_is_on(LOG_LEVEL_INFO))
		return;
	fields.count = 0;
	add_identity(&fields, record);
	add_text(&fields, "target", record->target);
	add_text(&fields, "tls", record->tls_version);
	add_text(&fields, "tls_cipher", record->tls_cipher);
	add_text(&fields, "tls_subject", record->tls_subject);
	add_request(&fields, record);
	log_event(LOG_LEVEL_INFO, "session opened", fields.at, fields.count);
}

void session_log_closed(const struct session_log_record *record)
{
	struct fields fields;

	if (!log_is_on(LOG_LEVEL_INFO))
		return;
	fields.count = 0;
	add_identity(&fields, record);
	add_text(&fields, "target", record->target);
	add_text(&fields, "cause", record->cause);
	add_text(&fields, "side", record->side);
	add_text(&fields, "reason", record->reason);
	add_code(&fields, "code_sent", record->code_sent);
	add_code(&fields, "code_received", record->code_received);
	add_traffic(&fields, record);
	log_event(LOG_LEVEL_INFO, "session closed", fields.at, fields.count);
}

void session_log_refused(const struct session_log_record *record,
			 unsigned status)
{
	enum log_level level = record->is_shortage ? LOG_LEVEL_WARNING :
						     LOG_LEVEL_INFO;
	struct fields fields;

	if (!log_is_on(level))
		return;
	fields.count = 0;
	add_identity(&fields, record);
	add_text(&fields, "target", record->target);
	if (status)
		add(&fields, log_field_u64("status", status));
	add_text(&fields, "cause", record->cause);
	add_text(&fields, "reason", record->reason);
	add(&fields, log_field_seconds("seconds", record->usec));
	add_request(&fields, record);
	log_event(level, "handshake refused", fields.at, fields.count);
}
