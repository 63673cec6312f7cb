/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an instance tracks: scripts, processes, interfaces, files. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* A file has two keywords, an old and a new one. */
static bool is_of_kind(const struct item *item, const char *kind)
{
	return item_is(item, kind) || (strcmp(kind, "track_file") == 0 &&
				       item_is(item, "vrrp_track_file"));
}

/* A definition of that kind and name which stands before its user. */
static struct item *find_before(const struct model *model,
				const struct item *user, const char *kind,
				const char *name, bool *later)
{
	bool passed = false;

	*later = false;
	for (struct item *item = model->tree.root->first; item;
	     item = item->next) {
		passed |= item == user;
		if (!is_of_kind(item, kind) ||
		    strcmp(item_word(item, 1), name) != 0)
			continue;
		*later = passed;
		return passed ? NULL : item;
	}
	return NULL;
}

static bool is_file(const struct tracked *tracked)
{
	return tracked->object != NULL &&
	       is_of_kind(tracked->object, "track_file");
}

/* None given is 1 for a file, and 0 for everything else (2.2.7). */
static void read_weight(struct tree *tree, struct tracked *tracked)
{
	struct item *own =
		tracked->object ? item_last(tracked->object, "weight") : NULL;
	const char *text = own ? item_word(own, 1) : NULL;

	if (own != NULL)
		item_carry(own);
	tracked->reverse =
		own != NULL && strcmp(item_word(own, 2), "reverse") == 0;
	for (unsigned i = 1; i < tracked->use->count; i++) {
		const char *word = tracked->use->words[i];

		if (strcmp(word, "weight") == 0) {
			text = item_word(tracked->use, ++i);
		} else if (strcmp(word, "reverse") == 0) {
			tracked->reverse = true;
		} else {
			item_mark(tree, tracked->use, CHANGED,
				  "one a line is taken: \"%s\" was never "
				  "tracked",
				  word);
			break;
		}
	}
	if (is_file(tracked)) {
		tracked->weight = text != NULL ? atoi(text) : 1;
		return;
	}
	tracked->weight = text != NULL ? atoi(text) : 0;
	if (tracked->weight < -253 || tracked->weight > 253)
		tracked->weight = 0;
}

/* Under enable_script_security a check needs a user that is there. */
static bool is_dropped_for_security(struct model *model, struct item *script)
{
	bool secure = false, user = item_last(script, "user") != NULL;

	for (struct item *block = item_first(model->tree.root, "global_defs");
	     block; block = item_again(block)) {
		secure |= item_last(block, "enable_script_security") != NULL;
		user |= item_last(block, "script_user") != NULL;
	}
	return secure && !user;
}

static bool find_object(struct model *model, struct instance *instance,
			const struct item *user, const char *kind,
			struct tracked *tracked)
{
	struct tree *tree = &model->tree;
	bool later;

	(void)instance;
	tracked->object = find_before(model, user, kind, tracked->name, &later);
	if (tracked->object == NULL) {
		item_warn(
			tree, tracked->use, IGNORED,
			later ? "%s stands further down, and keepalived finds "
				"only what stands before its use: it was "
				"never checked"
			      : "there is no %s in the file: it was never "
				"checked",
			tracked->name);
		return false;
	}
	if (item_is(tracked->object, "vrrp_script") &&
	    is_dropped_for_security(model, tracked->object)) {
		item_warn(tree, tracked->use, IGNORED,
			  "enable_script_security without script_user: "
			  "keepalived drops the check, and the node is always "
			  "fit");
		return false;
	}
	return true;
}

static void read_list(struct import *import, struct model *model,
		      struct instance *instance, struct item *owner,
		      const char *list_name, const char *kind,
		      struct tracks *tracks)
{
	struct tree *tree = &model->tree;
	unsigned count = tracks->count;
	struct tracked *more;

	for (struct item *list = item_first(owner, list_name); list;
	     list = item_again(list))
		for (struct item *item = list->first; item; item = item->next)
			count++;
	more = arena_alloc(&import->arena, (count + 1) * sizeof(*more));
	if (tracks->count > 0)
		memcpy(more, tracks->at, tracks->count * sizeof(*more));
	tracks->at = more;
	for (struct item *list = item_first(owner, list_name); list;
	     list = item_again(list)) {
		item_carry(list);
		for (struct item *item = list->first; item; item = item->next) {
			struct tracked tracked = {.use = item,
						  .name = item_word(item, 0)};

			if (item->outcome == IGNORED)
				continue;
			if (kind != NULL && !find_object(model, instance, owner,
							 kind, &tracked))
				continue;
			read_weight(tree, &tracked);
			item_carry(item);
			tracks->at[tracks->count++] = tracked;
		}
	}
}

/* A member's weighted checks are ignored in a group; the group's are all's. */
static void drop_weighted(struct model *model, struct instance *instance,
			  struct tracks *tracks)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < tracks->count; i++) {
		struct tracked *tracked = &tracks->at[i];

		if (tracked->weight != 0)
			item_warn(&model->tree, tracked->use, IGNORED,
				  "keepalived ignores the weight of a check in "
				  "%s, a member of a sync group: it moves "
				  "nothing",
				  instance->name);
		else
			tracks->at[kept++] = *tracked;
	}
	tracks->count = kept;
}

/* The group says that its members' weights count (2.2.7: no word of ignoring
 * them then). */
static bool has_weights(struct item *group)
{
	struct item *own = item_last(group, "sync_group_tracking_weight");
	struct item *all = item_last(group, "global_tracking");

	item_carry(own);
	item_carry(all);
	return own != NULL || all != NULL;
}

void tracks_read(struct import *import, struct model *model,
		 struct instance *instance)
{
	struct item *owners[] = {instance->item, instance->group};

	for (unsigned i = 0; i < 2 && owners[i] != NULL; i++) {
		read_list(import, model, instance, owners[i], "track_script",
			  "vrrp_script", &instance->scripts);
		read_list(import, model, instance, owners[i], "track_process",
			  "vrrp_track_process", &instance->processes);
		/* both names mean the same */
		read_list(import, model, instance, owners[i], "track_file",
			  "track_file", &instance->files);
		read_list(import, model, instance, owners[i], "track_interface",
			  NULL, &instance->interfaces);
		if (i > 0 || instance->group == NULL ||
		    has_weights(instance->group))
			continue;
		drop_weighted(model, instance, &instance->scripts);
		drop_weighted(model, instance, &instance->processes);
		drop_weighted(model, instance, &instance->files);
	}
}
