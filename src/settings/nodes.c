/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads nodes, their plugs, and the two-way links between them. */
#include "internal.h"

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

static bool read_plug_device(struct reader *reader,
			     const config_setting_t *group,
			     struct settings_plug *plug)
{
	const config_setting_t *setting =
		config_setting_get_member(group, "device");
	const char *name;
	int index;

	if (setting == NULL)
		return false;
	name = reader_string(reader, setting);
	if (name == NULL)
		return false;
	index = settings_find_device(reader->settings, name);
	if (index < 0) {
		reader_error(reader, group, "device",
			     "no device of name \"%.32s\" in devices", name);
		return false;
	}
	plug->device = (uint8_t)index;
	return true;
}

/* What a plug may be called, the driver knows. */
static void read_plug_name(struct reader *reader, const config_setting_t *group,
			   struct settings_plug *plug)
{
	const struct settings_device *device =
		&reader->settings->devices[plug->device];
	const struct device_reader *driver =
		settings_device_reader(device->driver);

	if (driver != NULL)
		driver->read_plug(reader, group, device,
				  config_setting_get_member(group, "plug"),
				  plug);
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
		if (read_plug_device(reader, group, plug))
			read_plug_name(reader, group, plug);
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
