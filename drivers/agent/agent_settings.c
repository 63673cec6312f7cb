/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the settings of devices that a ClusterLabs fence agent speaks to. What
 * its options mean only the agent knows; judged here is what would change what
 * is done to which plug, and what cannot be passed on: one line each.
 */
#include <string.h>
#include <strings.h>

#include "agent.h"

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

static void read_option(const struct device_source *source, unsigned i,
			const struct device_member *member,
			struct agent_settings *agent)
{
	const char *why = agent_refuse_option(agent, member->name);
	unsigned at = agent->option_count;

	if (why != NULL)
		device_member_error(source, "options", i,
				    "must not be set here: %s", why);
	else if (!member->is_value)
		device_member_error(source, "options", i,
				    "is %s, but must be a string, a number or "
				    "true or false",
				    member->type);
	else if (!agent_text_is_line(member->text))
		device_member_error(source, "options", i,
				    "has a line break or control character, "
				    "which would be another option to the "
				    "agent");
	else if (at == AGENT_OPTIONS_MAX ||
		 !copy_text(agent->options[at].key,
			    sizeof(agent->options[0].key), member->name) ||
		 !copy_text(agent->options[at].value,
			    sizeof(agent->options[0].value), member->text))
		device_member_error(source, "options", i,
				    "at most %d options, names of %zu and "
				    "values of %zu characters",
				    AGENT_OPTIONS_MAX,
				    sizeof(agent->options[0].key) - 1,
				    sizeof(agent->options[0].value) - 1);
	else
		agent->option_count++;
}

/* ---- the device ---- */

/* Where it is, for people and for the warning about a shared network. */
static void fill_place(struct settings_device *device)
{
	const struct agent_settings *agent = agent_of(device);
	const char *base = strrchr(agent->agent, '/');
	const char *ip = agent_host(agent);
	struct ip address;

	if (ip != NULL && ip_parse(ip, &address))
		snprintf(device->host, sizeof(device->host), "%.63s", ip);
	snprintf(device->place, sizeof(device->place), "%.40s%s%.36s",
		 base != NULL ? base + 1 : agent->agent, ip != NULL ? " " : "",
		 ip != NULL ? ip : "");
}

static void check_agent(const struct device_source *source,
			const struct agent_settings *agent)
{
	const char *base = strrchr(agent->agent, '/'), *why;

	if (!device_has(source, "agent") || !device_is_good(source, "agent"))
		return;
	base = base != NULL ? base + 1 : agent->agent;
	if (strncmp(base, "fence_", 6) != 0 ||
	    (base != agent->agent && agent->agent[0] != '/') ||
	    !agent_text_is_line(agent->agent))
		device_error(source, "agent",
			     "\"%.40s\" is no fence agent: a name like "
			     "\"fence_apc_snmp\" (in /usr/sbin), or the "
			     "absolute path of a file that is called fence_*",
			     agent->agent);
	why = agent_refuse(base);
	if (why != NULL)
		device_error(source, "agent",
			     "%s is refused: %s; name an agent that switches "
			     "power and can read it back",
			     base, why);
	if (strcmp(base, "fence_dummy") == 0)
		device_warn(source, "agent",
			    "fence_dummy is for tests: it cuts nothing and "
			    "reads off when its file is missing, so both nodes "
			    "can own the addresses");
}

/* Else a plug's name would be read as something that it is not. */
static void check_plug_key(const struct device_source *source,
			   const struct agent_settings *agent)
{
	const char *why = agent_refuse_plug_key(agent->plug_key);

	if (why != NULL && device_is_good(source, "plug_key"))
		device_error(source, "plug_key",
			     "\"%s\" is no name of a plug: %s; set what the "
			     "agent's manual page calls a plug, mostly "
			     "\"plug\" or \"port\"",
			     agent->plug_key, why);
}

/* Seen with fence_apc_snmp and those that share its way of asking: over 2c an
 * outlet that does not exist reads off. */
static void check_snmp(const struct device_source *source,
		       const struct agent_settings *agent)
{
	const char *version = agent_option(agent, "snmp_version");

	if (version != NULL && strcasecmp(version, "2c") == 0)
		device_warn(source, "options",
			    "snmp_version 2c: the community travels in clear, "
			    "and an outlet that does not exist reads off with "
			    "some agents; set 3, or 1 where the device has no "
			    "3");
}

void agent_settle(const struct device_source *source,
		  struct settings_device *device)
{
	struct agent_settings *agent = agent_edit(device);
	struct device_member member;

	check_agent(source, agent);
	check_plug_key(source, agent);
	for (unsigned i = 0; source->member(source->arg, "options", i, &member);
	     i++)
		read_option(source, i, &member, agent);
	check_snmp(source, agent);
	fill_place(device);
	/* The state may take two runs (off is asked about twice), a command
	 * one. */
	device->answer_ms = 2 * agent->agent_ms;
	device->command_ms = agent->agent_ms;
}
