/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DIRECTOR_EDGE_H
#define DAEMON_DIRECTOR_EDGE_H
/* twinbeat-director, seen from the main process: it is told of new settings and
 * of the end, and tells what is wrong with LVS. Nothing of it reaches a
 * decision. */
#include <stdbool.h>

struct daemon;
struct reload_change;

int director_edge_init(struct daemon *daemon);
/* The words of its command line, from argv[1] on (director_msg.h). */
void director_edge_words(const struct daemon *daemon, const char **argv);
/* With the group in the file; and without, as long as there is something of
 * ours in the kernel, which nobody else would take out. */
bool director_edge_is_wanted(const struct daemon *daemon);
void director_edge_read(struct daemon *daemon);
void director_edge_ended(struct daemon *daemon, const char *why);
void director_edge_commit(struct daemon *daemon,
			  const struct reload_change *change);
/* The daemon ends in order, and the addresses are gone (D10). */
void director_edge_stop(struct daemon *daemon);
#endif
