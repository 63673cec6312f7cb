/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H
/* A status object of the daemon, drawn for people (view.c). */
#include <jansson.h>
#include <stdio.h>

/* The whole screen. */
void view_status(FILE *out, const json_t *status);

/*
 * What is known of one node before somebody cuts its power: who owns what,
 * when it was last heard and how. Plugs are drawn apart (view_plugs).
 */
void view_node(FILE *out, const json_t *status, const char *node);

/* One line per plug of the node, NULL = of both. */
void view_plugs(FILE *out, const json_t *plugs, const char *node);
#endif
