/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two files of one pair. Routers belong together by VRID, family and interface:
 * names mean nothing to keepalived. What made both nodes serve is refused with
 * every difference named, since either reading would be a guess.
 */
#include <string.h>

#include "model.h"

static struct instance *find(struct model *model,
			     const struct instance *instance, bool by_interface)
{
	for (unsigned i = 0; i < model->instance_count; i++) {
		struct instance *at = &model->instances[i];

		if (at->vrid == instance->vrid && at->v6 == instance->v6 &&
		    (!by_interface ||
		     strcmp(at->interface, instance->interface) == 0))
			return at;
	}
	return NULL;
}

static void refuse_alone(struct import *import, struct instance *instance,
			 struct model *other)
{
	const struct instance *near = find(other, instance, false);

	if (near != NULL)
		refuse(import, instance->item,
		       "VRID %u is on %s here and on %s in %s:%u; one "
		       "twinbeat.conf serves both nodes: give the interfaces "
		       "one name",
		       instance->vrid, instance->interface, near->interface,
		       near->item->file, near->item->number);
	else
		refuse(import, instance->item,
		       "%s has no instance with VRID %u on %s: this one never "
		       "failed over; remove it here or add it there",
		       other->path, instance->vrid, instance->interface);
}

static const char *or_none(const char *text)
{
	return text != NULL ? text : "none";
}

/* The place in here of the first address that there lacks; count: none. */
static unsigned find_missing(const struct vips *here, const struct vips *there)
{
	unsigned i = 0;

	while (i < here->count && vips_have(there, here->at[i].ip))
		i++;
	return i;
}

static void refuse_vip(struct import *import, const struct vip *alone,
		       const struct instance *other)
{
	refuse(import, alone->item,
	       "%s is not in %s: each node drops the other's adverts, "
	       "and both serve; make the lists alike",
	       alone->ip, other->item->file);
}

static void compare_vips(struct import *import, struct instance *a,
			 struct instance *b)
{
	struct tree *tree = &import->models[1].tree;
	unsigned only_a = find_missing(&a->vips, &b->vips);
	unsigned only_b = find_missing(&b->vips, &a->vips);
	unsigned only = find_missing(&b->excluded, &a->excluded);

	if (only_a < a->vips.count)
		refuse_vip(import, &a->vips.at[only_a], b);
	else if (only_b < b->vips.count)
		refuse_vip(import, &b->vips.at[only_b], a);
	if (only < b->excluded.count)
		item_mark(tree, b->excluded.at[only].item, LOST,
			  "only this file has it; the first file's list is "
			  "written for both nodes");
	for (unsigned i = 0; i < b->vips.count && i < a->vips.count; i++)
		if (strcmp(a->vips.at[i].ip, b->vips.at[i].ip) != 0 &&
		    vips_have(&a->vips, b->vips.at[i].ip))
			item_mark(tree, b->vips.at[i].item, NOTED,
				  "order or prefix differ from the first "
				  "file's, which are written");
}

static void compare(struct import *import, struct instance *a,
		    struct instance *b)
{
	struct item *interval = item_last(b->item, "advert_int");

	if (a->version != b->version)
		refuse(import, b->item,
		       "VRRP version %u here, %u at %s:%u: each node drops the "
		       "other's adverts, and both serve; decide for one",
		       b->version, a->version, a->item->file, a->item->number);
	if (strcmp(or_none(a->auth_pass), or_none(b->auth_pass)) != 0)
		refuse(import, b->item,
		       "the passwords differ (\"%s\" here, \"%s\" at %s:%u): "
		       "each node drops the other's adverts, and both serve; "
		       "decide for one",
		       or_none(b->auth_pass), or_none(a->auth_pass),
		       a->item->file, a->item->number);
	if (a->unicast != b->unicast)
		refuse(import, b->item,
		       "%s here, %s at %s:%u: the nodes do not hear each "
		       "other, and both serve; decide for one",
		       b->unicast ? "unicast" : "multicast",
		       a->unicast ? "unicast" : "multicast", a->item->file,
		       a->item->number);
	if (a->advert_ms != b->advert_ms && a->version == 2)
		refuse(import, interval ? interval : b->item,
		       "adverts each %u ms here, each %u ms at %s:%u: in "
		       "version 2 each node drops the other's, and both serve; "
		       "decide for one",
		       b->advert_ms, a->advert_ms, a->item->file,
		       a->item->number);
	else if (a->advert_ms != b->advert_ms)
		item_mark(&import->models[1].tree,
			  interval ? interval : b->item, CHANGED,
			  "%u ms here, %u ms in the first file, which is "
			  "taken: on keepalived the standby learns it",
			  b->advert_ms, a->advert_ms);
	if (strcmp(a->name, b->name) != 0)
		item_mark(&import->models[1].tree, b->item, NOTED,
			  "the first file calls it %s, and so does the result",
			  a->name);
	compare_vips(import, a, b);
}

void pair_join(struct import *import)
{
	struct model *first = &import->models[0], *second = &import->models[1];

	if (import->node_count < MODEL_NODES)
		return;
	for (unsigned i = 0; i < first->instance_count; i++) {
		struct instance *a = &first->instances[i];
		struct instance *b = find(second, a, true);

		if (b == NULL) {
			refuse_alone(import, a, second);
			continue;
		}
		a->other = b;
		b->other = a;
		compare(import, a, b);
	}
	for (unsigned i = 0; i < second->instance_count; i++)
		if (second->instances[i].other == NULL)
			refuse_alone(import, &second->instances[i], first);
}

struct instance *pair_higher(struct instance *instance)
{
	struct instance *other = instance->other;

	if (other == NULL || instance->owner)
		return instance;
	return other->owner || other->priority > instance->priority ? other
								    : instance;
}
