/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H
/*
 * The account that the installation makes, and who may command a daemon. Read
 * from /etc/group and /etc/passwd alone: a directory service may be slow or
 * away, and its modules would stay in locked memory.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* the user's name, too */
#define ACCOUNT_GROUP "twinbeat"

/* False when this machine has no such group. */
bool account_find_group(const char *name, gid_t *gid);

/*
 * What getpwnam_r(3) and its like returned: true when it says that there is no
 * such one, as services do in several ways; false: it was found, or may be
 * there and could not be looked up.
 */
bool account_is_unknown(int error);

/* The name of a user, or its number where it has none. */
void account_name(uid_t uid, char *name, size_t size);

/*
 * What lets the account's group read path, which was refused to us (EACCES):
 * the rest of a sentence, with the command. It may be a folder on the way.
 */
void account_tell_cure(const char *path, char *text, size_t size);

/* Who is at the other end of a local socket, as it was when it connected. */
struct account_peer {
	pid_t pid;
	uid_t uid;
	/* root, a member of the group; without one our own user */
	bool may_command;
};

/* group: NULL when there is none. False when the kernel does not say. */
bool account_peer_of(int fd, const gid_t *group, struct account_peer *peer);

#define ACCOUNT_SAME_MODE ((mode_t)-1)

/*
 * Lets the group into what is ours and belongs to no other group than our own:
 * it gets the group and the mode. Whom an administrator has let in stays.
 * False with errno.
 */
bool account_give(const char *path, gid_t group, mode_t mode);
#endif
