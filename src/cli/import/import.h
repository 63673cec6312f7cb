/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_H
#define IMPORT_H
/*
 * keepalived.conf to twinbeat.conf: import what runs today. A line that
 * keepalived ignores becomes a comment with its number and the reason, a value
 * that it changes is written as changed, and said; where two readings are
 * possible, nothing is written. lines.h reads, tree.h builds, model.h is what
 * one node runs, pair.c joins two, write_*.c write, settle.c asks the settings
 * what they take.
 */
#include "lines.h"

struct import_request {
	const char *path, *peer; /* peer: NULL, or the other node's file */
	/* Take every setting of the contract for built; for tests. */
	bool takes_all;
};

struct import_result {
	const char *text;    /* the twinbeat.conf, NULL: refused */
	const char *summary; /* lines for standard error */
	bool complete;	     /* nothing was lost, nothing is open */
};

/* What result points to lives in arena. */
void import_translate(struct arena *arena, const struct import_files *files,
		      const struct import_request *request,
		      struct import_result *result);
#endif
