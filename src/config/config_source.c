/* SPDX-License-Identifier: MIT */
/*
 * Reads files for the parser, which ends the process on an included directory,
 * stops at null bytes and wraps large numbers: none of that gets to it.
 */

#include "config/config_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_disk.h"
#include "config/config_scan.h"

static int config_source_refuse(struct config_source *source,
				struct config_place place, const char *text)
{
	config_errors_add(source->draft->errors, place, NULL, "%s", text);
	return -EINVAL;
}

/* Doubles, so that a file costs a few calls. */
static int config_source_append(struct config_source *source,
				struct slice piece)
{
	size_t need = source->len + piece.len + 1;

	if (need > source->size) {
		char *text = realloc(source->text, need * 2);

		if (!text)
			return -ENOMEM;
		source->text = text;
		source->size = need * 2;
	}
	if (piece.len > 0)
		memcpy(source->text + source->len, piece.data, piece.len);
	source->len += piece.len;
	source->text[source->len] = '\0';
	for (size_t i = 0; i < piece.len; i++)
		source->line += piece.data[i] == '\n';
	return 0;
}

/* From here on the text is that of `place`. */
static int config_source_mark(struct config_source *source,
			      struct config_place place)
{
	if (source->region_count == CONFIG_REGIONS_MAX)
		return config_source_refuse(source, place, "too many includes");
	struct config_region *regions =
		config_arena_grow(source->draft->arena, source->regions,
				  source->region_count, sizeof(*regions));

	if (!regions)
		return -ENOMEM;
	regions[source->region_count].line = source->line;
	regions[source->region_count].place = place;
	source->regions = regions;
	source->region_count++;
	return 0;
}

struct config_place config_source_place(const struct config_source *source,
					unsigned line)
{
	struct config_place place = { "", 0 };

	/* Several may begin in one line: the last is what follows. */
	for (size_t i = 0; i < source->region_count; i++) {
		if (source->regions[i].line > line)
			break;
		place = source->regions[i].place;
		place.line += line - source->regions[i].line;
	}
	return place;
}

/* Whether a whole number fits an int; negative: not even a long one. */
static int config_source_number_is_int(struct slice piece)
{
	char text[32];

	if (piece.len >= sizeof(text))
		return -ERANGE;
	memcpy(text, piece.data, piece.len);
	text[piece.len] = '\0';
	errno = 0;
	long long value =
		strtoll(text, NULL, text[1] == 'x' || text[1] == 'X' ? 16 : 10);

	if (errno)
		return -ERANGE;
	return value <= INT32_MAX && value >= INT32_MIN;
}

static int config_source_add_number(struct config_source *source,
				    struct config_place place,
				    struct slice piece)
{
	int is_int = config_source_number_is_int(piece);

	if (is_int < 0)
		return config_source_refuse(source, place,
					    "the number is too large");
	int error = config_source_append(source, piece);

	if (!error && !is_int && piece.data[piece.len - 1] != 'L')
		error = config_source_append(source, slice_of("L"));
	return error;
}

/* A text being taken, and how deep in includes it is. */
struct taken {
	struct config_place place; /* of the piece at hand */
	unsigned includes;
	bool is_file;
};

static int config_source_take(struct config_source *source, struct slice text,
			      struct taken taken);

/* A file name relative to the file it is written in. */
static const char *config_source_resolve(struct config_source *source,
					 const char *file, struct slice name)
{
	const char *slash = strrchr(file, '/');
	size_t dir = slash && name.data[0] != '/' ? (size_t)(slash - file) + 1 :
						    0;
	char *path =
		config_arena_alloc(source->draft->arena, dir + name.len + 1, 1);

	if (!path)
		return NULL;
	memcpy(path, file, dir);
	memcpy(path + dir, name.data, name.len);
	return path;
}

/* A line of its own names the file already, that of an include does not. */
static int config_source_refuse_file(struct config_source *source,
				     struct config_place from, const char *path,
				     int error)
{
	const char *reason = error == -EFBIG  ? "too large" :
			     error == -EILSEQ ? "it holds a null byte" :
						strerror(-error);

	if (from.line == 0)
		config_errors_add(source->draft->errors, from, NULL,
				  "cannot be read: %s", reason);
	else
		config_errors_add(source->draft->errors, from, NULL,
				  "\"%s\" cannot be read: %s", path, reason);
	return -EINVAL;
}

static int config_source_take_file(struct config_source *source,
				   const char *path, struct config_place from,
				   unsigned includes)
{
	struct taken taken = { { path, 1 }, includes, true };
	char *data;
	size_t len;
	int error = config_disk_read(path, CONFIG_SOURCE_MAX - source->len,
				     &data, &len);

	if (error == -ENOMEM)
		return error;
	if (error)
		return config_source_refuse_file(source, from, path, error);
	error = config_source_take(source, slice_make(data, len), taken);
	free(data);
	return error;
}

static int config_source_include(struct config_source *source,
				 struct taken *taken, unsigned next_line,
				 struct slice name)
{
	struct config_place back = { taken->place.file, next_line };

	if (!taken->is_file)
		return config_source_refuse(source, taken->place,
					    "@include works in files only");
	if (taken->includes == CONFIG_INCLUDE_MAX)
		return config_source_refuse(source, taken->place,
					    "includes within includes, too "
					    "many; does a file include "
					    "itself?");
	if (name.len == 0)
		return config_source_refuse(source, taken->place,
					    "@include names no file");
	const char *path =
		config_source_resolve(source, taken->place.file, name);

	if (!path)
		return -ENOMEM;
	int error = config_source_take_file(source, path, taken->place,
					    taken->includes + 1);

	return error ? error : config_source_mark(source, back);
}

static int config_source_take_piece(struct config_source *source,
				    enum config_token token, struct slice piece,
				    struct taken *taken, unsigned next_line)
{
	struct config_place place = taken->place;

	switch (token) {
	case CONFIG_TOKEN_END:
		/* The parser takes no comment without a line end. */
		return config_source_append(source, slice_of("\n"));
	case CONFIG_TOKEN_SPACE:
	case CONFIG_TOKEN_NAME:
	case CONFIG_TOKEN_FLOAT:
	case CONFIG_TOKEN_STRING:
	case CONFIG_TOKEN_ASSIGN:
	case CONFIG_TOKEN_COMMA:
	case CONFIG_TOKEN_SEMICOLON:
	case CONFIG_TOKEN_OPEN:
	case CONFIG_TOKEN_CLOSE:
	case CONFIG_TOKEN_OTHER:
		return config_source_append(source, piece);
	case CONFIG_TOKEN_INTEGER:
		return config_source_add_number(source, place, piece);
	case CONFIG_TOKEN_INCLUDE:
		return config_source_include(source, taken, next_line, piece);
	case CONFIG_TOKEN_BAD_INCLUDE:
		return config_source_refuse(source, place,
					    "'@' without a "
					    "meaning; @include \"FILE\"");
	case CONFIG_TOKEN_OPEN_STRING:
		return config_source_refuse(source, place,
					    "the text that "
					    "begins here has no closing '\"'");
	case CONFIG_TOKEN_OPEN_COMMENT:
		return config_source_refuse(source, place,
					    "the comment that "
					    "begins here has no end");
	}
	return -EINVAL;
}

/* The end of an included file is not the end of the text. */
static int config_source_check(struct config_source *source,
			       enum config_token token, struct slice piece,
			       const struct taken *taken)
{
	struct config_place place = taken->place;
	char text[CONFIG_SYNTAX_TEXT_MAX];

	if (token == CONFIG_TOKEN_END && taken->includes > 0)
		return 0;
	if (config_syntax_next(&source->syntax, token, piece, &place, text))
		return 0;
	return config_source_refuse(source, place, text);
}

static int config_source_take(struct config_source *source, struct slice text,
			      struct taken taken)
{
	struct config_scan scan;
	struct slice piece = { NULL, 0 };
	enum config_token token = CONFIG_TOKEN_SPACE;
	int error = config_source_mark(source, taken.place);

	config_scan_init(&scan, text);
	while (!error && token != CONFIG_TOKEN_END) {
		taken.place.line = scan.line;
		token = config_scan_next(&scan, &piece);
		error = config_source_check(source, token, piece, &taken);
		if (!error)
			error = config_source_take_piece(source, token, piece,
							 &taken, scan.line);
	}
	return error;
}

static int config_source_init(struct config_source *source,
			      struct config_draft *draft)
{
	memset(source, 0, sizeof(*source));
	source->line = 1;
	source->draft = draft;
	return config_source_append(source, slice_make(NULL, 0));
}

int config_source_read(struct config_source *source, struct config_draft *draft,
		       const char *path)
{
	int error = config_source_init(source, draft);
	const char *kept = config_draft_keep(draft, path);

	if (error || !kept)
		return -ENOMEM;
	struct config_place from = { kept, 0 };

	return config_source_take_file(source, kept, from, 0);
}

int config_source_set(struct config_source *source, struct config_draft *draft,
		      const char *name, const char *text)
{
	int error = config_source_init(source, draft);
	const char *kept = config_draft_keep(draft, name);
	struct taken taken = { { kept, 1 }, 0, false };

	if (error || !kept)
		return -ENOMEM;
	if (strlen(text) > CONFIG_SOURCE_MAX)
		return config_source_refuse(source, taken.place, "too large");
	return config_source_take(source, slice_of(text), taken);
}

void config_source_done(struct config_source *source)
{
	free(source->text);
	source->text = NULL;
}
