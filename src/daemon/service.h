/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H
/* What systemd is told. */
#include <stdint.h>

void service_begin(void);
int64_t service_watchdog_us(void); /* 0 = none */
/* What RELOADING=1 goes with (sd_notify(3)). */
int64_t service_monotonic_us(void);
void service_tell(const char *text);
#endif
