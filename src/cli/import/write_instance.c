/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instances: what is on the wire first, then who serves. */
#include <string.h>

#include "model.h"

static void write_vips(struct doc *group, const char *key,
		       const struct vips *vips, bool optional,
		       unsigned link_local_vrid)
{
	struct doc *list;

	if (vips->count == 0)
		return;
	list = doc_list(group, key);
	if (optional)
		doc_optional(list, NULL);
	if (link_local_vrid > 0)
		doc_comment(list,
			    "RFC 9568 5.2.9 wants a link-local address first, "
			    "which keepalived.conf does not have. One of your "
			    "choice, for both nodes:\n"
			    "{ ip = \"fe80::%u/64\"; },",
			    link_local_vrid);
	for (unsigned i = 0; i < vips->count; i++) {
		const struct vip *vip = &vips->at[i];
		struct doc *at = doc_group(list, NULL);

		at->inlined = true;
		doc_string(at, "ip", vip->ip);
		if (vip->dev != NULL)
			doc_string(at, "dev", vip->dev);
		if (vip->label != NULL)
			doc_string(at, "label", vip->label);
		doc_optional(at, vip->item);
	}
}

static void write_priorities(struct import *import, struct instance *instance,
			     struct doc *group)
{
	struct doc *list = NULL;

	for (unsigned node = 0; node < import->node_count; node++) {
		const struct instance *at =
			node == 0 ? instance : instance->other;
		struct doc *row;

		if (at->priority == import->models[node].instances[0].priority)
			continue;
		if (list == NULL)
			list = doc_list(group, "priorities");
		row = doc_group(list, NULL);
		row->inlined = true;
		doc_string(row, "node", import->names[node]);
		doc_value(row, "priority", "%u", at->priority);
	}
}

/* The lower node's nopreempt and delay have no effect (measured). */
static void mark_lower(struct import *import, struct instance *higher)
{
	struct instance *lower = higher->other;
	struct tree *tree = &import->models[0].tree; /* for its memory */
	struct item *no, *delay;

	if (lower == NULL)
		return;
	no = item_last(lower->item, "nopreempt");
	delay = item_last(lower->item, "preempt_delay");
	if (lower->priority == higher->priority)
		return;
	if (no != NULL)
		item_mark(tree, no, IGNORED,
			  "it has no effect on the node of lower priority");
	if (delay != NULL)
		item_mark(tree, delay, IGNORED,
			  "it has no effect on the node of lower priority");
}

static void write_preempt(struct import *import, struct instance *instance,
			  struct doc *group)
{
	struct instance *higher = pair_higher(instance);
	struct item *no = item_last(higher->item, "nopreempt");

	doc_value(group, "preempt", "%s", higher->nopreempt ? "false" : "true");
	item_carry(no);
	if (!higher->nopreempt)
		doc_value(group, "preempt_delay_ms", "%u",
			  higher->preempt_delay_s * 1000);
	if (instance->other == NULL && import->node_count < MODEL_NODES &&
	    no != NULL && higher->nopreempt)
		item_mark(&import->models[0].tree, no, NOTED,
			  "it has an effect on the node of higher priority "
			  "only: taken for this one");
	mark_lower(import, higher);
}

static void write_group(struct import *import, struct instance *instance,
			struct doc *group)
{
	struct item *sync = instance->group;
	struct item *members = sync ? item_last(sync, "group") : NULL;
	unsigned there = 0;

	for (unsigned i = 0; i < import->models[0].instance_count; i++)
		there += import->models[0].instances[i].group == sync;
	if (sync == NULL)
		return;
	item_carry(sync);
	item_mark_all(members, CARRIED);
	if (there < 2)
		item_mark(&import->models[0].tree, sync, NOTED,
			  "a group of one instance: nothing to write");
	else
		doc_optional(doc_string(group, "sync",
					value_name(&import->arena,
						   item_word(sync, 1))),
			     sync);
}

/* What the kernel takes anyhow: a route by a gateway is global, one without is
 * the link's. */
static bool is_scope_of_kernel(const struct item *item, const char *scope)
{
	bool by_gateway = false;

	for (unsigned i = 0; i < item->count; i++)
		by_gateway |= strcmp(item->words[i], "via") == 0 ||
			      strcmp(item->words[i], "gw") == 0;
	return strcmp(scope, by_gateway ? "global" : "link") == 0;
}

/* One word and perhaps its value; false: there is no setting for it. */
static bool write_word(struct model *model, struct item *item, unsigned *at,
		       bool rule, struct doc *group)
{
	static const char *const keys[][2] = {
		{"via", "via"},	      {"gw", "via"},
		{"dev", "dev"},	      {"src", "source"},
		{"table", "table"},   {"metric", "metric"},
		{"lookup", "table"},  {"from", "from"},
		{"to", "to"},	      {"priority", "priority"},
		{"pref", "priority"}, {"preference", "priority"},
		{"order", "priority"}};
	static const char *const types[] = {"blackhole", "unreachable",
					    "prohibit"};
	const char *word = item->words[*at];
	long number;

	for (unsigned k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		if (strcmp(keys[k][0], word) != 0 || *at + 1 == item->count)
			continue;
		if (doc_has(group, keys[k][1]))
			return false;
		if (strcmp(word, "gw") == 0)
			item_mark(&model->tree, item, NOTED, "gw is via");
		word = item->words[++*at];
		if (value_number(word, 0, 1000000000L, &number))
			doc_value(group, keys[k][1], "%ld", number);
		else
			doc_string(group, keys[k][1], word);
		return true;
	}
	for (unsigned k = 0; k < sizeof(types) / sizeof(types[0]); k++)
		if (strcmp(types[k], word) == 0 && *at == 0) {
			doc_string(group, "type", word);
			return true;
		}
	if (strcmp(word, "scope") == 0 && !rule &&
	    is_scope_of_kernel(item, item_word(item, *at + 1))) {
		++*at;
		return true;
	}
	if (strcmp(word, "no_track") == 0) {
		item_mark(&model->tree, item, NOTED,
			  "no_track: twinbeat puts back what is deleted, and "
			  "makes no fault of it");
		return true;
	}
	if (*at > 1 || rule || doc_has(group, "to"))
		return false;
	doc_string(group, "to", word);
	return true;
}

static bool has_priority(const struct item *item)
{
	static const char *const words[] = {"priority", "pref", "preference",
					    "order"};

	for (unsigned i = 0; i < item->count; i++)
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (strcmp(item->words[i], words[k]) == 0)
				return true;
	return false;
}

#define RULE_PRIORITY 16384

/* keepalived counts down from it, over all rules of the file that have none,
 * those of static_rules, too (2.2.7, measured). */
static long rule_priority(const struct model *model, const struct item *rule)
{
	long priority = RULE_PRIORITY;

	for (struct item *at = model->tree.root->first; at; at = at->next) {
		struct item *list = item_is(at, "static_rules") ? at
				    : item_is(at, "vrrp_instance")
					    ? item_first(at, "virtual_rules")
					    : NULL;

		for (; list != NULL;
		     list = list == at ? NULL : item_again(list))
			for (struct item *item = list->first; item;
			     item = item->next) {
				if (item == rule)
					return priority;
				priority -= !has_priority(item);
			}
	}
	return priority;
}

/* A route or rule, word by word, as iproute2 has them. */
static void write_words(struct model *model, struct doc *list,
			struct item *item, bool rule)
{
	struct doc *group = doc_group(list, NULL);

	group->inlined = true;
	item_carry(item);
	for (unsigned i = 0; i < item->count; i++) {
		const char *word = item->words[i];

		if (write_word(model, item, &i, rule, group))
			continue;
		item_mark(&model->tree, item, LOST,
			  "\"%s\" has no setting here", word);
		group->off = item->why;
		break; /* what follows may be its value */
	}
	if (rule && group->off == NULL && !doc_has(group, "priority")) {
		long priority = rule_priority(model, item);

		doc_value(group, "priority", "%ld", priority);
		item_mark(
			&model->tree, item, NOTED,
			"keepalived gives this rule, which has none, priority "
			"%ld",
			priority);
	}
	doc_optional(group, item);
}

static void write_routes(struct import *import, struct instance *instance,
			 struct doc *group, const char *name, const char *key)
{
	struct item *from = item_first(instance->item, name);
	struct doc *list = NULL;

	for (; from != NULL; from = item_again(from)) {
		item_carry(from);
		if (list == NULL)
			list = doc_optional(doc_list(group, key), from);
		for (struct item *item = from->first; item; item = item->next)
			write_words(&import->models[0], list, item,
				    strcmp(key, "rules") == 0);
	}
}

/* Both files say from where their adverts leave; one alone: nodes[].address. */
static void write_sources(struct import *import, struct instance *instance,
			  struct doc *group)
{
	struct item *item = item_last(instance->item, "mcast_src_ip");
	const struct instance *other = instance->other;

	if (instance->unicast || instance->source == NULL || other == NULL ||
	    other->source == NULL)
		return;
	if (item == NULL)
		item = item_last(instance->item, "unicast_src_ip");
	doc_optional(doc_value(group, "source_addresses", "%s",
			       doc_strings(&import->arena,
					   doc_strings(&import->arena, NULL,
						       instance->source),
					   other->source)),
		     item);
}

static void write_vmac(struct import *import, struct instance *instance,
		       struct doc *group)
{
	struct item *vmac = item_last(instance->item, "use_vmac");
	struct item *base = item_last(instance->item, "vmac_xmit_base");

	if (vmac == NULL)
		return;
	item_carry(vmac);
	if (vmac->count > 1)
		item_mark(&import->models[0].tree, vmac, NOTED,
			  "the interface's name \"%s\" is not kept",
			  item_word(vmac, 1));
	if (base != NULL)
		item_carry(base);
	doc_optional(doc_value(group, "vmac", "true"), vmac);
}

/* keepalived does without; twinbeat check asks for one. */
static bool lacks_link_local(const struct instance *instance)
{
	return instance->v6 && instance->vips.count > 0 &&
	       strncmp(instance->vips.at[0].ip, "fe80:", 5) != 0;
}

static void write_instance(struct import *import, struct instance *instance,
			   struct doc *list)
{
	struct doc *group = doc_optional(doc_group(list, NULL), instance->item);
	struct doc *unicast;

	instance->doc = group;
	instance->item->doc = group;
	if (instance->other != NULL)
		instance->other->item->doc = group;
	if (lacks_link_local(instance))
		item_warn(&import->models[0].tree, instance->vips.at[0].item,
			  NOTED,
			  "an IPv6 instance needs a link-local address before "
			  "this one (RFC 9568 5.2.9): take the line with "
			  "fe80::%u out of its comment, or choose another; a "
			  "keepalived that is still beside it needs the same",
			  instance->vrid);
	doc_string(group, "name", instance->name);
	doc_string(group, "interface", instance->interface);
	doc_value(group, "vrid", "%u", instance->vrid);
	doc_value(group, "version", "%u", instance->version);
	doc_value(group, "advert_ms", "%u", instance->advert_ms);
	if (instance->auth_pass != NULL)
		doc_string(group, "auth_pass", instance->auth_pass);
	write_preempt(import, instance, group);
	write_priorities(import, instance, group);
	if (instance->unicast) {
		unicast = doc_value(group, "unicast", "true");
		doc_optional(unicast,
			     item_last(instance->item, "unicast_peer"));
		if (instance->min_ttl > 0 && instance->min_ttl < 255)
			doc_optional(doc_value(group, "unicast_min_ttl", "%u",
					       instance->min_ttl),
				     NULL);
	}
	write_sources(import, instance, group);
	write_vmac(import, instance, group);
	write_group(import, instance, group);
	write_vips(group, "addresses", &instance->vips, false,
		   lacks_link_local(instance) ? instance->vrid : 0);
	write_vips(group, "excluded", &instance->excluded, true, 0);
	write_routes(import, instance, group, "virtual_routes", "routes");
	write_routes(import, instance, group, "virtual_rules", "rules");
	write_tracks(import, instance, group);
}

void write_instances(struct import *import)
{
	struct model *model = &import->models[0];
	struct doc *list = doc_list(import->root, "instances");

	list->blank = true;
	doc_comment(list, "preempt is keepalived's default; after a fence "
			  "twinbeat waits ten minutes before a node takes an "
			  "instance back.");
	for (unsigned i = 0; i < model->instance_count; i++)
		write_instance(import, &model->instances[i], list);
}
