/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The farm: from settings to checks, answers to weights, new settings with what
 * was known before (D2, D5, D10, D12); and when which server is asked.
 */
#include "settings_text.h"

#include "../../src/director/director.h"

#define SEC  INT64_C(1000000)
#define LAST "fence = { required = true; };\n"
#define FARM(check, servers)                                                   \
	LAST "director = { check = { inter_ms = 2000; fastinter_ms = 500; "    \
	     "downinter_ms = 1000; spread_percent = 0; rise = 2; " check       \
	     " }; services = ( { name = \"web\"; instance = \"VI_1\"; "        \
	     "scheduler = \"rr\"; listen = ( { ip = \"192.0.2.100\"; port = "  \
	     "80; } ); checks = ( { type = \"tcp\"; } ); servers = ( " servers \
	     " ); } ); };\n"
#define ONE   "{ name = \"a\"; address = \"192.0.2.21\"; }"
#define TWO   "{ name = \"b\"; address = \"192.0.2.22\"; }"
#define THREE "{ name = \"c\"; address = \"192.0.2.23\"; }"

static struct farm farm, before;
static int64_t now_us;

static struct loaded *begin(const char *text)
{
	struct loaded *loaded = load_edited(LAST, text);

	assert_string_equal(loaded->text, "");
	now_us = 1000 * SEC;
	farm_begin(&farm, &loaded->settings, NULL, now_us);
	return loaded;
}

/* The answer of whoever is asked next; returns which server that is. */
static unsigned answer(enum check_result result)
{
	struct probe *probe;

	if (now_us < probes_due_us(&farm.probes))
		now_us = probes_due_us(&farm.probes);
	probe = probes_ask(&farm.probes, now_us);
	assert_non_null(probe);
	if (probe == NULL)
		return 0;
	now_us += SEC / 1000;
	farm_take_result(&farm, probe, result, 100, result != CHECK_FAILED_L4,
			 now_us);
	farm_step(&farm, now_us);
	return probe->server;
}

/* Each server is asked, and dead ones do not answer. */
static void round_of(unsigned count, unsigned dead)
{
	for (unsigned i = 0; i < count; i++) {
		struct probe *probe;
		enum check_result result;

		if (now_us < probes_due_us(&farm.probes))
			now_us = probes_due_us(&farm.probes);
		probe = probes_ask(&farm.probes, now_us);
		assert_non_null(probe);
		if (probe == NULL)
			return;
		result = dead >> probe->server & 1 ? CHECK_FAILED_L4
						   : CHECK_PASSED;
		farm_take_result(&farm, probe, result, 100,
				 result == CHECK_PASSED, now_us);
		farm_step(&farm, now_us);
	}
}

static void D2_all_are_asked_at_once_and_then_at_their_pace(void **state)
{
	struct loaded *loaded = begin(FARM("fall = 2;", ONE ", " TWO));

	(void)state;
	assert_int_equal(farm.probes.count, 2);
	assert_int_equal(probes_due_us(&farm.probes), now_us);
	assert_false(probes_are_through(&farm.probes));
	answer(CHECK_PASSED);
	answer(CHECK_PASSED);
	assert_true(probes_are_through(&farm.probes));
	assert_int_equal(farm.targets[0].weight, 1);
	/* plainly up: inter_ms */
	assert_int_equal(farm.list[0].due_us, 1002 * SEC);
	/* it changes: fastinter_ms */
	assert_int_equal(answer(CHECK_FAILED_L7), 0);
	assert_int_equal(farm.list[0].due_us - farm.list[0].begun_us, SEC / 2);
	assert_int_equal(answer(CHECK_PASSED), 1);
	assert_int_equal(answer(CHECK_FAILED_L7), 0);
	/* down: downinter_ms */
	assert_int_equal(farm.targets[0].weight, 0);
	assert_int_equal(farm.list[0].due_us - farm.list[0].begun_us, SEC);
	free(loaded);
}

static void D2_no_more_are_asked_at_once_than_parallel_allows(void **state)
{
	struct loaded *loaded =
		begin(FARM("parallel = 1; timeout_ms = 700;", ONE ", " TWO));
	struct probe *probe = probes_ask(&farm.probes, now_us);

	(void)state;
	assert_non_null(probe);
	assert_null(probes_ask(&farm.probes, now_us));
	/* its answer is overdue 5 s after its time-out */
	assert_int_equal(probes_due_us(&farm.probes),
			 now_us + 5700 * SEC / 1000);
	assert_false(probes_are_overdue(&farm.probes, now_us + 5 * SEC));
	assert_true(probes_are_overdue(&farm.probes, now_us + 6 * SEC));
	probe_lost(&farm.probes, probe, now_us);
	assert_non_null(probes_ask(&farm.probes, now_us));
	free(loaded);
}

/* With one that is due all are asked that are so within 100 ms; before that
 * nobody is, however often the director is awake for an answer. */
static void D2_those_that_are_due_soon_are_asked_together(void **state)
{
	struct loaded *loaded = begin(FARM("", ONE ", " TWO));
	struct probes *probes = &farm.probes;
	struct probe *asked[2];
	int64_t due_us;

	(void)state;
	answer(CHECK_PASSED);
	answer(CHECK_PASSED);
	due_us = farm.list[0].due_us;
	farm.list[1].due_us = due_us + SEC / 10 + 1;
	assert_null(probes_ask(probes, due_us - 1));
	assert_int_equal(probes_due_us(probes), due_us);
	assert_int_equal(probes_ask_some(probes, asked, 2, due_us), 1);
	assert_ptr_equal(asked[0], &farm.list[0]);
	assert_null(probes_ask(probes, due_us + 1));
	farm.list[1].due_us = due_us + SEC / 10;
	assert_null(probes_ask(probes, due_us));
	probe_lost(probes, &farm.list[0], due_us);
	farm.list[0].due_us = due_us;
	assert_int_equal(probes_ask_some(probes, asked, 2, due_us), 2);
	assert_ptr_equal(asked[0], &farm.list[0]);
	assert_ptr_equal(asked[1], &farm.list[1]);
	/* at a fast pace by a tenth of it, at most */
	for (unsigned i = 0; i < 2; i++) {
		int64_t at_us = due_us + SEC * 9 / 20 - i;

		probe_lost(probes, &farm.list[0], due_us);
		probe_lost(probes, &farm.list[1], due_us);
		farm.list[0].due_us = at_us;
		farm.list[1].due_us = due_us + SEC / 2;
		farm.list[1].begun_us = due_us;
		assert_int_equal(probes_ask_some(probes, asked, 2, at_us),
				 2 - i);
	}
	free(loaded);
}

static void D2_the_spread_keeps_checks_apart(void **state)
{
	struct loaded *loaded = begin(FARM("", ONE));
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	farm.probes.spread_percent = 10;
	for (unsigned i = 0; i < 200; i++) {
		int64_t us;

		answer(CHECK_PASSED);
		us = farm.list[0].due_us - farm.list[0].begun_us;
		least = us < least ? us : least;
		most = us > most ? us : most;
		/* asked early it is 1800000 */
		assert_in_range(us, 1900000, 2200000);
	}
	assert_true(least < 1920000 && most > 2180000);
	free(loaded);
}

/* Together they are asked early, and yet as often as their pace has it. */
static void D2_who_is_asked_early_is_not_asked_more_often(void **state)
{
	struct loaded *loaded = begin(FARM("", ONE ", " TWO ", " THREE));
	int64_t began_us = now_us, last_us[3] = {now_us, now_us, now_us};
	unsigned count = 0;

	(void)state;
	farm.probes.spread_percent = 10;
	while (now_us < began_us + 20000 * SEC) {
		struct probe *asked[3];
		unsigned some;

		/* somebody else is always due: as early as may be */
		now_us += SEC / 1000;
		for (unsigned i = 0; i < 3; i++)
			if (farm.list[i].due_us > now_us &&
			    farm.list[i].due_us < now_us + SEC / 20)
				farm.list[i].due_us = now_us;
		some = probes_ask_some(&farm.probes, asked, 3, now_us);
		for (unsigned i = 0; i < some; i++) {
			int64_t *last = &last_us[asked[i]->server];

			if (count >= 3)
				assert_in_range(now_us - *last, 1795000,
						2200000);
			*last = now_us;
			count++;
			farm_take_result(&farm, asked[i], CHECK_PASSED, 100,
					 true, now_us);
		}
	}
	assert_in_range(count, 29500, 30500);
	free(loaded);
}

static void D5_fall_of_one_takes_nobody_out_when_all_fall_silent(void **state)
{
	struct loaded *loaded =
		begin(FARM("fall = 1;", ONE ", " TWO ", " THREE));

	(void)state;
	round_of(3, 0);
	round_of(2, 7);
	assert_int_equal(farm.targets[0].weight, 0);
	/* the last one: it is this node that sees nothing */
	round_of(1, 7);
	assert_true(farm.sight.is_blind);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(farm.targets[i].weight, 1);
	/* and it stays so while nothing is seen */
	round_of(3, 7);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(farm.targets[i].weight, 1);
	/* until it has lasted */
	while (now_us < 1030 * SEC)
		round_of(1, 7);
	assert_false(farm.sight.is_blind);
	assert_int_equal(farm.targets[0].weight, 0);
	free(loaded);
}

/* D12: that it is blind is known, too. */
static void D5_new_settings_take_nobody_out_while_nothing_is_seen(void **state)
{
	struct loaded *loaded =
		begin(FARM("fall = 1;", ONE ", " TWO ", " THREE));
	int64_t blind_us;

	(void)state;
	round_of(3, 0);
	while (!farm.sight.is_blind && now_us < 1200 * SEC)
		round_of(1, 7);
	assert_true(farm.sight.is_blind);
	blind_us = now_us;
	before = farm;
	farm_begin(&farm, &loaded->settings, &before, now_us);
	round_of(6, 7);
	assert_true(now_us < blind_us + 10 * SEC);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(farm.targets[i].weight, 1);
	/* no longer than without them */
	while (now_us < blind_us + 30 * SEC)
		round_of(1, 7);
	assert_false(farm.sight.is_blind);
	assert_int_equal(farm.targets[0].weight, 0);
	free(loaded);
}

static void D5_who_died_before_stays_out_when_all_fall_silent(void **state)
{
	struct loaded *loaded =
		begin(FARM("fall = 1;", ONE ", " TWO ", " THREE));

	(void)state;
	round_of(3, 0);
	while (now_us < 1100 * SEC)
		round_of(1, 1);
	assert_int_equal(farm.targets[0].weight, 0);
	while (!farm.sight.is_blind && now_us < 1200 * SEC)
		round_of(1, 7);
	assert_true(farm.sight.is_blind);
	assert_int_equal(farm.targets[0].weight, 0);
	assert_int_equal(farm.targets[1].weight, 1);
	assert_int_equal(farm.targets[2].weight, 1);
	free(loaded);
}

static void D12_what_is_known_outlives_new_settings(void **state)
{
	struct loaded *old = begin(FARM("fall = 1;", ONE ", " TWO));
	struct loaded *new;

	(void)state;
	round_of(2, 2);
	farm.servers[0].admin = WORD_DRAIN;
	assert_int_equal(farm.targets[1].weight, 0);
	new = load_edited(LAST, FARM("fall = 1;", THREE ", " TWO ", " ONE));
	before = farm;
	farm_begin(&farm, &new->settings, &before, now_us);
	free(old); /* its settings are not looked at any more */
	farm_step(&farm, now_us);
	assert_false(farm.servers[0].is_known);
	assert_true(farm.servers[1].is_known);
	assert_false(farm.servers[1].is_up);
	assert_true(farm.servers[2].is_up);
	assert_int_equal(farm.servers[2].admin, WORD_DRAIN);
	assert_int_equal(farm.targets[2].weight, 0);
	/* all are asked again at once */
	assert_int_equal(probes_due_us(&farm.probes), now_us);
	free(new);
}

static void D12_other_checks_begin_with_what_was_known(void **state)
{
	struct loaded *old = begin(FARM("fall = 2;", ONE));
	struct loaded *new;

	(void)state;
	round_of(1, 0);
	new = load_edited(LAST, FARM("fall = 2;",
				     "{ name = \"a\"; address = "
				     "\"192.0.2.21\"; checks = ( { type = "
				     "\"tcp\"; port = 81; } ); }"));
	before = farm;
	farm_begin(&farm, &new->settings, &before, now_us);
	assert_int_equal(farm.list[0].port, 81);
	assert_true(farm.servers[0].is_up);
	answer(CHECK_FAILED_L7);
	assert_int_equal(farm.targets[0].weight, 1);
	answer(CHECK_FAILED_L7);
	assert_int_equal(farm.targets[0].weight, 0);
	free(old);
	free(new);
}

/* ---- equal checks, agents ---- */

#define SERVICE(name, port, servers)                                           \
	"{ name = \"" name "\"; instance = \"VI_1\"; scheduler = \"wlc\"; "    \
	"listen = ( { ip = \"192.0.2.100\"; port = " port "; } ); checks = ( " \
	"{ type = \"tcp\"; port = 22; } ); servers = ( " servers " ); }"

static void T37_equal_checks_of_one_server_are_asked_once(void **state)
{
	struct loaded *loaded = begin(
		LAST
		"director = { check = { spread_percent = 0; rise = 1; "
		"fall = 2; }; services = ( " SERVICE(
			"s1", "80",
			ONE) ", " SERVICE("s2", "81",
					  ONE
					  ", " TWO) ", " SERVICE("s3", "82",
								 ONE) " ); "
								      "};\n");

	(void)state;
	assert_int_equal(farm.probes.count, 4);
	/* a and b: two questions answer for four servers */
	round_of(2, 0);
	assert_true(farm.probes.running == 0);
	assert_int_equal(probes_due_us(&farm.probes), 1002000000);
	assert_true(probes_are_through(&farm.probes));
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(farm.targets[i].weight, 100);
	for (unsigned n = 0; n < 2; n++)
		round_of(2, 1); /* a fails, of all three */
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(farm.targets[i].weight, i == 2 ? 100 : 0);
	/* each of them counts it as its own */
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(farm.tallies[i].passed, i == 2 ? 3 : 1);
		assert_int_equal(farm.tallies[i].failed, i == 2 ? 0 : 2);
	}
	free(loaded);
}

static void a_tally_counts_who_took_how_long_over_a_reload(void **state)
{
	struct loaded *loaded = begin(FARM("", ONE ", " TWO));
	struct tally *tally = &farm.tallies[0];

	(void)state;
	farm.list[0].took_us = 1000;
	farm.list[1].took_us = 999;
	answer(CHECK_PASSED);
	answer(CHECK_PASSED);
	assert_int_equal(tally->within[0], 1);
	assert_int_equal(tally->within[TALLY_BOUNDS - 1], 1);
	farm.list[0].took_us = 1001; /* above the first bound */
	farm.list[1].took_us = 9000000;
	answer(CHECK_DRAIN);
	answer(CHECK_FAILED_L4);
	assert_int_equal(tally->passed, 2);
	assert_int_equal(tally->within[0], 1);
	assert_int_equal(tally->within[1], 2);
	assert_int_equal(tally->sum_us, 2001);
	assert_int_equal(farm.tallies[1].failed, 1);
	assert_int_equal(farm.tallies[1].within[TALLY_BOUNDS - 1], 1);
	before = farm;
	farm_begin(&farm, &loaded->settings, &before, now_us);
	assert_int_equal(farm.tallies[0].passed, 2);
	assert_int_equal(farm.tallies[1].sum_us, 9000999);
	farm_begin(&farm, &loaded->settings, NULL, now_us);
	assert_int_equal(farm.tallies[0].passed, 0);
	free(loaded);
}

/* An answer to a question of before does not count for who asks now. */
static void probe_asks_anew_also_what_is_being_asked(void **state)
{
	struct loaded *loaded = begin(
		LAST "director = { check = { spread_percent = 0; }; services = "
		     "( " SERVICE("s1", "80", ONE) ", " SERVICE(
			     "s2", "81", ONE ", " TWO) " ); };\n");
	struct probe *running;
	int64_t from_us;

	(void)state;
	round_of(2, 0);
	now_us += SEC / 10;
	from_us = now_us;
	/* of s2, for which the probe of s1 asks */
	farm_ask_now(&farm, 1, now_us);
	assert_int_equal(probes_due_us(&farm.probes), now_us);
	assert_false(farm_has_asked(&farm, 1, from_us));
	assert_true(farm_has_asked(&farm, 2, 0));
	running = probes_ask(&farm.probes, now_us);
	assert_ptr_equal(running, &farm.list[0]);
	now_us += SEC / 1000;
	from_us = now_us;
	farm_ask_now(&farm, 0, now_us);
	farm_take_result(&farm, running, CHECK_PASSED, 100, true, now_us);
	assert_false(farm_has_asked(&farm, 0, from_us));
	assert_int_equal(probes_due_us(&farm.probes), now_us);
	round_of(1, 0);
	assert_true(farm_has_asked(&farm, 0, from_us));
	assert_true(farm_has_asked(&farm, 1, from_us));
	assert_true(probes_due_us(&farm.probes) > now_us + SEC);
	free(loaded);
}

/* D5: the other node has lost sight: a question to each address, not to each
 * server, and not to agents. */
static void D5_all_servers_are_asked_at_once(void **state)
{
	struct loaded *loaded = begin(
		LAST "director = { check = { spread_percent = 0; }; services = "
		     "( " SERVICE("s1", "80", ONE) ", " SERVICE(
			     "s2", "81", ONE ", " TWO) " ); };\n");
	struct probe *running;

	(void)state;
	round_of(2, 0);
	now_us += SEC / 10;
	assert_null(probes_ask(&farm.probes, now_us));
	farm_ask_all_now(&farm, now_us);
	running = probes_ask(&farm.probes, now_us);
	assert_non_null(running);
	assert_non_null(probes_ask(&farm.probes, now_us));
	assert_null(probes_ask(&farm.probes, now_us));
	/* one that was under way is asked again when it has answered */
	now_us += SEC / 10;
	farm_ask_all_now(&farm, now_us);
	farm_take_result(&farm, running, CHECK_PASSED, 100, true, now_us);
	assert_int_equal(running->due_us, now_us);
	free(loaded);
}

static void D7_the_standby_asks_more_rarely(void **state)
{
	struct loaded *loaded = begin(
		FARM("fall = 2; standby_inter_ms = 10000;", ONE ", " TWO));
	const struct instance_set none = {{0}}, first = set_of(0);
	int64_t window_us = farm.sight.window_us;

	(void)state;
	farm_take_owned(&farm, &none, now_us);
	/* unknown ones are asked at once, also there */
	answer(CHECK_PASSED);
	answer(CHECK_PASSED);
	assert_int_equal(farm.list[0].due_us - farm.list[0].begun_us, 10 * SEC);
	assert_int_equal(farm.sight.window_us - window_us, 8 * SEC);
	/* who may be falling is asked fast, who is down rarely */
	assert_int_equal(answer(CHECK_FAILED_L7), 0);
	assert_int_equal(farm.list[0].due_us - farm.list[0].begun_us, SEC / 2);
	assert_int_equal(answer(CHECK_PASSED), 1);
	assert_int_equal(answer(CHECK_FAILED_L7), 0);
	assert_int_equal(farm.targets[0].weight, 0);
	assert_int_equal(farm.list[0].due_us - farm.list[0].begun_us, 10 * SEC);
	/* on taking over, all within fastinter_ms; then as owner */
	farm_take_owned(&farm, &first, now_us);
	assert_int_equal(farm.sight.window_us, window_us);
	for (unsigned i = 0; i < 2; i++)
		assert_in_range(farm.list[i].due_us, now_us, now_us + SEC / 2);
	farm_take_owned(&farm, &first, now_us + SEC / 2);
	assert_in_range(farm.list[1].due_us, now_us, now_us + SEC / 2);
	answer(CHECK_PASSED);
	answer(CHECK_PASSED);
	assert_int_equal(farm.list[1].due_us - farm.list[1].begun_us, 2 * SEC);
	/* what was due anyhow is not put off */
	farm_take_owned(&farm, &none, now_us);
	assert_int_equal(farm.list[1].due_us - farm.list[1].begun_us, 2 * SEC);
	free(loaded);
}

/* D1: where a node is a server. */
#define NODE_TWO "{ name = \"n\"; address = \"192.0.2.12\"; }"

static void D1_a_table_of_the_owner_follows_who_serves(void **state)
{
	struct loaded *loaded = begin(FARM("fall = 2;", ONE ", " NODE_TWO));
	struct loaded *plain = load_edited(LAST, FARM("", ONE));
	const struct settings_service *service =
		&loaded->settings.director.services[0];
	const struct instance_set none = {{0}}, first = set_of(0);

	(void)state;
	assert_false(farm.is_owned_known);
	farm.is_changed = false;
	farm_take_owned(&farm, &none, now_us);
	assert_true(farm.is_owned_known);
	assert_false(farm.is_changed);
	assert_true(farm_is_away(&farm, service));
	assert_false(farm_serves(&farm));
	farm_take_owned(&farm, &first, now_us);
	assert_true(farm.is_changed);
	assert_false(farm_is_away(&farm, service));
	assert_true(farm_serves(&farm));
	/* new settings: until it is said anew, it is as it was */
	before = farm;
	farm_begin(&farm, &loaded->settings, &before, now_us);
	assert_true(farm.is_owned_known);
	assert_false(farm_is_away(&farm, service));
	farm_begin(&farm, &plain->settings, NULL, now_us);
	farm_take_owned(&farm, &none, now_us);
	assert_false(
		farm_is_away(&farm, &plain->settings.director.services[0]));
	free(loaded);
	free(plain);
}

#define AGENT                                                                  \
	"{ name = \"a\"; address = \"192.0.2.21\"; agent = { port = 9707; }; " \
	"}"

static void agent_says(unsigned said, uint8_t percent)
{
	struct probe *probe = &farm.list[1];

	probe->is_running = true;
	farm.probes.running++;
	farm_take_agent(&farm, probe, said, percent, now_us);
	farm_step(&farm, now_us);
}

static void T34_only_the_agent_undoes_its_words(void **state)
{
	struct loaded *old = begin(
		LAST "director = { check = { spread_percent = 0; }; services = "
		     "( " SERVICE("s", "80", AGENT) " ); };\n");
	struct loaded *new;

	(void)state;
	assert_int_equal(farm.probes.count, 2);
	agent_says(0, 100); /* silent from the start: nothing is lost */
	answer(CHECK_PASSED);
	assert_int_equal(farm.targets[0].weight, 100);
	agent_says(AGENT_PERCENT, 50);
	assert_int_equal(farm.targets[0].weight, 50);
	agent_says(AGENT_DRAIN, 100);
	assert_int_equal(farm.targets[0].weight, 0);
	agent_says(0, 100);
	agent_says(AGENT_UP, 100);
	assert_int_equal(farm.targets[0].weight, 0);
	agent_says(AGENT_READY, 100);
	assert_int_equal(farm.targets[0].weight, 50);
	agent_says(AGENT_DOWN, 100);
	assert_int_equal(farm.targets[0].weight, 0);
	assert_true(farm.servers[0].is_up);
	/* what it said outlives a reload, and goes with the agent */
	new = load_edited(LAST, LAST "director = { services = ( " SERVICE(
					"s", "80", ONE) " ); };\n");
	before = farm;
	farm_begin(&farm, &old->settings, &before, now_us);
	farm_step(&farm, now_us);
	assert_int_equal(farm.targets[0].weight, 0);
	before = farm;
	farm_begin(&farm, &new->settings, &before, now_us);
	farm_step(&farm, now_us);
	assert_int_equal(farm.targets[0].weight, 100);
	free(old);
	free(new);
}

/* ---- what programs are told ---- */

static char told[64];
static unsigned told_count, told_room;
static struct news news;

/* "a-" is server 0 down, "Q+" the quorum there; without room nothing. */
static bool hear(const struct director_event *event)
{
	bool is_server = event->type == DIRECTOR_SERVER_IS;

	if (told_count == told_room)
		return false;
	told_count++;
	snprintf(told + strlen(told), sizeof(told) - strlen(told), "%c%c ",
		 is_server ? (char)('a' + event->number) : 'Q',
		 event->is_up ? '+' : '-');
	return true;
}

static const char *tell(void)
{
	told[0] = '\0';
	news_step(&news, &farm, now_us, hear);
	return told;
}

static void news_tells_each_change_once(void **state)
{
	struct loaded *loaded = begin(FARM("fall = 1;", ONE ", " TWO));

	(void)state;
	news = (struct news){.due_us = 0};
	news_begin(&news);
	told_count = 0;
	told_room = 100;
	/* nobody is known: nothing is told */
	assert_string_equal(tell(), "");
	answer(CHECK_PASSED);
	assert_string_equal(tell(), "a+ Q+ ");
	answer(CHECK_PASSED);
	assert_string_equal(tell(), "b+ ");
	round_of(1, 1);
	assert_string_equal(tell(), "a- ");
	assert_string_equal(tell(), "");
	/* without room it waits, and is told later */
	told_room = told_count;
	while (!farm.servers[0].is_up)
		round_of(1, 0);
	assert_string_equal(tell(), "");
	assert_true(news.due_us < INT64_MAX);
	told_room++;
	assert_string_equal(tell(), "a+ ");
	assert_int_equal(news.due_us, INT64_MAX);
	free(loaded);
}

static void news_of_a_storm_waits_and_what_is_over_is_not_told(void **state)
{
	struct loaded *loaded = begin(FARM("fall = 1;", ONE ", " TWO));
	int64_t begun_us;
	unsigned count = 0;

	(void)state;
	news = (struct news){.due_us = 0};
	news_begin(&news);
	told_count = 0;
	told_room = 100000;
	answer(CHECK_PASSED);
	answer(CHECK_PASSED);
	tell();
	told_count = 0;
	begun_us = now_us;
	/* to and fro at once: the burst, then no more */
	while (news.due_us == INT64_MAX && count++ < 1000) {
		farm.servers[0].is_up = !farm.servers[0].is_up;
		tell();
	}
	assert_int_equal(told_count, NEWS_BURST);
	assert_int_equal(now_us, begun_us);
	assert_int_equal(news.due_us - now_us, SEC / NEWS_PER_S);
	/* back as it was told: nothing waits any more */
	farm.servers[0].is_up = !farm.servers[0].is_up;
	assert_string_equal(tell(), "");
	assert_int_equal(news.due_us, INT64_MAX);
	farm.servers[0].is_up = !farm.servers[0].is_up;
	assert_string_equal(tell(), "");
	now_us = news.due_us;
	assert_int_equal(strlen(tell()), 3);
	free(loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			D2_all_are_asked_at_once_and_then_at_their_pace),
		cmocka_unit_test(
			D2_no_more_are_asked_at_once_than_parallel_allows),
		cmocka_unit_test(D2_those_that_are_due_soon_are_asked_together),
		cmocka_unit_test(D2_the_spread_keeps_checks_apart),
		cmocka_unit_test(D2_who_is_asked_early_is_not_asked_more_often),
		cmocka_unit_test(
			D5_fall_of_one_takes_nobody_out_when_all_fall_silent),
		cmocka_unit_test(
			D5_new_settings_take_nobody_out_while_nothing_is_seen),
		cmocka_unit_test(
			D5_who_died_before_stays_out_when_all_fall_silent),
		cmocka_unit_test(D12_what_is_known_outlives_new_settings),
		cmocka_unit_test(D12_other_checks_begin_with_what_was_known),
		cmocka_unit_test(T37_equal_checks_of_one_server_are_asked_once),
		cmocka_unit_test(probe_asks_anew_also_what_is_being_asked),
		cmocka_unit_test(D5_all_servers_are_asked_at_once),
		cmocka_unit_test(D7_the_standby_asks_more_rarely),
		cmocka_unit_test(D1_a_table_of_the_owner_follows_who_serves),
		cmocka_unit_test(
			a_tally_counts_who_took_how_long_over_a_reload),
		cmocka_unit_test(T34_only_the_agent_undoes_its_words),
		cmocka_unit_test(news_tells_each_change_once),
		cmocka_unit_test(
			news_of_a_storm_waits_and_what_is_over_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
