/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DIRECTOR_EDGE_H
#define DAEMON_DIRECTOR_EDGE_H
/* twinbeat-director, seen from the main process: it is told of new settings and
 * of the end and of how the pair stands, and tells what is wrong with
 * LVS. Of that nothing reaches a decision but whether real servers answer (R3).
 */
#include <stdbool.h>
#include <stdint.h>

struct daemon;
struct reload_change;

int director_edge_init(struct daemon *daemon);
/* The words of its command line, from argv[1] on (director_msg.h). */
void director_edge_words(const struct daemon *daemon, const char **argv);
/* With the group in the file; and without, as long as there is something of
 * ours in the kernel, which nobody else would take out. */
bool director_edge_is_wanted(const struct daemon *daemon);
void director_edge_read(struct daemon *daemon);
/* Does a claim of the instance wait for its table? (D1) */
bool director_edge_has_owner_table(const struct daemon *daemon,
				   unsigned instance);
/* Tells it how the pair stands; the number by which it answers, 0: there is
 * nobody who could. */
uint32_t director_edge_ask(struct daemon *daemon);
/* A claim has not waited for its table any longer. */
void director_edge_tell_late(struct daemon *daemon);
/* As the core says: how the pair stands. Also to each that was just started. */
void director_edge_tell(struct daemon *daemon);
void director_edge_ended(struct daemon *daemon, const char *why);
/* It could not be started; whoever is there one day says that it is over. */
void director_edge_missing(struct daemon *daemon, const char *why);
void director_edge_commit(struct daemon *daemon,
			  const struct reload_change *change);
/* The daemon ends in order, and the addresses are gone (D10). */
void director_edge_stop(struct daemon *daemon);
#endif
