/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LINE_EDGE_H
#define DAEMON_LINE_EDGE_H
/*
 * twinbeat-lines from the daemon's side: one for each open port whose modem
 * lines can be read. A link is known by its place in settings.links.
 */
struct daemon;

/* 0, or -1: no memory, or the program is not there. */
int line_edge_init(struct daemon *daemon);
/* The port is the caller's, and open until line_edge_stop(). */
void line_edge_start(struct daemon *daemon, unsigned link, int fd);
/* Before it is closed: nobody else holds it a moment later. */
void line_edge_stop(struct daemon *daemon, unsigned link);
void line_edge_second(struct daemon *daemon);
#endif
