/* SPDX-License-Identifier: GPL-3.0-or-later */
/* R3: who runs a script, of a name service that fails now and then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/settings/settings.h"

/* ---- a name service ---- */

static struct {
	const char *known;   /* one name; "nobody" is always */
	const char *failing; /* of this one it says error */
	int error;
} service;

int getpwnam_r(const char *name, struct passwd *user, char *room, size_t size,
	       struct passwd **found)
{
	*found = NULL;
	if (strcmp(name, service.failing) == 0)
		return service.error;
	if (strcmp(name, service.known) != 0 && strcmp(name, "nobody") != 0)
		return 0;
	assert_true(size > strlen(name));
	strcpy(room, name);
	*user = (struct passwd){.pw_name = room};
	*found = user;
	return 0;
}

/* ---- */

static struct settings settings;
static struct settings_script script;

static void begin(const char *known, const char *failing, int error)
{
	service.known = known;
	service.failing = failing;
	service.error = error;
	memset(&settings, 0, sizeof(settings));
	memset(&script, 0, sizeof(script));
	strcpy(settings.user, "twinbeat");
	strcpy(script.command, "/bin/true");
}

static void check_user(const char *expected)
{
	const struct passwd *user = settings_script_user(&settings, &script);

	if (expected == NULL) {
		assert_null(user);
		return;
	}
	assert_non_null(user);
	assert_string_equal(user->pw_name, expected);
}

static void check_told(const char *expected)
{
	char error[300] = "";

	assert_int_equal(settings_look_at_script(&settings, &script, error,
						 sizeof(error)),
			 1);
	assert_string_equal(error, expected);
}

static void the_account_or_nobody(void **state)
{
	(void)state;
	begin("twinbeat", "", 0);
	check_user("twinbeat");
	begin("", "", 0);
	check_user("nobody");
	/* so a service says as well that there is none */
	begin("", "twinbeat", ENOENT);
	check_user("nobody");
	settings.user[0] = '\0';
	check_user("nobody");
}

static void its_own_user_or_none(void **state)
{
	(void)state;
	begin("alice", "", 0);
	strcpy(script.user, "alice");
	check_user("alice");
	begin("twinbeat", "", 0);
	strcpy(script.user, "alice");
	check_user(NULL);
	check_told("there is no user \"alice\" to run /bin/true");
}

static void one_that_cannot_be_looked_up_is_not_another(void **state)
{
	const int errors[] = {EIO, EMFILE, ENFILE, ENOMEM, EAGAIN};

	(void)state;
	for (unsigned i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		char expected[200];

		begin("twinbeat", "twinbeat", errors[i]);
		check_user(NULL);
		snprintf(expected, sizeof(expected),
			 "the user who runs /bin/true cannot be looked up: %s",
			 strerror(errors[i]));
		check_told(expected);
	}
	begin("alice", "alice", EIO);
	strcpy(script.user, "alice");
	check_user(NULL);
	check_told("the user who runs /bin/true cannot be looked up: "
		   "Input/output error");
	begin("", "nobody", EIO);
	check_user(NULL);
	check_told("the user who runs /bin/true cannot be looked up: "
		   "Input/output error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_account_or_nobody),
		cmocka_unit_test(its_own_user_or_none),
		cmocka_unit_test(one_that_cannot_be_looked_up_is_not_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
