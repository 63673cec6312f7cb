/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a server is asked. keepalived: a check, and delay_loop after its answer
 * the next; failing, retry times more, delay_before_retry apart, then the
 * server is out; one good answer and it is in again. twinbeat: inter_ms, fall =
 * retry + 1, fastinter_ms, rise = 1, and no time-out longer than inter_ms.
 */
#include <string.h>

#include "service.h"

/* of director.check, settings/rows_director.c */
#define INTER_LEAST_MS	50
#define HOUR_MS		3600000
#define TIMEOUT_MOST_MS 60000
#define FALL_MOST	100

/* The checker's, the server's, the service's, in ms. */
long times_one(struct import *import, const struct server *server,
	       struct item *check, const char *name, long fallback_s)
{
	struct item *owners[] = {check, server->item, server->service->item};
	struct tree *tree = &import->models[0].tree;
	long ms;

	for (unsigned i = 0; i < 3; i++) {
		struct item *item = item_only(tree, owners[i], name);

		if (item == NULL)
			continue;
		if (value_thousandths(item_word(item, 1), &ms) && ms > 0) {
			item_carry(item);
			return ms;
		}
		item_mark(tree, item, CHANGED,
			  "\"%s\" is no time: keepalived takes %ld s",
			  item_word(item, 1), fallback_s);
		return 1000 * fallback_s;
	}
	return 1000 * fallback_s;
}

static long retries_of(struct import *import, const struct server *server,
		       struct item *check, long fallback)
{
	struct item *owners[] = {check, check, server->item,
				 server->service->item};
	static const char *const names[] = {"retry", "nb_get_retry", "retry",
					    "retry"};
	struct tree *tree = &import->models[0].tree;
	long value;

	for (unsigned i = 0; i < 4; i++) {
		struct item *item = item_only(tree, owners[i], names[i]);

		if (item == NULL)
			continue;
		if (value_number(item_word(item, 1), 0, 1000000, &value)) {
			item_carry(item);
			if (i == 1)
				item_mark(tree, item, NOTED,
					  "keepalived calls it retry today");
			return value;
		}
		item_mark(tree, item, CHANGED,
			  "\"%s\" is no number: keepalived takes %ld",
			  item_word(item, 1), fallback);
		return fallback;
	}
	return fallback;
}

/* nb_get_retry where only HTTP_GET and SSL_GET know it: say what was meant. */
static void tell_meant(struct tree *tree, struct item *check, long retry)
{
	for (struct item *item = check->first; item; item = item->next) {
		long meant;

		if (item->keyword == NULL && item->words != NULL &&
		    strcmp(item->words[0], "nb_get_retry") == 0 &&
		    value_number(item_word(item, 1), 0, 1000000, &meant))
			item_mark(tree, item, IGNORED,
				  "retry is %ld; %ld was meant: fall = %ld",
				  retry, meant, meant + 1);
	}
}

/* What twinbeat.conf(5) takes; said if that is less or more. */
static long bounded(struct import *import, struct item *check, const char *what,
		    long value, long least, long most)
{
	long taken = value < least ? least : value > most ? most : value;

	if (taken != value)
		item_mark(&import->models[0].tree, check, CHANGED,
			  "its %s, %ld, is out of the range here: %ld", what,
			  value, taken);
	return taken;
}

void times_write(struct import *import, const struct server *server,
		 struct item *check, const struct check_kind *kind,
		 struct doc *group)
{
	long inter_ms =
		times_one(import, server, check, "delay_loop", DELAY_LOOP_S);
	long retry = retries_of(import, server, check, kind->retry);
	long fast_ms =
		times_one(import, server, check, "delay_before_retry",
			  kind->delay_s == AS_DELAY_LOOP ? inter_ms / 1000
							 : kind->delay_s);
	long timeout_ms =
		kind->connects
			? times_one(import, server, check, "connect_timeout", 5)
			: times_one(import, server, check, "misc_timeout", 0);
	long fall;

	tell_meant(&import->models[0].tree, check, retry);
	if (timeout_ms == 0)
		timeout_ms = inter_ms;
	timeout_ms = bounded(import, check, "time-out", timeout_ms, 10,
			     TIMEOUT_MOST_MS);
	inter_ms = bounded(import, check, "delay_loop", inter_ms,
			   INTER_LEAST_MS, HOUR_MS);
	if (timeout_ms > inter_ms) {
		item_mark(
			&import->models[0].tree, check, CHANGED,
			"keepalived begins delay_loop, %ld ms, when an answer "
			"has come; here checks begin inter_ms apart, which "
			"cannot be less than the time-out: %ld ms",
			inter_ms, timeout_ms);
		inter_ms = timeout_ms;
	}
	fall = retry + 1;
	if (retry > 0 && fast_ms > inter_ms) {
		fall = 1 + (retry * fast_ms + inter_ms - 1) / inter_ms;
		item_mark(&import->models[0].tree, check, CHANGED,
			  "delay_before_retry, %ld ms, is longer than the "
			  "time between checks: fall = %ld of them %ld ms "
			  "apart last as long as its %ld",
			  fast_ms, fall, inter_ms, retry + 1);
		fast_ms = inter_ms;
	}
	fast_ms = bounded(import, check, "delay_before_retry", fast_ms,
			  INTER_LEAST_MS, HOUR_MS);
	fall = bounded(import, check, "retry + 1", fall, 1, FALL_MOST);
	doc_value(group, "inter_ms", "%ld", inter_ms);
	if (retry > 0)
		doc_value(group, "fastinter_ms", "%ld", fast_ms);
	doc_value(group, "timeout_ms", "%ld", timeout_ms);
	doc_value(group, "fall", "%ld", fall);
	doc_value(group, "rise", "1");
}
