/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_BEAT_H
#define WIRE_BEAT_H
/*
 * The beat: the frame that serial and udp links carry (40 bytes on the wire
 * for up to 8 instances, 165 for 255), and its encoding. Pure: no I/O, no
 * clock.
 *
 *   version:3 type:2 sender:1 tag bits 9, 8:2 | generation 4 | sequence
 * 4 | ack generation 4 | ack sequence 4 | clock 4 | own n | want n | ask n |
 *   fit n | flags 1 | heard 1 | slot tag bits 0 to 7, value 2 | HMAC-SHA256 cut
 * to 8
 *
 * n = 1 byte per 8 instances of the sender; the receiver sees it by the length,
 * so that two nodes of which one knows more instances than the other hear each
 * other. In a wide frame, of more than 64, the slot's tag has a byte more:
 * bits 8 to 15, then 0 to 7. All big-endian. On the wire: COBS, ended by 0x00.
 * The link a beat came in by is set by the receiver, never read from it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instance_set.h"

#define BEAT_VERSION  2
#define BEAT_MAC_SIZE 8
#define BEAT_KEY_SIZE 32
/* 255 instances: 27 + 4 * 32 + 8 (MAC), plus COBS code and delimiter: 165. */
#define BEAT_WIRE_MAX 176

/* What the first byte has, also that of a bulk frame (bulk.h). */
#define BEAT_VERSION_SHIFT 5
#define BEAT_TYPE_SHIFT	   3
#define BEAT_TYPE_MASK	   3
#define BEAT_SENDER_SHIFT  2
#define BEAT_SENDER_MASK   1

enum beat_type {
	BEAT_STATEMENT = 0,
	/* R12: this generation is over, it holds nothing and never will. */
	BEAT_OBITUARY = 1,
	BEAT_IS_BULK = 2, /* no beat: a frame of bulk.h */
};

enum beat_flag {
	BEAT_FLAG_MAINTENANCE = 1 << 0,
	BEAT_FLAG_STOPPING = 1 << 1,
	BEAT_FLAG_FENCE_OK = 1 << 2, /* R14: its fence path works */
	BEAT_FLAG_STUCK = 1 << 3,    /* R10: a VIP stays, "please fence me" */
	BEAT_FLAG_DISAGREE = 1 << 4, /* it sees the links disagree (R9) */
	BEAT_FLAG_FENCED = 1 << 5,   /* R9: it cut our power lately */
	BEAT_FLAG_HEARS = 1 << 6,    /* R3: its hearing test is passed */
	BEAT_FLAG_ANSWER = 1 << 7,   /* R18: answer at once, by every link */
};

/* Two-way links that a pair may have, of all kinds. */
#define BEAT_LINKS_MAX 4
/* beat.heard: bit i = by two-way link i of the sender's file the other node is
 * heard */
#define BEAT_HEARD_LINKS ((1 << BEAT_LINKS_MAX) - 1)
/* ... this bit = its adverts arrive */
#define BEAT_HEARD_VRRP 0x80
/* ... and this one = its hearing test is passed by its gateway or a witness */
#define BEAT_HEARD_GATEWAY 0x40
/* ... and this one = a real server answers its director (R3) */
#define BEAT_HEARD_SERVERS 0x20

/* The rotating slot: slow facts, one per frame. */
enum beat_slot {
	SLOT_NONE = 0,
	SLOT_DIGEST_LOW = 1,   /* settings digest, low 16 bits */
	SLOT_DIGEST_HIGH = 2,  /* ... high 16 bits */
	SLOT_MAINTENANCE = 3,  /* version << 1 | on (R13) */
	SLOT_FENCE_HEALTH = 4, /* bit d: device d answers; 8 + d: tried */
	SLOT_LINES = 5,	       /* bit i: it sees the lines of link i (R18) */
	/* when its file was changed, UTC: the halves of seconds; while the
	 * files differ (R15) */
	SLOT_FILE_LOW = 6,
	SLOT_FILE_HIGH = 7,
	SLOT_PART_DIGEST =
		8, /* + enum settings_part: 8..15, names what differs */
	/* how many instances its file has; while the files differ (R15) */
	SLOT_PLACES = 16,
	/* + i, of instance i: 256 each; 64 in a frame that is not wide */
	SLOT_INSTANCE = 256, /* VRID << 8 | priority */
	/* where its adverts come from, if that is none of the sender's
	 * configured addresses; the high and the low half (R7) */
	SLOT_SOURCE_HIGH = 512,
	SLOT_SOURCE_LOW = 768,
	/* digest of its name, its halves; while the files differ (R15) */
	SLOT_NAME_LOW = 1024,
	SLOT_NAME_HIGH = 1280,
	/* digest of its addresses, its halves; while the files differ (R15) */
	SLOT_ADDRESSES_LOW = 2048,
	SLOT_ADDRESSES_HIGH = 2304,
	/* + b: one digest of both, of all places of block b, its halves; while
	 * the files differ (R15) */
	SLOT_BLOCK_LOW = 2560,
	SLOT_BLOCK_HIGH = 2816,
	/* cells of the director's board: 64 each, so in every frame (D6) */
	SLOT_BOARD_LOW = 1536,
	SLOT_BOARD_HIGH = 1792,
};

/* What the director of a node shows to the other one: cells of 16 bits, whose
 * meaning is theirs alone. */
#define BOARD_CELLS	 128
#define BOARD_CELLS_SLOT 64

/* The two parts of a tag: which of these slots, and of which instance. */
static inline uint16_t beat_slot_kind(uint16_t tag)
{
	return tag & 0xff00;
}
static inline unsigned beat_slot_instance(uint16_t tag)
{
	return tag & 0xff;
}

static inline uint16_t beat_slot_of_cell(unsigned cell)
{
	return (uint16_t)((cell < BOARD_CELLS_SLOT ? SLOT_BOARD_LOW
						   : SLOT_BOARD_HIGH) +
			  cell % BOARD_CELLS_SLOT);
}

struct beat {
	uint8_t type;	/* enum beat_type */
	uint8_t sender; /* node index 0 or 1 */
	uint32_t generation, sequence;
	uint32_t ack_generation, ack_sequence;
	/* R11: the sender's CLOCK_BOOTTIME, ms modulo 2^32 (49 days) */
	uint32_t clock_ms;
	struct instance_set own, want, ask, fit;
	uint8_t flags, heard;
	uint16_t slot_tag; /* enum beat_slot */
	uint16_t slot_value;
};

enum beat_verdict {
	BEAT_OK,
	BEAT_BAD_FRAMING, /* COBS, length, version, or a generation of 0 */
	BEAT_BAD_MAC,
};

/* Bytes of a frame on the wire, COBS and delimiter included. */
size_t beat_wire_size(unsigned instances);

/*
 * Encodes and signs; wire must hold BEAT_WIRE_MAX. Returns the bytes written,
 * the last of which is the 0x00 delimiter.
 */
size_t beat_encode(const struct beat *beat, unsigned instances,
		   const uint8_t key[BEAT_KEY_SIZE], uint8_t *wire);

/*
 * Decodes one frame: the bytes between two delimiters, without them. beat is
 * written only on BEAT_OK. Never trusts length or content. Bits of the sender's
 * first so many instances are read; those that it does not have are 0. Which
 * instance of ours each stands for is the core's to find out (R15).
 */
enum beat_verdict beat_decode(const uint8_t *frame, size_t size,
			      unsigned instances,
			      const uint8_t key[BEAT_KEY_SIZE],
			      struct beat *beat);

/*
 * Cuts a byte stream into frames at 0x00. Overlong or empty runs are skipped:
 * *bad counts the overlong. Feed bytes as they come.
 */
struct beat_stream {
	uint8_t bytes[BEAT_WIRE_MAX];
	size_t used;
	bool skipping;
};

/* Takes one byte; true when frame bytes[0..*size) are complete. */
bool beat_stream_push(struct beat_stream *stream, uint8_t byte, size_t *size,
		      uint64_t *bad);
#endif
