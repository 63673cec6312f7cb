/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PROBE_PROBE_H
#define CLI_PROBE_PROBE_H
/*
 * What check_twinbeat says of a status object: no I/O, no clock but the one
 * given. What is missing in the object counts against it, never for it.
 */
#include <jansson.h>
#include <stdint.h>

#include "range.h"

/* The exit codes of the Monitoring Plugins guidelines. */
enum probe_state { PROBE_OK, PROBE_WARNING, PROBE_CRITICAL, PROBE_UNKNOWN };

#define PROBE_TEXT_MAX 8192

struct probe {
	const char *instance; /* only this one; NULL = all */
	struct range warning, critical;
	int64_t now_s; /* wall clock: a drill's time is one */
};

struct probe_result {
	enum probe_state state;
	char text[PROBE_TEXT_MAX];
	char figures[PROBE_TEXT_MAX]; /* performance data, "" = none */
};

typedef void probe_function(const json_t *status, const struct probe *probe,
			    struct probe_result *result);

/* By name; NULL when there is no such mode. */
probe_function *probe_find(const char *mode);
const char *probe_state_name(enum probe_state state);
#endif
