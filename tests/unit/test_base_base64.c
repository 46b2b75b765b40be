/* SPDX-License-Identifier: MIT */
/* Base64 of RFC 4648, both ways, and what is not canonical. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/base64.h"
#include "guard.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 4648 section 10 */
static const char *const vectors[][2] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

static void test_encodes_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		size_t len = strlen(vectors[i][0]);
		size_t size = BASE64_TEXT_SIZE(len);
		uint8_t *data = guard_copy_end(vectors[i][0], len);
		uint8_t *text = guard_alloc_end(size);
		base64_encode(data, len, (char *)text);
		assert_string_equal((char *)text, vectors[i][1]);
		assert_int_equal(strlen((char *)text), BASE64_TEXT_LEN(len));
		guard_free_end(data, len);
		guard_free_end(text, size);
	}
}

static void test_decodes_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		size_t text_len = strlen(vectors[i][1]);
		size_t want = strlen(vectors[i][0]);
		uint8_t *text = guard_copy_end(vectors[i][1], text_len);
		uint8_t *data = guard_alloc_end(want);
		struct slice s = slice_make((char *)text, text_len);
		size_t len = 99;
		assert_true(base64_decode(s, data, want, &len));
		assert_int_equal(len, want);
		assert_memory_equal(data, vectors[i][0], want);
		guard_free_end(text, text_len);
		guard_free_end(data, want);
	}
}

static void test_decodes_nothing_to_nothing(void **state)
{
	size_t len = 99;

	(void)state;
	assert_true(base64_decode(slice_make(NULL, 0), NULL, 0, &len));
	assert_int_equal(len, 0);
}

static void test_every_byte_comes_back(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		uint8_t data[5] = { (uint8_t)byte, 0xff, (uint8_t)~byte, 0,
				    (uint8_t)byte };
		char text[BASE64_TEXT_SIZE(sizeof(data))];
		uint8_t back[sizeof(data)];
		size_t len;
		base64_encode(data, sizeof(data), text);
		assert_true(base64_decode(slice_of(text), back, sizeof(back),
					  &len));
		assert_int_equal(len, sizeof(data));
		assert_memory_equal(back, data, sizeof(data));
	}
}

static void test_takes_the_characters_of_the_alphabet_only(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";

	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char text[4] = { 'A', 'A', (char)byte, 'A' };
		uint8_t data[3];
		size_t len;
		bool is_known = byte != 0 && strchr(alphabet, byte) != NULL;
		assert_int_equal(base64_decode(slice_make(text, 4), data, 3,
					       &len),
				 is_known);
	}
}

/* Lengths, padding in the wrong place, bits that carry nothing not zero. */
static void test_refuses_what_is_not_canonical(void **state)
{
	static const char *const bad[] = {
		"Z",        "Zg",     "Zg=",          "Zg===", "=",
		"====",     "Z===",   "=g==",         "Zg=g",  "Zm8=Zm8=",
		"Zg==Zm9v", "Zh==",   "Z/==",         "Zm9=",  "Zm8 ",
		" Zm8",     "Zm9v\n", "Zm9v\r\nZg==", "Zm-_",  "Zm9v====",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t text_len = strlen(bad[i]);
		uint8_t *text = guard_copy_end(bad[i], text_len);
		uint8_t data[16] = { 0x5a };
		size_t len = 99;
		if (base64_decode(slice_make((char *)text, text_len), data,
				  sizeof(data), &len))
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(len, 99);
		assert_int_equal(data[0], 0x5a);
		guard_free_end(text, text_len);
	}
}

static void test_refuses_what_does_not_fit(void **state)
{
	uint8_t data[3] = { 0x5a };
	size_t len = 99;

	(void)state;
	assert_false(base64_decode(slice_of("Zm9v"), data, 2, &len));
	assert_false(base64_decode(slice_of("Zm8="), data, 1, &len));
	assert_false(base64_decode(slice_of("Zg=="), data, 0, &len));
	assert_int_equal(len, 99);
	assert_int_equal(data[0], 0x5a);
	assert_true(base64_decode(slice_of("Zm8="), data, 2, &len));
	assert_int_equal(len, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodes_the_vectors),
		cmocka_unit_test(test_decodes_the_vectors),
		cmocka_unit_test(test_decodes_nothing_to_nothing),
		cmocka_unit_test(test_every_byte_comes_back),
		cmocka_unit_test(
			test_takes_the_characters_of_the_alphabet_only),
		cmocka_unit_test(test_refuses_what_is_not_canonical),
		cmocka_unit_test(test_refuses_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
