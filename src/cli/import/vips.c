/* SPDX-License-Identifier: GPL-3.0-or-later */
/* virtual_ipaddress and virtual_ipaddress_excluded, line by line. */
#include <string.h>

#include "../../settings/settings.h"
#include "model.h"

/* Words behind an address that have a value. */
static const char *const with_value[] = {"dev",	      "label",	      "brd",
					 "broadcast", "scope",	      "peer",
					 "home",      "preferred_lft"};
static const char *const alone[] = {"-nodad",	  "mngtmpaddr", "noprefixroute",
				    "autojoin",	  "no_track",	"use_vmac",
				    "track_group"};

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}
#define IS_ONE_OF(word, list)                                                  \
	is_one_of(word, list, sizeof(list) / sizeof((list)[0]))

/* No prefix is /32, whatever the network; what is wrong is /32, too. */
static bool read_ip(struct import *import, struct model *model,
		    struct item *item, struct vip *vip, bool *v6)
{
	struct arena *arena = &import->arena;
	const char *word = item_word(item, 0), *slash = strchr(word, '/');
	const char *ip = arena_copy(arena, word, strcspn(word, "/"));
	long most, prefix;

	if (!value_is_address(ip, v6)) {
		const char *dollar = strchr(word, '$');

		item_mark(&model->tree, item, IGNORED,
			  "\"%s\" is no address: keepalived skips it%s%s%s",
			  word, dollar ? " (was ${" : "",
			  dollar ? arena_print(
					   arena, "%.*s}%s meant?",
					   (int)strcspn(dollar + 1, "./: {"),
					   dollar + 1,
					   dollar + 1 +
						   strcspn(dollar + 1, "./: {"))
				 : "",
			  dollar ? ")" : "");
		return false;
	}
	most = *v6 ? 128 : 32;
	prefix = most;
	if (slash != NULL && !value_number(slash + 1, 0, most, &prefix)) {
		prefix = most;
		item_mark(&model->tree, item, CHANGED,
			  "\"%s\" is no prefix length: keepalived uses /%ld",
			  slash, most);
	}
	if (prefix == 0)
		refuse(import, item,
		       "a virtual address with prefix /0 makes the whole world "
		       "local to its interface");
	vip->ip =
		arena_print(arena, "%s/%ld", value_address(arena, ip), prefix);
	return true;
}

static void read_label(struct model *model, struct item *item, struct vip *vip,
		       const char *dev, const char *label)
{
	if (strncmp(label, dev, strlen(dev)) != 0)
		item_mark(&model->tree, item, CHANGED,
			  "the label \"%s\" does not begin with the "
			  "interface's name, as twinbeat's must: written "
			  "without one",
			  label);
	else
		vip->label = label;
}

/* What stands behind the address; false: keepalived drops the whole line. */
static bool read_words(struct import *import, struct model *model,
		       struct item *item, struct vip *vip,
		       const char *interface)
{
	struct tree *tree = &model->tree;
	const char *label = NULL;
	bool v6;

	for (unsigned i = 1; i < item->count; i++) {
		const char *word = item->words[i];
		bool valued = IS_ONE_OF(word, with_value);

		if (strcmp(word, "dev") == 0) {
			vip->dev = item_word(item, ++i);
			if (vip->dev[0] == '\0' ||
			    IS_ONE_OF(vip->dev, with_value))
				refuse(import, item,
				       "no interface stands behind dev: "
				       "keepalived does not start with this");
			if (strchr(vip->dev, ':') != NULL)
				refuse(import, item,
				       "%s is the name of an address, no "
				       "interface: keepalived does not start "
				       "with this",
				       vip->dev);
		} else if (strcmp(word, "label") == 0) {
			label = item_word(item, ++i);
		} else if (strcmp(word, "no_track") == 0) {
			item_mark(tree, item, CHANGED,
				  "no_track is not carried: twinbeat tracks "
				  "each interface that holds an address");
		} else if (valued || IS_ONE_OF(word, alone)) {
			item_mark(tree, item, NOTED,
				  "\"%s%s%s\" is not carried", word,
				  valued ? " " : "",
				  valued ? item_word(item, ++i) : "");
			if (strcmp(word, "scope") == 0 &&
			    strcmp(item_word(item, i), "link") == 0)
				item_warn(tree, item, CHANGED,
					  "inside the interface's own subnet "
					  "the kernel refuses such an address: "
					  "keepalived was MASTER without it");
		} else if (value_is_address(arena_copy(tree->arena, word,
						       strcspn(word, "/")),
					    &v6)) {
			item_mark(tree, item, CHANGED,
				  "keepalived takes no more than one address a "
				  "line: \"%s\" was never held",
				  word);
			break;
		} else {
			item_mark(tree, item, CHANGED,
				  "keepalived does not know \"%s\" here, and "
				  "ignores it",
				  word);
		}
	}
	if (label != NULL && strlen(label) >= SETTINGS_INTERFACE_MAX) {
		item_mark(tree, item, IGNORED,
			  "a label has at most 15 characters: keepalived drops "
			  "the address");
		return false;
	}
	if (label != NULL)
		read_label(model, item, vip, vip->dev ? vip->dev : interface,
			   label);
	return true;
}

bool vips_have(const struct vips *vips, const char *ip)
{
	size_t size = strcspn(ip, "/");

	for (unsigned i = 0; i < vips->count; i++)
		if (strcspn(vips->at[i].ip, "/") == size &&
		    memcmp(vips->at[i].ip, ip, size) == 0)
			return true;
	return false;
}

static void read_vip(struct import *import, struct model *model,
		     struct instance *instance, struct item *item,
		     struct vips *vips, bool excluded)
{
	struct tree *tree = &model->tree;
	struct vip vip = {.item = item};
	bool v6;

	if (item->outcome == IGNORED ||
	    !read_ip(import, model, item, &vip, &v6))
		return;
	if (!excluded && vips->count == 0)
		instance->v6 = v6;
	if (!excluded && v6 != instance->v6) {
		item_mark(tree, item, IGNORED,
			  "keepalived advertises one family, that of the first "
			  "address, and never held this one; "
			  "virtual_ipaddress_excluded holds both");
		return;
	}
	if (!read_words(import, model, item, &vip, instance->interface))
		return;
	if (vips_have(vips, vip.ip)) {
		item_mark(tree, item, CHANGED, "it stands here twice");
		return;
	}
	if (vip.dev != NULL && strcmp(vip.dev, instance->interface) != 0)
		item_mark(tree, item, NOTED,
			  "%s is tracked, as keepalived does: without its "
			  "carrier the node is not fit",
			  vip.dev);
	if (v6 && strstr(vip.ip, "/128") != NULL)
		item_mark(tree, item, NOTED,
			  "keepalived marks a /128 as deprecated, so that the "
			  "node does not send from it; twinbeat does not");
	item_carry(item);
	vips->at[vips->count++] = vip;
}

static void read_lists(struct import *import, struct model *model,
		       struct instance *instance, const char *name,
		       struct vips *vips, bool excluded)
{
	unsigned count = 0;

	for (struct item *list = item_first(instance->item, name); list;
	     list = item_again(list)) {
		item_carry(list);
		for (struct item *item = list->first; item; item = item->next)
			count++;
	}
	vips->at =
		arena_alloc(&import->arena, (count + 1) * sizeof(struct vip));
	for (struct item *list = item_first(instance->item, name); list;
	     list = item_again(list))
		for (struct item *item = list->first; item; item = item->next)
			read_vip(import, model, instance, item, vips, excluded);
}

/* One address in two instances: keepalived holds it on two nodes. */
static void refuse_shared(struct import *import, struct model *model,
			  struct instance *instance)
{
	for (unsigned v = 0; v < instance->vips.count; v++) {
		const struct vip *vip = &instance->vips.at[v];

		for (const struct instance *at = model->instances;
		     at < instance; at++)
			if (vips_have(&at->vips, vip->ip) ||
			    vips_have(&at->excluded, vip->ip))
				refuse(import, vip->item,
				       "%s is an address of %s too: each would "
				       "hold it, perhaps on different nodes",
				       vip->ip, at->name);
	}
}

/* RFC 9568 5.2.9: over IPv6 the first is link-local; keepalived does not mind
 * in which order they stand. */
static void put_link_local_first(struct model *model, struct vips *vips)
{
	for (unsigned i = 1; i < vips->count; i++) {
		struct vip vip = vips->at[i];

		if (strncmp(vips->at[0].ip, "fe80:", 5) == 0)
			return;
		if (strncmp(vip.ip, "fe80:", 5) != 0)
			continue;
		memmove(&vips->at[1], &vips->at[0], i * sizeof(vip));
		vips->at[0] = vip;
		item_mark(&model->tree, vip.item, NOTED,
			  "written first, as RFC 9568 5.2.9 wants it");
	}
}

void vips_read(struct import *import, struct model *model,
	       struct instance *instance)
{
	struct item *native = item_last(instance->item, "native_ipv6");

	read_lists(import, model, instance, "virtual_ipaddress",
		   &instance->vips, false);
	read_lists(import, model, instance, "virtual_ipaddress_excluded",
		   &instance->excluded, true);
	if (instance->v6)
		put_link_local_first(model, &instance->vips);
	if (native != NULL)
		item_mark_all(native, QUIET);
	if (native != NULL && !instance->v6 && instance->vips.count > 0 &&
	    native->number < instance->vips.at[0].item->number)
		refuse(import, native,
		       "native_ipv6 before addresses of IPv4: keepalived does "
		       "not start with this");
	if (instance->vips.count == 0)
		refuse(import, instance->item,
		       "%s has no virtual address%s: keepalived is MASTER of "
		       "nothing, and twinbeat has no such instance",
		       instance->name,
		       item_first(instance->item, "virtual_ipaddress")
			       ? " that keepalived would take"
			       : "");
	refuse_shared(import, model, instance);
}
