/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_H
#define LINK_VRRP_H
/* Adverts of one instance on one interface. */
#include "../../wire/vrrp.h"
#include "../link.h"
#include "vrrp_hmac.h"

#define VRRP_SOURCES_MAX 4
#define VRRP_SIGNERS	 2 /* keys of a pair, ids 1 and 2 */
#define VRRP_KEY_ADVERT	 1
#define VRRP_KEY_LAST	 2
struct vrrp_options {
	char interface[16];
	unsigned instance; /* the caller's number for it: vrrp_heard.instance */
	struct vrrp_expect expect;
	struct ip
		source; /* own address of expect's family; none = ask kernel */
	/*
	 * Or, instead of it, the node's configured addresses: the first that
	 * is on the interface, else the interface's first, else sources[0].
	 */
	struct ip sources[VRRP_SOURCES_MAX];
	unsigned source_count;
	struct ip destination;	    /* none: the group; else unicast to there */
	bool message_only_checksum; /* send the RFC 9568 form */
	/*
	 * R2: two twinbeat nodes sign with keys of the pair, its adverts with
	 * keys[0] and the last word of a life with keys[1]; none: not signed.
	 * R16: beside a plain router keys[0] signs and all of them are known.
	 */
	struct vrrp_key keys[VRRP_KEYS_MAX];
	unsigned key_count; /* 0, VRRP_SIGNERS, or with hmac as many */
	struct vrrp_hmac_options hmac;
};

/* An advert as it was heard. */
struct vrrp_heard {
	unsigned instance; /* vrrp_options.instance of who heard it */
	enum vrrp_verdict verdict;
	bool is_authentic; /* dropped (VRRP_STALE), but signed, and no copy */
	struct ip source;
	struct vrrp_advert advert;
};

struct vrrp;
struct vrrp_port;
struct vrrp *vrrp_new(const struct vrrp_options *options);
/* The caller sees to it that its port hears nothing for it any more. */
void vrrp_free(struct vrrp *vrrp);
/* Its sockets from here on are those of this port (vrrp_port.h); what is open
 * stays so where the port is. */
void vrrp_join(struct vrrp *vrrp, struct vrrp_port *port);
/*
 * Other options from here on, for the same interface, VRID and family: what is
 * open stays so, and what was counted and sent counts on. False: it has to be
 * opened anew to come from where they say.
 */
bool vrrp_change(struct vrrp *vrrp, const struct vrrp_options *options);
/* The port stays open for its other instances. */
void vrrp_close(struct vrrp *vrrp);
bool vrrp_is_open(const struct vrrp *vrrp);
/*
 * Opening: one process describes what it wants, another finds where adverts
 * come from, and opens the port's sockets where they are not there yet; the
 * first one takes both.
 */
#define VRRP_FDS 3
struct vrrp_place {
	char interface[16];
	uint32_t is_v6;
	uint32_t wants_sockets; /* else the port is open */
	uint32_t vrids[256 / 32];
	struct ip source; /* vrrp_options.source */
	uint32_t source_count;
	struct ip sources[VRRP_SOURCES_MAX];
	uint32_t vip_count; /* at most VRRP_ADDRESSES_MAX */
	struct ip vips[VRRP_ADDRESSES_MAX];
};
/* vips: of every instance (the keeper knows them all, vrrp_source.h); count:
 * at most VRRP_ADDRESSES_MAX. */
void vrrp_describe(const struct vrrp *vrrp, bool wants_sockets,
		   const struct ip *vips, unsigned count,
		   struct link_place *place);
struct vrrp_opened {
	uint32_t index;	  /* the interface's */
	struct ip source; /* none was found: all zero */
};
/* 0 or -1 with a sentence. Fails while the interface does not exist: retry. */
int vrrp_find(const struct vrrp *vrrp, struct vrrp_opened *found, char *error,
	      size_t error_size);
/* What the other process has found. False: the port is closed, or is not of
 * this interface any more (another has its name). */
bool vrrp_take(struct vrrp *vrrp, const struct vrrp_opened *opened);
/*
 * 0; -1 with a sentence when this one advert was not sent (rate-limiting is the
 * caller's). No reason to close: a lost interface is told by the port.
 * Without carrier the kernel takes adverts and drops them: ask the carrier.
 */
int vrrp_send(struct vrrp *vrrp, uint8_t priority, uint32_t generation,
	      char *error, size_t error_size);
/*
 * R12: the signature of the last word of this life, for the keeper, which makes
 * the message. False: adverts are not signed, or it is not known from where
 * they go.
 */
bool vrrp_sign_last(const struct vrrp *vrrp, uint32_t generation,
		    uint8_t signature[VRRP_SIGNATURE_SIZE]);
/*
 * Sends what no router takes for its own: an advert of VRID 0, which is none
 * (RFC 9568 5.2.3: 1 to 255). Shows whether an advert would leave.
 */
#define VRRP_TRY_VRID 0
int vrrp_try(struct vrrp *vrrp, char *error, size_t error_size);
struct ip vrrp_source(const struct vrrp *vrrp); /* none: all zero */
/*
 * For the port: a packet with our VRID, judged, also one that is dropped (R2:
 * its sender lives). False: it says nothing.
 */
bool vrrp_hear(struct vrrp *vrrp, const uint8_t *packet, size_t size,
	       struct vrrp_heard *heard);
/*
 * True when the packet socket has heard several adverts in a row and the raw
 * socket none of them: the local firewall or rp_filter drops VRRP.
 */
bool vrrp_is_filtered(const struct vrrp *vrrp);
struct link_counters *vrrp_counters(struct vrrp *vrrp);
/* What the status tells of a virtual router (RFC 6527); it decides nothing. */
struct vrrp_tally {
	struct ip heard; /* where its last good advert came from; or all zero */
	uint64_t zeros_heard, zeros_sent; /* adverts of priority 0 */
	/* written by its owner: how often it became MASTER, by which proof the
	 * last time (a literal), and since when it is MASTER or BACKUP, 0 = it
	 * is neither */
	uint64_t masters;
	const char *proof;
	int64_t up_us;
};
struct vrrp_tally *vrrp_tally(struct vrrp *vrrp);
/* Adverts by verdict, [VRRP_OK] included; VRRP_VERDICTS numbers. */
const uint64_t *vrrp_drop_counters(const struct vrrp *vrrp);
/* R16: the other router's adverts are signed, as far as is known. */
bool vrrp_peer_signs(const struct vrrp *vrrp);
#endif
