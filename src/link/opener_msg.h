/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_OPENER_MSG_H
#define LINK_OPENER_MSG_H
/*
 * Between twinbeatd and twinbeat-opener: opening, setting and closing may
 * block in a driver (a USB adapter that hangs) or on the kernel's RTNL lock,
 * so the loop that feeds both media does none of it. A request goes one way, a
 * reply with the open descriptors comes back; to close, the descriptors go
 * along with the request and nothing comes back.
 */
#include <stdint.h>

#include "link.h"

#define OPENER_FD_SOCKET 3
#define OPENER_TEXT_MAX	 200

enum opener_order {
	OPENER_OPEN = 1, /* the reply brings what take() wants */
	OPENER_CLOSE,	 /* the descriptors that come along; no reply */
};

/* As subject: every request that was not answered; the opener is gone. */
#define OPENER_ALL UINT32_MAX

struct opener_request {
	uint32_t order;	  /* enum opener_order */
	uint32_t kind;	  /* OPEN: index in link_kinds[] */
	uint32_t subject; /* the asker's, comes back: link or instance */
	struct link_place place;
};

struct opener_reply {
	uint32_t subject;
	int32_t result; /* 0 with descriptors, or -1 and a sentence in text */
	char text[OPENER_TEXT_MAX];
	struct link_opened opened; /* fds: as they came with the message */
};
#endif
