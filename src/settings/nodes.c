/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What rows cannot say of nodes: how many there are, and whose the plugs are.
 */
#include "internal.h"

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

static void complete_plugs(struct reader *reader, struct settings_node *node)
{
	for (unsigned i = 0; i < node->plug_count; i++) {
		struct settings_plug *plug = &node->plugs[i];
		const config_setting_t *group = reader_at(reader, plug);

		if (read_plug_device(reader, group, plug))
			settings_read_plug(reader, group, plug);
	}
}

void settings_complete_nodes(struct reader *reader)
{
	struct settings *settings = reader->settings;
	const config_setting_t *list =
		reader_member(reader, reader->root, "nodes");

	if (list != NULL && reader_length(list) != NODES)
		reader_error(reader, reader->root, "nodes",
			     "%u node%s; a pair has exactly %d",
			     reader_length(list),
			     reader_length(list) == 1 ? "" : "s", NODES);
	for (unsigned i = 0; i < NODES; i++)
		complete_plugs(reader, &settings->nodes[i]);
}
