/* SPDX-License-Identifier: MIT */
/* Knows just enough of the syntax to tell strings and comments apart. */

#include "config/config_scan.h"

#include "base/ascii.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define INCLUDE "@include"

void config_scan_init(struct config_scan *scan, struct slice text)
{
	struct slice mark = slice_of(BYTE_ORDER_MARK);

	scan->text = text.data;
	scan->len = text.len;
	scan->at = slice_has_prefix(text, mark) ? mark.len : 0;
	scan->line = 1;
}

static char config_scan_peek(const struct config_scan *scan, size_t at)
{
	return at < scan->len ? scan->text[at] : '\0';
}

/* Takes the piece from scan->at to `end`. */
static struct slice config_scan_take(struct config_scan *scan, size_t end)
{
	struct slice piece = slice_make(scan->text + scan->at, end - scan->at);

	for (; scan->at < end; scan->at++)
		scan->line += scan->text[scan->at] == '\n';
	return piece;
}

/* The end of the string that begins at scan->at; 0: it has none. */
static size_t config_scan_string(const struct config_scan *scan)
{
	for (size_t i = scan->at + 1; i < scan->len; i++) {
		if (scan->text[i] == '\\')
			i++;
		else if (scan->text[i] == '"')
			return i + 1;
	}
	return 0;
}

static size_t config_scan_line_end(const struct config_scan *scan, size_t at)
{
	const char *end = memchr(scan->text + at, '\n', scan->len - at);

	return end ? (size_t)(end - scan->text) : scan->len;
}

/* The end of the block comment that begins at scan->at; 0: it has none. */
static size_t config_scan_comment(const struct config_scan *scan)
{
	for (size_t i = scan->at + 2; i + 1 < scan->len; i++) {
		if (scan->text[i] == '*' && scan->text[i + 1] == '/')
			return i + 2;
	}
	return 0;
}

static bool config_scan_is_word(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_' || c == '-' ||
	       c == '*';
}

/* A name, or a number with a sign, a fraction or a suffix. */
static size_t config_scan_word(const struct config_scan *scan)
{
	size_t i = scan->at;

	while (i < scan->len && (config_scan_is_word(scan->text[i]) ||
				 scan->text[i] == '.' || scan->text[i] == '+'))
		i++;
	return i;
}

static bool config_scan_is_number(struct slice word)
{
	size_t i = 0;
	bool hex = slice_has_prefix(word, slice_of("0x")) ||
		   slice_has_prefix(word, slice_of("0X"));

	if (hex)
		i = 2;
	else if (word.data[0] == '-' || word.data[0] == '+')
		i = 1;
	if (i == word.len)
		return false;
	for (; i < word.len; i++) {
		if (!(hex ? ascii_is_hex(word.data[i]) :
		      ascii_is_digit(word.data[i])))
			return false;
	}
	return true;
}

/* Blanks and a quoted name behind "@include"; leaves scan->at behind it. */
static enum config_token config_scan_include(struct config_scan *scan,
					     struct slice *ret_piece)
{
	struct slice rest = slice_make(scan->text + scan->at,
				       config_scan_line_end(scan, scan->at) -
				       scan->at);
	size_t at = scan->at + strlen(INCLUDE);

	if (!slice_has_prefix(rest, slice_of(INCLUDE)))
		return CONFIG_TOKEN_BAD_INCLUDE;
	while (config_scan_peek(scan, at) == ' ' ||
	       config_scan_peek(scan, at) == '\t')
		at++;
	const char *end = NULL;

	if (config_scan_peek(scan, at) == '"')
		end = memchr(scan->text + at + 1, '"',
			     config_scan_line_end(scan, at) - at - 1);
	if (!end)
		return CONFIG_TOKEN_BAD_INCLUDE;
	*ret_piece = slice_make(scan->text + at + 1,
				(size_t)(end - scan->text) - at - 1);
	scan->at = (size_t)(end - scan->text) + 1;
	return CONFIG_TOKEN_INCLUDE;
}

/* Everything up to the next byte that begins a piece of its own. */
static size_t config_scan_plain(const struct config_scan *scan)
{
	size_t i = scan->at + 1;

	while (i < scan->len && !config_scan_is_word(scan->text[i]) &&
	       !strchr("\"#/@()[]{}+.", scan->text[i]))
		i++;
	return i;
}

static enum config_token config_scan_bracket(struct config_scan *scan,
					     struct slice *ret_piece)
{
	bool opens = strchr("([{", scan->text[scan->at]) != NULL;

	*ret_piece = config_scan_take(scan, scan->at + 1);
	return opens ? CONFIG_TOKEN_OPEN : CONFIG_TOKEN_CLOSE;
}

static enum config_token config_scan_other(struct config_scan *scan,
					   struct slice *ret_piece)
{
	char c = scan->text[scan->at];
	char next = config_scan_peek(scan, scan->at + 1);
	size_t end;

	if (c == '"') {
		end = config_scan_string(scan);
		if (end == 0)
			return CONFIG_TOKEN_OPEN_STRING;
	} else if (c == '/' && next == '*') {
		end = config_scan_comment(scan);
		if (end == 0)
			return CONFIG_TOKEN_OPEN_COMMENT;
	} else if (c == '#' || (c == '/' && next == '/')) {
		end = config_scan_line_end(scan, scan->at);
	} else if (config_scan_is_word(c) || c == '.' || c == '+') {
		end = config_scan_word(scan);
	} else {
		end = config_scan_plain(scan);
	}
	*ret_piece = config_scan_take(scan, end);
	return config_scan_is_number(*ret_piece) ? CONFIG_TOKEN_NUMBER :
	       CONFIG_TOKEN_COPY;
}

enum config_token config_scan_next(struct config_scan *scan,
				   struct slice *ret_piece)
{
	if (scan->at >= scan->len)
		return CONFIG_TOKEN_END;
	switch (scan->text[scan->at]) {
	case '@':
		return config_scan_include(scan, ret_piece);
	case '(':
	case '[':
	case '{':
	case ')':
	case ']':
	case '}':
		return config_scan_bracket(scan, ret_piece);
	default:
		return config_scan_other(scan, ret_piece);
	}
}
