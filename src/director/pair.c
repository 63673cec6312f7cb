/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What two directors show to each other (D6). */
#include "pair.h"

#include <string.h>

/* Of two changed cells the lower one goes first (core/board.c): who asks
 * whether he is isolated waits for the answer. */
enum {
	CELL_QUESTION,
	CELL_WORDS,
	CELL_TAKEN,
	CELL_ROW, /* ROW_CELLS of them */
	CELL_HEALTH = 8,
};
#define ROW_CELLS   5 /* the last is the check of the others */
#define PAGE	    16
#define PERCENT_BIT 7

void pair_begin(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
}

/* A clock that was put back makes no word older than the one before it. */
uint32_t pair_stamp(const struct server *server, int64_t realtime_s)
{
	if (realtime_s > (int64_t)server->admin_stamp &&
	    realtime_s < UINT32_MAX)
		return (uint32_t)realtime_s;
	return server->admin_stamp + 1;
}

void pair_said(struct pair *pair, unsigned server)
{
	pair->row = server;
}

/* ---- words ---- */

static uint32_t mix(uint32_t value)
{
	value = (value ^ value >> 16) * 0x7feb352du;
	value = (value ^ value >> 15) * 0x846ca68bu;
	return value ^ value >> 16;
}

/* Of the cells before it; 0: there is no row. */
static uint16_t check_of(const uint16_t cells[ROW_CELLS])
{
	uint32_t sum = 0;

	for (unsigned k = 0; k < ROW_CELLS - 1; k++)
		sum = mix(sum ^ (cells[k] + (k << 16)));
	return (uint16_t)sum ? (uint16_t)sum : 1;
}

static void make_row(const struct farm *farm, unsigned i,
		     uint16_t cells[ROW_CELLS])
{
	const struct server *server = &farm->servers[i];

	cells[0] = (uint16_t)i;
	cells[1] = (uint16_t)((unsigned)server->admin << PERCENT_BIT |
			      server->admin_percent);
	cells[2] = (uint16_t)(server->admin_stamp >> 16);
	cells[3] = (uint16_t)server->admin_stamp;
	cells[ROW_CELLS - 1] = check_of(cells);
}

/* The same whatever the order; servers of which nothing was said count not. */
static uint16_t digest_words(const struct farm *farm)
{
	uint16_t cells[ROW_CELLS], digest = 0;

	for (unsigned i = 0; i < farm->settings->server_count; i++) {
		if (farm->servers[i].admin_stamp == 0)
			continue;
		make_row(farm, i, cells);
		digest ^=
			(uint16_t)mix(cells[ROW_CELLS - 1] | (uint32_t)i << 16);
	}
	return digest;
}

static bool is_seen(const struct pair_board *board, unsigned cell)
{
	return board->counts && (board->seen[cell / 8] >> cell % 8 & 1);
}

/* A whole row, in range, of one word: cells that are told one by one may be of
 * two rows. */
static bool read_row(const struct pair_board *board, const struct farm *farm,
		     struct pair_word *word)
{
	const uint16_t *cells = &board->cells[CELL_ROW];

	for (unsigned k = 0; k < ROW_CELLS; k++)
		if (!is_seen(board, CELL_ROW + k))
			return false;
	*word = (struct pair_word){
		.server = cells[0],
		.admin = (enum server_word)(cells[1] >> PERCENT_BIT),
		.percent = cells[1] & ((1u << PERCENT_BIT) - 1),
		.stamp = (uint32_t)cells[2] << 16 | cells[3]};
	return cells[ROW_CELLS - 1] == check_of(cells) &&
	       word->server < farm->settings->server_count &&
	       cells[1] >> PERCENT_BIT <= WORD_OUT && word->percent <= 100 &&
	       word->percent > 0 && word->stamp > 0;
}

/* Two people in one second: the word that gives less. */
static bool is_newer(const struct pair_word *word, const struct server *ours)
{
	if (word->stamp != ours->admin_stamp)
		return word->stamp > ours->admin_stamp;
	if (word->admin != ours->admin)
		return word->admin > ours->admin;
	return word->percent < ours->admin_percent;
}

bool pair_next_word(struct pair *pair, const struct farm *farm,
		    struct pair_word *word)
{
	if (!read_row(&pair->peer, farm, word) ||
	    pair->peer.cells[CELL_ROW + ROW_CELLS - 1] == pair->taken)
		return false;
	if (is_newer(word, &farm->servers[word->server]))
		return true;
	pair_took(pair); /* what we have counts, and is told there */
	return false;
}

void pair_took(struct pair *pair)
{
	pair->taken = pair->peer.cells[CELL_ROW + ROW_CELLS - 1];
}

bool pair_is_agreed(const struct pair *pair, const struct farm *farm)
{
	return is_seen(&pair->peer, CELL_WORDS) &&
	       pair->peer.cells[CELL_WORDS] == digest_words(farm);
}

/* While the other one lacks a word, each is told until it is taken. */
static void turn_row(struct pair *pair, const struct farm *farm)
{
	unsigned count = farm->settings->server_count;
	uint16_t cells[ROW_CELLS];

	if (pair->row >= count)
		pair->row = 0;
	if (count == 0)
		return;
	make_row(farm, pair->row, cells);
	if (farm->servers[pair->row].admin_stamp > 0 &&
	    (!is_seen(&pair->peer, CELL_TAKEN) ||
	     pair->peer.cells[CELL_TAKEN] != cells[ROW_CELLS - 1] ||
	     pair_is_agreed(pair, farm)))
		return;
	for (unsigned i = 1; i <= count; i++) {
		unsigned next = (pair->row + i) % count;

		if (farm->servers[next].admin_stamp == 0)
			continue;
		pair->row = next;
		return;
	}
}

/* ---- health ---- */

static unsigned servers_shown(const struct farm *farm)
{
	unsigned most = (BOARD_CELLS - CELL_HEALTH) * PAGE;
	unsigned count = farm->settings->server_count;

	return count < most ? count : most;
}

/* ---- who sees some ---- */

static void hear_question(const struct pair_board *board, struct farm *farm,
			  int64_t now_us)
{
	uint16_t cell =
		is_seen(board, CELL_QUESTION) ? board->cells[CELL_QUESTION] : 0;

	if (sight_hear(&farm->sight, (uint8_t)(cell >> 8), (uint8_t)cell,
		       now_us))
		farm_ask_all_now(farm, now_us);
}

static uint16_t make_question(const struct farm *farm)
{
	return (uint16_t)(farm->sight.question << 8 | sight_echo(&farm->sight));
}

void pair_hear(struct pair *pair, struct farm *farm,
	       const struct pair_board *board, int64_t now_us)
{
	unsigned shown = servers_shown(farm);

	pair->peer = *board;
	hear_question(board, farm, now_us);
	memset(farm->peer_says, PEER_SAYS_NOTHING, sizeof(farm->peer_says));
	for (unsigned i = 0; i < shown; i++) {
		unsigned cell = CELL_HEALTH + i / PAGE;

		if (!is_seen(board, cell))
			continue;
		farm->peer_says[i] = PEER_SAYS_DOWN;
		if ((board->cells[cell] >> i % PAGE & 1) == 0)
			continue;
		farm->peer_says[i] = PEER_SAYS_UP;
		server_assume(&farm->servers[i], &farm->server_rules[i], true,
			      now_us);
	}
}

bool pair_show(struct pair *pair, const struct farm *farm)
{
	uint16_t cells[BOARD_CELLS] = {0};
	unsigned shown = servers_shown(farm);
	unsigned count = CELL_HEALTH + (shown + PAGE - 1) / PAGE;

	turn_row(pair, farm);
	cells[CELL_WORDS] = digest_words(farm);
	cells[CELL_TAKEN] = pair->taken;
	cells[CELL_QUESTION] = make_question(farm);
	if (shown > 0 && farm->servers[pair->row].admin_stamp > 0)
		make_row(farm, pair->row, &cells[CELL_ROW]);
	for (unsigned i = 0; i < shown; i++) {
		const struct server *server = &farm->servers[i];

		/* what was only heard is not told back */
		if (server->is_known && server->is_up && !server->is_assumed)
			cells[CELL_HEALTH + i / PAGE] |=
				(uint16_t)(1u << i % PAGE);
	}
	if (count == pair->count &&
	    memcmp(cells, pair->cells, sizeof(cells)) == 0)
		return false;
	memcpy(pair->cells, cells, sizeof(cells));
	pair->count = count;
	return true;
}
