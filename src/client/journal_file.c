/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_file.h"
#include "../base/file_place.h"

static const char *const names[] = {"journal.1", "journal"};

/* how: O_NOFOLLOW or 0. Nobody writes into a FIFO that somebody named by
 * mistake. */
static int open_file(const char *path, int how)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | how);
}

/* Closes it. */
static int read_file(int fd, journal_line_function *take, void *arg)
{
	char text[JOURNAL_LINE_MAX];
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	int result;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (fgets(text, sizeof(text), file))
		if (!take(arg, text))
			break;
	result = ferror(file) ? -1 : 0;
	fclose(file);
	return result;
}

#define TRIES 5

/*
 * Both before either is read: a file that is full becomes the older one, and
 * what was in it must come neither twice nor not at all. -1: one is there and
 * cannot be opened; one that is not there is -1 in fds.
 */
static int open_both(const char *folder, int fds[2])
{
	struct stat named;
	bool is_same;
	char file[600];

	for (unsigned try = 0; try < TRIES; try++) {
		for (unsigned i = 0; i < 2; i++) {
			snprintf(file, sizeof(file), "%s/%s", folder, names[i]);
			/* the directory may be of a user with less rights: a
			 * link there is not what the daemon made */
			fds[i] = open_file(file, O_NOFOLLOW);
			if (fds[i] < 0 && errno != ENOENT) {
				if (i > 0 && fds[0] >= 0)
					close(fds[0]);
				return -1;
			}
		}
		snprintf(file, sizeof(file), "%s/%s", folder, names[0]);
		is_same = fds[0] < 0 ? lstat(file, &named) < 0
				     : file_is_at(fds[0], file);
		if (is_same || try + 1 == TRIES)
			break;
		for (unsigned i = 0; i < 2; i++)
			if (fds[i] >= 0)
				close(fds[i]);
	}
	return 0;
}

int journal_file_read(const char *path, journal_line_function *take, void *arg)
{
	bool has_any = false;
	struct stat found;
	int fds[2], kept;

	if (stat(path, &found) == 0 && !S_ISDIR(found.st_mode))
		return read_file(open_file(path, 0), take, arg);
	if (open_both(path, fds) < 0)
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		if (fds[i] < 0)
			continue;
		if (read_file(fds[i], take, arg) < 0) {
			kept = errno;
			if (i == 0 && fds[1] >= 0)
				close(fds[1]);
			errno = kept;
			return -1;
		}
		has_any = true;
	}
	errno = ENOENT;
	return has_any ? 0 : -1;
}

void journal_file_stamp(const char *state_dir, struct journal_stamp *stamp)
{
	char file[600];
	struct stat found;

	memset(stamp, 0, sizeof(*stamp));
	for (unsigned i = 0; i < 2; i++) {
		snprintf(file, sizeof(file), "%s/%s", state_dir, names[i]);
		if (stat(file, &found) < 0)
			continue;
		stamp->files[i].device = found.st_dev;
		stamp->files[i].inode = found.st_ino;
		stamp->files[i].size = (uint64_t)found.st_size;
		stamp->files[i].changed_s = (uint64_t)found.st_mtim.tv_sec;
		stamp->files[i].changed_ns = (uint64_t)found.st_mtim.tv_nsec;
	}
}
