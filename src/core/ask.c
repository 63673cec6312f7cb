/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is under way at the fencer. The only place that orders a fence or a
 * reading; an answer counts for the seat that waits for its id, and for
 * nothing else: what came late proves nothing (R6).
 */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

bool ask_is_open(const struct core *core, enum ask_seat seat)
{
	return core->asks[seat].id != 0;
}

bool ask_is_late(const struct core *core, enum ask_seat seat,
		 int64_t patience_us)
{
	return ask_is_open(core, seat) &&
	       core->now_us - core->asks[seat].asked_us >= patience_us;
}

enum ask_seat ask_of(const struct core *core, uint32_t id)
{
	unsigned seat = 0;

	while (seat < ASK_SEATS && (id == 0 || core->asks[seat].id != id))
		seat++;
	return (enum ask_seat)seat;
}

void ask_close(struct core *core, enum ask_seat seat)
{
	core->asks[seat].id = 0;
}

/*
 * R5: two shots that cross leave nobody. Whoever finds its own plug off was
 * second, and is about to go dark: it does not shoot. Once it has lived on all
 * the same, that plug is not what feeds it. What a person asks for is done.
 */
static bool wants_guard(const struct core *core, const struct core_ask *ask)
{
	return ask->kind == CORE_FENCE_OFF && ask->by == ASK_BY_RULE &&
	       !core->fence.cut.outrun && !drill_is_running(core);
}

void fence_order(struct core *core, enum ask_seat seat,
		 const struct core_ask *what)
{
	struct core_ask *ask = &core->asks[seat];
	struct action *action = action_add(core, ACTION_FENCE);

	assert(seat < ASK_SEATS && !ask_is_open(core, seat));
	assert(what->node < 2);
	assert(what->device < (int)core->settings->device_count);
	/* only one seat switches, and no node cuts itself */
	assert((seat == ASK_POWER) == (what->kind != CORE_FENCE_READ));
	assert(seat != ASK_POWER || what->node == core->peer_index);
	*ask = *what;
	ask->id = core->next_id++;
	ask->asked_us = core->now_us;
	action->fence.id = ask->id;
	action->fence.kind = ask->kind;
	action->fence.node = ask->node;
	action->fence.levels = ask->levels;
	action->fence.device = ask->device;
	action->fence.digest = core->settings->fence_digest;
	action->fence.guard = wants_guard(core, ask);
}

void read_order(struct core *core, enum ask_seat seat, unsigned node,
		uint32_t levels, int device, uint32_t token)
{
	fence_order(
		core, seat,
		&(struct core_ask){.by = token ? ASK_BY_OPERATOR : ASK_BY_RULE,
				   .kind = CORE_FENCE_READ,
				   .node = node,
				   .levels = levels,
				   .device = device,
				   .token = token});
}

void ask_answer(struct core *core, enum ask_seat seat, bool ok,
		const char *format, ...)
{
	char text[CORE_TEXT_MAX];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	order_reply(core, core->asks[seat].token, true, ok, "%s", text);
	core->asks[seat].token = 0;
}
