/* SPDX-License-Identifier: MIT */
/* A main() for fuzz targets: runs the target over files instead of fuzzing. */

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Inputs above this size are no corpus files. */
#define INPUT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void die(const char *what, const char *path)
{
	fprintf(stderr, "%s: %s: %s\n", path, what, strerror(errno));
	exit(99); /* a hard error to automake's test driver */
}

/*
 * The file's bytes go into memory of exactly their size, so that valgrind and
 * the address sanitizer see a read behind them.
 */
static void replay_file(const char *path)
{
	static uint8_t input[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	if (!file)
		die("cannot open", path);
	size_t size = fread(input, 1, sizeof(input), file);
	if (ferror(file))
		die("cannot read", path);
	fclose(file);

	uint8_t *exact = malloc(size ? size : 1);
	if (!exact)
		die("no memory", path);
	memcpy(exact, input, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static unsigned replay_dir(const char *dir_path)
{
	DIR *dir = opendir(dir_path);
	if (!dir)
		die("cannot open", dir_path);
	unsigned count = 0;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		char *path = NULL;
		if (asprintf(&path, "%s/%s", dir_path, entry->d_name) < 0)
			die("no memory", dir_path);
		replay_file(path);
		free(path);
		count++;
	}
	closedir(dir);
	return count;
}

/* Without arguments: the corpus named after the program, fuzz_NAME. */
static unsigned replay_own_corpus(const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	char *path = NULL;
	if (asprintf(&path, "%s/fuzz/corpus/%s", TESTS_SRCDIR, name) < 0)
		die("no memory", name);
	unsigned count = replay_dir(path);
	free(path);
	return count;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	for (int i = 1; i < argc; i++, count++)
		replay_file(argv[i]);
	if (argc == 1)
		count = replay_own_corpus(argv[0]);
	printf("%u inputs\n", count);
	return count > 0 ? 0 : 1; /* a replay of nothing proves nothing */
}
