/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VRRP: adverts heard and adverts sent. One way: the owner sends, so an advert
 * says that its sender lives and owns, and its absence says next to nothing.
 */
#include "internal.h"

/* A stray one now and then is no other daemon. */
#define CONTRADICTION_OLD_US (10 * (int64_t)SECOND_US)
#define CONTRADICTION_FRAMES 3
/* two turns of its slow facts at ten beats a second */
#define SOURCES_TOLD_US (5 * (int64_t)SECOND_US)

bool advert_is_of_peer(const struct core *core, unsigned i,
		       const struct ip *source)
{
	const struct ip *unicast = &core->settings->instances[i].peer_address;

	return (!ip_is_none(unicast) && ip_compare(unicast, source) == 0) ||
	       node_has_address(&core->settings->nodes[core->peer_index],
				source);
}

bool node_has_address(const struct core_node *node, const struct ip *address)
{
	for (unsigned i = 0; i < node->address_count; i++)
		if (ip_compare(&node->addresses[i], address) == 0)
			return true;
	return false;
}

/* R7: it signed it, or it is from an address that is configured, or that its
 * own statement told. */
static bool is_the_peers(const struct core *core, const struct event *event)
{
	uint32_t told = peer_source_of(core, event->advert.instance);
	const struct ip *source = &event->advert.source;

	return event->advert.signature.is_signed ||
	       advert_is_of_peer(core, event->advert.instance, source) ||
	       (told != 0 && ip_is_v4(source) && ip_to_v4(source) == told);
}

/* Its statements will tell where its adverts come from: not a stranger yet. */
static bool may_be_the_peers(const struct core *core, unsigned i)
{
	return peer_statement_is_fresh(core) &&
	       (!peer_means_instance(core, i) || peer_says_own(core, i) ||
		peer_says_want(core, i)) &&
	       core->now_us - core->peer.believed_us < SOURCES_TOLD_US;
}

/*
 * R1: while a two-way link speaks, priority 0 must not outvote the peer's own
 * word, and its next beat ends it. But this may be the last will of a daemon
 * that died as the owner, and its obituary was lost on the line: then no beat
 * follows, and it is the newest thing heard when that link is down, too.
 */
static bool may_be_its_last_word(const struct core *core, unsigned i)
{
	enum link_state two_way = two_way_state(core);

	if (two_way == LINK_UP || two_way == LINK_HALF ||
	    two_way_is_heard(core))
		return peer_statement_is_fresh(core) && peer_says_own(core, i);
	return true;
}

/* R1 resigned: signed by the peer. */
static void advert_resigned(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	struct core_instance *instance = &core->instances[i];

	split_excused(core, i);
	if (instance->own || !advert_is_its_newest(core, event))
		return;
	advert_link_reset(core, i);
	/* said again it is no newer word: its silence runs from the first */
	if (instance->resigned_us == 0 && may_be_its_last_word(core, i))
		instance->resigned_us = core->now_us;
}

/* Its newest word, which knows of our claim, says that it does not own it. */
static bool is_denied_by_word(const struct core *core, unsigned i)
{
	const struct core_instance *instance = &core->instances[i];

	return two_way_state(core) == LINK_UP &&
	       peer_statement_is_fresh(core) && peer_means_instance(core, i) &&
	       !peer_says_own(core, i) &&
	       (!instance->own ||
		peer_acknowledges(core, instance->own_sequence));
}

/*
 * R10: who cannot remove its addresses sends no adverts. (Stuck is said of the
 * node; unfit tells of which instance.)
 */
static bool is_stuck_by_word(const struct core *core, unsigned i)
{
	return two_way_state(core) == LINK_UP &&
	       peer_statement_is_fresh(core) && core->peer.is_stuck &&
	       peer_means_instance(core, i) && !peer_says_fit(core, i);
}

/*
 * R17.1: adverts come from the peer's address, and its own word contradicts
 * them. A claim's first adverts are quicker than its statement, and the last
 * ones may be late: so it has to last over statements that it made since.
 */
static void advert_contradicted(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	struct core_instance *instance = &core->instances[i];
	bool is = is_denied_by_word(core, i) || is_stuck_by_word(core, i);

	if (!is ||
	    core->now_us - instance->contradicted_us > CONTRADICTION_OLD_US)
		instance->contradicted = 0;
	if (!is)
		return;
	if (instance->contradicted++ == 0) {
		instance->contradicted_us = core->now_us;
		instance->contradicted_sequence = core->peer.sequence;
	}
	/* what was on its way then, by every link, was made before */
	if (instance->contradicted < 3 ||
	    core->now_us - instance->contradicted_us < largest_dead_us(core) ||
	    core->peer.sequence <
		    instance->contradicted_sequence + CONTRADICTION_FRAMES)
		return;
	alert_flash(core, ROW_FOREIGN_ON_PEER, i, 60 * (int64_t)SECOND_US,
		    "%s: another VRRP daemon runs on %s: adverts with vrid %u "
		    "(priority %u) come from its address, and its twinbeatd "
		    "says that it does not own it: stop that daemon "
		    "(keepalived?)",
		    core->settings->instances[i].name, peer_name(core),
		    core->settings->instances[i].vrid, event->advert.priority);
}

/* It says that it serves, and nobody is about to take that from it: so it sends
 * adverts. Who lets go, or cannot, sends none. */
static bool must_be_sending(const struct core *core, unsigned i)
{
	const struct core_peer *peer = &core->peer;

	return peer_statement_is_fresh(core) && two_way_is_heard(core) &&
	       (!peer_means_instance(core, i) ||
		(peer_says_own(core, i) && peer_says_fit(core, i) &&
		 !set_has(&peer->statement.ask, i))) &&
	       !peer->is_stuck && !core->instances[i].want;
}

/*
 * R2: what is signed is the peer's own, whatever else is wrong with it. What
 * is not (before a signed one was heard) and fails its check must not put off a
 * takeover for ever: it is life for one dead time after the last good word of
 * the peer by any link. But where its own adverts are seen to fail, while its
 * word by a two-way link says that it sends them (another password, another
 * list, our own firewall), they go on telling that it lives when that link is
 * gone. It must have said so a dead time after the last good one: who dies
 * falls silent there first, and its last beat is fresh still. So do those that
 * come before any good word since the start: a file with a mistake must not
 * shoot the owner.
 */
static bool dropped_is_life(struct core *core, unsigned i, bool is_signed,
			    int64_t *until_us)
{
	struct core_peer *peer = &core->peer;
	int64_t dead_us = advert_dead_us(core, i);
	/* a new life has had no time to be heard yet */
	int64_t since_us = peer->advert_us > peer->believed_us
				   ? peer->advert_us
				   : peer->believed_us;

	if (must_be_sending(core, i) &&
	    peer->statement_us - since_us > largest_dead_us(core))
		peer->adverts_fail = true;
	*until_us = core->now_us + dead_us;
	if (is_signed || peer->adverts_fail || peer->word_us == 0)
		return true;
	if (*until_us > peer->word_us + dead_us)
		*until_us = peer->word_us + dead_us;
	return core->now_us < *until_us;
}

bool dropped_advert_is_life(struct core *core, unsigned i, int64_t *until_us)
{
	return dropped_is_life(core, i, false, until_us);
}

/* R2: in the name of who signs, and not signed: no life, no word, nothing. */
static void advert_forged(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;

	core->instances[i].dropped_adverts++;
	alert_flash(core, ROW_MISMATCH_ADVERT, i, 10 * (int64_t)SECOND_US,
		    "%s: adverts of %s are dropped: it signs its own, and "
		    "others come in its name: stop the other VRRP daemon on "
		    "it (keepalived?); if there is none, somebody forges them",
		    core->settings->instances[i].name, peer_name(core));
	advert_contradicted(core, event);
}

/* R2, R15: its adverts are not taken for good; what is wrong with them? */
static void advert_dropped_tell(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	const char *name = core->settings->instances[i].name;

	if (event->advert.verdict == CORE_ADVERT_GOOD)
		alert_flash(core, ROW_MISMATCH_ADVERT, i,
			    10 * (int64_t)SECOND_US,
			    "%s: adverts of %s are dropped: they are not "
			    "signed, and %s signs its own: set "
			    "instances[].sign alike in the two files",
			    name, peer_name(core), self_name(core));
	else if (event->advert.signature.is_wrong)
		alert_flash(core, ROW_MISMATCH_ADVERT, i,
			    10 * (int64_t)SECOND_US,
			    "%s: adverts of %s are dropped: they are signed "
			    "with another key: compare key_file on both nodes "
			    "(sha256sum), copy it from one to the other, and "
			    "restart that one",
			    name, peer_name(core));
	else
		alert_flash(core, ROW_MISMATCH_ADVERT, i,
			    10 * (int64_t)SECOND_US,
			    "%s: adverts of %s are dropped: %s differs or is "
			    "wrong: make the two files equal",
			    name, peer_name(core), event->advert.reason);
}

/*
 * Here sign is false, and it signs. (One that lets go, and has a signature that
 * nobody reads, is longer than it may be, and was dropped for that.)
 */
static bool advert_signed_in_vain(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;

	if (!core->settings->instances[i].is_plain ||
	    !event->advert.signature.is_there ||
	    (event->advert.verdict != CORE_ADVERT_GOOD &&
	     event->advert.priority != 0))
		return false;
	alert_flash(core, ROW_MISMATCH_ADVERT, i, 10 * (int64_t)SECOND_US,
		    "%s: %s signs its adverts, and instances[].sign is false "
		    "on %s: set it alike in the two files",
		    core->settings->instances[i].name, peer_name(core),
		    self_name(core));
	return true;
}

/* It does not count as life, but the last word is not the newest any more. */
static void dropped_after_obituary(struct core *core)
{
	struct core_peer *peer = &core->peer;

	if (!peer->is_over)
		return;
	peer->is_over = false;
	trace_change(core, CORE_WARNING, "peer", -1,
		     peer_state_name(peer->state), "silent",
		     "peer %s: %s -> silent: adverts that fail their check "
		     "come in its name after its last word",
		     peer_name(core), peer_state_name(peer->state));
	peer->state = PEER_SILENT;
}

/* R2: the digests agree on the interval; RFC 9568 6.1 would learn it. */
static void advert_interval_judge(struct core *core, unsigned i,
				  uint32_t interval_ms)
{
	const struct core_instance_settings *settings =
		&core->settings->instances[i];

	if (interval_ms != settings->advert_ms)
		alert_flash(core, ROW_MISMATCH_INTERVAL, i,
			    10 * (int64_t)SECOND_US,
			    "%s: adverts of %s say that they come every %u ms, "
			    "advert_ms is %u here: make the two files equal; "
			    "if they are, somebody forges them",
			    settings->name, peer_name(core), interval_ms,
			    settings->advert_ms);
}

/* R7: what leaves by our own card and is not ours. */
void advert_beside(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	char text[IP_TEXT_MAX];

	alert_flash(
		core, ROW_FOREIGN_BESIDE, i, 60 * (int64_t)SECOND_US,
		"%s: another VRRP daemon on this very machine (keepalived?) "
		"sends adverts with vrid %u (priority %u, from %s): stop "
		"and disable it: it puts the addresses here, too",
		core->settings->instances[i].name,
		core->settings->instances[i].vrid, event->advert.priority,
		ip_format(&event->advert.source, text));
}

void advert_heard(struct core *core, const struct event *event)
{
	unsigned i = event->advert.instance;
	struct core_instance *instance = &core->instances[i];
	const struct core_instance_settings *settings =
		&core->settings->instances[i];
	struct core_link *l = &instance->vrrp;
	/* R2: a twinbeat node signs: what is not signed is not its word */
	bool good = event->advert.verdict == CORE_ADVERT_GOOD &&
		    (event->advert.signature.is_signed || settings->is_plain);
	int64_t until_us = core->now_us + advert_dead_us(core, i);
	char text[IP_TEXT_MAX];

	if (event->advert.verdict == CORE_ADVERT_CARP) {
		/* named, not judged: it says nothing that we understand */
		alert_flash(core, ROW_FOREIGN_CARP, i, 60 * (int64_t)SECOND_US,
			    "%s: %s sends CARP with vhid %u (also IP protocol "
			    "112): choose another vrid or vhid",
			    settings->name,
			    ip_format(&event->advert.source, text),
			    settings->vrid);
		return;
	}
	if (peer_is_plain(core)) {
		plain_advert_heard(core, event);
		return;
	}
	if (!is_the_peers(core, event)) {
		if (may_be_the_peers(core, i))
			return;
		/* R7: named once; never a reason to fence */
		alert_flash(
			core, ROW_FOREIGN_STRANGER, i, 60 * (int64_t)SECOND_US,
			"%s: %s also sends VRRP with vrid %u (priority "
			"%u): choose another vrid",
			settings->name, ip_format(&event->advert.source, text),
			settings->vrid, event->advert.priority);
		return;
	}
	switch (advert_weigh(core, event)) {
	case ADVERT_FORGED:
		advert_forged(core, event);
		return;
	case ADVERT_OLD:
		l->replays++;
		return;
	case ADVERT_COUNTS:
		break;
	}
	plugs_not_cut(core); /* R8: whatever it says */
	if (!advert_signed_in_vain(core, event) && !good)
		advert_dropped_tell(core, event);
	if (!good) {
		instance->dropped_adverts++;
	} else if (event->advert.priority == 0) {
		/* R2: a good one: it was not dropped */
		core->peer.advert_us = core->peer.word_us = core->now_us;
		core->peer.adverts_fail = false;
		advert_resigned(core, event);
		return;
	}
	advert_contradicted(core, event);
	for (unsigned k = 0; k < core->settings->instance_count; k++)
		core->instances[k].resigned_us = 0;
	if (!good &&
	    !dropped_is_life(core, i, event->advert.signature.is_signed,
			     &until_us)) {
		dropped_after_obituary(core);
		return;
	}
	if (core->now_us >= l->alive_until_us)
		l->good = 0;
	l->heard_us = core->now_us;
	if (good) {
		beats_fall_in(core, i);
		advert_interval_judge(core, i, event->advert.interval_ms);
		core->peer.advert_us = core->peer.word_us = core->now_us;
		core->peer.adverts_fail = false;
		if (!link_is_proven(l))
			l->good++;
	}
	if (until_us > l->alive_until_us)
		l->alive_until_us = until_us;
	/* R2: an advert of any instance counts, good or dropped */
	if (l->alive_until_us > core->vrrp_alive_until_us)
		core->vrrp_alive_until_us = l->alive_until_us;
	/* an advert after the last word: somebody lives there */
	core->peer.is_over = false;
	peer_lives(core, "an advert of", settings->name);
	/* R7: not where its own word, younger than our claim, denies it */
	if (good && instance->own && !is_denied_by_word(core, i))
		split_heard_rival(core, i, event->advert.priority);
}

int64_t advert_early_us(const struct core *core, unsigned i)
{
	return advert_pace_us(core, i) / 16;
}

void adverts_send(struct core *core)
{
	bool is_early = beats_are_due(core);

	for (unsigned i = 0; i < core->settings->instance_count; i++) {
		struct core_instance *instance = &core->instances[i];
		const struct core_instance_settings *settings =
			&core->settings->instances[i];
		int64_t interval_us =
			hurry_pace_us(core, advert_pace_us(core, i));

		if (!instance->own || instance->releasing)
			continue;
		if (core->now_us >=
		    instance->next_advert_us -
			    (is_early ? advert_early_us(core, i) : 0)) {
			order_advert(core, i, settings->priority[core->self]);
			beats_fall_in(core, i);
			if (instance->next_advert_us + interval_us <=
			    core->now_us)
				instance->next_advert_us =
					core->now_us + interval_us;
			else
				instance->next_advert_us += interval_us;
		}
		core_wake_at(core, instance->next_advert_us);
	}
}
