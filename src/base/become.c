/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "become.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "account.h"

#define GROUPS_MAX 256
#define ROOM	   16384 /* for what is known of one, as of a group's members */

/* AmbientCapabilities= and SupplementaryGroups= of twinbeat.service */
static const unsigned kept[] = {CAP_NET_ADMIN, CAP_NET_RAW,
				CAP_NET_BIND_SERVICE};
#define KEPT	    (sizeof(kept) / sizeof(kept[0]))
#define PORTS_GROUP "dialout"

static struct {
	bool is_chosen;
	uid_t uid;
	gid_t gid; /* of a user without an account */
} daemon_;

uid_t become_choose(const char *state_dir)
{
	struct stat folder;

	daemon_.is_chosen = geteuid() == 0 && stat(state_dir, &folder) == 0 &&
			    folder.st_uid != 0;
	if (!daemon_.is_chosen)
		return (uid_t)-1;
	daemon_.uid = folder.st_uid;
	daemon_.gid = folder.st_gid;
	return daemon_.uid;
}

/* 0, found NULL: there is no such one; -1: nobody knows (errno). */
static int judge(int error)
{
	errno = error;
	return error == 0 || account_is_unknown(error) ? 0 : -1;
}

/* Without a group that only could not be looked up, a port would seem closed to
 * the daemon that is not. */
static int become_groups(void)
{
	char user_room[ROOM], ports_room[ROOM];
	struct passwd user_entry, *user = NULL;
	struct group ports_entry, *ports = NULL;
	gid_t groups[GROUPS_MAX], first;
	int count = GROUPS_MAX - 1;

	if (judge(getpwuid_r(daemon_.uid, &user_entry, user_room,
			     sizeof(user_room), &user)) < 0 ||
	    judge(getgrnam_r(PORTS_GROUP, &ports_entry, ports_room,
			     sizeof(ports_room), &ports)) < 0)
		return -1;
	first = user ? user->pw_gid : daemon_.gid;
	if (user == NULL ||
	    getgrouplist(user->pw_name, first, groups, &count) < 0) {
		groups[0] = first;
		count = 1;
	}
	if (ports != NULL)
		groups[count++] = ports->gr_gid;
	return setgroups((size_t)count, groups) < 0 ||
			       setresgid(first, first, first) < 0
		       ? -1
		       : 0;
}

/* Those of the unit that we have: less where a container gives less. */
static int keep_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	unsigned mask = 0;

	if (syscall(SYS_capget, &header, data) != 0)
		return -1;
	for (unsigned i = 0; i < KEPT; i++)
		mask |= data[0].permitted & 1u << kept[i];
	data[0].effective = data[0].permitted = data[0].inheritable = mask;
	data[1] = (struct __user_cap_data_struct){.effective = 0};
	if (syscall(SYS_capset, &header, data) != 0)
		return -1;
	for (unsigned i = 0; i < KEPT; i++)
		if (mask & 1u << kept[i])
			(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE,
				    kept[i], 0, 0);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int become_daemon(void)
{
	if (!daemon_.is_chosen)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || become_groups() < 0 ||
	    setresuid(daemon_.uid, daemon_.uid, daemon_.uid) < 0)
		return -1;
	return keep_capabilities();
}

uid_t become_uid(void)
{
	return daemon_.is_chosen ? daemon_.uid : geteuid();
}

bool become_may(const char *path, int how)
{
	int status = 0;
	pid_t pid;

	if (!daemon_.is_chosen)
		return eaccess(path, how) == 0;
	pid = fork();
	if (pid == 0)
		_exit(become_daemon() == 0 && access(path, how) != 0);
	/* what cannot be asked is not called closed */
	return pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
	       WEXITSTATUS(status) == 0;
}
