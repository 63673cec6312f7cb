/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_VRRP_H
#define WIRE_VRRP_H
/*
 * VRRP version 2 (RFC 2338 with simple password, RFC 3768; IPv4) and version 3
 * (RFC 5798, 9568; IPv4 and IPv6): building and checking the VRRP message.
 * Pure.
 */
#include "ip.h"
#include "vrrp_sign.h"

#define VRRP_PROTOCOL	   112
#define VRRP_GROUP_V4	   0xe0000012u /* 224.0.0.18 */
#define VRRP_TTL	   255
#define VRRP_ADDRESSES_MAX 255 /* the count is one byte */
/* 1500 bytes, 40 of IP header, 8 of ours, 28 of signature: RFC 9568 5.2.4 */
#define VRRP_ADDRESSES_MAX_V6 89
#define VRRP_PASSWORD_SIZE    8
/* The longest of either family, signature included. */
#define VRRP_MESSAGE_MAX (8 + 16 * VRRP_ADDRESSES_MAX_V6 + VRRP_SIGNATURE_SIZE)

/* Where adverts of a family go: 224.0.0.18 or ff02::12. */
struct ip vrrp_group(bool is_v6);
/* How many addresses an advert of a family can name. */
static inline unsigned vrrp_addresses_max(bool is_v6)
{
	return is_v6 ? VRRP_ADDRESSES_MAX_V6 : VRRP_ADDRESSES_MAX;
}

/* Of an advert that names so many, with its IP header, without a signature. */
unsigned vrrp_packet_size(unsigned version, bool is_v6, unsigned addresses);

/* What an advert must look like to be ours; one per instance. */
struct vrrp_expect {
	uint8_t version; /* 2 or 3; IPv6: 3 */
	uint8_t vrid;
	bool is_v6;
	bool is_unicast;      /* not to the group, but to us */
	uint8_t min_ttl;      /* of unicast, with routers between; 0: 255 */
	struct ip peer;	      /* unicast: from there alone; none = anybody */
	uint32_t interval_ms; /* own setting */
	char password[VRRP_PASSWORD_SIZE + 1]; /* version 2, "" = none */
	const struct ip *addresses;	       /* as configured */
	unsigned address_count;		       /* <= vrrp_addresses_max() */
	const struct vrrp_key *keys;	       /* of signatures, NULL: none */
	unsigned key_count;
};

struct vrrp_advert {
	uint8_t version, vrid, priority;
	uint32_t interval_ms;
	bool message_only_checksum; /* version 3: RFC 9568 5.2.8 form */
	bool addresses_differ;	    /* a reason to tell, not to drop (v3) */
	/*
	 * Whether one of the keys made its signature; also of a dropped one
	 * (another version, list ...), except where its length was wrong.
	 */
	bool is_signed;
	bool has_signature; /* something as long as one is behind it */
	struct vrrp_signature signature;
};

/*
 * Why an advert was not used; VRRP_OK first. The names are shown to people
 * and counted one by one (R7).
 */
enum vrrp_verdict {
	VRRP_OK,
	VRRP_SHORT,   /* shorter than its own fields say */
	VRRP_TTL_BAD, /* below 255: it was routed (RFC 9568 7.1) */
	VRRP_VERSION, /* not the configured version */
	VRRP_TYPE,    /* not ADVERTISEMENT */
	VRRP_CHECKSUM,
	VRRP_OTHER_VRID, /* somebody else's: ignored, not counted */
	VRRP_AUTH,	 /* v2: type or password differ */
	VRRP_INTERVAL,	 /* v2: differs; v3: zero (erratum 8301) */
	VRRP_COUNT_ZERO,
	VRRP_ADDRESSES,	    /* v2: the list differs */
	VRRP_CARP,	    /* another protocol of the same number: no VRRP */
	VRRP_LENGTH,	    /* priority 0 in a message that is too long */
	VRRP_DESTINATION,   /* not the group, or the group where unicast is */
	VRRP_SOURCE,	    /* IPv6 to the group, not from a link-local; or
			     * unicast, and not from the peer */
	VRRP_FIRST_ADDRESS, /* IPv6: not link-local (erratum 8300) */
	VRRP_SIGNATURE,	    /* by none of the keys, or bent */
	/* never of a check, but of what comes after it: */
	VRRP_UNSIGNED, /* good, but not signed where only signed ones count
			* (R2) */
	VRRP_STALE,    /* signed at another time than now (R16) */
	VRRP_REPLAY,   /* signed, and no newer than one before */
	VRRP_VERDICTS
};
const char *vrrp_verdict_name(enum vrrp_verdict verdict);

/*
 * Builds the VRRP message (no IP header) into message[VRRP_MESSAGE_MAX] and
 * returns its size. Version 3 is sent with the pseudo-header checksum that
 * keepalived and FRR want, unless message_only (IPv4 only). The source must be
 * of the addresses' family. vrrp_sign() may follow.
 */
size_t vrrp_build(const struct vrrp_expect *mine, uint8_t priority,
		  const struct ip *source, const struct ip *destination,
		  bool message_only, uint8_t *message);

/*
 * Checks an IP packet as it came from a raw or packet socket: IP header
 * first, perhaps with Ethernet padding behind (trimmed by the IP length).
 * source is set whenever the IP header is whole. advert is filled as far as
 * the message is readable, also for dropped ones, so that reasons can be told.
 */
enum vrrp_verdict vrrp_check(const uint8_t *packet, size_t size,
			     const struct vrrp_expect *mine, struct ip *source,
			     struct vrrp_advert *advert);

/* RFC 9568 6.1, 3768 6.1: 3 intervals and the skew, in us, nothing rounded. */
int64_t vrrp_master_down_us(uint8_t version, uint8_t priority,
			    uint32_t interval_ms);
int64_t vrrp_skew_us(uint8_t version, uint8_t priority, uint32_t interval_ms);
#endif
