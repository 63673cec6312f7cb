/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripts that are told of states, and mail. */
#include <string.h>

#include "../../settings/mailbox.h"
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
	const char *word = item->text + strlen(item->words[0]);

	if (rest[0] == '\0')
		return true;
	while (*word == ' ' || *word == '\t')
		word++;
	if (*word == '"' || *word == '\'') {
		item_mark(&model->tree, item, NOTED,
			  "keepalived ran it as %.*s, and not at all where "
			  "there is no such user; twinbeat runs it as its own "
			  "user, twinbeat, and as root with twinbeat-root.conf",
			  (int)strcspn(rest, " \t"), rest);
		return true;
	}
	for (unsigned i = 0; i < sizeof(users) / sizeof(users[0]); i++)
		if (strncmp(rest, users[i], strcspn(rest, " ")) == 0 &&
		    strlen(users[i]) == strcspn(rest, " ")) {
			item_mark(&model->tree, item, NOTED,
				  "keepalived ran it as %s; twinbeat runs it "
				  "as its own user, twinbeat, and as root with "
				  "twinbeat-root.conf",
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

const char *notify_command(struct import *import, struct item *item)
{
	struct model *model = &import->models[0];
	const char *rest;
	const char *command = value_command(&import->arena, item, &rest);

	if (!is_run(model, item, rest))
		return NULL;
	return value_program(import, &model->tree, item, command,
			     "it never runs it");
}

static void write_script(struct import *import, struct item *owner,
			 struct item *other, const char *name, const char *on,
			 const char *key, const char *whose)
{
	struct model *model = &import->models[0];
	struct item *item = item_first(owner, name);
	const char *command;

	mark_unlike(import, owner, other, name);
	if (item == NULL)
		return;
	for (struct item *again = item_again(item); again;
	     again = item_again(again))
		item_mark(&model->tree, again, IGNORED,
			  "line %u says it first: that one counts",
			  item->number);
	command = notify_command(import, item);
	if (command == NULL)
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

struct item *notify_global(const struct model *model, const char *name)
{
	struct item *found = NULL;

	for (struct item *block = item_first(model->tree.root, "global_defs");
	     block; block = item_again(block)) {
		struct item *item = item_last(block, name);

		found = item != NULL ? item : found;
	}
	return found;
}

/* ---- pipes ---- */

/* The lines are the same: INSTANCE "VI_1" MASTER 150. */
static void write_pipes(struct import *import)
{
	static const char *const names[] = {"notify_fifo", "vrrp_notify_fifo"};
	struct model *model = &import->models[0];

	for (unsigned i = 0; i < 2; i++) {
		struct item *item = notify_global(model, names[i]);
		struct item *script = notify_global(
			model,
			arena_print(&import->arena, "%s_script", names[i]));
		struct doc *group;

		if (script != NULL)
			item_mark(&model->tree, script, LOST,
				  "keepalived starts it, and gives it the name "
				  "of the pipe; twinbeat starts no readers: "
				  "make a unit of it");
		if (item == NULL)
			continue;
		group = doc_group(notify_open(import), NULL);
		doc_value(group, "on", "( \"MASTER\", \"BACKUP\", \"FAULT\" )");
		doc_string(group, "fifo", item_word(item, 1));
		doc_string(group, "arguments", "keepalived");
		doc_optional(group, item);
		item_carry(item);
	}
}

static struct item *find_group(struct model *model, const char *name)
{
	struct item *group = item_first(model->tree.root, "vrrp_sync_group");

	while (group != NULL && strcmp(item_word(group, 1), name) != 0)
		group = item_again(group);
	return group;
}

/* ---- mail ---- */

/* With no word after it, it means yes. */
int notify_alert(struct item *at, struct item **item)
{
	const char *word = item_word(at, 1);

	if (at == NULL)
		return -1;
	*item = at;
	return strcmp(word, "off") != 0 && strcmp(word, "no") != 0 &&
	       strcmp(word, "false") != 0;
}

/* What says that mail is sent for that instance, or NULL: none is. */
static struct item *find_alert(const struct model *model,
			       const struct instance *instance)
{
	struct item *item = NULL;
	int on = notify_alert(item_last(instance->item, "smtp_alert"), &item);

	if (on < 1 && instance->group != NULL &&
	    notify_alert(item_last(instance->group, "smtp_alert"), &item) > 0)
		on = 1; /* keepalived tells of the group, then */
	if (on < 0)
		on = notify_alert(notify_global(model, "smtp_alert_vrrp"),
				  &item);
	if (on < 0)
		on = notify_alert(notify_global(model, "smtp_alert"), &item);
	return on > 0 ? item : NULL;
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

static const char *recipients_of(struct import *import)
{
	struct model *model = &import->models[0];
	struct item *list = notify_global(model, "notification_email");
	const char *all = NULL;

	for (struct item *item = list ? list->first : NULL; item;
	     item = item->next)
		for (unsigned i = 0; i < item->count; i++)
			if (settings_is_mailbox(item->words[i]))
				all = doc_strings(&import->arena, all,
						  item->words[i]);
			else
				item_mark(&model->tree, item, LOST,
					  "\"%s\" is no address like "
					  "ops@example.net: no server takes a "
					  "mail for it",
					  item->words[i]);
	if (list != NULL)
		item_mark_all(list, CARRIED);
	return all;
}

/* Of all instances, where all tell; of each that does, else. */
static unsigned write_alerts(struct import *import, bool write)
{
	struct model *model = &import->models[0];
	struct item *faults = notify_global(model, "no_email_faults");
	unsigned count = 0, told = 0;

	for (unsigned i = 0; i < model->instance_count; i++)
		count += find_alert(model, &model->instances[i]) != NULL;
	for (unsigned i = 0; write && i < model->instance_count; i++) {
		struct instance *instance = &model->instances[i];
		struct item *alert = find_alert(model, instance);
		struct doc *group;

		if (alert == NULL)
			continue;
		item_carry(alert);
		if (count == model->instance_count && told++ > 0)
			continue;
		group = doc_group(notify_open(import), NULL);
		doc_value(group, "on", "( \"MASTER\", \"BACKUP\"%s )",
			  faults != NULL ? "" : ", \"FAULT\"");
		doc_value(group, "mail", "true");
		if (count < model->instance_count)
			doc_string(group, "instance", instance->name);
		doc_optional(group, alert);
	}
	if (write && faults != NULL)
		item_carry(faults);
	return count;
}

static void write_mail_group(struct import *import, const char *all)
{
	struct model *model = &import->models[0];
	struct item *from = notify_global(model, "notification_email_from");
	struct item *connect = notify_global(model, "smtp_connect_timeout");
	struct doc *mail =
		doc_optional(doc_group(import->root, "mail"),
			     notify_global(model, "notification_email"));
	long connect_s;

	mail->blank = true;
	write_server(import, mail, notify_global(model, "smtp_server"));
	doc_comment(mail, "keepalived knows no TLS; if the server does: "
			  "\"starttls\" and its port");
	doc_string(mail, "tls", "none");
	if (from != NULL && settings_is_mailbox(item_word(from, 1))) {
		doc_string(mail, "from", item_word(from, 1));
		item_carry(from);
	} else if (from != NULL) {
		item_mark(&model->tree, from, LOST,
			  "this is no address like lb@example.net; twinbeat "
			  "sends as twinbeat@ its node's name");
	}
	if (connect != NULL &&
	    value_number(item_word(connect, 1), 1, 3600, &connect_s)) {
		doc_value(mail, "connect_ms", "%ld", 1000 * connect_s);
		item_carry(connect);
	}
	doc_value(mail, "to", "%s", all);
}

static void write_mail(struct import *import)
{
	struct model *model = &import->models[0];
	const char *all;

	if (write_alerts(import, false) == 0 && !services_have_mail(import))
		return;
	all = recipients_of(import);
	if (all == NULL) {
		for (unsigned i = 0; i < model->instance_count; i++) {
			struct item *alert =
				find_alert(model, &model->instances[i]);

			if (alert != NULL && alert->outcome != IGNORED)
				item_mark(&model->tree, alert, IGNORED,
					  "there is no notification_email: "
					  "keepalived sends no mail");
		}
		return;
	}
	import->sends_mail = true;
	write_mail_group(import, all);
	write_alerts(import, true);
	services_write_mail(import);
}

/* A group moves as one: what one member does, all do. */
static struct instance *first_member(struct model *model,
				     const struct item *group)
{
	for (unsigned i = 0; i < model->instance_count; i++)
		if (model->instances[i].group == group)
			return &model->instances[i];
	return NULL;
}

static void write_group(struct import *import, struct item *group,
			const char *key)
{
	struct item *other =
		import->node_count == MODEL_NODES
			? find_group(&import->models[1], item_word(group, 1))
			: NULL;
	struct instance *member = first_member(&import->models[0], group);

	if (member == NULL)
		return;
	write_owner(import, group, other, key, member->name);
	for (struct item *item = group->first; item; item = item->next)
		if ((item->outcome == CARRIED || item->outcome == NOTED) &&
		    item->words != NULL &&
		    strncmp(item->words[0], "notify", 6) == 0)
			item_mark(&import->models[0].tree, item, NOTED,
				  "told of %s for the whole group, which moves "
				  "as one: INSTANCE %s is what it gets for "
				  "GROUP %s",
				  member->name, member->name,
				  item_word(group, 1));
}

void write_notify(struct import *import)
{
	struct model *first = &import->models[0];
	bool several = first->instance_count > 1;

	for (struct item *group =
		     item_first(first->tree.root, "vrrp_sync_group");
	     group; group = item_again(group))
		write_group(import, group, several ? "instance" : NULL);
	for (unsigned i = 0; i < first->instance_count; i++) {
		struct instance *instance = &first->instances[i];

		write_owner(import, instance->item,
			    instance->other ? instance->other->item : NULL,
			    several ? "instance" : NULL, instance->name);
	}
	write_pipes(import);
	write_mail(import);
}
