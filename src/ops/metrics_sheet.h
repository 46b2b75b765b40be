/* SPDX-License-Identifier: MIT */
/* What one thread counts of sessions as they begin and end; and the sum. */

#ifndef OPS_METRICS_SHEET_H
#define OPS_METRICS_SHEET_H

#include "base/histogram.h"
#include "base/tally.h"
#include "relay/cause.h"
#include "relay/session_record.h"

/*
 * Rows of each kind at most: routes with their ways to end, and servers.  What
 * is beyond is counted together, under the name "other".
 */
#define METRICS_CLOSED_MAX 8192
#define METRICS_SERVERS_MAX 1024

/* Of a row of `closed`; its key: route, side, cause, code. */
enum metrics_closed_slot { METRICS_CLOSED };

/* Of a row of `servers`; its key: backend, server. */
enum metrics_server_slot {
	METRICS_SERVER_SESSIONS,  /* open now, those that end included */
	METRICS_SERVER_CONNECTED, /* connections ever made */
	METRICS_SERVER_FAILED,    /* attempts that failed */
	METRICS_SERVER_ERROR,     /* of the last attempt: 0 or an errno */
	METRICS_SERVER_TRIED_US,  /* when that was, clock_now_us() */
	/* In a sum only: the configuration has this server. */
	METRICS_SERVER_CONFIGURED,
};

/* Keys are texts, each with its terminator, one behind the other. */
struct metrics_sheet {
	struct tally closed;
	struct tally servers;
	struct counter closed_by_cause[CAUSE_COUNT];
	struct counter refused_by_cause[CAUSE_COUNT];
	struct histogram handshake; /* histogram_scale_moments, as the next */
	struct histogram connect;
	struct histogram ping_rtt;
	struct histogram session; /* histogram_scale_stays */
};

/*
 * One thread writes a sheet, with the calls below; any may read it at any time
 * without being waited for.
 */
void metrics_sheet_init(struct metrics_sheet *sheet);

/* Frees what it has; nobody reads it any more. */
void metrics_sheet_done(struct metrics_sheet *sheet);

/* A session opened. */
void metrics_sheet_opened(struct metrics_sheet *sheet,
			  const struct session_log_record *record);

/* A session that had opened ended. */
void metrics_sheet_closed(struct metrics_sheet *sheet,
			  const struct session_log_record *record);

/* A request was refused for `cause`. */
void metrics_sheet_refused(struct metrics_sheet *sheet, enum relay_cause cause);

/* A client answered a ping. */
void metrics_sheet_pong(struct metrics_sheet *sheet, uint64_t usec);

/* A server was connected to (`error` 0), or not (-errno), after `usec`. */
struct metrics_attempt {
	const char *backend;
	const char *server;
	int error;
	uint64_t usec;
};
void metrics_sheet_tried(struct metrics_sheet *sheet,
			 const struct metrics_attempt *attempt);

/* Room for the label of a close code. */
#define METRICS_CODE_MAX 8

/*
 * The label of a close code: itself up to 1015, "3xxx" and "4xxx" for those of
 * libraries and applications, "other", or "none" for 0, when none was sent.
 */
void metrics_code_label(uint16_t code, char ret_label[METRICS_CODE_MAX]);

/* The key of a server's row, built in `buffer`; false if it has no room. */
bool metrics_server_key(const char *backend, const char *server, char *buffer,
			size_t size, struct slice *ret_key);

/* Longest key: two texts of a configuration (4 KiB each at the most). */
#define METRICS_KEY_MAX 8704

/* The text at position `index` of a key; empty when it has fewer. */
const char *metrics_key_text(struct slice key, unsigned index);

#endif
