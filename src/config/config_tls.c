/* SPDX-License-Identifier: MIT */
/* Checks how listeners speak TLS, as far as that needs no file. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/config_build.h"

/* How a credential of systemd is named instead of a path. */
#define CREDENTIAL "credential:"

static const struct config_place *
config_tls_place(const struct config_object *object, const char *path)
{
	const struct config_option *option =
		config_option_find(object->scope, path);

	return &object->origin->options[config_option_index(option)];
}

/* What the draft knows of a place, for as long as the configuration lives. */
static struct config_place config_tls_keep(struct config_draft *draft,
					   const struct config_object *object,
					   const char *path)
{
	struct config_place place = *config_tls_place(object, path);

	if (!place.file)
		place = object->origin->self;
	place.file = config_arena_strdup(draft->config->arena, place.file);
	if (!place.file)
		draft->out_of_memory = true;
	return place;
}

static bool config_tls_is_file(const char *text)
{
	size_t len = strlen(CREDENTIAL);

	if (strncmp(text, CREDENTIAL, len) != 0)
		return text[0] == '/';
	text += len;
	return *text && !strchr(text, '/') && strcmp(text, ".") != 0 &&
	       strcmp(text, "..") != 0;
}

static void config_tls_check_file(struct config_draft *draft,
				  const struct config_object *object,
				  const char *path, const char *text)
{
	if (text && !config_tls_is_file(text))
		config_draft_error(draft, object, path,
				   "\"%s\" is no file; allowed: an absolute "
				   "path, or \"credential:NAME\"",
				   text);
}

static void config_tls_build_certificate(struct config_draft *draft,
					 size_t index)
{
	struct config_object object =
		config_draft_object(draft, CONFIG_SCOPE_CERTIFICATE, index);
	struct config_certificate *one = object.data;

	config_tls_check_file(draft, &object, "certificate", one->certificate);
	config_tls_check_file(draft, &object, "key", one->key);
	one->label = config_arena_strdup(draft->config->arena,
					 object.origin->label);
	if (!one->label)
		draft->out_of_memory = true;
	one->certificate_place = config_tls_keep(draft, &object, "certificate");
	one->key_place = config_tls_place(&object, "key")->file ?
				 config_tls_keep(draft, &object, "key") :
				 one->certificate_place;
	if (!one->key)
		one->key = one->certificate;
}

/* One without the other is a door that looks locked. */
static void config_tls_check_clients(struct config_draft *draft,
				     const struct config_object *object,
				     const struct config_tls *tls)
{
	config_tls_check_file(draft, object, "tls.client_ca", tls->client_ca);
	if (tls->client_ca &&
	    !config_tls_place(object, "tls.client_verify")->file)
		config_draft_error(draft, object, "tls.client_ca",
				   "does nothing without tls.client_verify; "
				   "allowed: \"none\", \"optional\" or "
				   "\"require\"");
	if (!tls->client_ca && tls->client_verify != CONFIG_CLIENT_VERIFY_NONE)
		config_draft_error(draft, object, "tls.client_verify",
				   "needs tls.client_ca, the authorities whose "
				   "certificates are valid");
}

static void config_tls_build_listener(struct config_draft *draft, size_t index)
{
	struct config_object object =
		config_draft_object(draft, CONFIG_SCOPE_LISTENER, index);
	struct config_listener *listener = object.data;
	struct config_tls *tls = &listener->tls;
	char label[CONFIG_ERROR_TEXT_MAX];

	config_tls_check_clients(draft, &object, tls);
	snprintf(label, sizeof(label), "%s.tls", object.origin->label);
	tls->label = config_arena_strdup(draft->config->arena, label);
	if (!tls->label)
		draft->out_of_memory = true;
	tls->ciphers_place = config_tls_keep(draft, &object, "tls.ciphers");
	tls->ciphersuites_place =
		config_tls_keep(draft, &object, "tls.ciphersuites");
	tls->client_ca_place = config_tls_keep(draft, &object, "tls.client_ca");
}

void config_build_tls(struct config_draft *draft)
{
	struct config *config = draft->config;
	struct config_certificate *next = config->certificates;

	for (size_t i = 0; i < config->certificate_count; i++)
		config_tls_build_certificate(draft, i);
	for (size_t i = 0; i < config->listener_count; i++) {
		struct config_listener *listener = &config->listeners[i];

		if (!config_listener_has_tls(listener))
			continue;
		listener->tls.certificates = next;
		next += listener->tls.certificate_count;
		config_tls_build_listener(draft, i);
	}
}

int config_set_certificate(struct config *config, const char *pem)
{
	static const struct config_place nowhere = { "--demo", 0 };
	struct config_listener *listener = &config->listeners[0];
	struct config_certificate *one =
		config_arena_alloc(config->arena, 1, sizeof(*one));
	char *label = config_arena_strdup(config->arena, "tls");

	if (!one || !label)
		return -ENOMEM;
	*one = (struct config_certificate){
		.certificate = label,
		.key = label,
		.label = label,
		.certificate_place = nowhere,
		.key_place = nowhere,
		.pem = pem,
	};
	listener->tls.certificates = one;
	listener->tls.certificate_count = 1;
	listener->tls.label = label;
	listener->tls.ciphers_place = nowhere;
	listener->tls.ciphersuites_place = nowhere;
	listener->tls.client_ca_place = nowhere;
	return 0;
}
