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

/* The wires of the cable one by one, for people. */
enum lines_wire {
	LINES_DSR = 1,
	LINES_DCD = 2,
	LINES_CTS = 4,
	LINES_BRIDGED = 8, /* DSR and DCD follow our own DTR */
	/* CTS has moved while our RTS stood still: the other end's probe of its
	 * RTS gets here */
	LINES_CTS_IS_PEERS = 16,
};

/* Said after each probe, and when something has changed. */
struct lines_word {
	uint8_t is_high;     /* DSR or DCD */
	uint8_t rts_returns; /* CTS has followed RTS through two probes */
	uint8_t wires;	     /* enum lines_wire, since the last probe */
};
#endif
