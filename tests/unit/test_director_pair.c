/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * D6: two directors and what they show to each other, in cells of which some
 * are lost and none comes in order.
 */
#include "settings_text.h"

#include "../../src/director/pair.h"

#define NOW  INT64_C(1764430000)
#define LAST "fence = { required = true; };\n"
#define FARM                                                                   \
	LAST "director = { services = ( { name = \"web\"; instance = "         \
	     "\"VI_1\"; scheduler = \"rr\"; listen = ( { ip = "                \
	     "\"192.0.2.100\"; port = 80; } ); checks = ( { type = \"tcp\"; "  \
	     "} ); servers = ( { name = \"a\"; address = \"192.0.2.21\"; }, "  \
	     "{ name = \"b\"; address = \"192.0.2.22\"; }, { name = \"c\"; "   \
	     "address = \"192.0.2.23\"; } ); } ); };\n"

static struct farm farms[2];
static struct pair pairs[2];
static struct pair_board boards[2]; /* [n]: as n has heard the other one */
static uint32_t chance;
static struct loaded *loaded;

static void begin(void)
{
	loaded = load_edited(LAST, FARM);
	assert_string_equal(loaded->text, "");
	chance = 1;
	for (unsigned n = 0; n < 2; n++) {
		farm_begin(&farms[n], &loaded->settings, NULL, 0);
		pair_begin(&pairs[n]);
		memset(&boards[n], 0, sizeof(boards[n]));
		boards[n].counts = true;
	}
}

static void say(unsigned n, unsigned i, enum server_word word, int64_t at_s)
{
	struct server *server = &farms[n].servers[i];

	server->admin_stamp = pair_stamp(server, at_s);
	server->admin = word;
	pair_said(&pairs[n], i);
}

/* One cell of each arrives, every third one is lost. */
static void turn(void)
{
	for (unsigned n = 0; n < 2; n++) {
		const struct pair *from = &pairs[1 - n];
		struct pair_word word;
		struct server *server;
		unsigned cell;

		(void)pair_show(&pairs[1 - n], &farms[1 - n]);
		chance = chance * 1664525u + 1013904223u;
		cell = (chance >> 8) % from->count;
		if ((chance >> 24) % 3 != 0) {
			boards[n].cells[cell] = from->cells[cell];
			boards[n].seen[cell / 8] |= (uint8_t)(1u << cell % 8);
		}
		pair_hear(&pairs[n], &farms[n], &boards[n], 0);
		if (!pair_next_word(&pairs[n], &farms[n], &word))
			continue;
		server = &farms[n].servers[word.server];
		server->admin = word.admin;
		server->admin_percent = word.percent;
		server->admin_stamp = word.stamp;
		pair_took(&pairs[n]);
	}
}

/* Until both say that the other one has all; how many turns, 0: never. */
static unsigned agree(void)
{
	for (unsigned i = 1; i < 5000; i++) {
		turn();
		if (pair_is_agreed(&pairs[0], &farms[0]) &&
		    pair_is_agreed(&pairs[1], &farms[1]))
			return i;
	}
	return 0;
}

static void assert_words(enum server_word a, enum server_word b,
			 enum server_word c)
{
	for (unsigned n = 0; n < 2; n++) {
		assert_int_equal(farms[n].servers[0].admin, a);
		assert_int_equal(farms[n].servers[1].admin, b);
		assert_int_equal(farms[n].servers[2].admin, c);
	}
}

static void D6_a_word_holds_on_both_nodes(void **state)
{
	(void)state;
	begin();
	assert_false(pair_is_agreed(&pairs[0], &farms[0]));
	assert_true(agree());
	say(0, 1, WORD_DRAIN, NOW);
	assert_false(pair_is_agreed(&pairs[0], &farms[0]));
	assert_true(agree());
	assert_words(WORD_READY, WORD_DRAIN, WORD_READY);
	/* and is undone from there, though that clock is an hour behind */
	say(1, 1, WORD_READY, NOW - 3600);
	farms[1].servers[1].admin_percent = 50;
	assert_true(agree());
	assert_words(WORD_READY, WORD_READY, WORD_READY);
	assert_int_equal(farms[0].servers[1].admin_percent, 50);
	free(loaded);
}

static void D6_all_words_come_to_a_node_with_a_new_disk(void **state)
{
	(void)state;
	begin();
	say(0, 0, WORD_OUT, NOW);
	say(0, 1, WORD_DRAIN, NOW + 1);
	say(0, 2, WORD_DRAIN, NOW + 2);
	/* and what is said there before it knows them is newer */
	say(1, 2, WORD_READY, NOW + 3);
	assert_true(agree());
	assert_words(WORD_OUT, WORD_DRAIN, WORD_READY);
	free(loaded);
}

static void D6_of_two_words_of_one_second_the_one_that_gives_less(void **state)
{
	(void)state;
	begin();
	say(0, 0, WORD_READY, NOW);
	say(1, 0, WORD_OUT, NOW);
	farms[0].servers[1].admin_percent = 30;
	say(0, 1, WORD_READY, NOW);
	farms[1].servers[1].admin_percent = 60;
	say(1, 1, WORD_READY, NOW);
	assert_true(agree());
	assert_words(WORD_OUT, WORD_READY, WORD_READY);
	assert_int_equal(farms[1].servers[1].admin_percent, 30);
	free(loaded);
}

static void D6_a_row_of_two_halves_is_no_word(void **state)
{
	struct pair_word word;

	(void)state;
	begin();
	say(0, 0, WORD_DRAIN, NOW);
	(void)pair_show(&pairs[0], &farms[0]);
	memcpy(boards[1].cells, pairs[0].cells, sizeof(boards[1].cells));
	memset(boards[1].seen, 0xff, sizeof(boards[1].seen));
	boards[1].cells[2] = 1; /* already of another server */
	pair_hear(&pairs[1], &farms[1], &boards[1], 0);
	assert_false(pair_next_word(&pairs[1], &farms[1], &word));
	boards[1].cells[2] = 0;
	pair_hear(&pairs[1], &farms[1], &boards[1], 0);
	assert_true(pair_next_word(&pairs[1], &farms[1], &word));
	assert_int_equal(word.server, 0);
	assert_int_equal(word.admin, WORD_DRAIN);
	assert_int_equal(word.stamp, NOW);
	/* by another file, or not heard: nothing */
	boards[1].counts = false;
	pair_hear(&pairs[1], &farms[1], &boards[1], 0);
	assert_false(pair_next_word(&pairs[1], &farms[1], &word));
	free(loaded);
}

static void pass(unsigned n, unsigned i, enum check_result result)
{
	server_take_result(&farms[n].servers[i], &farms[n].server_rules[i], 0,
			   result, 100, 0);
}

static void T37_who_passes_there_is_served_at_once(void **state)
{
	(void)state;
	begin();
	pass(0, 0, CHECK_PASSED);
	pass(0, 1, CHECK_FAILED_L7);
	for (unsigned i = 0; i < 200; i++)
		turn();
	assert_true(farms[1].servers[0].is_up);
	assert_int_equal(farms[1].peer_says[0], PEER_SAYS_UP);
	/* T23: who fails there, or is unknown there, gets nothing here */
	assert_false(farms[1].servers[1].is_known);
	assert_int_equal(farms[1].peer_says[1], PEER_SAYS_DOWN);
	assert_false(farms[1].servers[2].is_known);
	/* what was only heard is not told back */
	assert_int_equal(farms[0].peer_says[0], PEER_SAYS_DOWN);
	pass(1, 0, CHECK_PASSED);
	for (unsigned i = 0; i < 200; i++)
		turn();
	assert_int_equal(farms[0].peer_says[0], PEER_SAYS_UP);
	/* nor does it say anything to what is known by own checks */
	pass(1, 1, CHECK_PASSED);
	for (unsigned i = 0; i < 200; i++)
		turn();
	assert_false(farms[0].servers[1].is_up);
	assert_true(farms[1].servers[1].is_up);
	free(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(D6_a_word_holds_on_both_nodes),
		cmocka_unit_test(D6_all_words_come_to_a_node_with_a_new_disk),
		cmocka_unit_test(
			D6_of_two_words_of_one_second_the_one_that_gives_less),
		cmocka_unit_test(D6_a_row_of_two_halves_is_no_word),
		cmocka_unit_test(T37_who_passes_there_is_served_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
