/* SPDX-License-Identifier: MIT */
/*
 * How fast UTF-8 is checked and messages are compressed, in memory, on one
 * core: MB/s of CPU time.  usage: codec [SECONDS a line]
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "base/utf8_replace.h"
#include "ws/deflate.h"
#include "ws/inflate.h"

#define TEXT_SIZE ((size_t)1 << 20)

/* The size of a read: what the daemon checks at once. */
#define PIECE_SIZE ((size_t)16384)

static double seconds = 0.3;

static void *bench_alloc(void *arg, size_t size)
{
	(void)arg;
	return malloc(size);
}

static void bench_free(void *arg, void *memory)
{
	(void)arg;
	free(memory);
}

static const struct ws_allocator allocator = { bench_alloc, bench_free, NULL };

static double cpu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A job does its work once over `len` bytes at `text`; returns bytes made. */
typedef size_t job_fn(void *arg, const uint8_t *text, size_t len);

static void measure(const char *name, job_fn *job, void *arg,
		    const uint8_t *text, size_t len)
{
	size_t bytes = 0, made = job(arg, text, len); /* warms up */
	double begin = cpu_now(), now = begin;

	while (now - begin < seconds) {
		made = job(arg, text, len);
		bytes += len;
		now = cpu_now();
	}
	printf("%-36s %8.0f MB/s", name, (double)bytes / (now - begin) / 1e6);
	if (made > 0)
		printf("  to %3.0f %%", 100 * (double)made / (double)len);
	putchar('\n');
}

static size_t check_validate(void *arg, const uint8_t *text, size_t len)
{
	struct utf8_state state;

	(void)arg;
	utf8_init(&state);
	for (size_t at = 0; at < len; at += PIECE_SIZE) {
		size_t take = len - at < PIECE_SIZE ? len - at : PIECE_SIZE;
		if (utf8_validate(&state, text + at, take) != take)
			abort();
	}
	return 0;
}

static size_t check_split(void *arg, const uint8_t *text, size_t len)
{
	(void)arg;
	for (size_t at = 0; at < len;) {
		size_t take = len - at < PIECE_SIZE ? len - at : PIECE_SIZE;
		size_t whole;
		if (utf8_split(text + at, take, &whole) == UTF8_REST_INVALID)
			abort();
		at += whole;
	}
	return 0;
}

static size_t run_replace(void *arg, const uint8_t *text, size_t len)
{
	struct utf8_replacer state = { .held_len = 0 };
	uint8_t *out = arg;
	size_t made = 0;

	for (size_t at = 0; at < len; at += PIECE_SIZE) {
		size_t take = len - at < PIECE_SIZE ? len - at : PIECE_SIZE;
		made += utf8_replace(&state, text + at, take, at + take == len,
				     out);
	}
	return made == len ? 0 : made;
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Repeats words, chosen at random, up to whole characters. */
static size_t fill_words(uint8_t *text, const char *const *words, size_t count)
{
	uint32_t seed = 1;
	size_t len = 0;

	for (;;) {
		const char *word = words[next_random(&seed) % count];
		size_t size = strlen(word);
		if (len + size > TEXT_SIZE)
			return len;
		memcpy(text + len, word, size);
		len += size;
	}
}

static void bench_text(const char *kind, const char *const *words,
		       size_t count)
{
	uint8_t *out = malloc(utf8_replace_bound(PIECE_SIZE));
	uint8_t *text = malloc(TEXT_SIZE);
	size_t len = fill_words(text, words, count);
	char name[64];

	snprintf(name, sizeof(name), "utf8_validate, %s", kind);
	measure(name, check_validate, NULL, text, len);
	snprintf(name, sizeof(name), "utf8_split, %s", kind);
	measure(name, check_split, NULL, text, len);
	snprintf(name, sizeof(name), "utf8_replace, %s", kind);
	measure(name, run_replace, out, text, len);
	free(out);
	free(text);
}

/* What is never UTF-8, and what is now and then. */
static void bench_bad_text(void)
{
	uint8_t *out = malloc(utf8_replace_bound(PIECE_SIZE));
	uint8_t *text = malloc(TEXT_SIZE);

	memset(text, 0xFF, TEXT_SIZE);
	measure("utf8_replace, FF only", run_replace, out, text, TEXT_SIZE);
	for (size_t i = 0; i < TEXT_SIZE; i++)
		text[i] = i % 100 == 99 ? 0xE4 : 'x';
	measure("utf8_replace, 1 % Latin-1", run_replace, out, text,
		TEXT_SIZE);
	for (size_t i = 0; i < TEXT_SIZE; i++)
		text[i] = i % 2 ? 0xE4 : 'x';
	measure("utf8_replace, 50 % Latin-1", run_replace, out, text,
		TEXT_SIZE);
	free(out);
	free(text);
}

#define BENCH_TEXT(kind, words) \
	bench_text(kind, words, sizeof(words) / sizeof(*(words)))

static void bench_utf8(void)
{
	static const char *const ascii[] = { "Lorem ", "ipsum ",
					     "{\"a\":1}\n" };
	static const char *const german[] = {
		"Vier große Möwen ", "fliegen über ", "die stille See, ",
		"und keiner weiß, wohin. ", "Grüße\n",
	};
	static const char *const russian[] = { "Съешь ", "ещё ", "этих ",
					       "мягких ", "булок.\n" };
	static const char *const chinese[] = { "天地玄黃", "宇宙洪荒",
					       "日月盈昃,", "辰宿列張。" };
	static const char *const mixed[] = { "plain words ", "ä", "прив", "漢字",
					     "😀", "{\"k\":\"v\"}", "é ",
					     "more plain text " };

	BENCH_TEXT("ASCII", ascii);
	BENCH_TEXT("German", german);
	BENCH_TEXT("Russian", russian);
	BENCH_TEXT("Chinese", chinese);
	BENCH_TEXT("mixed", mixed);
	bench_bad_text();
}

/* A compressor and the length of the messages a text is cut into. */
struct squeeze {
	struct ws_deflate *deflate;
	struct ws_inflate *inflate;
	size_t message;
	uint8_t *packed; /* ws_deflate_bound() of a message */
	/* For decompression: what one message became. */
	uint8_t *sample;
	size_t sample_len;
};

static size_t squeeze_run(void *arg, const uint8_t *text, size_t len)
{
	struct squeeze *s = arg;
	size_t made = 0;

	for (size_t at = 0; at + s->message <= len; at += s->message)
		made += ws_deflate_run(s->deflate, text + at, s->message, true,
				       s->packed);
	return made;
}

static size_t unpack_run(void *arg, const uint8_t *text, size_t len)
{
	struct squeeze *s = arg;

	(void)text;
	for (size_t at = 0; at + s->message <= len; at += s->message) {
		const uint8_t *in = s->sample;
		uint8_t *out = s->packed;

		ws_inflate_reset(s->inflate, WS_WINDOW_BITS_MAX);
		if (ws_inflate_run(s->inflate, &in, in + s->sample_len, true,
				   &out, s->packed + s->message + 1) !=
		    WS_INFLATE_DONE)
			abort();
	}
	return 0;
}

/* JSON objects one a line, of about the length of a message. */
static size_t fill_json(uint8_t *text, size_t line)
{
	static const char *const keys[] = {
		"temperature", "humidity", "status", "user",  "message",
		"level",       "host",	   "time",   "value",
	};
	uint32_t seed = 3;
	size_t len = 0;

	while (len + line + 64 < TEXT_SIZE) {
		char *at = (char *)text + len;
		uint32_t r = next_random(&seed);
		int n = sprintf(at, "{\"id\":%u", r >> 8);

		while ((size_t)n + 30 < line) {
			r = next_random(&seed);
			n += sprintf(at + n, r & 1 ? ",\"%s\":%u.%u" :
						     ",\"%s\":\"dev-%x%x\"",
				     keys[(r >> 1) % 9], (r >> 5) % 100,
				     (r >> 12) % 100);
		}
		n += sprintf(at + n, "}\n");
		len += (size_t)n;
	}
	return len;
}

static void bench_message(unsigned level, bool has_takeover, size_t message)
{
	const struct ws_deflate_settings settings = {
		.window_bits = WS_WINDOW_BITS_MAX,
		.level = level,
		.mem_level = 8,
		.has_takeover = has_takeover,
	};
	uint8_t *text = malloc(TEXT_SIZE);
	size_t len = fill_json(text, message);
	struct squeeze s = {
		.deflate = ws_deflate_new(&allocator, &settings),
		.inflate = ws_inflate_new(&allocator, WS_WINDOW_BITS_MAX),
		.message = message,
		.packed = malloc(ws_deflate_bound(message)),
		.sample = malloc(ws_deflate_bound(message)),
	};
	char name[64];

	if (!s.deflate || !s.inflate)
		abort();
	s.sample_len = ws_deflate_run(s.deflate, text, message, true, s.sample);
	snprintf(name, sizeof(name), "deflate, level %u%s, %zu bytes", level,
		 has_takeover ? ", takeover" : "", message);
	measure(name, squeeze_run, &s, text, len);
	if (!has_takeover) {
		snprintf(name, sizeof(name), "inflate, level %u, %zu bytes",
			 level, message);
		measure(name, unpack_run, &s, text, len);
	}
	ws_deflate_free(&s.deflate);
	ws_inflate_free(&s.inflate);
	free(s.packed);
	free(s.sample);
	free(text);
}

static void bench_deflate(void)
{
	static const size_t messages[] = { 100, 200, 300, 1000, 2000, 16384 };

	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		bench_message(1, false, messages[i]);
		bench_message(1, true, messages[i]);
		bench_message(6, false, messages[i]);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seconds = atof(argv[1]);
	bench_utf8();
	bench_deflate();
	return 0;
}
