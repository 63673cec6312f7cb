/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_VIEW_H
#define DIRECTOR_VIEW_H
/* What is known of services and servers, as JSON (twinbeat director). */
#include <jansson.h>

#include "farm.h"
#include "plan.h"
#include "table.h"

/* kernel: what the kernel holds, or NULL: it has no ip_vs. A new reference. */
json_t *view_make(const struct farm *farm, const struct table *kernel,
		  int64_t now_us);
/* The checks of one server, the steps of each with times. */
json_t *view_probe(const struct farm *farm, unsigned service, unsigned server);
/* What would have to be sent now: lines. plan: as of the last pass. */
json_t *view_diff(const struct plan *plan, const struct table *kernel);
#endif
