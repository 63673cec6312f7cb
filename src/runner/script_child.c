/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "script_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/account.h"
#include "../base/words.h"

#define GROUPS_MAX 256
#define NO_GROUP   65534 /* nogroup */

static void __attribute__((noreturn)) give_up(const char *what)
{
	dprintf(STDERR_FILENO, SCRIPT_CANNOT_TEXT "%s\n", what);
	_exit(SCRIPT_CANNOT);
}

static void __attribute__((noreturn)) give_up_at(const char *what)
{
	char text[400];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
	give_up(text);
}

/* Signals as any program has them, its output, and no other descriptor. */
static void leave_the_parent(int output)
{
	sigset_t none;
	int null_fd;

	setsid();
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null_fd = open("/dev/null", O_RDONLY);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)
		_exit(126);
	syscall(SYS_close_range, 3, ~0u, 0);
}

/* Who reads it knows which script it is. */
static const char *without_name(const char *error, const char *command)
{
	size_t length = strcspn(command, " \t");

	if (strncmp(error, command, length) != 0)
		return error;
	error += length;
	if (strncmp(error, ": ", 2) == 0)
		return error + 2;
	return error[0] == ' ' ? error + 1 : error - length;
}

/*
 * A check commands nothing, also where its user is of the group that may: that
 * of the account, whose own group it is, is what scripts run as by default.
 */
static int leave_group(void)
{
	gid_t groups[GROUPS_MAX], group;
	int count = getgroups(GROUPS_MAX, groups), kept = 0;

	if (!account_find_group(ACCOUNT_GROUP, &group))
		return 0;
	/* more than there is room for: none of them */
	for (int i = 0; i < count; i++)
		if (groups[i] != group)
			groups[kept++] = groups[i];
	if (setgroups((size_t)kept, groups) < 0)
		return -1;
	return getgid() == group ? setresgid(NO_GROUP, NO_GROUP, NO_GROUP) : 0;
}

static void become_user(const struct passwd *user)
{
	if (geteuid() == 0) {
		if (initgroups(user->pw_name, user->pw_gid) < 0 ||
		    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
		    leave_group() < 0 ||
		    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
			give_up_at(user->pw_name);
	} else if (geteuid() != user->pw_uid) {
		errno = EPERM;
		give_up_at(user->pw_name);
	}
}

void script_become(const struct settings *settings,
		   const struct settings_script *script, int output)
{
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		      "/sbin:/bin";
	char node[SETTINGS_NAME_MAX + 16], error[400];
	char *environment[] = {path, node, NULL};
	const struct passwd *user;
	struct words words;

	leave_the_parent(output);
	/* by whoever could change what we run as; before it is anybody else */
	if (settings_look_at_script(settings, script, error, sizeof(error)) !=
		    0 ||
	    !words_split(script->command, &words))
		give_up(without_name(error, script->command));
	snprintf(node, sizeof(node), "TWINBEAT_NODE=%s",
		 settings->nodes[settings->self].name);
	user = settings_script_user(settings, script);
	if (user == NULL)
		give_up(errno ? strerror(errno) : "its user is gone");
	become_user(user);
	if (chdir("/") < 0)
		give_up_at("/");
	umask(022);
	/* after the user has changed, which ends this wish */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execve(words.at[0], words.at, environment);
	give_up(strerror(errno));
}
