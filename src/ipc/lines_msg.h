/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_LINES_MSG_H
#define IPC_LINES_MSG_H
/*
 * From twinbeat-lines to twinbeatd: what the modem lines of one open port show.
 * SOCK_SEQPACKET, one fixed size; nothing goes the other way.
 *
 *   3 this socket   4 the port
 *
 * Its arguments: the time between two probes and between two looks, in ms.
 */
#include <stdint.h>

#define LINES_NAME	"twinbeat-lines"
#define LINES_FD_SOCKET 3
#define LINES_FD_PORT	4

/* Said after each probe, and when something has changed. */
struct lines_word {
	uint8_t is_high;     /* DSR or DCD */
	uint8_t rts_returns; /* CTS has followed RTS through two probes */
};
#endif
