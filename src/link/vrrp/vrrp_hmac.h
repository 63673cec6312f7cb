/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_HMAC_H
#define LINK_VRRP_HMAC_H
/*
 * What a signature is worth beside a plain VRRP router (R16), as keepalived 2.4
 * has it: a sequence made of the sender's clock, a window around ours, a mark
 * for each sender. Pure; the MAC is wire/vrrp_sign.h's business. Between two
 * twinbeat nodes none of this is used: generations and the core's rules are
 * stronger (core/signed.c).
 */
#include <time.h>

#include "../../wire/vrrp.h"

enum vrrp_hmac_mode {
	VRRP_HMAC_OFF,	       /* it is the pair's own signing, or none */
	VRRP_HMAC_ENFORCE,     /* signs; what is not signed is dropped */
	VRRP_HMAC_PERMISSIVE,  /* signs; takes both until the other signs */
	VRRP_HMAC_RECEIVE_ONLY /* does not sign; takes both */
};

struct vrrp_hmac_options {
	enum vrrp_hmac_mode mode;
	bool is_monotonic; /* no window: the two clocks may differ */
	uint32_t window_s; /* else: so far they may */
};

#define VRRP_HMAC_SENDERS 4 /* of one VRID, remembered at a time */
struct vrrp_hmac {
	uint64_t sent; /* the last sequence of ours, 0: none */
	bool peer_signs;
	struct vrrp_hmac_sender {
		struct ip source; /* all zero: none */
		uint64_t mark;	  /* the highest of its sequences, 0: none */
		uint64_t
			stale; /* the same, of those outside the window since */
		uint64_t used; /* the larger the later */
	} senders[VRRP_HMAC_SENDERS];
	uint64_t uses;
	bool is_news; /* VRRP_STALE: no copy of one that was stale before */
};

/* UTC as a sequence: seconds, 1/65536 s, a counter of zero. */
uint64_t vrrp_hmac_clock(const struct timespec *utc);

/* The sequence of the next advert; never twice the same. */
uint64_t vrrp_hmac_next(struct vrrp_hmac *hmac,
			const struct vrrp_hmac_options *options,
			uint64_t clock);

/*
 * What an advert is that passed all other checks: VRRP_OK, VRRP_UNSIGNED,
 * VRRP_STALE or VRRP_REPLAY.
 */
enum vrrp_verdict vrrp_hmac_judge(struct vrrp_hmac *hmac,
				  const struct vrrp_hmac_options *options,
				  const struct ip *source,
				  const struct vrrp_advert *advert,
				  uint64_t clock);

/* What differs or is wrong, for an alert; NULL: nothing of the signature. */
const char *vrrp_hmac_reason(const struct vrrp_hmac_options *options,
			     enum vrrp_verdict verdict);
#endif
