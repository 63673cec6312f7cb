/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_CHECKER_MSG_H
#define IPC_CHECKER_MSG_H
/*
 * Between twinbeat-director, which knows when who is to be asked, and
 * twinbeat-checker, which asks. SOCK_SEQPACKET, fixed sizes.
 *
 *   3 this socket   4 the sealed settings   5 a pidfd of its parent
 *
 * New settings are a new checker.
 */
#include <stdint.h>

#include "../wire/ip.h"

#define CHECKER_FD_SOCKET   3
#define CHECKER_FD_SETTINGS 4
#define CHECKER_FD_PARENT   5
#define CHECKER_TEXT_MAX    96
#define CHECKER_PARALLEL    256 /* at once; more are refused */

/* The id of an answer to nobody: it is ready for orders. To load its libraries
 * takes a while. */
#define CHECKER_READY UINT32_MAX

/* One question, to be answered by one struct checker_answer. */
struct checker_order {
	uint32_t id;	/* comes back */
	uint16_t check; /* in settings.checks */
	uint16_t server;
	struct ip ip;
	uint16_t port;
	uint16_t unused;
};

struct checker_answer {
	uint32_t id;
	uint32_t took_us;
	uint8_t result; /* enum check_result (director/server.h) */
	uint8_t percent;
	/* Something came back from the address, if only a refusal (D5). */
	uint8_t is_heard;
	uint8_t unused;
	char text[CHECKER_TEXT_MAX]; /* what was seen, for people */
};
#endif
