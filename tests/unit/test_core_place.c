/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R15: a pair between two reloads. The file of one node has an instance before
 * the others, or other ones; each goes on understanding what the other says of
 * the instances that both have, and takes no word for another one's. The
 * simulator's world knows instances by place: so two bare cores speak here.
 */
#include "../../src/core/internal.h"
#include "../../src/core/reload.h"
#include "incident.h"

#define BOTH 3 /* VI_1 to VI_3 */

static struct core_settings next;
static struct actions actions;
static int64_t now_us;
static unsigned claims, fences;
static char claimed[CORE_INSTANCES_MAX][CORE_NAME_MAX];
static char said[CORE_TEXT_MAX];

static struct core *core_of(unsigned n)
{
	return &world.nodes[n].core;
}

static void instance_put(struct core_settings *settings, unsigned at,
			 const char *name, uint8_t vrid)
{
	struct core_instance_settings *instance = &settings->instances[at];

	memmove(instance + 1, instance,
		(settings->instance_count++ - at) * sizeof(*instance));
	snprintf(instance->name, sizeof(instance->name), "%s", name);
	instance->vrid = vrid;
	settings->digest ^= 0x10001u * vrid;
}

/* A pair of old acquaintance, whose first node serves all. */
static void start(void)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *settings = &world.nodes[n].settings;

		for (unsigned i = 1; i < BOTH; i++) {
			char name[16];

			snprintf(name, sizeof(name), "VI_%u", i + 1);
			settings->instances[i] = settings->instances[0];
			instance_put(settings, i, name, (uint8_t)(60 + i));
		}
	}
	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, 10000);
	assert_owner(0);
	assert_true(owns_all(core_of(0)));
	now_us = world.now_us;
	next = world.nodes[0].settings;
	claims = fences = 0;
}

static void reload(void)
{
	struct core_map map;

	assert_null(core_map_make(core_of(0)->settings, &next, &map));
	core_leave(core_of(0), &map);
	assert_true(core_may_reload(core_of(0), &map));
	core_reload(core_of(0), &next, &map, &actions);
	core_check_invariants(core_of(0));
}

/* ---- two cores and a cable ---- */

static void step(unsigned n, struct event *event);

static unsigned place_at(unsigned n, const char *name)
{
	const struct core_settings *settings = core_of(n)->settings;
	unsigned i = 0;

	while (i < settings->instance_count &&
	       strcmp(settings->instances[i].name, name) != 0)
		i++;
	return i;
}

/* Adverts go by VRID, which the pairs here have alike under one name. */
static void advert_carry(unsigned n, const struct action *action)
{
	struct core *from = core_of(n), *to = core_of(1 - n);
	unsigned i = place_at(1 - n,
			      from->settings->instances[action->instance].name);
	struct event event = {.type = EVENT_ADVERT_HEARD};

	event.advert.instance = i;
	event.advert.priority = action->priority;
	event.advert.source = from->settings->nodes[n].addresses[0];
	event.advert.interval_ms =
		from->settings->instances[action->instance].advert_ms;
	event.advert.signature = (struct core_signature){
		.is_there = true,
		.is_signed = true,
		.generation = from->generation,
		.clock_ms = (uint32_t)(now_us / 1000),
	};
	if (i < to->settings->instance_count)
		step(1 - n, &event);
}

static void carry_out(unsigned n, const struct action *action)
{
	const struct core_instance_settings *instances =
		core_of(n)->settings->instances;
	struct event event = {.type = EVENT_TICK};

	switch (action->type) {
	case ACTION_SEND_BEAT:
		event.type = EVENT_BEAT_HEARD;
		event.beat.link = action->send.link;
		event.beat.beat = *action->send.beat;
		step(1 - n, &event);
		break;
	case ACTION_SEND_ADVERT:
		advert_carry(n, action);
		break;
	case ACTION_RELEASE:
		event.type = EVENT_RELEASE_DONE;
		event.vip.instance = action->instance;
		event.vip.text = "";
		step(n, &event);
		break;
	case ACTION_CLAIM:
		event.type = EVENT_CLAIM_DONE;
		event.vip.instance = action->permit.instance;
		event.vip.added = 1;
		event.vip.text = "";
		assert_int_equal(action->permit.proof, PROOF_RELEASED);
		snprintf(claimed[claims++], CORE_NAME_MAX, "%s",
			 instances[action->permit.instance].name);
		step(n, &event);
		break;
	case ACTION_REPLY:
		snprintf(said, sizeof(said), "%s", action->text);
		break;
	case ACTION_FENCE:
		fences += action->fence.kind == CORE_FENCE_OFF;
		break;
	default:
		break;
	}
}

static void step(unsigned n, struct event *event)
{
	struct actions mine;

	event->now_us = now_us;
	core_step(core_of(n), event, &mine);
	core_check_invariants(core_of(n));
	for (unsigned i = 0; i < mine.count; i++)
		carry_out(n, &mine.list[i]);
}

static void run_ms(unsigned ms)
{
	for (int64_t end_us = now_us + (int64_t)ms * 1000; now_us < end_us;
	     now_us += 1000)
		for (unsigned n = 0; n < 2; n++) {
			struct event tick = {.type = EVENT_TICK};

			if (core_deadline(core_of(n)) <= now_us)
				step(n, &tick);
		}
}

static void hand_over(unsigned n)
{
	struct event event = {.type = EVENT_OPERATOR_ASKED};

	event.operator_.command = COMMAND_HANDOVER;
	event.operator_.token = 7;
	step(n, &event);
}

static void assert_both_understand(void)
{
	for (unsigned i = 0; i < BOTH; i++) {
		char name[16];
		unsigned here, there;

		snprintf(name, sizeof(name), "VI_%u", i + 1);
		here = place_at(0, name);
		there = place_at(1, name);
		assert_int_equal(peer_place_of(core_of(0), here), there);
		assert_int_equal(peer_place_of(core_of(1), there), here);
		assert_int_equal(peer_says_own(core_of(1), there),
				 core_of(0)->instances[here].own);
		assert_int_equal(peer_says_own(core_of(0), here),
				 core_of(1)->instances[there].own);
	}
}

/* ---- the tests ---- */

static void
test_R15_between_two_reloads_what_both_have_is_understood(void **state)
{
	(void)state;
	start();
	instance_put(&next, 0, "VI_0", 77);
	reload();
	/* nothing was heard since: the other one has read what we had */
	for (unsigned i = 0; i < BOTH; i++)
		assert_int_equal(peer_place_of(core_of(0), i + 1), i);
	assert_false(peer_means_instance(core_of(0), 0));
	run_ms(3000);
	assert_both_understand();
	assert_false(peer_means_instance(core_of(0), 0));
	assert_true(core_of(0)->instances[1].own);
	assert_int_equal(fences, 0);
	/* there and back, each by its name */
	hand_over(0);
	run_ms(2000);
	assert_int_equal(claims, BOTH);
	assert_both_understand();
	for (unsigned i = 0; i < BOTH; i++) {
		assert_true(core_of(1)->instances[i].own);
		assert_false(core_of(0)->instances[i + 1].own);
	}
	hand_over(1);
	run_ms(2000);
	assert_int_equal(claims, 2 * BOTH);
	assert_both_understand();
	for (unsigned i = 0; i < 2 * BOTH; i++)
		assert_string_not_equal(claimed[i], "VI_0");
	assert_int_equal(fences, 0);
}

/* A new life whose file may be another one: no bit means anything yet. */
static void test_R15_a_place_that_is_not_told_says_nothing(void **state)
{
	struct core *core = core_of(1);

	(void)state;
	start();
	instance_put(&next, 0, "VI_0", 77);
	reload();
	run_ms(150);
	/* it is believed, and owns at its places 1 to 3 */
	assert_int_equal(core->peer.generation, core_of(0)->generation);
	assert_true(core->peer.statement_us != 0);
	/* were it heard by half a link, that would not be "nobody serves" */
	core->links[0].state = LINK_HALF;
	for (unsigned i = 0; i < BOTH; i++) {
		assert_false(peer_means_instance(core, i));
		assert_false(peer_says_own(core, i));
		assert_false(peer_says_fit(core, i));
		assert_false(core->instances[i].want);
		core->instances[i].vrrp.alive_until_us = 0;
		assert_false(half_is_unserved(core, i));
	}
}

/* R13: its words of what is served here are not known, so it may be fit. */
static void test_R15_no_handover_to_who_has_not_told(void **state)
{
	(void)state;
	start();
	instance_put(&next, 0, "VI_0", 77);
	reload();
	run_ms(300);
	places_forget(core_of(0));
	places_learn(core_of(0));
	hand_over(0);
	assert_non_null(strstr(said, "lb02 has not told whether it has VI_1: "
				     "try again in some seconds"));
	assert_true(core_of(0)->instances[1].own);
	run_ms(3000);
	hand_over(0);
	run_ms(2000);
	assert_int_equal(claims, BOTH);
}

/* It told where they stand, and then began another life with another file. */
static void test_R15_names_are_of_one_life(void **state)
{
	static struct core_settings before;

	(void)state;
	start();
	instance_put(&next, 0, "VI_0", 77);
	reload();
	run_ms(3000);
	assert_both_understand();
	before = next;
	core_of(0)->settings = &before;
	instance_put(&next, 0, "VI_00", 78);
	reload();
	run_ms(150);
	assert_int_equal(core_of(1)->peer.generation, core_of(0)->generation);
	for (unsigned i = 0; i < BOTH; i++)
		assert_false(peer_means_instance(core_of(1), i));
	run_ms(3000);
	assert_both_understand();
	assert_int_equal(fences, 0);
}

/* The second is gone, a new one stands there, and one has moved up. */
static void test_R15_another_instance_at_that_place_is_another(void **state)
{
	(void)state;
	start();
	for (unsigned n = 0; n < 2; n++)
		core_of(n)->instances[1].own =
			core_of(n)->instances[1].is_held = false;
	snprintf(next.instances[1].name, sizeof(next.instances[1].name), "web");
	next.instances[1].vrid = 99;
	next.instances[0] = next.instances[2];
	next.instances[2] = world.nodes[0].settings.instances[0];
	next.digest ^= 9;
	reload();
	run_ms(3000);
	assert_int_equal(peer_place_of(core_of(1), 0), 2);
	assert_int_equal(peer_place_of(core_of(1), 1), -1);
	assert_int_equal(peer_place_of(core_of(1), 2), 0);
	assert_int_equal(peer_place_of(core_of(0), 1), -1);
	assert_true(peer_says_own(core_of(1), 0));
	assert_false(peer_says_own(core_of(1), 1));
	assert_int_equal(fences, 0);
}

/* What stood at the end goes, then another one comes there. */
static void test_R15_a_bit_is_not_used_again_in_one_life(void **state)
{
	uint32_t generation;

	(void)state;
	start();
	generation = core_of(0)->generation;
	for (unsigned n = 0; n < 2; n++)
		core_of(n)->instances[2].own =
			core_of(n)->instances[2].is_held = false;
	next.instance_count = 2;
	next.digest ^= 3;
	reload();
	assert_int_not_equal(core_of(0)->generation, generation);
	run_ms(3000);
	assert_int_equal(peer_place_of(core_of(1), 2), -1);
	assert_int_equal(peer_place_of(core_of(1), 1), 1);
}

/* Two names with one digest (FNV-1a of 32 bits). */
static void test_R15_two_names_of_one_digest_are_not_known(void **state)
{
	struct core *core = core_of(1);

	(void)state;
	start();
	instance_put(&next, 0, "VI_0", 77);
	reload();
	run_ms(3000);
	assert_both_understand();
	core->peer.name[0] = core->peer.name[2];
	places_learn(core);
	assert_int_equal(peer_place_of(core, 0), 1);
	assert_int_equal(peer_place_of(core, 1), -1);
	/* and here */
	snprintf(next.instances[2].name, sizeof(next.instances[2].name),
		 "VI_1");
	places_learn(core_of(0));
	assert_int_equal(peer_place_of(core_of(0), 1), -1);
	assert_int_equal(peer_place_of(core_of(0), 2), -1);
	assert_int_equal(peer_place_of(core_of(0), 3), 2);
}

static void assert_older_file_is(unsigned n, const char *text)
{
	const struct core *core = core_of(n);

	for (unsigned i = 0; i < ALERTS_MAX; i++)
		if (core_alert_stands(core, i) &&
		    core->alerts[i].row == ROW_MISMATCH_FILES) {
			assert_non_null(strstr(core->alerts[i].text, "differ"));
			if (!text)
				assert_null(
					strstr(core->alerts[i].text, "older"));
			else if (!strstr(core->alerts[i].text, text))
				fail_with_log(core->alerts[i].text);
			return;
		}
	fail_with_log("no alert");
}

static void test_R15_both_nodes_say_whose_file_is_the_older_one(void **state)
{
	(void)state;
	start();
	world.nodes[1].settings.file_at_s = 1790000000;
	next.file_at_s = 1790000000 + 3 * 3600;
	instance_put(&next, 0, "VI_0", 77);
	reload();
	run_ms(15000);
	for (unsigned n = 0; n < 2; n++)
		assert_older_file_is(n, "(the older file is lb02's, by 3 "
					"hours)");
	/* clocks that say the same, or a file of which nothing is known */
	world.nodes[1].settings.file_at_s = next.file_at_s;
	run_ms(15000);
	assert_older_file_is(0, NULL);
	world.nodes[1].settings.file_at_s = 0;
	run_ms(15000);
	assert_older_file_is(1, NULL);
	assert_int_equal(fences, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R15_between_two_reloads_what_both_have_is_understood),
		cmocka_unit_test(
			test_R15_a_place_that_is_not_told_says_nothing),
		cmocka_unit_test(test_R15_no_handover_to_who_has_not_told),
		cmocka_unit_test(test_R15_names_are_of_one_life),
		cmocka_unit_test(
			test_R15_another_instance_at_that_place_is_another),
		cmocka_unit_test(test_R15_a_bit_is_not_used_again_in_one_life),
		cmocka_unit_test(
			test_R15_two_names_of_one_digest_are_not_known),
		cmocka_unit_test(
			test_R15_both_nodes_say_whose_file_is_the_older_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
