/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * D6: each director has a board for the other one: cells of 16 bits that go
 * with the beats, as the other slow facts do. Which server a cell speaks of
 * goes by the place in the file, so nothing is shown or read while the files
 * differ. Here nothing is known of what a cell means.
 */
#include "internal.h"

/* A changed cell goes out of turn so often by each link: one frame may be
 * lost, or overtaken by another link's (R7). */
#define BOARD_TIMES 3

static bool is_seen(const struct core_board *board, unsigned cell)
{
	return board->seen[cell / 8] >> cell % 8 & 1;
}

void board_changed(struct core *core, const struct event *event)
{
	struct core_board *board = &core->board;

	for (unsigned i = 0; i < event->board.count; i++) {
		if (i < board->count &&
		    board->cells[i] == event->board.cells[i])
			continue;
		board->cells[i] = event->board.cells[i];
		for (unsigned k = 0; k < CORE_LINKS_MAX; k++)
			core->links[k].board_left[i] = BOARD_TIMES;
	}
	board->count = event->board.count;
}

void board_of_peer_forget(struct core *core)
{
	memset(&core->peer.board, 0, sizeof(core->peer.board));
	core->peer.board_is_news = true;
}

void board_forget(struct core *core)
{
	core->board.count = 0;
	for (unsigned k = 0; k < CORE_LINKS_MAX; k++) {
		struct core_link *l = &core->links[k];

		memset(l->board_left, 0, sizeof(l->board_left));
		l->was_cell = 0;
	}
	board_of_peer_forget(core);
}

static void put(const struct core *core, unsigned cell, struct beat *beat)
{
	beat->slot_tag = beat_slot_of_cell(cell);
	beat->slot_value = core->board.cells[cell];
}

bool board_fill_changed(struct core *core, struct core_link *l,
			struct beat *beat)
{
	if (core->board.count == 0 || !peer_digest_agrees(core) ||
	    l->board_turn++ % 2)
		return false;
	for (unsigned i = 0; i < core->board.count; i++) {
		if (l->board_left[i] == 0)
			continue;
		l->board_left[i]--;
		l->was_cell = (uint8_t)(i + 1);
		put(core, i, beat);
		return true;
	}
	return false;
}

void board_fill(struct core *core, struct core_link *l, struct beat *beat)
{
	if (l->board_next >= core->board.count)
		l->board_next = 0;
	put(core, l->board_next++, beat);
}

void board_take_back(struct core_link *l)
{
	if (l->was_cell > 0)
		l->board_left[l->was_cell - 1]++;
	l->was_cell = 0;
}

bool board_slot_take(struct core *core, uint16_t tag, uint16_t value)
{
	struct core_board *board = &core->peer.board;
	unsigned cell = beat_slot_instance(tag);

	if (beat_slot_kind(tag) == SLOT_BOARD_HIGH)
		cell += BOARD_CELLS_SLOT;
	else if (beat_slot_kind(tag) != SLOT_BOARD_LOW)
		return false;
	if (beat_slot_instance(tag) >= BOARD_CELLS_SLOT || !core->has_servers ||
	    !peer_digest_agrees(core) ||
	    (is_seen(board, cell) && board->cells[cell] == value))
		return true;
	board->cells[cell] = value;
	board->seen[cell / 8] |= (uint8_t)(1u << cell % 8);
	core->peer.board_is_news = true;
	return true;
}
