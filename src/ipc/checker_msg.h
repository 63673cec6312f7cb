/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_CHECKER_MSG_H
#define IPC_CHECKER_MSG_H
/*
 * Between twinbeat-director, which knows when who is to be asked, and
 * twinbeat-checker or twinbeat-checker-tls, which asks. SOCK_SEQPACKET, fixed
 * sizes.
 *
 *   3 this socket   4 the sealed settings   5 a pidfd of its parent
 *   6, 7 raw ICMP sockets, IPv4 and IPv6, opened by one who may
 *
 * New settings are a new checker.
 */
#include <stdint.h>

#include "../wire/ip.h"

#define CHECKER_FD_SOCKET   3
#define CHECKER_FD_SETTINGS 4
#define CHECKER_FD_PARENT   5
#define CHECKER_FD_PING	    6
#define CHECKER_FD_PING_V6  7
#define CHECKER_TEXT_MAX    96
#define CHECKER_PARALLEL    256 /* at once; more are refused */
/* A message is one or several of them, for each message costs both sides more
 * than what it says. */
#define CHECKER_ORDERS	64
#define CHECKER_ANSWERS 32

/* The id of an answer to nobody: it is ready for orders. To load its libraries
 * takes a while. */
#define CHECKER_READY UINT32_MAX

/* An order's check: not one of the settings, but the server's agent. */
#define CHECK_OF_AGENT UINT16_MAX

/* What an agent said; what it did not say stays as it was. */
enum agent_said {
	AGENT_READY = 1 << 0,
	AGENT_DRAIN = 1 << 1,
	AGENT_MAINT = 1 << 2,
	AGENT_UP = 1 << 3,
	AGENT_DOWN = 1 << 4,
	AGENT_PERCENT = 1 << 5,
};

/* One question, to be answered by one struct checker_answer. */
struct checker_order {
	uint32_t id;	/* comes back */
	uint16_t check; /* in settings.checks, or CHECK_OF_AGENT */
	uint16_t server;
	struct ip ip;
	struct ip source; /* with a mark, if the check says none */
	uint32_t mark;	  /* via vip; 0: none */
	uint16_t port;
	uint16_t unused;
};

struct checker_answer {
	uint32_t id;
	uint32_t took_us;
	/* When each step was reached, from the begin; 0: not, or there is none
	 */
	uint32_t connected_us, tls_us, first_byte_us;
	uint8_t result; /* enum check_result (director/server.h) */
	uint8_t percent;
	/* Something came back from the address, if only a refusal (D5). */
	uint8_t is_heard;
	uint8_t said;		     /* enum agent_said */
	char text[CHECKER_TEXT_MAX]; /* what was seen, for people */
};
#endif
