/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may command: by what the kernel says of the other end of a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/base/account.h"

#define GROUP	 64123
#define STRANGER 65534

enum seen { MAY_COMMAND = 10, MAY_NOT, NOT_TOLD };

/* What is seen of a process with that user and these groups. */
static enum seen seen_of(uid_t uid, gid_t gid, gid_t extra, const gid_t *asked)
{
	struct account_peer peer;
	int status, ends[2];
	pid_t pid = fork();

	if (pid == 0) {
		/* its ends are made as a connection is: with what it has then,
		 * and it judges as root would, by a user that is not its own */
		if (setgroups(extra ? 1 : 0, &extra) != 0 ||
		    setresgid(gid, gid, gid) != 0 ||
		    setresuid(uid, uid, 0) != 0 ||
		    socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
		    setresuid((uid_t)-1, 0, (uid_t)-1) != 0 ||
		    !account_peer_of(ends[0], asked, &peer) || peer.uid != uid)
			_exit(NOT_TOLD);
		_exit(peer.may_command ? MAY_COMMAND : MAY_NOT);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (enum seen)WEXITSTATUS(status);
}

static void test_root_and_members_command_and_nobody_else(void **state)
{
	const gid_t group = GROUP;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(seen_of(0, 0, 0, NULL), MAY_COMMAND);
	assert_int_equal(seen_of(STRANGER, STRANGER, 0, &group), MAY_NOT);
	assert_int_equal(seen_of(STRANGER, GROUP, 0, &group), MAY_COMMAND);
	assert_int_equal(seen_of(STRANGER, STRANGER, GROUP, &group),
			 MAY_COMMAND);
	/* a machine without the group: its number says nothing */
	assert_int_equal(seen_of(STRANGER, GROUP, GROUP, NULL), MAY_NOT);
	/* root's group is not root */
	assert_int_equal(seen_of(STRANGER, 0, 0, &group), MAY_NOT);
}

static void test_a_group_is_found_by_its_whole_name(void **state)
{
	gid_t gid = 7;

	(void)state;
	assert_true(account_find_group("root", &gid));
	assert_int_equal(gid, 0);
	assert_false(account_find_group("roo", &gid));
	assert_false(account_find_group("", &gid));
}

static void test_what_an_administrator_gave_away_stays(void **state)
{
	char path[] = "/tmp/twinbeat-account-XXXXXX";
	struct stat seen;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(path));
	assert_int_equal(chmod(path, 0750), 0);
	assert_true(account_give(path, GROUP, ACCOUNT_SAME_MODE));
	assert_int_equal(stat(path, &seen), 0);
	assert_int_equal(seen.st_gid, GROUP);
	assert_int_equal(seen.st_mode & 0777, 0750);
	assert_true(account_give(path, STRANGER, 0777));
	assert_int_equal(stat(path, &seen), 0);
	assert_int_equal(seen.st_gid, GROUP);
	assert_int_equal(seen.st_mode & 0777, 0750);
	/* where all may enter, a group lets nobody in */
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(chmod(path, 01777), 0);
	assert_true(account_give(path, GROUP, ACCOUNT_SAME_MODE));
	assert_int_equal(stat(path, &seen), 0);
	assert_int_equal(seen.st_gid, 0);
	assert_int_equal(rmdir(path), 0);
	assert_false(account_give(path, GROUP, 0660));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root_and_members_command_and_nobody_else),
		cmocka_unit_test(test_a_group_is_found_by_its_whole_name),
		cmocka_unit_test(test_what_an_administrator_gave_away_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
