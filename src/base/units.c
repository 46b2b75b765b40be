/* SPDX-License-Identifier: MIT */
/* Durations and sizes: strict decimal parsing with checked arithmetic. */

#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define MS_PER_SECOND 1000u
#define MS_PER_MINUTE 60000u
#define MS_PER_HOUR 3600000u

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* Printing takes the first that divides: largest first. */
static const struct unit duration_units[] = {
	{ "h", MS_PER_HOUR },
	{ "m", MS_PER_MINUTE },
	{ "s", MS_PER_SECOND },
	{ "ms", 1 },
};

static const struct unit size_units[] = {
	{ "G", 1024u * 1024u * 1024u },
	{ "M", 1024u * 1024u },
	{ "K", 1024u },
};

/* Cuts the digits off the front of `text`; saturation is an error. */
static enum units_result units_cut_digits(struct slice *text,
					  uint64_t *ret_value)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < text->len; i++) {
		unsigned digit = (unsigned char)text->data[i] - (unsigned)'0';

		if (digit > 9)
			break;
		if (value > (UINT64_MAX - digit) / 10)
			return UNITS_TOO_LARGE;
		value = value * 10 + digit;
	}
	if (i == 0)
		return UNITS_NOT_NUMBER;
	*text = slice_make(text->data + i, text->len - i);
	*ret_value = value;
	return UNITS_OK;
}

static enum units_result units_cut_number(struct slice *text,
					  uint64_t *ret_value)
{
	if (text->len == 0)
		return UNITS_EMPTY;
	if (text->data[0] == '-')
		return UNITS_NEGATIVE;
	return units_cut_digits(text, ret_value);
}

/*
 * Cuts ".digits" off the front: `fraction` of `scale`.  Zeros at its end say
 * nothing and are dropped, which bounds the digits that matter to ten: what
 * is finer than a millisecond of an hour is refused later anyway.
 */
static enum units_result units_cut_fraction(struct slice *text,
					    uint64_t *ret_fraction,
					    uint64_t *ret_scale)
{
	size_t digits = 0;
	size_t useful = 0;

	*ret_fraction = 0;
	*ret_scale = 1;
	if (text->len == 0 || text->data[0] != '.')
		return UNITS_OK;
	for (const char *c = text->data + 1;
	     digits + 1 < text->len && c[digits] >= '0' && c[digits] <= '9';
	     digits++) {
		if (c[digits] != '0')
			useful = digits + 1;
	}
	if (digits == 0)
		return UNITS_NOT_NUMBER;
	if (useful > 10)
		return UNITS_TOO_FINE;
	for (size_t i = 0; i < useful; i++) {
		unsigned digit = (unsigned char)text->data[1 + i];

		*ret_fraction = *ret_fraction * 10 + (digit - (unsigned)'0');
		*ret_scale *= 10;
	}
	*text = slice_make(text->data + 1 + digits, text->len - 1 - digits);
	return UNITS_OK;
}

static enum units_result units_find_duration(struct slice suffix,
					     uint64_t *ret_factor)
{
	if (suffix.len == 0) {
		*ret_factor = MS_PER_SECOND;
		return UNITS_OK;
	}
	for (size_t i = 0; i < sizeof(duration_units) / sizeof(*duration_units);
	     i++) {
		if (slice_equal(suffix, slice_of(duration_units[i].suffix))) {
			*ret_factor = duration_units[i].factor;
			return UNITS_OK;
		}
	}
	return UNITS_BAD_SUFFIX;
}

enum units_result units_parse_duration(struct slice text, uint32_t *ret_ms)
{
	uint64_t whole = 0;
	uint64_t fraction = 0;
	uint64_t scale = 1;
	uint64_t factor = 1;
	enum units_result result = units_cut_number(&text, &whole);

	if (result == UNITS_OK)
		result = units_cut_fraction(&text, &fraction, &scale);
	if (result == UNITS_OK)
		result = units_find_duration(text, &factor);
	if (result != UNITS_OK)
		return result;
	if (whole > UINT32_MAX)
		return UNITS_TOO_LARGE;
	/* 10^10 * 3.6 * 10^6 and 2^32 * 3.6 * 10^6 at most: 64 bits do. */
	if (fraction * factor % scale != 0)
		return UNITS_TOO_FINE;
	uint64_t ms = whole * factor + fraction * factor / scale;

	if (ms > UINT32_MAX)
		return UNITS_TOO_LARGE;
	*ret_ms = (uint32_t)ms;
	return UNITS_OK;
}

enum units_result units_from_seconds(double seconds, uint32_t *ret_ms)
{
	if (isnan(seconds))
		return UNITS_NOT_NUMBER;
	if (seconds < 0)
		return UNITS_NEGATIVE;
	if (seconds > UINT32_MAX / (double)MS_PER_SECOND)
		return UNITS_TOO_LARGE;
	double ms = seconds * MS_PER_SECOND;
	uint32_t rounded = (uint32_t)(ms + 0.5);

	/* 0.1 is no binary fraction: allow for the rounding of the double. */
	if (fabs(ms - (double)rounded) > 1e-3)
		return UNITS_TOO_FINE;
	*ret_ms = rounded;
	return UNITS_OK;
}

static enum units_result units_find_size(struct slice suffix,
					 uint64_t *ret_factor)
{
	if (suffix.len == 0) {
		*ret_factor = 1;
		return UNITS_OK;
	}
	for (size_t i = 0; i < sizeof(size_units) / sizeof(*size_units); i++) {
		struct slice known = slice_of(size_units[i].suffix);

		if (slice_equal_nocase(suffix, known)) {
			*ret_factor = size_units[i].factor;
			return UNITS_OK;
		}
	}
	return UNITS_BAD_SUFFIX;
}

enum units_result units_parse_size(struct slice text, uint64_t *ret_bytes)
{
	uint64_t value = 0;
	uint64_t factor = 1;
	enum units_result result = units_cut_number(&text, &value);

	if (result == UNITS_OK)
		result = units_find_size(text, &factor);
	if (result != UNITS_OK)
		return result;
	if (value > UINT64_MAX / factor)
		return UNITS_TOO_LARGE;
	*ret_bytes = value * factor;
	return UNITS_OK;
}

const char *units_result_text(enum units_result result)
{
	switch (result) {
	case UNITS_OK:
		return "no error";
	case UNITS_EMPTY:
		return "empty";
	case UNITS_NEGATIVE:
		return "negative";
	case UNITS_NOT_NUMBER:
		return "not a number";
	case UNITS_BAD_SUFFIX:
		return "unknown unit";
	case UNITS_TOO_FINE:
		return "finer than a millisecond";
	case UNITS_TOO_LARGE:
		return "too large";
	}
	return "unknown error";
}

static void units_print(uint64_t value, const struct unit *units, size_t count,
			char ret_text[UNITS_TEXT_MAX])
{
	struct unit unit = { "", 1 };

	for (size_t i = 0; i < count && value != 0; i++) {
		if (value % units[i].factor == 0) {
			unit = units[i];
			break;
		}
	}
	snprintf(ret_text, UNITS_TEXT_MAX, "%" PRIu64 "%s", value / unit.factor,
		 unit.suffix);
}

void units_print_duration(uint32_t ms, char ret_text[UNITS_TEXT_MAX])
{
	units_print(ms, duration_units,
		    sizeof(duration_units) / sizeof(*duration_units), ret_text);
}

void units_print_size(uint64_t bytes, char ret_text[UNITS_TEXT_MAX])
{
	units_print(bytes, size_units, sizeof(size_units) / sizeof(*size_units),
		    ret_text);
}
