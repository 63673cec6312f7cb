/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The history: what is told of a gap is a line like any other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "../../src/runner/journal.h"
#include "../../src/runner/runner.h"

/* What the runner has for its parts. */
void runner_log(int priority, const char *format, ...)
{
	(void)priority;
	(void)format;
}

/* The reason of the only line that is written. */
static void check_told(const char *reason, const char *expected)
{
	char folder[] = "/tmp/journal.XXXXXX", state[64], path[64];
	struct journal journal = {.state_path = state, .fd = -1};
	json_t *line;

	assert_non_null(mkdtemp(folder));
	snprintf(state, sizeof(state), "%s/state", folder);
	snprintf(path, sizeof(path), "%s/journal", folder);
	journal_tell(&journal, reason);
	line = json_load_file(path, 0, NULL);
	assert_non_null(line);
	assert_string_equal(json_string_value(json_object_get(line, "reason")),
			    expected);
	json_decref(line);
	close(journal.fd);
	unlink(path);
	rmdir(folder);
}

static void a_gap_is_told_in_json(void **state)
{
	(void)state;
	check_told("3 lines", "3 lines");
	check_told("notify: of /bin/sh -c \"a\\b\" are lost",
		   "notify: of /bin/sh -c \"a\\b\" are lost");
	check_told("a\nb", "a?b");
}

static void the_longest_command_is_a_line(void **state)
{
	char reason[SETTINGS_COMMAND_MAX + 120];

	(void)state;
	memset(reason, 'x', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	check_told(reason, reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gap_is_told_in_json),
		cmocka_unit_test(the_longest_command_is_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
