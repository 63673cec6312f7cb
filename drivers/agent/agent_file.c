/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which file is meant by a fence agent's name, and may it be run? It runs as
 * root with the power of the peer in its hands: it must never be a file that
 * somebody else than root could have put there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

#define AGENT_FOLDER "/usr/sbin"

/*
 * Only root may be able to change the file, or the folders that lead to it; a
 * sticky folder like /tmp lets nobody replace what is root's.
 */
static int check_owner(const char *path, char *error, size_t error_size)
{
	struct stat stat_of;
	mode_t writable;

	if (stat(path, &stat_of) < 0) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return -1;
	}
	writable = stat_of.st_mode & S_IWOTH;
	if (stat_of.st_gid != 0)
		writable |= stat_of.st_mode & S_IWGRP;
	if (S_ISDIR(stat_of.st_mode) && (stat_of.st_mode & S_ISVTX) != 0)
		writable = 0;
	if (stat_of.st_uid != 0 || writable != 0) {
		snprintf(error, error_size,
			 "%s: not run, because others than root can write to "
			 "it (owner %u, mode %04o)",
			 path, stat_of.st_uid, stat_of.st_mode & 07777);
		return -1;
	}
	return 0;
}

/* The file and each folder above it. path is taken apart. */
static int check_chain(char *path, char *error, size_t error_size)
{
	char *slash;

	for (;;) {
		if (check_owner(path, error, error_size) < 0)
			return -1;
		slash = strrchr(path, '/');
		if (slash == NULL || path[1] == '\0')
			return 0;
		if (slash == path)
			path[1] = '\0'; /* "/" at last */
		else
			*slash = '\0';
	}
}

/* Is it one that cuts power? Whatever a link to it is called. */
static int check_name(const char *path, char *error, size_t error_size)
{
	const char *why = agent_refuse(path);

	if (why == NULL)
		return 0;
	snprintf(error, error_size, "%s is not run: %s", path, why);
	return -1;
}

/* Both ways to it: where a symbolic link lies, and what it leads to. */
static int check_file(const char *path, char *error, size_t error_size)
{
	struct stat stat_of;
	char *real, copy[256];
	int result;

	if (stat(path, &stat_of) < 0) {
		snprintf(error, error_size,
			 "no agent %s: %s; install its package or name "
			 "another",
			 path, strerror(errno));
		return -1;
	}
	if (!S_ISREG(stat_of.st_mode) || access(path, X_OK) < 0) {
		snprintf(error, error_size, "%s is no program", path);
		return -1;
	}
	real = realpath(path, NULL);
	if (real == NULL) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (check_name(path, error, error_size) < 0 ||
	    check_name(real, error, error_size) < 0) {
		free(real);
		return -1;
	}
	result = check_chain(real, error, error_size);
	free(real);
	snprintf(copy, sizeof(copy), "%s", path);
	return result < 0 ? -1 : check_chain(copy, error, error_size);
}

int agent_find(const char *name, char *path, size_t path_size, char *error,
	       size_t error_size)
{
	const char *base = strrchr(name, '/');
	bool plain = base == NULL;
	int n;

	base = plain ? name : base + 1;
	/* agent = "reboot" would find one, and run it without arguments. */
	if (strncmp(base, "fence_", 6) != 0 || (!plain && name[0] != '/')) {
		snprintf(error, error_size,
			 "agent \"%.64s\" must be called fence_*, in %s or "
			 "by an absolute path",
			 name, AGENT_FOLDER);
		return -1;
	}
	n = snprintf(path, path_size, "%s%s%s", plain ? AGENT_FOLDER : "",
		     plain ? "/" : "", name);
	if (n < 0 || (size_t)n >= path_size) {
		snprintf(error, error_size, "the path of %.32s... is too long",
			 name);
		return -1;
	}
	return check_file(path, error, error_size);
}
