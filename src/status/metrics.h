/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATUS_METRICS_H
#define STATUS_METRICS_H
/*
 * The status object as metrics, every series with the labels pair and node.
 * What is not known has no sample, never a zero.
 */
#include <jansson.h>
#include <stdio.h>

enum metrics_format {
	METRICS_OPENMETRICS, /* 1.0, ends in "# EOF" */
	METRICS_PROMETHEUS,  /* text format 0.0.4: node_exporter's files */
};

/* status NULL: the daemon does not answer, and twinbeat_up 0 is all. */
void metrics_write(FILE *out, const json_t *status, enum metrics_format format);
#endif
