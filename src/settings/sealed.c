/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings as a file in memory: sealed by the main process, mapped
 * read-only by the helpers. What is in it is looked at by snapshot.c.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/whole.h"
#include "snapshot.h"

#define SNAPSHOT_SEALS                                                         \
	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

int settings_seal(const struct settings *settings)
{
	int fd = memfd_create("settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (write_whole(fd, settings, sizeof(*settings)) < 0)
		goto fail;
	if (fcntl(fd, F_ADD_SEALS, SNAPSHOT_SEALS) < 0)
		goto fail;
	return fd;
fail:
	close(fd);
	return -1;
}

const struct settings *settings_map_again(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	const struct settings *settings;
	struct stat st;
	void *map;

	if (seals < 0 || (seals & SNAPSHOT_SEALS) != SNAPSHOT_SEALS)
		return NULL;
	if (fstat(fd, &st) < 0 || st.st_size != sizeof(*settings))
		return NULL;
	map = mmap(NULL, sizeof(*settings), PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	settings = map;
	if (settings->magic == SETTINGS_MAGIC &&
	    settings->size == sizeof(*settings))
		return settings;
	munmap(map, sizeof(*settings));
	return NULL;
}

void settings_unmap(const struct settings *settings)
{
	if (settings != NULL)
		munmap((void *)(uintptr_t)settings, sizeof(*settings));
}
