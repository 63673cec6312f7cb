/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PROBE_RANGE_H
#define CLI_PROBE_RANGE_H
/*
 * A threshold as the Monitoring Plugins guidelines write it: "10" alerts
 * below 0 or above 10, "10:" below 10, "~:10" above 10, "10:20" outside,
 * "@10:20" inside, the ends belonging to the range.
 */
#include <stdbool.h>

#define RANGE_TEXT_MAX 64

struct range {
	double low, high; /* may be infinite */
	bool is_inside;	  /* "@": alert inside */
	bool is_given;
	char text[RANGE_TEXT_MAX]; /* as given, for performance data */
};

/* 0; -1: no range, is_given is false. */
int range_read(struct range *range, const char *text);
/* A range that is not given never alerts. */
bool range_alerts(const struct range *range, double value);
#endif
