/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings as a file in memory: sealed by the main process, mapped
 * read-only by the helpers. What is in it is looked at by snapshot.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/whole.h"
#include "snapshot.h"

#define SNAPSHOT_SEALS                                                         \
	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

/* A file has room for 255 instances and 64 services: what is not used is no
 * page of the copy (memfd_create(2): holes, as in a tmpfs). */
#define SNAPSHOT_PAGE 4096
#define SEAL_TRIES    5

static bool is_zero(const char *bytes, size_t size)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static int write_sparse(int fd, const char *bytes, size_t size)
{
	for (size_t at = 0; at < size; at += SNAPSHOT_PAGE) {
		size_t part =
			size - at < SNAPSHOT_PAGE ? size - at : SNAPSHOT_PAGE;

		/* the last one gives the file its size */
		if (is_zero(bytes + at, part) && at + part < size)
			continue;
		if (lseek(fd, (off_t)at, SEEK_SET) < 0 ||
		    write_whole(fd, bytes + at, part) < 0)
			return -1;
	}
	return 0;
}

static int seal_once(const struct settings *settings)
{
	int fd = memfd_create("settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error;

	if (fd < 0)
		return -1;
	if (write_sparse(fd, (const char *)settings, sizeof(*settings)) < 0)
		goto fail;
	if (fcntl(fd, F_ADD_SEALS, SNAPSHOT_SEALS) < 0)
		goto fail;
	return fd;
fail:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int settings_seal(const struct settings *settings)
{
	int fd = seal_once(settings);

	/* fcntl(2), F_SEAL_WRITE: the kernel holds a page of it for a moment
	 * (compaction, another processor's list), and waited up to 150 ms. Not
	 * pages that are made anew. */
	for (int i = 1; fd < 0 && errno == EBUSY && i < SEAL_TRIES; i++)
		fd = seal_once(settings);
	return fd;
}

/*
 * The programs that lock their memory would lock every page of the file, and
 * make one of each hole. So only what was written is mapped from it. The rest
 * is of no file and never written: all of it is the kernel's one page of zeros.
 */
static void *map_sparse(int fd, size_t size)
{
	char *map =
		mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	off_t from, to = 0;

	if (map == MAP_FAILED)
		return MAP_FAILED;
	while ((size_t)to < size && (from = lseek(fd, to, SEEK_DATA)) >= 0) {
		to = lseek(fd, from, SEEK_HOLE);
		if (to > from &&
		    mmap(map + from, (size_t)(to - from), PROT_READ,
			 MAP_PRIVATE | MAP_FIXED, fd, from) != MAP_FAILED)
			continue;
		munmap(map, size);
		return MAP_FAILED;
	}
	return map;
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
	map = map_sparse(fd, sizeof(*settings));
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
