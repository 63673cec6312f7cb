/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_LOADER_MSG_H
#define IPC_LOADER_MSG_H
/*
 * What twinbeat-loader says: any number of findings, then LOADER_DONE, with the
 * sealed settings (SCM_RIGHTS) if there was no error. Then it ends. It is
 * started with
 *   3  this socket
 * and the words FILE NODE.
 */
#include <stdint.h>

#include "../settings/settings.h"

#define LOADER_FD_SOCKET 3
#define LOADER_KEY_SIZE	 32

enum loader_event_type {
	LOADER_FINDING = 1, /* text: "FILE:LINE: error: key: ..." */
	LOADER_DONE,
};

struct loader_event {
	uint32_t type;
	uint32_t is_error;	   /* FINDING */
	uint32_t errors, warnings; /* DONE: how many there were */
	/* DONE, without an error */
	uint8_t key[LOADER_KEY_SIZE];
	struct vrrp_key hmac_keys[HMAC_KEYS_MAX];
	char text[SETTINGS_LINE_MAX];
};
#endif
