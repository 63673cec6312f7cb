/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is allowed and may still cost an address: each is told. And one mistake
 * hides no other one. */
#include "settings_text.h"

static void test_R8_no_node_judges_before_it_can_have_heard(void **state)
{
	static const struct edit warnings[] = {
		{"pair =", "startup_ms = 0; pair =",
		 "t.conf:1: warning: startup_ms: 0 ms: a starting node judges "
		 "the other one dead before it can have heard it (the largest "
		 "dead time is 400 ms)"},
		{"pair =", "startup_ms = 400; pair =", "startup_ms: 400 ms: a"},
		{"pair =", "startup_ms = 401; unclean_startup_ms = 400; pair =",
		 "unclean_startup_ms: 400 ms is shorter"},
	};
	static const struct edit two[] = {
		{"pair =", "startup_ms = 0; unclean_startup_ms = 0; pair =",
		 "warning: unclean_startup_ms: 0 ms: a starting node"},
	};
	static const struct edit fine[] = {
		{"pair =", "startup_ms = 401; pair =", ""},
		{"pair = \"web\";",
		 "pair = \"web\"; startup_ms = 401; "
		 "unclean_startup_ms = 401;",
		 ""},
	};

	(void)state;
	assert_edits(warnings, COUNT(warnings), 0, 1);
	assert_edits(two, COUNT(two), 0, 2);
	assert_edits(fine, COUNT(fine), 0, 0);
}

static void test_R8_who_waits_for_the_peer_judges_no_silence(void **state)
{
	static const struct edit fine[] = {
		{"fence = { required = true; };",
		 "fence = { on_startup_silence = \"wait\"; }; startup_ms = 0;",
		 ""},
	};

	(void)state;
	assert_edits(fine, COUNT(fine), 0, 0);
}

static void test_R4_a_disagreement_leaves_time_to_hand_over(void **state)
{
	static const struct edit warnings[] = {
		{"required = true", "disagree_ms = 0",
		 "t.conf:15: warning: fence.disagree_ms: 0 ms: three lost "
		 "adverts are enough to act against an owner that lives; 700 "
		 "ms or more"},
		{"required = true", "disagree_ms = 699", "disagree_ms: 699 ms"},
		{"required = true", "disagree_ms = 1000; yield_ms = 801",
		 "1001 ms or more"},
		{"required = true",
		 "disagree_ms = 0; on_disagreement = \"yield\"",
		 "disagree_ms: 0 ms"},
	};
	static const struct edit fine[] = {
		{"required = true", "disagree_ms = 700", ""},
		{"required = true",
		 "disagree_ms = 0; on_disagreement = \"hold\"", ""},
	};

	(void)state;
	assert_edits(warnings, COUNT(warnings), 0, 1);
	assert_edits(fine, COUNT(fine), 0, 0);
}

static void test_I13_no_virtual_address_bends_the_way_to_a_switch(void **state)
{
	static const struct edit warnings[] = {
		{"192.0.2.100/32", "203.0.113.100/24",
		 "t.conf:11: warning: instances[0].addresses[0].ip: "
		 "203.0.113.100/24: the power switch \"pdu\" (203.0.113.20) "
		 "is in that network, and the node that takes the address "
		 "sends to it by eth0 from then on; write /32"},
		/* of several, the first is enough */
		{"{ ip = \"192.0.2.100/32\"; }",
		 "{ ip = \"192.0.2.100/32\"; }, { ip = \"203.0.113.9/28\"; "
		 "}, { ip = \"203.0.113.100/24\"; dev = \"eth7\"; }",
		 "addresses[2].ip: 203.0.113.100/24: the power switch \"pdu\" "
		 "(203.0.113.20) is in that network, and the node that takes "
		 "the address sends to it by eth7"},
		{"203.0.113.20", "127.0.0.1",
		 "t.conf:14: warning: devices[0].host: 127.0.0.1 is the "
		 "machine that asks, another one on each node"},
	};
	static const struct edit fine[] = {
		{"192.0.2.100/32", "203.0.113.100/32", ""},
		{"192.0.2.100/32", "203.0.113.100/27", ""},
	};
	/* the nodes are in it anyway, which is told of the switch */
	static const struct edit known[] = {
		{"host = \"203.0.113.20\"; } );\n",
		 "host = \"192.0.2.20\"; } );\n",
		 "devices[0].host: 192.0.2.20 is in the /24"},
	};

	(void)state;
	assert_edits(warnings, COUNT(warnings), 0, 1);
	assert_edits(fine, COUNT(fine), 0, 0);
	assert_edits(known, COUNT(known), 0, 1);
}

/* The times are summed over what is right. */
static void test_a_wrong_plug_hides_no_short_time(void **state)
{
	static const struct {
		const char *old, *new, *first;
	} edits[] = {
		{"plug = 2", "plug = \"x\"", "nodes[1].fence[0].plug: must be"},
		{"device = \"pdu\"; plug = 2", "device = \"pud\"; plug = 2",
		 "nodes[1].fence[0].device: "},
		{"plug = 2", "plug = 2; level = 99", "nodes[1].fence[0].level"},
		{"vrid = 55", "vrid = 55; advert_ms = 0",
		 "instances[0].advert_ms: 0 ms"},
		{"serial = { }", "serial = { dead_ms = 1; }",
		 "links.serial.dead_ms: 1 ms"},
	};
	const char *const times = "required = true; tie_ms = 1; timeout_ms = 1";

	(void)state;
	for (size_t i = 0; i < COUNT(edits); i++) {
		char *text = edited(edits[i].old, edits[i].new), all[8192];
		char *at = strstr(text, "required = true");
		struct loaded *loaded;

		snprintf(all, sizeof(all), "%.*s%s%s", (int)(at - text), text,
			 times, at + strlen("required = true"));
		loaded = load_text(all);
		if (loaded->report.errors != 3 ||
		    !strstr(loaded->text, edits[i].first) ||
		    !strstr(loaded->text, "fence.tie_ms: 1 ms must be more") ||
		    !strstr(loaded->text, "fence.timeout_ms: 1 ms: level 1"))
			fail_msg("%s: got\n%s", edits[i].new, loaded->text);
		free(loaded);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R8_no_node_judges_before_it_can_have_heard),
		cmocka_unit_test(
			test_R8_who_waits_for_the_peer_judges_no_silence),
		cmocka_unit_test(
			test_R4_a_disagreement_leaves_time_to_hand_over),
		cmocka_unit_test(
			test_I13_no_virtual_address_bends_the_way_to_a_switch),
		cmocka_unit_test(test_a_wrong_plug_hides_no_short_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
