/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Becoming who the daemon is, of a name service that fails now and then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/base/become.h"

#define USER   1234
#define FOLDER 1235
#define OWN    1236
#define PORTS  20

/* ---- a machine, and its name service ---- */

static struct {
	int user_error, group_error;
	bool has_user, has_group;
} service;

/* what a child did, for the test to see */
static struct {
	int result, error, count;
	gid_t groups[8];
} * done;

uid_t geteuid(void)
{
	return 0;
}

int stat(const char *path, struct stat *st)
{
	(void)path;
	*st = (struct stat){.st_uid = USER, .st_gid = FOLDER};
	return 0;
}

int setgroups(size_t count, const gid_t *groups)
{
	done->count = (int)count;
	for (size_t i = 0; i < count && i < 8; i++)
		done->groups[i] = groups[i];
	return 0;
}

int setresgid(gid_t a, gid_t b, gid_t c)
{
	(void)a;
	(void)b;
	(void)c;
	return 0;
}

int setresuid(uid_t a, uid_t b, uid_t c)
{
	(void)a;
	(void)b;
	(void)c;
	return 0;
}

int getgrouplist(const char *name, gid_t first, gid_t *groups, int *count)
{
	(void)name;
	groups[0] = first;
	return *count = 1;
}

int getpwuid_r(uid_t uid, struct passwd *user, char *room, size_t size,
	       struct passwd **found)
{
	(void)uid;
	*found = NULL;
	if (service.user_error != 0 || !service.has_user)
		return service.user_error;
	assert_true(size > 2);
	strcpy(room, "u");
	*user = (struct passwd){.pw_name = room, .pw_gid = OWN};
	*found = user;
	return 0;
}

int getgrnam_r(const char *name, struct group *group, char *room, size_t size,
	       struct group **found)
{
	(void)name;
	(void)room;
	(void)size;
	*found = NULL;
	if (service.group_error != 0 || !service.has_group)
		return service.group_error;
	*group = (struct group){.gr_gid = PORTS};
	*found = group;
	return 0;
}

/* ---- */

static void become(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		errno = 0;
		done->result = become_daemon();
		done->error = errno;
		_exit(0);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void begin(bool has_user, bool has_group)
{
	memset(&service, 0, sizeof(service));
	memset(done, 0, sizeof(*done));
	service.has_user = has_user;
	service.has_group = has_group;
	assert_int_equal(become_choose("/"), USER);
}

static void its_groups_and_that_of_the_ports(void **state)
{
	(void)state;
	begin(true, true);
	become();
	assert_int_equal(done->result, 0);
	assert_int_equal(done->count, 2);
	assert_int_equal(done->groups[0], OWN);
	assert_int_equal(done->groups[1], PORTS);
}

/* A number that has no account, a machine that has no such group. */
static void what_is_not_there_is_done_without(void **state)
{
	(void)state;
	begin(false, true);
	become();
	assert_int_equal(done->result, 0);
	assert_int_equal(done->count, 2);
	assert_int_equal(done->groups[0], FOLDER);
	begin(true, false);
	service.group_error = ENOENT;
	become();
	assert_int_equal(done->result, 0);
	assert_int_equal(done->count, 1);
}

static void what_cannot_be_looked_up_is_an_error(void **state)
{
	(void)state;
	begin(true, true);
	service.user_error = EIO;
	become();
	assert_int_equal(done->result, -1);
	assert_int_equal(done->error, EIO);
	begin(true, true);
	service.group_error = ENFILE;
	become();
	assert_int_equal(done->result, -1);
	assert_int_equal(done->error, ENFILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_groups_and_that_of_the_ports),
		cmocka_unit_test(what_is_not_there_is_done_without),
		cmocka_unit_test(what_cannot_be_looked_up_is_an_error),
	};

	done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (done == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
