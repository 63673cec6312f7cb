/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power switches that a fence agent of ClusterLabs speaks to: what a plug is,
 * and whether the agent could be asked at all. What its options mean only the
 * agent knows; refused is what would change what is done to which plug.
 */
#include <stdio.h>
#include <string.h>

#include "agent.h"

const char *agent_option(const struct agent_settings *agent, const char *key)
{
	for (unsigned i = 0; i < agent->option_count; i++)
		if (agent_keys_are_one(agent->options[i].key, key))
			return agent->options[i].value;
	return NULL;
}

const char *agent_host(const struct agent_settings *agent)
{
	const char *ip = agent_option(agent, "ip");

	return ip != NULL ? ip : agent_option(agent, "ipaddr");
}

/*
 * Nothing may be started whose options could change what is done: the settings
 * were checked for it, and this process does not rely on that.
 */
int agent_check(const struct settings_device *device, const char *plug,
		char *error, size_t error_size)
{
	const struct agent_settings *agent = agent_of(device);
	const char *key = "plug", *why = NULL;

	if (!agent_plug_is_plain(plug))
		why = "it must be one line, with no blank or quote at its ends";
	else if (agent_plug_is_list(agent, plug))
		why = "it is a list of plugs";
	if (why == NULL) {
		key = agent->plug_key;
		why = agent_refuse_plug_key(key);
	}
	if (why == NULL && agent->option_count > AGENT_OPTIONS_MAX)
		why = "there are more options than there is room for";
	for (unsigned i = 0; why == NULL && i < agent->option_count; i++) {
		key = agent->options[i].key;
		why = agent_refuse_option(agent, key);
		if (why == NULL && !agent_text_is_line(agent->options[i].value))
			why = "its value is more than one line";
	}
	if (why == NULL)
		return 0;
	snprintf(error, error_size,
		 "%.40s: nothing is asked of the agent, \"%.32s\" is reserved "
		 "or bad: %s",
		 device->name, key, why);
	return -1;
}

/* Any one-line name; none for an agent that has one plug only. */
static int agent_plug(const struct settings_device *device, const char *text,
		      char plug[SETTINGS_NAME_MAX], char *error,
		      size_t error_size)
{
	if (text == NULL)
		return 0;
	if (agent_plug_is_list(agent_of(device), text)) {
		snprintf(error, error_size,
			 "is a list to the agent, and some switch and read the "
			 "first of it alone (seen: fence_apc_snmp 4.12.1); "
			 "write an entry of its own for each plug, all of one "
			 "level");
		return -1;
	}
	if (text[0] != '\0' && strlen(text) < SETTINGS_NAME_MAX &&
	    agent_plug_is_plain(text)) {
		snprintf(plug, SETTINGS_NAME_MAX, "%s", text);
		return 0;
	}
	snprintf(error, error_size,
		 "must be a number, or a name of 1 to %d characters on one "
		 "line, with no blank or quote at its ends",
		 SETTINGS_NAME_MAX - 1);
	return -1;
}

/* ---- two entries, one plug? ---- */

static bool agent_is_same(const struct settings_device *a, const char *plug_a,
			  const struct settings_device *b, const char *plug_b)
{
	if (strcmp(a->place, b->place) != 0 || strcmp(plug_a, plug_b) != 0 ||
	    agent_of(a)->option_count != agent_of(b)->option_count)
		return false;
	for (unsigned i = 0; i < agent_of(a)->option_count; i++) {
		const char *value =
			agent_option(agent_of(b), agent_of(a)->options[i].key);

		if (value == NULL ||
		    strcmp(value, agent_of(a)->options[i].value) != 0)
			return false;
	}
	return true;
}

/* Who asks, and how, makes no other plug of it; another port or member of a
 * chain may, which is for the reader of the warning to know. */
static bool agent_is_alike(const struct settings_device *a, const char *plug_a,
			   const struct settings_device *b, const char *plug_b)
{
	const char *ip_a = agent_host(agent_of(a));
	const char *ip_b = agent_host(agent_of(b));

	return ip_a != NULL && ip_b != NULL && strcmp(ip_a, ip_b) == 0 &&
	       strcmp(plug_a, plug_b) == 0;
}

/* ---- in a snapshot ---- */

static void agent_look(const struct settings_device *device,
		       const struct device_finder *finder)
{
	const struct agent_settings *agent = agent_of(device);
	char path[256], error[SETTINGS_LINE_MAX / 2];

	if (agent_find(agent->agent, path, sizeof(path), error, sizeof(error)) <
	    0)
		device_find(finder, true, "agent", "%s", error);
	if (agent->password_file[0] != '\0')
		device_look_at_password(finder, agent->password_file, "",
					SETTINGS_PASSWORD_MAX + 1);
}

const struct driver driver_agent = {
	.name = "agent",
	.label = "a fence agent",
	.rows = agent_rows,
	.private_size = sizeof(struct agent_settings),
	.settle = agent_settle,
	.plug = agent_plug,
	.check = agent_check,
	.is_same = agent_is_same,
	.is_alike = agent_is_alike,
	.look = agent_look,
	.interview = agent_interview,
};
