/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who is told of servers and quorums: programs, and people by mail. keepalived
 * sends a mail of each real server unless it is told not to, where it sends
 * none of an instance or a quorum unless it is told to.
 */
#include <string.h>

#include "../../settings/limits.h"
#include "service.h"

/* What one service sends by mail; written once a mail server is known. */
struct service_mail {
	struct item *item;
	const char *name;
	unsigned servers, told; /* how many there are, how many are told of */
	bool quorum;
	struct service_mail *next;
};

/* ---- programs ---- */

/* All servers of the service have this command: it is written once. */
static bool is_of_all(const struct service *service, const struct item *item)
{
	for (struct item *at = item_first(service->item, "real_server"); at;
	     at = item_again(at)) {
		const struct item *other = item_last(at, item->keyword->name);

		if (other == NULL || strcmp(other->text, item->text) != 0)
			return false;
	}
	return true;
}

/* twinbeat.conf has room for so many; those of states come behind these. */
static bool has_room(const struct import *import)
{
	unsigned count = 0;

	for (const struct doc *at = import->notify ? import->notify->first
						   : NULL;
	     at != NULL; at = at->next)
		count++;
	return count < NOTIFY_MAX / 2;
}

static void write_notify_of(struct import *import, struct service *service,
			    struct item *item, const char *on,
			    const char *server, bool *shared)
{
	struct tree *tree = &import->models[0].tree;
	const bool is_shared = server != NULL && is_of_all(service, item);
	struct doc *group;
	const char *command;

	if (is_shared && *shared) {
		item_carry(item);
		return;
	}
	if (!has_room(import)) {
		item_warn(tree, item, LOST,
			  "there is room for %d programs of servers: one of "
			  "on = ( \"%s\" ) that goes by TWINBEAT_SERVICE and "
			  "TWINBEAT_SERVER can do the work of all",
			  NOTIFY_MAX / 2, on);
		return;
	}
	command = notify_command(import, item);
	if (command == NULL)
		return;
	group = doc_optional(doc_group(notify_open(import), NULL), item);
	doc_value(group, "on", "( \"%s\" )", on);
	doc_string(group, "command", command);
	doc_string(group, "service", service->name);
	if (server != NULL && !is_shared)
		doc_string(group, "server", server);
	if (is_shared)
		*shared = true;
	item_carry(item);
	item_mark(tree, item, NOTED,
		  "at a start twinbeat tells of whoever is down, and not of "
		  "whoever is up");
}

void service_notify(struct import *import, struct service *service,
		    struct item *owner, const char *server)
{
	static const char *const names[][2] = {{"notify_up", "server-up"},
					       {"notify_down", "server-down"},
					       {"quorum_up", "quorum-up"},
					       {"quorum_down", "quorum-down"}};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct item *item = item_last(owner, names[i][0]);

		if (item != NULL)
			write_notify_of(import, service, item, names[i][1],
					server, &service->shared[i]);
	}
}

/* ---- mail ---- */

/* The block's own word, else that for all checks, else that for everything,
 * else what keepalived does then. */
static bool is_mailed(struct model *model, struct item *block, bool otherwise)
{
	struct item *item = NULL;
	int on = notify_alert(item_last(block, "smtp_alert"), &item);

	if (on < 0)
		on = notify_alert(notify_global(model, "smtp_alert_checker"),
				  &item);
	if (on < 0)
		on = notify_alert(notify_global(model, "smtp_alert"), &item);
	item_carry(item);
	return on < 0 ? otherwise : on > 0;
}

void service_note_mail(struct import *import, const struct service *service)
{
	struct model *model = &import->models[0];
	struct service_mail *mail = arena_alloc(&import->arena, sizeof(*mail));

	mail->item = service->item;
	mail->name = service->name;
	mail->quorum = is_mailed(model, service->item, false);
	for (struct item *at = item_first(service->item, "real_server"); at;
	     at = item_again(at)) {
		mail->servers++;
		mail->told += is_mailed(model, at, true);
	}
	mail->next = import->service_mails;
	import->service_mails = mail;
}

bool services_have_mail(const struct import *import)
{
	for (const struct service_mail *at = import->service_mails; at;
	     at = at->next)
		if (at->quorum || at->told > 0)
			return true;
	return false;
}

static void write_mail_of(struct import *import, const char *on,
			  const struct service_mail *mail)
{
	struct doc *group =
		doc_optional(doc_group(notify_open(import), NULL), NULL);

	doc_value(group, "on", "%s", on);
	doc_value(group, "mail", "true");
	if (mail != NULL)
		doc_string(group, "service", mail->name);
}

/* One entry where all services are alike, else one for each that tells. */
static void write_mails(struct import *import, const char *on, bool of_quorum)
{
	const struct service_mail *at;
	bool all = true;

	for (at = import->service_mails; at != NULL; at = at->next)
		all &= of_quorum ? at->quorum : at->told == at->servers;
	if (all) {
		write_mail_of(import, on, NULL);
		return;
	}
	for (at = import->service_mails; at != NULL; at = at->next) {
		if (of_quorum ? !at->quorum : at->told == 0)
			continue;
		write_mail_of(import, on, at);
		if (!of_quorum && at->told < at->servers)
			item_mark(&import->models[0].tree, at->item, CHANGED,
				  "smtp_alert is on for %u of %u servers; here "
				  "a mail is sent of each of them",
				  at->told, at->servers);
	}
}

void services_write_mail(struct import *import)
{
	if (import->service_mails == NULL)
		return;
	write_mails(import, "( \"server-up\", \"server-down\" )", false);
	write_mails(import, "( \"quorum-up\", \"quorum-down\" )", true);
}
