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
	boards[1].cells[3] = 1; /* already of another server */
	pair_hear(&pairs[1], &farms[1], &boards[1], 0);
	assert_false(pair_next_word(&pairs[1], &farms[1], &word));
	boards[1].cells[3] = 0;
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

/* ---- D5: is it the servers, or this node? Both nodes, their checks, a network
 * that loses cells, and servers that come and go; all drawn. ---- */

#define SEC	INT64_C(1000000)
#define SERVERS 3

static int64_t now_us, dark_us[2], proven_us[2]; /* what one last answered to */
static bool reaches[2][SERVERS], was_dark[2];
static struct flight {
	struct probe *probe;
	int64_t at_us;
	bool answers;
} flights[2][SERVERS];

static unsigned draw(unsigned below)
{
	chance = chance * 1664525u + 1013904223u;
	return (chance >> 8) % below;
}

static void land(unsigned n, struct flight *flight)
{
	struct probe *probe = flight->probe;

	if (flight->answers && probe->begun_us > proven_us[n])
		proven_us[n] = probe->begun_us;
	flight->probe = NULL;
	farm_take_result(&farms[n], probe,
			 flight->answers ? CHECK_PASSED : CHECK_FAILED_L4, 100,
			 flight->answers, now_us);
}

static void check_servers(unsigned n)
{
	struct probe *probe;

	for (unsigned i = 0; i < SERVERS; i++)
		if (flights[n][i].probe != NULL &&
		    now_us >= flights[n][i].at_us)
			land(n, &flights[n][i]);
	while ((probe = probes_ask(&farms[n].probes, now_us)) != NULL) {
		bool answers = reaches[n][probe->server];

		flights[n][probe->server] = (struct flight){
			.probe = probe,
			.at_us = now_us + (answers ? SEC / 500 : SEC),
			.answers = answers};
	}
	farm_step(&farms[n], now_us);
}

/* One cell of each, as a beat brings it; some are lost. */
static void beat(unsigned lost_percent)
{
	for (unsigned n = 0; n < 2; n++) {
		const struct pair *from = &pairs[1 - n];
		unsigned cell;

		(void)pair_show(&pairs[1 - n], &farms[1 - n]);
		/* a changed one goes first, mostly */
		cell = draw(3) ? 0 : draw(from->count);
		if (draw(100) < lost_percent)
			continue;
		boards[n].cells[cell] = from->cells[cell];
		boards[n].seen[cell / 8] |= (uint8_t)(1u << cell % 8);
		pair_hear(&pairs[n], &farms[n], &boards[n], now_us);
	}
}

static void begin_network(unsigned number)
{
	begin();
	chance = number * 2654435761u + 1;
	now_us = 1000 * SEC;
	memset(flights, 0, sizeof(flights));
	for (unsigned n = 0; n < 2; n++) {
		farms[n].probes.chance = chance + n;
		farm_begin(&farms[n], &loaded->settings, NULL, now_us);
		farm_take_owned(&farms[n],
				&(struct instance_set){{n == 0 ? 1 : 0}},
				now_us);
		dark_us[n] = proven_us[n] = 0;
		was_dark[n] = false;
		for (unsigned i = 0; i < SERVERS; i++)
			reaches[n][i] = true;
	}
}

static void pass_time(unsigned lost_percent)
{
	now_us += SEC / 100;
	for (unsigned n = 0; n < 2; n++) {
		check_servers(n);
		if (farms[n].sight.is_dark && !was_dark[n])
			dark_us[n] = now_us;
		was_dark[n] = farms[n].sight.is_dark;
	}
	if (now_us % (SEC / 10) == 0)
		beat(lost_percent);
	/* never without an answer there to what was asked since */
	for (unsigned n = 0; n < 2; n++)
		if (sight_word(&farms[n].sight) == SIGHT_NONE)
			assert_true(proven_us[1 - n] >= dark_us[n]);
}

/* One node sees all, none or some; all are back or gone for both. */
static void change_network(unsigned n, unsigned kind)
{
	for (unsigned i = 0; i < SERVERS; i++) {
		reaches[n][i] =
			kind == 0 || kind == 3 || (kind == 2 && draw(2) == 0);
		if (kind >= 3)
			reaches[1 - n][i] = kind == 3;
	}
}

static void D5_only_an_answer_of_since_makes_a_node_unfit(void **state)
{
	unsigned proven = 0, unproven = 0;

	(void)state;
	for (unsigned number = 1; number <= 300; number++) {
		unsigned lost = draw(60);

		begin_network(number);
		for (unsigned turn = 0; turn < 6000; turn++) {
			bool was = sight_word(&farms[0].sight) == SIGHT_NONE;
			unsigned n = draw(2);

			if (draw(500) == 0)
				change_network(n, draw(5));
			/* a reload, a director that dies, and the next */
			if (draw(boards[n].counts ? 2000 : 200) == 0) {
				boards[n].counts = !boards[n].counts;
				pair_hear(&pairs[n], &farms[n], &boards[n],
					  now_us);
			}
			pass_time(lost);
			if (!was && sight_word(&farms[0].sight) == SIGHT_NONE)
				proven++;
			unproven +=
				farms[0].sight.is_dark &&
				sight_word(&farms[0].sight) == SIGHT_UNKNOWN;
		}
		free(loaded);
	}
	/* both happen */
	assert_true(proven > 100);
	assert_true(unproven > 300);
}

/* The answer, and then a question of its own that began since: to each, behind
 * one that runs. */
static void D5_who_is_isolated_has_the_answer_within_a_second(void **state)
{
	static struct farm before;
	int64_t most_us = 0, answered_us;

	(void)state;
	for (unsigned number = 1; number <= 100; number++) {
		begin_network(number);
		for (unsigned turn = 0; turn < 3000; turn++)
			pass_time(0);
		memset(reaches[0], 0, sizeof(reaches[0]));
		while (!farms[0].sight.is_dark)
			pass_time(0);
		while (!farms[0].sight.is_answered &&
		       now_us < dark_us[0] + 60 * SEC)
			pass_time(0);
		if (now_us - dark_us[0] > most_us)
			most_us = now_us - dark_us[0];
		answered_us = now_us;
		while (sight_word(&farms[0].sight) != SIGHT_NONE &&
		       now_us < answered_us + 60 * SEC)
			pass_time(0);
		assert_in_range(now_us - answered_us, 0, 2 * SEC + SEC / 10);
		/* D12: it goes on over a reload */
		before = farms[0];
		farm_begin(&farms[0], &loaded->settings, &before, now_us);
		assert_int_equal(sight_word(&farms[0].sight), SIGHT_NONE);
		before = farms[1];
		farm_begin(&farms[1], &loaded->settings, &before, now_us);
		assert_int_equal(sight_word(&farms[1].sight), SIGHT_SEES);
		free(loaded);
	}
	assert_in_range(most_us, 0, SEC);
}

static void D5_where_all_are_gone_nobody_is_isolated(void **state)
{
	(void)state;
	for (unsigned number = 1; number <= 100; number++) {
		begin_network(number);
		for (unsigned turn = 0; turn < 1000 + draw(1000); turn++)
			pass_time(10);
		memset(reaches, 0, sizeof(reaches));
		for (unsigned turn = 0; turn < 6000; turn++) {
			pass_time(10);
			for (unsigned n = 0; n < 2; n++)
				assert_int_not_equal(
					sight_word(&farms[n].sight),
					SIGHT_NONE);
		}
		free(loaded);
	}
}

/* All are gone for both for 1 to 15 s, and the other node sees first that they
 * are back: it is not we who were isolated. */
static void D5_who_sees_them_come_back_later_is_not_isolated(void **state)
{
	unsigned some = 0;

	(void)state;
	for (unsigned number = 1; number <= 200; number++) {
		unsigned gone, answered = 0;

		begin_network(number);
		gone = 100 + draw(1400);
		for (unsigned turn = 0; turn < 1000 + draw(1000); turn++)
			pass_time(0);
		memset(reaches, 0, sizeof(reaches));
		for (unsigned turn = 0; turn < gone; turn++)
			pass_time(0);
		memset(reaches, 1, sizeof(reaches));
		for (unsigned turn = 0; turn < 1500; turn++) {
			pass_time(0);
			for (unsigned n = 0; n < 2; n++)
				assert_int_not_equal(
					sight_word(&farms[n].sight),
					SIGHT_NONE);
			answered += farms[0].sight.is_dark &&
				    farms[0].sight.is_answered;
		}
		some += answered > 0;
		free(loaded);
	}
	assert_true(some > 10);
}

/* ---- view-differs ---- */

static void D5_a_server_that_only_one_sees_is_told(void **state)
{
	int64_t differs_us = 0;

	(void)state;
	begin_network(1);
	for (unsigned turn = 0; turn < 3000; turn++)
		pass_time(0);
	assert_false(farm_differs(&farms[0], 1, now_us));
	reaches[1][1] = false;
	for (unsigned turn = 0; turn < 9000; turn++) {
		pass_time(0);
		if (differs_us == 0 && farms[0].differs_since_us[1] != 0)
			differs_us = now_us;
		/* not what both find out in their time */
		assert_int_equal(farm_differs(&farms[0], 1, now_us),
				 differs_us != 0 &&
					 now_us - differs_us >=
						 farms[0].standby_fall_us +
							 20 * SEC);
		assert_false(farm_differs(&farms[0], 0, now_us));
	}
	assert_true(farm_differs(&farms[0], 1, now_us));
	assert_true(farm_differs(&farms[1], 1, now_us));
	/* no board, no difference */
	boards[0].counts = false;
	pair_hear(&pairs[0], &farms[0], &boards[0], now_us);
	farm_step(&farms[0], now_us);
	assert_false(farm_differs(&farms[0], 1, now_us));
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
		cmocka_unit_test(D5_only_an_answer_of_since_makes_a_node_unfit),
		cmocka_unit_test(
			D5_who_is_isolated_has_the_answer_within_a_second),
		cmocka_unit_test(D5_where_all_are_gone_nobody_is_isolated),
		cmocka_unit_test(
			D5_who_sees_them_come_back_later_is_not_isolated),
		cmocka_unit_test(D5_a_server_that_only_one_sees_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
