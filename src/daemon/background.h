/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_BACKGROUND_H
#define DAEMON_BACKGROUND_H
/* Without --foreground. */
#include "life.h"

struct daemon;

int background_enter(struct daemon *daemon);
void background_tell(struct daemon *daemon, enum exit_code code);
#endif
