/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rows cannot say of VRRP instances: addresses, priorities, password. */
#include "internal.h"

#include "../base/words.h"
#include "../wire/vrrp.h"

static void read_address(struct reader *reader, const config_setting_t *group,
			 const struct settings_instance *instance,
			 struct settings_address *address)
{
	reader_read_group(reader, group, settings_address_rows, NULL, address);
	if (address->dev[0] == '\0')
		snprintf(address->dev, sizeof(address->dev), "%s",
			 instance->interface);
	if (address->label[0] != '\0' && address->dev[0] != '\0' &&
	    strncmp(address->label, address->dev, strlen(address->dev)) != 0)
		reader_error(reader, group, "label",
			     "\"%s\" must begin with the interface's name, "
			     "like \"%.12s:1\"",
			     address->label, address->dev);
}

/*
 * An advert has addresses of one family, and over IPv6 the first is link-local
 * (RFC 9568 5.2.9); what is excluded stands in no advert.
 */
static void check_family(struct reader *reader, const config_setting_t *group,
			 const struct settings_instance *instance,
			 const struct settings_address *address)
{
	const struct settings_address *first =
		&reader->settings->addresses[instance->first_address];
	bool is_v6 = !ip_is_v4(&address->ip);
	char text[IP_TEXT_MAX];

	if (ip_is_none(&address->ip) || ip_is_none(&first->ip))
		return;
	if (is_v6 && address->label[0] != '\0')
		reader_error(reader, group, "label",
			     "is for IPv4 only; leave it out");
	if (address->excluded)
		return;
	if (is_v6 == ip_is_v4(&first->ip))
		reader_error(reader, group, "ip",
			     "%s: IPv4 and IPv6 cannot be advertised by one "
			     "instance; give it to another instance, or to "
			     "\"excluded\"",
			     ip_format(&address->ip, text));
	if (address != first || !is_v6)
		return;
	if (instance->version == 2 && reader_is_good(reader, group, "version"))
		reader_error(reader, group, "ip",
			     "%s: IPv6 needs version = 3 (RFC 9568)",
			     ip_format(&address->ip, text));
	if (!ip_is_link_local(&address->ip))
		reader_error(reader, group, "ip",
			     "%s: the first address of an IPv6 instance must "
			     "be link-local (RFC 9568 5.2.9): put one like "
			     "\"fe80::%u\" before it, on both nodes",
			     ip_format(&address->ip, text), instance->vrid);
}

static void read_addresses(struct reader *reader, const config_setting_t *list,
			   struct settings_instance *instance, bool excluded)
{
	struct settings *settings = reader->settings;

	for (unsigned i = 0; i < reader_length(list); i++) {
		const config_setting_t *group =
			reader_group_element(reader, list, i);
		struct settings_address *address;

		if (group == NULL)
			continue;
		if (settings->address_count == ADDRESSES_MAX) {
			reader_error(reader, group, NULL,
				     "more than %d addresses in this file",
				     ADDRESSES_MAX);
			return;
		}
		address = &settings->addresses[settings->address_count++];
		address->excluded = excluded;
		read_address(reader, group, instance, address);
		if (i >= vrrp_addresses_max(!ip_is_v4(&address->ip)))
			address->excluded = true;
		check_family(reader, group, instance, address);
		instance->address_count++;
	}
}

static void read_instance_addresses(struct reader *reader,
				    const config_setting_t *group,
				    struct settings_instance *instance)
{
	const config_setting_t *list =
		reader_member(reader, group, "addresses");

	const struct settings *settings = reader->settings;
	unsigned most;

	instance->first_address = settings->address_count;
	read_addresses(reader, list, instance, false);
	most = vrrp_addresses_max(settings_instance_is_v6(settings, instance));
	if (reader_length(list) > most)
		reader_warn(reader, group, "addresses",
			    "%u addresses; an advert can name %u, the rest is "
			    "held but not advertised",
			    reader_length(list), most);
	read_addresses(reader, reader_member(reader, group, "excluded"),
		       instance, true);
}

/* R3: a program by its path, since nobody's PATH is searched; no shell. */
static void check_command(struct reader *reader, const config_setting_t *group,
			  const struct settings_script *script)
{
	struct words words;

	if (script->command[0] == '\0')
		return;
	if (!words_split(script->command, &words))
		reader_error(reader, group, "command",
			     "a quotation mark is not closed, or it has more "
			     "than %d words",
			     WORDS_MAX);
	else if (words.count == 0 || words.at[0][0] != '/')
		reader_error(reader, group, "command",
			     "\"%.60s\" must begin with the absolute path of "
			     "a program, like /usr/local/bin/check",
			     script->command);
}

static void read_scripts(struct reader *reader, const config_setting_t *group,
			 struct settings_instance *instance)
{
	const config_setting_t *list = reader_member(
		reader, reader_member(reader, group, "track"), "scripts");
	struct settings *settings = reader->settings;

	instance->first_script = settings->script_count;
	for (unsigned i = 0; i < reader_length(list); i++) {
		const config_setting_t *at =
			reader_group_element(reader, list, i);
		struct settings_script *script;

		if (at == NULL)
			continue;
		if (settings->script_count == SCRIPTS_MAX) {
			reader_error(reader, at, NULL,
				     "more than %d scripts in this file",
				     SCRIPTS_MAX);
			return;
		}
		script = &settings->scripts[settings->script_count++];
		reader_read_group(reader, at, settings_script_rows, NULL,
				  script);
		check_command(reader, at, script);
		instance->script_count++;
	}
}

static void read_priorities(struct reader *reader,
			    const config_setting_t *group,
			    struct settings_instance *instance)
{
	const config_setting_t *list =
		reader_member(reader, group, "priorities");
	bool seen[NODES] = {false};

	for (unsigned i = 0; i < NODES; i++)
		instance->priority[i] = reader->settings->nodes[i].priority;
	for (unsigned i = 0; i < reader_length(list); i++) {
		const config_setting_t *row =
			reader_group_element(reader, list, i);
		const config_setting_t *member;
		const char *name = NULL;
		uint8_t priority;
		int node;

		if (row == NULL)
			continue;
		reader_read_group(reader, row, settings_priority_rows, NULL,
				  &priority);
		member = config_setting_get_member(row, "node");
		if (member != NULL)
			name = reader_string(reader, member);
		if (name == NULL)
			continue;
		node = settings_find_node(reader->settings, name);
		if (node < 0) {
			reader_error(reader, row, "node",
				     "no node of name \"%.32s\"", name);
		} else if (seen[node]) {
			reader_error(reader, row, "node",
				     "\"%.32s\" stands here twice", name);
		} else {
			seen[node] = true;
			instance->priority[node] = priority;
		}
	}
}

/* keepalived cuts the password to 8 bytes, and so must who talks with it. */
static void read_password(struct reader *reader, const config_setting_t *group,
			  struct settings_instance *instance)
{
	const config_setting_t *setting =
		config_setting_get_member(group, "auth_pass");
	const char *text =
		setting != NULL ? reader_string(reader, setting) : NULL;
	size_t room = sizeof(instance->auth_pass) - 1;

	if (text == NULL || text[0] == '\0')
		return;
	if (instance->version == 3 && reader_is_good(reader, group, "version"))
		reader_error(reader, group, "auth_pass",
			     "is for version 2 only; VRRP version 3 has no "
			     "passwords (RFC 9568 9)");
	if (strlen(text) > room)
		reader_warn(reader, group, "auth_pass",
			    "has %zu characters; it is cut to %zu, as "
			    "keepalived does",
			    strlen(text), room);
	snprintf(instance->auth_pass, sizeof(instance->auth_pass), "%s", text);
}

/* RFC 3768 5.3.7: whole seconds in one byte; RFC 9568 5.2.7: 12 bits of 10 ms.
 */
static void read_advert_interval(struct reader *reader,
				 const config_setting_t *group,
				 struct settings_instance *instance)
{
	uint32_t ms = instance->advert_ms;

	if (!reader_is_good(reader, group, "version") ||
	    !reader_is_good(reader, group, "advert_ms"))
		return;
	if (!reader_has(group, "advert_ms"))
		instance->advert_ms = instance->version == 2 ? 1000 : 100;
	else if (instance->version == 2 && (ms < 1000 || ms % 1000 != 0))
		reader_error(reader, group, "advert_ms",
			     "%u ms: version 2 counts whole seconds, 1000 to "
			     "255000 ms is allowed; version 3 can be faster",
			     ms);
	else if (instance->version == 3 && (ms > 40950 || ms % 10 != 0))
		reader_error(reader, group, "advert_ms",
			     "%u ms: version 3 counts in steps of 10 ms, 10 to "
			     "40950 ms is allowed",
			     ms);
}

/*
 * The two addresses between which its adverts go: as written, in the nodes'
 * order, else the first of each node that is of its family.
 */
static void settle_unicast(struct reader *reader, const config_setting_t *group,
			   struct settings_instance *instance)
{
	const struct settings *settings = reader->settings;
	bool is_v6 = settings_instance_is_v6(settings, instance);
	unsigned length = reader_length(
		reader_member(reader, group, "unicast_addresses"));
	bool written = length > 0;
	char text[IP_TEXT_MAX];

	if (!reader_is_good(reader, group, "unicast_addresses"))
		return;
	if (written && !instance->unicast) {
		reader_error(reader, group, "unicast_addresses",
			     "is there, but unicast is not true");
		return;
	}
	if (!instance->unicast && instance->unicast_min_ttl != 255)
		reader_error(reader, group, "unicast_min_ttl",
			     "is there, but unicast is not true: what goes to "
			     "the group passes no router");
	if (!instance->unicast || instance->address_count == 0)
		return;
	if (written && length != NODES) {
		reader_error(reader, group, "unicast_addresses",
			     "must be two, one of each node, in the order of "
			     "nodes");
		return;
	}
	for (unsigned n = 0; n < NODES; n++) {
		struct ip *ip = &instance->unicast_addresses[n];
		const struct ip *own =
			settings_unicast_address(settings, instance, n);

		if (!written && own != NULL)
			*ip = *own;
		else if (!written && node_at(reader, n) != NULL &&
			 reader_is_good(reader, node_at(reader, n), "address"))
			reader_error(reader, group, "unicast",
				     "\"%s\" has no %s address at nodes to "
				     "send to: add one there, or set "
				     "unicast_addresses",
				     settings->nodes[n].name,
				     is_v6 ? "IPv6" : "IPv4");
		else if (written && !ip_is_none(ip) && ip_is_v4(ip) == is_v6)
			reader_error(reader, group, "unicast_addresses",
				     "%s: the instance is %s",
				     ip_format(ip, text),
				     is_v6 ? "IPv6" : "IPv4");
		if (!ip_is_none(ip) && settings_is_virtual(settings, ip))
			reader_error(reader, group, "unicast_addresses",
				     "%s is a virtual address: it "
				     "moves; give the node's own",
				     ip_format(ip, text));
	}
}

/* From where its multicast adverts leave, one of each node. */
static void settle_sources(struct reader *reader, const config_setting_t *group,
			   const struct settings_instance *instance)
{
	static const char key[] = "source_addresses";
	bool is_v6 = settings_instance_is_v6(reader->settings, instance);
	unsigned length = reader_length(reader_member(reader, group, key));
	char text[IP_TEXT_MAX];

	if (length == 0 || !reader_is_good(reader, group, key) ||
	    instance->address_count == 0)
		return;
	if (instance->unicast)
		reader_error(reader, group, key,
			     "is there, and unicast is true: "
			     "unicast_addresses says from where those leave");
	else if (length != NODES)
		reader_error(reader, group, key,
			     "must be two, one of each node, in the order of "
			     "nodes");
	for (unsigned n = 0; n < length && n < NODES; n++) {
		const struct ip *ip = &instance->source_addresses[n];

		if (ip_is_none(ip) || instance->unicast)
			continue;
		ip_format(ip, text);
		if (ip_is_v4(ip) == is_v6)
			reader_error(reader, group, key,
				     "%s: the instance is %s", text,
				     is_v6 ? "IPv6" : "IPv4");
		else if (is_v6 && !ip_is_link_local(ip))
			reader_error(reader, group, key,
				     "%s is not link-local: over IPv6 adverts "
				     "leave from an address of fe80::/10 (RFC "
				     "9568 5.1.2.1)",
				     text);
		if (settings_is_virtual(reader->settings, ip))
			reader_error(reader, group, key,
				     "%s is a virtual address: it "
				     "moves; give the node's own",
				     text);
	}
}

/* R16: the key of the pair is not known to a plain VRRP router. */
static void settle_signing(struct reader *reader, const config_setting_t *group,
			   struct settings_instance *instance)
{
	if (!settings_has_plain_node(reader->settings))
		return;
	if (reader_has(group, "sign") && instance->sign)
		reader_error(reader, group, "sign",
			     "true, but the other node is a plain VRRP router "
			     "(nodes[].kind), which has not the key of the "
			     "pair: leave it out");
	instance->sign = false;
}

void settings_complete_instances(struct reader *reader)
{
	for (unsigned i = 0; i < reader->settings->instance_count; i++) {
		struct settings_instance *instance =
			&reader->settings->instances[i];
		const config_setting_t *group = reader_at(reader, instance);

		read_advert_interval(reader, group, instance);
		read_priorities(reader, group, instance);
		read_password(reader, group, instance);
		settle_signing(reader, group, instance);
		read_instance_addresses(reader, group, instance);
		settle_unicast(reader, group, instance);
		settle_sources(reader, group, instance);
		read_scripts(reader, group, instance);
	}
}
