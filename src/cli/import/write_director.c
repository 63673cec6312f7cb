/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is the director's own, and no service's: sync threads, time-outs. */
#include <string.h>

#include "service.h"

struct doc *director_open(struct import *import)
{
	if (import->director == NULL) {
		import->director =
			doc_optional(doc_group(import->root, "director"), NULL);
		import->director->blank = true;
	}
	return import->director;
}

/* lvs_sync_daemon INTERFACE [INSTANCE] and what its packets are like. */
static void write_sync_words(const struct item *item, struct doc *sync)
{
	static const struct {
		const char *name;
		long most;
	} numbers[] = {{"maxlen", 65507}, {"port", 65535}, {"ttl", 255}};
	long value;

	for (unsigned i = 2; i + 1 < item->count; i++) {
		const char *word = item->words[i], *next = item->words[i + 1];

		if (strcmp(word, "group") == 0 && !doc_has(sync, "group"))
			doc_string(sync, "group", next);
		for (unsigned k = 0; k < sizeof(numbers) / sizeof(numbers[0]);
		     k++)
			if (strcmp(word, numbers[k].name) == 0 &&
			    !doc_has(sync, word) &&
			    value_number(next, 1, numbers[k].most, &value))
				doc_value(sync, word, "%ld", value);
	}
}

static void write_sync(struct import *import)
{
	struct model *model = &import->models[0];
	struct item *item = NULL;
	struct doc *sync;

	for (struct item *at = model->tree.root->first; at && !item;
	     at = at->next)
		item = item_is(at, "vrrp_instance")
			       ? item_last(at, "lvs_sync_daemon_interface")
		       : item_is(at, "global_defs")
			       ? item_last(at, "lvs_sync_daemon")
			       : NULL;
	if (item == NULL)
		return;
	item_carry(item);
	sync = doc_optional(doc_group(director_open(import), "sync"), item);
	doc_string(sync, "interface", item_word(item, 1));
	write_sync_words(item, sync);
	item_mark(&model->tree, item, NOTED,
		  "both nodes send and hear all the time, with ids 1 and 2: "
		  "nothing is switched at a takeover");
}

static void write_timeouts(struct import *import)
{
	static const char *const names[][2] = {
		{"tcp", "tcp_s"}, {"tcpfin", "tcp_fin_s"}, {"udp", "udp_s"}};
	struct model *model = &import->models[0];
	struct item *item = model->globals
				    ? item_last(model->globals, "lvs_timeouts")
				    : NULL;
	struct doc *kernel;
	long value;

	if (item == NULL)
		return;
	item_carry(item);
	kernel = doc_optional(doc_group(director_open(import), "kernel"), item);
	for (unsigned i = 1; i + 1 < item->count; i += 2)
		for (unsigned k = 0; k < 3; k++)
			if (strcmp(item->words[i], names[k][0]) == 0 &&
			    !doc_has(kernel, names[k][1]) &&
			    value_number(item->words[i + 1], 0, 2147483,
					 &value))
				doc_value(kernel, names[k][1], "%ld", value);
}

void director_write(struct import *import)
{
	write_sync(import);
	write_timeouts(import);
}
