/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the settings of devices that a ClusterLabs fence agent speaks to. What
 * its options mean only the agent knows; judged here is what would change what
 * is done to which plug, and what cannot be passed on: one line each.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "settings_internal.h"

#define DEVICE(field) FIELD(settings_device, field)
#define AGENT(field)  FIELD(settings_device, agent.field)

/* An agent that waits two seconds after a switch, and starts slowly. */
#define AGENT_MS 5000

const struct option settings_agent_options[] = {
	{"name", OPTION_NAME, DEVICE(name), .required = true},
	{"driver", OPTION_ANY},
	{"agent", OPTION_TEXT, AGENT(agent), .required = true},
	{"options", OPTION_GROUP},
	{"password_file", OPTION_PATH, AGENT(password_file)},
	{"plug_key", OPTION_NAME, AGENT(plug_key), .text = "plug"},
	{"agent_ms", OPTION_INT, AGENT(agent_ms), .value = AGENT_MS, .min = 100,
	 .max = HOUR_MS, .unit = " ms"},
	TIME_MS(settings_device, settle_ms, 50),
	TIME_MS(settings_device, power_wait_ms, 1000),
	END};

/* ---- options = { } ---- */

struct refused {
	const char *key, *why;
};

static const struct refused refused_keys[] = {
	{"action", "twinbeat says what is to be done"},
	{"option", "twinbeat says what is to be done"},
	{"method", "twinbeat only switches off and on, it never cycles"},
	{"plug", "it belongs to nodes[].fence"},
	{"port", "it belongs to nodes[].fence as plug (a TCP port is ipport)"},
	{"nodename", "plugs are named in nodes[].fence"},
	{"missing_as_off", "a plug that does not exist would prove a node off"},
	{"delay", "set fence.delay_ms"},
	{"version", "the agent would print its version and do nothing"},
	{"help", "the agent would print its help and do nothing"},
	{"list", "twinbeat says what is to be done"},
};

/* Agents take a - for a _. */
static bool keys_are_one(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if (*a != *b && !(*a == '-' && *b == '_') &&
		    !(*a >= 'A' && *a <= 'Z' && *a + ('a' - 'A') == *b))
			return false;
	return *a == *b;
}

/* What else an agent's metadata knows, and no plug goes under. */
static const char *const taken_keys[] = {"ip",
					 "ipaddr",
					 "ipport",
					 "username",
					 "login",
					 "password",
					 "passwd",
					 "password_script",
					 "passwd_script",
					 "identity_file",
					 "verbose",
					 "quiet",
					 "debug",
					 "debug_file",
					 "version",
					 "help",
					 "list",
					 "separator",
					 "nodeid",
					 "power_timeout",
					 "power_wait",
					 "power_delay",
					 "shell_timeout",
					 "login_timeout",
					 "retry_on",
					 "disable_timeout",
					 "stonith_status_sleep",
					 "snmp_community",
					 "snmp_version",
					 "o"};

/* Under the name of the action, the plug would be what is done. */
static void check_plug_key(struct reader *reader, const config_setting_t *group,
			   const struct settings_agent *agent)
{
	const char *key = agent->plug_key;
	bool taken = false;

	if (keys_are_one(key, "plug") || keys_are_one(key, "port") ||
	    !reader_is_good(reader, group, "plug_key"))
		return;
	for (unsigned i = 0; i < sizeof(refused_keys) / sizeof(refused_keys[0]);
	     i++)
		taken = taken || keys_are_one(key, refused_keys[i].key);
	for (unsigned i = 0; i < sizeof(taken_keys) / sizeof(taken_keys[0]);
	     i++)
		taken = taken || keys_are_one(key, taken_keys[i]);
	if (taken)
		reader_error(reader, group, "plug_key",
			     "\"%.40s\" means something else to a fence agent; "
			     "it must be the parameter that names the plug, "
			     "see %.60s -o metadata",
			     key, agent->agent);
}

static const char *refusal_of(const struct settings_agent *agent,
			      const char *key)
{
	for (unsigned i = 0; i < sizeof(refused_keys) / sizeof(refused_keys[0]);
	     i++)
		if (keys_are_one(key, refused_keys[i].key))
			return refused_keys[i].why;
	if (strcasecmp(key, agent->plug_key) == 0)
		return "it is plug_key, and belongs to nodes[].fence";
	if (agent->password_file[0] != '\0' &&
	    (keys_are_one(key, "password") || keys_are_one(key, "passwd")))
		return "password_file says it already";
	return NULL;
}

static bool text_is_line(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

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
	const char *why = refusal_of(agent, key);
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
	if (!text_is_line(value)) {
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
		if (keys_are_one(agent->options[i].key, key))
			return agent->options[i].value;
	return NULL;
}

/* Where it is, for people and for the warning about a shared network. */
static void fill_place(struct settings_device *device)
{
	const struct settings_agent *agent = &device->agent;
	const char *base = strrchr(agent->agent, '/');
	const char *ip = settings_agent_option(agent, "ip");
	struct ip address;

	if (ip == NULL)
		ip = settings_agent_option(agent, "ipaddr");
	if (ip != NULL && ip_parse(ip, &address))
		snprintf(device->host, sizeof(device->host), "%.63s", ip);
	snprintf(device->place, sizeof(device->place), "%.40s%s%.36s",
		 base != NULL ? base + 1 : agent->agent, ip != NULL ? " " : "",
		 ip != NULL ? ip : "");
}

/* They cut no power, so nothing they say is a proof that a node is off. */
static const struct refused refused_agents[] = {
	{"fence_scsi", "takes the disks, not the power"},
	{"fence_mpath", "takes the disks, not the power"},
	{"fence_ifmib", "takes a switch port, not the power"},
	{"fence_brocade", "takes a switch port, not the power"},
	{"fence_sanbox2", "takes a switch port, not the power"},
	{"fence_cisco_mds", "takes a switch port, not the power"},
	{"fence_heuristics_ping", "asks who has network, and cuts nothing"},
	{"fence_kdump", "waits for a crash dump, and cuts nothing"},
	{"fence_ack_manual", "asks a person: that is twinbeat confirm"},
	{"fence_watchdog", "trusts the node to end itself"},
	{"fence_sbd", "trusts the node to end itself"},
	{"fence_legacy", "speaks for a plugin of another kind"},
};

static const char *agent_refusal(const char *base)
{
	for (unsigned i = 0;
	     i < sizeof(refused_agents) / sizeof(refused_agents[0]); i++)
		if (strcmp(base, refused_agents[i].key) == 0)
			return refused_agents[i].why;
	return NULL;
}

static void check_agent(struct reader *reader, const config_setting_t *group,
			const struct settings_agent *agent)
{
	const char *base = strrchr(agent->agent, '/');

	if (!reader_has(group, "agent") ||
	    !reader_is_good(reader, group, "agent"))
		return;
	base = base != NULL ? base + 1 : agent->agent;
	if (strncmp(base, "fence_", 6) != 0 ||
	    (base != agent->agent && agent->agent[0] != '/') ||
	    !text_is_line(agent->agent))
		reader_error(reader, group, "agent",
			     "\"%.40s\" is no fence agent: a name like "
			     "\"fence_apc_snmp\" (in /usr/sbin), or the "
			     "absolute path of a file that is called fence_*",
			     agent->agent);
	else if (agent_refusal(base) != NULL)
		reader_error(reader, group, "agent",
			     "%.40s %s; a device of twinbeat must switch power "
			     "and read it back",
			     base, agent_refusal(base));
	else if (strcmp(base, "fence_dummy") == 0)
		reader_warn(reader, group, "agent",
			    "fence_dummy switches a file, not power: for tests "
			    "only; whatever it says, both nodes may live");
}

static void agent_read(struct reader *reader, const config_setting_t *group,
		       struct settings_device *device)
{
	char driver[sizeof(device->driver)];
	const config_setting_t *options;

	memcpy(driver, device->driver, sizeof(driver));
	reader_read_group(reader, group, settings_agent_options, device);
	memcpy(device->driver, driver, sizeof(driver));
	check_agent(reader, group, &device->agent);
	check_plug_key(reader, group, &device->agent);
	options = reader_member(reader, group, "options");
	for (unsigned i = 0; i < reader_length(options); i++)
		read_option(reader, options,
			    config_setting_get_elem(options, i),
			    &device->agent);
	fill_place(device);
	device->answer_ms = device->agent.agent_ms;
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
	    !text_is_line(text) ||
	    !copy_text(plug->plug, sizeof(plug->plug), text))
		reader_error(reader, group, "plug",
			     "must be a number, or a name of 1 to %zu "
			     "characters on one line",
			     sizeof(plug->plug) - 1);
}

/* One agent, one place, one plug. */
static bool agent_is_same(const struct settings_device *a, const char *plug_a,
			  const struct settings_device *b, const char *plug_b)
{
	if (strcmp(a->place, b->place) != 0 || strcmp(plug_a, plug_b) != 0 ||
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

const struct device_reader device_reader_agent = {
	.driver = "agent",
	.read = agent_read,
	.read_plug = agent_read_plug,
	.is_same = agent_is_same,
};
