/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R15: in which order a node's file has the instances. The world knows each by
 * a number of its own, the same on both nodes and for ever; a core knows it by
 * its place in the file. Between the two, here, one becomes the other: in what
 * a core is told, and in what it orders. Beats and adverts are not touched: a
 * beat says what it says by its sender's places.
 */
#include <string.h>

#include "world_internal.h"

void order_next(const struct world_order *old, unsigned old_count,
		unsigned count, enum world_place place, struct world_order *new)
{
	unsigned at = place == PLACE_FRONT    ? 0
		      : place == PLACE_MIDDLE ? old_count / 2
					      : old_count;
	unsigned k = 0;

	/* at most one more: it goes to its place; what is gone leaves none */
	for (unsigned p = 0; p <= old_count && k < count; p++) {
		unsigned i;

		if (p == at && count > old_count)
			new->instance[k++] = (uint8_t)old_count;
		if (p == old_count)
			break;
		i = old->is_moved ? old->instance[p] : p;
		if (i < count)
			new->instance[k++] = (uint8_t)i;
	}
	assert(k == count);
	new->is_moved = false;
	for (unsigned p = 0; p < count; p++) {
		new->place[new->instance[p]] = (uint8_t)p;
		new->is_moved = new->is_moved || new->instance[p] != p;
	}
}

const struct core_settings *order_file(const struct world_order *order,
				       const struct core_settings *settings,
				       struct core_settings *file)
{
	uint8_t first[CORE_INSTANCES_MAX + 1] = {0};

	if (!order->is_moved)
		return settings;
	*file = *settings;
	for (unsigned p = 0; p < settings->instance_count; p++) {
		struct core_instance_settings *instance = &file->instances[p];

		*instance = settings->instances[order->instance[p]];
		/* R21: a group is known by the first of it */
		if (instance->group == 0)
			continue;
		if (first[instance->group] == 0)
			first[instance->group] = (uint8_t)(p + 1);
		instance->group = first[instance->group];
	}
	return file;
}

void order_event(const struct world_order *order, struct event *event)
{
	int instance = event_instance(event);
	unsigned place;

	if (instance < 0)
		return;
	place = order->place[instance];
	switch (event->type) {
	case EVENT_ADVERT_HEARD:
	case EVENT_ADVERT_BESIDE:
		event->advert.instance = place;
		break;
	case EVENT_FIREWALL_SEEN:
		event->firewall.instance = place;
		break;
	case EVENT_SENDING_CHANGED:
		event->sending.instance = place;
		break;
	case EVENT_SOURCE_KNOWN:
		event->source.instance = place;
		break;
	case EVENT_EARS_CHANGED:
		event->ears.instance = place;
		break;
	case EVENT_CHECKS_TOLD:
		event->checks.instance = place;
		break;
	case EVENT_CLAIM_DONE:
	case EVENT_VIP_MENDED:
	case EVENT_VIP_ANSWERED:
	case EVENT_RELEASE_DONE:
		event->vip.instance = place;
		break;
	case EVENT_VIP_ALIEN:
		event->alien.instance = place;
		break;
	case EVENT_VIP_LOOKED:
		event->look.instance = place;
		break;
	default:
		assert(!"an event of an instance that has no place here");
	}
}

void order_actions(const struct world_order *order, unsigned count,
		   struct actions *actions)
{
	for (unsigned k = 0; k < actions->count; k++) {
		struct action *action = &actions->list[k];

		if (action->instance < count)
			action->instance = order->instance[action->instance];
		if (action->type == ACTION_CLAIM &&
		    action->permit.instance < count)
			action->permit.instance =
				order->instance[action->permit.instance];
	}
}
