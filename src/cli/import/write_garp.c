/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gratuitous ARP and unsolicited neighbour advertisements: one group for the
 * pair where its instances agree, else one for each.
 */
#include <string.h>

#include "model.h"

#define SECONDS_MOST   3600
#define REPEAT_MOST    100
#define ANY_MOST       1000000
#define REPEAT_DEFAULT 5 /* keepalived's and twinbeat's */

enum garp { REPEAT, DELAY, REFRESH, REFRESH_REPEAT, GARPS };

static const struct garp_key {
	const char *own, *global;  /* in keepalived.conf */
	const char *pair, *single; /* in vip, in an instance's garp */
	long most;
	long fallback; /* keepalived's, where the value is none */
	long unit;
} keys[GARPS] = {
	{"garp_master_repeat", "vrrp_garp_master_repeat", "garp_repeat",
	 "repeat", REPEAT_MOST, REPEAT_DEFAULT, 1},
	{"garp_master_delay", "vrrp_garp_master_delay", "garp_delay_ms",
	 "delay_ms", SECONDS_MOST, 5, 1000},
	{"garp_master_refresh", "vrrp_garp_master_refresh", "garp_refresh_s",
	 "refresh_s", SECONDS_MOST, 0, 1},
	{"garp_master_refresh_repeat", "vrrp_garp_master_refresh_repeat",
	 "garp_refresh_repeat", "refresh_repeat", REPEAT_MOST, 1, 1},
};

/* The instance's own, else the global one; NULL: nowhere. */
static struct item *garp_item(struct model *model, struct instance *instance,
			      enum garp which)
{
	struct item *item = item_last(instance->item, keys[which].own);

	for (struct item *block = item_first(model->tree.root, "global_defs");
	     item == NULL && block; block = item_again(block))
		item = item_last(block, keys[which].global);
	return item;
}

/* As twinbeat has it; has: the file says something. */
static long garp_value(struct import *import, struct instance *instance,
		       enum garp which, bool *has)
{
	struct model *model = &import->models[0];
	const struct garp_key *key = &keys[which];
	struct item *item = garp_item(model, instance, which);
	long value = key->fallback;

	*has = item != NULL;
	if (item == NULL)
		return value * key->unit;
	if (!value_number(item_word(item, 1), 0, ANY_MOST, &value)) {
		item_mark(&model->tree, item, CHANGED,
			  "whole numbers are allowed: keepalived uses %ld",
			  value);
	} else if (value > key->most) {
		value = key->most;
		item_mark(&model->tree, item, CHANGED,
			  "0 to %ld is allowed in twinbeat: %ld", key->most,
			  value);
	} else {
		item_carry(item);
	}
	/* 0 of them is 1 there, too; a time may be 0 */
	if (value == 0 && (which == REPEAT || which == REFRESH_REPEAT))
		value = 1;
	return value * key->unit;
}

static bool garp_differs(struct import *import, enum garp which)
{
	struct model *model = &import->models[0];
	bool first_has = false, has = false;
	long first = 0;

	for (unsigned i = 0; i < model->instance_count; i++) {
		long value =
			garp_value(import, &model->instances[i], which, &has);

		if (i == 0) {
			first = value;
			first_has = has;
		}
		if (value != first || has != first_has)
			return true;
	}
	return false;
}

/* Those that stand in the file; group NULL: begun if need be. */
static void write_group(struct import *import, struct instance *instance,
			bool is_pair)
{
	struct doc *group = NULL;

	for (enum garp which = 0; which < GARPS; which++) {
		bool has;
		long value = garp_value(import, instance, which, &has);

		if (!has)
			continue;
		if (group == NULL && is_pair) {
			group = doc_group(import->root, "vip");
			group->blank = true;
		} else if (group == NULL) {
			group = doc_optional(doc_group(instance->doc, "garp"),
					     NULL);
			group->inlined = true;
		}
		doc_optional(doc_value(group,
				       is_pair ? keys[which].pair
					       : keys[which].single,
				       "%ld", value),
			     NULL);
	}
}

void write_garp(struct import *import)
{
	struct model *model = &import->models[0];
	bool is_pair = true;

	for (enum garp which = 0; which < GARPS; which++)
		is_pair = is_pair && !garp_differs(import, which);
	for (unsigned i = 0; i < (is_pair ? 1 : model->instance_count); i++)
		write_group(import, &model->instances[i], is_pair);
}
