/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plugs of the peer that were never seen on: a fence of them ends with
 * "off", and nothing is taken over. Better known beforehand.
 */
#include <stdio.h>

#include "../status/state_file.h"
#include "check_plugs.h"

bool plugs_on_record(const struct cli *cli, const struct settings *settings,
		     uint8_t *proven)
{
	char path[4096], text[STATE_TEXT_MAX], why[200];
	const struct settings_node *peer = &settings->nodes[!settings->self];
	uint32_t ids[CORE_PLUGS_MAX] = {0};
	struct core_memory memory;
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/" STATE_FILE, cli->state_dir);
	file = fopen(path, "re");
	if (!file)
		return false;
	size = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (state_decode(text, size, settings->pair,
			 settings->nodes[settings->self].name, &memory, why,
			 sizeof(why)) < 0)
		return false;
	for (unsigned i = 0; i < peer->plug_count; i++) {
		const struct settings_plug *plug = &peer->plugs[i];

		ids[i] = core_plug_id(peer->name,
				      settings_plug_key(settings, plug),
				      settings->devices[plug->device].digest);
	}
	core_memory_place(&memory, ids, settings->fence_digest);
	*proven = (uint8_t)(memory.plug_proven & ~memory.plug_miswired);
	return true;
}

void check_plugs(const struct cli *cli, const struct settings *settings,
		 struct settings_report *report)
{
	unsigned peer = !settings->self;
	const struct settings_node *node = &settings->nodes[peer];
	struct settings_place place = settings_where(settings, node->addresses);
	char line[SETTINGS_LINE_MAX];
	uint8_t proven;

	if (!plugs_on_record(cli, settings, &proven))
		return;
	for (unsigned i = 0; i < node->plug_count; i++) {
		if (proven >> i & 1)
			continue;
		snprintf(
			line, sizeof(line),
			"%s:%u: warning: nodes[%u].fence[%u]: by %s/" STATE_FILE
			" plug %s of %s was never read on while %s was heard, "
			"or reads off while it lives, or has lied: cutting it "
			"proves nothing; see twinbeat status",
			settings->files[place.file], place.line, peer, i,
			cli->state_dir, node->plugs[i].plug,
			settings->devices[node->plugs[i].device].name,
			node->name);
		report->warnings++;
		if (report->tell != NULL)
			report->tell(report->arg, false, line);
	}
}
