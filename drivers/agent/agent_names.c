/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which names must never reach a fence agent from the settings, and which
 * agents cut no power that could be read back. Pure words, no disk: the
 * settings are refused by them, and the driver asks again before it starts
 * anything.
 *
 * A name that is not here is let through, since each agent has its own. What
 * would let a value choose what is done must be here: with plug_key =
 * "action" a plug called "off" would be cut by asking for its state.
 *
 * Names: FenceAgentAPI.md and the metadata of the agents in Debian 12.
 */
#include <string.h>

#include "agent.h"

/* Names that one reason fits, with blanks between them. */
struct refused {
	const char *why, *names;
};

static const struct refused options[] = {
	{"twinbeat says what is to be done", "action option list"},
	{"twinbeat only switches off and on, it never cycles", "method"},
	{"it belongs to nodes[].fence", "plug"},
	{"it belongs to nodes[].fence as plug (a TCP port is ipport)", "port"},
	{"plugs are named in nodes[].fence", "nodename nodeid"},
	{"a plug that does not exist would prove a node off", "missing_as_off"},
	{"set fence.delay_ms", "delay"},
	{"the agent would answer that instead of a question", "version help"},
	{"the node would keep its power and lose only its network",
	 "network_fencing"},
};

static const struct refused plug_keys[] = {
	{"it says what is to be done, and twinbeat says that",
	 "action option method on off reboot status monitor list list_status "
	 "metadata enable disable"},
	{"a plug that does not exist would prove a node off", "missing_as_off"},
	{"it is for the cluster software, and names no plug",
	 "nodename nodeid agent"},
	{"it is a time or a number of attempts",
	 "delay power_wait power_delay stonith_status_sleep retry_on retries"},
	{"it says where the device is, or how it is spoken to",
	 "ip ipaddr ipport inet4_only inet6_only ssl ssl_secure "
	 "ssl_insecure notls gnutls tls secure ssh ssh_options telnet "
	 "cmd_prompt command_prompt lanplus cipher auth privlvl "
	 "snmp_version snmp_sec_level snmp_auth_prot snmp_priv_prot "
	 "port_as_ip sudo use_sudo network_fencing serial_port"},
	{"it says who asks, and may be a secret",
	 "username user login password passwd identity_file community "
	 "snmp_priv_passwd hexadecimal_kg"},
	{"it changes what the agent prints",
	 "verbose verbose_level quiet debug debug_file version help separator "
	 "plug_separator usage"},
};

/* Whatever stands before them. */
static const struct refused plug_key_ends[] = {
	{"it is a time", "_timeout"},
	{"it names a program", "_path _script"},
	{"it names a file", "_file"},
};

/*
 * The takeover rests on power that reads off. These would say "off" of a node
 * that runs, cannot say it at all, or are no agents.
 */
static const struct refused agents[] = {
	{"it takes storage away and leaves the node its power, so two nodes "
	 "would own the addresses",
	 "fence_scsi fence_mpath fence_vixel fence_mcdata"},
	{"it closes a port of a switch and leaves the node its power, which "
	 "keeps the addresses",
	 "fence_ifmib fence_brocade fence_sanbox2 fence_cisco_mds"},
	{"it cuts nothing: it calls off what it cannot ping",
	 "fence_crosslink fence_heuristics_ping fence_heuristics_resource"},
	{"it cuts nothing: it waits for the word of a crashed kernel",
	 "fence_kdump"},
	{"it cuts nothing, it takes somebody's word; say that to `twinbeat "
	 "confirm`",
	 "fence_ack_manual fence_manual"},
	{"the node's own watchdog would have to cut it, and nothing can be "
	 "read back",
	 "fence_watchdog fence_sbd fence_sanlock"},
	{"it moves virtual machines away and leaves the node its power",
	 "fence_compute fence_evacuate"},
	{"it cannot say whether a plug is off",
	 "fence_legacy fence_pcmk fence_ovh fence_rcd_serial"},
	{"it is a program of a cluster, not an agent",
	 "fence_virtd fence_sanlockd fence_node fence_tool fence_check"},
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static char folded(char c)
{
	if (c == '-')
		return '_';
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The first size characters of b against all of a. */
static bool names_match(const char *a, const char *b, size_t size)
{
	if (strlen(a) != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (folded(a[i]) != folded(b[i]))
			return false;
	return true;
}

bool agent_keys_are_one(const char *a, const char *b)
{
	return names_match(a, b, strlen(b));
}

/* The reason of the row that has name; ends: that has an end of it. */
static const char *find_why(const struct refused *table, size_t rows,
			    const char *name, bool ends)
{
	for (size_t row = 0; row < rows; row++) {
		const char *at = table[row].names;

		while (*at != '\0') {
			size_t size = strcspn(at, " "), length = strlen(name);
			const char *from = name;

			if (ends && length > size)
				from += length - size;
			if (names_match(from, at, size))
				return table[row].why;
			at += size + (at[size] == ' ');
		}
	}
	return NULL;
}

/* An agent may know its options by letters, too: -o is the action, -n a plug.
 */
static bool is_letter(const char *key)
{
	return key[0] != '\0' && key[1] == '\0';
}

bool agent_key_is_plain(const char *key)
{
	return key[0] != '\0' && key[0] != '-' &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
			   "YZ0123456789_-") == strlen(key);
}

bool agent_text_is_line(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

bool agent_plug_is_plain(const char *plug)
{
	size_t length = strlen(plug);

	/* Agents strip blanks and quotes: "1" and " 1" would be one plug. */
	return agent_text_is_line(plug) &&
	       (length == 0 ||
		(plug[0] != ' ' && plug[length - 1] != ' ' && plug[0] != '"'));
}

/*
 * Agents split a plug at "plug_separator", a comma unless it is set. Each does
 * with such a list what it likes: R6 wants every plug off, so each is a run of
 * its own (findings/fence-apc-snmp-two-outlets-cuts-one.sh).
 */
bool agent_plug_is_list(const struct agent_settings *agent, const char *plug)
{
	const char *separator = agent_option(agent, "plug_separator");

	if (separator == NULL || separator[0] == '\0')
		separator = ",";
	return strstr(plug, separator) != NULL;
}

const char *agent_refuse_option(const struct agent_settings *agent,
				const char *key)
{
	static const struct refused passwords[] = {
		{"password_file says it already",
		 "password passwd password_script passwd_script"},
	};
	const char *why;

	if (is_letter(key))
		return "it must be said by its long name";
	if (!agent_key_is_plain(key))
		return "a name has letters, digits, _ and - only";
	why = find_why(options, ROWS(options), key, false);
	if (why == NULL && agent_keys_are_one(key, agent->plug_key))
		why = "it is plug_key, and belongs to nodes[].fence";
	if (why == NULL && agent->password_file[0] != '\0')
		why = find_why(passwords, ROWS(passwords), key, false);
	return why;
}

const char *agent_refuse_plug_key(const char *key)
{
	const char *why;

	if (is_letter(key))
		return "it must be said by its long name";
	if (!agent_key_is_plain(key))
		return "a name has letters, digits, _ and - only";
	why = find_why(plug_keys, ROWS(plug_keys), key, false);
	return why != NULL ? why
			   : find_why(plug_key_ends, ROWS(plug_key_ends), key,
				      true);
}

const char *agent_refuse(const char *name)
{
	const char *slash = strrchr(name, '/');

	return find_why(agents, ROWS(agents), slash != NULL ? slash + 1 : name,
			false);
}
