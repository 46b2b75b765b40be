/* SPDX-License-Identifier: MIT */
/* The option table: every option of the configuration, said once. */

#ifndef CONFIG_CONFIG_TABLE_H
#define CONFIG_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where an option may stand, and so which struct its offset is of. */
enum config_scope {
	CONFIG_SCOPE_GLOBAL,   /* struct config */
	CONFIG_SCOPE_LISTENER, /* struct config_listener, in "listeners" */
	/* struct config_certificate, in "tls.certificates" of a listener */
	CONFIG_SCOPE_CERTIFICATE,
	CONFIG_SCOPE_BACKEND,  /* struct config_backend, in "backends" */
	CONFIG_SCOPE_ROUTE,    /* struct config_route, in "routes" */
};

#define CONFIG_SCOPES 5

/* What an option is made of: its field's type, and how it is written. */
enum config_type {
	CONFIG_OPTION_BOOL,     /* bool */
	CONFIG_OPTION_COUNT,    /* uint32_t: a whole number */
	CONFIG_OPTION_SIZE,     /* size_t: bytes, number or "64K" */
	CONFIG_OPTION_DURATION, /* uint32_t: ms, seconds or "250ms" */
	CONFIG_OPTION_MODE,     /* uint32_t: octal digits in quotes */
	CONFIG_OPTION_CHOICE,   /* an enum: one of `words` */
	CONFIG_OPTION_TEXT,     /* char * */
	CONFIG_OPTION_TEXTS,    /* char ** and its size_t count */
	CONFIG_OPTION_OBJECTS,  /* objects of the scope `items`, and a count */
};

enum config_flag {
	CONFIG_REQUIRED = 1,   /* has to be written */
	CONFIG_ZERO = 2,       /* 0 is allowed beside the range */
	CONFIG_AUTO = 4,       /* COUNT: "auto" is allowed and stored as 0 */
	CONFIG_SECRET = 8,     /* masked in a dump */
	CONFIG_INHERITED = 16, /* ROUTE: the global option is the default */
	CONFIG_UNIX = 32,      /* LISTENER: of Unix sockets only */
	CONFIG_IPV6 = 64,      /* LISTENER: of IPv6 addresses only */
	CONFIG_TLS = 128,      /* LISTENER: of those that speak TLS only */
	CONFIG_GROUP = 256,    /* has to be written where its group is */
	CONFIG_EMPTY = 512,    /* TEXT: may be empty */
	CONFIG_SYSTEMD = 1024, /* LISTENER: of systemd's sockets only */
	CONFIG_LINES = 2048,   /* ROUTE: of framing "lines" only */
};

struct config_option {
	enum config_scope scope;
	const char *path; /* from the scope on: "limits.buffer" */
	enum config_type type;
	unsigned flags;       /* or of enum config_flag */
	size_t offset;        /* of the field */
	size_t count_offset;  /* TEXTS, OBJECTS: of the count */
	enum config_scope items; /* OBJECTS: what they are */
	uint64_t min;         /* COUNT, SIZE in bytes, DURATION in ms; TEXTS:
				 texts at least */
	uint64_t max;         /* likewise; TEXT, TEXTS: bytes of one text */
	const char *fallback; /* as written in a file; null: none */
	const char *const *words; /* CHOICE: by value, ends in null */
	const char *text;         /* for the manual: sentences, one a line */
};

/* Grouped by scope, in the order of the manual and of a dump. */
extern const struct config_option config_options[];
extern const size_t config_option_count;

/* More than there are options: for arrays with an entry for each. */
#define CONFIG_OPTIONS_MAX 96

/* The option of that path, or null. */
const struct config_option *config_option_find(enum config_scope scope,
					       const char *path);

/* Its position in the table. */
size_t config_option_index(const struct config_option *option);

/* Whether "" is a value: where it is the default, or CONFIG_EMPTY. */
bool config_option_may_be_empty(const struct config_option *option);

/* Whether options stand below `path`: "limits" is a group. */
bool config_option_is_group(enum config_scope scope, const char *path);

/* Room for config_option_print_allowed(). */
#define CONFIG_ALLOWED_MAX 160

/* What may be written, for an error: `a size, 4K to 16M`. */
void config_option_print_allowed(const struct config_option *option,
				 char ret_text[CONFIG_ALLOWED_MAX]);

#endif
