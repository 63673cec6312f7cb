/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>

#include "file_place.h"

bool file_is_at(int fd, const char *path)
{
	struct stat named, held;

	return lstat(path, &named) == 0 && fstat(fd, &held) == 0 &&
	       named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}
