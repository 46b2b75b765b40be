/* SPDX-License-Identifier: MIT */
/* A certificate that nobody vouches for, to try TLS with. */

#ifndef NET_TLS_SELF_SIGNED_H
#define NET_TLS_SELF_SIGNED_H

/*
 * Makes a key (ECDSA, P-256) and a certificate for localhost, 127.0.0.1 and
 * ::1, valid for a month.  Returns both as PEM, to be freed with free(), or
 * null when memory or randomness is out.
 */
__attribute__((warn_unused_result)) char *tls_self_signed_new(void);

#endif
