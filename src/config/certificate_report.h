/* SPDX-License-Identifier: MIT */
/* What there is to tell of one certificate: plain data for operators. */

#ifndef CONFIG_CERTIFICATE_REPORT_H
#define CONFIG_CERTIFICATE_REPORT_H

#include <stddef.h>
#include <stdint.h>

/* Every pointer is borrowed from who filled it in. */
struct certificate_report {
	const char *listener;     /* its name */
	const char *file;         /* as the configuration names it */
	const char *const *names; /* host names it is for */
	size_t name_count;
	uint64_t not_before_s; /* Unix time */
	uint64_t not_after_s;
	const uint8_t *sha256; /* fingerprint, 32 bytes */
};

#endif
