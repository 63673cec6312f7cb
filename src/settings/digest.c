/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must be equal on both nodes, boiled down to a number per part (R15):
 * the text of each value as it may stand in a file, so that neither a struct's
 * padding nor the order of an enum is in it. A value that is its row's default
 * is left out: a new key changes no digest until somebody sets it.
 */
#include <stdlib.h>

#include "../wire/auth.h"
#include "walk.h"

struct canon {
	char *bytes;
	size_t used, room;
};

struct canons {
	struct canon parts[SETTINGS_PARTS];
	struct canon devices[DEVICES_MAX]; /* of each alone */
};

static bool canon_add(struct canon *canon, const char *text)
{
	size_t size = strlen(text) + 1; /* "ab","c" is not "a","bc" */

	if (canon->room - canon->used < size) {
		size_t room = canon->room * 2 + size + 4096;
		char *grown = realloc(canon->bytes, room);

		if (grown == NULL)
			return false;
		canon->bytes = grown;
		canon->room = room;
	}
	memcpy(canon->bytes + canon->used, text, size);
	canon->used += size;
	return true;
}

/*
 * R1: under which settings of its device a plug was proven: all of them, also
 * what the nodes may have differently, whatever its place in the list.
 */
static bool canon_take_device(const struct settings *settings,
			      const struct walk_step *step,
			      struct canon *devices)
{
	char text[SETTINGS_VALUE_MAX];
	unsigned device;
	int length = 0;

	if (step->event != WALK_VALUE || step->is_idle ||
	    sscanf(step->path, "devices[%u]%n", &device, &length) != 1 ||
	    device >= DEVICES_MAX || walk_is_default(step))
		return true;
	return canon_add(&devices[device], step->path + length) &&
	       (step->row->type != SETTING_PAIRS ||
		canon_add(&devices[device], step->key)) &&
	       canon_add(&devices[device], walk_text(settings, step, text));
}

static bool canon_take(const struct settings *settings,
		       const struct walk_step *step, void *arg)
{
	struct canons *canons = arg;
	struct canon *parts = canons->parts, *canon = &parts[step->part];
	char text[SETTINGS_VALUE_MAX];

	if (!canon_take_device(settings, step, canons->devices))
		return false;
	if (step->may_differ || step->is_idle)
		return true;
	/* That a group is there says something, though all in it be default;
	 * and of plugs is remembered whose they are (R1). */
	if (step->event == WALK_GROUP)
		return (!(step->row->optional || step->row->most > 0) ||
			canon_add(canon, step->path)) &&
		       (step->at != &settings->nodes[step->index % NODES] ||
			canon_add(&parts[PART_DEVICES],
				  settings->nodes[step->index % NODES].name));
	if (step->event != WALK_VALUE || walk_is_default(step))
		return true;
	return canon_add(canon, step->path) &&
	       (step->row->type != SETTING_PAIRS ||
		canon_add(canon, step->key)) &&
	       canon_add(canon, walk_text(settings, step, text));
}

uint32_t settings_plug_key(const struct settings *settings,
			   const struct settings_plug *plug)
{
	char text[2 * SETTINGS_NAME_MAX + 2];
	int size = snprintf(text, sizeof(text), "%s/%s",
			    settings->devices[plug->device].name, plug->plug);
	uint32_t key = auth_digest32(text, (size_t)size);

	return key ? key : 1;
}

int settings_make_digests(struct settings *settings)
{
	struct canons canons = {.parts = {{.bytes = NULL}}};
	struct canon all = {.bytes = NULL};
	bool whole = settings_walk(settings, canon_take, &canons);

	for (unsigned i = 0; i < SETTINGS_PARTS; i++) {
		struct canon *part = &canons.parts[i];
		uint32_t digest = auth_digest32(part->bytes, part->used);
		char text[16];

		settings->part_digest[i] = (uint16_t)digest;
		if (i == PART_DEVICES)
			settings->fence_digest = digest;
		/* the same digest as before there was such a part */
		if (i == PART_DIRECTOR && part->used == 0)
			continue;
		snprintf(text, sizeof(text), "%08x", digest);
		whole = canon_add(&all, text) && whole;
		free(part->bytes);
	}
	for (unsigned i = 0; i < DEVICES_MAX; i++) {
		settings->devices[i].digest = auth_digest32(
			canons.devices[i].bytes, canons.devices[i].used);
		free(canons.devices[i].bytes);
	}
	settings->digest = auth_digest32(all.bytes, all.used);
	free(all.bytes);
	return whole ? 0 : -1;
}
