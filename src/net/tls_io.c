/* SPDX-License-Identifier: MIT */
/* Between OpenSSL and a socket: a BIO that spares system calls. */

#include "net/tls_io.h"

#include <errno.h>
#include <sys/socket.h>

#include "net/socket_io.h"

static void take_first(struct tls_io *io, const char *data)
{
	io->first = (uint8_t)data[0];
	io->has_first = true;
}

/*
 * A read that gave less than it was asked for says that the next one would give
 * nothing: OpenSSL is told so without asking the kernel.
 */
static int on_read(BIO *bio, char *data, int len)
{
	struct tls_io *io = BIO_get_data(bio);
	size_t want = (size_t)len;
	ssize_t n = -EAGAIN;

	BIO_clear_retry_flags(bio);
	if (io->read_error) {
		io->error = io->read_error;
		return -1;
	}
	if (want > io->budget)
		want = io->budget;
	if (want && !io->is_drained)
		n = socket_receive(io->fd, data, want, 0);
	if (n > 0) {
		io->is_drained = (size_t)n < want;
		io->budget -= (size_t)n;
		if (!io->has_first)
			take_first(io, data);
		return (int)n;
	}
	if (n == -EAGAIN) {
		io->is_drained = true;
		BIO_set_retry_read(bio);
		return -1;
	}
	io->is_eof = n == 0;
	io->error = (int)n;
	io->read_error = (int)n;
	return n == 0 ? 0 : -1;
}

static int on_write(BIO *bio, const char *data, int len)
{
	struct tls_io *io = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	n = socket_send(io->fd, data, (size_t)len, io->is_more ? MSG_MORE : 0);
	if (n >= 0) {
		io->unsent = (size_t)(len - n);
		return (int)n;
	}
	io->unsent = (size_t)len;
	if (n == -EAGAIN)
		BIO_set_retry_write(bio);
	else
		io->error = (int)n;
	return -1;
}

/* Nothing is buffered here: there is only one thing that succeeds. */
static long on_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_io_method_new(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wsrelayd");

	if (!method)
		return NULL;
	if (BIO_meth_set_read(method, on_read) &&
	    BIO_meth_set_write(method, on_write) &&
	    BIO_meth_set_ctrl(method, on_ctrl))
		return method;
	BIO_meth_free(method);
	return NULL;
}

BIO *tls_io_bio_new(const BIO_METHOD *method, struct tls_io *io)
{
	BIO *bio = BIO_new(method);

	if (!bio)
		return NULL;
	BIO_set_data(bio, io);
	BIO_set_init(bio, 1);
	return bio;
}
