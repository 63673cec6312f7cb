/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many instances on one VRRP port, on real sockets (vrrp_pair.h). */
#include "vrrp_pair.h"

static struct vrrp_options options_of(uint8_t vrid)
{
	struct vrrp_options options = test_options(3);

	options.expect.vrid = options.instance = vrid;
	return options;
}

static void send_as(struct pair *pair, uint8_t vrid)
{
	struct vrrp_options options = options_of(vrid);

	/* to send under another VRID its sockets are as good */
	vrrp_change(pair->sender, &options);
	pair_send(pair, 100);
}

static const uint8_t edge_vrids[] = {1, 31, 32, 63, 64, 159, 160, 224, 255};
#define EDGE_VRIDS (sizeof(edge_vrids) / sizeof(edge_vrids[0]))

/* What its filter lets through, and who gets it. */
static void test_each_instance_of_a_port_hears_its_own(void **state)
{
	struct pair *pair = *state;
	struct vrrp *others[EDGE_VRIDS];

	if (pair == NULL)
		skip();
	for (unsigned i = 0; i < EDGE_VRIDS; i++) {
		struct vrrp_options options = options_of(edge_vrids[i]);
		char error[256];

		others[i] = vrrp_new(&options);
		vrrp_join(others[i], pair->hearer_port);
		assert_false(vrrp_is_open(others[i]));
		enter(hearer_ns);
		assert_int_equal(open_link(others[i], pair->hearer_port, error),
				 0);
	}
	/* the first one opened it for itself alone */
	send_as(pair, edge_vrids[0]);
	assert_int_equal(pair_receive(pair, 50), 0);
	assert_int_equal(pair->heard, 0);
	assert_int_equal(vrrp_port_filter(pair->hearer_port), 0);
	for (unsigned i = 0; i < EDGE_VRIDS; i++) {
		const uint8_t vrid = edge_vrids[i];

		pair->heard = 0;
		/* two that are not here, one of another word of the set */
		send_as(pair, vrid ^ 2);
		send_as(pair, vrid ^ 66);
		assert_int_equal(pair_receive(pair, 2), 0);
		assert_int_equal(pair->heard, 0);
		send_as(pair, vrid);
		assert_int_equal(pair_receive(pair, 1000), 0);
		assert_int_equal(pair->heard, 1);
		assert_int_equal(pair->last.instance, vrid);
	}
	send_as(pair, 51);
	assert_int_equal(pair_receive(pair, 1000), 0);
	for (unsigned i = 0; i < EDGE_VRIDS; i++) {
		assert_int_equal(vrrp_counters(others[i])->rx, 1);
		vrrp_free(others[i]);
	}
	assert_int_equal(vrrp_counters(pair->hearer)->rx, 1);
}

/* New settings: nothing that came before is lost, and the new VRID is heard. */
static void test_a_reload_changes_the_filter_without_a_gap(void **state)
{
	struct pair *pair = *state;
	struct vrrp_options options = options_of(77);
	struct vrrp_port *next;
	struct vrrp *other;

	if (pair == NULL)
		skip();
	next = vrrp_port_new(INTERFACE, false);
	other = vrrp_new(&options);
	pair_send(pair, 100);
	pair_send(pair, 100);
	vrrp_port_move(pair->hearer_port, next);
	assert_false(vrrp_port_is_open(pair->hearer_port));
	vrrp_port_free(pair->hearer_port);
	pair->hearer_port = next;
	vrrp_join(pair->hearer, next);
	vrrp_join(other, next);
	assert_int_equal(vrrp_port_filter(next), 0);
	assert_true(vrrp_is_open(pair->hearer));
	assert_false(vrrp_is_open(other));
	assert_int_equal(pair_receive(pair, 1000), 0);
	assert_int_equal(pair->heard, 2);
	enter(hearer_ns);
	assert_int_equal(open_link(other, next, pair->error), 0);
	send_as(pair, 77);
	assert_int_equal(pair_receive(pair, 1000), 0);
	assert_int_equal(pair->heard, 3);
	assert_int_equal(pair->last.instance, 77);
	vrrp_free(other);
}

/* A firewall that drops the adverts of one instance is told of that one. */
static void test_a_drop_of_one_vrid_is_noticed_for_it(void **state)
{
	struct pair *pair = *state;
	struct vrrp_options options = options_of(77);
	struct vrrp *other;

	if (pair == NULL)
		skip();
	other = vrrp_new(&options);
	vrrp_join(other, pair->hearer_port);
	enter(hearer_ns);
	assert_int_equal(open_link(other, pair->hearer_port, pair->error), 0);
	assert_int_equal(vrrp_port_filter(pair->hearer_port), 0);
	run("nft 'add table ip t; add chain ip t c { type filter hook input "
	    "priority 0; }; add rule ip t c ip protocol 112 @th,8,8 77 drop'");
	for (unsigned i = 0; i < 14; i++) {
		send_as(pair, i % 2 == 0 ? 77 : 51);
		assert_int_equal(pair_receive(pair, 1000), 0);
		assert_int_equal(pair->heard, i + 1);
	}
	enter(hearer_ns);
	run("nft delete table ip t");
	assert_true(vrrp_is_filtered(other));
	assert_false(vrrp_is_filtered(pair->hearer));
	vrrp_free(other);
}

#define MANY 255

static void join_many(struct pair *pair, struct vrrp *others[MANY],
		      const struct ip *addresses, unsigned count)
{
	for (unsigned i = 0; i < MANY; i++) {
		struct vrrp_options options = options_of((uint8_t)(i + 1));

		options.expect.addresses = addresses;
		options.expect.address_count = count;
		others[i] = vrrp_new(&options);
		vrrp_join(others[i], pair->hearer_port);
	}
	enter(hearer_ns);
	assert_int_equal(vrrp_port_filter(pair->hearer_port), 0);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(
			open_link(others[i], pair->hearer_port, pair->error),
			0);
}

/*
 * All instances of an interface send at once, and who hears them wakes late:
 * neither socket may be too small for that. What the witness lost for want of
 * room would pass for a firewall, and what the other lost for silence.
 */
static void test_a_burst_of_all_vrids_is_heard_by_both_sockets(void **state)
{
	struct pair *pair = *state;
	struct vrrp *others[MANY];
	struct ip addresses[120];
	unsigned filtered = 0;

	if (pair == NULL)
		skip();
	for (unsigned i = 0; i < 120; i++)
		addresses[i] = ip_from_v4(0x0a640001u + i);
	/* as in a reload: the port was opened for one of them */
	join_many(pair, others, addresses, 120);
	for (unsigned round = 0; round < 8; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			struct vrrp_options options =
				options_of((uint8_t)(i + 1));

			options.expect.addresses = addresses;
			options.expect.address_count = 120;
			vrrp_change(pair->sender, &options);
			pair_send(pair, 100);
		}
		while (pair_receive(pair, 10) > 0)
			;
	}
	for (unsigned i = 0; i < MANY; i++)
		filtered += vrrp_is_filtered(others[i]) ? 1 : 0;
	assert_int_equal(pair->heard, 8 * MANY);
	assert_int_equal(filtered, 0);
	for (unsigned i = 0; i < MANY; i++)
		vrrp_free(others[i]);
}

/* R3: a card that sends nothing for a while makes none of them mute. */
static void test_a_card_that_stands_still_takes_some_of_each(void **state)
{
	struct pair *pair = *state;

	if (pair == NULL)
		skip();
	enter(sender_ns);
	run("tc qdisc add dev " INTERFACE
	    " root tbf rate 8kbit burst 2000 limit 100000000");
	for (unsigned i = 0; i < 10 * MANY; i++)
		pair_send(pair, 100);
	run("tc qdisc del dev " INTERFACE " root");
	enter(hearer_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		pair_test(test_each_instance_of_a_port_hears_its_own),
		pair_test(test_a_reload_changes_the_filter_without_a_gap),
		pair_test(test_a_drop_of_one_vrid_is_noticed_for_it),
		pair_test(test_a_burst_of_all_vrids_is_heard_by_both_sockets),
		pair_test(test_a_card_that_stands_still_takes_some_of_each),
	};

	return cmocka_run_group_tests(tests, setup_namespaces,
				      teardown_namespaces);
}
