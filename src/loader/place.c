/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Puts a pushed file in place, by a rename: who reads it finds the old one or
 * the new. Decides whether the place is one that nobody else can change.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/account.h"
#include "../base/replace_file.h"
#include "../base/whole.h"
#include "place.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

static int fail(char *error, size_t error_size, const char *path,
		const char *what)
{
	int why = errno;

	snprintf(error, error_size, "%s: %s: %s", path, what, strerror(why));
	return -1;
}

static bool is_ours(const struct stat *stat)
{
	return stat->st_uid == 0 || stat->st_uid == geteuid();
}

static int look_at_folder(const struct place *place, char *error,
			  size_t error_size)
{
	char folder[PATH_MAX];
	struct stat stat_;

	snprintf(folder, sizeof(folder), "%s", place->target);
	*strrchr(folder, '/') = '\0';
	if (stat(folder[0] ? folder : "/", &stat_) < 0)
		return fail(error, error_size, folder, "cannot be looked at");
	if (is_ours(&stat_) && !(stat_.st_mode & OTHERS_WRITE))
		return 0;
	snprintf(error, error_size,
		 "%s: its folder belongs to user %u and has mode %04o, so that "
		 "others may replace it: chown root and chmod go-w %s, then "
		 "push again",
		 place->target, (unsigned)stat_.st_uid,
		 (unsigned)stat_.st_mode & 07777, folder);
	return -1;
}

int place_look(struct place *place, const char *file, char *error,
	       size_t error_size)
{
	char real[PATH_MAX];

	if (realpath(file, real) == NULL || stat(real, &place->was) < 0)
		return fail(error, error_size, file, "cannot be looked at");
	if ((size_t)snprintf(place->target, sizeof(place->target), "%s",
			     real) >= sizeof(place->target) ||
	    (size_t)snprintf(place->beside, sizeof(place->beside), "%s.pushed",
			     real) >= sizeof(place->beside)) {
		errno = ENAMETOOLONG;
		return fail(error, error_size, real, "its path");
	}
	if (!S_ISREG(place->was.st_mode)) {
		snprintf(error, error_size, "%s is no regular file",
			 place->target);
		return -1;
	}
	if (!is_ours(&place->was) || (place->was.st_mode & OTHERS_WRITE)) {
		snprintf(error, error_size,
			 "%s belongs to user %u and has mode %04o, so that "
			 "others may change it: chown root and chmod go-w, "
			 "then push again",
			 place->target, (unsigned)place->was.st_uid,
			 (unsigned)place->was.st_mode & 07777);
		return -1;
	}
	return look_at_folder(place, error, error_size);
}

static int write_text(const struct place *place, int to, int from)
{
	struct stat text;
	void *map;
	int result;

	if (fstat(from, &text) < 0 || text.st_size <= 0)
		return -1;
	map = mmap(NULL, (size_t)text.st_size, PROT_READ, MAP_PRIVATE, from, 0);
	if (map == MAP_FAILED)
		return -1;
	result = write_whole(to, map, (size_t)text.st_size);
	munmap(map, (size_t)text.st_size);
	if (result < 0)
		return -1;
	/* the owner first: that takes bits of the mode away */
	if ((place->was.st_uid != geteuid() ||
	     place->was.st_gid != getegid()) &&
	    fchown(to, place->was.st_uid, place->was.st_gid) < 0)
		return -1;
	if (fchmod(to, place->was.st_mode & 0777) < 0)
		return -1;
	return fsync(to);
}

/* A daemon that is not root: nobody has let it replace its file yet. */
static int fail_not_ours(char *error, size_t error_size,
			 const struct place *place, const char *what)
{
	char user[64], folder[PATH_MAX];

	if ((errno != EACCES && errno != EPERM) || geteuid() == 0)
		return fail(error, error_size, place->beside, what);
	account_name(geteuid(), user, sizeof(user));
	snprintf(folder, sizeof(folder), "%s", place->target);
	*strrchr(folder, '/') = '\0';
	snprintf(error, error_size,
		 "twinbeatd runs as user %s, which may not replace %s: there, "
		 "once: chown %s %s %s, then push again",
		 user, place->target, user, folder[0] ? folder : "/",
		 place->target);
	return -1;
}

int place_prepare(const struct place *place, int fd, char *error,
		  size_t error_size)
{
	int to, result;

	/* what a power cut has left there is worth nothing */
	if (unlink(place->beside) < 0 && errno != ENOENT)
		return fail(error, error_size, place->beside,
			    "cannot be removed");
	to = open(place->beside,
		  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0)
		return fail_not_ours(error, error_size, place,
				     "twinbeatd cannot write there (under "
				     "systemd it needs ReadWritePaths)");
	result = write_text(place, to, fd);
	if (result < 0) {
		fail_not_ours(error, error_size, place,
			      "cannot be written with the owner and mode of "
			      "what it replaces");
		place_abandon(place);
	}
	close(to);
	return result;
}

static bool is_as_it_was(const struct place *place)
{
	struct stat now;

	return stat(place->target, &now) == 0 &&
	       now.st_dev == place->was.st_dev &&
	       now.st_ino == place->was.st_ino &&
	       now.st_size == place->was.st_size &&
	       now.st_mtim.tv_sec == place->was.st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == place->was.st_mtim.tv_nsec;
}

int place_commit(const struct place *place, char *error, size_t error_size)
{
	char old[PATH_MAX];

	if (!is_as_it_was(place)) {
		snprintf(error, error_size,
			 "%s was changed while the push was on its way",
			 place->target);
		return -1;
	}
	snprintf(old, sizeof(old), "%s.old", place->target);
	if ((unlink(old) < 0 && errno != ENOENT) ||
	    link(place->target, old) < 0)
		return fail(error, error_size, old,
			    "what is there now cannot be kept so");
	if (rename(place->beside, place->target) < 0)
		return fail(error, error_size, place->target,
			    "cannot be replaced");
	/* it is the new one now, come what may: no reason to go back */
	(void)replace_file_sync(place->target);
	return 0;
}

void place_abandon(const struct place *place)
{
	unlink(place->beside);
}
