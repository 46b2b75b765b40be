/* SPDX-License-Identifier: MIT */
/* From a draft to a configuration: what holds for it as a whole. */

#include "config/config_build.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

/* More threads than this share no work that is left to share. */
#define WORKERS_MAX 256

static uint32_t config_build_count_cpus(void)
{
	cpu_set_t set;

	/* More processors than the set has room for: EINVAL. */
	if (sched_getaffinity(0, sizeof(set), &set))
		return WORKERS_MAX;
	int count = CPU_COUNT(&set);

	if (count < 1)
		return 1;
	return count < WORKERS_MAX ? (uint32_t)count : WORKERS_MAX;
}

static bool config_build_is_target(const char *target)
{
	static const char *const words[] = { "auto", "stderr", "journal",
					     "syslog" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(target, words[i]) == 0)
			return true;
	return strncmp(target, "file:/", strlen("file:/")) == 0;
}

static void config_build_global(struct config_draft *draft)
{
	struct config_object global = config_draft_global(draft);
	const char *target = draft->config->log.target;

	if (draft->config->workers == 0)
		draft->config->workers = config_build_count_cpus();
	if (!config_build_is_target(target))
		config_draft_error(draft, &global, "log.target",
				   "\"%s\" is not known; allowed: \"auto\", "
				   "\"stderr\", \"journal\", \"syslog\" or "
				   "\"file:/path\"",
				   target);
	draft->config->log.place = config_draft_place_text(draft, "log.target");
}

static void config_build_require(struct config_draft *draft,
				 const struct config_object *object)
{
	char allowed[CONFIG_ALLOWED_MAX];

	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];

		if (option->scope != object->scope ||
		    !(option->flags & CONFIG_REQUIRED) ||
		    object->origin->options[i].file)
			continue;
		config_option_print_allowed(option, allowed);
		config_draft_error(draft, object, option->path,
				   "is missing; allowed: %s", allowed);
	}
}

static void config_build_require_all(struct config_draft *draft)
{
	static const enum config_scope scopes[] = {
		CONFIG_SCOPE_LISTENER,
		CONFIG_SCOPE_BACKEND,
		CONFIG_SCOPE_ROUTE,
		CONFIG_SCOPE_CERTIFICATE,
	};

	for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++) {
		for (size_t j = 0; j < draft->lists[scopes[i]].count; j++) {
			struct config_object object =
				config_draft_object(draft, scopes[i], j);

			config_build_require(draft, &object);
		}
	}
}

int config_build(struct config_draft *draft, struct config **ret_config)
{
	if (draft->out_of_memory)
		return -ENOMEM;
	struct config_object global = config_draft_global(draft);

	config_build_global(draft);
	config_build_identity(draft);
	config_build_require_all(draft);
	config_build_control(draft);
	config_build_tls(draft);
	config_build_listeners(draft);
	config_build_admin(draft);
	config_build_backends(draft);
	config_build_routes(draft);
	if (draft->config->listener_count == 0)
		config_draft_error(draft, &global, "listeners",
				   "is missing or empty; at least one: "
				   "listeners = ( { listen = "
				   "\"127.0.0.1:8080\"; } );");
	if (draft->out_of_memory)
		return -ENOMEM;
	if (!config_errors_are_empty(draft->errors))
		return -EINVAL;
	*ret_config = draft->config;
	draft->config = NULL;
	return 0;
}
