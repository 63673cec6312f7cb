/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_file.h"

static const char *const names[] = {"journal.1", "journal"};

/* how: O_NOFOLLOW or 0 */
static int read_file(const char *path, int how, journal_line_function *take,
		     void *arg)
{
	char text[JOURNAL_LINE_MAX];
	/* nobody writes into a FIFO that somebody named by mistake */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | how), result;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

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

int journal_file_read(const char *path, journal_line_function *take, void *arg)
{
	bool has_any = false;
	char file[600];
	struct stat found;

	if (stat(path, &found) == 0 && !S_ISDIR(found.st_mode))
		return read_file(path, 0, take, arg);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		/* the directory may be of a user with less rights: a link there
		 * is not what the daemon made */
		if (read_file(file, O_NOFOLLOW, take, arg) == 0)
			has_any = true;
		else if (errno != ENOENT)
			return -1;
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
