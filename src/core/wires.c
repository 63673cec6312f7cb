/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the modem lines of a serial link say of its cable, for people: status
 * and the words of its alerts. Nothing is decided by it; R18 is hurry.c's.
 *
 * Two kinds of cable have such lines. In one with full handshake DSR and DCD
 * follow the other end's DTR. In a sense cable RTS also comes back as CTS
 * within each plug: then a plug that is out is told from an end that is dark.
 */
#include "internal.h"

/* as long as its alert stands */
#define LOOPED_KEEP_US (5 * (int64_t)SECOND_US)

void wires_told(struct core *core, const struct event *event)
{
	struct core_link *l = &core->links[event->wires.link];

	l->wires_are_known = event->wires.are_known;
	l->wire_is_high = event->wires.is_high;
	l->rts_returns = event->wires.rts_returns;
	l->wire_was_high = l->wire_was_high || l->wire_is_high;
	l->rts_has_returned = l->rts_has_returned || l->rts_returns;
}

void wires_reset(struct core_link *l)
{
	l->wires_are_known = l->wire_is_high = l->rts_returns = false;
	l->wire_was_high = l->rts_has_returned = false;
}

enum link_line link_line(const struct core *core, unsigned link)
{
	const struct core_link *l = &core->links[link];

	if (!l->wires_are_known || l->is_broken)
		return LINE_UNKNOWN;
	if (l->looped_us && core->now_us - l->looped_us < LOOPED_KEEP_US)
		return LINE_LOOPED;
	if (l->wire_is_high)
		return LINE_OK;
	if (l->rts_has_returned)
		return l->rts_returns ? LINE_PEER_DARK : LINE_UNPLUGGED_HERE;
	/* the data wires work, and nothing else was ever seen */
	return !l->wire_was_high && l->heard_us > l->opened_us ? LINE_THREE_WIRE
							       : LINE_UNKNOWN;
}

const char *wires_hint(const struct core *core, unsigned link,
		       const char *otherwise)
{
	switch (link_line(core, link)) {
	case LINE_OK:
		return "its modem lines are up, so the cable is in and the "
		       "other end's port open: check pins 2 and 3, and that "
		       "node";
	case LINE_UNPLUGGED_HERE:
		return "the plug is out at this node (its RTS does not come "
		       "back)";
	case LINE_PEER_DARK:
		return "the plug is in here and the other end is dark: that "
		       "node is off, its port closed, or its plug out";
	case LINE_UNKNOWN:
		return core->links[link].wires_are_known &&
				       core->links[link].wire_was_high
			       ? "its modem lines fell: that node is off, its "
				 "port closed, or the cable out"
			       : otherwise;
	case LINE_LOOPED: /* it has an alert of its own */
	case LINE_THREE_WIRE:
		break;
	}
	return otherwise;
}
