/* SPDX-License-Identifier: MIT */
/* The certificates that serve: prepared, taken, read again by themselves. */

#include "daemon/tls_service.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "config/config_errors.h"
#include "daemon/file_watch.h"
#include "net/tls_context.h"
#include "net/tls_file.h"
#include "net/tls_store.h"

/* Bytes of names in a line of the log; what is more is left out. */
#define NAMES_TEXT_MAX 256

/* A certificate that ends so soon is worth a warning. */
#define EXPIRES_SOON_S (uint64_t)(7 * 24 * 3600)

/* A configuration and what was made of its files. */
struct serving {
	struct config *config;
	struct tls_store *store;
};

struct tls_service {
	struct tls_shared *shared;
	struct file_watch *watch;
	struct serving serving;
	struct serving prepared;
	char *complaint; /* the first line of a failure that was logged */
};

static void drop(struct serving *one)
{
	tls_store_free(&one->store);
	config_unref(&one->config);
}

static void join_names(const struct certificate_report *report,
		       char ret_text[NAMES_TEXT_MAX])
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < report->name_count; i++) {
		int len = snprintf(ret_text + used, NAMES_TEXT_MAX - used,
				   "%s%s", i ? " " : "", report->names[i]);

		if (len < 0 || (size_t)len >= NAMES_TEXT_MAX - used) {
			ret_text[used] = '\0';
			return;
		}
		used += (size_t)len;
	}
}

/* What there is to say about its time; null: nothing in particular. */
static const char *warning_of(const struct certificate_report *report)
{
	uint64_t now_s = (uint64_t)time(NULL);

	if (report->not_after_s < now_s)
		return "certificate has expired, it serves on";
	if (report->not_after_s < now_s + EXPIRES_SOON_S)
		return "certificate expires soon";
	return NULL;
}

static void log_certificate(const struct certificate_report *report)
{
	time_t end = (time_t)report->not_after_s;
	const char *warning = warning_of(report);
	char names[NAMES_TEXT_MAX];
	char expires[32] = "";
	struct tm parts;

	join_names(report, names);
	if (gmtime_r(&end, &parts))
		strftime(expires, sizeof(expires), "%Y-%m-%dT%H:%M:%SZ",
			 &parts);

	struct log_field fields[] = {
		log_field_text("listener", slice_of(report->listener)),
		log_field_text("file", slice_of(report->file)),
		log_field_text("names", slice_of(names)),
		log_field_text("expires", slice_of(expires)),
	};

	log_event(LOG_LEVEL_NOTICE, "certificate loaded", fields, 4);
	if (warning)
		log_event(LOG_LEVEL_WARNING, warning, fields, 4);
}

static void log_certificates(const struct tls_store *store)
{
	for (size_t i = 0; i < tls_store_certificate_count(store); i++) {
		struct certificate_report report;

		tls_store_report(store, i, &report);
		log_certificate(&report);
	}
}

/* Said once a configuration, not once a connection. */
static void log_ktls(const struct config *config)
{
	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *one = &config->listeners[i];

		if (!config_listener_has_tls(one) || !one->tls.ktls)
			continue;
		if (tls_context_has_ktls())
			log_printf(LOG_LEVEL_NOTICE,
				   "the kernel encrypts where it can");
		else
			log_printf(LOG_LEVEL_WARNING,
				   "tls.ktls: this kernel or OpenSSL has no "
				   "TLS in the kernel; OpenSSL encrypts");
		return;
	}
}

static int watch_file(struct tls_service *service, const char *name)
{
	char path[PATH_MAX];
	int error = tls_file_path(name, path);

	return error ? error : file_watch_add(service->watch, path);
}

static int watch_listener(struct tls_service *service,
			  const struct config_tls *tls)
{
	int error = 0;

	for (size_t i = 0; i < tls->certificate_count && !error; i++) {
		const struct config_certificate *one = &tls->certificates[i];

		if (one->pem)
			continue;
		error = watch_file(service, one->certificate);
		if (!error)
			error = watch_file(service, one->key);
	}
	if (!error && tls->client_ca)
		error = watch_file(service, tls->client_ca);
	return error;
}

/* Where the files are may have changed with them. */
static void watch_files(struct tls_service *service)
{
	const struct config *config = service->serving.config;
	int error = file_watch_reset(service->watch);

	for (size_t i = 0; i < config->listener_count && !error; i++)
		error = watch_listener(service, &config->listeners[i].tls);
	if (error)
		log_printf(LOG_LEVEL_WARNING,
			   "certificates are read again at a reload only: "
			   "their files cannot be watched: %s",
			   strerror(-error));
}

/* What was said already is not said again, as long as it stays so. */
static void complain(struct tls_service *service,
		     const struct config_errors *errors)
{
	const char *first = errors->count ? errors->lines[0] : "out of memory";

	if (service->complaint && !strcmp(service->complaint, first))
		return;
	free(service->complaint);
	service->complaint = strdup(first);
	for (size_t i = 0; i < errors->count; i++)
		log_printf(LOG_LEVEL_ERROR, "%s", errors->lines[i]);
	log_printf(LOG_LEVEL_ERROR,
		   "certificates refused, the old ones serve on");
}

static void forget_complaint(struct tls_service *service)
{
	free(service->complaint);
	service->complaint = NULL;
}

/* Nothing but the certificates: the configuration is as it was read. */
static void on_files_changed(void *arg)
{
	struct tls_service *service = arg;
	struct config_errors errors = { .count = 0 };
	struct tls_store *fresh = NULL;

	watch_files(service);
	if (tls_store_load(service->serving.config, service->shared,
			   service->serving.store, &errors, &fresh)) {
		complain(service, &errors);
	} else if (tls_store_is_same(fresh, service->serving.store)) {
		forget_complaint(service);
		tls_store_free(&fresh);
	} else {
		forget_complaint(service);
		tls_store_free(&service->serving.store);
		service->serving.store = fresh;
		log_certificates(fresh);
	}
	config_errors_done(&errors);
}

struct tls_service *tls_service_new(struct event_base *base)
{
	struct tls_service *service = calloc(1, sizeof(*service));

	if (!service)
		return NULL;
	service->shared = tls_shared_new();
	service->watch = file_watch_new(base, on_files_changed, service);
	if (!service->shared || !service->watch)
		tls_service_free(&service);
	return service;
}

void tls_service_free(struct tls_service **service)
{
	struct tls_service *gone = *service;

	*service = NULL;
	if (!gone)
		return;
	file_watch_free(&gone->watch);
	drop(&gone->prepared);
	drop(&gone->serving);
	tls_shared_free(&gone->shared);
	forget_complaint(gone);
	free(gone);
}

int tls_service_prepare(struct tls_service *service, struct config *config,
			struct config_errors *errors)
{
	int error = tls_store_load(config, service->shared,
				   service->serving.store, errors,
				   &service->prepared.store);

	if (!error)
		service->prepared.config = config_ref(config);
	return error;
}

void tls_service_commit(struct tls_service *service)
{
	struct serving old = service->serving;
	struct tls_store *store = service->prepared.store;

	service->serving = service->prepared;
	service->prepared = (struct serving){ .config = NULL };
	forget_complaint(service);
	if (!old.store || !tls_store_is_same(old.store, store))
		log_certificates(store);
	log_ktls(service->serving.config);
	drop(&old);
	if (!tls_store_certificate_count(store))
		return;
	watch_files(service);
	/* They may have changed since they were read. */
	file_watch_touch(service->watch);
}

void tls_service_discard(struct tls_service *service)
{
	drop(&service->prepared);
}

struct tls_context *tls_service_context(const struct tls_service *service,
					const struct config_listener *listener)
{
	return tls_store_context(service->serving.store, listener);
}

size_t tls_service_certificate_count(const struct tls_service *service)
{
	return tls_store_certificate_count(service->serving.store);
}

void tls_service_report(const struct tls_service *service, size_t index,
			struct certificate_report *ret_report)
{
	tls_store_report(service->serving.store, index, ret_report);
}
