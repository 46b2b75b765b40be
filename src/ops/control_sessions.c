/* SPDX-License-Identifier: MIT */
/* A session as a JSON object. */

#include "ops/control_sessions.h"

#include "ops/json_text.h"

static json_t *seconds(uint64_t ms)
{
	return json_real((double)ms / 1000);
}

static json_t *count(uint64_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *optional(const char *text)
{
	return text ? json_text(text) : json_null();
}

static int add_traffic(json_t *object, const struct session_info *info)
{
	int bad = 0;

	bad |= json_object_set_new(object, "bytes_up", count(info->bytes_up));
	bad |= json_object_set_new(object, "bytes_down",
				   count(info->bytes_down));
	bad |= json_object_set_new(object, "messages_up",
				   count(info->messages_up));
	bad |= json_object_set_new(object, "messages_down",
				   count(info->messages_down));
	bad |= json_object_set_new(object, "owed_up", count(info->owed_up));
	bad |= json_object_set_new(object, "owed_down", count(info->owed_down));
	bad |= json_object_set_new(object, "rtt_ms",
				   info->rtt_usec ?
					   json_real(info->rtt_usec / 1000.0) :
					   json_null());
	return bad;
}

json_t *control_session_json(const struct session_info *info)
{
	json_t *object = json_object();
	int bad = 0;

	if (!object)
		return NULL;
	bad |= json_object_set_new(object, "id", count(info->id));
	bad |= json_object_set_new(object, "client", json_text(info->client));
	bad |= json_object_set_new(object, "listener",
				   optional(info->listener));
	bad |= json_object_set_new(object, "route", optional(info->route));
	bad |= json_object_set_new(object, "target", optional(info->target));
	bad |= json_object_set_new(object, "state", json_text(info->state));
	bad |= json_object_set_new(object, "cause", optional(info->cause));
	bad |= json_object_set_new(object, "worker", count(info->worker));
	bad |= json_object_set_new(object, "age_seconds",
				   seconds(info->age_ms));
	bad |= json_object_set_new(object, "idle_seconds",
				   seconds(info->idle_ms));
	bad |= add_traffic(object, info);
	if (!bad)
		return object;
	json_decref(object);
	return NULL;
}
