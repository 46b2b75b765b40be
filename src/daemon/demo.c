/* SPDX-License-Identifier: MIT */
/* wsrelayd --demo: a page, an echo and a clock, with no file needed. */

#include "daemon/demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "config/config.h"
#include "config/config_errors.h"
#include "daemon/demo_backend.h"
#include "daemon/demo_page.h"
#include "daemon/log_setup.h"
#include "daemon/supervisor.h"
#include "net/tls_self_signed.h"

static void print_address(const char *address)
{
	printf("wsrelayd demo: open http://%s/ in a browser, "
	       "end it with Ctrl-C\n",
	       address);
	fflush(stdout);
}

static void print_tls_address(const char *address)
{
	printf("wsrelayd demo: open https://%s/ in a browser, "
	       "end it with Ctrl-C; the browser has to be told to trust its "
	       "certificate\n",
	       address);
	fflush(stdout);
}

static int make_config(uint16_t port, const struct demo_backend_names *names,
		       struct config **ret_config)
{
	struct config_errors errors = { .count = 0 };
	char text[1024];
	int error;

	snprintf(text, sizeof(text),
		 "workers = 1;\n"
		 "control = { socket = \"\"; };\n"
		 "listeners = ({ name = \"demo\";"
		 " listen = \"127.0.0.1:%u\"; });\n"
		 "backends = { echo = { servers = (\"%s\"); };"
		 " clock = { servers = (\"%s\"); }; };\n"
		 "routes = ("
		 "{ name = \"echo\"; path = \"/echo\"; backend = \"echo\";"
		 " message = \"text\"; },\n"
		 "{ name = \"clock\"; path = \"/clock\"; backend = \"clock\";"
		 " message = \"text\"; });\n",
		 port, names->echo, names->clock);
	error = config_parse_text("demo", text, &errors, ret_config);
	config_errors_print(&errors, stderr);
	config_errors_done(&errors);
	return error;
}

/* `pem` null: without TLS. */
static int run(uint16_t port, const struct demo_backend_names *names,
	       const char *pem)
{
	static const struct config_page page_template = {
		.content_type = "text/html; charset=utf-8",
		.policy = DEMO_PAGE_CSP,
	};
	struct config_page page = page_template;
	struct supervisor_options options = {
		.on_ready = pem ? print_tls_address : print_address,
	};
	int code = EX_SOFTWARE;

	page.body = (const char *)demo_page;
	page.body_len = demo_page_len;
	if (make_config(port, names, &options.config))
		return code;
	if (!config_add_page(options.config, "/", &page) &&
	    (!pem || !config_set_certificate(options.config, pem)) &&
	    !log_setup_open(&options.config->log)) {
		code = supervisor_run(&options);
		log_close();
	}
	config_unref(&options.config);
	return code;
}

int demo_run(uint16_t port, bool has_tls)
{
	char *pem = has_tls ? tls_self_signed_new() : NULL;
	struct demo_backend *backend;
	struct demo_backend_names names;
	int error = has_tls && !pem ? -ENOMEM : 0;
	int code;

	if (!error)
		error = demo_backend_start(&backend, &names);
	if (error) {
		log_printf(LOG_LEVEL_ERROR, "cannot start the demo: %s",
			   strerror(-error));
		free(pem);
		return EX_SOFTWARE;
	}
	code = run(port, &names, pem);
	demo_backend_stop(&backend);
	free(pem);
	return code;
}
