/* SPDX-License-Identifier: MIT */
/* Conversion and range checks, one small function per type of option. */

#include "config/config_value.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

/* What the functions below share. */
struct taking {
	const struct config_option *option;
	const struct config_value *value;
	struct config_arena *arena;
	char *reason;
};

/* "what is wrong; allowed: what is allowed"; always -EINVAL. */
__attribute__((format(printf, 2, 3))) static int
config_value_refuse(const struct taking *taking, const char *format, ...)
{
	char wrong[CONFIG_REASON_MAX - CONFIG_ALLOWED_MAX - 16];
	char allowed[CONFIG_ALLOWED_MAX];
	va_list args;

	va_start(args, format);
	int len = vsnprintf(wrong, sizeof(wrong), format, args);
	va_end(args);
	if (len < 0)
		wrong[0] = '\0';
	config_option_print_allowed(taking->option, allowed);
	snprintf(taking->reason, CONFIG_REASON_MAX, "%s; allowed: %s", wrong,
		 allowed);
	return -EINVAL;
}

static int config_value_refuse_kind(const struct taking *taking)
{
	switch (taking->value->kind) {
	case CONFIG_KIND_BOOL:
		return config_value_refuse(taking, "is true or false");
	case CONFIG_KIND_INTEGER:
	case CONFIG_KIND_FLOAT:
		return config_value_refuse(taking, "is a number");
	case CONFIG_KIND_TEXT:
		return config_value_refuse(taking, "is text");
	case CONFIG_KIND_TEXTS:
	case CONFIG_KIND_LIST:
		return config_value_refuse(taking, "is a list");
	case CONFIG_KIND_GROUP:
		return config_value_refuse(taking, "is a group");
	}
	return -EINVAL;
}

static int config_value_check_range(const struct taking *taking, uint64_t value)
{
	const struct config_option *option = taking->option;

	if (value == 0 && (option->flags & CONFIG_ZERO))
		return 0;
	if (value < option->min)
		return config_value_refuse(taking, "is too small");
	if (value > option->max)
		return config_value_refuse(taking, "is too large");
	return 0;
}

static int config_value_refuse_unit(const struct taking *taking,
				    enum units_result result)
{
	/* Enough of it to be recognised. */
	if (taking->value->kind == CONFIG_KIND_TEXT)
		return config_value_refuse(taking, "\"%.40s\": %s",
					   taking->value->text,
					   units_result_text(result));
	return config_value_refuse(taking, "is %s", units_result_text(result));
}

/* A number, or text that `parse` makes one of. */
static int config_value_number(const struct taking *taking,
			       uint64_t *ret_number)
{
	const struct config_value *value = taking->value;
	enum units_result result = UNITS_OK;

	if (value->kind == CONFIG_KIND_INTEGER && value->integer < 0)
		result = UNITS_NEGATIVE;
	else if (value->kind == CONFIG_KIND_INTEGER)
		*ret_number = (uint64_t)value->integer;
	else if (value->kind == CONFIG_KIND_TEXT)
		result = units_parse_size(slice_of(value->text), ret_number);
	else
		return config_value_refuse_kind(taking);
	if (result != UNITS_OK)
		return config_value_refuse_unit(taking, result);
	return config_value_check_range(taking, *ret_number);
}

static int config_value_milliseconds(const struct taking *taking,
				     uint32_t *ret_ms)
{
	const struct config_value *value = taking->value;
	enum units_result result;

	if (value->kind == CONFIG_KIND_INTEGER)
		result = units_from_seconds((double)value->integer, ret_ms);
	else if (value->kind == CONFIG_KIND_FLOAT)
		result = units_from_seconds(value->number, ret_ms);
	else if (value->kind == CONFIG_KIND_TEXT)
		result = units_parse_duration(slice_of(value->text), ret_ms);
	else
		return config_value_refuse_kind(taking);
	if (result != UNITS_OK)
		return config_value_refuse_unit(taking, result);
	return config_value_check_range(taking, *ret_ms);
}

static int config_value_take_bool(const struct taking *taking, bool *field)
{
	if (taking->value->kind != CONFIG_KIND_BOOL)
		return config_value_refuse_kind(taking);
	*field = taking->value->boolean;
	return 0;
}

static int config_value_take_count(const struct taking *taking, uint32_t *field)
{
	uint64_t number = 0;

	if (taking->value->kind == CONFIG_KIND_TEXT &&
	    (taking->option->flags & CONFIG_AUTO) &&
	    strcmp(taking->value->text, "auto") == 0) {
		*field = 0;
		return 0;
	}
	if (taking->value->kind == CONFIG_KIND_FLOAT)
		return config_value_refuse(taking, "has a fraction");

	int error = config_value_number(taking, &number);

	if (error)
		return error;
	*field = (uint32_t)number;
	return 0;
}

static int config_value_take_size(const struct taking *taking, size_t *field)
{
	uint64_t number = 0;
	int error = config_value_number(taking, &number);

	if (!error)
		*field = (size_t)number;
	return error;
}

static int config_value_take_duration(const struct taking *taking,
				      uint32_t *field)
{
	uint32_t ms = 0;
	int error = config_value_milliseconds(taking, &ms);

	if (!error)
		*field = ms;
	return error;
}

/* Text only: libconfig reads 0660 as six hundred and sixty. */
static int config_value_take_mode(const struct taking *taking, uint32_t *field)
{
	uint32_t mode = 0;

	if (taking->value->kind != CONFIG_KIND_TEXT)
		return config_value_refuse_kind(taking);
	size_t len = strlen(taking->value->text);

	if (len < 3 || len > 4)
		return config_value_refuse(taking, "has not 3 or 4 digits");
	for (const char *c = taking->value->text; *c; c++) {
		if (*c < '0' || *c > '7')
			return config_value_refuse(taking, "is not octal");
		mode = mode * 8 + (uint32_t)(*c - '0');
	}
	if (mode > taking->option->max)
		return config_value_refuse(taking, "is too large");
	*field = mode;
	return 0;
}

/*
 * The enums of the table have no negative value, so that their type is
 * unsigned int with the compilers this builds with; the size is checked where
 * it is cheapest.
 */
static int config_value_take_choice(const struct taking *taking, void *field)
{
	if (taking->value->kind != CONFIG_KIND_TEXT)
		return config_value_refuse_kind(taking);
	const char *const *words = taking->option->words;

	for (unsigned i = 0; words[i]; i++) {
		if (strcmp(taking->value->text, words[i]) == 0) {
			static_assert(sizeof(enum config_type) == sizeof(i),
				      "enums are as large as unsigned int");
			memcpy(field, &i, sizeof(i));
			return 0;
		}
	}
	return config_value_refuse(taking, "\"%.40s\" is not known",
				   taking->value->text);
}

static int config_value_check_text(const struct taking *taking,
				   const char *text)
{
	if (*text == '\0' && !config_option_may_be_empty(taking->option))
		return config_value_refuse(taking, "is empty");
	if (strlen(text) > taking->option->max)
		return config_value_refuse(taking, "is too long");
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return config_value_refuse(taking, "has a control "
							   "character");
	}
	return 0;
}

static int config_value_take_text(const struct taking *taking, char **field)
{
	if (taking->value->kind != CONFIG_KIND_TEXT)
		return config_value_refuse_kind(taking);
	int error = config_value_check_text(taking, taking->value->text);

	if (error)
		return error;
	char *copy = config_arena_strdup(taking->arena, taking->value->text);

	if (!copy)
		return -ENOMEM;
	*field = copy;
	return 0;
}

static int config_value_take_texts(const struct taking *taking, void *object)
{
	const struct config_value *value = taking->value;
	char ***field = (void *)((char *)object + taking->option->offset);
	size_t *count = (void *)((char *)object + taking->option->count_offset);

	if (value->kind != CONFIG_KIND_TEXTS)
		return config_value_refuse_kind(taking);
	if (value->texts.count < taking->option->min)
		return config_value_refuse(taking, "is empty");
	char **copies = config_arena_alloc(taking->arena, value->texts.count,
					   sizeof(*copies));

	if (!copies)
		return -ENOMEM;
	for (size_t i = 0; i < value->texts.count; i++) {
		const char *text = value->texts.items[i];
		int error = config_value_check_text(taking, text);

		if (error)
			return error;
		copies[i] = config_arena_strdup(taking->arena, text);
		if (!copies[i])
			return -ENOMEM;
	}
	*field = copies;
	*count = value->texts.count;
	return 0;
}

int config_value_take(const struct config_option *option,
		      const struct config_value *value,
		      struct config_arena *arena, void *object,
		      char ret_reason[CONFIG_REASON_MAX])
{
	struct taking taking = { option, value, arena, ret_reason };
	void *field = (char *)object + option->offset;

	switch (option->type) {
	case CONFIG_OPTION_BOOL:
		return config_value_take_bool(&taking, field);
	case CONFIG_OPTION_COUNT:
		return config_value_take_count(&taking, field);
	case CONFIG_OPTION_SIZE:
		return config_value_take_size(&taking, field);
	case CONFIG_OPTION_DURATION:
		return config_value_take_duration(&taking, field);
	case CONFIG_OPTION_MODE:
		return config_value_take_mode(&taking, field);
	case CONFIG_OPTION_CHOICE:
		return config_value_take_choice(&taking, field);
	case CONFIG_OPTION_TEXT:
		return config_value_take_text(&taking, field);
	case CONFIG_OPTION_TEXTS:
		return config_value_take_texts(&taking, object);
	case CONFIG_OPTION_OBJECTS:
		if (value->kind == CONFIG_KIND_TEXTS && !value->texts.count)
			return config_value_refuse(&taking, "is empty");
		return config_value_refuse_kind(&taking);
	}
	return -EINVAL;
}

int config_value_default(const struct config_option *option,
			 struct config_arena *arena, void *object)
{
	const char *fallback = option->fallback;
	struct config_value value = { .kind = CONFIG_KIND_TEXT };
	char reason[CONFIG_REASON_MAX];

	if (!fallback)
		return 0;
	value.text = fallback;
	if (option->type == CONFIG_OPTION_BOOL) {
		value.kind = CONFIG_KIND_BOOL;
		value.boolean = strcmp(fallback, "true") == 0;
	} else if (option->type == CONFIG_OPTION_TEXTS) {
		value.kind = CONFIG_KIND_TEXTS;
		value.texts.items = &fallback;
		value.texts.count = 1;
	}
	int error = config_value_take(option, &value, arena, object, reason);

	/* Only memory can be short: the table's defaults are tested. */
	assert(error != -EINVAL);
	return error;
}
