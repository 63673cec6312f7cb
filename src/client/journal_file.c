/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_file.h"

static int read_file(const char *path, journal_line_function *take, void *arg)
{
	char text[JOURNAL_LINE_MAX];
	/* nobody writes into a FIFO that somebody named by mistake */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), result;
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
	static const char *const names[] = {"journal.1", "journal"};
	bool has_any = false;
	char file[600];
	struct stat found;

	if (stat(path, &found) == 0 && !S_ISDIR(found.st_mode))
		return read_file(path, take, arg);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]);
		if (read_file(file, take, arg) == 0)
			has_any = true;
		else if (errno != ENOENT)
			return -1;
	}
	errno = ENOENT;
	return has_any ? 0 : -1;
}
