/* SPDX-License-Identifier: MIT */
/* The lexical rules of libconfig, with includes left to the caller. */

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

static bool config_scan_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static size_t config_scan_spaces(const struct config_scan *scan)
{
	size_t i = scan->at;

	while (i < scan->len && config_scan_is_space(scan->text[i]))
		i++;
	return i;
}

/* Bytes of names and numbers; "+" and "." are of numbers only. */
static bool config_scan_is_word(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_' || c == '-' ||
	       c == '*' || c == '.' || c == '+';
}

static size_t config_scan_word(const struct config_scan *scan)
{
	size_t i = scan->at;

	while (i < scan->len && config_scan_is_word(scan->text[i]))
		i++;
	return i;
}

/* [A-Za-z*][-A-Za-z0-9_*]* */
static bool config_scan_is_name(struct slice word)
{
	if (!ascii_is_alpha(word.data[0]) && word.data[0] != '*')
		return false;
	return !memchr(word.data, '.', word.len) &&
	       !memchr(word.data, '+', word.len);
}

/* Skips digits from `at` on; `hex` ones too when asked for. */
static size_t config_scan_digits(struct slice word, size_t at, bool hex)
{
	while (at < word.len && (hex ? ascii_is_hex(word.data[at]) :
				       ascii_is_digit(word.data[at])))
		at++;
	return at;
}

static size_t config_scan_sign(struct slice word, size_t at)
{
	return at < word.len && (word.data[at] == '-' || word.data[at] == '+') ?
		       at + 1 :
		       at;
}

/* [-+]?[0-9]+ or 0x[0-9A-Fa-f]+, and L or LL behind it. */
static bool config_scan_is_integer(struct slice word)
{
	bool hex = slice_has_prefix(word, slice_of("0x")) ||
		   slice_has_prefix(word, slice_of("0X"));
	size_t start = hex ? 2 : config_scan_sign(word, 0);
	size_t end = config_scan_digits(word, start, hex);

	if (end == start)
		return false;
	for (size_t i = 0; i < 2 && end < word.len; i++)
		end += word.data[end] == 'L';
	return end == word.len;
}

/* Digits with a point, an exponent or both. */
static bool config_scan_is_float(struct slice word)
{
	size_t at = config_scan_sign(word, 0);
	size_t whole = config_scan_digits(word, at, false) - at;
	size_t fraction = 0;
	bool marked = false;

	at += whole;
	if (at < word.len && word.data[at] == '.') {
		marked = true;
		fraction = config_scan_digits(word, at + 1, false) - at - 1;
		at += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (at < word.len && (word.data[at] == 'e' || word.data[at] == 'E')) {
		size_t start = config_scan_sign(word, at + 1);

		marked = true;
		at = config_scan_digits(word, start, false);
		if (at == start)
			return false;
	}
	return marked && at == word.len;
}

static enum config_token config_scan_word_kind(struct slice word)
{
	if (config_scan_is_name(word))
		return CONFIG_TOKEN_NAME;
	if (config_scan_is_integer(word))
		return CONFIG_TOKEN_INTEGER;
	if (config_scan_is_float(word))
		return CONFIG_TOKEN_FLOAT;
	return CONFIG_TOKEN_OTHER;
}

/* Blanks and a quoted name behind "@include"; leaves scan->at behind it. */
static enum config_token config_scan_include(struct config_scan *scan,
					     struct slice *ret_piece)
{
	size_t line_end = config_scan_line_end(scan, scan->at);
	struct slice rest =
		slice_make(scan->text + scan->at, line_end - scan->at);
	size_t at = scan->at + strlen(INCLUDE);
	const char *end = NULL;

	if (!slice_has_prefix(rest, slice_of(INCLUDE)))
		return CONFIG_TOKEN_BAD_INCLUDE;
	while (config_scan_peek(scan, at) == ' ' ||
	       config_scan_peek(scan, at) == '\t')
		at++;
	if (config_scan_peek(scan, at) == '"')
		end = memchr(scan->text + at + 1, '"', line_end - at - 1);
	if (!end)
		return CONFIG_TOKEN_BAD_INCLUDE;
	*ret_piece = slice_make(scan->text + at + 1,
				(size_t)(end - scan->text) - at - 1);
	scan->at = (size_t)(end - scan->text) + 1;
	return CONFIG_TOKEN_INCLUDE;
}

/* What begins with '/': a comment, or nothing that is known. */
static enum config_token config_scan_slash(struct config_scan *scan,
					   struct slice *ret_piece)
{
	char next = config_scan_peek(scan, scan->at + 1);
	enum config_token token = CONFIG_TOKEN_SPACE;
	size_t end = scan->at + 1;

	if (next == '*') {
		end = config_scan_comment(scan);
		if (end == 0)
			return CONFIG_TOKEN_OPEN_COMMENT;
	} else if (next == '/') {
		end = config_scan_line_end(scan, scan->at);
	} else {
		token = CONFIG_TOKEN_OTHER;
	}
	*ret_piece = config_scan_take(scan, end);
	return token;
}

/* Pieces of any length: spaces, words and what nobody knows. */
static enum config_token config_scan_run(struct config_scan *scan,
					 struct slice *ret_piece)
{
	char c = scan->text[scan->at];

	if (config_scan_is_space(c)) {
		*ret_piece = config_scan_take(scan, config_scan_spaces(scan));
		return CONFIG_TOKEN_SPACE;
	}
	if (config_scan_is_word(c)) {
		*ret_piece = config_scan_take(scan, config_scan_word(scan));
		return config_scan_word_kind(*ret_piece);
	}
	*ret_piece = config_scan_take(scan, scan->at + 1);
	return CONFIG_TOKEN_OTHER;
}

static enum config_token config_scan_mark(char c)
{
	switch (c) {
	case '(':
	case '[':
	case '{':
		return CONFIG_TOKEN_OPEN;
	case ')':
	case ']':
	case '}':
		return CONFIG_TOKEN_CLOSE;
	case '=':
	case ':':
		return CONFIG_TOKEN_ASSIGN;
	case ',':
		return CONFIG_TOKEN_COMMA;
	case ';':
		return CONFIG_TOKEN_SEMICOLON;
	default:
		return CONFIG_TOKEN_OTHER;
	}
}

enum config_token config_scan_next(struct config_scan *scan,
				   struct slice *ret_piece)
{
	size_t end;

	*ret_piece = slice_make(NULL, 0);
	if (scan->at >= scan->len)
		return CONFIG_TOKEN_END;
	switch (scan->text[scan->at]) {
	case '@':
		return config_scan_include(scan, ret_piece);
	case '/':
		return config_scan_slash(scan, ret_piece);
	case '#':
		end = config_scan_line_end(scan, scan->at);
		*ret_piece = config_scan_take(scan, end);
		return CONFIG_TOKEN_SPACE;
	case '"':
		end = config_scan_string(scan);
		if (end == 0)
			return CONFIG_TOKEN_OPEN_STRING;
		*ret_piece = config_scan_take(scan, end);
		return CONFIG_TOKEN_STRING;
	default:
		break;
	}
	enum config_token token = config_scan_mark(scan->text[scan->at]);

	if (token == CONFIG_TOKEN_OTHER)
		return config_scan_run(scan, ret_piece);
	*ret_piece = config_scan_take(scan, scan->at + 1);
	return token;
}
