/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the snapshot to what the core knows of it. The core never sees the
 * daemon's types, so each value is handed over by name; the bounds of the two
 * sides are compared at compile time.
 */
#include <assert.h>
#include <stdlib.h>

#include "../wire/auth.h"
#include "core_settings.h"
#include "../link/link.h"

static_assert(CORE_INSTANCES_MAX >= INSTANCES_MAX, "core holds all instances");
static_assert(1 << BEAT_LINKS_MAX <= BEAT_HEARD_SERVERS,
	      "a beat has a bit for each link, and three");
static_assert(CORE_PLUGS_MAX >= PLUGS_MAX, "core holds all plugs");
static_assert(CORE_DEVICES_MAX >= DEVICES_MAX, "core holds all devices");
static_assert(CORE_TRACK_MAX >= TRACK_MAX, "core holds all tracked names");
static_assert(CORE_ADDRESSES_MAX >= NODE_ADDRESSES_MAX, "and addresses");
static_assert(CORE_NAME_MAX >= SETTINGS_NAME_MAX, "names fit");
static_assert(CORE_DEFEND_WITHIN_MS == DEFEND_WITHIN_MS, "check knows it");
static_assert(SETTINGS_PARTS == CORE_PARTS, "a beat names what differs");

/* In enum order, which the two sides may choose for themselves. */
static enum core_policy policy_to_core(uint8_t policy)
{
	static const enum core_policy policies[] = {
		[POLICY_FENCE] = CORE_FENCE,	   [POLICY_YIELD] = CORE_YIELD,
		[POLICY_HOLD] = CORE_HOLD,	   [POLICY_WAIT] = CORE_WAIT,
		[POLICY_TAKEOVER] = CORE_TAKEOVER, [POLICY_ASK] = CORE_ASK,
	};

	assert(policy < sizeof(policies) / sizeof(policies[0]));
	return policies[policy];
}

/* Index of an interface, new or old; the settings' check bounds their number.
 */
static unsigned interface_index(struct core_settings *core, const char *name)
{
	unsigned i;

	for (i = 0; i < core->interface_count; i++)
		if (strcmp(core->interfaces[i], name) == 0)
			return i;
	assert(i < CORE_INTERFACES_MAX);
	snprintf(core->interfaces[i], sizeof(core->interfaces[i]), "%s", name);
	core->interface_count++;
	return i;
}

static void copy_node(const struct settings *settings,
		      const struct settings_node *from, struct core_node *to)
{
	snprintf(to->name, sizeof(to->name), "%s", from->name);
	to->priority = from->priority;
	to->address_count = from->address_count;
	for (unsigned i = 0; i < from->address_count; i++)
		to->addresses[i] = from->addresses[i];
	to->plug_count = from->plug_count;
	for (unsigned i = 0; i < from->plug_count; i++) {
		struct core_plug_settings *plug = &to->plugs[i];

		plug->level = from->plugs[i].level;
		plug->device = from->plugs[i].device;
		snprintf(plug->name, sizeof(plug->name), "%s",
			 from->plugs[i].plug);
		plug->key = settings_plug_key(settings, &from->plugs[i]);
	}
}

static void copy_instance(const struct settings_instance *from, unsigned peer,
			  struct core_instance_settings *to)
{
	snprintf(to->name, sizeof(to->name), "%s", from->name);
	to->vrid = from->vrid;
	to->version = from->version;
	for (unsigned n = 0; n < NODES; n++)
		to->priority[n] = from->priority[n];
	to->advert_ms = from->advert_ms;
	to->is_plain = !from->sign;
	to->peer_address = *settings_source_of(from, peer);
	to->has_checks = settings_instance_has_checks(from);
	to->preempt = from->preempt;
	to->preempt_delay_ms = from->preempt_delay_ms;
}

static uint32_t text_digest(const char *text)
{
	return auth_digest32(text, strlen(text));
}

/*
 * R3: what the checks of an instance look at, in whatever order; not how often.
 * The factors keep a file from being a process of that name.
 */
static uint32_t checks_digest(const struct settings *settings,
			      const struct settings_instance *instance)
{
	uint32_t digest = 0;

	for (unsigned i = 0; i < instance->script_count; i++) {
		const struct settings_script *script =
			&settings->scripts[instance->first_script + i];

		/* which of them whose user runs */
		digest += text_digest(script->command) *
			  (2 * text_digest(script->user) + 1);
	}
	for (unsigned i = 0; i < instance->process_count; i++)
		digest += 5 * text_digest(instance->processes[i]);
	for (unsigned i = 0; i < instance->track_file_count; i++)
		digest += 7 * text_digest(instance->track_files[i]);
	for (unsigned i = 0; i < instance->witness_count; i++)
		digest += 9 * auth_digest32(instance->witnesses[i].bytes,
					    sizeof(struct ip));
	return digest;
}

/*
 * R15: the same for the same addresses in another order, and for no others: a
 * sum of what is not random is the same for many, {10, 13} and {11, 12}.
 */
static uint32_t addresses_digest(const struct settings *settings,
				 const struct settings_instance *instance)
{
	uint32_t digest = 0;

	for (unsigned a = 0; a < instance->address_count; a++) {
		const struct ip *ip =
			&settings->addresses[instance->first_address + a].ip;

		digest += auth_digest32(ip->bytes, sizeof(ip->bytes));
	}
	return digest;
}

/* R3: it is unfit for those that real servers stand behind. */
static void copy_services(const struct settings_director *director,
			  struct core_settings *core)
{
	core->has_director = director->service_count > 0;
	for (unsigned i = 0; i < director->service_count; i++)
		if (director->services[i].follow_health)
			core->instances[director->services[i].instance]
				.has_servers = true;
}

/* R21: a group is known by its first instance. */
static void copy_group(const struct settings *settings, unsigned i,
		       struct core_instance_settings *to)
{
	const struct settings_instance *instances = settings->instances;
	unsigned first = 0;

	if (instances[i].sync[0] == '\0')
		return;
	while (strcmp(instances[first].sync, instances[i].sync) != 0)
		first++;
	to->group = (uint8_t)(first + 1);
}

static void dev_add(struct core_settings *core, unsigned i, const char *name,
		    const struct ip *address)
{
	struct core_instance_settings *to = &core->instances[i];
	unsigned interface = interface_index(core, name);
	unsigned k = 0;

	while (k < to->dev_count && to->devs[k].interface != interface)
		k++;
	if (interface == to->interface || k < to->dev_count)
		return;
	assert(k < CORE_DEVS_MAX);
	to->devs[k].interface = interface;
	to->devs[k].is_route = address == NULL;
	if (address)
		to->devs[k].address = *address;
	to->dev_count++;
}

/*
 * R3: an address on another interface is served only while that has carrier,
 * and who is reached by a route of the instance is reached no longer without.
 */
static void copy_devs(const struct settings *settings,
		      struct core_settings *core, unsigned i)
{
	const struct settings_instance *from = &settings->instances[i];

	for (unsigned n = 0; n < from->address_count; n++) {
		const struct settings_address *address =
			&settings->addresses[from->first_address + n];

		dev_add(core, i, address->dev, &address->ip);
	}
	for (unsigned n = 0; n < from->route_count; n++) {
		const char *dev = settings->routes[from->first_route + n].dev;

		if (dev[0] != '\0')
			dev_add(core, i, dev, NULL);
	}
}

static void copy_interfaces(const struct settings *settings,
			    struct core_settings *core)
{
	for (unsigned i = 0; i < settings->instance_count; i++)
		core->instances[i].interface =
			interface_index(core, settings->instances[i].interface);
	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *from = &settings->instances[i];

		core->instances[i].track_count = from->track_count;
		for (unsigned t = 0; t < from->track_count; t++)
			core->instances[i].track[t] =
				interface_index(core, from->track[t]);
	}
	for (unsigned i = 0; i < settings->instance_count; i++)
		copy_devs(settings, core, i);
	/* one that nothing is on means nothing */
	for (unsigned d = 0; d < settings->debounce_count; d++)
		for (unsigned i = 0; i < core->interface_count; i++)
			if (strcmp(core->interfaces[i],
				   settings->debounce[d].interface) == 0)
				core->debounce[i] = (struct core_debounce){
					settings->debounce[d].down_ms,
					settings->debounce[d].up_ms};
}

/* R4: a link over an interface of the service falls silent with its adverts. */
static void copy_media(const struct settings *settings,
		       struct core_settings *core)
{
	for (unsigned l = 0; l < LINKS_MAX; l++)
		for (unsigned i = 0; i < core->interface_count; i++)
			if (settings->links[l].configured &&
			    strcmp(settings->links[l].interface,
				   core->interfaces[i]) == 0)
				core->links[l].interfaces |= UINT32_C(1) << i;
}

static void copy_fence(const struct settings_fence *from,
		       struct core_settings *core)
{
	core->fence.required = from->required;
	core->fence.defend = from->defend;
	core->fence.disagree_probe = from->disagree_probe;
	core->fence.reboot = from->action == FENCE_ACTION_REBOOT;
	core->fence.on_disagreement = policy_to_core(from->on_disagreement);
	core->fence.on_failure = policy_to_core(from->on_failure);
	core->fence.on_startup_silence =
		policy_to_core(from->on_startup_silence);
	core->fence.on_no_answer = policy_to_core(from->on_no_answer);
	core->fence.ask_ms = from->ask_ms;
	core->fence.delay_ms = from->delay_ms;
	core->fence.tie_ms = from->tie_ms;
	core->fence.disagree_ms = from->disagree_ms;
	core->fence.lone_link_ms = from->lone_link_ms;
	core->fence.yield_ms = from->yield_ms;
	core->fence.off_ms = from->off_ms;
	core->fence.monitor_ms = from->monitor_s * 1000;
	core->fence.max_per_window = from->max_per_window;
	core->fence.window_ms = from->window_s * 1000;
}

void settings_to_core(const struct settings *settings,
		      struct core_settings *core)
{
	memset(core, 0, sizeof(*core));
	core->self = settings->self;
	core->peer_is_plain =
		settings->nodes[1 - settings->self].kind == KIND_VRRP;
	for (unsigned n = 0; n < NODES; n++)
		copy_node(settings, &settings->nodes[n], &core->nodes[n]);
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		const struct settings_link *from = &settings->links[i];
		const struct link_kind *kind;

		core->links[i].configured = from->configured;
		snprintf(core->links[i].name, sizeof(core->links[i].name), "%s",
			 from->name);
		core->links[i].interval_us = from->interval_us;
		core->links[i].dead_ms = from->dead_ms;
		core->links[i].debounce_ms = from->debounce_ms;
		if (!from->configured)
			continue;
		kind = link_kind_find(from->type);
		core->links[i].frame_us =
			kind->frame_us(from, settings->instance_count);
		core->links[i].words = &kind->words;
		core->links[i].is_port = kind->is_port;
	}
	core->instance_count = settings->instance_count;
	for (unsigned i = 0; i < settings->instance_count; i++) {
		copy_instance(&settings->instances[i], 1 - settings->self,
			      &core->instances[i]);
		core->instances[i].addresses =
			addresses_digest(settings, &settings->instances[i]);
		core->instances[i].checks =
			checks_digest(settings, &settings->instances[i]);
		copy_group(settings, i, &core->instances[i]);
	}
	copy_services(&settings->director, core);
	copy_interfaces(settings, core);
	copy_media(settings, core);
	core->device_count = settings->device_count;
	/* R1: over a reload, what is proven of a plug is so on its device */
	for (unsigned i = 0; i < settings->device_count; i++)
		core->device_digests[i] = settings->devices[i].digest;
	for (unsigned i = 0; i < settings->device_count; i++)
		snprintf(core->devices[i], sizeof(core->devices[i]), "%s",
			 settings->devices[i].name);
	copy_fence(&settings->fence, core);
	core->hurry_ms = settings->hurry_ms;
	core->startup_ms = settings->startup_ms;
	core->unclean_startup_ms = settings->unclean_startup_ms;
	core->lease_ms = settings->lease_s * 1000;
	core->digest = settings->digest;
	core->file_at_s = settings->file_at_s;
	core->fence_digest = settings->fence_digest;
	for (unsigned i = 0; i < SETTINGS_PARTS; i++) {
		core->part_digest[i] = settings->part_digest[i];
		snprintf(core->part_names[i], sizeof(core->part_names[i]), "%s",
			 settings_part_names[i]);
	}
}

struct core_settings *core_settings_make(const struct settings *settings)
{
	struct core_settings *core = malloc(sizeof(*core));

	if (core)
		settings_to_core(settings, core);
	return core;
}
