/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_KEEPER_MSG_H
#define IPC_KEEPER_MSG_H
/*
 * What twinbeatd and twinbeat-keeper say to each other: fixed-size messages
 * over a SOCK_SEQPACKET pair. Each side checks the size and every index and
 * treats the other as hostile. Host byte order: same machine, same build.
 *
 * The keeper is started with these descriptors and nothing else:
 *   3  this socket          4  the sealed settings
 *   5  a pidfd of the main process   6  the run lock (kept open, never used)
 * and its log goes to stderr, one line each (the main process hands it a pipe
 * to the runner, or the terminal).
 */
#include <stdbool.h>
#include <stdint.h>

#include "permit.h"
#include "../wire/beat.h"
#include "../wire/vrrp_sign.h"
#include "../settings/settings.h"

#define KEEPER_FD_SOCKET   3
#define KEEPER_FD_SETTINGS 4
#define KEEPER_FD_MAIN	   5
#define KEEPER_FD_LOCK	   6

/* IFA_PROTO of every address the keeper adds: left-overs are known by it. */
#define KEEPER_ADDRESS_PROTOCOL 0x7b

enum keeper_request_type {
	/*
	 * Main is ticking: renew the leases (R12a). Sent every third of a
	 * lease at the latest; answered by KEEPER_ALIVE.
	 */
	KEEPER_TICK = 1,
	/* Add the addresses of permit.instance, announce, keep renewing. */
	KEEPER_CLAIM,
	/* Remove them, check that they are gone (R10), answer. */
	KEEPER_RELEASE,
	/* Gratuitous ARP again for what is held (R7). */
	KEEPER_ANNOUNCE,
	/*
	 * The last will for one link: frame is the signed obituary as it goes
	 * on the wire. With SCM_RIGHTS: the tty (or a connected UDP socket) to
	 * write it to; without: forget the descriptor of that link.
	 */
	KEEPER_OBITUARY,
	/* Release everything and exit 0 (clean stop). */
	KEEPER_QUIT,
	/*
	 * The last will by VRRP for one instance: from where its adverts come,
	 * and the signature of the priority 0 that is to follow them.
	 */
	KEEPER_RESIGNATION,
	/*
	 * A reload, in three steps. PREPARE: new settings (SCM_RIGHTS),
	 * answered by KEEPER_PREPARED; without them: forget those. CLEAR: what
	 * is held and is in them no more is removed, and looked at (R12);
	 * KEEPER_CLEARED. COMMIT: they count from here on, in every index;
	 * KEEPER_COMMITTED is the first event that is meant so. instance:
	 * comes back in the answer.
	 */
	KEEPER_PREPARE,
	KEEPER_CLEAR,
	KEEPER_COMMIT,
};

struct keeper_resignation {
	struct ip source;
	uint8_t signature[VRRP_SIGNATURE_SIZE];
};

struct keeper_request {
	uint32_t type;	   /* enum keeper_request_type */
	uint32_t instance; /* RELEASE, ANNOUNCE, RESIGNATION */
	uint32_t link;	   /* OBITUARY */
	uint32_t frame_size;
	struct permit permit; /* CLAIM */
	union {
		uint8_t frame[BEAT_WIRE_MAX + 1];
		struct keeper_resignation resignation;
	};
};

enum keeper_event_type {
	/* Left-overs are gone, netlink works: sent once after start. */
	KEEPER_READY = 1,
	KEEPER_ALIVE,
	/* added, failed: how many addresses; text names the failing ones. */
	KEEPER_CLAIMED,
	/* failed = addresses that are still there (release-failed). */
	KEEPER_RELEASED,
	/* Somebody deleted an address of ours, or it was put back. */
	KEEPER_RESTORED,
	/*
	 * Another hand put an address of the instance here (R17.1); text: what,
	 * where, by whom. failed = how many are here and stay: they cannot be
	 * removed, or keep coming back; told again with 0 when they have gone.
	 */
	KEEPER_ALIEN,
	/*
	 * Addresses of the instance that are on lo and do not count, because
	 * arp_ignore keeps them silent (a DR real server); text names them, ""
	 * = none any more.
	 */
	KEEPER_SILENT,
	/*
	 * R3: failed = 1: the kernel answers nobody for an address of the
	 * instance, or would not if it held it; text: why, and the cure. 0: it
	 * does again.
	 */
	KEEPER_ANSWERS,
	/* interface: name; index: of it, 0 = there is none; up: carrier and
	 * admin up; running state; renamed: what it is called now, if there
	 * is none since it was renamed. Sent for every configured interface
	 * after READY and at each change. */
	KEEPER_CARRIER,
	/* failed = 1: no, and text says why; instance: as it was asked */
	KEEPER_PREPARED,
	KEEPER_CLEARED, /* failed = how many are still there, text: which */
	KEEPER_COMMITTED,
};

struct keeper_event {
	uint32_t type;
	uint32_t instance;
	uint32_t added, failed;
	uint32_t index;
	uint8_t up; /* 0: not; a bool must not come from outside */
	char interface[SETTINGS_INTERFACE_MAX];
	char renamed[SETTINGS_INTERFACE_MAX];
	char text[160];
	int64_t at_us; /* CLOCK_BOOTTIME: first address added, or last gone */
};
#endif
