/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R16: the settings beside a plain VRRP router, and how adverts are signed
 * there. */
#include "settings_text.h"

#define HMAC(more)                                                             \
	"pair = \"web\";\n"                                                    \
	"nodes = (\n"                                                          \
	"  { name = \"lb01\"; priority = 150; address = \"192.0.2.11\"; },\n"  \
	"  { name = \"lb02\"; kind = \"vrrp\"; address = \"192.0.2.12\"; } "   \
	");\n"                                                                 \
	"instances = ( { name = \"VI_1\"; interface = \"eth0\"; vrid = 55;\n"  \
	"  " more "  addresses = ( { ip = \"192.0.2.100/32\"; } ); } );\n"
#define PLAIN HMAC("")

static void test_R16_a_plain_peer_needs_no_links_and_no_fence(void **state)
{
	struct loaded *loaded = load_text(PLAIN);

	(void)state;
	assert_int_equal(loaded->report.errors, 0);
	assert_int_equal(loaded->report.warnings, 1);
	assert_non_null(strstr(loaded->text,
			       "nodes[1].kind: \"vrrp\": its silence is taken "
			       "for death"));
	assert_int_equal(loaded->settings.nodes[1].kind, KIND_VRRP);
	assert_true(settings_has_plain_node(&loaded->settings));
	/* it has not the pair's key */
	assert_false(loaded->settings.instances[0].sign);
	free(loaded);
}

#define KEY1 "{ id = 1; file = \"/k1\"; }"
#define KEY7 "{ id = 7; file = \"/k7\"; }"

static void test_R16_adverts_may_be_signed_beside_a_plain_peer(void **state)
{
	static const struct {
		const char *text, *finding;
	} wrong[] = {
		{HMAC("hmac = { };"), "hmac.keys: is missing"},
		{HMAC("hmac = { keys = ( " KEY1 ", " KEY1 " ); };"),
		 "hmac.keys[1].id: 1 is the id of another key"},
		{HMAC("hmac = { keys = ( { id = 0; file = \"/k\"; } ); };"),
		 "hmac.keys[0].id: 0"},
		{HMAC("hmac = { keys = ( " KEY1 " ); active = 7; };"),
		 "hmac.active: 7 is the id of none of the keys"},
		{HMAC("hmac = { keys = ( " KEY1 " ); mode = \"off\"; };"),
		 "hmac.mode: \"off\""},
		{HMAC("hmac = { keys = ( " KEY1 " ); window_s = 301; };"),
		 "hmac.window_s: 301 s is out of range"},
		{HMAC("hmac = { keys = ( { id = 1; file = \"/a\"; }, "
		      "{ id = 2; file = \"/b\"; }, { id = 3; file = \"/c\"; "
		      "}, { id = 4; file = \"/d\"; }, { id = 5; file = "
		      "\"/e\"; } ); };"),
		 "hmac.keys: 5 keys; an instance has at most 4"},
		{HMAC("hmac = { keys = ( " KEY1 " ); }; version = 2; "
		      "auth_pass = \"1111\";"),
		 "hmac: is there, and auth_pass too"},
	};
	struct loaded *loaded =
		load_text(HMAC("hmac = { keys = ( " KEY1 ", " KEY7
			       " ); active = 7; mode = \"permissive\"; };"));
	const struct settings_instance *instance =
		&loaded->settings.instances[0];

	(void)state;
	assert_int_equal(loaded->report.errors, 0);
	assert_non_null(strstr(
		loaded->text, "hmac.mode: \"permissive\": unsigned adverts are "
			      "believed"));
	assert_true(instance->hmac.configured);
	assert_false(instance->sign); /* with the pair's key: not that */
	assert_int_equal(instance->hmac.key_count, 2);
	assert_int_equal(instance->hmac.mode, HMAC_PERMISSIVE);
	assert_int_equal(settings_hmac_window_s(instance), 5);
	assert_string_equal(loaded->settings.hmac_keys[1].file, "/k7");
	free(loaded);
	for (unsigned i = 0; i < COUNT(wrong); i++) {
		loaded = load_text(wrong[i].text);
		if (strstr(loaded->text, wrong[i].finding) == NULL)
			fail_msg("wanted \"%s\", got \"%s\"", wrong[i].finding,
				 loaded->text);
		assert_int_not_equal(loaded->report.errors, 0);
		free(loaded);
	}
	/* two twinbeat nodes have the key of the pair */
	loaded = load_edited("vrid = 55",
			     "vrid = 55; hmac = { keys = ( " KEY1 " ); }");
	assert_non_null(strstr(loaded->text, "hmac: is for a plain VRRP router "
					     "(nodes[].kind)"));
	free(loaded);
}

static void test_R16_who_may_be_plain(void **state)
{
	struct loaded *loaded = load_text_as(PLAIN, "lb02");
	struct loaded *both;

	(void)state;
	assert_non_null(strstr(loaded->text,
			       "nodes[1].kind: \"vrrp\", and this machine is "
			       "\"lb02\": twinbeatd runs on \"lb01\" alone"));
	free(loaded);
	both = load_edited("priority = 150", "kind = \"vrrp\"; priority = 150");
	assert_non_null(strstr(both->text, "and this machine is \"lb01\""));
	free(both);
	both = load_text("pair = \"web\"; nodes = ( { name = \"lb01\"; kind = "
			 "\"vrrp\"; address = \"192.0.2.11\"; }, { name = "
			 "\"lb02\"; kind = \"vrrp\"; address = "
			 "\"192.0.2.12\"; } ); instances = ( { name = "
			 "\"VI_1\"; interface = \"eth0\"; vrid = 55; addresses "
			 "= ( { ip = \"192.0.2.100\"; } ); } );");
	assert_non_null(
		strstr(both->text, "both nodes are plain VRRP routers"));
	free(both);
	both = load_text("pair = \"web\"; nodes = ( { name = \"lb01\"; address "
			 "= \"192.0.2.11\"; }, { name = \"lb02\"; kind = "
			 "\"vrrp\"; address = \"192.0.2.12\"; } ); instances = "
			 "( { name = \"VI_1\"; interface = \"eth0\"; vrid = "
			 "55; sign = true; addresses = ( { ip = "
			 "\"192.0.2.100\"; } ); } );");
	assert_non_null(strstr(both->text,
			       "instances[0].sign: true, but the other node is "
			       "a plain VRRP router"));
	free(both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_R16_a_plain_peer_needs_no_links_and_no_fence),
		cmocka_unit_test(
			test_R16_adverts_may_be_signed_beside_a_plain_peer),
		cmocka_unit_test(test_R16_who_may_be_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
