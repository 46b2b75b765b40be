/* SPDX-License-Identifier: MIT */
/* A stream that speaks TLS: OpenSSL driven by hand on the worker's loop. */

#include "net/stream_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "net/socket.h"
#include "net/tls_certificate.h"
#include "net/tls_client.h"
#include "net/tls_context.h"
#include "net/tls_io.h"

/* The largest record (RFC 8446 section 5.1): least work per byte. */
#define RECORD_LARGE 16384

/*
 * What fits a TCP segment with its record's overhead.  A client can use no byte
 * of a record before it has all of it: at the beginning of a burst, when the
 * window is small, records are small as well, as long as this many bytes, ten
 * segments (RFC 6928), are new.
 */
#define RECORD_SMALL 1370
#define BURST_BEGIN (10 * RECORD_SMALL)

/* Silence after which a burst begins anew. */
#define BURST_PAUSE_MS 1000

/*
 * Bytes read in one turn on top of what was asked for: the overhead of records,
 * and one of them that began before.
 */
#define READ_SLACK (2 * RECORD_LARGE)

/* What TLS adds to a stream; the stream's `arg` while it lasts. */
struct stream_tls {
	SSL *ssl;
	struct tls_context *context; /* of a server */
	stream_callback callback;    /* the owner's */
	void *arg;
	const char *reason;
	struct tls_io io;
	uint64_t written_ms;  /* when a large write was last made */
	uint32_t burst;       /* bytes since the burst began, up to its limit */
	uint32_t committed;   /* payload of a record that is not sent whole */
	uint8_t read_needs;   /* what a read waits for: enum stream_interest */
	uint8_t write_needs;  /* likewise a write */
	uint8_t armed;        /* what the event is armed for */
	bool is_hidden : 1;   /* OpenSSL may have bytes the socket has not */
	bool is_shutting : 1; /* the end is still to be told */
	bool is_broken : 1;   /* OpenSSL will do no more */
};

static struct stream_tls *tls_of(const struct stream *stream)
{
	return stream->arg;
}

static const char *reason_of(const SSL *ssl)
{
	long verdict = SSL_get_verify_result(ssl);
	unsigned long error = ERR_peek_error();

	if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED &&
	    verdict != X509_V_OK)
		return X509_verify_cert_error_string(verdict);
	return ERR_reason_error_string(error);
}

/* A call that did not succeed: -EAGAIN, 0 at the end, else -errno. */
static int explain(struct stream_tls *tls, int status, uint8_t *needs)
{
	int error = -EPROTO;

	switch (SSL_get_error(tls->ssl, status)) {
	case SSL_ERROR_WANT_READ:
		*needs = STREAM_READ;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		*needs = STREAM_WRITE;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		/* Without close_notify, as TCP's end: frames tell what lacks.*/
		error = tls->io.is_eof  ? 0 :
			tls->io.error ? tls->io.error :
					-ECONNRESET;
		break;
	default:
		tls->is_broken = true;
		tls->reason = reason_of(tls->ssl);
		break;
	}
	ERR_clear_error();
	return error;
}

/* Before OpenSSL is called: what others left in its queue is none of ours. */
static void begin(struct stream_tls *tls, size_t budget)
{
	ERR_clear_error();
	tls_io_begin(&tls->io, budget);
}

/* What is armed is looked at again after a call that changed it. */
static void note_needs(struct stream *stream, uint8_t *field, uint8_t needs)
{
	if (*field == needs)
		return;
	*field = needs;
	stream->interest |= STREAM_STALE;
}

static void note_hidden(struct stream *stream, bool is_hidden)
{
	struct stream_tls *tls = tls_of(stream);

	tls->is_hidden = is_hidden;
	if (is_hidden)
		stream->interest |= STREAM_STALE;
}

/*
 * Whether bytes that can be read are in no socket that would tell of them.  As
 * long as the socket has some too, it does.
 */
static bool has_hidden(const struct stream_tls *tls)
{
	return SSL_has_pending(tls->ssl) &&
	       (tls->io.is_drained || !socket_inq(tls->io.fd));
}

/* Until `len` bytes are there, or socket and OpenSSL gave all they have. */
static ssize_t tls_read(struct stream *stream, void *ret_data, size_t len)
{
	struct stream_tls *tls = tls_of(stream);
	uint8_t *data = ret_data;
	uint8_t needs = STREAM_READ;
	size_t got = 0;
	int error = -EAGAIN;

	begin(tls, len + READ_SLACK);
	note_hidden(stream, false);
	while (got < len) {
		size_t n;
		int status = SSL_read_ex(tls->ssl, data + got, len - got, &n);

		if (status != 1) {
			error = explain(tls, status, &needs);
			break;
		}
		got += n;
		if (tls->io.is_drained && !SSL_has_pending(tls->ssl))
			break;
	}
	note_needs(stream, &tls->read_needs, needs);
	/* The next call finds an end or a failure again. */
	if (!got)
		return error;
	note_hidden(stream,
		    error != -EAGAIN || (got == len && has_hidden(tls)));
	return (ssize_t)got;
}

static size_t record_size(struct stream_tls *tls, size_t left)
{
	uint64_t now_ms;

	if (left <= RECORD_SMALL)
		return left;
	now_ms = clock_coarse_ms();
	if (now_ms - tls->written_ms >= BURST_PAUSE_MS)
		tls->burst = 0;
	tls->written_ms = now_ms;
	if (tls->burst < BURST_BEGIN) {
		tls->burst += RECORD_SMALL;
		return RECORD_SMALL;
	}
	return left < RECORD_LARGE ? left : RECORD_LARGE;
}

/*
 * A record that the socket did not take whole is repeated, as it is encrypted:
 * its payload counts as taken when the last of it is.
 */
static ssize_t tls_write(struct stream *stream, const void *data, size_t len)
{
	struct stream_tls *tls = tls_of(stream);
	const uint8_t *from = data;
	uint8_t needs = STREAM_WRITE;
	size_t taken = 0;
	int error = 0;

	if (tls->is_broken)
		return -EPIPE;
	begin(tls, READ_SLACK);
	while (taken < len) {
		size_t piece = tls->committed;
		size_t n;
		int status;

		if (!piece)
			piece = record_size(tls, len - taken);
		tls->io.is_more = taken + piece < len;
		status = SSL_write_ex(tls->ssl, from + taken, piece, &n);
		if (status != 1) {
			error = explain(tls, status, &needs);
			tls->committed = error == -EAGAIN ? (uint32_t)piece : 0;
			break;
		}
		tls->committed = 0;
		taken += n;
	}
	note_needs(stream, &tls->write_needs, needs);
	if (taken)
		return (ssize_t)taken;
	return error ? error : -EPIPE;
}

/* close_notify, then TCP's end; true when there is nothing left to say. */
static bool say_end(struct stream_tls *tls)
{
	uint8_t needs = STREAM_NOTHING;
	int status;

	begin(tls, 0);
	tls->io.is_more = false;
	if (tls->is_broken || !SSL_is_init_finished(tls->ssl))
		return true;
	status = SSL_shutdown(tls->ssl);
	if (status >= 0)
		return true;
	return explain(tls, status, &needs) != -EAGAIN ||
	       needs != STREAM_WRITE;
}

/* If there is no room for close_notify, it follows when there is. */
static int tls_shutdown(struct stream *stream)
{
	struct stream_tls *tls = tls_of(stream);

	if (!say_end(tls)) {
		tls->is_shutting = true;
		stream->interest |= STREAM_STALE;
		return 0;
	}
	tls->is_shutting = false;
	return shutdown(stream->fd, SHUT_WR) ? -errno : 0;
}

static void tls_on_event(evutil_socket_t fd, short what, void *arg);

/* The socket may have to be waited for in another way than the owner waits. */
static unsigned needs_of(const struct stream_tls *tls, unsigned interest)
{
	unsigned needs = STREAM_NOTHING;

	if (interest & STREAM_READ)
		needs |= tls->read_needs;
	if (interest & STREAM_WRITE)
		needs |= tls->write_needs;
	if (tls->is_shutting)
		needs |= STREAM_WRITE;
	return needs;
}

static int arm(struct stream *stream, unsigned needs)
{
	struct stream_tls *tls = tls_of(stream);

	if (needs == tls->armed)
		return 0;
	if (tls->armed)
		event_del(&stream->event);
	tls->armed = STREAM_NOTHING;
	if (needs && stream_arm(stream, needs, tls_on_event))
		return -ENOMEM;
	tls->armed = (uint8_t)needs;
	return 0;
}

static int tls_rearm(struct stream *stream, unsigned interest)
{
	struct stream_tls *tls = tls_of(stream);

	stream->interest = STREAM_NOTHING;
	if (arm(stream, needs_of(tls, interest)))
		return -ENOMEM;
	stream->interest = interest;
	/* No socket will tell of what is hidden: the loop is told to. */
	if (interest & STREAM_READ && tls->is_hidden)
		event_active(&stream->event, EV_READ, 0);
	return 0;
}

static void tls_on_event(evutil_socket_t fd, short what, void *arg)
{
	struct stream *stream = arg;
	struct stream_tls *tls = tls_of(stream);
	unsigned interest = stream->interest & ~(unsigned)STREAM_STALE;
	unsigned ready = stream_interest_of(what);
	unsigned met = STREAM_NOTHING;

	(void)fd;
	if (interest & STREAM_READ &&
	    (tls->is_hidden || ready & tls->read_needs))
		met |= STREAM_READ;
	if (interest & STREAM_WRITE && ready & tls->write_needs)
		met |= STREAM_WRITE;
	if (tls->is_shutting && ready & STREAM_WRITE)
		(void)tls_shutdown(stream);
	if (met)
		tls->callback(tls->arg, met);
	else if (tls_rearm(stream, interest))
		tls->callback(tls->arg, STREAM_READ); /* it will find out */
}

static size_t tls_unread(const struct stream *stream)
{
	const struct stream_tls *tls = tls_of(stream);

	if (!tls->is_hidden)
		return 0;
	return (size_t)SSL_pending(tls->ssl) + RECORD_LARGE;
}

static size_t tls_sent_ahead(const struct stream *stream)
{
	const struct stream_tls *tls = tls_of(stream);

	return tls->committed > tls->io.unsent ?
		       tls->committed - tls->io.unsent :
		       0;
}

static void tls_release(struct stream *stream)
{
	struct stream_tls *tls = tls_of(stream);

	if (tls->armed)
		event_del(&stream->event);
	stream->interest = STREAM_NOTHING;
	SSL_free(tls->ssl);
	tls_context_unref(&tls->context);
	free(tls);
}

static const struct stream_ops tls_ops = {
	.read = tls_read,
	.write = tls_write,
	.shutdown = tls_shutdown,
	.rearm = tls_rearm,
	.unread = tls_unread,
	.sent_ahead = tls_sent_ahead,
	.release = tls_release,
};

/* The socket's own BIO where the kernel encrypts: it must know of that. */
static int open_bio(struct stream_tls *tls, const BIO_METHOD *method)
{
	BIO *bio;

	if (!method)
		return SSL_set_fd(tls->ssl, tls->io.fd) ? 0 : -ENOMEM;
	bio = tls_io_bio_new(method, &tls->io);
	if (!bio)
		return -ENOMEM;
	SSL_set_bio(tls->ssl, bio, bio);
	return 0;
}

/* `ssl`, which may be null, is moved in, whatever comes of it. */
static int put_between(struct stream *stream, SSL *ssl,
		       const BIO_METHOD *method)
{
	struct stream_tls *tls = ssl ? calloc(1, sizeof(*tls)) : NULL;

	if (tls) {
		tls->ssl = ssl;
		tls->io.fd = stream->fd;
	}
	if (!tls || open_bio(tls, method)) {
		ERR_clear_error();
		SSL_free(ssl);
		free(tls);
		return -ENOMEM;
	}
	tls->callback = stream->callback;
	tls->arg = stream->arg;
	tls->read_needs = STREAM_READ;
	tls->write_needs = STREAM_WRITE;
	stream->ops = &tls_ops;
	stream->callback = NULL;
	stream->arg = tls;
	return 0;
}

int stream_tls_begin(struct stream *stream, struct tls_context *context)
{
	SSL *ssl = SSL_new(tls_context_ssl(context));

	if (put_between(stream, ssl, tls_context_bio_method(context)))
		return -ENOMEM;
	SSL_set_accept_state(ssl);
	tls_of(stream)->context = tls_context_ref(context);
	return 0;
}

int stream_tls_connect(struct stream *stream, const struct tls_client *client,
		       const char *host)
{
	return put_between(stream, tls_client_ssl_new(client, host),
			   tls_client_bio_method(client));
}

bool stream_is_tls(const struct stream *stream)
{
	return stream_is_open(stream) && stream->ops == &tls_ops;
}

/* The socket's own BIO keeps nothing of what goes through it. */
static void look_at_first(struct stream_tls *tls)
{
	struct tls_io *io = &tls->io;

	if (!io->has_first && tls->context &&
	    !tls_context_bio_method(tls->context))
		io->has_first = recv(io->fd, &io->first, 1, MSG_PEEK) == 1;
}

int stream_tls_handshake(struct stream *stream)
{
	struct stream_tls *tls = tls_of(stream);
	uint8_t needs = STREAM_READ;
	int status;
	int error;

	begin(tls, READ_SLACK);
	look_at_first(tls);
	status = SSL_do_handshake(tls->ssl);
	if (status == 1) {
		note_needs(stream, &tls->read_needs, STREAM_READ);
		note_hidden(stream, SSL_has_pending(tls->ssl));
		return 0;
	}
	error = explain(tls, status, &needs);
	note_needs(stream, &tls->read_needs, needs);
	return error ? error : -ECONNRESET;
}

const char *stream_tls_reason(const struct stream *stream)
{
	return tls_of(stream)->reason;
}

bool stream_tls_has_heard(const struct stream *stream)
{
	return tls_of(stream)->io.has_first;
}

/* A record begins with 22 (RFC 8446 section 5.1), a request with a letter. */
bool stream_tls_is_spoken_to_plainly(const struct stream *stream)
{
	const struct tls_io *io = &tls_of(stream)->io;

	return io->has_first && io->first >= 'A' && io->first <= 'Z';
}

void stream_tls_describe(const struct stream *stream,
			 struct stream_tls_facts *ret_facts)
{
	SSL *ssl = tls_of(stream)->ssl;
	X509 *peer = SSL_get0_peer_certificate(ssl);

	ret_facts->subject[0] = '\0';
	ret_facts->version = SSL_get_version(ssl);
	ret_facts->cipher = SSL_get_cipher_name(ssl);
	ret_facts->is_resumed = SSL_session_reused(ssl);
	ret_facts->is_distrusted = SSL_get_verify_result(ssl) != X509_V_OK;
	if (peer && !ret_facts->is_distrusted)
		tls_certificate_subject(peer, ret_facts->subject,
					sizeof(ret_facts->subject));
}

void stream_tls_abandon(struct stream *stream)
{
	struct stream_tls *tls = tls_of(stream);
	stream_callback callback = tls->callback;
	void *arg = tls->arg;

	tls_release(stream);
	stream_open(stream, stream->base, stream->fd, callback, arg);
}
