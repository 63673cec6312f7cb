/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The questions of view.h that belong to no rule alone. Nothing is written. */
#include "internal.h"

/* ---- who is who ---- */

const char *self_name(const struct core *core)
{
	return core->settings->nodes[core->self].name;
}

const char *peer_name(const struct core *core)
{
	return core->settings->nodes[core->peer_index].name;
}

/* Above 0: this node comes first; the addresses settle a tie, and differ. */
static int rank(const struct core *core, uint8_t mine, uint8_t its)
{
	const struct core_node *nodes = core->settings->nodes;

	if (mine != its)
		return mine - its;
	return ip_compare(&nodes[core->self].addresses[0],
			  &nodes[core->peer_index].addresses[0]);
}

bool outranks_peer(const struct core *core, unsigned i)
{
	const struct core_instance_settings *instance =
		&core->settings->instances[i];
	uint8_t its = peer_priority_of(core, i);

	/* R15: what it says of itself: if each file makes its own node the
	 * higher one, both would want for ever */
	if (its == 0)
		its = instance->priority[core->peer_index];
	return rank(core, instance->priority[core->self], its) > 0;
}

bool is_outranked_by(const struct core *core, unsigned i, uint8_t priority)
{
	uint8_t mine = core->settings->instances[i].priority[core->self];

	assert(i < core->settings->instance_count);
	return rank(core, mine, priority) < 0;
}

bool we_go_first(const struct core *core)
{
	const struct core_node *nodes = core->settings->nodes;

	return rank(core, nodes[core->self].priority,
		    nodes[core->peer_index].priority) > 0;
}

/* ---- what this node holds ---- */

struct instance_set core_all_instances(const struct core *core)
{
	return set_first(core->settings->instance_count);
}

unsigned owned_count(const struct core *core)
{
	unsigned count = 0;

	for (unsigned i = 0; i < core->settings->instance_count; i++)
		count += core->instances[i].own;
	return count;
}

bool owns_all(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (!core->instances[i].own)
			return false;
	return true;
}

bool owns_nothing(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].own)
			return false;
	return true;
}

bool is_fit_for_all(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (!core->instances[i].fit)
			return false;
	return true;
}

bool is_in_maintenance(const struct core *core)
{
	return core->memory.maintenance;
}

bool drill_is_running(const struct core *core)
{
	return core->drill.phase != DRILL_NONE;
}

int64_t preempt_due_us(const struct core *core, unsigned i)
{
	return core->instances[i].preempt_from_us +
	       MS(core->settings->instances[i].preempt_delay_ms);
}

bool alert_is_raised(const struct core *core, enum alert_name name)
{
	return core->alerts_standing[name] > 0;
}

/* ---- what is heard (R2) ---- */

bool link_is_alive(const struct core *core, unsigned link)
{
	return core->now_us < core->links[link].alive_until_us;
}

bool adverts_are_alive(const struct core *core)
{
	return core->now_us < core->vrrp_alive_until_us;
}

/* R4: serial and udp together, the best of them. */
enum link_state two_way_state(const struct core *core)
{
	enum link_state best = LINK_BROKEN;

	for (unsigned i = 0; i < core->links_end; i++) {
		enum link_state state = core->links[i].state;

		if (!core->settings->links[i].configured)
			continue;
		if (state == LINK_UP)
			return LINK_UP;
		if (state == LINK_HALF)
			best = LINK_HALF;
		else if (best != LINK_HALF)
			best = state;
	}
	return best;
}

uint8_t links_heard(const struct core *core)
{
	uint8_t heard = 0;

	for (unsigned i = 0; i < core->links_end; i++)
		if (core->settings->links[i].configured &&
		    core->now_us < core->links[i].alive_until_us)
			heard |= (uint8_t)(1 << i);
	if (core->now_us < core->vrrp_alive_until_us)
		heard |= BEAT_HEARD_VRRP;
	return heard;
}

static bool two_way_is_heard_at(const struct core *core, int64_t now_us)
{
	for (unsigned i = 0; i < core->links_end; i++)
		if (now_us < core->links[i].alive_until_us &&
		    core->settings->links[i].configured)
			return true;
	return false;
}

/* One beat is enough to say that the peer lives, before its link is up (R2). */
bool two_way_is_heard(const struct core *core)
{
	return two_way_is_heard_at(core, core->now_us);
}

bool peer_is_heard(const struct core *core)
{
	return peer_is_heard_at(core, core->now_us);
}

bool peer_is_heard_at(const struct core *core, int64_t now_us)
{
	return now_us < core->vrrp_alive_until_us ||
	       two_way_is_heard_at(core, now_us);
}

bool peer_is_plain(const struct core *core)
{
	return core->settings->peer_is_plain && !core->peer.runs_twinbeat;
}

/* ---- what the peer says ---- */

/* R17.8 */
bool peer_statement_is_fresh(const struct core *core)
{
	const struct core_peer *peer = &core->peer;

	return peer->statement_us != 0 && !peer->is_over &&
	       core->now_us - peer->statement_us <
		       link_dead_us(core, peer->statement_link);
}

bool peer_acknowledges(const struct core *core, uint32_t sequence)
{
	const struct beat *beat = &core->peer.statement;

	return core->peer.statement_us != 0 &&
	       beat->ack_generation == core->generation &&
	       beat->ack_sequence >= sequence;
}

bool peer_believes_us(const struct core *core)
{
	const struct core_peer *peer = &core->peer;
	uint32_t ack = peer->statement.ack_sequence;

	if (peer->heard_generation != peer->generation ||
	    !peer_acknowledges(core, 1))
		return false;
	return core->sequence - ack >= 64 ||
	       core->sent_us[ack % 64] > peer->believed_us;
}

bool peer_digest_is_known(const struct core *core)
{
	const struct core_peer *peer = &core->peer;

	return peer->slot_generation == peer->generation &&
	       peer->digest_seen == 3;
}

bool peer_digest_is(const struct core *core, uint32_t digest)
{
	const struct core_peer *peer = &core->peer;

	return peer_digest_is_known(core) &&
	       ((uint32_t)peer->digest_high << 16 | peer->digest_low) == digest;
}

bool peer_digest_agrees(const struct core *core)
{
	return peer_digest_is(core, core->settings->digest);
}

bool peer_hears_by(const struct core *core, unsigned link)
{
	return peer_digest_agrees(core) ? core->peer.statement.heard >> link & 1
					: core->links[link].hears_us;
}

bool peer_says_fit_for_all(const struct core *core)
{
	struct instance_set all = core_all_instances(core);

	return core->peer.statement_us != 0 &&
	       set_is_within(&all, &core->peer.statement.fit);
}

bool peer_owns_at(const struct core *core, unsigned i, int64_t now_us)
{
	const struct core_instance *instance = &core->instances[i];

	if (core->peer.state == PEER_OFF || core->peer.state == PEER_RELEASED)
		return false;
	if (core->peer.statement_us && peer_says_own(core, i))
		return true;
	/* adverts come from an owner; good for a pair without a serial word */
	return !instance->own && instance->vrrp.good > 0 &&
	       now_us < instance->vrrp.alive_until_us;
}

bool peer_has_tried_device(const struct core *core, unsigned device)
{
	const struct core_peer *peer = &core->peer;

	return peer->state == PEER_UP && peer->health_seen &&
	       peer->slot_generation == peer->generation &&
	       (peer->fence_health >> (8 + device) & 1);
}

bool peer_reaches_device(const struct core *core, unsigned device)
{
	return peer_has_tried_device(core, device) &&
	       (core->peer.fence_health >> device & 1);
}

uint16_t maintenance_word(const struct core *core)
{
	return (uint16_t)(core->memory.maintenance_version << 1 |
			  (core->memory.maintenance ? 1 : 0));
}

bool maintenance_is_agreed(const struct core *core)
{
	return core->peer.maintenance_seen &&
	       core->peer.maintenance == maintenance_word(core) &&
	       peer_statement_is_fresh(core);
}

/* ---- fencing ---- */

bool fence_is_busy(const struct core *core)
{
	return core->fence.state == FENCE_STATE_RUNNING ||
	       core->fence.state == FENCE_STATE_VERIFY;
}

static bool is_split(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].own && core->instances[i].split_us != 0)
			return true;
	return false;
}

bool fence_is_moot(const struct core *core)
{
	/* R13 */
	if (is_in_maintenance(core) && core->fence.need != NEED_OPERATOR)
		return true;
	if (!peer_is_heard(core))
		return false;
	switch (core->fence.need) {
	case NEED_SILENCE:
	case NEED_STARTUP:
		return true;
	case NEED_DISAGREE:
	case NEED_UNYIELDING:
		return !core->is_disagreeing;
	case NEED_HALF:
		return two_way_state(core) == LINK_UP;
	case NEED_SPLIT_BRAIN:
		return !is_split(core);
	case NEED_STUCK:
		return peer_statement_is_fresh(core) && !core->peer.is_stuck;
	default:
		return false;
	}
}

bool fence_has_just_cut(const struct core *core)
{
	return fence_is_busy(core) && core->fence.cut.is_written;
}

bool fence_proof_is_fresh(const struct core *core)
{
	return core->fence.state == FENCE_STATE_CONFIRMED &&
	       core->now_us - core->fence.proof.at_us <= PROOF_LIFE_US;
}

unsigned fences_in_window(const struct core *core)
{
	unsigned count = 0;
	int64_t window_us = MS(core->settings->fence.window_ms);

	for (unsigned i = 0; i < CORE_FENCES_MAX; i++)
		if (core->fenced_us[i] &&
		    core->now_us - core->fenced_us[i] < window_us)
			count++;
	return count;
}
