/* SPDX-License-Identifier: MIT */
/* Between OpenSSL and a socket: a BIO that spares system calls. */

#ifndef NET_TLS_IO_H
#define NET_TLS_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/bio.h>

/*
 * The socket of one connection, and what its calls led to: OpenSSL only hears
 * that it has to try again.  Lives as long as its BIO; of one thread.
 */
struct tls_io {
	int fd;
	int error;       /* -errno of the last call that failed for good */
	int read_error;  /* of a read: it stays */
	size_t budget;   /* bytes that may still be read in this turn */
	size_t unsent;   /* bytes of the last write that were not taken */
	uint8_t first;   /* the first byte the peer sent */
	bool has_first;
	bool is_drained; /* the socket gave less than it was asked for */
	bool is_eof;     /* the peer closed, with or without saying so in TLS */
	bool is_more;    /* another write follows at once */
};

/* What BIOs are made with; to be freed with BIO_meth_free().  Null: memory. */
__attribute__((warn_unused_result)) BIO_METHOD *tls_io_method_new(void);

/* A BIO on `io`; null when memory is out. */
__attribute__((warn_unused_result)) BIO *
tls_io_bio_new(const BIO_METHOD *method, struct tls_io *io);

/*
 * Before OpenSSL is called: up to `budget` bytes may be read.  Without that
 * bound a peer could keep one call busy with records that carry no payload.
 */
static inline void tls_io_begin(struct tls_io *io, size_t budget)
{
	io->budget = budget;
	io->is_drained = false;
}

#endif
