/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R1, R8: what is on disk of a plug holds for that plug, wherever an edited
 * file has it now, and for no other one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/state.h"

/* This node is lb01; its peer has plugs 3 and 4 of pdu, and one of bmc. */
static struct core_settings sample(void)
{
	static const struct core_plug_settings plugs[] = {
		{.level = 1, .device = 0, .name = "3", .key = 0x33},
		{.level = 1, .device = 0, .name = "4", .key = 0x34},
		{.level = 2, .device = 1, .name = "1", .key = 0xb1},
	};
	struct core_settings settings = {.self = 0, .device_count = 2};

	snprintf(settings.nodes[0].name, CORE_NAME_MAX, "lb01");
	snprintf(settings.nodes[1].name, CORE_NAME_MAX, "lb02");
	settings.device_digests[0] = 0x11111111;
	settings.device_digests[1] = 0x22222222;
	settings.nodes[1].plug_count = 3;
	memcpy(settings.nodes[1].plugs, plugs, sizeof(plugs));
	settings.fence_digest = 0xfe;
	return settings;
}

/* Plug 0 was proven and cut, 1 is mis-wired, 2 is proven. */
static struct core_memory remembered(const struct core_settings *settings)
{
	struct core_memory memory = {
		.fence_digest = settings->fence_digest,
		.plug_proven = 1 | 4,
		.plug_miswired = 2,
		.plug_cut = 1,
	};

	core_plug_ids(settings, memory.plug_ids);
	return memory;
}

static struct core_memory begun(const struct core_settings *settings,
				const struct core_memory *memory)
{
	static struct core core;

	core_init(&core, settings, memory, 7, 0);
	assert_int_equal(core.memory.fence_digest, settings->fence_digest);
	assert_int_equal(core.memory_before.plug_proven,
			 core.memory.plug_proven);
	return core.memory;
}

static void swap_plugs(struct core_settings *settings, unsigned a, unsigned b)
{
	struct core_plug_settings *plugs = settings->nodes[1].plugs;
	struct core_plug_settings kept = plugs[a];

	plugs[a] = plugs[b];
	plugs[b] = kept;
	settings->fence_digest++;
}

static void test_R1_a_plug_is_known_at_another_place(void **state)
{
	struct core_settings settings = sample();
	struct core_memory memory = remembered(&settings), got;

	(void)state;
	swap_plugs(&settings, 0, 2);
	got = begun(&settings, &memory);
	assert_int_equal(got.plug_proven, 4 | 1);
	assert_int_equal(got.plug_miswired, 2);
	assert_int_equal(got.plug_cut, 4);
	/* and again from there */
	swap_plugs(&settings, 0, 1);
	got = begun(&settings, &got);
	assert_int_equal(got.plug_proven, 4 | 2);
	assert_int_equal(got.plug_miswired, 1);
	assert_int_equal(got.plug_cut, 4);
}

static void test_R1_a_device_at_another_place_is_the_same(void **state)
{
	struct core_settings settings = sample();
	struct core_memory memory = remembered(&settings), got;

	(void)state;
	settings.device_digests[0] = 0x22222222;
	settings.device_digests[1] = 0x11111111;
	for (unsigned i = 0; i < 3; i++)
		settings.nodes[1].plugs[i].device ^= 1;
	settings.fence_digest++;
	got = begun(&settings, &memory);
	assert_int_equal(got.plug_proven, 1 | 4);
	assert_int_equal(got.plug_cut, 1);
}

static void test_R1_plugs_of_a_changed_device_prove_nothing(void **state)
{
	struct core_settings settings = sample();
	struct core_memory memory = remembered(&settings), got;

	(void)state;
	settings.device_digests[0] ^= 0x100;
	settings.fence_digest++;
	got = begun(&settings, &memory);
	assert_int_equal(got.plug_proven, 4);
	assert_int_equal(got.plug_miswired, 0);
	assert_int_equal(got.plug_cut, 0);
}

static void test_R1_plugs_of_a_node_of_another_name_prove_nothing(void **state)
{
	struct core_settings settings = sample();
	struct core_memory memory = remembered(&settings), got;

	(void)state;
	snprintf(settings.nodes[1].name, CORE_NAME_MAX, "lb03");
	settings.fence_digest++;
	got = begun(&settings, &memory);
	assert_int_equal(got.plug_proven, 0);
	assert_int_equal(got.plug_cut, 0);
}

static void test_R8_a_plug_that_is_new_in_a_cut_level_was_not_cut(void **state)
{
	struct core_settings settings = sample();
	struct core_memory memory = remembered(&settings), got;

	(void)state;
	memory.plug_cut = memory.plug_proven = 3;
	memory.plug_miswired = 0;
	settings.nodes[1].plugs[1].key = 0x35;
	settings.fence_digest++;
	got = begun(&settings, &memory);
	assert_int_equal(got.plug_proven, 1);
	assert_int_equal(got.plug_cut, 1);
}

static void test_R8_a_file_without_ids_holds_for_its_own_settings(void **state)
{
	struct core_settings settings = sample();
	struct core_memory memory = remembered(&settings), got;

	(void)state;
	memset(memory.plug_ids, 0, sizeof(memory.plug_ids));
	got = begun(&settings, &memory);
	assert_int_equal(got.plug_proven, 1 | 4);
	assert_int_equal(got.plug_cut, 1);
	assert_int_not_equal(got.plug_ids[0], 0);
	settings.fence_digest++;
	got = begun(&settings, &memory);
	assert_int_equal(got.plug_proven, 0);
	assert_int_equal(got.plug_miswired, 0);
	assert_int_equal(got.plug_cut, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R1_a_plug_is_known_at_another_place),
		cmocka_unit_test(test_R1_a_device_at_another_place_is_the_same),
		cmocka_unit_test(
			test_R1_plugs_of_a_changed_device_prove_nothing),
		cmocka_unit_test(
			test_R1_plugs_of_a_node_of_another_name_prove_nothing),
		cmocka_unit_test(
			test_R8_a_plug_that_is_new_in_a_cut_level_was_not_cut),
		cmocka_unit_test(
			test_R8_a_file_without_ids_holds_for_its_own_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
