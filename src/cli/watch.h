/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H
/*
 * What twinbeat watch is with a screen (twinbeat_watch.c) and without one: the
 * same questions to the daemon, at the same pace.
 */
#include "client.h"

#define WATCH_EVERY_MS 500

/* The status, a new reference; or NULL, and in error why there is none. */
json_t *watch_look(const char *run_dir, char error[CLIENT_ERROR_MAX]);

/* A line for each change, until an interrupt. The exit code. */
int watch_lines(const char *run_dir);

/* Why it is lines, though there is a terminal that may want a picture. */
void watch_say_no_screen(void);
#endif
