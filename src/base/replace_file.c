/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file, replaced atomically. What a reader finds is the old content or the
 * new, never a part; a name that was returned as written survives a power cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "replace_file.h"
#include "whole.h"

/* The rename itself is durable only when its folder is. */
int replace_file_sync(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd, result;

	if (!slash)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s",
			 (int)(slash == path ? 1 : slash - path), path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = fsync(fd);
	/* Some file systems have nothing to sync there. */
	if (result < 0 && errno == EINVAL)
		result = 0;
	close(fd);
	return result;
}

int replace_file_mode(const char *path, unsigned mode, const void *data,
		      size_t size)
{
	char beside[PATH_MAX];
	int fd, kept;

	if ((size_t)snprintf(beside, sizeof(beside), "%s.new", path) >=
	    sizeof(beside)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	/*
	 * Always a new one: what a power cut has left there is worth nothing,
	 * and the open of a FIFO of that name would wait for its reader.
	 */
	if (unlink(beside) < 0 && errno != ENOENT)
		return -1;
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0640);
	if (fd < 0)
		return -1;
	if (mode != 0640 && fchmod(fd, (mode_t)mode) < 0)
		goto fail;
	if (write_whole(fd, data, size) < 0 || fsync(fd) < 0)
		goto fail;
	if (close(fd) < 0) {
		fd = -1;
		goto fail;
	}
	fd = -1;
	if (rename(beside, path) < 0)
		goto fail;
	return replace_file_sync(path);
fail:
	kept = errno;
	if (fd >= 0)
		close(fd);
	unlink(beside);
	errno = kept;
	return -1;
}

int replace_file(const char *path, const void *data, size_t size)
{
	return replace_file_mode(path, 0640, data, size);
}

/* No room for a second copy: over the old one, whose blocks are there. */
static int overwrite_file(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat stat;
	int kept;

	if (fd < 0)
		return -1;
	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	if (write_whole(fd, data, size) == 0 &&
	    ftruncate(fd, (off_t)size) == 0 && fsync(fd) == 0)
		return close(fd);
	kept = errno;
	close(fd);
	errno = kept;
	return -1;
}

int store_file(const char *path, const void *data, size_t size)
{
	int why;

	if (replace_file(path, data, size) == 0)
		return 0;
	why = errno;
	if ((why == ENOSPC || why == EDQUOT) &&
	    overwrite_file(path, data, size) == 0)
		return 0;
	errno = why;
	return -1;
}

int store_stream(const char *path, FILE *out, char *const *text,
		 const size_t *size)
{
	int result = -1, why = ENOMEM;

	/* text and size are right once it is closed */
	if (fclose(out) == 0) {
		result = store_file(path, *text, *size);
		why = errno;
	}
	free(*text);
	errno = why;
	return result;
}
