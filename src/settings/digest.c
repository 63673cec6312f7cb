/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must be equal on both nodes, boiled down to a number (R15). Written
 * field by field: a struct's padding may differ, and so may compilers. Left
 * out: who we are, and what may rightly differ (paths, user, scheduling, the
 * notify hook).
 */
#include <stdlib.h>

#include "../wire/auth.h"
#include "device.h"

struct canon {
	uint8_t *bytes;
	size_t used, room;
	bool failed;
};

static void canon_bytes(struct canon *canon, const void *bytes, size_t size)
{
	if (canon->room - canon->used < size) {
		size_t room = canon->room * 2 + size + 4096;
		uint8_t *grown = realloc(canon->bytes, room);

		if (grown == NULL) {
			canon->failed = true;
			return;
		}
		canon->bytes = grown;
		canon->room = room;
	}
	memcpy(canon->bytes + canon->used, bytes, size);
	canon->used += size;
}

static void canon_number(struct canon *canon, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
			    (uint8_t)(value >> 8), (uint8_t)value};

	canon_bytes(canon, bytes, sizeof(bytes));
}

/* The length first, so that "ab","c" is not "a","bc". */
static void canon_text(struct canon *canon, const char *text)
{
	canon_number(canon, (uint32_t)strlen(text));
	canon_bytes(canon, text, strlen(text));
}

static void canon_nodes(struct canon *canon, const struct settings *settings)
{
	canon_text(canon, settings->pair);
	for (unsigned i = 0; i < NODES; i++) {
		const struct settings_node *node = &settings->nodes[i];

		canon_text(canon, node->name);
		canon_number(canon, node->priority);
		canon_number(canon, node->address_count);
		for (unsigned a = 0; a < node->address_count; a++)
			canon_bytes(canon, node->addresses[a].bytes,
				    sizeof(node->addresses[a].bytes));
	}
}

static void canon_links(struct canon *canon, const struct settings *settings)
{
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		const struct settings_link *link = &settings->links[i];

		canon_number(canon, link->configured);
		if (!link->configured)
			continue;
		canon_text(canon, link->name);
		canon_number(canon, link->baud);
		canon_number(canon, link->interval_ms);
		canon_number(canon, link->dead_ms);
		canon_text(canon, link->interface);
		canon_number(canon, link->port);
		for (unsigned n = 0; n < NODES; n++)
			canon_bytes(canon, link->addresses[n].bytes,
				    sizeof(link->addresses[n].bytes));
	}
}

static void canon_instances(struct canon *canon,
			    const struct settings *settings)
{
	canon_number(canon, settings->instance_count);
	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];

		canon_text(canon, instance->name);
		canon_text(canon, instance->interface);
		canon_number(canon, instance->vrid);
		canon_number(canon, instance->version);
		canon_number(canon, instance->advert_ms);
		canon_number(canon, instance->preempt);
		canon_number(canon, instance->preempt_delay_ms);
		for (unsigned n = 0; n < NODES; n++)
			canon_number(canon, instance->priority[n]);
		canon_text(canon, instance->auth_pass);
		canon_number(canon, instance->track_count);
		for (unsigned t = 0; t < instance->track_count; t++)
			canon_text(canon, instance->track[t]);
	}
}

static void canon_addresses(struct canon *canon,
			    const struct settings *settings)
{
	for (unsigned i = 0; i < settings->instance_count; i++)
		canon_number(canon, settings->instances[i].address_count);
	for (unsigned i = 0; i < settings->address_count; i++) {
		const struct settings_address *address =
			&settings->addresses[i];

		canon_bytes(canon, address->ip.bytes,
			    sizeof(address->ip.bytes));
		canon_number(canon, address->prefix);
		canon_number(canon, address->excluded);
		canon_text(canon, address->dev);
		canon_text(canon, address->label);
	}
	canon_number(canon, settings->lease_s);
	canon_number(canon, settings->garp_repeat);
	canon_number(canon, settings->garp_refresh_s);
}

static void digest_number(void *arg, uint32_t value)
{
	canon_number(arg, value);
}

static void digest_text(void *arg, const char *text)
{
	canon_text(arg, text);
}

static void canon_device(struct canon *canon,
			 const struct settings_device *device)
{
	const struct driver *driver = driver_find(device->driver);

	canon_text(canon, device->name);
	canon_text(canon, device->driver);
	canon_text(canon, device->host);
	canon_number(canon, device->settle_ms);
	canon_number(canon, device->power_wait_ms);
	canon_number(canon, device->answer_ms);
	canon_number(canon, device->switch_ms);
	if (driver != NULL && driver->digest != NULL)
		driver->digest(device, digest_number, digest_text, canon);
}

/* The devices and which plug is whose. */
static void canon_devices(struct canon *canon, const struct settings *settings)
{
	canon_number(canon, settings->device_count);
	for (unsigned i = 0; i < settings->device_count; i++)
		canon_device(canon, &settings->devices[i]);
	for (unsigned i = 0; i < NODES; i++) {
		const struct settings_node *node = &settings->nodes[i];

		canon_text(canon, node->name);
		canon_number(canon, node->plug_count);
		for (unsigned p = 0; p < node->plug_count; p++) {
			canon_number(canon, node->plugs[p].level);
			canon_number(canon, node->plugs[p].device);
			canon_text(canon, node->plugs[p].plug);
		}
	}
}

static void canon_fence(struct canon *canon, const struct settings *settings)
{
	const struct settings_fence *fence = &settings->fence;

	canon_number(canon, fence->required);
	canon_number(canon, fence->action);
	canon_number(canon, fence->on_disagreement);
	canon_number(canon, fence->on_failure);
	canon_number(canon, fence->on_startup_silence);
	canon_number(canon, fence->accept_split_brain);
	canon_number(canon, fence->defend);
	canon_number(canon, fence->delay_ms);
	canon_number(canon, fence->tie_ms);
	canon_number(canon, fence->disagree_ms);
	canon_number(canon, fence->disagree_probe);
	canon_number(canon, fence->lone_link_ms);
	canon_number(canon, fence->yield_ms);
	canon_number(canon, fence->off_ms);
	canon_number(canon, fence->timeout_ms);
	canon_number(canon, fence->monitor_s);
	canon_number(canon, fence->max_per_window);
	canon_number(canon, fence->window_s);
	canon_number(canon, settings->startup_ms);
	canon_number(canon, settings->unclean_startup_ms);
}

static void (*const canon_parts[SETTINGS_PARTS])(struct canon *,
						 const struct settings *) = {
	[PART_NODES] = canon_nodes,	    [PART_LINKS] = canon_links,
	[PART_INSTANCES] = canon_instances, [PART_ADDRESSES] = canon_addresses,
	[PART_DEVICES] = canon_devices,	    [PART_FENCE] = canon_fence,
};

int settings_make_digests(struct settings *settings)
{
	struct canon canon = {.bytes = NULL};

	for (unsigned part = 0; part < SETTINGS_PARTS && !canon.failed;
	     part++) {
		size_t from = canon.used;
		uint32_t digest;

		canon_parts[part](&canon, settings);
		if (canon.failed)
			break;
		digest = auth_digest32(canon.bytes + from, canon.used - from);
		settings->part_digest[part] = (uint16_t)digest;
		if (part == PART_DEVICES)
			settings->fence_digest = digest;
	}
	if (!canon.failed)
		settings->digest = auth_digest32(canon.bytes, canon.used);
	free(canon.bytes);
	return canon.failed ? -1 : 0;
}
