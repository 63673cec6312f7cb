/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_DIRECTOR_MSG_H
#define IPC_DIRECTOR_MSG_H
/*
 * Between twinbeatd and twinbeat-director. SOCK_SEQPACKET, fixed sizes.
 *
 *   3 this socket   4 the sealed settings   5 a pidfd of its parent
 *   6 the directors' lock, held as long as it may still change the kernel's
 *     table; closed where there is none
 *
 * argv: the file in which it keeps what is its own (D11), the socket at which
 * operators ask (desk.h), the file of what they said.
 */
#include <stdint.h>

#include "../wire/beat.h"

#define DIRECTOR_FD_SOCKET   3
#define DIRECTOR_FD_SETTINGS 4
#define DIRECTOR_FD_PARENT   5
#define DIRECTOR_FD_LOCK     6
#define DIRECTOR_DESK_SOCKET "director.sock" /* in the run directory */
#define DIRECTOR_TEXT_MAX    240

enum director_request_type {
	DIRECTOR_PING = 1, /* does it still work? answered by DIRECTOR_PONG */
	DIRECTOR_SETTINGS, /* the new ones, sealed, come with it */
	DIRECTOR_STOP,	   /* in order: what on_stop says, then the end */
	DIRECTOR_PAIR,	   /* all the rest: how the pair stands */
	DIRECTOR_LATE,	   /* an address came before its table (D1) */
};

/* Does any real server answer? (D5) The same values as enum core_servers. */
enum director_servers {
	DIRECTOR_SERVERS_UNKNOWN,
	DIRECTOR_SERVERS_SEEN,
	DIRECTOR_SERVERS_NONE,
};

struct director_request {
	uint32_t type;
	uint32_t number;	   /* PAIR: which; answered by STANDS */
	uint32_t peer_sees;	   /* enum director_servers */
	uint32_t has_carrier;	   /* an interface of services, at least (D5) */
	struct instance_set owned; /* the instances, by their places */
	/* D6: what the other director shows, by settings of this digest; a bit
	 * of seen for each cell that was told. */
	uint32_t digest;
	uint16_t cells[BOARD_CELLS];
	uint8_t seen[BOARD_CELLS / 8];
};

/* What may be wrong, an alert each; the same values as enum core_director. */
enum director_trouble {
	DIRECTOR_OFF,	   /* no ip_vs, or not allowed */
	DIRECTOR_TABLE,	   /* the kernel refuses, or others change the table */
	DIRECTOR_FOREIGN,  /* services that are not ours */
	DIRECTOR_SYNC,	   /* a sync thread does not run as it should */
	DIRECTOR_DOWN,	   /* servers whose checks fail */
	DIRECTOR_EMPTY,	   /* services without a server */
	DIRECTOR_FALLBACK, /* services that the fallback serves */
	DIRECTOR_PANIC,	   /* services that use all, because so many fail */
	DIRECTOR_BLIND,	   /* no server at all answers this node */
	DIRECTOR_DIFFERS,  /* the other node sees a server otherwise */
	DIRECTOR_TROUBLES
};

enum director_event_type {
	DIRECTOR_PONG = 1,
	DIRECTOR_TROUBLE, /* trouble; text, or "" when it is over */
	DIRECTOR_SERVERS, /* servers: when it changes */
	DIRECTOR_BOARD,	  /* digest, cells, count: when they change */
	DIRECTOR_STANDS,  /* number: what it said is in the table, as far as
			     it can be (D1) */
	/* by settings of digest, number: a server or service by its place;
	 * is_up, text: why. A first result is told, too. */
	DIRECTOR_SERVER_IS,
	DIRECTOR_SERVICE_IS, /* is_up: it has its quorum */
};

struct director_event {
	uint32_t type;
	uint32_t trouble;
	uint32_t servers; /* enum director_servers */
	uint32_t number;
	uint32_t is_up;
	/* D6: what it shows to the other one, by settings of this digest. */
	uint32_t digest, count;
	uint16_t cells[BOARD_CELLS];
	char text[DIRECTOR_TEXT_MAX];
};
#endif
