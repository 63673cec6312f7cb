/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATUS_H
#define STATUS_H
/*
 * What the daemon knows, as the JSON of the design, section 6. Reads the core
 * and the counters of the links; changes nothing.
 */
#include <jansson.h>

#include "../core/view.h"
#include "../link/link.h"
#include "../link/vrrp/vrrp.h"
#include "../wire/vrrp.h"
#include "../ipc/lines_msg.h"
#include "../ipc/runner_msg.h"
#include "../settings/settings.h"

/* One receiver of notices, as it was last told. */
struct notice_receiver {
	uint32_t state; /* enum receiver_state */
	uint32_t waiting;
	int64_t at_s; /* wall clock, of the last word; 0 = none yet */
	char text[RUNNER_TEXT_MAX];
};

struct status_view {
	const struct core *core;
	const struct settings *settings;
	/* NULL where there is no such link */
	const struct link_counters *links[LINKS_MAX];
	const struct link_counters *vrrp[INSTANCES_MAX];
	/* of serial ports; NULL: nothing is known of the modem lines */
	const struct lines_word *wires[LINKS_MAX];
	/* R17.1: its addresses on lo that arp_ignore keeps silent; "" = none */
	const char *silent[INSTANCES_MAX];
	const uint64_t *vrrp_drops[INSTANCES_MAX]; /* by verdict */
	struct vrrp *vrrps[INSTANCES_MAX];
	/* each instance's "addresses", made once: there may be thousands */
	json_t *addresses[INSTANCES_MAX];
	/* who is told of events, and how that goes */
	const struct settings_receiver *receivers;
	const struct notice_receiver *notices;
	unsigned receiver_count;
	int64_t now_us;
};

/* Makes addresses[] of settings. 0, or -1: no memory, and nothing is. */
int status_make_addresses(const struct settings *settings,
			  json_t *addresses[INSTANCES_MAX]);
/* The same for view->settings, in the place of what there is. */
int status_prepare(struct status_view *view);
/* A new object, or NULL: no memory. */
json_t *status_make(const struct status_view *view);
/* The last drill and one under way; null = there was none. */
json_t *status_make_drill(const struct status_view *view);
/* status.fence.plugs; node -1 = both. */
json_t *status_make_plugs(const struct status_view *view, int node);

/* Why an instance is not (yet) here, in words; "" when nothing is awaited. */
const char *status_waiting_for(const struct core *core, unsigned instance,
			       int64_t now_us, char *text, size_t size);
#endif
