/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_WATCHDOG_MSG_H
#define IPC_WATCHDOG_MSG_H
/*
 * Between twinbeatd and twinbeat-watchdog. SOCK_SEQPACKET, fixed sizes.
 *
 *   3 this socket   4 the sealed settings   5 a pidfd of its parent
 *
 * It does not hold the run lock: a driver that hangs is in nobody's way.
 */
#include <stdint.h>

#define WATCHDOG_FD_SOCKET   3
#define WATCHDOG_FD_SETTINGS 4
#define WATCHDOG_FD_PARENT   5
#define WATCHDOG_TEXT_MAX    200

enum watchdog_request_type {
	WATCHDOG_FEED = 1, /* the main loop was here at_us (CLOCK_BOOTTIME) */
	WATCHDOG_DISARM,   /* the addresses are gone: the end */
};

struct watchdog_request {
	uint32_t type;
	int64_t at_us;
};

enum watchdog_event_type {
	WATCHDOG_ARMED = 1, /* text; it resets after timeout_s */
	WATCHDOG_TROUBLE,   /* text: it does not */
	WATCHDOG_READ,	    /* a feed was read, whatever came of it */
};

struct watchdog_event {
	uint32_t type;
	uint32_t timeout_s;
	char text[WATCHDOG_TEXT_MAX];
};
#endif
