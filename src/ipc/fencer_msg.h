/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_FENCER_MSG_H
#define IPC_FENCER_MSG_H
/*
 * What twinbeatd (or twinbeat without a daemon) and twinbeat-fencer say to each
 * other: fixed-size messages over SOCK_SEQPACKET, sizes and indexes checked.
 * A request that the fencer does not understand, or whose digest is not that
 * of its own settings, ends as FENCE_UNKNOWN, never as off (R6).
 *
 * The fencer is started with
 *   3  this socket   4  the sealed settings   5  a pidfd of its parent
 *   6  the run lock (kept open, never used)
 * When the parent is gone it finishes an attempt whose power command is out,
 * starts nothing new, and exits.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../settings/settings.h"

#define FENCER_FD_SOCKET   3
#define FENCER_FD_SETTINGS 4
#define FENCER_FD_PARENT   5
#define FENCER_FD_LOCK	   6

#define FENCE_TEXT_MAX 200

enum fence_kind {
	FENCE_READ = 1, /* read the plugs of node, write nothing */
	FENCE_OFF,	/* read, switch off, settle, read back; by levels */
	FENCE_ON,	/* the same the other way; every level, no proof */
	FENCE_PING,	/* does it still work? FENCE_PONG at once, no DONE */
	/*
	 * A reload. PREPARE: new settings (SCM_RIGHTS), answered by
	 * FENCE_PREPARED; without them: forget those. COMMIT: work by them from
	 * here on; reads are ended, an attempt that has written is finished
	 * first.
	 */
	FENCE_PREPARE,
	FENCE_COMMIT,
	/* R5: the OFF of this id is no longer needed. If nothing was switched
	 * for it yet it ends as FENCE_UNKNOWN; else it is finished. No answer
	 * of its own. */
	FENCE_CANCEL,
	/* R18: a power command may be wanted within milliseconds. Nothing is
	 * asked of any device, and there is no answer. */
	FENCE_READY,
};

enum plug_state { PLUG_UNKNOWN, PLUG_ON, PLUG_OFF };

struct fence_request {
	uint32_t id;	 /* answered in every event; never 0 */
	uint32_t kind;	 /* enum fence_kind */
	uint32_t node;	 /* whose plugs; never our own for OFF */
	uint32_t levels; /* bit n = level n may be used */
	int32_t device;	 /* only plugs of this device, -1 = all */
	uint32_t digest; /* settings.fence_digest of the asker */
	uint32_t guard;	 /* OFF: not if a plug of our own reads off (R5) */
};

enum fence_event_type {
	FENCE_STEP = 1, /* for people: text */
	FENCE_WRITING,	/* the first power command goes out now */
	FENCE_DONE,
	FENCE_PONG,	/* digest; the rest is 0 */
	FENCE_PREPARED, /* id; outcome FENCE_FAILED: no, and text says why */
};

enum fence_outcome {
	FENCE_UNKNOWN, /* late, killed, unreadable, refused: proves nothing */
	FENCE_FAILED,  /* every level tried, a plug read back wrong or dead */
	FENCE_IS_OFF,  /* switched off and read back off, whole level */
	FENCE_ALREADY_OFF, /* every plug of a level read off, nothing written */
	FENCE_IS_ON,
	FENCE_READ_DONE, /* FENCE_READ: see plugs */
	FENCE_OUTRUN,	 /* guard: our own plug read off, nothing written */
};

struct fence_event {
	uint32_t type;
	uint32_t id;
	uint32_t outcome;      /* DONE: enum fence_outcome */
	uint32_t level;	       /* the level that succeeded, or was last tried */
	uint32_t digest;       /* DONE, PONG: of the fencer's settings */
	uint32_t device_ok;    /* bit d: device d answered; see device_tried */
	uint32_t device_tried; /* bit d: device d was spoken to */
	uint8_t plugs[PLUGS_MAX]; /* enum plug_state, settings order */
	uint32_t wrote;		  /* a power command went out */
	int64_t at_us; /* CLOCK_BOOTTIME; DONE: of the last read-back */
	int64_t took_us;
	uint32_t power_wait_ms; /* DONE: the largest of the level's devices */
	char text[FENCE_TEXT_MAX]; /* one sentence: device, address, what */
};
#endif
