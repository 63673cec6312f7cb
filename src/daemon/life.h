/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LIFE_H
#define DAEMON_LIFE_H
/* From the settings to the first turn, and from the last to the end. */
#include <stddef.h>

struct daemon;

enum exit_code { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_BAD = 3 };
int life_start(struct daemon *daemon, char *error, size_t error_size);
void life_ready(struct daemon *daemon);
void life_end(struct daemon *daemon);
#endif
