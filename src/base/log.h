/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_LOG_H
#define BASE_LOG_H
/*
 * One line at a time, to people. Before the runner works lines go out
 * directly; afterwards a carrier takes them, so that the main process never
 * waits for a terminal, a disk or syslogd. What the carrier cannot take it
 * counts and tells.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <syslog.h>

#define LOG_LINE_SIZE 600

/* Direct output: stderr, or syslog. Call first. */
void log_begin(bool to_stderr);
/* Every line says of which node it speaks: "lb01: ...". */
void log_set_node(const char *name);

/* Takes a finished line. Must not wait. */
typedef void log_carrier(void *arg, int priority, const char *line);
/* NULL: direct again. */
void log_set_carrier(log_carrier *carrier, void *arg);

__attribute__((format(printf, 2, 3))) void log_line(int priority,
						    const char *format, ...);

/* May block: for the runner, and before it runs. pid: whose line it is. */
void log_write(pid_t pid, int priority, const char *line);

/*
 * A device or a peer must not forge lines, nor break the JSON of the status:
 * whatever is not printable ASCII becomes '?'.
 */
void log_clean(char *text);
#endif
