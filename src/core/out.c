/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only way actions leave the core. Decides nothing. There is room for every
 * order that a step can give; what is said beside it may be too much.
 */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

_Static_assert(sizeof(struct actions) <= 5 << 18,
	       "the list is locked in memory: 1.25 MB is enough");

static bool is_word(enum action_type type)
{
	return type == ACTION_TRACE || type == ACTION_ALERT ||
	       type == ACTION_NOTIFY;
}

void core_words(char text[CORE_TEXT_MAX], const char *format, va_list list)
{
	static const char more[] = "...";
	int wanted = vsnprintf(text, CORE_TEXT_MAX, format, list);
	size_t end = CORE_TEXT_MAX - sizeof(more);

	if (wanted < CORE_TEXT_MAX)
		return;
	while (end > CORE_TEXT_MAX / 2 && text[end] != ' ')
		end--;
	memcpy(text + end, more, sizeof(more));
}

bool words_have_room(const struct core *core, unsigned count)
{
	return core->out->words + count <= ACTIONS_WORDS_MAX;
}

static struct beat *beat_room(struct actions *out)
{
	if (out->beat_count < ACTIONS_BEATS_MAX)
		return &out->beats[out->beat_count++];
	out->lost++;
	return &out->beats[ACTIONS_BEATS_MAX];
}

struct action *action_add(struct core *core, enum action_type type)
{
	struct actions *out = core->out;
	struct action *action = &out->spare;

	assert(out && out->words <= out->count);
	assert(type <= ACTION_EXIT);

	if (is_word(type) && !words_have_room(core, 1)) {
		core->untold++;
	} else if (!is_word(type) &&
		   out->count - out->words >= ACTIONS_ORDERS_MAX) {
		out->lost++;
	} else {
		action = &out->list[out->count++];
		out->words += is_word(type);
	}
	/* the text is larger than all else, and mostly unused */
	memset(action, 0, offsetof(struct action, text));
	if (type == ACTION_SEND_BEAT || type == ACTION_OBITUARY)
		action->send.beat = beat_room(out);
	action->text[0] = '\0';
	action->type = type;
	action->instance = UINT32_MAX;
	return action;
}

void trace_change(struct core *core, enum core_severity severity,
		  const char *kind, int instance, const char *from,
		  const char *to, const char *format, ...)
{
	struct action *action = action_add(core, ACTION_TRACE);
	va_list list;

	assert(instance < (int)core->settings->instance_count);
	action->instance = (unsigned)instance;
	action->trace.kind = kind;
	action->trace.severity = severity;
	action->trace.from = from;
	action->trace.to = to;
	if (instance >= 0 &&
	    core->instances[instance].state == INSTANCE_MASTER &&
	    strcmp(kind, "instance") == 0)
		action->trace.proof =
			proof_name(core->instances[instance].permit.proof);
	va_start(list, format);
	core_words(action->text, format, list);
	va_end(list);
}

void order_beat(struct core *core, unsigned link)
{
	struct action *action = action_add(core, ACTION_SEND_BEAT);

	assert(link < CORE_LINKS_MAX && !core->links[link].is_broken);
	action->send.link = link;
	statement_build(core, link, action->send.beat);
}

void order_advert(struct core *core, unsigned instance, uint8_t priority)
{
	struct action *action = action_add(core, ACTION_SEND_ADVERT);

	/* R10: priority 0 follows the release, all others the claim */
	assert((priority == 0) == !core->instances[instance].own);
	action->instance = instance;
	action->priority = priority;
}

void order_notify(struct core *core, int instance, const char *event)
{
	struct action *action = action_add(core, ACTION_NOTIFY);

	action->instance = (unsigned)instance;
	snprintf(action->text, sizeof(action->text), "%s", event);
}

void order_reply(struct core *core, uint32_t token, bool done, bool ok,
		 const char *format, ...)
{
	struct action *action;
	va_list list;

	if (token == 0)
		return;
	action = action_add(core, ACTION_REPLY);
	action->reply.token = token;
	action->reply.done = done;
	action->reply.ok = ok;
	va_start(list, format);
	core_words(action->text, format, list);
	va_end(list);
}

void untold_tell(struct core *core)
{
	unsigned untold = core->untold;

	if (untold == 0 || !words_have_room(core, 1))
		return;
	core->untold = 0;
	trace_change(core, CORE_WARNING, NULL, -1, NULL, NULL,
		     "%u lines and notifications were not told: more happened "
		     "at once than there is room for",
		     untold);
}

/* Coalesced: one ACTION_SAVE at the end of the step. */
void memory_save(struct core *core)
{
	core->memory_changed = true;
}
