/* SPDX-License-Identifier: MIT */
/* wsrelayd: relays WebSocket connections to TCP and Unix sockets. */

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "config/config.h"
#include "config/config_errors.h"
#include "daemon/demo.h"
#include "daemon/log_setup.h"
#include "daemon/options.h"
#include "daemon/privileges.h"
#include "daemon/supervisor.h"
#include "daemon/version.h"
#include "net/tls_store.h"

/*
 * Loads the configuration, and the files it names `with_files`, or says on
 * stderr why it cannot be.
 */
static struct config *load(const char *path, bool with_files)
{
	struct config_errors errors = { .count = 0 };
	struct config *config = NULL;
	int error = config_load(path, &errors, &config);

	if (!error && with_files)
		error = tls_store_check(config, &errors);
	if (error)
		config_unref(&config);
	config_errors_print(&errors, stderr);
	if (error && config_errors_are_empty(&errors))
		fprintf(stderr, "%s: %s\n", path, strerror(-error));
	config_errors_done(&errors);
	return config;
}

static int check(const char *path)
{
	struct config *config = load(path, true);

	if (!config)
		return EX_CONFIG;
	config_unref(&config);
	return puts("configuration ok") < 0 ? EX_IOERR : EXIT_SUCCESS;
}

static int dump(const char *path)
{
	struct config *config = load(path, false);

	if (!config)
		return EX_CONFIG;
	config_dump(config, stdout);
	config_unref(&config);
	return fflush(stdout) ? EX_IOERR : EXIT_SUCCESS;
}

static const char *place_of(const struct config_log *log, const char *path)
{
	return log->place ? log->place : path;
}

static int run(const char *path)
{
	struct supervisor_options options = { .config_path = path };
	int error;
	int code;

	/* They come to a daemon that starts, too; it is not there yet. */
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	privileges_forbid_more();
	options.config = load(path, true);
	if (!options.config)
		return EX_CONFIG;
	error = log_setup_open(&options.config->log);
	if (error) {
		fprintf(stderr, "%s: cannot log to %s: %s\n",
			place_of(&options.config->log, path),
			options.config->log.target, strerror(-error));
		config_unref(&options.config);
		return EX_CONFIG;
	}
	code = supervisor_run(&options);
	config_unref(&options.config);
	log_close();
	return code;
}

/*
 * One that was closed would be the number of the next socket, and who is at its
 * other end would get what is meant for standard error.
 */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	struct options options;

	fill_standard_streams();
	options = options_parse(argc, argv);
	switch (options.action) {
	case OPTIONS_RUN:
		return run(options.config_path);
	case OPTIONS_CHECK:
		return check(options.config_path);
	case OPTIONS_DUMP:
		return dump(options.config_path);
	case OPTIONS_DEMO:
		return demo_run(options.demo_port, options.demo_tls);
	case OPTIONS_VERSION:
		version_print();
		return EXIT_SUCCESS;
	case OPTIONS_HELP:
		options_print_help();
		return EXIT_SUCCESS;
	case OPTIONS_WRONG:
		break;
	}
	return EX_USAGE;
}
