/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R15: many instances in two files that differ in one line, met at a start.
 * What is the same here and there is known by one digest of sixteen places,
 * long before each name has been told; what is not, by its name.
 */
#include "../../src/core/internal.h"
#include "incident.h"

#define COUNT	  60
#define MORE	  "VI_new"
#define FEW_FACTS 40 /* a turn of all names and addresses: over 300 */

static const struct core *core_of(unsigned n)
{
	return &world.nodes[n].core;
}

static void prepare(void)
{
	world_init(&world);
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *s = &world.nodes[n].settings;

		for (unsigned i = 0; i < COUNT; i++) {
			s->instances[i] = s->instances[0];
			snprintf(s->instances[i].name,
				 sizeof(s->instances[i].name), "VI_%u", i + 1);
			s->instances[i].vrid = (uint8_t)(51 + i);
		}
		s->instance_count = COUNT;
	}
	world_addresses_begin(&world);
	world.nodes[1].settings.digest ^= 0x00010001u;
}

/* So long that each node has told few facts. */
static void run_for_facts(unsigned facts)
{
	unsigned beat_ms = world.nodes[0].settings.links[0].interval_us / 1000;

	world_boot(&world, 0);
	world_boot(&world, 1);
	world_run_ms(&world, (int64_t)facts * beat_ms);
	assert_unbroken();
	for (unsigned n = 0; n < 2; n++) {
		assert_false(peer_digest_agrees(core_of(n)));
		assert_true(core_of(n)->sequence < facts + 20);
	}
}

static void test_R15_another_line_of_a_long_file_is_soon_told(void **state)
{
	(void)state;
	prepare();
	run_for_facts(FEW_FACTS);
	for (unsigned n = 0; n < 2; n++)
		for (unsigned i = 0; i < COUNT; i++) {
			assert_int_equal(peer_place_of(core_of(n), i), i);
			assert_true(peer_addresses_agree(core_of(n), i));
		}
}

/* Addresses of two instances of a block are exchanged; names are not told yet.
 * Nothing is known of that block, all of the others. */
static void test_R15_a_block_is_what_both_have_in_that_order(void **state)
{
	struct core_settings *s = &world.nodes[1].settings;
	const unsigned first = PLACE_BLOCK, last = 2 * PLACE_BLOCK - 1;

	(void)state;
	prepare();
	world_addresses_swap(&world, 1, first, last);
	run_for_facts(FEW_FACTS);
	for (unsigned i = 0; i < COUNT; i++) {
		bool is_known = i < first || i > last;

		assert_int_equal(peer_means_instance(core_of(0), i), is_known);
		assert_int_equal(peer_addresses_agree(core_of(0), i), is_known);
	}
	/* a name of it is another one, and in the last, which is not full */
	prepare();
	snprintf(s->instances[first].name, sizeof(s->instances[0].name), MORE);
	snprintf(s->instances[COUNT - 1].name, sizeof(s->instances[0].name),
		 MORE "er");
	run_for_facts(FEW_FACTS);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(peer_means_instance(core_of(0), i),
				 i < first ||
					 (i > last && i < 3 * PLACE_BLOCK));
}

/* One more at the end: what is before its block is known, and nothing moves
 * that is not. */
static void test_R15_a_longer_file_has_another_last_block(void **state)
{
	struct core_settings *s = &world.nodes[0].settings;

	(void)state;
	prepare();
	s->instances[COUNT] = s->instances[0];
	snprintf(s->instances[COUNT].name, sizeof(s->instances[0].name), MORE);
	s->instances[COUNT].vrid = 51 + COUNT;
	s->instance_count++;
	run_for_facts(FEW_FACTS);
	for (unsigned n = 0; n < 2; n++)
		for (unsigned i = 0; i < COUNT; i++)
			assert_int_equal(peer_means_instance(core_of(n), i),
					 i < COUNT / PLACE_BLOCK * PLACE_BLOCK);
	world_run_ms(&world, 60000);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(peer_place_of(core_of(0), i), i);
	assert_false(peer_means_instance(core_of(0), COUNT));
}

/* A half of the file before, and one of the new: no digest. */
static void test_R15_a_block_is_of_one_file(void **state)
{
	struct core *core = &world.nodes[0].core;
	uint32_t digest;

	(void)state;
	prepare();
	world_boot(&world, 0);
	digest = place_block_digest(core, 1);
	assert_false(place_block_take(core, 1, true, (uint16_t)digest));
	addresses_forget(core);
	assert_false(place_block_take(core, 1, false, digest >> 16));
	assert_true(place_block_take(core, 1, true, (uint16_t)digest));
	/* known: no news. And our file ends before the fifth one */
	assert_false(place_block_take(core, 1, true, (uint16_t)digest));
	assert_false(place_block_take(core, place_blocks(core), true, 1));
	assert_false(place_block_take(core, UINT8_MAX, false, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R15_another_line_of_a_long_file_is_soon_told),
		cmocka_unit_test(
			test_R15_a_block_is_what_both_have_in_that_order),
		cmocka_unit_test(test_R15_a_longer_file_has_another_last_block),
		cmocka_unit_test(test_R15_a_block_is_of_one_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
