/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripts that are told of states, and mail. */
#include <string.h>

#include "model.h"

#define SMTP_PORT 25

static const char *const events[][2] = {{"notify_master", "MASTER"},
					{"notify_backup", "BACKUP"},
					{"notify_fault", "FAULT"}};

/* A second word is a user; an argument without quotes was never one. */
static bool is_run(struct model *model, struct item *item, const char *rest)
{
	static const char *const users[] = {"root", "nobody", "daemon",
					    "keepalived_script"};

	if (rest[0] == '\0')
		return true;
	for (unsigned i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		if (strncmp(rest, users[i], strcspn(rest, " ")) == 0 &&
		    strlen(users[i]) == strcspn(rest, " ")) {
			item_mark(&model->tree, item, NOTED,
				  "keepalived ran it as %s; twinbeat runs it "
				  "as its own user",
				  users[i]);
			return true;
		}
	item_warn(&model->tree, item, IGNORED,
		  "without quotation marks keepalived takes \"%s\" for the "
		  "user to run it as, finds none and never runs it",
		  rest);
	return false;
}

static bool is_in_other(const struct item *other, const struct item *item)
{
	for (struct item *at = other ? item_first(other, item->keyword->name)
				     : NULL;
	     at; at = item_again(at))
		if (strcmp(at->text, item->text) == 0) {
			item_carry(at);
			return true;
		}
	return false;
}

static void mark_unlike(struct import *import, struct item *owner,
			struct item *other, const char *name)
{
	struct item *item = other ? item_first(other, name) : NULL;

	if (item != NULL && !is_in_other(owner, item))
		item_mark(&import->models[1].tree, item, LOST,
			  "the first file has another command here, and one "
			  "list holds for both nodes");
}

struct doc *notify_open(struct import *import)
{
	if (import->notify == NULL) {
		import->notify =
			doc_optional(doc_list(import->root, "notify"), NULL);
		import->notify->blank = true;
	}
	return import->notify;
}

/* key = name: whose states they are, where there are several. */
static void write_command(struct import *import, struct item *item,
			  const char *on, const char *key, const char *name,
			  const char *command)
{
	struct doc *group = doc_group(notify_open(import), NULL);

	doc_value(group, "on", "%s", on);
	doc_string(group, "command", command);
	if (key != NULL)
		doc_string(group, key, name);
	if (item_is(item, "notify"))
		doc_string(group, "arguments", "keepalived");
	doc_optional(group, item);
	item_carry(item);
}

static void write_script(struct import *import, struct item *owner,
			 struct item *other, const char *name, const char *on,
			 const char *key, const char *whose)
{
	struct model *model = &import->models[0];
	struct item *item = item_first(owner, name);
	const char *command, *rest;

	mark_unlike(import, owner, other, name);
	if (item == NULL)
		return;
	for (struct item *again = item_again(item); again;
	     again = item_again(again))
		item_mark(&model->tree, again, IGNORED,
			  "line %u says it first: that one counts",
			  item->number);
	command = value_command(&import->arena, item, &rest);
	if (!is_run(model, item, rest))
		return;
	write_command(import, item, on, key, whose, command);
	is_in_other(other, item);
	if (item_is(item, "notify"))
		item_mark(&model->tree, item, NOTED,
			  "it gets keepalived's arguments: INSTANCE or GROUP, "
			  "the name, the state, the priority");
}

static void write_owner(struct import *import, struct item *owner,
			struct item *other, const char *key, const char *name)
{
	struct item *stop = item_first(owner, "notify_stop");
	struct item *other_stop =
		other ? item_first(other, "notify_stop") : NULL;

	for (unsigned i = 0; i < 3; i++)
		write_script(
			import, owner, other, events[i][0],
			arena_print(&import->arena, "( \"%s\" )", events[i][1]),
			key, name);
	write_script(import, owner, other, "notify",
		     "( \"MASTER\", \"BACKUP\", \"FAULT\" )", key, name);
	if (stop != NULL)
		item_mark(&import->models[0].tree, stop, LOST,
			  "STOP is no state of twinbeat: a node that stops "
			  "hands over, and notify is told BACKUP");
	if (other_stop != NULL && stop != NULL)
		other_stop->outcome = QUIET;
}

static struct item *find_group(struct model *model, const char *name)
{
	struct item *group = item_first(model->tree.root, "vrrp_sync_group");

	while (group != NULL && strcmp(item_word(group, 1), name) != 0)
		group = item_again(group);
	return group;
}

/* ---- mail ---- */

static struct item *find_alert(struct model *model)
{
	static const char *const names[] = {"smtp_alert", "smtp_alert_vrrp"};
	struct item *alert = NULL;

	for (struct item *at = model->tree.root->first; at; at = at->next)
		for (unsigned i = 0; i < 2 && alert == NULL; i++)
			if (item_is(at, "global_defs") ||
			    item_is(at, "vrrp_instance") ||
			    item_is(at, "vrrp_sync_group"))
				alert = item_last(at, names[i]);
	return alert;
}

static void write_server(struct import *import, struct doc *mail,
			 struct item *item)
{
	long port = SMTP_PORT;

	if (item == NULL) {
		doc_string(mail, "server", "127.0.0.1");
		return;
	}
	item_carry(item);
	doc_string(mail, "server", item_word(item, 1));
	if (item->count > 2 &&
	    value_number(item_word(item, 2), 1, 65535, &port))
		item_carry(item);
	doc_value(mail, "port", "%ld", port);
	(void)import;
}

static const char *recipients_of(struct import *import, struct item *block)
{
	struct item *list = item_last(block, "notification_email");
	const char *all = NULL;

	for (struct item *item = list ? list->first : NULL; item;
	     item = item->next)
		for (unsigned i = 0; i < item->count; i++)
			all = doc_strings(&import->arena, all, item->words[i]);
	if (list != NULL)
		item_mark_all(list, CARRIED);
	return all;
}

static void write_mail(struct import *import)
{
	struct model *model = &import->models[0];
	struct item *alert = find_alert(model), *block = model->globals, *from;
	struct doc *mail, *group;
	const char *all;

	if (alert == NULL)
		return;
	all = block != NULL ? recipients_of(import, block) : NULL;
	if (all == NULL) {
		item_mark(&model->tree, alert, IGNORED,
			  "there is no notification_email: keepalived sends "
			  "no mail");
		return;
	}
	import->sends_mail = true;
	item_carry(alert);
	mail = doc_optional(doc_group(import->root, "mail"),
			    item_last(block, "notification_email"));
	mail->blank = true;
	write_server(import, mail, item_last(block, "smtp_server"));
	from = item_last(block, "notification_email_from");
	if (from != NULL) {
		doc_string(mail, "from", item_word(from, 1));
		item_carry(from);
	}
	doc_value(mail, "to", "%s", all);
	group = doc_group(notify_open(import), NULL);
	doc_value(group, "on", "( \"MASTER\", \"BACKUP\", \"FAULT\" )");
	doc_value(group, "mail", "true");
	doc_optional(group, alert);
}

void write_notify(struct import *import)
{
	struct model *first = &import->models[0];
	bool several = first->instance_count > 1;

	for (struct item *group =
		     item_first(first->tree.root, "vrrp_sync_group");
	     group; group = item_again(group))
		write_owner(import, group,
			    import->node_count == MODEL_NODES
				    ? find_group(&import->models[1],
						 item_word(group, 1))
				    : NULL,
			    "sync",
			    value_name(&import->arena, item_word(group, 1)));
	for (unsigned i = 0; i < first->instance_count; i++) {
		struct instance *instance = &first->instances[i];

		write_owner(import, instance->item,
			    instance->other ? instance->other->item : NULL,
			    several ? "instance" : NULL, instance->name);
	}
	write_mail(import);
}
