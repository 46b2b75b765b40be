/* SPDX-License-Identifier: MIT */
/* One recursive step a rule of the grammar, each taking off what it matches. */

#include "http/extensions.h"

#include "base/ascii.h"

static bool is_extensions(struct slice name)
{
	static const char wanted[] = "sec-websocket-extensions";

	return name.len == sizeof(wanted) - 1 &&
	       slice_equal_nocase(name, slice_make(wanted, name.len));
}

static struct slice take(struct slice *s, size_t len)
{
	struct slice taken = slice_make(s->data, len);

	s->data += len;
	s->len -= len;
	return taken;
}

static void skip_space(struct slice *s)
{
	while (s->len > 0 && (s->data[0] == ' ' || s->data[0] == '\t'))
		take(s, 1);
}

/* Takes a separator with the space around it, if it stands there. */
static bool take_separator(struct slice *s, char separator)
{
	skip_space(s);
	if (s->len == 0 || s->data[0] != separator)
		return false;
	take(s, 1);
	skip_space(s);
	return true;
}

static bool take_token(struct slice *s, struct slice *ret)
{
	size_t len = 0;

	while (len < s->len && ascii_is_tchar(s->data[len]))
		len++;
	*ret = take(s, len);
	return len > 0;
}

/*
 * The characters of a quoted string that is a token once its backslashes are
 * gone, from behind the first quote.
 */
static bool take_quoted(struct slice *s, struct slice *ret)
{
	size_t len = 0;

	while (len < s->len && s->data[len] != '"') {
		if (s->data[len] == '\\')
			len++;
		if (len == s->len || !ascii_is_tchar(s->data[len]))
			return false;
		len++;
	}
	if (len == 0 || len == s->len)
		return false;
	*ret = take(s, len);
	take(s, 1);
	return true;
}

/* extension-param = token [ "=" (token | quoted-string) ] */
static bool take_param(struct slice *s, struct http_extension_param *ret)
{
	*ret = (struct http_extension_param){ .has_value = false };
	if (!take_token(s, &ret->name))
		return false;
	if (!take_separator(s, '='))
		return true;
	ret->has_value = true;
	if (s->len > 0 && s->data[0] == '"') {
		take(s, 1);
		return take_quoted(s, &ret->value);
	}
	return take_token(s, &ret->value);
}

/* extension = extension-token *( ";" extension-param ) */
static bool take_extension(struct slice *s, struct http_extension *ret)
{
	struct http_extension_param param;

	if (!take_token(s, &ret->name))
		return false;
	ret->params = *s;
	while (take_separator(s, ';')) {
		if (!take_param(s, &param))
			return false;
	}
	ret->params.len = (size_t)(s->data - ret->params.data);
	return true;
}

/* Behind the commas and spaces before an element; whether there is one. */
static bool skip_to_element(struct slice *s)
{
	while (take_separator(s, ','))
		continue;
	return s->len > 0;
}

/* Whether a line's value is a list, counting what is in it. */
static bool line_is_valid(struct slice value, size_t *count)
{
	struct http_extension extension;

	while (skip_to_element(&value)) {
		if (!take_extension(&value, &extension))
			return false;
		++*count;
		if (value.len > 0 && value.data[0] != ',')
			return false;
	}
	return true;
}

bool http_extensions_are_valid(const struct http_request *request)
{
	struct slice fields = request->fields;
	struct http_field field;
	size_t lines = 0, count = 0;

	while (http_field_next(&fields, &field)) {
		if (!is_extensions(field.name))
			continue;
		lines++;
		if (!line_is_valid(field.value, &count))
			return false;
	}
	return lines == 0 || count > 0;
}

void http_extension_list_begin(struct http_extension_list *list,
			       const struct http_request *request)
{
	list->fields = request->fields;
	list->value = slice_of(NULL);
}

bool http_extension_next(struct http_extension_list *list,
			 struct http_extension *ret)
{
	struct http_field field;

	while (!skip_to_element(&list->value)) {
		do {
			if (!http_field_next(&list->fields, &field))
				return false;
		} while (!is_extensions(field.name));
		list->value = field.value;
	}
	return take_extension(&list->value, ret);
}

bool http_extension_param_next(struct slice *params,
			       struct http_extension_param *ret)
{
	return take_separator(params, ';') && take_param(params, ret);
}

bool http_extension_param_number(const struct http_extension_param *param,
				 unsigned min, unsigned max, unsigned *ret)
{
	unsigned number = 0;

	for (size_t i = 0; i < param->value.len; i++) {
		char c = param->value.data[i];

		if (c == '\\')
			continue; /* a digit may be quoted, too */
		if (!ascii_is_digit(c) || (number == 0 && c == '0'))
			return false;
		number = number * 10 + (unsigned)(c - '0');
		if (number > max)
			return false;
	}
	if (number < min) /* as without a value */
		return false;
	*ret = number;
	return true;
}
