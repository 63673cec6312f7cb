/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judges the fence: can each node be cut, is no plug both nodes', is the time
 * that decides a tie longer than what it must outlast (R5), is no choice taken
 * that costs safety without having been spelt out (R6).
 */
#include <stdlib.h>

#include "../wire/vrrp.h"
#include "internal.h"

/* The group fence may be left out; its keys are still spoken of. */
static const config_setting_t *fence_at(const struct reader *reader)
{
	const config_setting_t *at =
		reader_at(reader, &reader->settings->fence);

	return at != NULL ? at : reader->root;
}

static const char *fence_key(const struct reader *reader, const char *path)
{
	return fence_at(reader) != reader->root ? path + strlen("fence.")
						: path;
}

/* ---- plugs ---- */

/* Two entries, one piece of metal: by name, or by where the command goes. */
static bool plugs_are_one(const struct settings *settings,
			  const struct settings_plug *a,
			  const struct settings_plug *b)
{
	const struct settings_device *x = &settings->devices[a->device];
	const struct settings_device *y = &settings->devices[b->device];
	const struct driver *driver = driver_find(x->driver);

	if (driver == NULL)
		return false;
	if (a->device == b->device && strcmp(a->plug, b->plug) == 0)
		return true;
	return strcmp(x->driver, y->driver) == 0 &&
	       driver->is_same(x, a->plug, y, b->plug);
}

/*
 * Two entries that may be one piece of metal, which no text can tell. Drivers
 * differ: one address is one device to both, and a BMC has one plug only.
 */
static bool plugs_look_like_one(const struct settings *settings,
				const struct settings_plug *a,
				const struct settings_plug *b)
{
	const struct settings_device *x = &settings->devices[a->device];
	const struct settings_device *y = &settings->devices[b->device];
	const struct driver *driver = driver_find(x->driver);
	const struct driver *other = driver_find(y->driver);

	if (driver == NULL || other == NULL || a->device == b->device)
		return false;
	if (driver == other)
		return driver->is_alike != NULL &&
		       driver->is_alike(x, a->plug, y, b->plug);
	return x->host[0] != '\0' && strcmp(x->host, y->host) == 0 &&
	       (strcmp(a->plug, b->plug) == 0 || driver->only_plug != NULL ||
		other->only_plug != NULL);
}

static bool plug_is_good(const struct reader *reader, unsigned node, unsigned p)
{
	return reader_is_good(reader, plug_at(reader, node, p), "device") &&
	       reader_is_good(reader, plug_at(reader, node, p), "plug");
}

/* Is plug p of node listed before it, at its own node or the other one? */
static void verify_plug(struct reader *reader, unsigned node, unsigned p)
{
	const struct settings *settings = reader->settings;
	const struct settings_plug *plug = &settings->nodes[node].plugs[p];

	if (!plug_is_good(reader, node, p))
		return;
	for (unsigned n = 0; n <= node; n++) {
		unsigned end = n == node ? p : settings->nodes[n].plug_count;

		for (unsigned i = 0; i < end; i++) {
			if (!plug_is_good(reader, n, i) ||
			    !plugs_are_one(settings,
					   &settings->nodes[n].plugs[i], plug))
				continue;
			reader_error(reader, plug_at(reader, node, p), "plug",
				     "plug %s of %s is nodes[%u].fence[%u] "
				     "too; %s",
				     plug->plug,
				     settings->devices[plug->device].name, n, i,
				     n == node ? "name it once"
					       : "one plug cannot cut both "
						 "nodes");
			return;
		}
	}
}

/* Does a plug of the second node look like one of the first's? */
static void verify_alike(struct reader *reader, unsigned p)
{
	const struct settings *settings = reader->settings;
	const struct settings_node *first = &settings->nodes[0];
	const struct settings_plug *plug = &settings->nodes[1].plugs[p];

	for (unsigned i = 0; i < first->plug_count; i++) {
		const struct settings_plug *other = &first->plugs[i];

		if (!plug_is_good(reader, 1, p) ||
		    !plug_is_good(reader, 0, i) ||
		    plugs_are_one(settings, other, plug) ||
		    !plugs_look_like_one(settings, other, plug))
			continue;
		reader_warn(reader, plug_at(reader, 1, p), "plug",
			    "%s and nodes[0].fence[%u] (%s) look like one "
			    "plug: %s; if they are, a node that shoots the "
			    "other shoots itself. Name a power switch once, "
			    "and give each node a plug of its own",
			    settings->devices[plug->device].name, i,
			    settings->devices[other->device].name,
			    settings->devices[plug->device].place);
		return;
	}
}

/* ---- times ---- */

/* Every key that is a time, whichever driver's. */
static bool device_times_are_good(const struct reader *reader,
				  const config_setting_t *device)
{
	for (unsigned i = 0; i < reader_length(device); i++) {
		const char *key =
			config_setting_name(config_setting_get_elem(device, i));
		size_t size = strlen(key);

		if (size > 3 && strcmp(key + size - 3, "_ms") == 0 &&
		    !reader_is_good(reader, device, key))
			return false;
	}
	return true;
}

/*
 * A time is the sum of what no error was noted of: what it is for sure. A wrong
 * plug hides no tie_ms that is too short anyway.
 */
static bool plug_counts(const struct reader *reader, unsigned node, unsigned p)
{
	const struct settings_plug *plug =
		&reader->settings->nodes[node].plugs[p];

	return plug_is_good(reader, node, p) &&
	       reader_is_good(reader, plug_at(reader, node, p), "level") &&
	       device_times_are_good(reader, device_at(reader, plug->device));
}

/*
 * What one level takes; its plugs are spoken to one after the other, settled
 * and waited for together, and so does the time that a server takes to go off.
 * A whole attempt is read, write and read-back (the power supplies are waited
 * for when it is over); until the power is gone is one command and the power
 * supplies.
 */
enum span { SPAN_ATTEMPT, SPAN_POWER_GONE };

static uint64_t level_time_ms(const struct reader *reader, unsigned node,
			      unsigned level, enum span span)
{
	const struct settings *settings = reader->settings;
	const struct settings_node *n = &settings->nodes[node];
	uint64_t read_ms = 0, command_ms = 0;
	uint64_t settle_ms = 0, wait_ms = 0, switch_ms = 0;

	for (unsigned p = 0; p < n->plug_count; p++) {
		const struct settings_device *device =
			&settings->devices[n->plugs[p].device];

		if (n->plugs[p].level != level || !plug_counts(reader, node, p))
			continue;
		read_ms += device->answer_ms;
		command_ms += settings_command_ms(device);
		if (device->settle_ms > settle_ms)
			settle_ms = device->settle_ms;
		if (device->switch_ms > switch_ms)
			switch_ms = device->switch_ms;
		if (device->power_wait_ms > wait_ms)
			wait_ms = device->power_wait_ms;
	}
	if (read_ms == 0)
		return 0;
	settle_ms += switch_ms;
	return span == SPAN_ATTEMPT ? 2 * read_ms + command_ms + settle_ms
				    : command_ms + settle_ms + wait_ms;
}

static unsigned first_level(const struct reader *reader, unsigned n)
{
	const struct settings_node *node = &reader->settings->nodes[n];
	unsigned level = LEVELS_MAX;

	for (unsigned p = 0; p < node->plug_count; p++)
		if (node->plugs[p].level < level &&
		    reader_is_good(reader, plug_at(reader, n, p), "level"))
			level = node->plugs[p].level;
	return level;
}

/* The largest and the smallest time in which either node misses the other. */
static void dead_times_us(const struct reader *reader, int64_t *least,
			  int64_t *most)
{
	const struct settings *settings = reader->settings;

	*least = INT64_MAX;
	*most = 0;
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		int64_t dead_us = (int64_t)settings->links[i].dead_ms * 1000;

		if (!settings->links[i].configured ||
		    !reader_is_good(reader,
				    reader_at(reader, &settings->links[i]),
				    "dead_ms"))
			continue;
		*least = dead_us < *least ? dead_us : *least;
		*most = dead_us > *most ? dead_us : *most;
	}
	for (unsigned i = 0; i < settings->instance_count; i++) {
		if (!reader_is_good(reader, instance_at(reader, i),
				    "advert_ms") ||
		    !reader_is_good(reader, instance_at(reader, i), "version"))
			continue;
		for (unsigned n = 0; n < NODES; n++) {
			const struct settings_instance *instance =
				&settings->instances[i];
			int64_t dead_us = vrrp_master_down_us(
				instance->version, instance->priority[n],
				instance->advert_ms);

			*least = dead_us < *least ? dead_us : *least;
			*most = dead_us > *most ? dead_us : *most;
		}
	}
	/* R18: one of them may be in a hurry, and the other not */
	if (settings->hurry_ms > 0 &&
	    settings->hurry_ms * INT64_C(1000) < *least)
		*least = settings->hurry_ms * INT64_C(1000);
	if (*least > *most) /* all of them are wrong by themselves */
		*least = *most;
}

/*
 * R5: the standby of an owner of everything waits delay_ms. The owner has no
 * reason to shoot, unless it let go of an address unheard: then it waits
 * tie_ms, and its shot should not meet the other.
 */
static void verify_delay(struct reader *reader, uint64_t least_ms)
{
	const struct settings_fence *fence = &reader->settings->fence;

	if (fence->defend || fence->delay_ms == 0 ||
	    fence->tie_ms > least_ms + fence->delay_ms)
		return;
	reader_warn(reader, fence_at(reader), fence_key(reader, "fence.tie_ms"),
		    "%u ms: make it more than %llu ms, since delay_ms is %u "
		    "ms: the shots of two nodes that both think the other "
		    "dead lie closer together than one of them takes",
		    fence->tie_ms,
		    (unsigned long long)(least_ms + fence->delay_ms),
		    fence->delay_ms);
}

/*
 * R5: the second to shoot must still be waiting when the first has cut its
 * power. Counted is one command per plug at its time-outs; a device that
 * needs them in full three times over wants a larger tie_ms.
 */
static void verify_tie(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	uint64_t slowest_ms = 0, spread_ms;
	int64_t least_us, most_us;

	for (unsigned n = 0; n < NODES; n++) {
		uint64_t time_ms = level_time_ms(
			reader, n, first_level(reader, n), SPAN_POWER_GONE);

		if (time_ms > slowest_ms)
			slowest_ms = time_ms;
	}
	if (slowest_ms == 0)
		return;
	dead_times_us(reader, &least_us, &most_us);
	spread_ms = most_us > least_us
			    ? (uint64_t)(most_us - least_us + 999) / 1000
			    : 0;
	if (settings->fence.tie_ms > spread_ms + slowest_ms) {
		verify_delay(reader, spread_ms + slowest_ms);
		return;
	}
	reader_error(
		reader, fence_at(reader), fence_key(reader, "fence.tie_ms"),
		"%u ms must be more than %llu ms: the dead times lie %llu "
		"ms apart (%lld to %lld ms), and the slowest level-1 "
		"fence takes %llu ms (its answers, settle, switching, power "
		"wait); else both nodes could shoot",
		settings->fence.tie_ms,
		(unsigned long long)(spread_ms + slowest_ms),
		(unsigned long long)spread_ms, (long long)(least_us / 1000),
		(long long)(most_us / 1000), (unsigned long long)slowest_ms);
}

/* An attempt that is killed before it could be done is never a proof. */
static void verify_timeout(struct reader *reader)
{
	const struct settings *settings = reader->settings;

	for (unsigned n = 0; n < NODES; n++)
		for (unsigned level = 1; level <= LEVELS_MAX; level++) {
			uint64_t time_ms =
				level_time_ms(reader, n, level, SPAN_ATTEMPT);

			if (settings->fence.timeout_ms >= time_ms)
				continue;
			reader_error(reader, fence_at(reader),
				     fence_key(reader, "fence.timeout_ms"),
				     "%u ms: level %u of \"%s\" may take %llu "
				     "ms (read, write and read-back of all "
				     "its plugs) and would be killed",
				     settings->fence.timeout_ms, level,
				     settings->nodes[n].name,
				     (unsigned long long)time_ms);
			return;
		}
}

/* ---- choices ---- */

static void verify_plugs_there(struct reader *reader)
{
	const struct settings *settings = reader->settings;

	if (!settings->fence.required) {
		reader_warn(reader, fence_at(reader),
			    fence_key(reader, "fence.required"),
			    "false: a node that hears nothing takes the "
			    "addresses without proof; one cut cable too many "
			    "puts them on both nodes");
		return;
	}
	for (unsigned i = 0; i < NODES; i++)
		if (node_at(reader, i) != NULL &&
		    settings->nodes[i].plug_count == 0 &&
		    reader_is_good(reader, node_at(reader, i), "fence"))
			reader_error(reader, node_at(reader, i), "fence",
				     "no way to cut the power of \"%s\"; name "
				     "a device and a plug, or set "
				     "fence.required = false and live with "
				     "two owners when all links fail",
				     settings->nodes[i].name);
}

/* R5: who defends shoots at once, and the other one must be waiting still. */
static void verify_defend(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	const struct settings_fence *fence = &settings->fence;
	bool has_link = false;

	if (!fence->defend)
		return;
	for (unsigned i = 0; i < settings->instance_count; i++)
		for (unsigned l = 0; l < LINKS_MAX; l++)
			has_link |=
				settings->links[l].configured &&
				strcmp(settings->links[l].interface,
				       settings->instances[i].interface) == 0;
	if (!has_link)
		reader_error(reader, fence_at(reader),
			     fence_key(reader, "fence.defend"),
			     "true needs a udp link on the interface of an "
			     "instance: an owner hears no adverts, so without "
			     "one a cut serial cable alone would look like a "
			     "dead peer");
	if (fence->delay_ms <= fence->tie_ms + DEFEND_WITHIN_MS)
		reader_error(reader, fence_at(reader),
			     fence_key(reader, "fence.delay_ms"),
			     "%u ms must be more than tie_ms (%u ms) and %u ms "
			     "with defend = true: the owner shoots first, once "
			     "it has heard that it is not deaf, and its "
			     "standby must be waiting still",
			     fence->delay_ms, fence->tie_ms, DEFEND_WITHIN_MS);
}

static void verify_choices(struct reader *reader)
{
	const struct settings_fence *fence = &reader->settings->fence;

	if (fence->on_failure == POLICY_TAKEOVER && !fence->accept_split_brain)
		reader_error(reader, fence_at(reader),
			     fence_key(reader, "fence.on_failure"),
			     "\"takeover\" claims the addresses though the "
			     "peer may live; set \"hold\", or confess it with "
			     "fence.accept_split_brain = true");
	if (fence->max_per_window == 0)
		reader_warn(reader, fence_at(reader),
			    fence_key(reader, "fence.max_per_window"),
			    "0: nothing stops two nodes from fencing each "
			    "other in turns");
}

/* R8: who judges before it can have heard anything cuts a peer that lives. */
static void verify_start(struct reader *reader, const char *key,
			 uint32_t wait_ms)
{
	const struct settings *settings = reader->settings;
	int64_t least_us, most_us;

	dead_times_us(reader, &least_us, &most_us);
	if (settings->fence.on_startup_silence == POLICY_WAIT ||
	    wait_ms * INT64_C(1000) > most_us ||
	    !reader_is_good(reader, reader->root, key))
		return;
	reader_warn(reader, reader->root, key,
		    "%u ms: a starting node judges the other one dead before "
		    "it can have heard it (the largest dead time is %lld ms), "
		    "and so do two that start together; make it longer than "
		    "the other one needs to boot",
		    wait_ms, (long long)(most_us + 999) / 1000);
}

static void verify_starts(struct reader *reader)
{
	const struct settings *settings = reader->settings;

	verify_start(reader, "startup_ms", settings->startup_ms);
	if (settings->unclean_startup_ms >= settings->startup_ms ||
	    !reader_is_good(reader, reader->root, "startup_ms") ||
	    !reader_is_good(reader, reader->root, "unclean_startup_ms")) {
		verify_start(reader, "unclean_startup_ms",
			     settings->unclean_startup_ms);
		return;
	}
	reader_warn(reader, reader->root, "unclean_startup_ms",
		    "%u ms is shorter than startup_ms (%u ms); a node "
		    "that was fenced comes back sooner than one that "
		    "was not",
		    settings->unclean_startup_ms, settings->startup_ms);
}

/*
 * R3, R4: an owner whose adverts do not leave finds that out itself, says so on
 * the cable and hands over. Cut before it can, it was cut for nothing.
 */
static void verify_disagree(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	const struct settings_fence *fence = &settings->fence;
	uint32_t interval_us = 0, least_ms;

	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (settings->links[i].configured &&
		    settings->links[i].interval_us > interval_us)
			interval_us = settings->links[i].interval_us;
	least_ms = fence->yield_ms + (2 * interval_us + 999) / 1000;
	if (interval_us == 0 || fence->disagree_ms >= least_ms ||
	    fence->on_disagreement == POLICY_HOLD ||
	    !reader_is_good(reader, fence_at(reader),
			    fence_key(reader, "fence.disagree_ms")) ||
	    !reader_is_good(reader, fence_at(reader),
			    fence_key(reader, "fence.yield_ms")))
		return;
	reader_warn(reader, fence_at(reader),
		    fence_key(reader, "fence.disagree_ms"),
		    "%u ms: three lost adverts are enough to act against an "
		    "owner that lives; %u ms or more (yield_ms and two beats) "
		    "let one with a fault of its own hand over first, seconds "
		    "let a switch come back",
		    fence->disagree_ms, least_ms);
}

/* The driver of the first plug if all of them have their power from the node
 * that they cut; else NULL. */
static const struct driver *fed_by_node_only(const struct settings *settings,
					     const struct settings_node *node)
{
	const struct driver *first = NULL;

	for (unsigned p = 0; p < node->plug_count; p++) {
		const struct driver *driver = driver_find(
			settings->devices[node->plugs[p].device].driver);

		if (driver == NULL || driver->fed_by_node == NULL)
			return NULL;
		if (first == NULL)
			first = driver;
	}
	return first;
}

/* What lives on the power that it cuts cannot answer when that is lost, and
 * silence is never off: the survivor would hold for ever. */
static void verify_alone(struct reader *reader)
{
	const struct settings *settings = reader->settings;

	for (unsigned n = 0; n < NODES; n++) {
		const struct driver *driver =
			fed_by_node_only(settings, &settings->nodes[n]);

		if (driver == NULL)
			continue;
		reader_warn(reader, node_at(reader, n), "fence",
			    "only %s can cut \"%s\": when it loses its power, "
			    "%s is silent, which proves nothing, and the other "
			    "node will not take over; add level 2, a power "
			    "switch that all of its supplies hang on",
			    driver->label, settings->nodes[n].name,
			    driver->fed_by_node);
	}
}

/* I13: the path that cuts the power must not be the one that is judged. */
static void verify_paths(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	struct ip ip;

	for (unsigned d = 0; d < settings->device_count; d++) {
		const struct settings_device *device = &settings->devices[d];
		bool near = false;

		if (!ip_parse(device->host, &ip) || !ip_is_v4(&ip))
			continue;
		if (reader_is_loopback(&ip))
			reader_warn(reader, device_at(reader, d), "host",
				    "%s is the machine that asks, another one "
				    "on each node: only a tunnel that ends "
				    "there leads to a power switch, and it "
				    "must lead both nodes to the same one",
				    device->host);
		for (unsigned n = 0; n < NODES; n++)
			for (unsigned a = 0;
			     a < settings->nodes[n].address_count; a++)
				near |= ip_to_v4(&settings->nodes[n]
							  .addresses[a]) >>
						8 ==
					ip_to_v4(&ip) >> 8;
		if (near)
			reader_warn(reader, device_at(reader, d), "host",
				    "%s is in the /24 of a node's address: the "
				    "fence path is in the heartbeat network, "
				    "and both fail together",
				    device->host);
	}
}

/* R16: nobody is cut, so nothing of it is needed; what is there may stay, for
 * the day when the peer runs twinbeat. */
static void warn_of_plain_peer(struct reader *reader)
{
	for (unsigned n = 0; n < NODES; n++)
		if (reader->settings->nodes[n].kind == KIND_VRRP)
			reader_warn(reader, node_at(reader, n), "kind",
				    "\"vrrp\": its silence is taken for death, "
				    "as by any VRRP router, and nobody is "
				    "fenced: two owners are possible; leave "
				    "kind out as soon as it runs twinbeat");
}

void settings_verify_fence(struct reader *reader)
{
	if (settings_has_plain_node(reader->settings)) {
		warn_of_plain_peer(reader);
		return;
	}
	for (unsigned n = 0; n < NODES; n++)
		for (unsigned p = 0; p < reader->settings->nodes[n].plug_count;
		     p++)
			verify_plug(reader, n, p);
	for (unsigned p = 0; p < reader->settings->nodes[1].plug_count; p++)
		verify_alike(reader, p);
	verify_plugs_there(reader);
	if (reader_is_good(reader, fence_at(reader),
			   fence_key(reader, "fence.tie_ms")))
		verify_tie(reader);
	if (reader_is_good(reader, fence_at(reader),
			   fence_key(reader, "fence.timeout_ms")))
		verify_timeout(reader);
	verify_choices(reader);
	verify_starts(reader);
	verify_disagree(reader);
	verify_defend(reader);
	verify_alone(reader);
	verify_paths(reader);
}
