/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sys/stat.h>

#include "file_place.h"

bool file_is_at(int fd, const char *path)
{
	struct stat named, held;

	return lstat(path, &named) == 0 && fstat(fd, &held) == 0 &&
	       named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

void file_place_note(struct file_place *place, const char *path)
{
	struct stat named;

	place->is_noted = lstat(path, &named) == 0;
	place->device = place->is_noted ? named.st_dev : 0;
	place->inode = place->is_noted ? named.st_ino : 0;
}

bool file_place_holds(const struct file_place *place, const char *path)
{
	struct stat named;

	if (!place->is_noted)
		return false;
	if (lstat(path, &named) < 0)
		return errno != ENOENT && errno != ENOTDIR;
	return named.st_dev == place->device && named.st_ino == place->inode;
}
