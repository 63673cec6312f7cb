/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One vrrp_instance as keepalived 2.2.7 runs it. */
#include <string.h>

#include "../../settings/settings.h"
#include "model.h"

#define AUTH_PASS_SIZE	8   /* RFC 2338 5.3.10 */
#define PRIORITY_OWNER	255 /* RFC 5798 5.2.4; twinbeat has no owner */
#define PRIORITY_MOST	254
#define PREEMPT_MOST_S	1000
#define ADVERT_LEAST_MS 10
#define ADVERT_MOST_MS	255000
#define V3_MOST_MS	40950 /* RFC 9568 5.2.7: 12 bits of 10 ms */

static void read_interface(struct import *import, struct model *model,
			   struct instance *instance)
{
	struct item *item =
		item_only(&model->tree, instance->item, "interface");

	if (item == NULL) {
		refuse(import, instance->item,
		       "%s has no interface: keepalived does not start with "
		       "this",
		       instance->name);
		instance->interface = "";
		return;
	}
	instance->interface = item_word(item, 1);
	item_carry(item);
	if (strlen(instance->interface) >= SETTINGS_INTERFACE_MAX ||
	    strpbrk(instance->interface, "/:<> ") != NULL ||
	    strcmp(instance->interface, "lo") == 0)
		refuse(import, item,
		       "\"%s\" is no interface that VRRP could run on; "
		       "keepalived does not start with this",
		       instance->interface);
}

static void read_vrid(struct import *import, struct model *model,
		      struct instance *instance)
{
	struct item *item =
		item_only(&model->tree, instance->item, "virtual_router_id");
	long vrid = 0;

	if (item == NULL || !value_number(item_word(item, 1), 1, 255, &vrid))
		refuse(import, item ? item : instance->item,
		       "%s has no virtual_router_id from 1 to 255: keepalived "
		       "does not start with this",
		       instance->name);
	item_carry(item);
	instance->vrid = (unsigned)vrid;
}

static void read_state(struct model *model, struct instance *instance)
{
	struct tree *tree = &model->tree;
	struct item *item = item_only(tree, instance->item, "state");

	if (item == NULL)
		return;
	instance->state_master = strcmp(item_word(item, 1), "MASTER") == 0;
	if (!instance->state_master &&
	    strcmp(item_word(item, 1), "BACKUP") != 0)
		item_mark(tree, item, CHANGED,
			  "\"%s\" is no state: keepalived takes BACKUP",
			  item_word(item, 1));
	else
		item_mark_all(item, QUIET);
}

/* MASTER without a priority is the owner of the addresses, 255. */
static void read_priority(struct import *import, struct model *model,
			  struct instance *instance)
{
	static const char owner[] =
		"priority 255 on keepalived, the address owner's, which serves "
		"at once and without listening first; twinbeat has 1 to 254 "
		"and no such owner: 254";
	struct tree *tree = &model->tree;
	struct item *item = item_only(tree, instance->item, "priority");

	instance->priority = (unsigned)value_of(import, model, instance->item,
						"priority", 1, 255, 100);
	if (item == NULL && instance->state_master) {
		instance->priority = PRIORITY_OWNER;
		item = item_last(instance->item, "state");
		item_warn(tree, item, CHANGED,
			  "MASTER without a priority is %s", owner);
	} else if (item == NULL) {
		item_mark(tree, instance->item, NOTED,
			  "%s has no priority: keepalived uses 100",
			  instance->name);
	} else if (instance->priority == PRIORITY_OWNER) {
		item_warn(tree, item, CHANGED, "%s", owner);
	}
	instance->owner = instance->priority == PRIORITY_OWNER;
	if (instance->owner)
		instance->priority = PRIORITY_MOST;
}

static void read_version(struct import *import, struct model *model,
			 struct instance *instance)
{
	long version = value_of(import, model, instance->item, "version", 2, 3,
				model->version);

	instance->version = (unsigned)version;
	if (!instance->v6 || version == 3)
		return;
	instance->version = 3;
	item_mark(&model->tree, instance->item, NOTED,
		  "%s has IPv6 addresses: keepalived takes VRRP version 3",
		  instance->name);
}

/* 1.4 -> 1, 1.5 -> 2 in version 2; steps of 10 ms, at most 40.95 s in 3. */
static unsigned round_interval(unsigned version, long ms)
{
	if (ms < ADVERT_LEAST_MS || ms > ADVERT_MOST_MS)
		return 1000;
	if (version == 2)
		return ms < 1500 ? 1000 : (unsigned)(ms + 500) / 1000 * 1000;
	if (ms > V3_MOST_MS)
		return V3_MOST_MS;
	return (unsigned)(ms + 5) / 10 * 10;
}

static void read_interval(struct model *model, struct instance *instance)
{
	struct item *item =
		item_only(&model->tree, instance->item, "advert_int");
	long ms = 0;

	instance->advert_ms = 1000;
	if (item == NULL)
		return;
	item_carry(item);
	if (!value_thousandths(item_word(item, 1), &ms)) {
		item_mark(&model->tree, item, CHANGED,
			  "\"%s\" is no number: keepalived uses 1 s",
			  item_word(item, 1));
		return;
	}
	instance->advert_ms = round_interval(instance->version, ms);
	if (ms != (long)instance->advert_ms)
		item_mark(&model->tree, item, CHANGED,
			  "version %u cannot have an interval of %s s: "
			  "keepalived uses %u ms%s",
			  instance->version, item_word(item, 1),
			  instance->advert_ms,
			  instance->version == 2 && ms > 0 && ms < 1000
				  ? " (version 3 could have it)"
				  : "");
}

/* The 8 bytes that are on the wire, NULL if there is no authentication. */
static const char *read_pass(struct import *import, struct model *model,
			     struct item *item)
{
	struct tree *tree = &model->tree;
	const char *word = item_word(item, 1);
	size_t size = strlen(word);

	item_carry(item);
	if (size > AUTH_PASS_SIZE) {
		size = AUTH_PASS_SIZE;
		item_mark(tree, item, CHANGED,
			  "keepalived sends the first 8 bytes only: \"%.8s\"",
			  word);
		if (((unsigned char)word[size] & 0xc0) == 0x80)
			refuse(import, item,
			       "keepalived cuts this password inside a "
			       "character, which twinbeat cannot write; use "
			       "another one on both nodes");
	}
	if (item->count > 2)
		item_mark(tree, item, CHANGED,
			  "only the first word is the password: \"%.8s\"",
			  word);
	return arena_copy(&import->arena, word, size);
}

/* The instance's word, or the one for all. */
static bool is_strict(const struct model *model,
		      const struct instance *instance)
{
	static const char *const no[] = {"off", "false", "no"};
	const struct item *own = item_last(instance->item, "strict_mode");
	const char *word = "";

	for (struct item *block = item_first(model->tree.root, "global_defs");
	     block && own == NULL; block = item_again(block))
		own = item_last(block, "vrrp_strict");
	if (own == NULL)
		return false;
	word = item_word(own, 1);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcmp(word, no[i]) == 0)
			return false;
	return true;
}

static void read_authentication(struct import *import, struct model *model,
				struct instance *instance)
{
	struct tree *tree = &model->tree;
	struct item *block = item_last(instance->item, "authentication");
	struct item *type, *pass;

	if (block == NULL)
		return;
	type = item_only(tree, block, "auth_type");
	pass = item_only(tree, block, "auth_pass");
	item_mark_all(block, QUIET);
	if (is_strict(model, instance)) {
		item_warn(
			tree, pass ? pass : block, IGNORED,
			"strict mode has no passwords: keepalived sends none");
	} else if (instance->version == 3) {
		item_mark(tree, pass ? pass : block, IGNORED,
			  "version 3 has no passwords: keepalived ignores it, "
			  "and anybody in the network can speak for a node");
	} else if (type != NULL && strcmp(item_word(type, 1), "AH") == 0) {
		item_warn(tree, type, LOST,
			  "IPsec AH was in force here; twinbeat does not have "
			  "it: its nodes sign their beats with a key instead");
	} else if (type != NULL && strcmp(item_word(type, 1), "PASS") != 0) {
		item_warn(tree, type, IGNORED,
			  "\"%s\" is no type: keepalived runs without "
			  "authentication",
			  item_word(type, 1));
	} else if (pass == NULL || item_word(pass, 1)[0] == '\0') {
		item_warn(tree, block, IGNORED,
			  "there is no auth_pass here: keepalived runs without "
			  "authentication");
	} else if (type == NULL) {
		item_warn(tree, pass, IGNORED,
			  "without auth_type keepalived runs without "
			  "authentication: this password was never sent");
	} else {
		pass->outcome = UNSEEN;
		instance->auth_pass = read_pass(import, model, pass);
	}
}

/* One value of auth_hmac as hmac has it; nothing where it is not said. */
static const char *hmac_value(struct import *import, const struct item *block,
			      const char *theirs, const char *ours, bool quote)
{
	const struct item *item = item_last(block, theirs);
	const char *word = item_word(item, 1);

	if (item == NULL)
		return "";
	return quote ? arena_print(&import->arena, " %s = \"%s\";", ours, word)
		     : arena_print(&import->arena, " %s = %s;", ours, word);
}

/*
 * keepalived 2.4. Two twinbeat nodes sign with the key of the pair, so there is
 * nothing to write for them: only beside a node that is not changed yet.
 */
static void read_hmac(struct import *import, struct model *model,
		      struct instance *instance)
{
	static const char file_mark[] = "file:";
	struct item *block = item_last(instance->item, "auth_hmac");
	const char *keys = "", *fill = "";

	if (block == NULL)
		return;
	for (const struct item *key = item_first(block, "key"); key != NULL;
	     key = item_again(key)) {
		const char *value = item_word(key, 2);
		bool is_file =
			strncmp(value, file_mark, strlen(file_mark)) == 0;

		if (!is_file)
			fill = "; write the key (hex:...) into FILE, mode 0600";
		keys = arena_print(
			&import->arena, "%s%s{ id = %s; file = \"%s\"; }", keys,
			keys[0] ? ", " : "", item_word(key, 1),
			is_file ? value + strlen(file_mark) : "FILE");
	}
	item_mark_all(block, QUIET);
	item_mark(&model->tree, block, NOTED,
		  "two twinbeat nodes sign with key_file; while the other one "
		  "is still a keepalived (kind = \"vrrp\"), this node needs "
		  "hmac = { keys = ( %s );%s%s%s%s }%s",
		  keys,
		  hmac_value(import, block, "active_key", "active", false),
		  hmac_value(import, block, "mode", "mode", true),
		  hmac_value(import, block, "anti_replay", "anti_replay", true),
		  hmac_value(import, block, "time_window", "window_s", false),
		  fill);
}

/* A comment sign in the password: somebody believes it to be longer. */
static void warn_cut_pass(struct model *model, struct instance *instance)
{
	struct item *block = item_last(instance->item, "authentication");
	struct item *pass = block ? item_last(block, "auth_pass") : NULL;

	if (pass != NULL && pass->cut)
		item_warn(&model->tree, pass, CHANGED,
			  "the %c begins a comment, since it is not quoted: "
			  "keepalived sends the password \"%s\"; quote it here "
			  "and there when you change it",
			  pass->cut, instance->auth_pass);
}

static void read_preempt(struct import *import, struct model *model,
			 struct instance *instance)
{
	struct tree *tree = &model->tree;
	struct item *no = item_last(instance->item, "nopreempt");
	struct item *yes = item_last(instance->item, "preempt");
	struct item *delay = item_only(tree, instance->item, "preempt_delay");
	const char *cleared = instance->state_master ? "state MASTER"
			      : instance->owner	     ? "priority 255"
						     : NULL;
	long ms = 0;

	(void)import;
	if (yes != NULL)
		item_mark_all(yes, QUIET);
	if (no != NULL && cleared != NULL)
		item_warn(tree, no, IGNORED,
			  "it has no effect with %s: this node does come back",
			  cleared);
	else if (no != NULL)
		instance->nopreempt = true;
	if (delay == NULL)
		return;
	if (cleared != NULL) {
		item_warn(tree, delay, IGNORED,
			  "it has no effect with %s: this node comes back at "
			  "once",
			  cleared);
	} else if (instance->nopreempt) {
		item_mark(tree, delay, IGNORED,
			  "it has no effect with nopreempt");
	} else if (!value_thousandths(item_word(delay, 1), &ms) ||
		   ms > 1000 * PREEMPT_MOST_S) {
		item_mark(tree, delay, IGNORED,
			  "0 to 1000 s is allowed: keepalived ignores it");
	} else {
		instance->preempt_delay_s = (unsigned)(ms + 999) / 1000;
		item_carry(delay);
	}
}

/* ADDRESS [min_ttl N] [max_ttl N] */
static void read_peer_ttl(struct tree *tree, struct instance *instance,
			  struct item *item, bool is_more, const char *ip)
{
	for (unsigned i = 1; i < item->count; i++) {
		bool is_most = strcmp(item->words[i], "max_ttl") == 0;
		long ttl;

		if ((!is_most && strcmp(item->words[i], "min_ttl") != 0) ||
		    i + 1 == item->count ||
		    !value_number(item->words[i + 1], 0, 255, &ttl)) {
			is_more = true;
			break;
		}
		i++;
		if (is_most && ttl < 255)
			item_mark(tree, item, CHANGED,
				  "max_ttl is not carried: twinbeat sends with "
				  "255");
		else if (!is_most)
			instance->min_ttl = ttl ? (unsigned)ttl : 1;
	}
	if (is_more)
		item_mark(tree, item, CHANGED, "keepalived takes %s of it", ip);
}

/* One peer; two are three nodes, and no pair is made of them by guess. */
static void read_unicast(struct import *import, struct model *model,
			 struct instance *instance)
{
	struct tree *tree = &model->tree;
	struct item *list = item_last(instance->item, "unicast_peer");
	struct item *source = item_last(instance->item, "unicast_src_ip");
	struct item *multicast = item_last(instance->item, "mcast_src_ip");
	struct item *second = NULL;
	const char *names = NULL;
	unsigned peers = 0;

	for (struct item *item = list ? list->first : NULL; item;
	     item = item->next) {
		const char *word = item_word(item, 0);
		size_t size = strcspn(word, "/");
		const char *ip = arena_copy(tree->arena, word, size);
		bool v6;

		if (item->outcome == IGNORED)
			continue;
		if (!value_is_address(ip, &v6) || v6 != instance->v6) {
			item_mark(tree, item, IGNORED,
				  "\"%s\" is no address of the instance's "
				  "family: keepalived skips it",
				  word);
			continue;
		}
		item_carry(item);
		ip = value_address(tree->arena, ip);
		if (source != NULL &&
		    strcmp(ip, value_address(tree->arena,
					     item_word(source, 1))) == 0) {
			item_mark(tree, item, NOTED,
				  "the node's own address: no peer");
			continue;
		}
		if (instance->peer != NULL && strcmp(ip, instance->peer) == 0) {
			item_mark(tree, item, NOTED, "it stands here twice");
			continue;
		}
		read_peer_ttl(tree, instance, item, word[size] != '\0', ip);
		peers++;
		second = item;
		names = names ? arena_print(tree->arena, "%s and %s", names, ip)
			      : ip;
		if (instance->peer == NULL)
			instance->peer = ip;
	}
	instance->unicast = peers > 0;
	if (peers > 1)
		refuse(import, list,
		       "%s has %u peers, %s (lines %u to %u). twinbeat joins "
		       "two nodes: choose two, or use Pacemaker. If one of "
		       "them is this node itself, say so with unicast_src_ip",
		       instance->name, peers, names, list->number,
		       second->number + 1);
	if (list != NULL)
		item_carry(list);
	if (peers == 0 && list != NULL)
		item_mark(tree, list, IGNORED,
			  "without a peer keepalived uses multicast");
	if (source != NULL) {
		item_carry(source);
		instance->source = item_word(source, 1);
		if (peers == 0)
			item_mark(tree, source, NOTED,
				  "without unicast_peer keepalived uses "
				  "multicast, from this address");
	}
	if (multicast != NULL) {
		item_carry(multicast);
		if (instance->source == NULL)
			instance->source = item_word(multicast, 1);
	}
}

/* keepalived takes it for its own, and removes it when it starts (measured). */
static void refuse_own_address(struct import *import, struct instance *instance)
{
	const char *own[] = {instance->source, instance->peer};

	for (unsigned v = 0; v < instance->vips.count; v++) {
		const struct vip *vip = &instance->vips.at[v];

		for (unsigned i = 0; i < 2; i++)
			if (own[i] != NULL &&
			    strlen(own[i]) == strcspn(vip->ip, "/") &&
			    strncmp(own[i], vip->ip, strlen(own[i])) == 0)
				refuse(import, vip->item,
				       "%s is a node's own address too: "
				       "keepalived removes it from the machine "
				       "when it starts",
				       own[i]);
	}
}

static void read_ttl(struct model *model, struct instance *instance)
{
	struct item *ttl = item_last(instance->item, "unicast_ttl");

	if (ttl == NULL)
		return;
	if (!instance->unicast)
		item_warn(&model->tree, ttl, IGNORED,
			  "without unicast_peer keepalived 2.2.7 sends its "
			  "adverts with TTL 0: nobody hears them, and both "
			  "nodes serve. twinbeat does not do that");
	else if (strcmp(item_word(ttl, 1), "255") != 0)
		item_mark(&model->tree, ttl, NOTED,
			  "twinbeat sends its adverts with TTL 255 and takes "
			  "no others (RFC 9568 5.1.1.3): if a router is "
			  "between the nodes, set unicast_min_ttl");
	else
		item_carry(ttl);
}

static void read_instance(struct import *import, struct model *model,
			  struct instance *instance)
{
	item_carry(instance->item);
	read_interface(import, model, instance);
	read_vrid(import, model, instance);
	read_state(model, instance);
	read_priority(import, model, instance);
	vips_read(import, model, instance);
	read_version(import, model, instance);
	read_interval(model, instance);
	read_authentication(import, model, instance);
	read_hmac(import, model, instance);
	warn_cut_pass(model, instance);
	read_preempt(import, model, instance);
	read_unicast(import, model, instance);
	read_ttl(model, instance);
	refuse_own_address(import, instance);
	tracks_read(import, model, instance);
}

static void refuse_same_router(struct import *import, struct model *model,
			       const struct instance *instance)
{
	for (const struct instance *at = model->instances; at < instance; at++)
		if (at->vrid == instance->vrid && at->v6 == instance->v6 &&
		    strcmp(at->interface, instance->interface) == 0)
			refuse(import, instance->item,
			       "%s and %s have one VRID, %u, on %s: keepalived "
			       "does not start with this",
			       at->name, instance->name, at->vrid,
			       at->interface);
}

/* A name the second time is skipped, block and all. */
static bool is_second(struct model *model, struct item *item)
{
	for (struct item *at = item_first(model->tree.root, "vrrp_instance");
	     at != item; at = item_again(at))
		if (strcmp(item_word(at, 1), item_word(item, 1)) == 0) {
			item_mark_all(item, IGNORED);
			item_warn(&model->tree, item, IGNORED,
				  "line %u has an instance of this name: "
				  "keepalived skips the second",
				  at->number);
			return true;
		}
	return false;
}

static void read_groups(struct model *model, struct instance *instance)
{
	const char *name = item_word(instance->item, 1);

	for (struct item *group =
		     item_first(model->tree.root, "vrrp_sync_group");
	     group; group = item_again(group)) {
		struct item *members = item_last(group, "group");

		for (struct item *item = members ? members->first : NULL; item;
		     item = item->next)
			for (unsigned i = 0; i < item->count; i++)
				if (strcmp(item->words[i], name) == 0 &&
				    instance->group == NULL)
					instance->group = group;
	}
}

static void read_globals(struct import *import, struct model *model)
{
	struct tree *tree = &model->tree;
	struct item *router;

	model->version = 2;
	for (struct item *block = item_first(tree->root, "global_defs"); block;
	     block = item_again(block)) {
		block->outcome = QUIET;
		model->globals = block;
		model->version =
			(unsigned)value_of(import, model, block, "vrrp_version",
					   2, 3, model->version);
		router = item_only(tree, block, "router_id");
		if (router != NULL) {
			model->router_id = item_word(router, 1);
			item_mark_all(router, QUIET);
		}
	}
}

static bool has_instance(const struct model *model, const char *name)
{
	for (unsigned i = 0; i < model->instance_count; i++)
		if (strcmp(model->instances[i].name, name) == 0)
			return true;
	return false;
}

/* Cut to 31 characters two may be the same. */
static const char *unique_name(struct model *model, const char *name)
{
	const char *other = name;

	for (unsigned n = 2; has_instance(model, other); n++) {
		const char *end = arena_print(model->tree.arena, "-%u", n);

		other = arena_print(model->tree.arena, "%.*s%s",
				    SETTINGS_NAME_MAX - 1 - (int)strlen(end),
				    name, end);
	}
	return other;
}

void model_read(struct import *import, struct model *model)
{
	struct item *root = model->tree.root;
	unsigned count = 0;

	read_globals(import, model);
	for (struct item *item = item_first(root, "vrrp_instance"); item;
	     item = item_again(item))
		count++;
	model->instances = arena_alloc(&import->arena,
				       (count + 1) * sizeof(struct instance));
	for (struct item *item = item_first(root, "vrrp_instance"); item;
	     item = item_again(item)) {
		struct instance *instance =
			&model->instances[model->instance_count];

		if (is_second(model, item))
			continue;
		instance->item = item;
		instance->name = unique_name(
			model, value_name(&import->arena, item_word(item, 1)));
		if (strcmp(instance->name, item_word(item, 1)) != 0)
			item_mark(&model->tree, item, NOTED,
				  "the name becomes \"%s\"", instance->name);
		read_groups(model, instance);
		read_instance(import, model, instance);
		refuse_same_router(import, model, instance);
		model->instance_count++;
	}
}
