/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R1: the only file that makes a permit. Each function is one proof and says
 * when it holds; a time-out is none of them. Whoever changes a line here
 * changes what may put one address on two machines.
 */
#include "internal.h"

static bool peer_may_live(const struct core *core)
{
	return core->now_us < peer_may_live_until_us(core);
}

/*
 * R17.3: our want has been up since want_sequence, and in this very step a
 * frame came that neither owns nor wants and acknowledges us from there on.
 */
static bool holds_released(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];
	const struct core_peer *peer = &core->peer;

	/* R15: of a file with other instances, bit i may be another's, and an
	 * address of ours; of two that want the first node is the first */
	return instance->want && peer->statement_us == core->now_us &&
	       !peer->is_over && peer_means_instance(core, i) &&
	       !peer_says_own(core, i) && !peer_says_want(core, i) &&
	       !places_may_have(core, &peer->own_there, i) &&
	       (core->self == 0 ||
		!places_may_have(core, &peer->want_there, i)) &&
	       peer_acknowledges(core, instance->want_sequence);
}

/*
 * R12: the keeper's last word, while no other generation has been heard. What
 * was heard before this node was away asks for a word of nobody since.
 */
static bool holds_obituary(const struct core *core, unsigned i)
{
	return obituary_stands(core, i) &&
	       (!core->peer.over_is_kept || kept_obituary_is_ripe(core));
}

/* R6, R13: verified in fence.c; dies with any sign of life and after 5 s. */
static bool holds_fence_proof(const struct core *core)
{
	return core->drained && core->fence.proof.kind != PROOF_NONE &&
	       !peer_is_heard(core) && !peer_may_live(core) &&
	       !plugs_are_too_early(core) && fence_proof_is_fresh(core);
}

/*
 * Priority 0 is the newest thing heard, and no two-way link speaks. VRRP is not
 * signed: one forged packet must not put the address on two machines, so the
 * dead time has to pass without another word of the owner; and what was heard
 * before this node was away says nothing (R11).
 */
static bool holds_resigned(const struct core *core, unsigned i)
{
	enum link_state two_way = two_way_state(core);

	/* R15: it serves by another name what we have in this one */
	if (core->peer.digest_seen == 3 && !peer_addresses_agree(core, i))
		return false;
	return core->drained && core->instances[i].resigned_us != 0 &&
	       core->now_us - core->instances[i].resigned_us >=
		       advert_dead_us(core, i) &&
	       core->now_us - core->listening_us >= largest_dead_us(core) &&
	       two_way != LINK_UP && two_way != LINK_HALF &&
	       !two_way_is_heard(core) && !peer_may_live(core);
}

/* Plain VRRP, and its word by a half link has said for long enough that it does
 * not serve: its silence on VRRP has to do (R4). */
static bool holds_silence_beside_half(const struct core *core, unsigned i)
{
	return core->drained && !core->settings->fence.required &&
	       core->instances[i].half_is_ripe && !peer_may_live(core);
}

/* R16: the RFC's Master_Down_Timer has fired. */
static bool holds_plain_silence(const struct core *core, unsigned i)
{
	return peer_is_plain(core) && plain_silence_is_ripe(core, i);
}

bool permit_find(const struct core *core, unsigned instance,
		 struct permit *permit)
{
	enum proof proof = PROOF_NONE;

	assert(instance < core->settings->instance_count);
	assert(!core->instances[instance].own);
	if (holds_released(core, instance))
		proof = PROOF_RELEASED;
	else if (holds_obituary(core, instance))
		proof = PROOF_OBITUARY;
	else if (holds_fence_proof(core))
		proof = core->fence.proof.kind;
	else if (holds_resigned(core, instance))
		proof = PROOF_RESIGNED;
	else if (holds_silence_beside_half(core, instance) ||
		 holds_plain_silence(core, instance))
		proof = PROOF_SILENCE;
	else
		return false;
	/* R1: never by a time that has passed, but where the settings say so */
	assert(proof != PROOF_NONE && proof < PROOFS);
	assert(proof == PROOF_RELEASED || proof == PROOF_OBITUARY ||
	       core->drained);
	*permit = (struct permit){
		.instance = instance,
		.proof = proof,
		.peer_generation = core->peer.generation,
		.peer_sequence = core->peer.sequence,
		.own_generation = core->generation,
		.at_us = core->now_us,
	};
	return true;
}

struct permit permit_renew(const struct core *core, unsigned instance)
{
	struct permit permit = core->instances[instance].permit;

	assert(core->instances[instance].own &&
	       !core->instances[instance].releasing &&
	       permit.proof != PROOF_NONE);
	permit.at_us = core->now_us;
	return permit;
}
