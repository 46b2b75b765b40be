/* SPDX-License-Identifier: MIT */
/* Out of memory at every allocation of dialling a name: told, none is left. */

#include "loop_fixture.h"

#include "net/dial.h"
#include "net/resolve.h"

/* The linker puts this in front of the C library's (--wrap). */
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

static long left = -1; /* allocations until one fails; -1: none does */

static bool fails(void)
{
	return left >= 0 && left-- == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

/* Libevent's own, which the linker does not see. */
static void *event_malloc(size_t size)
{
	return fails() ? NULL : malloc(size);
}

static void *event_realloc(void *memory, size_t size)
{
	return fails() ? NULL : realloc(memory, size);
}

struct fixture {
	struct loop loop;
	struct resolver *resolver;
	struct dial_context context;
	struct config_server server;
	struct config_backend backend;
	struct dial *dial;
	struct dial_result result;
	bool is_done;
};

static void on_dialed(void *arg, const struct dial_result *result)
{
	struct fixture *f = arg;

	f->result = *result;
	f->is_done = true;
}

static void dial(struct fixture *f)
{
	const struct dial_options options = { .context = &f->context,
					      .backend = &f->backend,
					      .timeout_ms = 10000,
					      .callback = on_dialed,
					      .arg = f };

	f->is_done = false;
	if (dial_start(&options, &f->dial, &f->result) == DIAL_WAITS)
		LOOP_UNTIL(&f->loop, f->is_done);
	if (f->result.fd >= 0)
		close(f->result.fd);
}

/* Everything but the loop is made while allocations may fail. */
static int try(struct fixture *f)
{
	int error = resolver_new(&f->resolver);

	if (error)
		return error;
	error = resolve_client_new(f->resolver, f->loop.base,
				   &f->context.resolver);
	if (!error) {
		dial(f);
		error = f->result.error;
		resolve_client_free(&f->context.resolver);
	}
	resolver_free(&f->resolver);
	return error;
}

static void test_every_allocation(void **unused)
{
	char text[ADDRESS_TEXT_MAX];
	int listener = loop_listen("127.0.0.1:0", 64, text);
	char name[64];
	int error = -ENOMEM;
	long n = 0;

	(void)unused;
	snprintf(name, sizeof(name), "localhost%s", strchr(text, ':'));
	for (; error; n++) {
		struct fixture f = { .backend = { .server_count = 1 } };

		f.backend.servers = &f.server;
		assert_int_equal(
			address_parse(slice_of(name), &f.server.address), 0);
		loop_begin(&f.loop);
		f.context.base = f.loop.base;
		left = n;
		error = try(&f);
		left = -1;
		assert_true(error == 0 || error == -ENOMEM);
		loop_end(&f.loop);
	}
	/* Resolver, client, dial, query and look-up at least. */
	assert_true(n > 5);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation),
	};

	event_set_mem_functions(event_malloc, event_realloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
