/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_FILTER_H
#define BASE_FILTER_H
/* What src/filters/make_filters.c has made, by enum privileges. */
#include <linux/filter.h>

/* As the kernel's struct sock_fprog, of which it only reads. No lines: what a
 * program inherits is all. */
struct filter {
	unsigned short count;
	const struct sock_filter *lines;
};

extern const struct filter filters[];
#endif
