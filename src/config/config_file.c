/* SPDX-License-Identifier: MIT */
/* The one place that knows libconfig: from its tree to options of the draft. */

#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/config_disk.h"
#include "config/config_draft.h"
#include "config/config_source.h"
#include "config/config_unknown.h"

/* libconfig tells its version only to the preprocessor. */
#define LIBCONFIG_QUOTE(number) #number
#define LIBCONFIG_TEXT(number) LIBCONFIG_QUOTE(number)

/* Longer paths of options are cut in errors; no option's is near. */
#define PATH_MAX_BYTES 256

/* Objects of one scope: what is beyond is a mistake of a generator. */
#define OBJECTS_MAX 10000

/* A file being walked. */
struct walk {
	struct config_draft *draft;
	struct config_source source;
	bool is_main; /* only the main file has global options */
};

/* The lists of a file and what they are made of. */
static const struct {
	const char *name;
	enum config_scope scope;
	const char *example;
} config_lists[] = {
	{ "listeners", CONFIG_SCOPE_LISTENER,
	  "listeners = ( { listen = \"127.0.0.1:8080\"; } );" },
	{ "backends", CONFIG_SCOPE_BACKEND,
	  "backends = { NAME = { servers = ( \"127.0.0.1:5900\" ); }; };" },
	{ "routes", CONFIG_SCOPE_ROUTE,
	  "routes = ( { path = \"/vnc\"; backend = \"vnc\"; } );" },
};

#define LISTS (sizeof(config_lists) / sizeof(*config_lists))

static struct config_place config_file_place(const struct walk *walk,
					     const config_setting_t *setting)
{
	return config_source_place(&walk->source,
				   config_setting_source_line(setting));
}

/* "name" or "label.name". */
static void config_file_join(const char *label, const char *name,
			     char ret_path[PATH_MAX_BYTES])
{
	int len = snprintf(ret_path, PATH_MAX_BYTES, "%s%s%s",
			   label ? label : "", label ? "." : "", name);

	if (len < 0)
		ret_path[0] = '\0';
}

static const char *config_file_kind(const config_setting_t *setting)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		return "a group";
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ARRAY:
		return "a list";
	case CONFIG_TYPE_STRING:
		return "text";
	case CONFIG_TYPE_BOOL:
		return "true or false";
	default:
		return "a number";
	}
}

/* A list: of texts, if every element is one.  False: out of memory. */
static bool config_file_read_list(struct walk *walk,
				  const config_setting_t *setting,
				  struct config_value *value)
{
	int count = config_setting_length(setting);
	const char **items = config_arena_alloc(walk->draft->arena,
						(size_t)count, sizeof(*items));

	if (!items) {
		walk->draft->out_of_memory = true;
		return false;
	}
	value->kind = CONFIG_KIND_TEXTS;
	for (int i = 0; i < count; i++) {
		items[i] = config_setting_get_string_elem(setting, i);
		if (!items[i])
			value->kind = CONFIG_KIND_LIST;
	}
	value->texts.items = items;
	value->texts.count = (size_t)count;
	return true;
}

static bool config_file_read_value(struct walk *walk,
				   const config_setting_t *setting,
				   struct config_value *value)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_BOOL:
		value->kind = CONFIG_KIND_BOOL;
		value->boolean = config_setting_get_bool(setting);
		break;
	case CONFIG_TYPE_INT:
		value->kind = CONFIG_KIND_INTEGER;
		value->integer = config_setting_get_int(setting);
		break;
	case CONFIG_TYPE_INT64:
		value->kind = CONFIG_KIND_INTEGER;
		value->integer = config_setting_get_int64(setting);
		break;
	case CONFIG_TYPE_FLOAT:
		value->kind = CONFIG_KIND_FLOAT;
		value->number = config_setting_get_float(setting);
		break;
	case CONFIG_TYPE_STRING:
		value->kind = CONFIG_KIND_TEXT;
		value->text = config_setting_get_string(setting);
		break;
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ARRAY:
		return config_file_read_list(walk, setting, value);
	default:
		value->kind = CONFIG_KIND_GROUP;
		break;
	}
	return true;
}

static void config_file_set(struct walk *walk, struct config_object *object,
			    const struct config_option *option,
			    const config_setting_t *setting)
{
	struct config_value value = { .kind = CONFIG_KIND_GROUP };

	if (config_file_read_value(walk, setting, &value))
		config_draft_set(walk->draft, object, option,
				 config_file_place(walk, setting), &value);
}

static bool config_file_is_list(const char *name)
{
	for (size_t i = 0; i < LISTS; i++) {
		if (strcmp(config_lists[i].name, name) == 0)
			return true;
	}
	return false;
}

static void config_file_walk(struct walk *walk, struct config_object *object,
			     const config_setting_t *setting,
			     const char *group);

static void config_file_add_object(struct walk *walk, enum config_scope scope,
				   const config_setting_t *setting,
				   const char *label);

/* A list within an object; the objects of all of them stand in one array. */
static void config_file_walk_objects(struct walk *walk,
				     struct config_object *object,
				     const struct config_option *option,
				     const config_setting_t *setting)
{
	size_t *all = &walk->draft->lists[option->items].count;
	size_t before = *all;
	void *count = (char *)object->data + option->count_offset;
	char label[PATH_MAX_BYTES];

	if (!config_setting_is_list(setting) ||
	    config_setting_length(setting) == 0) {
		/* Says what is wrong with it. */
		config_file_set(walk, object, option, setting);
		return;
	}
	object->origin->options[config_option_index(option)] =
		config_file_place(walk, setting);
	for (int i = 0; i < config_setting_length(setting); i++) {
		snprintf(label, sizeof(label), "%s.%s[%d]",
			 object->origin->label, option->path, i);
		config_file_add_object(
			walk, option->items,
			config_setting_get_elem(setting, (unsigned)i), label);
	}
	*(size_t *)count = *all - before;
}

static void config_file_walk_group(struct walk *walk,
				   struct config_object *object,
				   const config_setting_t *setting,
				   const char *path)
{
	char full[PATH_MAX_BYTES];

	if (config_setting_is_group(setting)) {
		config_file_walk(walk, object, setting, path);
		config_draft_require(walk->draft, object, path,
				     config_file_place(walk, setting));
		return;
	}
	config_file_join(object->origin->label, path, full);
	config_errors_add(walk->draft->errors, config_file_place(walk, setting),
			  full, "is %s; allowed: a group, %s = { ... };",
			  config_file_kind(setting), path);
}

/* The members of a group: options of `object`, or groups of them. */
static void config_file_walk(struct walk *walk, struct config_object *object,
			     const config_setting_t *setting, const char *group)
{
	int count = config_setting_length(setting);

	for (int i = 0; i < count; i++) {
		config_setting_t *child =
			config_setting_get_elem(setting, (unsigned)i);
		const char *name = config_setting_name(child);
		const struct config_option *option;
		char path[PATH_MAX_BYTES];

		if (object->scope == CONFIG_SCOPE_GLOBAL && !group &&
		    config_file_is_list(name))
			continue;
		config_file_join(group, name, path);
		option = config_option_find(object->scope, path);
		if (option && option->type == CONFIG_OPTION_OBJECTS)
			config_file_walk_objects(walk, object, option, child);
		else if (option)
			config_file_set(walk, object, option, child);
		else if (config_option_is_group(object->scope, path))
			config_file_walk_group(walk, object, child, path);
		else
			config_unknown_report(walk->draft, object,
					      config_file_place(walk, child),
					      group, name);
	}
}

/* A file of conf.d: everything but the lists is out of place there. */
static void config_file_refuse_globals(struct walk *walk,
				       const config_setting_t *root)
{
	int count = config_setting_length(root);

	for (int i = 0; i < count; i++) {
		const config_setting_t *child =
			config_setting_get_elem(root, (unsigned)i);
		const char *name = config_setting_name(child);

		if (!config_file_is_list(name))
			config_unknown_report_extra(
				walk->draft, config_file_place(walk, child),
				name);
	}
}

static void config_file_set_name(struct walk *walk,
				 struct config_backend *backend,
				 const char *name)
{
	backend->name = config_arena_strdup(walk->draft->config->arena, name);
	if (!backend->name)
		walk->draft->out_of_memory = true;
}

static void config_file_add_object(struct walk *walk, enum config_scope scope,
				   const config_setting_t *setting,
				   const char *label)
{
	struct config_place place = config_file_place(walk, setting);
	struct config_object object;

	if (!config_setting_is_group(setting)) {
		config_errors_add(walk->draft->errors, place, label,
				  "is %s; allowed: a group, { ... }",
				  config_file_kind(setting));
		return;
	}
	if (walk->draft->lists[scope].count == OBJECTS_MAX) {
		config_errors_add(walk->draft->errors, place, label,
				  "too many; allowed: %d", OBJECTS_MAX);
		return;
	}
	if (!config_draft_add(walk->draft, scope, place, label, &object))
		return;
	if (scope == CONFIG_SCOPE_BACKEND)
		config_file_set_name(walk, object.data,
				     config_setting_name(setting));
	config_file_walk(walk, &object, setting, NULL);
}

static void config_file_walk_list(struct walk *walk, size_t list,
				  const config_setting_t *root)
{
	const char *name = config_lists[list].name;
	enum config_scope scope = config_lists[list].scope;
	const config_setting_t *setting = config_setting_get_member(root, name);
	bool named = scope == CONFIG_SCOPE_BACKEND;
	char label[PATH_MAX_BYTES];

	if (!setting)
		return;
	if (named ? !config_setting_is_group(setting) :
		    !config_setting_is_list(setting)) {
		config_errors_add(
			walk->draft->errors, config_file_place(walk, setting),
			name, "is %s; allowed: %s, %s",
			config_file_kind(setting),
			named ? "a group of groups" : "a list of groups",
			config_lists[list].example);
		return;
	}
	int count = config_setting_length(setting);

	for (int i = 0; i < count && !walk->draft->out_of_memory; i++) {
		const config_setting_t *child =
			config_setting_get_elem(setting, (unsigned)i);

		if (named)
			config_file_join(name, config_setting_name(child),
					 label);
		else
			snprintf(label, sizeof(label), "%s[%d]", name, i);
		config_file_add_object(walk, scope, child, label);
	}
}

static void config_file_walk_root(struct walk *walk,
				  const config_setting_t *root)
{
	struct config_object global = config_draft_global(walk->draft);

	/* First, since a route begins with the global limits. */
	if (walk->is_main)
		config_file_walk(walk, &global, root, NULL);
	else
		config_file_refuse_globals(walk, root);
	for (size_t i = 0; i < LISTS; i++)
		config_file_walk_list(walk, i, root);
}

/* What the parser says, in words that say what to do. */
static const char *config_file_explain(const char *error)
{
	if (!error || strcmp(error, "syntax error") == 0)
		return "syntax error, here or before; NAME = VALUE; with text "
		       "in \"quotes\", { groups } and ( lists )";
	if (strcmp(error, "duplicate setting name") == 0)
		return "set before in this group; each option once";
	if (strcmp(error, "mismatched element type in array") == 0)
		return "an [ array ] has elements of one type; write a "
		       "( list )";
	return error;
}

/* Returns 0, or -EINVAL when there is no tree to look at. */
static int config_file_parse(struct walk *walk)
{
	config_t tree;
	int error = 0;

	config_init(&tree);
	if (config_read_string(&tree, walk->source.text)) {
		config_file_walk_root(walk, config_root_setting(&tree));
	} else {
		unsigned line = (unsigned)config_error_line(&tree);
		const char *text = config_error_text(&tree);

		config_errors_add(walk->draft->errors,
				  config_source_place(&walk->source, line),
				  NULL, "%s", config_file_explain(text));
		error = -EINVAL;
	}
	config_destroy(&tree);
	return error;
}

static int config_file_read(struct config_draft *draft, const char *path,
			    bool is_main)
{
	struct walk walk = { .draft = draft, .is_main = is_main };
	int error = config_source_read(&walk.source, draft, path);

	if (!error)
		error = config_file_parse(&walk);
	config_source_done(&walk.source);
	return error;
}

static int config_file_read_dir(struct config_draft *draft, const char *path)
{
	struct config_place place = { path, 0 };
	char **paths = NULL;
	size_t count = 0;
	int worst = config_disk_list(path, &paths, &count);

	if (worst && worst != -ENOMEM) {
		config_errors_add(draft->errors, place, "conf.d",
				  "cannot be read: %s", strerror(-worst));
		return -EINVAL;
	}
	for (size_t i = 0; i < count && worst != -ENOMEM; i++) {
		int error = config_file_read(draft, paths[i], false);

		worst = error ? error : worst;
	}
	config_disk_free(paths, count);
	return worst;
}

/*
 * Checks the draft as a whole, unless a file is missing from it: what is in
 * that would only look missing or unknown.
 */
static int config_file_finish(struct config_draft *draft, int error,
			      struct config **ret_config)
{
	if (draft->out_of_memory)
		error = -ENOMEM;
	if (!error)
		error = config_build(draft, ret_config);
	config_draft_done(draft);
	return error;
}

int config_load(const char *path, struct config_errors *errors,
		struct config **ret_config)
{
	struct config_draft draft;
	int error = config_draft_init(&draft, path, errors);

	if (!error)
		error = config_file_read(&draft, path, true);
	if (error != -ENOMEM) {
		int more = config_file_read_dir(&draft, path);

		error = more ? more : error;
	}
	return config_file_finish(&draft, error, ret_config);
}

int config_parse_text(const char *name, const char *text,
		      struct config_errors *errors, struct config **ret_config)
{
	struct config_draft draft;
	struct walk walk = { .draft = &draft, .is_main = true };
	int error = config_draft_init(&draft, name, errors);

	if (!error)
		error = config_source_set(&walk.source, &draft, name, text);
	if (!error)
		error = config_file_parse(&walk);
	config_source_done(&walk.source);
	return config_file_finish(&draft, error, ret_config);
}

const char *config_library_version(void)
{
	return LIBCONFIG_TEXT(LIBCONFIG_VER_MAJOR) "." LIBCONFIG_TEXT(
		LIBCONFIG_VER_MINOR) "." LIBCONFIG_TEXT(LIBCONFIG_VER_REVISION);
}
