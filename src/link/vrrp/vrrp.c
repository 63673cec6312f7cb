/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VRRP link of one instance on one interface: sends its adverts, hears the
 * other's, counts what was wrong with them, and notices when the local
 * firewall is in the way. Decides nothing about mastership. An advert that is
 * dropped is handed on with its reason: its sender is alive (R2).
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../base/clock.h"
#include "vrrp.h"
#include "vrrp_expect.h"
#include "vrrp_socket.h"

#define VRRP_PACKETS_MAX 32   /* per call */
#define VRRP_BATCH	 2    /* per system call: there is one, as a rule */
#define VRRP_DISCARD_MAX 4096 /* packets; a receive buffer holds fewer */
#define VRRP_PACKET_SIZE 2048 /* the longest advert has 1500 bytes */
/*
 * Receives in a row that heard adverts while the witness heard none. More than
 * one, since a packet reaches the packet socket a moment before the raw one.
 * The witness is asked no more often than that.
 */
#define VRRP_FILTERED_AFTER 5

struct vrrp {
	struct link link; /* first: a link is one */
	struct vrrp_options options;
	struct ip addresses[VRRP_ADDRESSES_MAX];
	int packet_fd, witness_fd, sender_fd; /* -1 = closed */
	unsigned index;
	struct ip source;	       /* none = not known yet */
	unsigned unwitnessed, unasked; /* see VRRP_FILTERED_AFTER */
	unsigned emptied;	       /* closed or discarded so often */
	uint32_t clock_ms;	       /* of the last signed advert */
	unsigned listed; /* so many addresses the kernel took; 0: all */
	bool is_whole;	 /* our sender breaks nothing up */
	uint64_t drops[VRRP_VERDICTS];
	struct vrrp_tally tally;
	struct vrrp_hmac hmac; /* R16 */
};

static void take_options(struct vrrp *vrrp, const struct vrrp_options *options)
{
	const struct vrrp_expect *expect = &options->expect;

	assert(expect->address_count <= VRRP_ADDRESSES_MAX);
	vrrp->options = *options;
	for (unsigned i = 0; i < expect->address_count; i++)
		vrrp->addresses[i] = expect->addresses[i];
	vrrp->options.expect.addresses = vrrp->addresses;
	vrrp->options.expect.keys = vrrp->options.keys;
	vrrp->options.expect.key_count = options->key_count;
	if (ip_is_none(&vrrp->options.destination))
		vrrp->options.destination = vrrp_group(expect->is_v6);
}

struct vrrp *vrrp_new(const struct vrrp_options *options)
{
	struct vrrp *vrrp = calloc(1, sizeof(*vrrp));

	if (vrrp == NULL)
		return NULL;
	vrrp->link.kind = &link_vrrp;
	take_options(vrrp, options);
	vrrp->packet_fd = -1;
	vrrp->witness_fd = -1;
	vrrp->sender_fd = -1;
	return vrrp;
}

bool vrrp_change(struct vrrp *vrrp, const struct vrrp_options *options)
{
	const struct vrrp_options *now = &vrrp->options;
	bool is_same =
		strcmp(now->interface, options->interface) == 0 &&
		now->expect.vrid == options->expect.vrid &&
		now->expect.is_v6 == options->expect.is_v6 &&
		ip_compare(&now->source, &options->source) == 0 &&
		now->source_count == options->source_count &&
		memcmp(now->sources, options->sources,
		       options->source_count * sizeof(now->sources[0])) == 0;

	/* from a virtual address nothing may be sent */
	for (unsigned i = 0; i < options->expect.address_count; i++)
		is_same = is_same &&
			  ip_compare(&vrrp->source,
				     &options->expect.addresses[i]) != 0;
	/* R16: what it was under other keys says nothing now */
	if (now->hmac.mode != options->hmac.mode ||
	    now->key_count != options->key_count ||
	    memcmp(now->keys, options->keys, sizeof(now->keys)) != 0)
		vrrp->hmac.peer_signs = false;
	take_options(vrrp, options);
	return is_same;
}

struct link *vrrp_link(struct vrrp *vrrp)
{
	return &vrrp->link;
}

void vrrp_free(struct vrrp *vrrp)
{
	if (vrrp == NULL)
		return;
	vrrp_close(vrrp);
	free(vrrp);
}

/* The configured source, else one that is on the interface, asked again. */
static void vrrp_find_source(struct vrrp *vrrp)
{
	const struct vrrp_options *options = &vrrp->options;

	vrrp->source = options->source;
	if (ip_is_none(&vrrp->source))
		vrrp->source = vrrp_socket_find_source(
			options->interface, options->expect.is_v6,
			options->sources, options->source_count,
			vrrp->addresses, options->expect.address_count);
	/* none there: sending from it fails, and says so */
	if (ip_is_none(&vrrp->source) && options->source_count > 0)
		vrrp->source = options->sources[0];
}

int vrrp_open(struct vrrp *vrrp, char *error, size_t error_size)
{
	const char *interface = vrrp->options.interface;
	struct vrrp_socket_place place = {.interface = interface,
					  .is_v6 = vrrp->options.expect.is_v6,
					  .vrid = vrrp->options.expect.vrid};

	vrrp_close(vrrp);
	vrrp->index = vrrp_socket_find_interface(interface, error, error_size);
	if (vrrp->index == 0)
		return -1;
	place.index = vrrp->index;
	vrrp->packet_fd = vrrp_socket_open_packet(&place, error, error_size);
	if (vrrp->packet_fd >= 0)
		vrrp->witness_fd =
			vrrp_socket_open_witness(&place, error, error_size);
	if (vrrp->witness_fd >= 0)
		vrrp->sender_fd =
			vrrp_socket_open_sender(&place, error, error_size);
	if (vrrp->sender_fd < 0) {
		vrrp_close(vrrp);
		return -1;
	}
	/* Without an address it can still hear; sending will tell. */
	vrrp_find_source(vrrp);
	vrrp->unwitnessed = 0;
	vrrp->listed = 0;
	vrrp->is_whole = false;
	return 0;
}

void vrrp_close(struct vrrp *vrrp)
{
	vrrp->emptied++;
	if (vrrp->packet_fd >= 0)
		close(vrrp->packet_fd);
	if (vrrp->witness_fd >= 0)
		close(vrrp->witness_fd);
	if (vrrp->sender_fd >= 0)
		close(vrrp->sender_fd);
	vrrp->packet_fd = -1;
	vrrp->witness_fd = -1;
	vrrp->sender_fd = -1;
}

void vrrp_describe(const struct vrrp *vrrp, struct vrrp_place *place)
{
	const struct vrrp_expect *expect = &vrrp->options.expect;

	*place = (struct vrrp_place){.vrid = expect->vrid,
				     .is_v6 = expect->is_v6,
				     .source = vrrp->options.source,
				     .source_count = vrrp->options.source_count,
				     .vip_count = expect->address_count};
	snprintf(place->interface, sizeof(place->interface), "%s",
		 vrrp->options.interface);
	memcpy(place->sources, vrrp->options.sources, sizeof(place->sources));
	memcpy(place->vips, vrrp->addresses,
	       expect->address_count * sizeof(place->vips[0]));
}

unsigned vrrp_give(struct vrrp *vrrp, int fds[VRRP_FDS],
		   struct vrrp_opened *opened)
{
	vrrp->emptied++;
	if (vrrp->sender_fd < 0)
		return 0;
	*opened = (struct vrrp_opened){vrrp->index, vrrp->source};
	fds[0] = vrrp->packet_fd;
	fds[1] = vrrp->witness_fd;
	fds[2] = vrrp->sender_fd;
	vrrp->packet_fd = -1;
	vrrp->witness_fd = -1;
	vrrp->sender_fd = -1;
	return VRRP_FDS;
}

void vrrp_take(struct vrrp *vrrp, const int fds[VRRP_FDS],
	       const struct vrrp_opened *opened)
{
	vrrp_close(vrrp);
	vrrp->packet_fd = fds[0];
	vrrp->witness_fd = fds[1];
	vrrp->sender_fd = fds[2];
	vrrp->index = opened->index;
	vrrp->source = opened->source;
	vrrp->unwitnessed = 0;
	vrrp->listed = 0;
	vrrp->is_whole = false;
}

int vrrp_fd(const struct vrrp *vrrp)
{
	return vrrp->packet_fd;
}

int vrrp_witness_fd(const struct vrrp *vrrp)
{
	return vrrp->witness_fd;
}

/*
 * The kernel says "network is unreachable" of a down interface and of a source
 * that is no address of this node alike: look which of them it is.
 */
static void vrrp_tell_unreachable(const struct vrrp *vrrp, int reason,
				  char *error, size_t error_size)
{
	const char *interface = vrrp->options.interface;
	unsigned index =
		vrrp_socket_find_interface(interface, error, error_size);

	if (index == 0)
		return;
	if (index != vrrp->index) {
		snprintf(error, error_size,
			 "vrrp on %s: cannot send: the interface is gone and "
			 "another has its name (%s)",
			 interface, strerror(reason));
	} else {
		char text[IP_TEXT_MAX];

		snprintf(error, error_size,
			 "vrrp on %s: %s is no address of this node (%s): "
			 "add it, or correct nodes[].address",
			 interface, ip_format(&vrrp->source, text),
			 strerror(reason));
	}
}

static void vrrp_tell_unsent(const struct vrrp *vrrp, int reason, char *error,
			     size_t error_size)
{
	const char *interface = vrrp->options.interface;
	char to[IP_TEXT_MAX];

	switch (reason) {
	case EPERM:
		/* An OUTPUT chain answers a raw socket with EPERM. */
		snprintf(error, error_size,
			 "vrrp on %s: the local firewall drops our adverts on "
			 "their way out (OUTPUT): allow IP protocol 112 to %s",
			 interface, ip_format(&vrrp->options.destination, to));
		break;
	case ENOBUFS:
		snprintf(error, error_size,
			 "vrrp on %s: an advert was not taken: the "
			 "interface's queue is full, or a firewall at egress "
			 "(nft netdev, tc) drops IP protocol 112",
			 interface);
		break;
	case EINVAL:
	case EADDRNOTAVAIL:
	case ENODEV:
	case ENXIO:
	case ENETDOWN:
	case ENETUNREACH:
		vrrp_tell_unreachable(vrrp, reason, error, error_size);
		break;
	default:
		snprintf(error, error_size, "vrrp on %s: cannot send: %s",
			 interface, strerror(reason));
	}
}

static bool vrrp_has_hmac(const struct vrrp *vrrp)
{
	return vrrp->options.hmac.mode != VRRP_HMAC_OFF;
}

static bool vrrp_signs(const struct vrrp *vrrp)
{
	return vrrp->options.key_count > 0 &&
	       vrrp->options.hmac.mode != VRRP_HMAC_RECEIVE_ONLY;
}

/* R16: a plain router has no clock but that of the world. */
static uint64_t vrrp_utc(void)
{
	struct timespec utc;

	clock_gettime(CLOCK_REALTIME, &utc);
	return vrrp_hmac_clock(&utc);
}

/* R7: no two adverts bear one clock; it wraps, as beat.clock_ms does. */
static uint64_t vrrp_sequence(struct vrrp *vrrp, uint32_t generation)
{
	uint32_t now_ms = (uint32_t)(clock_now_us() / 1000);

	if (vrrp_has_hmac(vrrp))
		return vrrp_hmac_next(&vrrp->hmac, &vrrp->options.hmac,
				      vrrp_utc());
	vrrp->clock_ms = (int32_t)(now_ms - vrrp->clock_ms) > 0
				 ? now_ms
				 : vrrp->clock_ms + 1;
	return (uint64_t)generation << 32 | vrrp->clock_ms;
}

bool vrrp_sign_last(const struct vrrp *vrrp, uint32_t generation,
		    uint8_t signature[VRRP_SIGNATURE_SIZE])
{
	const struct vrrp_options *options = &vrrp->options;
	struct vrrp_expect what = options->expect;
	uint8_t message[VRRP_MESSAGE_MAX];
	size_t size;

	/* to a plain router it would be of a time long past (R16) */
	if (!vrrp_signs(vrrp) || vrrp_has_hmac(vrrp) ||
	    ip_is_none(&vrrp->source))
		return false;
	vrrp_expect_shorten(&what);
	size = vrrp_build(&what, 0, &vrrp->source, &options->destination,
			  options->message_only_checksum, message);
	vrrp_sign(message, size, &options->keys[1], &vrrp->source,
		  (uint64_t)generation << 32);
	memcpy(signature, message + size, VRRP_SIGNATURE_SIZE);
	return true;
}

/*
 * What the interface's MTU has no room for the kernel would send in fragments.
 * The packet socket sees no whole advert then, neither the peer's nor our own:
 * both nodes take it for one that never left. So one that the other node can
 * know by its signature is never broken up. Version 3 drops no advert for its
 * list (RFC 9568 7.1), so as much of it is sent as goes. Version 2 and a plain
 * router want all of it, and get it in pieces, as before.
 */
static bool vrrp_may_be_short(const struct vrrp *vrrp)
{
	return vrrp_signs(vrrp) && !vrrp_has_hmac(vrrp) &&
	       vrrp->options.expect.version == 3;
}

/* Fewer, after the kernel refused a message for its length; false: one. */
static bool vrrp_list_less(struct vrrp *vrrp, struct vrrp_expect *what)
{
	if (!vrrp_may_be_short(vrrp) || what->address_count <= 1)
		return false;
	what->address_count -= (what->address_count + 7) / 8;
	vrrp->listed = what->address_count;
	return true;
}

/* Builds it, signs it, sends it. 0, or -1 with errno. */
static int vrrp_emit_once(struct vrrp *vrrp, const struct vrrp_expect *what,
			  uint8_t priority, uint32_t generation)
{
	const struct vrrp_options *options = &vrrp->options;
	uint8_t message[VRRP_MESSAGE_MAX];
	size_t size =
		vrrp_build(what, priority, &vrrp->source, &options->destination,
			   options->message_only_checksum, message);

	if (vrrp_signs(vrrp))
		size = vrrp_sign(message, size, &options->keys[0],
				 &vrrp->source,
				 vrrp_sequence(vrrp, generation));
	return vrrp_socket_send(vrrp->sender_fd, vrrp->index, &vrrp->source,
				&options->destination, message, size);
}

static int vrrp_emit(struct vrrp *vrrp, struct vrrp_expect what,
		     uint8_t priority, uint32_t generation, char *error,
		     size_t error_size)
{
	const struct vrrp_options *options = &vrrp->options;
	int reason;

	if (vrrp->sender_fd < 0) {
		snprintf(error, error_size, "vrrp on %s: is not open",
			 options->interface);
		return -1;
	}
	if (ip_is_none(&vrrp->source)) {
		snprintf(error, error_size,
			 "vrrp on %s: the interface has no %s address of its "
			 "own to send from: add one",
			 options->interface,
			 options->expect.is_v6 ? "IPv6 link-local" : "IPv4");
		return -1;
	}
	vrrp_socket_keep_whole(vrrp->sender_fd, options->expect.is_v6,
			       vrrp_may_be_short(vrrp), &vrrp->is_whole);
	if (vrrp->listed > 0 && vrrp->listed < what.address_count &&
	    vrrp_may_be_short(vrrp))
		what.address_count = vrrp->listed;
	do {
		if (vrrp_emit_once(vrrp, &what, priority, generation) == 0)
			return 0;
		reason = errno;
	} while (reason == EMSGSIZE && vrrp_list_less(vrrp, &what));
	vrrp->link.counters.dropped++;
	vrrp_tell_unsent(vrrp, reason, error, error_size);
	/* The address may have been changed: to be asked when opened anew. */
	if (reason != EPERM && reason != ENOBUFS && options->source_count == 0)
		vrrp->source = options->source;
	return -1;
}

int vrrp_send(struct vrrp *vrrp, uint8_t priority, uint32_t generation,
	      char *error, size_t error_size)
{
	if (vrrp_emit(vrrp, vrrp->options.expect, priority, generation, error,
		      error_size) < 0)
		return -1;
	vrrp->link.counters.tx++;
	vrrp->tally.zeros_sent += priority == 0;
	return 0;
}

int vrrp_try(struct vrrp *vrrp, char *error, size_t error_size)
{
	struct vrrp_expect what = vrrp->options.expect;

	what.vrid = VRRP_TRY_VRID;
	return vrrp_emit(vrrp, what, 0, 0, error, error_size);
}

struct ip vrrp_source(const struct vrrp *vrrp)
{
	return vrrp->source;
}

/* A pending socket error (ENETDOWN) reads as -1 as well. */
static int vrrp_fail_receive(const struct vrrp *vrrp, int reason, char *error,
			     size_t error_size)
{
	snprintf(error, error_size,
		 "vrrp on %s: cannot hear: %s: the interface is down or gone; "
		 "it is opened again as soon as it is back",
		 vrrp->options.interface, strerror(reason));
	return -1;
}

/* R2, R7: what it is counted as; what it means is the core's business. */
static enum vrrp_verdict reason_of(const struct vrrp *vrrp,
				   const struct vrrp_heard *heard)
{
	if (heard->verdict == VRRP_OK && vrrp->options.key_count > 0 &&
	    !vrrp_has_hmac(vrrp) && !heard->advert.is_signed)
		return VRRP_UNSIGNED;
	return heard->verdict;
}

/* What one packet is to us; false when it is not to be handed on. */
static bool vrrp_judge(struct vrrp *vrrp, const uint8_t *packet, size_t size,
		       struct vrrp_heard *heard)
{
	heard->verdict = vrrp_check(packet, size, &vrrp->options.expect,
				    &heard->source, &heard->advert);
	if (heard->verdict == VRRP_OTHER_VRID)
		return false;
	/*
	 * Our own address in a packet that we did not send just now: a loop in
	 * the switch, or somebody's copy of it. It says nothing of the peer.
	 */
	if (!ip_is_none(&heard->source) &&
	    ip_compare(&heard->source, &vrrp->source) == 0) {
		vrrp->link.counters.loop++;
		return false;
	}
	if (vrrp_has_hmac(vrrp) && heard->verdict == VRRP_OK)
		heard->verdict = vrrp_hmac_judge(
			&vrrp->hmac, &vrrp->options.hmac, &heard->source,
			&heard->advert, vrrp_utc());
	vrrp->link.counters.rx++;
	vrrp->drops[reason_of(vrrp, heard)]++;
	if (heard->verdict == VRRP_OK) {
		vrrp->tally.heard = heard->source;
		vrrp->tally.zeros_heard += heard->advert.priority == 0;
	}
	if (heard->verdict == VRRP_CHECKSUM || heard->verdict == VRRP_SHORT)
		vrrp->link.counters.framing++;
	if (heard->verdict == VRRP_AUTH || heard->verdict == VRRP_SIGNATURE ||
	    heard->verdict == VRRP_UNSIGNED)
		vrrp->link.counters.auth++;
	return true;
}

/*
 * Empties a socket; whether it had heard anything. A pending error is left
 * where it is: reading it here would hide from vrrp_receive() that the
 * interface is gone, and a socket that lost its interface never speaks again.
 */
static bool vrrp_drain(int fd, int packets_max)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	uint8_t byte;
	int packets = 0;

	while (packets < packets_max && poll(&poll_fd, 1, 0) == 1 &&
	       poll_fd.revents == POLLIN &&
	       recv(fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_TRUNC) >= 0)
		packets++;
	return packets > 0;
}

/* Messages of one recvmmsg(): it returns fewer when there are no more. */
struct vrrp_batch {
	struct mmsghdr heads[VRRP_BATCH];
	struct iovec parts[VRRP_BATCH];
	uint8_t packets[VRRP_BATCH][VRRP_PACKET_SIZE];
};

/* How many there were; 0: none now; -1 with errno. */
static int vrrp_read(int fd, struct vrrp_batch *batch)
{
	int count;

	for (unsigned i = 0; i < VRRP_BATCH; i++) {
		batch->parts[i] = (struct iovec){batch->packets[i],
						 sizeof(batch->packets[i])};
		batch->heads[i] = (struct mmsghdr){
			.msg_hdr = {.msg_iov = &batch->parts[i],
				    .msg_iovlen = 1}};
	}
	do
		count = recvmmsg(fd, batch->heads, VRRP_BATCH, MSG_DONTWAIT,
				 NULL);
	while (count < 0 && errno == EINTR);
	return count < 0 && errno == EAGAIN ? 0 : count;
}

/* Empties the raw socket; whether it had heard anything. */
static bool vrrp_hear_witness(int fd)
{
	struct mmsghdr heads[VRRP_FILTERED_AFTER + 1] = {0};
	const unsigned most = sizeof(heads) / sizeof(heads[0]);
	int packets = 0, count = (int)most;

	while (count == (int)most && packets < VRRP_DISCARD_MAX) {
		/* not one byte of them is wanted */
		count = recvmmsg(fd, heads, most, MSG_DONTWAIT, NULL);
		packets += count > 0 ? count : 0;
	}
	return packets > 0;
}

/*
 * Not with each advert: what it has to say is said as well by the last of
 * several.
 */
static void vrrp_ask_witness(struct vrrp *vrrp, bool heard_whole)
{
	if (heard_whole)
		vrrp->unwitnessed++;
	if (++vrrp->unasked < VRRP_FILTERED_AFTER &&
	    vrrp->unwitnessed < VRRP_FILTERED_AFTER)
		return;
	vrrp->unasked = 0;
	if (vrrp->witness_fd >= 0 && vrrp_hear_witness(vrrp->witness_fd))
		vrrp->unwitnessed = 0;
}

int vrrp_receive(struct vrrp *vrrp,
		 void (*take)(void *arg, const struct vrrp_heard *heard),
		 void *arg, char *error, size_t error_size)
{
	struct vrrp_batch batch;
	bool whole = false; /* heard one that the IP layer has to pass on */
	unsigned emptied = vrrp->emptied; /* R11: by what take() did */
	int packets = 0, count = VRRP_BATCH;

	if (vrrp->packet_fd < 0) {
		snprintf(error, error_size, "vrrp on %s: is not open",
			 vrrp->options.interface);
		return -1;
	}
	while (count == VRRP_BATCH && packets < VRRP_PACKETS_MAX &&
	       emptied == vrrp->emptied) {
		struct vrrp_heard heard;

		count = vrrp_read(vrrp->packet_fd, &batch);
		if (count < 0)
			return vrrp_fail_receive(vrrp, errno, error,
						 error_size);
		packets += count;
		for (int i = 0; i < count && emptied == vrrp->emptied; i++) {
			if (!vrrp_judge(vrrp, batch.packets[i],
					batch.heads[i].msg_len, &heard))
				continue;
			whole |= heard.verdict != VRRP_SHORT &&
				 heard.verdict != VRRP_CHECKSUM;
			take(arg, &heard);
		}
	}
	/* a burst counts as one */
	if (packets > 0)
		vrrp_ask_witness(vrrp, whole);
	return count == VRRP_BATCH;
}

void vrrp_discard(struct vrrp *vrrp)
{
	vrrp->emptied++;
	if (vrrp->packet_fd >= 0)
		vrrp_drain(vrrp->packet_fd, VRRP_DISCARD_MAX);
	if (vrrp->witness_fd >= 0)
		vrrp_drain(vrrp->witness_fd, VRRP_DISCARD_MAX);
}

bool vrrp_is_filtered(const struct vrrp *vrrp)
{
	const struct vrrp_options *options = &vrrp->options;

	return vrrp->unwitnessed >= VRRP_FILTERED_AFTER &&
	       !(options->expect.is_v6 &&
		 vrrp_socket_is_v6_off(options->interface));
}

struct link_counters *vrrp_counters(struct vrrp *vrrp)
{
	return &vrrp->link.counters;
}

struct vrrp_tally *vrrp_tally(struct vrrp *vrrp)
{
	return &vrrp->tally;
}

const uint64_t *vrrp_drop_counters(const struct vrrp *vrrp)
{
	return vrrp->drops;
}

bool vrrp_peer_signs(const struct vrrp *vrrp)
{
	return vrrp->hmac.peer_signs;
}
