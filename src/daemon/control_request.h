/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CONTROL_REQUEST_H
#define DAEMON_CONTROL_REQUEST_H
#include "../core/core.h"
#include "../settings/settings.h"

/*
 * One request of control_msg.h, understood. What control.c does not answer by
 * itself goes to the core by its command; the core refuses COMMAND_NONE, so a
 * new kind of request sets command, or has its answer in client_ask().
 */
struct control_request {
	bool is_status;		   /* answered without the core */
	bool is_reload;		   /* the same (reload.h) */
	bool is_push;		   /* the same (push_edge.h) */
	enum core_command command; /* else this goes to the core */
	unsigned node;
	int device; /* -1 = all */
	bool force;
	bool is_to;		   /* of HANDOVER: node was named */
	bool is_drill;		   /* of FENCE_REBOOT: the rehearsal */
	uint32_t wait_ms;	   /* drill: for the node to boot */
	unsigned answer;	   /* ANSWER: 1, 2 or 3 */
	char code[CORE_CODE_SIZE]; /* ANSWER */
};

/*
 * Reads one line (without its newline). Names are looked up in the settings.
 * 0; or -1 with a sentence for the operator. Pure; never trusts the line.
 */
int control_request_parse(const char *line, size_t size,
			  const struct settings *settings,
			  struct control_request *request, char *error,
			  size_t error_size);
#endif
