/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R1, R8: which plugs the bits of a memory stand for. In a run they are the
 * places of one file; on disk each place has the plug's own number beside it,
 * so that an edited file finds what is known of the plugs that it still has.
 */
#include <string.h>

#include "internal.h"

#define FNV_START 0x811c9dc5u
#define FNV_TIMES 0x01000193u

static uint32_t mix(uint32_t id, uint8_t byte)
{
	return (id ^ byte) * FNV_TIMES;
}

uint32_t core_plug_id(const char *node, uint32_t key, uint32_t device_digest)
{
	uint32_t id = FNV_START;

	for (; *node; node++)
		id = mix(id, (uint8_t)*node);
	for (unsigned shift = 0; shift < 32; shift += 8) {
		id = mix(id, (uint8_t)(key >> shift));
		id = mix(id, (uint8_t)(device_digest >> shift));
	}
	return id ? id : 1;
}

unsigned core_plug_ids(const struct core_settings *settings,
		       uint32_t ids[CORE_PLUGS_MAX])
{
	const struct core_node *peer = &settings->nodes[1 - settings->self];

	memset(ids, 0, sizeof(ids[0]) * CORE_PLUGS_MAX);
	for (unsigned i = 0; i < peer->plug_count; i++)
		ids[i] = core_plug_id(
			peer->name, peer->plugs[i].key,
			settings->device_digests[peer->plugs[i].device]);
	return peer->plug_count;
}

static uint8_t placed(const struct core_memory *memory, const uint32_t *ids,
		      uint8_t bits)
{
	uint8_t moved = 0;

	for (unsigned i = 0; i < CORE_PLUGS_MAX; i++)
		for (unsigned k = 0; ids[i] && k < CORE_PLUGS_MAX; k++)
			if (memory->plug_ids[k] == ids[i] && (bits >> k & 1))
				moved |= (uint8_t)(1u << i);
	return moved;
}

/* A file of before has no numbers: its places hold under its own settings. */
static bool has_ids(const struct core_memory *memory)
{
	for (unsigned k = 0; k < CORE_PLUGS_MAX; k++)
		if (memory->plug_ids[k])
			return true;
	return false;
}

void core_memory_place(struct core_memory *memory,
		       const uint32_t ids[CORE_PLUGS_MAX],
		       uint32_t fence_digest)
{
	if (has_ids(memory)) {
		memory->plug_proven = placed(memory, ids, memory->plug_proven);
		memory->plug_miswired =
			placed(memory, ids, memory->plug_miswired);
		memory->plug_cut = placed(memory, ids, memory->plug_cut);
	} else if (memory->fence_digest != fence_digest) {
		memory->plug_proven = memory->plug_miswired = 0;
		memory->plug_cut = 0;
	}
	memory->fence_digest = fence_digest;
	memcpy(memory->plug_ids, ids, sizeof(memory->plug_ids));
}
