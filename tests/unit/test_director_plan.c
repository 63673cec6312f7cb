/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the kernel's table to the wanted one (D4, D11, D12), against a model of
 * the kernel's lists: what it refuses is a failure of the test. At the end
 * random tables: one pass makes any table of any other, and sends nothing the
 * second time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "../../src/director/plan.h"

#define SEC  INT64_C(1000000)
#define MOST 16

/* ---- a kernel ---- */

struct kernel_service {
	struct table_service is;
	struct table_dest dests[MOST]; /* the newest first */
	unsigned count;
	unsigned last_cell[MOST]; /* mh: the last weight that was not 0 */
};

static struct kernel_service services[MOST];
static unsigned service_count;
static struct plan plan;
static struct table wanted, kernel;
static struct plan_owned owned[MOST];
static char log_text[4096];
static bool had_nobody; /* a service that had servers was without one */

static struct kernel_service *find(const struct table_id *id)
{
	for (unsigned i = 0; i < service_count; i++)
		if (table_id_is(&services[i].is.id, id))
			return &services[i];
	return NULL;
}

static int find_place(const struct kernel_service *service,
		      const struct table_dest *dest)
{
	for (unsigned i = 0; i < service->count; i++)
		if (service->dests[i].port == dest->port &&
		    ip_compare(&service->dests[i].ip, &dest->ip) == 0)
			return (int)i;
	return -1;
}

static unsigned usable(const struct kernel_service *service)
{
	unsigned count = 0;

	for (unsigned i = 0; i < service->count; i++)
		count += service->dests[i].weight > 0;
	return count;
}

static void say(const struct plan_order *order)
{
	static const char *const verbs[] = {"NEW", "SET", "DEL",
					    "new", "set", "del"};
	size_t used = strlen(log_text);

	if (order->verb < PLAN_NEW_DEST)
		snprintf(log_text + used, sizeof(log_text) - used, "%s ",
			 verbs[order->verb]);
	else if (order->verb == PLAN_DELETE_DEST)
		snprintf(log_text + used, sizeof(log_text) - used, "%s %u ",
			 verbs[order->verb], order->dest->ip.bytes[15]);
	else
		snprintf(log_text + used, sizeof(log_text) - used, "%s %u:%u ",
			 verbs[order->verb], order->dest->ip.bytes[15],
			 order->weight);
}

static void obey_service(const struct plan_order *order)
{
	struct kernel_service *service = find(&order->service->id);

	if (order->verb == PLAN_NEW_SERVICE) {
		assert_null(service); /* EEXIST */
		assert_true(service_count < MOST);
		services[service_count++] =
			(struct kernel_service){.is = *order->service};
	} else if (order->verb == PLAN_SET_SERVICE) {
		assert_non_null(service); /* ESRCH */
		if (service == NULL)
			return;
		service->is = *order->service;
	} else {
		assert_non_null(service);
		if (service == NULL)
			return;
		*service = services[--service_count];
	}
}

static void obey_dest(const struct plan_order *order)
{
	struct kernel_service *service = find(&order->service->id);
	struct table_dest dest = *order->dest;
	int place;

	if (service == NULL) {
		fail_msg("ESRCH");
		abort(); /* for the compiler */
	}
	place = find_place(service, &dest);
	dest.weight = order->weight;
	if (order->verb == PLAN_NEW_DEST) {
		assert_int_equal(place, -1); /* EEXIST */
		assert_true(service->count < MOST);
		memmove(service->dests + 1, service->dests,
			service->count * sizeof(dest));
		memmove(service->last_cell + 1, service->last_cell,
			service->count * sizeof(service->last_cell[0]));
		service->dests[0] = dest;
		service->last_cell[0] = dest.weight;
		service->count++;
		return;
	}
	assert_true(place >= 0); /* ENOENT */
	if (order->verb == PLAN_SET_DEST) {
		dest.active = service->dests[place].active;
		service->dests[place] = dest;
		if (dest.weight > 0)
			service->last_cell[place] = dest.weight;
		return;
	}
	service->count--;
	memmove(service->dests + place, service->dests + place + 1,
		(service->count - (unsigned)place) * sizeof(dest));
	memmove(service->last_cell + place, service->last_cell + place + 1,
		(service->count - (unsigned)place) *
			sizeof(service->last_cell[0]));
}

static void obey(void *arg, const struct plan_order *order)
{
	const struct kernel_service *service = find(&order->service->id);
	bool has_somebody = service != NULL && usable(service) > 0;

	(void)arg;
	say(order);
	if (order->verb < PLAN_NEW_DEST) {
		obey_service(order);
		return;
	}
	obey_dest(order);
	if (has_somebody && usable(service) == 0)
		had_nobody = true;
}

/* As a dump gives it. */
static void dump(void)
{
	table_empty(&kernel);
	for (unsigned i = 0; i < service_count; i++) {
		struct table_service *service = table_add_service(&kernel);
		unsigned first = service->first;

		*service = services[i].is;
		service->first = first;
		service->count = 0;
		for (unsigned k = 0; k < services[i].count; k++)
			*table_add_dest(&kernel) = services[i].dests[k];
	}
}

/* One pass: what was sent, as words. */
static const char *run(void)
{
	log_text[0] = '\0';
	had_nobody = false;
	dump();
	plan.wanted = &wanted;
	plan.kernel = &kernel;
	plan.owned = owned;
	plan.order = obey;
	plan_make(&plan);
	return log_text;
}

/* ---- what is wanted ---- */

static struct table_service *want(const char *scheduler)
{
	struct table_service *service = table_add_service(&wanted);
	unsigned first = service->first;

	*service = (struct table_service){
		.id = {.protocol = IPPROTO_TCP,
		       .port = (uint16_t)(79 + wanted.service_count),
		       .ip = ip_from_v4(0xc0000264)},
		.prefix = 32,
		.drain_s = 60,
		.first = first};
	snprintf(service->scheduler, sizeof(service->scheduler), "%s",
		 scheduler);
	service->is_ordered = strcmp(scheduler, "mh") == 0;
	return service;
}

/* Server number last, of weight. */
static struct table_dest *with(unsigned last, uint32_t weight)
{
	struct table_dest *dest = table_add_dest(&wanted);

	dest->ip = ip_from_v4(0xc0000200 + last);
	dest->port = 80;
	dest->forward = FORWARD_DR;
	dest->weight = weight;
	dest->full_weight = weight > 0 ? weight : 10;
	return dest;
}

static int begin(void **state)
{
	(void)state;
	table_empty(&wanted);
	memset(&plan, 0, sizeof(plan));
	plan.now_us = 1000 * SEC;
	service_count = 0;
	return 0;
}

/* ---- D4 ---- */

static void D4_a_new_service_comes_with_its_servers(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	with(22, 20);
	assert_string_equal(run(), "NEW new 21:10 new 22:20 ");
	assert_int_equal(plan.orders, 3);
}

static void D4_the_second_run_sends_nothing(void **state)
{
	(void)state;
	want("mh");
	with(21, 10);
	with(22, 0);
	with(23, 10)->upper = 100;
	run();
	assert_string_equal(run(), "");
	assert_int_equal(plan.orders, 0);
}

static void D4_only_what_differs_is_sent(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	with(22, 20);
	run();
	wanted.dests[1].weight = 5;
	assert_string_equal(run(), "set 22:5 ");
	wanted.services[0].sticky_s = 360;
	assert_string_equal(run(), "SET ");
	wanted.dests[0].forward = FORWARD_TUN;
	assert_string_equal(run(), "set 21:10 ");
	wanted.dests[0].tunnel_port = 6080;
	assert_string_equal(run(), "set 21:10 ");
	wanted.dests[0].upper = 7;
	assert_string_equal(run(), "set 21:10 ");
	assert_string_equal(run(), "");
}

static void D4_a_local_server_is_the_kernels_own_word(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	run();
	services[0].dests[0].forward = FORWARD_LOCAL;
	assert_string_equal(run(), "");
}

/* At once, whatever drain_s says; nor is it foreign. */
static void D1_a_table_that_is_the_other_nodes_goes_at_once(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	want("wlc");
	with(22, 10);
	run();
	wanted.services[0].is_away = true;
	assert_string_equal(run(), "DEL ");
	assert_int_equal(plan.foreign, 0);
	assert_string_equal(run(), "");
	assert_int_equal(service_count, 1);
	wanted.services[0].is_away = false;
	assert_string_equal(run(), "NEW new 21:10 ");
}

static void D4_who_comes_comes_before_who_goes(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	with(22, 0);
	run();
	wanted.dests[0].weight = 0;
	wanted.dests[1].weight = 10;
	assert_string_equal(run(), "set 22:10 set 21:0 ");
	wanted.dests[0].is_there = false;
	assert_string_equal(run(), "del 21 ");
	wanted.dests[0].is_there = true;
	wanted.dests[0].weight = 10;
	wanted.dests[1].is_there = false;
	assert_string_equal(run(), "new 21:10 del 22 ");
	assert_false(had_nobody);
}

static void D4_mh_has_the_order_of_the_file(void **state)
{
	(void)state;
	want("mh");
	with(21, 10);
	with(23, 10);
	run();
	/* one is put between them: whoever is behind it is added again */
	table_empty(&wanted);
	want("mh");
	with(21, 10);
	with(22, 10);
	with(23, 10);
	assert_string_equal(run(), "new 22:10 del 23 new 23:10 ");
	assert_string_equal(run(), "");
	assert_int_equal(services[0].dests[0].ip.bytes[15], 23);
	assert_int_equal(services[0].dests[2].ip.bytes[15], 21);
}

static void D4_the_order_of_others_does_not_matter(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	with(23, 10);
	run();
	table_empty(&wanted);
	want("wlc");
	with(22, 10);
	with(23, 10);
	with(21, 10);
	assert_string_equal(run(), "new 22:10 ");
}

static void D4_a_down_server_of_mh_keeps_its_places(void **state)
{
	(void)state;
	want("mh");
	with(21, 10);
	with(22, 0); /* of weight 10 when it is up */
	assert_string_equal(run(), "NEW new 21:10 new 22:10 set 22:0 ");
	assert_int_equal(services[0].last_cell[0], 10);
}

static void D4_a_leftover_does_not_disturb_the_order(void **state)
{
	(void)state;
	want("mh");
	with(21, 10);
	with(22, 10);
	with(23, 10);
	run();
	services[0].dests[1].active = 3;
	table_empty(&wanted);
	want("mh");
	with(21, 10);
	with(23, 10);
	assert_string_equal(run(), "set 22:0 ");
	assert_string_equal(run(), "");
}

/* ---- D11 ---- */

static void D11_a_foreign_service_is_left_alone(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	run();
	table_empty(&wanted);
	/* nobody says that it is ours */
	assert_string_equal(run(), "");
	assert_int_equal(plan.foreign, 1);
	assert_true(table_id_is(&plan.one_foreign, &services[0].is.id));
}

static void D11_a_wanted_one_that_is_there_is_adopted(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	run();
	services[0].dests[0].weight = 3;
	assert_string_equal(run(), "set 21:10 ");
	assert_int_equal(plan.foreign, 0);
}

/* ---- D12 ---- */

static void D12_a_removed_server_is_drained_then_deleted(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	with(22, 10);
	run();
	services[0].dests[0].active = 1; /* 22 */
	wanted.dest_count = wanted.services[0].count = 1;
	assert_string_equal(run(), "set 22:0 ");
	assert_int_equal(plan.due_us, plan.now_us + SEC);
	plan.now_us += SEC;
	assert_string_equal(run(), "");
	assert_int_equal(services[0].dests[0].active, 1);
	services[0].dests[0].active = 0;
	plan.now_us += SEC;
	assert_string_equal(run(), "del 22 ");
	assert_int_equal(plan.ends, 1);
	assert_string_equal(run(), "");
	assert_int_equal(plan.due_us, INT64_MAX);
}

static void D12_a_drain_ends_after_drain_s(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	with(22, 10);
	run();
	services[0].dests[0].active = 1;
	wanted.dest_count = wanted.services[0].count = 1;
	run();
	plan.now_us += 59 * SEC;
	assert_string_equal(run(), "");
	plan.now_us += SEC;
	assert_string_equal(run(), "del 22 ");
}

static void D12_a_drained_server_may_come_back(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	with(22, 10);
	run();
	services[0].dests[0].active = 1;
	wanted.dest_count = wanted.services[0].count = 1;
	run();
	wanted.dest_count = wanted.services[0].count = 2;
	assert_string_equal(run(), "set 22:10 ");
	plan.now_us += 100 * SEC;
	assert_string_equal(run(), "");
}

static void D12_on_remove_cut_waits_for_nobody(void **state)
{
	(void)state;
	want("wlc")->drain_s = 0;
	with(21, 10);
	with(22, 10);
	run();
	services[0].dests[0].active = 1;
	wanted.dest_count = wanted.services[0].count = 1;
	assert_string_equal(run(), "del 22 ");
}

static void D12_a_removed_service_goes_after_its_servers(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	with(22, 10);
	run();
	owned[0] = (struct plan_owned){services[0].is.id, 60};
	plan.owned_count = 1;
	services[0].dests[0].active = 1;
	table_empty(&wanted);
	assert_string_equal(run(), "set 22:0 set 21:0 ");
	plan.now_us += SEC;
	assert_string_equal(run(), "del 21 ");
	plan.now_us += 60 * SEC;
	assert_string_equal(run(), "del 22 ");
	assert_string_equal(run(), "DEL ");
	assert_int_equal(plan.ends, 1);
	assert_string_equal(run(), "");
	assert_int_equal(plan.foreign, 0);
}

static void D12_more_drains_than_are_remembered_wait_their_turn(void **state)
{
	(void)state;
	want("wlc");
	with(21, 10);
	with(22, 10);
	run();
	services[0].dests[0].active = 1;
	wanted.dest_count = wanted.services[0].count = 1;
	/* all places are taken, by drains of a service that is still there */
	plan.drain_count = PLAN_DRAINS_MAX;
	assert_string_equal(run(), "set 22:0 ");
	plan.now_us += SEC;
	assert_string_equal(run(), "");
	assert_int_equal(plan.drain_count, 1);
	plan.now_us += 60 * SEC;
	assert_string_equal(run(), "del 22 ");
}

/* ---- all of it ---- */

static uint64_t seed;

static unsigned draw(unsigned below)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % below;
}

static void want_anything(void)
{
	static const char *const schedulers[] = {"wlc", "mh", "rr"};

	table_empty(&wanted);
	for (unsigned s = draw(4); s > 0; s--) {
		unsigned order[6] = {1, 2, 3, 4, 5, 6};
		struct table_service *service = want(schedulers[draw(3)]);
		bool is_ordered = service->is_ordered;

		service->drain_s = draw(2) * 60;
		service->sticky_s = draw(2);
		for (unsigned i = draw(7), at; i > 0; i--) {
			unsigned number;

			at = draw(i);
			number = order[at];
			order[at] = order[i - 1];
			with(number, draw(3))->is_there =
				is_ordered || draw(4) > 0;
		}
	}
}

static void check_kernel(void)
{
	for (unsigned i = 0; i < wanted.service_count; i++) {
		const struct table_service *service = &wanted.services[i];
		const struct kernel_service *is = find(&service->id);
		unsigned behind = MOST;

		if (is == NULL) {
			fail_msg("a service is not there");
			abort();
		}
		assert_string_equal(is->is.scheduler, service->scheduler);
		for (unsigned k = 0; k < service->count; k++) {
			const struct table_dest *dest =
				&wanted.dests[service->first + k];
			int place = find_place(is, dest);

			assert_int_equal(place >= 0, dest->is_there);
			if (place < 0)
				continue;
			assert_int_equal(is->dests[place].weight, dest->weight);
			if (!service->is_ordered)
				continue;
			/* the newest is in front */
			assert_true((unsigned)place < behind);
			behind = (unsigned)place;
			if (dest->full_weight > 0)
				assert_true(is->last_cell[place] > 0);
		}
	}
}

static void D4_D12_any_table_becomes_any_other_in_one_pass(void **state)
{
	for (unsigned round = 0; round < 20000; round++) {
		seed = round;
		begin(state);
		plan.owned_count = 4;
		for (unsigned step = 0; step < 4; step++) {
			want_anything();
			run();
			check_kernel();
			for (unsigned i = 0; i < 4; i++)
				owned[i] = (struct plan_owned){
					{.protocol = IPPROTO_TCP,
					 .port = (uint16_t)(80 + i),
					 .ip = ip_from_v4(0xc0000264)},
					draw(2) * 60};
			/* what time alone brings is no change */
			run();
			assert_int_equal(plan.orders, plan.ends);
			plan.now_us += draw(3) * 30 * SEC;
		}
		/* at last nothing is left of it */
		table_empty(&wanted);
		for (unsigned i = 0; i < 4; i++) {
			run();
			plan.now_us += 60 * SEC;
		}
		assert_int_equal(service_count, 0);
		assert_int_equal(plan.drain_count, 0);
	}
}

/* Of what is read for a list, as many counters as servers; of what is only
 * compared, none. */
static void counters_are_kept_only_where_they_are_asked_for(void **state)
{
	struct table table = {.services = NULL};

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		table_empty(&table);
		table_count(&table, round != 1);
		assert_non_null(table_add_service(&table));
		for (unsigned i = 0; i < 300; i++) {
			assert_non_null(table_add_dest(&table));
			if (round == 1)
				continue;
			assert_int_equal(table.stats[i].connections, 0);
			table.stats[i].connections = i;
		}
		for (unsigned i = 0; round != 1 && i < 300; i++)
			assert_int_equal(table.stats[i].connections, i);
		if (round != 1)
			assert_true(table.stats_room >= table.dest_count);
		assert_true((table.stats != NULL) == (round != 1));
	}
	table_free(&table);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
	const struct CMUnitTest tests[] = {
		TEST(counters_are_kept_only_where_they_are_asked_for),
		TEST(D4_a_new_service_comes_with_its_servers),
		TEST(D4_the_second_run_sends_nothing),
		TEST(D4_only_what_differs_is_sent),
		TEST(D4_a_local_server_is_the_kernels_own_word),
		TEST(D1_a_table_that_is_the_other_nodes_goes_at_once),
		TEST(D4_who_comes_comes_before_who_goes),
		TEST(D4_mh_has_the_order_of_the_file),
		TEST(D4_the_order_of_others_does_not_matter),
		TEST(D4_a_down_server_of_mh_keeps_its_places),
		TEST(D4_a_leftover_does_not_disturb_the_order),
		TEST(D11_a_foreign_service_is_left_alone),
		TEST(D11_a_wanted_one_that_is_there_is_adopted),
		TEST(D12_a_removed_server_is_drained_then_deleted),
		TEST(D12_a_drain_ends_after_drain_s),
		TEST(D12_a_drained_server_may_come_back),
		TEST(D12_on_remove_cut_waits_for_nobody),
		TEST(D12_a_removed_service_goes_after_its_servers),
		TEST(D12_more_drains_than_are_remembered_wait_their_turn),
		TEST(D4_D12_any_table_becomes_any_other_in_one_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
