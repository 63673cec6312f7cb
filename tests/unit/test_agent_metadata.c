/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a fence agent says of its options, right and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/agent/agent_metadata.h"

#define XML                                                                    \
	"<?xml version=\"1.0\" ?>\n<resource-agent name=\"fence_x\">\n"        \
	"<parameters>\n"                                                       \
	"\t<parameter name=\"action\" unique=\"0\" required=\"1\">\n"          \
	"\t\t<content type=\"string\" default=\"reboot\"  "                    \
	"/>\n\t</parameter>\n"                                                 \
	"\t<parameter name=\"lanplus\" unique=\"0\" required=\"0\">\n"         \
	"\t\t<content type=\"boolean\" default=\"0\"  />\n\t</parameter>\n"    \
	"\t<parameter name=\"plug\" unique=\"0\" required=\"1\" "              \
	"obsoletes=\"port\">\n\t\t<content type=\"string\"  />\n"              \
	"\t</parameter>\n"                                                     \
	"\t<parameter name=\"snmp_version\" unique=\"0\" required=\"0\">\n"    \
	"\t\t<content type=\"select\"  >\n\t\t\t<option value=\"1\"  />\n"     \
	"\t\t</content>\n\t</parameter>\n</parameters>\n</resource-agent>\n"

static bool count(const struct agent_parameter *parameter, void *arg)
{
	assert_true(parameter->name[0] != '\0');
	++*(unsigned *)arg;
	return true;
}

static void test_C06_options_are_found(void **state)
{
	struct agent_parameter found;
	unsigned seen = 0;

	(void)state;
	assert_int_equal(agent_metadata_each(XML, count, &seen), 4);
	assert_int_equal(seen, 4);
	assert_true(agent_metadata_find(XML, "plug", &found));
	assert_true(found.required && !found.boolean);
	assert_true(agent_metadata_find(XML, "lanplus", &found));
	assert_true(found.boolean && !found.required);
	/* in a long name a - is a _ */
	assert_true(agent_metadata_find(XML, "snmp-version", &found));
	assert_false(agent_metadata_find(XML, "snmp", &found));
	assert_false(agent_metadata_find(XML, "snmp_versions", &found));
	assert_false(agent_metadata_find(XML, "", &found));
}

/* A cut at any place, or nonsense: what is not whole is not there. */
static void test_C06_metadata_may_be_anything(void **state)
{
	static const char *const texts[] = {
		"",
		"<parameter ",
		"<parameter name=\"x",
		"<parameter name=\"\" ><content type=\"boolean\"/></parameter>",
		"<parameter ></parameter>",
		"</parameter><parameter name=\"x\"",
		"Traceback (most recent call last):",
	};
	char cut[sizeof(XML)];
	struct agent_parameter found;

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(agent_metadata_find(texts[i], "x", &found));
	for (size_t size = 0; size < sizeof(XML); size++) {
		unsigned seen = 0;

		memcpy(cut, XML, size);
		cut[size] = '\0';
		assert_true(agent_metadata_each(cut, count, &seen) <= 4);
	}
}

static void test_C06_words_for_true_and_false(void **state)
{
	static const char *const right[] = {"1",  "0",	 "yes",	 "NO",
					    "on", "Off", "True", "false"};
	static const char *const wrong[] = {"y", "n", "", "2", "enable", "t"};

	(void)state;
	for (unsigned i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_true(agent_metadata_is_boolean(right[i]));
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(agent_metadata_is_boolean(wrong[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_C06_options_are_found),
		cmocka_unit_test(test_C06_metadata_may_be_anything),
		cmocka_unit_test(test_C06_words_for_true_and_false),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
