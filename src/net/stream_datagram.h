/* SPDX-License-Identifier: MIT */
/* A stream of datagrams: a seqpacket socket, read and written by the whole. */

#ifndef NET_STREAM_DATAGRAM_H
#define NET_STREAM_DATAGRAM_H

#include "net/stream.h"

/*
 * Has a stream, just opened on a seqpacket socket, keep datagrams apart.  Then
 *   stream_read()      gives one datagram; -EMSGSIZE: it was longer than `len`
 *                      and is lost; -ENOMSG: it had no bytes
 *   stream_write()     sends one datagram, also of no bytes: all of it or
 *                      -EAGAIN; -EMSGSIZE: it is longer than the socket takes
 *   stream_unread()    counts those of all datagrams that wait
 *
 * Of datagrams without bytes that a peer sends last, directly before it closes
 * or shuts its side, the end cannot be told: they are not read.
 */
void stream_datagram_begin(struct stream *stream);

#endif
