/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_VRRP_H
#define WIRE_VRRP_H
/*
 * VRRP version 2 (RFC 2338 with simple password, RFC 3768) and version 3 over
 * IPv4 (RFC 5798, 9568): building and checking the VRRP message. Pure.
 */
#include "ip.h"

#define VRRP_PROTOCOL	   112
#define VRRP_GROUP_V4	   0xe0000012u /* 224.0.0.18 */
#define VRRP_TTL	   255
#define VRRP_ADDRESSES_MAX 255 /* the count is one byte */
#define VRRP_PASSWORD_SIZE 8
#define VRRP_MESSAGE_MAX   (8 + 4 * VRRP_ADDRESSES_MAX + VRRP_PASSWORD_SIZE)

/* What an advert must look like to be ours; one per instance. */
struct vrrp_expect {
	uint8_t version; /* 2 or 3 */
	uint8_t vrid;
	uint32_t interval_ms;		       /* own setting */
	char password[VRRP_PASSWORD_SIZE + 1]; /* version 2, "" = none */
	const uint32_t *addresses;	       /* host order, as configured */
	unsigned address_count;		       /* at most VRRP_ADDRESSES_MAX */
};

struct vrrp_advert {
	uint8_t version, vrid, priority;
	uint32_t interval_ms;
	bool message_only_checksum; /* version 3: RFC 9568 5.2.8 form */
	bool addresses_differ;	    /* a reason to tell, not to drop (v3) */
};

/*
 * Why an advert was not used; VRRP_OK first. The names are shown to people
 * and counted one by one (R7).
 */
enum vrrp_verdict {
	VRRP_OK,
	VRRP_SHORT,   /* shorter than its own fields say */
	VRRP_TTL_BAD, /* not 255: it was routed (RFC 9568 7.1) */
	VRRP_VERSION, /* not the configured version */
	VRRP_TYPE,    /* not ADVERTISEMENT */
	VRRP_CHECKSUM,
	VRRP_OTHER_VRID, /* somebody else's: ignored, not counted */
	VRRP_AUTH,	 /* v2: type or password differ */
	VRRP_INTERVAL,	 /* v2: differs; v3: zero (erratum 8301) */
	VRRP_COUNT_ZERO,
	VRRP_ADDRESSES, /* v2: the list differs */
	VRRP_CARP,	/* another protocol of the same number: no VRRP */
	VRRP_LENGTH,	/* priority 0 in a message that is too long */
	VRRP_VERDICTS
};
const char *vrrp_verdict_name(enum vrrp_verdict verdict);

/*
 * Builds the VRRP message (no IP header) into message[VRRP_MESSAGE_MAX] and
 * returns its size. Version 3 is sent with the pseudo-header checksum that
 * keepalived and FRR want, unless message_only. Addresses in host order.
 */
size_t vrrp_build(const struct vrrp_expect *mine, uint8_t priority,
		  uint32_t source, uint32_t destination, bool message_only,
		  uint8_t *message);

/*
 * Checks an IPv4 packet as it came from a raw or packet socket: IP header
 * first, perhaps with Ethernet padding behind (trimmed by the IP length).
 * source is set whenever the IP header is whole. advert is filled as far as
 * the message is readable, also for dropped ones, so that reasons can be told.
 */
enum vrrp_verdict vrrp_check(const uint8_t *packet, size_t size,
			     const struct vrrp_expect *mine, uint32_t *source,
			     struct vrrp_advert *advert);

/* RFC 9568 6.1, 3768 6.1: 3 intervals and the skew, in us, nothing rounded. */
int64_t vrrp_master_down_us(uint8_t version, uint8_t priority,
			    uint32_t interval_ms);
int64_t vrrp_skew_us(uint8_t version, uint8_t priority, uint32_t interval_ms);
#endif
