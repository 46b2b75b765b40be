/* SPDX-License-Identifier: MIT */
/* The dump: what it looks like, and that it loads to the same. */

#include "config/config_dump.h"
#include "config_text.h"

static const char sample[] =
	"workers = 3;\n"
	"user = \"root\";\n"
	"group = \"\";\n"
	"log = {\n"
	"  target = \"file:/a \\\"b\\\\c\";\n"
	"  format = \"json\";\n"
	"  level = \"debug\";\n"
	"};\n"
	"admin = {\n"
	"  listen = \"unix:/admin\";\n"
	"  mode = \"0600\";\n"
	"};\n"
	"control = {\n"
	"  socket = \"/tmp/c.sock\";\n"
	"  mode = \"0600\";\n"
	"};\n"
	"limits = {\n"
	"  max_sessions = 5;\n"
	"  max_sessions_per_ip = 6;\n"
	"  handshakes_per_second_per_ip = 7;\n"
	"  request_line = 1000;\n"
	"  headers = \"32K\";\n"
	"  header_count = 64;\n"
	"  message = \"2M\";\n"
	"  buffer = \"1M\";\n"
	"};\n"
	"timeouts = {\n"
	"  handshake = \"1500ms\";\n"
	"  connect = \"2s\";\n"
	"  ping_interval = 0;\n"
	"  ping_timeout = \"90s\";\n"
	"  idle = \"1h\";\n"
	"  close = \"1m\";\n"
	"  send_stall = 0;\n"
	"  drain = \"24h\";\n"
	"  close_spread = \"5s\";\n"
	"};\n"
	"listeners = (\n"
	"  {\n"
	"    name = \"4\";\n"
	"    listen = \"127.0.0.1:80\";\n"
	"  },\n"
	"  {\n"
	"    name = \"6\";\n"
	"    listen = \"[::1]:80\";\n"
	"    v6_only = true;\n"
	"  },\n"
	"  {\n"
	"    name = \"u\";\n"
	"    listen = \"unix:/u\";\n"
	"    mode = \"0007\";\n"
	"  },\n"
	"  {\n"
	"    name = \"unix:@a\";\n"
	"    listen = \"unix:@a\";\n"
	"    tls = {\n"
	"      certificates = (\n"
	"        {\n"
	"          certificate = \"/c\";\n"
	"          key = \"/k\";\n"
	"        },\n"
	"        {\n"
	"          certificate = \"credential:c\";\n"
	"          key = \"credential:k\";\n"
	"        }\n"
	"      );\n"
	"      min_version = \"1.3\";\n"
	"      ciphers = \"A:B\";\n"
	"      ciphersuites = \"C\";\n"
	"      client_ca = \"/ca\";\n"
	"      client_verify = \"optional\";\n"
	"      ktls = true;\n"
	"    };\n"
	"  },\n"
	"  {\n"
	"    name = \"s\";\n"
	"    listen = \"systemd\";\n"
	"    fd_name = \"web\";\n"
	"  }\n"
	");\n"
	"backends = {\n"
	"  b = {\n"
	"    servers = ( \"h:1\", \"unix:/s\" );\n"
	"  };\n"
	"  c-1_* = {\n"
	"    servers = ( \"[::1]:2\" );\n"
	"  };\n"
	"};\n"
	"routes = (\n"
	"  {\n"
	"    name = \"r\xc3\xa4\";\n"
	"    host = \"*.example.org\";\n"
	"    path = \"/{x}/*\";\n"
	"    backend = \"b\";\n"
	"    framing = \"lines\";\n"
	"    line_end = \"crlf\";\n"
	"    message = \"text\";\n"
	"    invalid_utf8 = \"replace\";\n"
	"    compression = \"on\";\n"
	"    deflate = {\n"
	"      level = 9;\n"
	"      min_size = 0;\n"
	"      context_takeover = true;\n"
	"      window_bits = 9;\n"
	"      memory_level = 1;\n"
	"    };\n"
	"    subprotocols = ( \"p\", \"q\" );\n"
	"    origins = ( \"same\", \"https://*.a.b:8443\" );\n"
	"    limits = {\n"
	"      message = 125;\n"
	"      buffer = \"8K\";\n"
	"      max_sessions = 2;\n"
	"    };\n"
	"    timeouts = {\n"
	"      connect = \"1s\";\n"
	"      ping_interval = \"2s\";\n"
	"      ping_timeout = \"3s\";\n"
	"      idle = \"4s\";\n"
	"      close = \"5s\";\n"
	"      send_stall = \"6s\";\n"
	"    };\n"
	"  },\n"
	"  {\n"
	"    name = \"/\";\n"
	"    host = \"*\";\n"
	"    path = \"/\";\n"
	"    backend = \"c-1_*\";\n"
	"    framing = \"stream\";\n"
	"    message = \"binary\";\n"
	"    invalid_utf8 = \"close\";\n"
	"    compression = \"off\";\n"
	"    deflate = {\n"
	"      level = 1;\n"
	"      min_size = 64;\n"
	"      context_takeover = false;\n"
	"      window_bits = 15;\n"
	"      memory_level = 8;\n"
	"    };\n"
	"    subprotocols = ( );\n"
	"    origins = ( \"*\" );\n"
	"    limits = {\n"
	"      message = \"2M\";\n"
	"      buffer = \"1M\";\n"
	"      max_sessions = 0;\n"
	"    };\n"
	"    timeouts = {\n"
	"      connect = \"2s\";\n"
	"      ping_interval = 0;\n"
	"      ping_timeout = \"90s\";\n"
	"      idle = \"1h\";\n"
	"      close = \"1m\";\n"
	"      send_stall = 0;\n"
	"    };\n"
	"  }\n"
	");\n";

/* The sample is written as a dump is: every option, no other form. */
static void test_dump_of_a_dump_is_the_same(void **state)
{
	struct config *config = config_text_parse(sample);
	char *text = config_text_dump(config);

	(void)state;
	assert_string_equal(text, sample);
	free(text);
	config_unref(&config);
}

static void test_defaults_survive(void **state)
{
	struct config *config = config_text_parse(
		TEXT_LISTENER TEXT_BACKEND
		"routes = ( { path = \"/x\"; backend = \"b\"; } );\n");
	char *first = config_text_dump(config);
	struct config *again = config_text_parse(first);
	char *second = config_text_dump(again);

	(void)state;
	assert_string_equal(first, second);
	free(first);
	free(second);
	config_unref(&config);
	config_unref(&again);
}

/* Every option of the table stands in the sample, so in a dump. */
static void test_every_option_is_dumped(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_option_count; i++) {
		const char *path = config_options[i].path;
		const char *dot = strchr(path, '.');
		char name[64];

		snprintf(name, sizeof(name), " %s = ", dot ? dot + 1 : path);
		if (strstr(sample, name))
			continue;
		/* At the beginning of a line without a blank before it. */
		name[0] = '\n';
		if (!strstr(sample, name))
			assert_memory_equal(sample, name + 1, strlen(name) - 1);
	}
}

static void assert_value(const struct config_option *option, void *object,
			 const char *text)
{
	char *got = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&got, &size);

	config_dump_value(option, object, out);
	fclose(out);
	assert_string_equal(got, text);
	free(got);
}

static void test_secrets_are_masked(void **state)
{
	char *secret = strdup("hunter2");
	struct config_option option = {
		.type = CONFIG_OPTION_TEXT,
		.flags = CONFIG_SECRET,
	};

	(void)state;
	assert_value(&option, &secret, "\"********\"");
	option.flags = 0;
	assert_value(&option, &secret, "\"hunter2\"");
	free(secret);
}

static void test_auto(void **state)
{
	uint32_t workers = 0;
	struct config_option option = {
		.type = CONFIG_OPTION_COUNT,
		.flags = CONFIG_AUTO,
	};

	(void)state;
	assert_value(&option, &workers, "\"auto\"");
	workers = 5;
	assert_value(&option, &workers, "5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump_of_a_dump_is_the_same),
		cmocka_unit_test(test_defaults_survive),
		cmocka_unit_test(test_every_option_is_dumped),
		cmocka_unit_test(test_secrets_are_masked),
		cmocka_unit_test(test_auto),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
