/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads nodes, their plugs, and the two-way links between them. */
#include <stdlib.h>

#include "settings_internal.h"

static void read_node_address(struct reader *reader, struct settings_node *node,
			      const config_setting_t *at, const char *key,
			      const char *text)
{
	struct ip ip;

	if (!reader_parse_host(reader, at, key, text, &ip))
		return;
	if (ip_to_v4(&ip) >> 24 == 127) {
		reader_error(reader, at, key,
			     "%s is the loopback; give the address that the "
			     "other node hears this one by",
			     text);
		return;
	}
	for (unsigned i = 0; i < node->address_count; i++)
		if (ip_compare(&node->addresses[i], &ip) == 0) {
			reader_error(reader, at, key, "%s stands here twice",
				     text);
			return;
		}
	if (node->address_count == NODE_ADDRESSES_MAX) {
		reader_error(reader, at, key, "at most %d addresses per node",
			     NODE_ADDRESSES_MAX);
		return;
	}
	node->addresses[node->address_count++] = ip;
}

/* address = "a" or ( "a", "b" ): the first is the one that breaks ties. */
static void read_node_addresses(struct reader *reader,
				const config_setting_t *group,
				struct settings_node *node)
{
	const config_setting_t *address =
		reader_member(reader, group, "address");

	if (address == NULL)
		return;
	if (!config_setting_is_list(address) &&
	    !config_setting_is_array(address)) {
		const char *text = reader_string(reader, address);

		if (text != NULL)
			read_node_address(reader, node, group, "address", text);
		return;
	}
	if (reader_length(address) == 0)
		reader_error(reader, group, "address",
			     "is empty; a node needs at least one address");
	for (unsigned i = 0; i < reader_length(address); i++) {
		const config_setting_t *element =
			config_setting_get_elem(address, i);
		const char *text = reader_string(reader, element);

		if (text != NULL)
			read_node_address(reader, node, element, NULL, text);
	}
}

void settings_read_nodes(struct reader *reader)
{
	const config_setting_t *list =
		reader_member(reader, reader->root, "nodes");

	reader->node_count = reader_length(list);
	if (list != NULL && reader->node_count != NODES)
		reader_error(reader, reader->root, "nodes",
			     "%u nodes; a pair has exactly %d",
			     reader->node_count, NODES);
	for (unsigned i = 0; i < reader->node_count && i < NODES; i++) {
		const config_setting_t *group =
			reader_group_element(reader, list, i);
		struct settings_node *node = &reader->settings->nodes[i];

		if (group == NULL)
			continue;
		reader->nodes[i] = group;
		reader_read_group(reader, group, settings_node_options, node);
		read_node_addresses(reader, group, node);
	}
}

static void read_plug_device(struct reader *reader,
			     const config_setting_t *group,
			     struct settings_plug *plug)
{
	const config_setting_t *setting =
		config_setting_get_member(group, "device");
	const char *name;
	int index;

	if (setting == NULL)
		return;
	name = reader_string(reader, setting);
	if (name == NULL)
		return;
	index = settings_find_device(reader->settings, name);
	if (index >= 0)
		plug->device = (uint8_t)index;
	else
		reader_error(reader, group, "device",
			     "no device of name \"%.32s\" in devices", name);
}

/* In coil and register profiles a plug is a number from 1. */
static void read_plug_number(struct reader *reader,
			     const config_setting_t *group,
			     struct settings_plug *plug)
{
	const config_setting_t *setting =
		config_setting_get_member(group, "plug");
	const struct settings_device *device =
		&reader->settings->devices[plug->device];
	unsigned base = device->write_base > device->read_base
				? device->write_base
				: device->read_base;
	/* reads any number first, so that the range can name the device */
	static const struct option any = {
		.key = "plug", .min = 1, .max = 65536, .unit = ""};
	const char *text;
	char *end;
	long value;

	if (setting == NULL)
		return;
	if (config_setting_type(setting) == CONFIG_TYPE_INT ||
	    config_setting_type(setting) == CONFIG_TYPE_INT64) {
		value = config_setting_type(setting) == CONFIG_TYPE_INT
				? config_setting_get_int(setting)
				: (long)config_setting_get_int64(setting);
	} else {
		text = reader_string(reader, setting);
		if (text == NULL)
			return;
		value = strtol(text, &end, 10);
		if (end == text || *end != '\0')
			value = 0;
	}
	if (value < any.min || value > any.max - (long)base) {
		reader_error(reader, group, "plug",
			     "must be a number from 1 to %ld (plug n is wire "
			     "address base + n - 1)",
			     (long)any.max - (long)base);
		return;
	}
	snprintf(plug->plug, sizeof(plug->plug), "%ld", value);
}

static void read_node_plugs(struct reader *reader, unsigned index)
{
	struct settings_node *node = &reader->settings->nodes[index];
	const config_setting_t *list =
		reader_member(reader, reader->nodes[index], "fence");

	for (unsigned i = 0; i < reader_length(list); i++) {
		const config_setting_t *group =
			reader_group_element(reader, list, i);
		struct settings_plug *plug;

		if (group == NULL)
			continue;
		if (node->plug_count == PLUGS_MAX) {
			reader_error(reader, group, NULL,
				     "at most %d plugs per node", PLUGS_MAX);
			return;
		}
		plug = &node->plugs[node->plug_count];
		reader_read_group(reader, group, settings_plug_options, plug);
		read_plug_device(reader, group, plug);
		read_plug_number(reader, group, plug);
		reader->plugs[index][node->plug_count++] = group;
	}
}

void settings_read_plugs(struct reader *reader)
{
	for (unsigned i = 0; i < NODES; i++)
		if (reader->nodes[i] != NULL)
			read_node_plugs(reader, i);
}

void settings_read_links(struct reader *reader)
{
	struct settings_link *serial = &reader->settings->links[LINK_SERIAL];
	struct settings_link unused;

	reader->links = reader_member(reader, reader->root, "links");
	reader_read_group(reader, reader->links, settings_links_options,
			  reader->settings);
	reader->serial = reader_member(reader, reader->links, "serial");
	/* Not configured: nothing of it shall be in the digests. */
	reader_read_group(reader, reader->serial, settings_serial_options,
			  reader->serial != NULL ? serial : &unused);
	if (reader->serial == NULL)
		return;
	serial->configured = true;
	snprintf(serial->name, sizeof(serial->name), "serial");
}
