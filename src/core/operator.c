/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R13: what people ask for. Every command gets one final answer; a command
 * that cannot be carried out is refused with the reason and the cure.
 */
#include <stdio.h>

#include "internal.h"

#define HANDOVER_US    (3 * (int64_t)SECOND_US)
#define MAINTENANCE_US (3 * (int64_t)SECOND_US)
/* R13: 15 bits of a slot */
#define MAINTENANCE_VERSION_MAX 0x7fffu

/* ---- fence and confirm ---- */

static void operator_fence(struct core *core, const struct event *event)
{
	struct core_fence *fence = &core->fence;
	struct core_ask *ask = &core->asks[ASK_POWER];
	uint32_t token = event->operator_.token;
	unsigned node = event->operator_.node;
	enum core_command command = event->operator_.command;
	enum core_fence_kind kind =
		command == COMMAND_FENCE_ON ? CORE_FENCE_ON : CORE_FENCE_OFF;

	if (command == COMMAND_FENCE_STATUS) {
		if (ask_is_open(core, ASK_STATUS))
			order_reply(core, token, true, false,
				    "the plugs are being read for somebody "
				    "else; ask again");
		else
			read_order(core, ASK_STATUS, node, CORE_LEVELS_ALL,
				   event->operator_.device, token);
		return;
	}
	if (node == core->self) {
		order_reply(core, token, true, false,
			    "%s is this node: a node does not fence itself; "
			    "run it on %s",
			    self_name(core), peer_name(core));
		return;
	}
	if (fence_is_busy(core)) {
		/* R6: equal requests merge */
		if (ask->kind == kind && ask->token == 0) {
			ask->token = token;
			/* what was asked for last decides what follows */
			fence->restore.is_wanted = fence->restore.is_ours =
				command == COMMAND_FENCE_REBOOT;
			fence->restore.in_maintenance = is_in_maintenance(core);
			order_reply(core, token, false, true,
				    "it is being done already");
			return;
		}
		order_reply(core, token, true, false,
			    "a fence operation is running; ask again when it "
			    "is over");
		return;
	}
	fence->need = NEED_OPERATOR;
	restore_cancel(core);
	fence->restore.is_wanted = fence->restore.is_ours =
		command == COMMAND_FENCE_REBOOT;
	fence->restore.device = event->operator_.device;
	fence->restore.in_maintenance = is_in_maintenance(core);
	fence_start(core, ASK_BY_OPERATOR, kind, CORE_LEVELS_ALL,
		    event->operator_.device, token);
	fence_enter(core, FENCE_STATE_RUNNING, "%s by an operator",
		    command == COMMAND_FENCE_ON	      ? "on"
		    : command == COMMAND_FENCE_REBOOT ? "reboot"
						      : "off");
}

/* R8, R11: after a start or a stall, long enough to hear one that lives. No
 * link is open before the keeper is ready: then nobody listens yet. */
static bool is_too_early(const struct core *core, int64_t *left_us)
{
	int64_t from_us = core->listen_us ? core->now_us : core->listening_us;
	int64_t ready_us = from_us + largest_dead_us(core) + OWN_CUT_LISTEN_US;

	if (ready_us > core->startup_until_us)
		ready_us = core->startup_until_us;
	*left_us = ready_us - core->now_us;
	return !core->peer.heard_ever && *left_us > 0;
}

bool operator_confirm(struct core *core, const struct event *event)
{
	uint32_t token = event->operator_.token;
	char links[CORE_TEXT_MAX];
	int64_t left_us;

	if (event->operator_.node == core->self) {
		order_reply(core, token, true, false,
			    "%s is this node, and it runs", self_name(core));
		return false;
	}
	if (peer_is_heard(core)) {
		order_reply(core, token, true, false,
			    "refused: %s is alive (%s)", peer_name(core),
			    links_describe(core, links, sizeof(links)));
		return false;
	}
	if (is_too_early(core, &left_us)) {
		order_reply(core, token, true, false,
			    "refused: this daemon has only just begun to "
			    "listen for %s, or was away; ask again in %lld s",
			    peer_name(core),
			    1 + (long long)left_us / SECOND_US);
		return false;
	}
	if (ask_is_open(core, ASK_CONFIRM) || fence_is_busy(core)) {
		order_reply(core, token, true, false,
			    "refused: the plugs of %s are being read or "
			    "switched just now; ask again in a moment",
			    peer_name(core));
		return false;
	}
	core->confirm_force = event->operator_.force;
	read_order(core, ASK_CONFIRM, core->peer_index, CORE_LEVELS_ALL, -1,
		   token);
	return true;
}

/* What follows for the addresses: they are claimed in the next tick. */
static const char *say_who_serves(const struct core *core, char *text,
				  size_t size)
{
	const char *self = self_name(core);
	unsigned count = core->settings->instance_count, taken = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct core_instance *instance = &core->instances[i];

		if (instance->own) {
			taken++;
			continue;
		}
		if (instance->fit && core->keeper_ready && !core->stopping)
			continue;
		snprintf(text, size, "nobody serves %s: %s is not fit: %.60s",
			 core->settings->instances[i].name, self,
			 instance->unfit_why);
		return text;
	}
	snprintf(text, size, "%s %s", self,
		 taken == count ? "serves already" : "takes over now");
	return text;
}

void confirm_read_done(struct core *core, const struct core_fence_done *done)
{
	const struct core_node *node = &core->settings->nodes[core->peer_index];
	char text[CORE_TEXT_MAX];
	bool on = false;
	int64_t left_us;

	if (done && done->outcome == CORE_OUTCOME_READ)
		plugs_read(core, core->peer_index, CORE_LEVELS_ALL, -1, done);
	for (unsigned i = 0; done && i < node->plug_count; i++)
		on = on || done->plugs[i] == CORE_PLUG_ON;
	if (peer_is_heard(core)) {
		ask_answer(core, ASK_CONFIRM, false,
			   "refused: %s has just been heard", node->name);
	} else if (is_too_early(core, &left_us)) {
		ask_answer(core, ASK_CONFIRM, false,
			   "refused: this node was away meanwhile; ask again "
			   "in %lld s",
			   1 + (long long)left_us / SECOND_US);
	} else if (on && !core->confirm_force) {
		ask_answer(core, ASK_CONFIRM, false,
			   "refused: a plug of %s reads on; if you know that "
			   "it is down all the same, add --force",
			   node->name);
	} else if (fence_is_busy(core)) {
		ask_answer(core, ASK_CONFIRM, false,
			   "a fence operation has begun; ask again");
	} else {
		/* used in the next tick, when the links were drained */
		fence_confirm(core, PROOF_OPERATOR, "an operator says so");
		ask_answer(core, ASK_CONFIRM, true,
			   "%s counts as down, by your word; %s", node->name,
			   say_who_serves(core, text, sizeof(text)));
	}
}

void status_read_done(struct core *core, const struct core_fence_done *done)
{
	const struct core_ask *ask = &core->asks[ASK_STATUS];
	const struct core_node *node = &core->settings->nodes[ask->node];
	bool ok = done && done->outcome == CORE_OUTCOME_READ;
	char text[CORE_TEXT_MAX] = "";
	size_t used = 0;

	assert(ask->kind == CORE_FENCE_READ && ask->id == 0);
	if (ok)
		plugs_read(core, ask->node, CORE_LEVELS_ALL, ask->device, done);
	for (unsigned i = 0; ok && i < node->plug_count; i++) {
		if (!plug_is_meant(core, ask->node, i, CORE_LEVELS_ALL,
				   ask->device))
			continue;
		ok = ok && done->plugs[i] != CORE_PLUG_UNKNOWN;
		if (used < sizeof(text))
			used += (size_t)snprintf(
				text + used, sizeof(text) - used, "%s%s: %s",
				used ? ", " : "",
				core->settings->devices[node->plugs[i].device],
				plug_state_name(
					(enum core_plug)done->plugs[i]));
	}
	ask_answer(core, ASK_STATUS, ok, "%s: %s%s%s", node->name,
		   used ? text : "the plugs could not be read", ok ? "" : ": ",
		   ok || !done ? "" : done->text);
}

/* ---- handover, standby ---- */

/*
 * Which way: to the node that was named, else away from this one if it owns
 * anything, else to it. False when there is nothing to move; replied then.
 */
static bool handover_gives(struct core *core, const struct event *event,
			   bool *gives)
{
	bool owns_some = owned_count(core) > 0, does_it;

	does_it = !set_is_empty(&core->peer.statement.own);
	*gives = event->operator_.is_to ? event->operator_.node != core->self
					: owns_some;
	if (!event->operator_.is_to || (*gives ? owns_some : !owns_all(core)))
		return true;
	order_reply(core, event->operator_.token, true, *gives ? does_it : true,
		    *gives && !does_it
			    ? "refused: this node owns nothing to give to %s"
			    : "%s owns the VIPs already",
		    core->settings->nodes[event->operator_.node].name);
	return false;
}

/* R16: let go of all, and its priority 0 tells; nothing can be asked for. */
static void plain_handover(struct core *core, const struct event *event)
{
	uint32_t token = event->operator_.token;

	if (owns_nothing(core) ||
	    (event->operator_.is_to && event->operator_.node == core->self)) {
		order_reply(core, token, true, false,
			    "refused: %s is a plain VRRP router, which cannot "
			    "be asked for anything: stop it, or lower its "
			    "priority, there",
			    peer_name(core));
		return;
	}
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->instances[i].asked = core->instances[i].own;
	trace_change(core, CORE_NOTICE, "node", -1, NULL, NULL,
		     "handover to %s by an operator", peer_name(core));
	core->handover_gives = true;
	core->handover_token = token;
	core->handover_until_us = core->now_us + HANDOVER_US;
}

/* What we gave away, it serves by its adverts. */
static bool plain_has_taken(const struct core *core, unsigned i)
{
	return !core->instances[i].own &&
	       core->now_us < core->instances[i].vrrp.alive_until_us;
}

static void operator_handover(struct core *core, const struct event *event)
{
	uint32_t token = event->operator_.token;
	bool owns;

	if (core->handover_token) {
		order_reply(core, token, true, false,
			    "a handover is under way already");
		return;
	}
	if (peer_is_plain(core)) {
		plain_handover(core, event);
		return;
	}
	if (two_way_state(core) != LINK_UP || !peer_statement_is_fresh(core)) {
		order_reply(core, token, true, false,
			    "refused: there is no working two-way link to %s",
			    peer_name(core));
		return;
	}
	if (!handover_gives(core, event, &owns))
		return;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];
		bool taker_fit = owns ? peer_says_fit(core, i) : instance->fit;

		if (owns != instance->own)
			continue;
		/* R15: it tells the names one after the other */
		if (owns && !peer_means_instance(core, i)) {
			order_reply(core, token, true, false,
				    "refused: the settings of the two nodes "
				    "differ, and %s has not told whether it "
				    "has %s: try again in some seconds",
				    peer_name(core),
				    core->settings->instances[i].name);
			return;
		}
		if (!taker_fit) {
			order_reply(core, token, true, false,
				    "refused: %s is not fit to serve %s: %s",
				    owns ? peer_name(core) : "this node",
				    core->settings->instances[i].name,
				    owns ? "its own status says why"
					 : instance->unfit_why);
			return;
		}
	}
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];

		if (owns && instance->own)
			instance->asked = true;
		else if (!owns && !instance->own)
			instance->urgent = true;
	}
	/* else neither history would say who moved the addresses */
	trace_change(core, CORE_NOTICE, "node", -1, NULL, NULL,
		     "handover to %s by an operator",
		     owns ? peer_name(core) : self_name(core));
	core->handover_gives = owns;
	core->handover_token = token;
	core->handover_until_us = core->now_us + HANDOVER_US;
	core->urgent_beat = true;
}

static void handover_step(struct core *core)
{
	bool done = true;

	if (!core->handover_token)
		return;
	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		const struct core_instance *instance = &core->instances[i];
		bool its =
			peer_statement_is_fresh(core) && peer_says_own(core, i);

		if (core->handover_gives)
			done = done && (its || !instance->asked ||
					(peer_is_plain(core) &&
					 plain_has_taken(core, i)));
		else
			done = done && instance->own && !instance->is_claiming;
	}
	if (!done && core->now_us < core->handover_until_us) {
		core_wake_at(core, core->handover_until_us);
		return;
	}
	for (unsigned i = 0; i < core->settings->instance_count; i++)
		core->instances[i].urgent = core->instances[i].asked = false;
	/* R16: who was asked to let go of it has not listened */
	if (peer_is_plain(core))
		core_wake_at(core, core->now_us);
	if (done)
		order_reply(core, core->handover_token, true, true,
			    "%s owns the VIPs now",
			    core->handover_gives ? peer_name(core)
						 : self_name(core));
	else
		order_reply(core, core->handover_token, true, false,
			    "the VIPs did not move within %lld s: see twinbeat "
			    "status on both nodes",
			    (long long)(HANDOVER_US / SECOND_US));
	core->handover_token = 0;
	core->urgent_beat = true;
}

/* R13: what is owned stays until somebody has it; who that could be. */
static const char *say_what_standby_does(const struct core *core, char *text,
					 size_t size)
{
	const char *peer = peer_name(core);
	struct instance_set own = {{0}};

	for (unsigned i = 0; i < core->settings->instance_count; i++)
		if (core->instances[i].own)
			set_add(&own, i);
	if (set_is_empty(&own))
		snprintf(text, size, "it takes nothing over");
	else if (peer_is_plain(core))
		snprintf(text, size,
			 "it lets go of what it serves, for %s to take", peer);
	else if (two_way_state(core) != LINK_UP ||
		 !peer_statement_is_fresh(core))
		snprintf(text, size,
			 "it goes on serving until %s is heard by a two-way "
			 "link, and takes over",
			 peer);
	else if (!set_is_within(&own, &core->peer.statement.fit))
		snprintf(text, size,
			 "it goes on serving until %s is fit, which it is not, "
			 "and takes over",
			 peer);
	else
		snprintf(text, size,
			 "it serves only until the peer takes over");
	return text;
}

static void operator_standby(struct core *core, uint32_t token, bool standby)
{
	const char *name = self_name(core);
	char text[CORE_TEXT_MAX / 2];

	if (core->standby != standby)
		trace_change(core, CORE_NOTICE, "node", -1,
			     standby ? "online" : "standby",
			     standby ? "standby" : "online",
			     "%s: %s by an operator", name,
			     standby ? "standby" : "online");
	core->standby = standby;
	core->urgent_beat = true;
	if (!standby)
		order_reply(core, token, true, true, "%s is online", name);
	else
		order_reply(core, token, true, true, "%s is in standby: %s",
			    name,
			    say_what_standby_does(core, text, sizeof(text)));
}

/* ---- maintenance: versioned, on disk, acknowledged ---- */

static void maintenance_take(struct core *core, bool on, uint16_t version,
			     const char *by)
{
	assert(version <= MAINTENANCE_VERSION_MAX);
	core->memory.maintenance = on;
	core->memory.maintenance_version = version;
	memory_save(core);
	core->urgent_beat = true;
	slots_go_on(core, SLOT_TURN_MAINTENANCE); /* with the next beat */
	trace_change(core, CORE_NOTICE, "node", -1, on ? "off" : "on",
		     on ? "on" : "off", "maintenance: %s by %s (version %u)",
		     on ? "on" : "off", by, version);
}

void maintenance_set(struct core *core, bool on, const char *by)
{
	uint16_t version = core->memory.maintenance_version;

	/* after the largest comes 1: 0 is that nobody ever set it */
	maintenance_take(core, on,
			 version >= MAINTENANCE_VERSION_MAX
				 ? 1
				 : (uint16_t)(version + 1),
			 by);
}

/* Versions go in a ring (RFC 1982), which 0 is not a part of. */
static bool is_newer_version(uint16_t version, uint16_t than)
{
	unsigned ahead = (unsigned)(version - than) & MAINTENANCE_VERSION_MAX;
	const unsigned half = (MAINTENANCE_VERSION_MAX + 1) / 2;

	if (version == 0 || than == 0 || ahead == half)
		return version > than;
	return ahead != 0 && ahead < half;
}

void maintenance_heard(struct core *core)
{
	uint16_t version = core->peer.maintenance >> 1;
	bool on = core->peer.maintenance & 1;

	if (is_newer_version(version, core->memory.maintenance_version) ||
	    (version == core->memory.maintenance_version && on &&
	     !core->memory.maintenance))
		maintenance_take(core, on, version, peer_name(core));
}

static void operator_maintenance(struct core *core, uint32_t token, bool on)
{
	if (core->maintenance_token) {
		order_reply(core, token, true, false,
			    "another maintenance command is waiting for %s",
			    peer_name(core));
		return;
	}
	maintenance_set(core, on, "an operator");
	core->maintenance_token = token;
	core->maintenance_until_us = core->now_us + MAINTENANCE_US;
}

static void maintenance_step(struct core *core)
{
	bool known = maintenance_is_agreed(core);
	const char *word = core->memory.maintenance ? "on" : "off";
	/* what is written cannot be called back (R5) */
	bool cuts = core->memory.maintenance && fence_has_just_cut(core);

	if (core->memory.maintenance)
		alert_raise(core, ROW_MAINTENANCE, 0, CORE_WARNING,
			    "maintenance is on: no automatic fencing and no "
			    "takeover by fencing; end it with: twinbeat "
			    "maintenance off");
	else
		alert_clear(core, ROW_MAINTENANCE, 0);
	if (!core->maintenance_token)
		return;
	if (known) {
		order_reply(core, core->maintenance_token, true, true,
			    "maintenance: %s, on both nodes%s%s%s", word,
			    cuts ? "; the cut of " : "",
			    cuts ? peer_name(core) : "",
			    cuts ? " has begun and is finished" : "");
		core->maintenance_token = 0;
	} else if (core->now_us >= core->maintenance_until_us) {
		order_reply(core, core->maintenance_token, true, false,
			    "maintenance is %s on this node, but %s has not "
			    "acknowledged it within %lld s",
			    word, peer_name(core),
			    (long long)(MAINTENANCE_US / SECOND_US));
		core->maintenance_token = 0;
	} else {
		core_wake_at(core, core->maintenance_until_us);
	}
}

/* ---- the door ---- */

/* While a drill runs nothing else moves power or addresses. */
static bool drill_refuses(struct core *core, const struct event *event)
{
	uint32_t token = event->operator_.token;

	if (!drill_is_running(core))
		return false;
	switch (event->operator_.command) {
	case COMMAND_MAINTENANCE_OFF:
		drill_cancel(core, token);
		return true;
	case COMMAND_FENCE_STATUS:
	case COMMAND_ONLINE:
		return false;
	default:
		order_reply(core, token, true, false,
			    "refused: a drill of %s is running; to end it: "
			    "twinbeat maintenance off",
			    peer_name(core));
		return true;
	}
}

void operator_asked(struct core *core, const struct event *event)
{
	uint32_t token = event->operator_.token;

	if (core->stopping) {
		order_reply(core, token, true, false, "the daemon is stopping");
		return;
	}
	if (drill_refuses(core, event))
		return;
	switch (event->operator_.command) {
	case COMMAND_NONE:
		order_reply(core, token, true, false,
			    "refused: the request names no command");
		break;
	case COMMAND_FENCE_OFF:
	case COMMAND_FENCE_ON:
	case COMMAND_FENCE_REBOOT:
	case COMMAND_FENCE_STATUS:
		if (event->operator_.is_drill)
			drill_ask(core, event);
		else
			operator_fence(core, event);
		break;
	case COMMAND_CONFIRM:
		operator_confirm(core, event);
		break;
	case COMMAND_ANSWER:
		question_answered(core, event);
		break;
	case COMMAND_HANDOVER:
		operator_handover(core, event);
		break;
	case COMMAND_STANDBY:
		operator_standby(core, token, true);
		break;
	case COMMAND_ONLINE:
		operator_standby(core, token, false);
		break;
	case COMMAND_MAINTENANCE_ON:
		operator_maintenance(core, token, true);
		break;
	case COMMAND_MAINTENANCE_OFF:
		operator_maintenance(core, token, false);
		break;
	}
}

void operator_step(struct core *core)
{
	handover_step(core);
	maintenance_step(core);
	drill_step(core);
}
