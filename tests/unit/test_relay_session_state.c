/* SPDX-License-Identifier: MIT */
/* The table of states is the diagram of ARCHITECTURE.md; each leads on. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "relay/session_state.h"

#define EVERY_STATE(state)                                \
	for (enum session_state state = SESSION_ACCEPTED; \
	     state < SESSION_STATE_COUNT; state++)

/* "head -> dialing lingering dead", a line each. */
static char *print_table(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	EVERY_STATE(from)
	{
		fprintf(out, "%s ->", session_state_name(from));
		EVERY_STATE(to)
		if (session_state_may_follow(from, to))
			fprintf(out, " %s", session_state_name(to));
		fputc('\n', out);
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The lines of the block that begins with "```states". */
static char *read_diagram(FILE *in)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool is_inside = false;
	char line[256];

	assert_non_null(out);
	while (fgets(line, sizeof(line), in)) {
		if (!strcmp(line, "```states\n"))
			is_inside = true;
		else if (!strncmp(line, "```", 3))
			is_inside = false;
		else if (is_inside)
			fputs(line, out);
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_table_is_the_diagram(void **unused)
{
	char *table = print_table();
	FILE *in = fopen(TESTS_SRCDIR "/../ARCHITECTURE.md", "r");

	(void)unused;
	assert_non_null(in);
	char *diagram = read_diagram(in);

	fclose(in);
	fputs(table, stdout);
	assert_string_equal(table, diagram);
	free(table);
	free(diagram);
}

/* Every life ends, and none begins again. */
static void test_states_lead_to_the_end(void **unused)
{
	(void)unused;
	EVERY_STATE(from)
	{
		EVERY_STATE(to)
		if (to <= from)
			assert_false(session_state_may_follow(from, to));
		assert_int_equal(session_state_may_follow(from, SESSION_DEAD),
				 from != SESSION_DEAD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_the_diagram),
		cmocka_unit_test(test_states_lead_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
