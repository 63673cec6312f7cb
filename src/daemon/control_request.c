/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an operator asks, from JSON to one plain structure. Decides whether the
 * request is one that this version knows and whom it is about; whether it may
 * be carried out is for the core (R13). Unknown members are refused: a request
 * that was meant to be restricted must not be carried out unrestricted.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../ipc/control_msg.h"
#include "control_request.h"
#include "../base/code.h"
#include "../base/log.h"

/* jansson recurses: a request is one object and nothing in it is nested. */
#define BRACKETS_MAX 4
#define DRILL_WAIT_S 600

struct asked {
	json_t *object;
	const struct settings *settings;
	char *error;
	size_t error_size;
};

static int __attribute__((format(printf, 2, 3)))
refuse(const struct asked *asked, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(asked->error, asked->error_size, format, list);
	va_end(list);
	/* it may quote the request */
	log_clean(asked->error);
	return -1;
}

static const char *get_string(const struct asked *asked, const char *key)
{
	return json_string_value(json_object_get(asked->object, key));
}

/* Only these members, besides "command". */
static int check_members(const struct asked *asked, const char *const *known)
{
	const json_t *value;
	const char *key;

	json_object_foreach(asked->object, key, value)
	{
		unsigned i = 0;

		if (strcmp(key, "command") == 0)
			continue;
		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return refuse(asked,
				      "the request has a member \"%.40s\" that "
				      "is not known here",
				      key);
	}
	return 0;
}

static int find_node(const struct asked *asked, struct control_request *request)
{
	const char *name = get_string(asked, "node");
	int node;

	if (!name)
		return refuse(asked, "the request names no node");
	node = settings_find_node(asked->settings, name);
	if (node < 0)
		return refuse(asked,
			      "there is no node \"%.40s\" in this pair, only "
			      "\"%s\" and \"%s\"",
			      name, asked->settings->nodes[0].name,
			      asked->settings->nodes[1].name);
	request->node = (unsigned)node;
	return 0;
}

static int find_device(const struct asked *asked,
		       struct control_request *request)
{
	const json_t *value = json_object_get(asked->object, "device");
	const char *name = json_string_value(value);
	char error[300];

	if (!value)
		return 0;
	if (!name)
		return refuse(asked, "\"device\" has to be a name");
	request->device = settings_find_feeder(asked->settings, request->node,
					       name, error, sizeof(error));
	return request->device < 0 ? refuse(asked, "%s", error) : 0;
}

static int parse_fence(const struct asked *asked,
		       struct control_request *request)
{
	static const char *const known[] = {"node", "action", "device", NULL};
	static const struct {
		const char *name;
		enum core_command command;
	} actions[] = {{"off", COMMAND_FENCE_OFF},
		       {"on", COMMAND_FENCE_ON},
		       {"reboot", COMMAND_FENCE_REBOOT},
		       {"status", COMMAND_FENCE_STATUS}};
	const char *action = get_string(asked, "action");

	if (check_members(asked, known) < 0 || find_node(asked, request) < 0 ||
	    find_device(asked, request) < 0)
		return -1;
	if (asked->settings->nodes[request->node].plug_count == 0)
		return refuse(asked,
			      "%s has no plug: no fence level is configured",
			      asked->settings->nodes[request->node].name);
	for (unsigned i = 0; action && i < 4; i++)
		if (strcmp(actions[i].name, action) == 0) {
			request->command = actions[i].command;
			return 0;
		}
	return refuse(asked, "\"action\" has to be off, on, reboot or status");
}

static int parse_drill(const struct asked *asked,
		       struct control_request *request)
{
	static const char *const known[] = {"node", "wait_s", NULL};
	const json_t *wait = json_object_get(asked->object, "wait_s");
	json_int_t wait_s = wait ? json_integer_value(wait) : DRILL_WAIT_S;

	request->command = COMMAND_FENCE_REBOOT;
	request->is_drill = true;
	if (check_members(asked, known) < 0 || find_node(asked, request) < 0)
		return -1;
	if (wait_s < 1 || wait_s > 3600)
		return refuse(asked, "\"wait_s\" has to be 1 to 3600 seconds");
	request->wait_ms = (uint32_t)wait_s * 1000;
	return 0;
}

static int get_force(const struct asked *asked, struct control_request *request)
{
	const json_t *force = json_object_get(asked->object, "force");

	if (force && !json_is_boolean(force))
		return refuse(asked, "\"force\" has to be true or false");
	request->force = json_is_true(force);
	return 0;
}

static int parse_reload(const struct asked *asked,
			struct control_request *request)
{
	static const char *const known[] = {"force", NULL};

	request->is_reload = true;
	return check_members(asked, known) < 0 ? -1 : get_force(asked, request);
}

static int parse_confirm(const struct asked *asked,
			 struct control_request *request)
{
	static const char *const known[] = {"node", "force", NULL};

	request->command = COMMAND_CONFIRM;
	if (check_members(asked, known) < 0 || find_node(asked, request) < 0)
		return -1;
	return get_force(asked, request);
}

static int parse_maintenance(const struct asked *asked,
			     struct control_request *request)
{
	static const char *const known[] = {"on", NULL};
	const json_t *on = json_object_get(asked->object, "on");

	if (check_members(asked, known) < 0)
		return -1;
	if (!json_is_boolean(on))
		return refuse(asked, "\"on\" has to be true or false");
	request->command = json_is_true(on) ? COMMAND_MAINTENANCE_ON
					    : COMMAND_MAINTENANCE_OFF;
	return 0;
}

static int parse_handover(const struct asked *asked,
			  struct control_request *request)
{
	static const char *const known[] = {"node", NULL};

	request->command = COMMAND_HANDOVER;
	if (check_members(asked, known) < 0)
		return -1;
	request->is_to = json_object_get(asked->object, "node") != NULL;
	return request->is_to ? find_node(asked, request) : 0;
}

static int parse_answer(const struct asked *asked,
			struct control_request *request)
{
	static const char *const known[] = {"code", "answer", NULL};
	json_int_t answer =
		json_integer_value(json_object_get(asked->object, "answer"));
	const char *code = get_string(asked, "code");

	request->command = COMMAND_ANSWER;
	if (check_members(asked, known) < 0)
		return -1;
	if (!code || !code_is_one(code))
		return refuse(asked, "\"code\" has to be one of eight letters "
				     "and digits");
	if (answer < 1 || answer > 3)
		return refuse(asked, "\"answer\" has to be 1, 2 or 3");
	memcpy(request->code, code, sizeof(request->code));
	request->answer = (unsigned)answer;
	return 0;
}

static int parse_object(const struct asked *asked,
			struct control_request *request)
{
	static const char *const none[] = {NULL};
	const char *command = get_string(asked, "command");

	if (!command)
		return refuse(asked, "the request has no \"command\"");
	if (strcmp(command, "fence") == 0)
		return parse_fence(asked, request);
	if (strcmp(command, "drill") == 0)
		return parse_drill(asked, request);
	if (strcmp(command, "confirm") == 0)
		return parse_confirm(asked, request);
	if (strcmp(command, "reload") == 0)
		return parse_reload(asked, request);
	if (strcmp(command, "maintenance") == 0)
		return parse_maintenance(asked, request);
	if (strcmp(command, "handover") == 0)
		return parse_handover(asked, request);
	if (strcmp(command, "answer") == 0)
		return parse_answer(asked, request);
	if (check_members(asked, none) < 0)
		return -1;
	if (strcmp(command, "status") == 0)
		request->is_status = true;
	else if (strcmp(command, "push") == 0)
		request->is_push = true;
	else if (strcmp(command, "standby") == 0)
		request->command = COMMAND_STANDBY;
	else if (strcmp(command, "online") == 0)
		request->command = COMMAND_ONLINE;
	else
		return refuse(asked,
			      "command \"%.40s\" is not known here; are both "
			      "programs of the same version?",
			      command);
	return 0;
}

int control_request_parse(const char *line, size_t size,
			  const struct settings *settings,
			  struct control_request *request, char *error,
			  size_t error_size)
{
	struct asked asked = {NULL, settings, error, error_size};
	unsigned brackets = 0;
	json_t *object;
	int result;

	memset(request, 0, sizeof(*request));
	request->device = -1;
	for (size_t i = 0; i < size; i++)
		brackets += line[i] == '{' || line[i] == '[';
	if (size > CONTROL_REQUEST_MAX || brackets > BRACKETS_MAX)
		return refuse(&asked, "the request is too long or too deep");
	object = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return refuse(&asked, "the request is no JSON object");
	}
	asked.object = object;
	result = parse_object(&asked, request);
	json_decref(object);
	return result;
}
