/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The counter-examples of the protocol model (tests/model), played against the
 * core: each was a way to two owners. The peer is scripted, because only a few
 * unlucky frames make it happen.
 */
#include "incident.h"

#define PEER  0x77u
#define LATER 0x99u

static uint32_t said, advert_clock_ms;

static void tell(unsigned n, uint8_t type, uint32_t generation, bool own,
		 uint32_t acknowledged)
{
	const struct core *core = &world.nodes[n].core;
	struct event event = {.type = EVENT_BEAT_HEARD};
	struct beat *beat = &event.beat.beat;

	beat->type = type;
	beat->sender = (uint8_t)(1 - n);
	beat->generation = generation;
	beat->sequence = ++said;
	beat->ack_generation = core->generation;
	beat->ack_sequence = acknowledged;
	beat->own = set_first(own);
	beat->fit = set_of(0);
	beat->heard = 1;
	beat->slot_tag = said % 2 ? SLOT_DIGEST_LOW : SLOT_DIGEST_HIGH;
	beat->slot_value = (uint16_t)(said % 2 ? core->settings->digest
					       : core->settings->digest >> 16);
	world_tell(&world, n, &event);
	world_run_ms(&world, 1);
}

static void tell_advert(uint8_t priority)
{
	struct core *core = &world.nodes[0].core;
	struct event event = {.type = EVENT_ADVERT_HEARD};

	event.advert.verdict = CORE_ADVERT_GOOD;
	event.advert.source = core->settings->nodes[1].addresses[0];
	event.advert.priority = priority;
	event.advert.interval_ms = core->settings->instances[0].advert_ms;
	event.advert.signature =
		(struct core_signature){.is_signed = true,
					.generation = PEER,
					.clock_ms = ++advert_clock_ms};
	world_tell(&world, 0, &event);
	world_run_ms(&world, 1);
}

/* lb01 and a scripted peer that it believes; nobody owns yet. */
static void start_alone(void)
{
	const struct core *core = &world.nodes[0].core;

	world_init(&world);
	said = 0;
	world_boot(&world, 0);
	world_run_ms(&world, 200);
	for (int i = 0; i < 20 && core->peer.generation != PEER; i++) {
		tell(0, BEAT_STATEMENT, PEER, true, core->sequence);
		world_run_ms(&world, 100);
	}
	assert_int_equal(core->peer.generation, PEER);
	assert_owner(-1);
}

/*
 * 1: a last word does not outlive a right that we gave away since to who can
 * take it: a plain router, which takes priority 0 as it comes (R16). A life
 * that was not heard can do nothing with it: it is signed, by one that this
 * life does not know.
 */
static void test_R12_obituary_after_a_release(void **state)
{
	const struct core *core = &world.nodes[0].core;

	(void)state;
	start_alone();
	tell(0, BEAT_OBITUARY, PEER, false, core->sequence);
	world_run_ms(&world, 50);
	assert_owner(0);
	assert_logged("proof obituary");
	world_carrier(&world, 0, false);
	world_run_ms(&world, 100);
	assert_owner(-1);
	forget_log();
	world_carrier(&world, 0, true);
	world_run_ms(&world, 500);
	assert_owner(0);
	assert_logged("proof obituary");
	world_carrier(&world, 0, false);
	world_run_ms(&world, 100);
	assert_owner(-1);
	assert_true(obituary_stands(core, 0));
	world.nodes[0].settings.peer_is_plain = true;
	assert_false(obituary_stands(core, 0));
	world.nodes[0].settings.peer_is_plain = false;
	/* the next life has spoken: what it took nobody knows */
	tell(0, BEAT_STATEMENT, LATER, false, 0);
	world_run_ms(&world, 100);
	forget_log();
	world_carrier(&world, 0, true);
	world_run_ms(&world, 500);
	assert_owner(-1);
	assert_not_logged("proof obituary");
}

/* 2: one beat is enough to say that the peer lives (R2). Its cable was out, and
 * its beats had told before of which life its adverts are. */
static void test_R1_resigned_while_a_link_begins_to_speak(void **state)
{
	const struct core *core = &world.nodes[0].core;

	(void)state;
	for (int speaks = 0; speaks < 2; speaks++) {
		start_alone();
		for (int i = 0; i < 6; i++) {
			world_run_ms(&world, 100);
			tell_advert(150);
		}
		assert_false(link_is_alive(core, 0));
		if (speaks)
			tell(0, BEAT_STATEMENT, PEER, true, core->sequence);
		tell_advert(0);
		world_run_ms(&world, 390);
		assert_owner(speaks ? -1 : 0);
	}
}

/* 3: what was read as off may have been the life before. */
static void test_R6_new_life_while_the_fence_runs(void **state)
{
	const struct core *core = &world.nodes[1].core;
	bool was_told = false;

	(void)state;
	start_pair();
	cut_serial(false);
	cut_ethernet(false);
	for (int i = 0; i < 30000 && !was_told; i++) {
		world_run_ms(&world, 1);
		if (core->fence.state != FENCE_STATE_RUNNING)
			continue;
		tell(1, BEAT_STATEMENT, LATER, false, 0);
		was_told = true;
	}
	assert_true(was_told);
	world_run_ms(&world, 30000);
	assert_logged("lb01 began a new life meanwhile");
	assert_owner(1); /* asked again, and silent by then */
}

/* 4: late frames do not make an old generation the newest again. */
static void test_R12_obituary_after_a_stranger(void **state)
{
	const struct core *core = &world.nodes[0].core;

	(void)state;
	for (int outlives = 0; outlives < 2; outlives++) {
		uint32_t late;

		start_alone();
		late = core->sequence;
		world_run_ms(&world, 100);
		tell(0, BEAT_STATEMENT, LATER, true, 0);
		world_run_ms(&world, 100);
		/* still on its way, or sent since: then it is the later one */
		tell(0, BEAT_STATEMENT, PEER, true,
		     outlives ? core->sequence : late);
		tell(0, BEAT_OBITUARY, PEER, false, core->sequence);
		world_run_ms(&world, 50);
		assert_owner(outlives ? 0 : -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R12_obituary_after_a_release),
		cmocka_unit_test(test_R1_resigned_while_a_link_begins_to_speak),
		cmocka_unit_test(test_R6_new_life_while_the_fence_runs),
		cmocka_unit_test(test_R12_obituary_after_a_stranger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
