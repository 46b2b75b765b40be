/* SPDX-License-Identifier: MIT */
/* The grammar as a state and a stack of brackets. */

#include "config/config_syntax.h"

#include <stdarg.h>
#include <string.h>

/* Enough of a piece to be recognised. */
#define SHOWN_MAX 40

static bool config_syntax_in_group(const struct config_syntax *syntax)
{
	return syntax->depth == 0 ||
	       syntax->open[syntax->depth - 1].bracket == '{';
}

__attribute__((format(printf, 2, 3))) static bool
config_syntax_refuse(char ret_text[CONFIG_SYNTAX_TEXT_MAX], const char *format,
		     ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(ret_text, CONFIG_SYNTAX_TEXT_MAX, format, args);
	va_end(args);
	if (len < 0)
		ret_text[0] = '\0';
	return false;
}

static bool config_syntax_refuse_piece(const struct config_syntax *syntax,
				       struct slice piece,
				       char ret_text[CONFIG_SYNTAX_TEXT_MAX])
{
	static const char *const wanted[] = {
		[CONFIG_SYNTAX_NAME] = "the name of an option",
		[CONFIG_SYNTAX_ASSIGN] = "'='",
		[CONFIG_SYNTAX_VALUE] = "a value",
		[CONFIG_SYNTAX_FIRST] = "a value or the end of the list",
	};
	int shown = piece.len < SHOWN_MAX ? (int)piece.len : SHOWN_MAX;
	const char *what = "',' or the end of the list";

	if (syntax->state < CONFIG_SYNTAX_AFTER)
		what = wanted[syntax->state];
	else if (config_syntax_in_group(syntax))
		what = "';'";
	return config_syntax_refuse(ret_text,
				    "syntax error at '%.*s'; %s "
				    "belongs here",
				    shown, piece.data, what);
}

static bool config_syntax_value(struct config_syntax *syntax,
				enum config_syntax_state after)
{
	if (syntax->state != CONFIG_SYNTAX_VALUE &&
	    syntax->state != CONFIG_SYNTAX_FIRST)
		return false;
	syntax->state = after;
	return true;
}

static bool config_syntax_is_bool(struct slice word)
{
	return slice_equal_nocase(word, slice_of("true")) ||
	       slice_equal_nocase(word, slice_of("false"));
}

/* The separator behind an option is optional. */
static bool config_syntax_name(struct config_syntax *syntax, struct slice name)
{
	if (config_syntax_is_bool(name))
		return config_syntax_value(syntax, CONFIG_SYNTAX_AFTER);
	if (!config_syntax_in_group(syntax) ||
	    (syntax->state != CONFIG_SYNTAX_NAME &&
	     syntax->state < CONFIG_SYNTAX_AFTER))
		return false;
	syntax->state = CONFIG_SYNTAX_ASSIGN;
	return true;
}

static bool config_syntax_string(struct config_syntax *syntax)
{
	return syntax->state == CONFIG_SYNTAX_AFTER_STRING ||
	       config_syntax_value(syntax, CONFIG_SYNTAX_AFTER_STRING);
}

static bool config_syntax_separator(struct config_syntax *syntax,
				    enum config_token token)
{
	bool in_group = config_syntax_in_group(syntax);

	if (syntax->state < CONFIG_SYNTAX_AFTER ||
	    (!in_group && token != CONFIG_TOKEN_COMMA))
		return false;
	syntax->state = in_group ? CONFIG_SYNTAX_NAME : CONFIG_SYNTAX_VALUE;
	return true;
}

static bool config_syntax_assign(struct config_syntax *syntax)
{
	if (syntax->state != CONFIG_SYNTAX_ASSIGN)
		return false;
	syntax->state = CONFIG_SYNTAX_VALUE;
	return true;
}

static bool config_syntax_open(struct config_syntax *syntax, char bracket,
			       struct config_place place)
{
	enum config_syntax_state inside = bracket == '{' ? CONFIG_SYNTAX_NAME :
							   CONFIG_SYNTAX_FIRST;

	/* An array has plain values only. */
	if (syntax->depth > 0 && syntax->open[syntax->depth - 1].bracket == '[')
		return false;
	if (!config_syntax_value(syntax, inside))
		return false;
	syntax->open[syntax->depth].bracket = bracket;
	syntax->open[syntax->depth].place = place;
	syntax->depth++;
	return true;
}

static bool config_syntax_close(struct config_syntax *syntax, char bracket)
{
	const char *pair = strchr("(){}[]", bracket);

	if (syntax->depth == 0 || !pair ||
	    syntax->open[syntax->depth - 1].bracket != pair[-1] ||
	    syntax->state == CONFIG_SYNTAX_ASSIGN ||
	    syntax->state == CONFIG_SYNTAX_VALUE)
		return false;
	syntax->depth--;
	syntax->state = CONFIG_SYNTAX_AFTER;
	return true;
}

static bool config_syntax_end(const struct config_syntax *syntax,
			      struct config_place *place,
			      char ret_text[CONFIG_SYNTAX_TEXT_MAX])
{
	if (syntax->depth > 0) {
		char bracket = syntax->open[syntax->depth - 1].bracket;

		*place = syntax->open[syntax->depth - 1].place;
		return config_syntax_refuse(ret_text,
					    "the '%c' here is not "
					    "closed; '%c' is missing",
					    bracket,
					    strchr("(){}[]", bracket)[1]);
	}
	if (syntax->state == CONFIG_SYNTAX_ASSIGN ||
	    syntax->state == CONFIG_SYNTAX_VALUE)
		return config_syntax_refuse(ret_text,
					    "the file ends within "
					    "an option; NAME = VALUE;");
	return true;
}

/* Whether the token is allowed here. */
static bool config_syntax_take(struct config_syntax *syntax,
			       enum config_token token, struct slice piece,
			       struct config_place place)
{
	switch (token) {
	case CONFIG_TOKEN_NAME:
		return config_syntax_name(syntax, piece);
	case CONFIG_TOKEN_INTEGER:
	case CONFIG_TOKEN_FLOAT:
		return config_syntax_value(syntax, CONFIG_SYNTAX_AFTER);
	case CONFIG_TOKEN_STRING:
		return config_syntax_string(syntax);
	case CONFIG_TOKEN_ASSIGN:
		return config_syntax_assign(syntax);
	case CONFIG_TOKEN_COMMA:
	case CONFIG_TOKEN_SEMICOLON:
		return config_syntax_separator(syntax, token);
	case CONFIG_TOKEN_OPEN:
		return config_syntax_open(syntax, piece.data[0], place);
	case CONFIG_TOKEN_CLOSE:
		return config_syntax_close(syntax, piece.data[0]);
	case CONFIG_TOKEN_OTHER:
		return false;
	case CONFIG_TOKEN_END:
	case CONFIG_TOKEN_SPACE:
	case CONFIG_TOKEN_INCLUDE:
	case CONFIG_TOKEN_BAD_INCLUDE:
	case CONFIG_TOKEN_OPEN_STRING:
	case CONFIG_TOKEN_OPEN_COMMENT:
		return true;
	}
	return false;
}

bool config_syntax_next(struct config_syntax *syntax, enum config_token token,
			struct slice piece, struct config_place *place,
			char ret_text[CONFIG_SYNTAX_TEXT_MAX])
{
	if (token == CONFIG_TOKEN_END)
		return config_syntax_end(syntax, place, ret_text);
	if (token == CONFIG_TOKEN_OPEN && syntax->depth == CONFIG_NESTING_MAX)
		return config_syntax_refuse(ret_text,
					    "too many brackets "
					    "within brackets; allowed: %d",
					    CONFIG_NESTING_MAX);
	if (config_syntax_take(syntax, token, piece, *place))
		return true;
	return config_syntax_refuse_piece(syntax, piece, ret_text);
}
