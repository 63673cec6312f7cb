/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "account.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP_FILE "/etc/group"
/* Who is in more groups than this is asked by the first of them only. */
#define GROUPS_MAX 256

bool account_find_group(const char *name, gid_t *gid)
{
	FILE *file = fopen(GROUP_FILE, "re");
	const struct group *group;
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && (group = fgetgrent(file)) != NULL)
		if (strcmp(group->gr_name, name) == 0) {
			*gid = group->gr_gid;
			found = true;
		}
	fclose(file);
	return found;
}

bool account_is_unknown(int error)
{
	return error == ENOENT || error == ESRCH || error == EBADF ||
	       error == EPERM;
}

void account_name(uid_t uid, char *name, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	const struct passwd *user;

	snprintf(name, size, "%u", (unsigned)uid);
	if (file == NULL)
		return;
	while ((user = fgetpwent(file)) != NULL)
		if (user->pw_uid == uid) {
			snprintf(name, size, "%s", user->pw_name);
			break;
		}
	fclose(file);
}

void account_tell_cure(const char *path, char *text, size_t size)
{
	char folder[PATH_MAX], user[64];

	account_name(geteuid(), user, sizeof(user));
	snprintf(folder, sizeof(folder), "%s", path);
	/* the first on the way that is closed */
	for (char *at = strchr(folder + 1, '/'); at != NULL;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		if (eaccess(folder, X_OK) < 0 && errno == EACCES) {
			snprintf(text, size,
				 "to user %s, by its folder: say it as root; "
				 "where twinbeatd runs as that user, let the "
				 "group " ACCOUNT_GROUP
				 " in: chgrp " ACCOUNT_GROUP
				 " %s && chmod g+rx %s",
				 user, folder, folder);
			return;
		}
		*at = '/';
	}
	snprintf(text, size,
		 "to user %s: say it as root; where twinbeatd runs as that "
		 "user, let the group " ACCOUNT_GROUP
		 " read it: chgrp " ACCOUNT_GROUP " %s && chmod 640 %s",
		 user, path, path);
}

/* What the peer had when it connected, not what /etc/group says of its user. */
static bool is_member(int fd, gid_t group, gid_t first)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (first == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

bool account_peer_of(int fd, const gid_t *group, struct account_peer *peer)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0)
		return false;
	peer->pid = who.pid;
	peer->uid = who.uid;
	/* our own user is no answer where there is a group: scripts and the
	 * exporter may be that user's, too */
	peer->may_command =
		who.uid == 0 || (group != NULL ? is_member(fd, *group, who.gid)
					       : who.uid == geteuid());
	return true;
}

bool account_give(const char *path, gid_t group, mode_t mode)
{
	struct stat file;

	if (lstat(path, &file) < 0)
		return false;
	if (S_ISLNK(file.st_mode)) {
		errno = ELOOP;
		return false;
	}
	/* an administrator has decided; where all may enter, a group is none */
	if (file.st_uid != geteuid() ||
	    (file.st_gid != getegid() && file.st_gid != group) ||
	    (mode == ACCOUNT_SAME_MODE && (file.st_mode & 0001) != 0))
		return true;
	/* the group first: nobody else's gets in for a moment */
	if (file.st_gid != group && lchown(path, (uid_t)-1, group) < 0)
		return false;
	return mode == ACCOUNT_SAME_MODE ||
	       fchmodat(AT_FDCWD, path, mode, 0) == 0;
}
