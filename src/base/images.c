/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dl_iterate_phdr(3) names the images; the first is the program. */
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "images.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

struct pages {
	char *at;
	size_t size;
};

/* From page to page, as the loader has mapped it. */
static struct pages pages_of(const struct dl_phdr_info *image, unsigned which)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t at = image->dlpi_addr + image->dlpi_phdr[which].p_vaddr;
	uintptr_t end = at + image->dlpi_phdr[which].p_memsz;

	at &= ~(page - 1);
	/* an address that the linker tells as a number */
	return (struct pages){(char *)at,
			      ((end + page - 1) & ~(page - 1)) - at};
}

/* A part that is never written has no copies of its own to lose: what the
 * linker relocates is in the parts that may be written at first (PF_W). */
static bool is_constant(const ElfW(Phdr) * part)
{
	return part->p_type == PT_LOAD && !(part->p_flags & PF_W);
}

/* More than any of our programs has. */
#define PARTS_MOST 48
struct parts {
	struct pages pages[PARTS_MOST];
	unsigned count;
};

static int collect(struct dl_phdr_info *image, size_t size, void *arg)
{
	struct parts *parts = arg;

	(void)size;
	for (unsigned i = 0; i < image->dlpi_phnum; i++)
		if (is_constant(&image->dlpi_phdr[i]) &&
		    parts->count < PARTS_MOST)
			parts->pages[parts->count++] = pages_of(image, i);
	return 0;
}

/* Collected first, and nothing called but syscall(): what is used to forget
 * comes back, with all that the kernel maps around it. */
void images_forget_start(void)
{
	struct parts parts = {.count = 0};

	dl_iterate_phdr(collect, &parts);
	/* refused for the kernel's own image, the vdso */
	for (unsigned i = 0; i < parts.count; i++)
		syscall(SYS_madvise, parts.pages[i].at, parts.pages[i].size,
			MADV_DONTNEED);
}

void images_touch(void)
{
	struct parts parts = {.count = 0};

	dl_iterate_phdr(collect, &parts);
	for (unsigned i = 0; i < parts.count; i++)
		(void)madvise(parts.pages[i].at, parts.pages[i].size,
			      MADV_POPULATE_READ);
}

static bool is_one_of(const char *path, const char *const *names)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;

	while (*names && strncmp(file, *names, strlen(*names)) != 0)
		names++;
	return *names != NULL;
}

static int lock_used(struct dl_phdr_info *image, size_t size, void *arg)
{
	(void)size;
	if (!is_one_of(image->dlpi_name, arg))
		return 0;
	for (unsigned i = 0; i < image->dlpi_phnum; i++) {
		struct pages pages = pages_of(image, i);

		if (!is_constant(&image->dlpi_phdr[i]) ||
		    munlock(pages.at, pages.size) != 0)
			continue;
		(void)madvise(pages.at, pages.size, MADV_DONTNEED);
		(void)mlock2(pages.at, pages.size, MLOCK_ONFAULT);
	}
	return 0;
}

void images_lock_used(const char *const *names)
{
	dl_iterate_phdr(lock_used, (void *)(uintptr_t)names);
}

static int lock(struct dl_phdr_info *image, size_t size, void *arg)
{
	int *result = arg;

	(void)size;
	for (unsigned i = 0; i < image->dlpi_phnum && *result == 0; i++) {
		struct pages pages = pages_of(image, i);

		if (image->dlpi_phdr[i].p_type == PT_LOAD)
			*result = mlock(pages.at, pages.size);
	}
	return 1; /* the first image is enough */
}

int images_lock_program(void)
{
	int result = 0;

	dl_iterate_phdr(lock, &result);
	return result;
}
