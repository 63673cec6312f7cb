/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the settings of devices that a ClusterLabs fence agent speaks to. What
 * its options mean only the agent knows; judged here is what would change what
 * is done to which plug, and what cannot be passed on: one line each.
 */
#include <stdlib.h>
#include <strings.h>

#include "internal.h"

/* ---- options = { } ---- */

/* False, and nothing copied, if it is too long. */
static bool copy_text(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	if (length >= size)
		return false;
	memcpy(to, from, length + 1);
	return true;
}

/* What the agent gets after the =; false: nothing that could stand there. */
static bool format_value(const config_setting_t *setting, char *text,
			 size_t size)
{
	int n = -1;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		n = snprintf(text, size, "%s",
			     config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_INT:
		n = snprintf(text, size, "%d", config_setting_get_int(setting));
		break;
	case CONFIG_TYPE_INT64:
		n = snprintf(text, size, "%lld",
			     config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_BOOL:
		n = snprintf(text, size, "%d",
			     config_setting_get_bool(setting) != 0);
		break;
	default:
		return false;
	}
	return n >= 0;
}

static void read_option(struct reader *reader, const config_setting_t *options,
			const config_setting_t *setting,
			struct settings_agent *agent)
{
	const char *key = config_setting_name(setting);
	const char *why = settings_agent_refuse_option(agent, key);
	char value[1024];

	if (why != NULL) {
		reader_error(reader, options, key, "must not be set here: %s",
			     why);
		return;
	}
	if (!format_value(setting, value, sizeof(value))) {
		reader_error(reader, options, key,
			     "is %s, but must be a string, a number or true "
			     "or false",
			     reader_type_name(setting));
		return;
	}
	if (!settings_agent_text_is_line(value)) {
		reader_error(reader, options, key,
			     "has a line break or control character, which "
			     "would be another option to the agent");
		return;
	}
	if (agent->option_count == OPTIONS_MAX ||
	    !copy_text(agent->options[agent->option_count].key,
		       sizeof(agent->options[0].key), key) ||
	    !copy_text(agent->options[agent->option_count].value,
		       sizeof(agent->options[0].value), value)) {
		reader_error(reader, options, key,
			     "at most %d options, names of %zu and values of "
			     "%zu characters",
			     OPTIONS_MAX, sizeof(agent->options[0].key) - 1,
			     sizeof(agent->options[0].value) - 1);
		return;
	}
	agent->option_count++;
}

/* ---- the device ---- */

const char *settings_agent_option(const struct settings_agent *agent,
				  const char *key)
{
	for (unsigned i = 0; i < agent->option_count; i++)
		if (settings_agent_keys_are_one(agent->options[i].key, key))
			return agent->options[i].value;
	return NULL;
}

const char *settings_agent_host(const struct settings_agent *agent)
{
	const char *ip = settings_agent_option(agent, "ip");

	return ip != NULL ? ip : settings_agent_option(agent, "ipaddr");
}

/* Where it is, for people and for the warning about a shared network. */
static void fill_place(struct settings_device *device)
{
	const struct settings_agent *agent = &device->agent;
	const char *base = strrchr(agent->agent, '/');
	const char *ip = settings_agent_host(agent);
	struct ip address;

	if (ip != NULL && ip_parse(ip, &address))
		snprintf(device->host, sizeof(device->host), "%.63s", ip);
	snprintf(device->place, sizeof(device->place), "%.40s%s%.36s",
		 base != NULL ? base + 1 : agent->agent, ip != NULL ? " " : "",
		 ip != NULL ? ip : "");
}

static void check_agent(struct reader *reader, const config_setting_t *group,
			const struct settings_agent *agent)
{
	const char *base = strrchr(agent->agent, '/'), *why;

	if (!reader_has(group, "agent") ||
	    !reader_is_good(reader, group, "agent"))
		return;
	base = base != NULL ? base + 1 : agent->agent;
	if (strncmp(base, "fence_", 6) != 0 ||
	    (base != agent->agent && agent->agent[0] != '/') ||
	    !settings_agent_text_is_line(agent->agent))
		reader_error(reader, group, "agent",
			     "\"%.40s\" is no fence agent: a name like "
			     "\"fence_apc_snmp\" (in /usr/sbin), or the "
			     "absolute path of a file that is called fence_*",
			     agent->agent);
	why = settings_agent_refuse(base);
	if (why != NULL)
		reader_error(reader, group, "agent",
			     "%s is refused: %s; name an agent that switches "
			     "power and can read it back",
			     base, why);
	if (strcmp(base, "fence_dummy") == 0)
		reader_warn(reader, group, "agent",
			    "fence_dummy is for tests: it cuts nothing and "
			    "reads off when its file is missing, so both nodes "
			    "can own the addresses");
}

/* Else a plug's name would be read as something that it is not. */
static void check_plug_key(struct reader *reader, const config_setting_t *group,
			   const struct settings_agent *agent)
{
	const char *why = settings_agent_refuse_plug_key(agent->plug_key);

	if (why != NULL && reader_is_good(reader, group, "plug_key"))
		reader_error(reader, group, "plug_key",
			     "\"%s\" is no name of a plug: %s; set what the "
			     "agent's manual page calls a plug, mostly "
			     "\"plug\" or \"port\"",
			     agent->plug_key, why);
}

/* Seen with fence_apc_snmp and those that share its way of asking: over 2c an
 * outlet that does not exist reads off. */
static void check_snmp(struct reader *reader, const config_setting_t *group,
		       const struct settings_agent *agent)
{
	const char *version = settings_agent_option(agent, "snmp_version");

	if (version != NULL && strcasecmp(version, "2c") == 0)
		reader_warn(reader, group, "options",
			    "snmp_version 2c: the community travels in clear, "
			    "and an outlet that does not exist reads off with "
			    "some agents; set 3, or 1 where the device has no "
			    "3");
}

static void agent_complete(struct reader *reader, const config_setting_t *group,
			   struct settings_device *device)
{
	const config_setting_t *options =
		reader_member(reader, group, "options");

	check_agent(reader, group, &device->agent);
	check_plug_key(reader, group, &device->agent);
	for (unsigned i = 0; i < reader_length(options); i++)
		read_option(reader, options,
			    config_setting_get_elem(options, i),
			    &device->agent);
	check_snmp(reader, group, &device->agent);
	fill_place(device);
	/* The state may take two runs (off is asked about twice), a command
	 * one. */
	device->answer_ms = 2 * device->agent.agent_ms;
	device->command_ms = device->agent.agent_ms;
}

/* Any one-line name; none for an agent that has one plug only. */
static void agent_read_plug(struct reader *reader,
			    const config_setting_t *group,
			    const struct settings_device *device,
			    const config_setting_t *setting,
			    struct settings_plug *plug)
{
	char text[1024];

	(void)device;
	if (setting == NULL)
		return;
	if ((config_setting_type(setting) != CONFIG_TYPE_STRING &&
	     config_setting_is_number(setting) == CONFIG_FALSE) ||
	    !format_value(setting, text, sizeof(text)) || text[0] == '\0' ||
	    !settings_agent_plug_is_plain(text) ||
	    !copy_text(plug->plug, sizeof(plug->plug), text))
		reader_error(reader, group, "plug",
			     "must be a number, or a name of 1 to %zu "
			     "characters on one line, with no blank or quote "
			     "at its ends",
			     sizeof(plug->plug) - 1);
}

/* ---- two entries, one plug? ---- */

static size_t first_plug(const char *list, const char *separator)
{
	const char *end = strstr(list, separator);

	return end != NULL ? (size_t)(end - list) : strlen(list);
}

static bool list_has(const char *list, const char *plug, size_t size,
		     const char *separator)
{
	for (;; list += strlen(separator)) {
		size_t length = first_plug(list, separator);

		if (length == size && strncmp(list, plug, size) == 0)
			return true;
		list += length;
		if (*list == '\0')
			return false;
	}
}

/* Agents take several plugs at once, "1,3": do two such lists share one? */
static bool plugs_overlap(const char *a, const char *b, const char *separator)
{
	if (separator[0] == '\0')
		return strcmp(a, b) == 0;
	for (;; a += strlen(separator)) {
		size_t size = first_plug(a, separator);

		if (list_has(b, a, size, separator))
			return true;
		a += size;
		if (*a == '\0')
			return false;
	}
}

static const char *separator_of(const struct settings_device *device)
{
	const char *text =
		settings_agent_option(&device->agent, "plug_separator");

	return text != NULL ? text : ",";
}

static bool agent_is_same(const struct settings_device *a, const char *plug_a,
			  const struct settings_device *b, const char *plug_b)
{
	if (strcmp(a->place, b->place) != 0 ||
	    !plugs_overlap(plug_a, plug_b, separator_of(a)) ||
	    a->agent.option_count != b->agent.option_count)
		return false;
	for (unsigned i = 0; i < a->agent.option_count; i++) {
		const char *value = settings_agent_option(
			&b->agent, a->agent.options[i].key);

		if (value == NULL ||
		    strcmp(value, a->agent.options[i].value) != 0)
			return false;
	}
	return true;
}

/* Who asks, and how, makes no other plug of it; another port or member of a
 * chain may, which is for the reader of the warning to know. */
static bool agent_is_alike(const struct settings_device *a, const char *plug_a,
			   const struct settings_device *b, const char *plug_b)
{
	const char *ip_a = settings_agent_host(&a->agent);
	const char *ip_b = settings_agent_host(&b->agent);

	return ip_a != NULL && ip_b != NULL && strcmp(ip_a, ip_b) == 0 &&
	       plugs_overlap(plug_a, plug_b, separator_of(a));
}

const struct device_reader device_reader_agent = {
	.driver = "agent",
	.complete = agent_complete,
	.read_plug = agent_read_plug,
	.is_same = agent_is_same,
	.is_alike = agent_is_alike,
};
