/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IPC_PERMIT_H
#define IPC_PERMIT_H
/*
 * R1: addresses are added only with a permit. A permit says why a claim is
 * safe; it is made in permit.c and nowhere else (make lint looks), from what
 * the core knows at that instant, and used in the same step.
 */
#include <stdbool.h>
#include <stdint.h>

enum proof {
	PROOF_NONE,
	PROOF_RELEASED,	   /* our want was acknowledged by a peer that neither
			      owns nor wants (R17.3) */
	PROOF_OBITUARY,	   /* the keeper's last word (R12) */
	PROOF_FENCED,	   /* cut, read back, silent (R6) */
	PROOF_ALREADY_OFF, /* every plug of a level read off just now */
	PROOF_RESIGNED,	   /* VRRP priority 0, no two-way link (R1) */
	PROOF_OPERATOR,	   /* twinbeat confirm (R13) */
	PROOF_SILENCE, /* only fence.required = false, or a plain VRRP peer */
	PROOFS
};
const char *proof_name(enum proof proof);

struct permit {
	uint32_t instance;
	uint32_t proof; /* enum proof */
	uint32_t peer_generation, peer_sequence;
	uint32_t own_generation;
	int64_t at_us;
};

struct core;
/*
 * The permit of an instance that has been owned without a gap, good for a new
 * keeper: the old one's addresses are gone, ours is the right to them.
 */
struct permit permit_renew(const struct core *core, unsigned instance);
/*
 * Looks for a proof that the instance may be claimed now. False: there is
 * none. Call only from a step in which every link was read until empty.
 */
bool permit_find(const struct core *core, unsigned instance,
		 struct permit *permit);
#endif
