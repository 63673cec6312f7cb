/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R15: the bits of the peer's beats stand for instances by their places in its
 * file. Here they become ours: by the place where the files are equal, else by
 * the digest of the name that it told of each of its places. What is at no
 * place that is known says nothing, neither yes nor no. And whether what it
 * serves by another name may have an address of ours: by the digest of their
 * addresses that it told as well.
 */
#include "internal.h"
#include "reload.h"

/* Both halves are known. */
#define DIGEST_SEEN 3

int peer_place_of(const struct core *core, unsigned i)
{
	assert(i < CORE_INSTANCES_MAX);
	return peer_digest_agrees(core) ? (int)i : core->peer.place[i] - 1;
}

bool peer_means_instance(const struct core *core, unsigned i)
{
	return peer_place_of(core, i) >= 0;
}

uint32_t peer_source_of(const struct core *core, unsigned i)
{
	int place = peer_place_of(core, i);

	return place < 0 ? 0 : core->peer.source[place];
}

uint8_t peer_priority_of(const struct core *core, unsigned i)
{
	int place = peer_place_of(core, i);

	return place < 0 ? 0 : core->peer.priority[place];
}

/* Two names of one file that have one digest are both unknown. */
static bool is_alone_here(const struct core *core, unsigned i, uint32_t name)
{
	for (unsigned k = 0; k < core->settings->instance_count; k++)
		if (k != i && instance_name_digest(core, k) == name)
			return false;
	return true;
}

static void place_learn(struct core *core, unsigned i)
{
	struct core_peer *peer = &core->peer;
	uint32_t name = instance_name_digest(core, i);
	unsigned found = 0;

	peer->place[i] = 0;
	for (unsigned k = 0; k < CORE_INSTANCES_MAX; k++)
		if (peer->name_seen[k] == DIGEST_SEEN &&
		    peer->name[k] == name && ++found == 1)
			peer->place[i] = (uint16_t)(k + 1);
	if (found > 1 || !is_alone_here(core, i, name))
		peer->place[i] = 0;
}

static void vrid_check(struct core *core, unsigned i)
{
	const struct core_instance_settings *mine =
		&core->settings->instances[i];
	int place = peer_place_of(core, i);
	uint8_t its = place < 0 ? 0 : core->peer.vrid[place];

	/* 0: it has not told yet */
	if (its != 0 && its != mine->vrid)
		alert_raise(core, ROW_MISMATCH_VRID, i, CORE_WARNING,
			    "%s: vrid is %u here and %u on %s", mine->name,
			    mine->vrid, its, peer_name(core));
	else
		alert_clear(core, ROW_MISMATCH_VRID, i);
}

void places_learn(struct core *core)
{
	bool agrees = peer_digest_agrees(core);

	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		if (!agrees)
			place_learn(core, i);
		vrid_check(core, i);
	}
}

void core_peer_reloads(struct core *core)
{
	/* what its bits stand for it has told by its digest alone */
	if (peer_digest_agrees(core))
		places_remember(core);
	core->peer.digest_seen = 0;
	addresses_forget(core);
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		place_learn(core, i);
}

/* Its file has at this place what ours has there. True: that is new. */
static bool place_remember(struct core *core, unsigned i)
{
	struct core_peer *peer = &core->peer;
	uint32_t name = instance_name_digest(core, i);
	uint32_t addresses = core->settings->instances[i].addresses;
	bool is_new = peer->name_seen[i] != DIGEST_SEEN ||
		      peer->addresses_seen[i] != DIGEST_SEEN ||
		      peer->name[i] != name || peer->addresses[i] != addresses;

	peer->name[i] = name;
	peer->addresses[i] = addresses;
	peer->name_seen[i] = peer->addresses_seen[i] = DIGEST_SEEN;
	return is_new;
}

void places_remember(struct core *core)
{
	core->peer.place_count = (uint16_t)core->settings->instance_count;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		place_remember(core, i);
}

/* ---- blocks of places ---- */

unsigned place_blocks(const struct core *core)
{
	return (core->settings->instance_count + PLACE_BLOCK - 1) / PLACE_BLOCK;
}

static unsigned block_end(const struct core *core, unsigned block)
{
	unsigned end = (block + 1) * PLACE_BLOCK;
	unsigned count = core->settings->instance_count;

	return end < count ? end : count;
}

/* No secret, but no sum either: of names and addresses that resemble each other
 * in their order. */
static uint64_t mixed(uint64_t sum, uint64_t value)
{
	sum = (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	sum = (sum ^ sum >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return sum ^ sum >> 32;
}

uint32_t place_block_digest(const struct core *core, unsigned block)
{
	unsigned end = block_end(core, block);
	uint64_t sum = 0;

	for (unsigned i = block * PLACE_BLOCK; i < end; i++)
		sum = mixed(sum,
			    (uint64_t)instance_name_digest(core, i) << 32 |
				    core->settings->instances[i].addresses);
	return (uint32_t)sum;
}

bool place_block_take(struct core *core, unsigned block, bool is_low,
		      uint16_t value)
{
	struct core_peer *peer = &core->peer;
	bool is_new = false;

	/* its file may be longer than ours */
	if (block >= place_blocks(core))
		return false;
	digest_take(&peer->block[block], &peer->block_seen[block], is_low,
		    value);
	if (peer->block_seen[block] != DIGEST_SEEN ||
	    peer->block[block] != place_block_digest(core, block))
		return false;
	for (unsigned i = block * PLACE_BLOCK; i < block_end(core, block); i++)
		is_new = place_remember(core, i) || is_new;
	return is_new;
}

void addresses_forget(struct core *core)
{
	memset(core->peer.block_seen, 0, sizeof(core->peer.block_seen));
	memset(core->peer.addresses_seen, 0, sizeof(core->peer.addresses_seen));
}

void places_forget(struct core *core)
{
	struct core_peer *peer = &core->peer;

	addresses_forget(core);
	peer->place_count = 0;
	memset(peer->name_seen, 0, sizeof(peer->name_seen));
	memset(peer->place, 0, sizeof(peer->place));
	memset(peer->vrid, 0, sizeof(peer->vrid));
	memset(peer->priority, 0, sizeof(peer->priority));
	memset(peer->source, 0, sizeof(peer->source));
}

/* While the files differ: the peer has it with the very addresses. */
static bool has_same_addresses(const struct core *core, unsigned i)
{
	const struct core_peer *peer = &core->peer;
	int place = peer->place[i] - 1;

	assert(i < core->settings->instance_count);
	assert(place < CORE_INSTANCES_MAX);
	return place >= 0 && peer->addresses_seen[place] == DIGEST_SEEN &&
	       peer->addresses[place] == core->settings->instances[i].addresses;
}

bool peer_addresses_agree(const struct core *core, unsigned i)
{
	return peer_digest_agrees(core) || has_same_addresses(core, i);
}

/* In one file an address stands once: what is at a place that has the same
 * addresses here and there has none of another instance. */
bool places_may_have(const struct core *core, const struct instance_set *there,
		     unsigned i)
{
	struct instance_set rest = *there;

	assert(i < core->settings->instance_count);
	if (set_is_empty(there) || peer_addresses_agree(core, i))
		return false;
	for (unsigned k = 0; k < core->settings->instance_count; k++)
		if (core->peer.place[k] != 0 &&
		    (k == i || has_same_addresses(core, k)))
			set_remove(&rest, core->peer.place[k] - 1U);
	return !set_is_empty(&rest);
}

bool peer_lacks_instance(const struct core *core, unsigned i)
{
	const struct core_peer *peer = &core->peer;
	uint32_t name = instance_name_digest(core, i);

	assert(peer->place_count <= CORE_INSTANCES_MAX);
	if (peer->place_count == 0 || peer->digest_seen != DIGEST_SEEN ||
	    peer_digest_agrees(core))
		return false;
	for (unsigned k = 0; k < peer->place_count; k++)
		if (peer->name_seen[k] != DIGEST_SEEN || peer->name[k] == name)
			return false;
	return !places_may_have(core, &peer->own_there, i);
}

static struct instance_set set_here(const struct core *core,
				    const struct instance_set *there)
{
	struct instance_set here = {{0}};

	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		int place = peer_place_of(core, i);

		if (place >= 0 && set_has(there, (unsigned)place))
			set_add(&here, i);
	}
	return here;
}

void places_translate(const struct core *core, struct beat *beat)
{
	struct instance_set all = core_all_instances(core);

	if (peer_digest_agrees(core)) {
		/* whatever a frame says: none beyond ours */
		beat->own = set_and(&beat->own, &all);
		beat->want = set_and(&beat->want, &all);
		beat->ask = set_and(&beat->ask, &all);
		beat->fit = set_and(&beat->fit, &all);
		return;
	}
	beat->own = set_here(core, &beat->own);
	beat->want = set_here(core, &beat->want);
	beat->ask = set_here(core, &beat->ask);
	beat->fit = set_here(core, &beat->fit);
}

struct instance_set places_of_stranger(const struct core *core,
				       const struct instance_set *there)
{
	struct instance_set all = core_all_instances(core), none = {{0}};

	if (peer_digest_agrees(core))
		return set_and(there, &all);
	return set_is_empty(there) ? none : all;
}
