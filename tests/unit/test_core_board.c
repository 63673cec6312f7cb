/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * D6: the board of a director goes with the beats to the other one, cell by
 * cell, and counts only while the files are equal.
 */
#include "incident.h"

#include "../sim/world_internal.h"

static uint16_t cells[BOARD_CELLS];

static void show(unsigned node, unsigned count)
{
	struct event event = {.type = EVENT_BOARD_CHANGED};

	event.board.cells = cells;
	event.board.count = count;
	world_post_event(&world, node, 0, &event);
}

static bool is_there(unsigned node, unsigned cell, uint16_t value)
{
	const struct core_board *board = &world.nodes[node].core.peer.board;

	return (board->seen[cell / 8] >> cell % 8 & 1) &&
	       board->cells[cell] == value;
}

static void begin(void)
{
	memset(cells, 0, sizeof(cells));
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		world.nodes[n].settings.instances[0].has_servers = true;
		world_boot(&world, n);
	}
	world_run_ms(&world, 5000);
	assert_owner(0);
}

static void D6_every_cell_arrives_and_a_changed_one_soon(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < BOARD_CELLS; i++)
		cells[i] = (uint16_t)(0xa000 + 7 * i);
	show(0, BOARD_CELLS);
	/* ten frames a second, every other one of them, and three times each */
	world_run_ms(&world, 90000);
	for (unsigned i = 0; i < BOARD_CELLS; i++)
		assert_true(is_there(1, i, (uint16_t)(0xa000 + 7 * i)));
	cells[100] = 1;
	show(0, BOARD_CELLS);
	world_run_ms(&world, 500);
	assert_true(is_there(1, 100, 1));
	assert_owner(0);
}

static void D6_what_was_lost_is_told_again(void **state)
{
	(void)state;
	begin();
	cells[3] = 3;
	world.serial[0] = false;
	show(0, 9);
	world_run_ms(&world, 20000);
	assert_false(is_there(1, 3, 3));
	world.serial[0] = true;
	world_run_ms(&world, 60000);
	assert_true(is_there(1, 3, 3));
}

static void D6_a_board_by_another_file_says_nothing(void **state)
{
	struct core_settings next;

	(void)state;
	begin();
	cells[5] = 5;
	show(0, 9);
	world_run_ms(&world, 5000);
	assert_true(is_there(1, 5, 5));
	next = world.nodes[1].settings;
	next.digest ^= 0x1234u;
	assert_true(world_reload(&world, 1, &next));
	world_run_ms(&world, 5000);
	assert_false(is_there(1, 5, 5));
	/* nor when the files are equal again, before it is shown anew */
	next = world.nodes[0].settings;
	next.digest ^= 0x1234u;
	assert_true(world_reload(&world, 0, &next));
	world_run_ms(&world, 20000);
	assert_false(is_there(1, 5, 5));
	show(0, 9);
	world_run_ms(&world, 5000);
	assert_true(is_there(1, 5, 5));
}

/* follow_health = false in all services: words and health are told all the
 * same, and nothing that servers say moves an instance. */
static void D6_a_board_needs_no_instance_that_follows(void **state)
{
	(void)state;
	begin();
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings next = world.nodes[n].settings;

		next.instances[0].has_servers = false;
		next.has_director = true;
		assert_true(world_reload(&world, n, &next));
	}
	world_run_ms(&world, 5000);
	cells[5] = 5;
	show(0, 9);
	world_run_ms(&world, 5000);
	assert_true(is_there(1, 5, 5));
	assert_owner(0);
}

static void D5_the_director_is_told_of_the_carrier(void **state)
{
	const struct core_director_word *told =
		&world.nodes[1].core.director_told;

	(void)state;
	begin();
	assert_true(told->has_carrier);
	world_carrier(&world, 1, false);
	world_run_ms(&world, 500);
	assert_false(told->has_carrier);
	assert_true(world.nodes[0].core.director_told.has_carrier);
	world_carrier(&world, 1, true);
	world_run_ms(&world, 500);
	assert_true(told->has_carrier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(D6_every_cell_arrives_and_a_changed_one_soon),
		cmocka_unit_test(D6_what_was_lost_is_told_again),
		cmocka_unit_test(D6_a_board_by_another_file_says_nothing),
		cmocka_unit_test(D6_a_board_needs_no_instance_that_follows),
		cmocka_unit_test(D5_the_director_is_told_of_the_carrier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
