/* SPDX-License-Identifier: GPL-3.0-or-later */
/* interface_up_down_delays: a carrier that comes and goes. */
#include <string.h>

#include "../../settings/settings.h"
#include "model.h"

#define DELAY_MOST_MS 255000

/* Instances on that interface send this often at least; 0: there are none. */
static unsigned shortest_advert_ms(const struct model *model,
				   const char *interface)
{
	unsigned least_ms = 0;

	for (unsigned i = 0; i < model->instance_count; i++) {
		const struct instance *at = &model->instances[i];

		if (strcmp(at->interface, interface) == 0 &&
		    (least_ms == 0 || at->advert_ms < least_ms))
			least_ms = at->advert_ms;
	}
	return least_ms;
}

/* Seconds with decimals; what is none is no delay there. */
static long delay_ms(struct model *model, struct item *item, unsigned word)
{
	const char *text = item_word(item, word);
	long ms;

	if (value_thousandths(text, &ms) && ms <= DELAY_MOST_MS)
		return ms;
	item_mark(&model->tree, item, IGNORED,
		  "\"%s\": 0 to 255 s is allowed: keepalived ignores it", text);
	return 0;
}

static void write_one(struct import *import, struct model *model,
		      struct item *item, struct doc **list)
{
	const char *interface = item_word(item, 0);
	unsigned advert_ms = shortest_advert_ms(model, interface);
	long down_ms, up_ms;
	struct doc *group;

	item_carry(item);
	down_ms = delay_ms(model, item, 1);
	up_ms = item->count > 2 ? delay_ms(model, item, 2) : down_ms;
	if (advert_ms > 0 && down_ms >= 2 * (long)advert_ms) {
		down_ms = 2 * (long)advert_ms - 1;
		item_mark(&model->tree, item, CHANGED,
			  "keepalived waits for less than two adverts, too: "
			  "%ld ms",
			  down_ms);
	}
	if (*list == NULL) {
		*list = doc_optional(doc_list(import->root, "debounce"),
				     item->parent);
		(*list)->blank = true;
	}
	group = doc_optional(doc_group(*list, NULL), item);
	group->inlined = true;
	doc_string(group, "interface", interface);
	doc_value(group, "down_ms", "%ld", down_ms);
	doc_value(group, "up_ms", "%ld", up_ms);
}

void write_debounce(struct import *import)
{
	struct model *model = &import->models[0];
	struct item *from =
		item_first(model->tree.root, "interface_up_down_delays");
	struct doc *list = NULL;

	for (; from != NULL; from = item_again(from)) {
		item_carry(from);
		for (struct item *item = from->first; item; item = item->next)
			write_one(import, model, item, &list);
	}
}
