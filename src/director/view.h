/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_VIEW_H
#define DIRECTOR_VIEW_H
/* What is known of services and servers, as JSON (twinbeat director). */
#include <jansson.h>

#include "farm.h"
#include "table.h"

/* kernel: what the kernel holds, or NULL: it has no ip_vs. A new reference. */
json_t *view_make(const struct farm *farm, const struct table *kernel,
		  int64_t now_us);
#endif
