/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dl_iterate_phdr(3) names the images; the first is the program. */
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "images.h"

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

static int forget(struct dl_phdr_info *image, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (unsigned i = 0; i < image->dlpi_phnum; i++) {
		struct pages pages = pages_of(image, i);

		/* refused for the kernel's own image, the vdso */
		if (is_constant(&image->dlpi_phdr[i]))
			(void)madvise(pages.at, pages.size, MADV_DONTNEED);
	}
	return 0;
}

void images_forget_start(void)
{
	dl_iterate_phdr(forget, NULL);
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
