/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_LOADER_MSG_H
#define IPC_LOADER_MSG_H
/*
 * What twinbeat-loader says: any number of findings, then LOADER_DONE, with the
 * sealed settings (SCM_RIGHTS) if there was no error. Then it ends. It is
 * started with
 *   3  this socket
 * and the words FILE NODE.
 *
 * With a third word it works for a twinbeat push:
 *   send  LOADER_TEXT comes first: the file and all it includes, in a memfd
 *   take  what is read is not FILE but the text that the peer has sent,
 *           4  it, in a memfd
 *           5  the sealed settings that the daemon runs, which FILE has to be
 *         It lies beside FILE until LOADER_PUT puts it in its place, and FILE
 *         becomes FILE.old; LOADER_PLACED answers. If the socket ends before,
 *         it goes, and all is as it was.
 */
#include <stdint.h>

#include "../settings/settings.h"

#define LOADER_FD_SOCKET 3
#define LOADER_FD_TEXT	 4
#define LOADER_FD_RUNS	 5
#define LOADER_KEY_SIZE	 32

enum loader_event_type {
	LOADER_FINDING = 1, /* text: "FILE:LINE: error: key: ..." */
	LOADER_DONE,
	LOADER_TEXT,   /* with a memfd */
	LOADER_PLACED, /* is_error: it was not, text says why */
};

/* To it. */
enum loader_order_type { LOADER_PUT = 1 };
struct loader_order {
	uint32_t type;
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
