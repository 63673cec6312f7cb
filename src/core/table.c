/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R4: the table, for a fit node and an instance it does not own; R8: what
 * silence after a start means; R5: how long to wait. Decides whether there is
 * a need to cut the peer's power and when it is due. Called in ticks only:
 * silence is never judged before every link was read until empty.
 */
#include <stdio.h>

#include "internal.h"

/* What it said before we took over tells nothing of who owned at the end. */
static bool word_is_older_than_a_claim(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].claimed_us >= core->peer.statement_us)
			return true;
	return false;
}

/* R15: what its bits stand for it tells a moment after it was heard first. */
static bool word_can_be_read(const struct core *core)
{
	return peer_digest_is_known(core) ||
	       set_is_empty(&core->peer.own_there);
}

/* By its last statement, or by its adverts where it made none since. */
static bool peer_owned_all(const struct core *core)
{
	struct instance_set all = core_all_instances(core);

	if (!word_is_older_than_a_claim(core) && word_can_be_read(core))
		return set_equals(&core->peer.statement.own, &all);
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].silent_from_us == 0)
			return false;
	return true;
}

static int64_t first_or_twice_us(const struct core *core)
{
	return MS(core->settings->fence.tie_ms) * (we_go_first(core) ? 1 : 2);
}

static void both_stuck_judge(struct core *core)
{
	bool here = false;

	/* nearly never: spare the sum */
	for (unsigned i = 0;
	     core->peer.is_stuck && i < core->settings->instance_count; i++)
		here = here || core->instances[i].stuck;
	if (!here)
		core->both_stuck_us = 0;
	else if (core->both_stuck_us == 0)
		core->both_stuck_us = core->now_us;
}

static bool defends(const struct core *core)
{
	return core->settings->fence.defend && owns_all(core);
}

/* Both may shoot: one has to go second. */
static bool is_tie(const struct core *core)
{
	return !defends(core) &&
	       !(owns_nothing(core) && core->peer.heard_ever &&
		 peer_owned_all(core));
}

static int64_t wait_us(const struct core *core)
{
	const struct core_settings *settings = core->settings;

	if (defends(core))
		return 0;
	if (!is_tie(core))
		return MS(settings->fence.delay_ms);
	return first_or_twice_us(core);
}

/* R3: is anybody heard since? True: not yet, or we are deaf. */
static bool may_be_deaf(struct core *core, unsigned i)
{
	enum hearing heard;

	if (!core->settings->fence.disagree_probe)
		return false;
	heard = hearing_of_anybody(core,
				   core->settings->instances[i].interface);
	return heard == HEARING_PENDING || heard == HEARING_DEAF;
}

/* Is there somebody on every interface that it serves on? */
static bool is_in_touch(struct core *core)
{
	bool hears = true;

	for (unsigned i = 0; i < core->settings->interface_count; i++)
		if (core->vrrp_interfaces >> i & 1)
			hears = somebody_answers(core, i) && hears;
	return hears;
}

static bool adverts_leave(const struct core *core)
{
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].unsent_from_us != 0)
			return false;
	return true;
}

static void undefended_tell(struct core *core, const char *why)
{
	core->fence.undefended_us = core->peer.silent_from_us;
	trace_change(core, CORE_WARNING, "fence", -1, "idle", "undefended",
		     "fence %s: fence.defend is not used: %s; if %s lives it "
		     "cuts this node",
		     peer_name(core), why, peer_name(core));
}

/*
 * R5, R3: an owner that lost every link at once may be the one that went deaf,
 * or mute, and its standby the one that is well. Who defends itself has heard
 * somebody since, wherever it serves; at once, or not at all: a first shot
 * that comes later could meet that of the other one, who waits delay_ms.
 */
static bool may_defend(struct core *core, bool thin)
{
	int64_t until_us =
		core->peer.silent_from_us + MS(CORE_DEFEND_WITHIN_MS);
	bool is_retry = core->fence.shot_for == NEED_SILENCE;
	bool is_late = core->now_us > until_us && !is_retry;
	const char *why;

	if (is_late && core->fence.undefended_us == core->peer.silent_from_us)
		return false;
	if (!adverts_leave(core))
		why = "its adverts do not leave this node";
	else if (thin)
		why = "not every link has worked";
	else if (core->settings->fence.disagree_probe && !is_in_touch(core))
		why = "nobody else was heard since every link fell silent";
	else if (is_late)
		why = "it could not shoot at once";
	else
		return true;
	if (is_late)
		undefended_tell(core, why);
	else
		core_wake_at(core, until_us + 1);
	return false;
}

static void need_silence(struct core *core, unsigned i, struct need *need)
{
	const struct core_settings *settings = core->settings;
	bool thin = evidence_is_thin(core);

	if (defends(core) && !may_defend(core, thin))
		return;

	if ((thin || hearing_is_telling(
			     core, core->settings->instances[i].interface)) &&
	    may_be_deaf(core, i))
		return;
	/*
	 * R5: the second waits for the first also if only the first has thin
	 * evidence: a pulled adapter there must not bring the two shots
	 * together.
	 */
	if (is_tie(core) && !we_go_first(core))
		thin = true;
	need->kind = NEED_SILENCE;
	need->from_us = core->peer.silent_from_us;
	need->due_us = need->from_us + wait_us(core) +
		       (thin ? MS(settings->fence.lone_link_ms) : 0);
}

/*
 * R8: the wait is over and nothing was ever heard. It is no shorter where the
 * carrier came late: a node that boots before its cable is plugged in, at a
 * switch port that blocks for 30 s (R2), has not listened yet; and whoever
 * hears one advert is not here.
 */
static void need_startup(struct core *core, unsigned i, struct need *need)
{
	const struct core_link *l = &core->instances[i].vrrp;
	int64_t from_us = core->startup_until_us;

	/* R3: thinner evidence there is none */
	if (may_be_deaf(core, i))
		return;
	if (l->returned_us &&
	    from_us < l->returned_us + MS(core->settings->startup_ms))
		from_us = l->returned_us + MS(core->settings->startup_ms);
	need->kind = NEED_STARTUP;
	need->from_us = from_us;
	need->due_us = from_us + wait_us(core);
}

/*
 * R5: active/active, and each direction of the Ethernet failed in its own
 * moment: waits that began apart do not keep two shots apart. But these two
 * hear each other: the second leaves it to the first, if that one can.
 */
static bool first_disagrees_too(const struct core *core)
{
	uint8_t both = BEAT_FLAG_DISAGREE | BEAT_FLAG_FENCE_OK;

	return !we_go_first(core) &&
	       (core->peer.statement.flags & both) == both;
}

/* R3: an alert of its own, so that the log tells when the words change. */
static void disagree_tell(struct core *core, unsigned i, enum fence_need kind,
			  enum hearing heard)
{
	const struct core_settings *settings = core->settings;
	const char *interface =
		settings->interfaces[settings->instances[i].interface];
	const char *name = settings->instances[i].name;
	bool is_held = heard == HEARING_PEER || heard == HEARING_BLIND;

	alert_clear(core, is_held ? ROW_DISAGREE : ROW_DISAGREE_HELD, i);
	if (heard == HEARING_PEER)
		alert_raise(core, ROW_DISAGREE_HELD, i, CORE_WARNING,
			    "%s: %s owns it by its word, its adverts are "
			    "silent, and it answers ARP on %s: a filter drops "
			    "VRRP (IP protocol 112): nftables, tc or the "
			    "switch; nobody is cut",
			    name, peer_name(core), interface);
	else if (heard == HEARING_BLIND)
		alert_raise(core, ROW_DISAGREE_HELD, i, CORE_WARNING,
			    "%s: %s owns it by its word, its adverts are "
			    "silent, and nobody else was ever heard on %s: we "
			    "may be deaf, nobody is cut: set track.witnesses",
			    name, peer_name(core), interface);
	else
		alert_raise(core, ROW_DISAGREE, i, CORE_WARNING,
			    "%s: %s says by a two-way link that it owns it, "
			    "%s: check switch, VLAN and firewall between the "
			    "nodes",
			    name, peer_name(core),
			    kind == NEED_DISAGREE
				    ? "but its adverts have fallen silent"
				    : "unfit, and does not release it");
}

/* R10: it cannot remove an address and asks for it; R5: if we cannot either, it
 * is about to do the same to us. */
static void need_stuck(struct core *core, struct need *need)
{
	need->kind = NEED_STUCK;
	need->from_us = need->due_us = core->now_us;
	if (core->both_stuck_us) {
		need->from_us = core->both_stuck_us;
		need->due_us = need->from_us + first_or_twice_us(core);
	}
}

/*
 * R9, R10: an owner that lets go sends no adverts while its addresses go, and
 * that may take longer than a dead time. What fell silent so soon after our
 * want is no disagreement yet: to drop the want for it would give the instance
 * back to who has just let it go.
 */
static bool is_being_let_go(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];

	return instance->want &&
	       instance->silent_from_us >= instance->want_us &&
	       core->now_us < instance->want_us +
				      MS(core->settings->fence.yield_ms) +
				      MS(core->settings->fence.disagree_ms);
}

/* The links disagree, or an unfit owner does not let go (R4, rows 2 and 3). */
static void need_against_owner(struct core *core, unsigned i,
			       enum table_row row, struct need *need)
{
	const struct core_settings *settings = core->settings;
	struct core_instance *instance = &core->instances[i];
	int64_t since_us, due_us = 0;
	enum hearing heard = HEARING_FINE;
	enum fence_need kind;

	assert(!instance->own && instance->fit);
	if (row == R4_UNFIT_OWNER) {
		if (!instance->want || servers_spare_owner(core, i))
			return;
		instance->disagree_from_us = 0;
		/* R15: before that it may not understand our want */
		since_us = (instance->want_us > core->peer.told.at_us
				    ? instance->want_us
				    : core->peer.told.at_us) +
			   MS(settings->fence.yield_ms);
		if (core->now_us < since_us) {
			core_wake_at(core, since_us);
			return;
		}
		kind = NEED_UNYIELDING;
	} else if (is_being_let_go(core, i)) {
		instance->disagree_from_us = 0;
		return;
	} else {
		/*
		 * R4: it lasts from when both links say so, not from when one
		 * fell silent: a serial line that comes back long after must
		 * give the adverts time to come back too. One that is heard
		 * again starts it anew (R2: the peer lives), before three have
		 * made its link up.
		 */
		if (instance->disagree_from_us == 0 ||
		    core->now_us < instance->vrrp.alive_until_us)
			instance->disagree_from_us = core->now_us;
		since_us = instance->disagree_from_us;
		kind = NEED_DISAGREE;
	}
	/* its word must be newer than the silence */
	if (kind == NEED_DISAGREE &&
	    !peer_acknowledges(core, instance->silent_sequence + 1))
		return;
	core->is_disagreeing = true;
	if (kind == NEED_DISAGREE && settings->fence.disagree_probe)
		heard = hearing_judge(core, settings->instances[i].interface,
				      &due_us);
	if (heard != HEARING_WAIT)
		disagree_tell(core, i, kind, heard);
	/* R3 */
	if (heard != HEARING_FINE && heard != HEARING_PENDING)
		return;
	/* R15 */
	if (!peer_digest_agrees(core) || !digest_is_told(core) ||
	    settings->fence.on_disagreement == CORE_HOLD)
		return;
	if (kind == NEED_DISAGREE && first_disagrees_too(core))
		return;
	since_us += MS(settings->fence.disagree_ms);
	if (since_us < due_us)
		since_us = due_us;
	if (settings->fence.on_disagreement == CORE_YIELD) {
		if (core->now_us < since_us) {
			core_wake_at(core, since_us);
			return;
		}
		instance->urgent = true;
		if (!instance->want)
			return;
		since_us = instance->want_us + MS(settings->fence.yield_ms);
	}
	need->kind = kind;
	need->from_us = since_us;
	need->due_us = since_us + wait_us(core);
}

/* R7: the winner shoots a loser that goes on claiming. */
static void need_split_brain(struct core *core, unsigned i, struct need *need)
{
	const struct core_instance *instance = &core->instances[i];

	if (!instance->own || instance->releasing || !instance->split_us)
		return;
	need->kind = NEED_SPLIT_BRAIN;
	need->instance = i;
	need->from_us = instance->split_us;
	need->due_us = need->from_us + MS(core->settings->fence.yield_ms);
	/* R5: the other one may have won that, and be about to do the same */
	if (split_is_lost_here(core))
		need->due_us += first_or_twice_us(core);
}

/* ---- the table (R4) ---- */

enum table_row table_row(const struct table_sight *sight)
{
	bool is_up = sight->two_way == LINK_UP && sight->is_fresh;
	bool is_half = sight->two_way == LINK_HALF;
	/* R10: its word is true, however it is heard */
	bool is_word = is_up || (is_half && sight->is_fresh);

	if (is_word && sight->says_own && sight->is_stuck)
		return R4_STUCK;
	if (is_up && !sight->says_own)
		return R4_FREE;
	if (is_up && !sight->says_fit)
		return R4_UNFIT_OWNER;
	if (is_up)
		return sight->adverts_fell_silent ? R4_DISAGREE : R4_SERVED;
	if (is_half && sight->is_unserved)
		return R4_HALF_UNSERVED;
	if (sight->is_heard)
		return is_half ? R4_HALF_ALIVE : R4_ALIVE;
	if (sight->is_proven)
		return R4_PROVEN;
	if (!sight->was_heard)
		return R4_NEVER_HEARD;
	return sight->is_thin ? R4_SILENT_THIN : R4_SILENT;
}

static struct table_sight look_at(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];
	bool is_heard = peer_is_heard(core);

	return (struct table_sight){
		.two_way = two_way_state(core),
		.is_fresh = peer_statement_is_fresh(core),
		.says_own = peer_says_own(core, i),
		.says_fit = peer_says_fit(core, i),
		.is_stuck = core->peer.is_stuck,
		.adverts_fell_silent = instance->silent_from_us != 0,
		.is_unserved = half_is_unserved(core, i),
		.is_heard = is_heard,
		.was_heard = core->peer.heard_ever,
		.is_proven = obituary_stands(core, i) || instance->resigned_us,
		.is_thin = !is_heard && evidence_is_thin(core),
	};
}

static void need_of_instance(struct core *core, unsigned i, struct need *need)
{
	struct table_sight sight = look_at(core, i);
	enum table_row row = table_row(&sight);

	if (row != R4_HALF_UNSERVED && row != R4_STUCK)
		half_forget(&core->instances[i]);
	switch (row) {
	case R4_FREE:	/* want.c */
	case R4_SERVED: /* link.c tells */
	case R4_HALF_ALIVE:
	case R4_ALIVE:
	case R4_PROVEN: /* permit.c */
		break;
	case R4_STUCK:
		need_stuck(core, need);
		break;
	case R4_UNFIT_OWNER:
	case R4_DISAGREE:
		need_against_owner(core, i, row, need);
		break;
	case R4_HALF_UNSERVED:
		half_judge(core, need);
		break;
	case R4_SILENT:
	case R4_SILENT_THIN:
		/* R15: that nobody serves what it has not is no fault of it */
		if (!peer_lacks_instance(core, i))
			need_silence(core, i, need);
		break;
	case R4_NEVER_HEARD:
		need_startup(core, i, need);
		break;
	}
}

bool silence_may_count(const struct core *core)
{
	return core->peer.heard_ever || core->now_us >= core->startup_until_us;
}

/* R8: the plugs that this node cut itself read off still; or a person says
 * so: nothing is judged by silence then. */
static bool is_proven_early(const struct core *core)
{
	return core->fence.state == FENCE_STATE_CONFIRMED &&
	       (core->fence.proof.is_own_cut ||
		core->fence.proof.kind == PROOF_OPERATOR);
}

bool plugs_are_too_early(const struct core *core)
{
	return !silence_may_count(core) && !is_proven_early(core) &&
	       !core->fence.attempt.outlived_stall;
}

/* R8: until then silence is not judged; a peer heard ends the wait. */
void startup_judge(struct core *core)
{
	if (!core->keeper_ready)
		return;
	if (!silence_may_count(core) && !is_proven_early(core) &&
	    !kept_obituary_is_ripe(core)) {
		core_wake_at(core, core->startup_until_us);
		kept_obituary_wake(core);
		return;
	}
	/* an early proof is good for itself, and does not end the wait */
	if (silence_may_count(core))
		core->startup_is_over = true;
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].state == INSTANCE_INIT)
			instance_enter(
				core, i, INSTANCE_BACKUP, "%s",
				peer_is_plain(core)
					? "listening for a plain VRRP router"
				: core->peer.heard_ever ? "the peer is heard"
				: is_proven_early(core)
					? (core->fence.proof.is_own_cut
						   ? "it is off, as we left it"
						   : "an operator's word")
				: !silence_may_count(core)
					? "the peer's last word stands"
					: "the start-up wait is over, "
					  "nothing was heard");
}

/* For the trace and the operator: the reason with its evidence. */
const char *need_describe(const struct core *core, const struct need *need,
			  char *text, size_t size)
{
	const char *instance = core->settings->instances[need->instance].name;
	char links[CORE_TEXT_MAX];

	switch (need->kind) {
	case NEED_SILENCE:
		snprintf(text, size, "heard on no link%s: %s",
			 evidence_is_thin(core) ? " (thin evidence)" : "",
			 links_describe(core, links, sizeof(links)));
		break;
	case NEED_STARTUP:
		snprintf(text, size, "never heard since start %lld s ago",
			 (long long)((core->now_us - core->started_us) /
				     SECOND_US));
		break;
	case NEED_HALF:
		snprintf(text, size,
			 "%s: nobody serves it: %s is heard by a half link, "
			 "%s, and cannot hear that we want it",
			 instance, peer_name(core),
			 peer_statement_is_fresh(core)
				 ? "says that it does not serve it"
				 : "started anew");
		break;
	case NEED_DISAGREE:
		snprintf(text, size,
			 "%s: the links disagree: owner by its word, silent "
			 "on VRRP",
			 instance);
		break;
	case NEED_UNYIELDING:
		snprintf(text, size, "%s: the owner does not release it",
			 instance);
		break;
	case NEED_SPLIT_BRAIN:
		snprintf(text, size, "%s: %s goes on claiming what we own",
			 instance, peer_name(core));
		break;
	case NEED_STUCK:
		snprintf(text, size,
			 "%s cannot remove its addresses and asks to be fenced",
			 peer_name(core));
		break;
	case NEED_NONE:
	case NEED_OPERATOR:
		snprintf(text, size, "%s", fence_need_name(need->kind));
		break;
	}
	return text;
}

/* R2: who may be the peer is heard; we look again when that is over. */
static bool may_live_bars(struct core *core)
{
	int64_t until_us = peer_may_live_until_us(core);

	if (core->now_us >= until_us)
		return false;
	core_wake_at(core, until_us);
	return true;
}

void need_find(struct core *core, struct need *need)
{
	bool was_disagreeing = core->is_disagreeing;

	memset(need, 0, sizeof(*need));
	core->is_disagreeing = false;
	/* R16: nobody is fenced */
	if (!core->keeper_ready || core->stopping || !silence_may_count(core) ||
	    peer_is_plain(core) || may_live_bars(core))
		return;
	both_stuck_judge(core);
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];
		struct need here = {.kind = NEED_NONE, .instance = i};
		bool disagreed = core->is_disagreeing;

		core->is_disagreeing = false;
		if (!instance->own && !instance->releasing && instance->fit) {
			need_of_instance(core, i, &here);
		} else {
			half_forget(instance);
			need_split_brain(core, i, &here);
		}
		if (!core->is_disagreeing) {
			alert_clear(core, ROW_DISAGREE, i);
			alert_clear(core, ROW_DISAGREE_HELD, i);
			instance->disagree_from_us = 0;
			if (!core->handover_token)
				instance->urgent = false;
		}
		core->is_disagreeing = core->is_disagreeing || disagreed;
		if (here.kind != NEED_NONE &&
		    (need->kind == NEED_NONE || here.due_us < need->due_us))
			*need = here;
	}
	/* an owner of everything that lost every link defends itself (R5) */
	if (need->kind == NEED_NONE && defends(core) &&
	    core->peer.state == PEER_SILENT)
		need_silence(core, 0, need);
	if (core->is_disagreeing != was_disagreeing)
		core->urgent_beat = true;
}
