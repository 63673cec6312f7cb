/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-way links over Ethernet: what is read of them, what is refused. */
#include "settings_text.h"

#include <unistd.h>

#include "../../src/link/link.h"
#include "../../src/settings/links.h"

#define UDP(rest)                                                              \
	"serial = { }; udp = ( { name = \"direct\"; interface = \"eth9\"; "    \
	"addresses = ( \"198.51.100.1\", \"198.51.100.2\" ); " rest " } )"
#define UDP_AT(addresses)                                                      \
	"serial = { }; udp = ( { name = \"direct\"; interface = \"eth9\"; "    \
	"addresses = " addresses "; } )"
#define ON(interface, name, port, ip)                                          \
	"{ name = \"" name "\"; interface = \"" interface "\"; port = " port   \
	"; addresses = ( \"" ip ".1\", \"" ip ".2\" ); }"

static void test_a_udp_link_is_read(void **state)
{
	struct loaded *loaded = load_edited("serial = { }", UDP(""));
	const struct settings_link *link = &loaded->settings.links[1];

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(settings_count_links(&loaded->settings, "udp"), 1);
	assert_true(link->configured);
	assert_string_equal(link->type, "udp");
	assert_string_equal(link->name, "direct");
	assert_string_equal(link->interface, "eth9");
	assert_int_equal(link->port, 1694);
	assert_int_equal(link->interval_us, 100000);
	assert_int_equal(link->dead_ms, 400);
	assert_int_equal(ip_to_v4(&link->addresses[0]), 0xc6336401);
	assert_int_equal(ip_to_v4(&link->addresses[1]), 0xc6336402);
	assert_false(loaded->settings.links[2].configured);
	free(loaded);
}

static void test_an_interval_may_be_a_decimal(void **state)
{
	struct loaded *loaded = load_edited(
		"serial = { }", UDP("interval_ms = 3.3; dead_ms = 30;"));

	(void)state;
	assert_string_equal(loaded->text, "");
	assert_int_equal(loaded->settings.links[1].interval_us, 3300);
	free(loaded);
	loaded = load_edited("serial = { }",
			     "serial = { interval_ms = 7.5; dead_ms = 30; }");
	assert_string_equal(loaded->text, "");
	assert_int_equal(loaded->settings.links[0].interval_us, 7500);
	free(loaded);
}

static void test_what_is_wrong_with_a_udp_link(void **state)
{
	static const struct edit errors[] = {
		{"serial = { }",
		 "serial = { }; udp = ( { name = \"d\"; "
		 "interface = \"eth9\"; } )",
		 "links.udp[0].addresses: is missing"},
		{"serial = { }", UDP("interval_ms = 3.2;"),
		 "links.udp[0].interval_ms: 3.2 ms is out of range, 3.3 to "
		 "3600000 ms is allowed"},
		{"serial = { }", UDP("interval_ms = 100; dead_ms = 200;"),
		 "links.udp[0].dead_ms: 200 ms: must be more than twice"},
		{"serial = { }", UDP("interval_ms = \"fast\";"),
		 "links.udp[0].interval_ms: is a string, but must be a number"},
		{"serial = { }", UDP("port = 0;"), "links.udp[0].port: 0 is"},
		{"serial = { }", UDP_AT("( \"198.51.100.1\" )"),
		 "links.udp[0].addresses: must be two"},
		{"serial = { }",
		 UDP_AT("( \"198.51.100.1\", \"198.51.100.1\" )"),
		 "198.51.100.1 stands here twice"},
		{"serial = { }", UDP_AT("( \"192.0.2.12\", \"192.0.2.11\" )"),
		 "are they swapped?"},
		{"serial = { }",
		 UDP_AT("( \"198.51.100.1\", \"192.0.2.100\" )"),
		 "links.udp[0].addresses: 192.0.2.100 is a virtual address"},
		{"serial = { }",
		 "serial = { }; udp = ( " ON(
			 "eth8", "a", "1",
			 "198.51.100") ", " ON("eth8", "b", "1",
					       "203.0.113") " )",
		 "links.udp[1].port: links.udp[0] has port 1 of eth8 already"},
		{"serial = { }",
		 "serial = { }; udp = ( " ON(
			 "eth8", "a", "1",
			 "198.51.100") ", " ON("eth9", "a", "1",
					       "203.0.113") " )",
		 "links.udp[1].name: links.udp[0] is called \"a\" too"},
		{"serial = { }",
		 "serial = { }; udp = ( " ON("lo", "a", "1", "198.51.100") " )",
		 "links.udp[0].interface: the loopback"},
	};
	static const struct edit warnings[] = {
		{"serial = { }",
		 "serial = { }; udp = ( " ON("eth0", "a", "1",
					     "198.51.100") " )",
		 "links.udp[0].interface: eth0 carries the adverts of"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++)
		if (strstr(errors[i].finding, "swapped") == NULL)
			assert_edits(&errors[i], 1, 1, 0);
	/* each of the two is in the other's place */
	assert_edits(&errors[7], 1, 2, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
}

static void test_R5_who_defends_must_know_that_the_other_waits(void **state)
{
	static const struct edit without[] = {
		{"required = true", "defend = true; delay_ms = 5000",
		 "fence.defend: true needs a udp link on the interface"},
	};
	static const struct edit short_delay[] = {
		{"required = true", "defend = true; delay_ms = 3200",
		 "fence.delay_ms: 3200 ms must be more than tie_ms (3000 ms) "
		 "and 200 ms"},
	};

	(void)state;
	assert_edits(without, 1, 1, 0);
	assert_edits(short_delay, 1, 2, 0);
}

static void test_R18_hurry_leaves_time_for_an_answer(void **state)
{
	static const struct edit errors[] = {
		{"serial = { };", "serial = { }; hurry_ms = 23;",
		 "links.hurry_ms: 23 ms: a peer that lives could not answer "
		 "within it: at least 24 ms"},
		{"serial = { };",
		 "serial = { baud = 9600; interval_ms = 200; dead_ms = 800; }; "
		 "hurry_ms = 150;",
		 "at least 177 ms"},
	};
	static const struct edit warnings[] = {
		{"serial = { };", "serial = { }; hurry_ms = 24;",
		 "links.hurry_ms: there is one two-way link"},
	};
	/* R5: one node in a hurry, the other by the dead time */
	static const struct edit spread[] = {
		{"serial = { };",
		 "serial = { dead_ms = 1100; }; hurry_ms = 50;",
		 "fence.tie_ms: 3000 ms must be more than 3100 ms: the dead "
		 "times lie 1050 ms apart (50 to 1100 ms)"},
	};

	(void)state;
	assert_edits(errors, COUNT(errors), 1, 0);
	assert_edits(warnings, COUNT(warnings), 0, 1);
	assert_edits(spread, 1, 1, 1);
}

#define SERIAL "serial = { }; "
#define FIRST                                                                  \
	"{ name = \"one\"; interface = \"eth8\"; addresses = ( "               \
	"\"198.51.100.1\", \"198.51.100.2\" ); }"
#define SECOND                                                                 \
	"{ name = \"two\"; interface = \"eth9\"; addresses = ( "               \
	"\"203.0.113.1\", \"203.0.113.2\" ); }"

/* Whatever stands in a file, and in which order: each link is found by its
 * type, once, and who maps the settings accepts them. */
static const struct {
	const char *links;
	unsigned serial, udp;
} orders[] = {
	{SERIAL, 1, 0},
	{"udp = ( " FIRST " );", 0, 1},
	{"udp = ( " FIRST ", " SECOND " );", 0, 2},
	{SERIAL "udp = ( " FIRST " );", 1, 1},
	{"udp = ( " FIRST " ); " SERIAL, 1, 1},
	{SERIAL "udp = ( " FIRST ", " SECOND " );", 1, 2},
	{"udp = ( " SECOND ", " FIRST " ); " SERIAL, 1, 2},
	{SERIAL "udp = ( );", 1, 0},
};

static struct loaded *load_order(size_t i)
{
	char *text = edited("serial = { };", orders[i].links);
	struct loaded *loaded;

	/* without the cable no node names its end of it */
	for (char *at = text;
	     orders[i].serial == 0 && (at = strstr(at, "serial = \"")) != NULL;)
		memset(at, ' ', (size_t)(strchr(at, ';') + 1 - at));
	loaded = load_text(text);
	if (loaded->report.errors > 0)
		fail_msg("%s: %s", orders[i].links, loaded->text);
	free(text);
	return loaded;
}

static void test_a_link_is_found_by_its_type_in_every_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct loaded *loaded = load_order(i);
		const struct settings_link *link = NULL;
		const struct settings *mapped;
		int fd = settings_seal(&loaded->settings);

		mapped = settings_map(fd);
		assert_non_null(mapped);
		assert_int_equal(settings_count_links(mapped, "serial"),
				 orders[i].serial);
		assert_int_equal(settings_count_links(mapped, "udp"),
				 orders[i].udp);
		assert_int_equal(settings_count_links(mapped, NULL),
				 orders[i].serial + orders[i].udp);
		assert_int_equal(settings_count_links(mapped, "none"), 0);
		while ((link = settings_next_link(mapped, NULL, link)) != NULL)
			assert_true(link->configured && link->name[0] != '\0');
		settings_unmap(mapped);
		close(fd);
		free(loaded);
	}
}

/* R15: the two nodes may write the groups in any order. */
static void test_R15_the_order_of_the_kinds_changes_no_digest(void **state)
{
	struct loaded *a = load_order(3), *b = load_order(4);
	struct loaded *c = load_order(5), *d = load_order(6);

	(void)state;
	assert_int_equal(a->settings.digest, b->settings.digest);
	/* that of the links of one kind does: a statement names them by it */
	assert_int_not_equal(c->settings.digest, d->settings.digest);
	free(a);
	free(b);
	free(c);
	free(d);
}

/* A link may come, go and change its place while the daemon runs. */
static void
test_a_reload_takes_links_from_every_order_to_every_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++)
		for (size_t k = 0; k < COUNT(orders); k++) {
			struct loaded *old = load_order(i),
				      *new = load_order(k);

			assert_int_equal(settings_check_change(&old->settings,
							       &new->settings,
							       &new->report),
					 0);
			free(old);
			free(new);
		}
}

/* The links' own table has each kind that the settings know. */
static void test_every_kind_of_the_settings_can_be_opened(void **state)
{
	const struct settings_link_kind *kind = settings_link_kinds;

	(void)state;
	for (; kind->type != NULL; kind++) {
		const struct link_kind *found = link_kind_find(kind->type);

		if (found == NULL || found->create == NULL)
			fail_msg("%s: no row in link/kinds.c", kind->type);
		assert_ptr_equal(settings_link_kind(kind->type), kind);
		assert_true(strlen(kind->type) <
			    sizeof(((struct settings_link *)0)->type));
	}
	assert_null(settings_link_kind("none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_udp_link_is_read),
		cmocka_unit_test(test_an_interval_may_be_a_decimal),
		cmocka_unit_test(test_what_is_wrong_with_a_udp_link),
		cmocka_unit_test(
			test_R5_who_defends_must_know_that_the_other_waits),
		cmocka_unit_test(test_R18_hurry_leaves_time_for_an_answer),
		cmocka_unit_test(
			test_a_link_is_found_by_its_type_in_every_order),
		cmocka_unit_test(
			test_R15_the_order_of_the_kinds_changes_no_digest),
		cmocka_unit_test(
			test_a_reload_takes_links_from_every_order_to_every_other),
		cmocka_unit_test(test_every_kind_of_the_settings_can_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
