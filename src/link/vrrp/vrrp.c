/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VRRP link of one instance on one interface: sends its adverts, judges the
 * other's, counts what was wrong with them; by the sockets of its port, which
 * it shares with the other instances there. Decides nothing about mastership.
 * An advert that is dropped is handed on with its reason: its sender is alive
 * (R2).
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/clock.h"
#include "vrrp.h"
#include "vrrp_expect.h"
#include "vrrp_port.h"
#include "vrrp_socket.h"

struct vrrp {
	struct link_counters counters;
	struct vrrp_options options;
	struct ip addresses[VRRP_ADDRESSES_MAX];
	struct vrrp_port *port; /* NULL: none yet */
	bool is_open;
	struct ip source; /* none = not known yet */
	struct vrrp_clock clock;
	unsigned listed; /* so many addresses the kernel took; 0: all */
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
	take_options(vrrp, options);
	return vrrp;
}

void vrrp_join(struct vrrp *vrrp, struct vrrp_port *port)
{
	const struct vrrp_expect *expect = &vrrp->options.expect;

	assert(port->is_v6 == expect->is_v6);
	assert(strcmp(port->interface, vrrp->options.interface) == 0);
	vrrp->port = port;
	vrrp->is_open = vrrp->is_open && vrrp_port_is_open(port);
	vrrp_vrids_add(&port->vrids, expect->vrid);
	port->hearers[expect->vrid].vrrp = vrrp;
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

void vrrp_free(struct vrrp *vrrp)
{
	free(vrrp);
}

/* The configured source, else one that is on the interface, asked again. */
static struct ip vrrp_find_source(const struct vrrp *vrrp)
{
	const struct vrrp_options *options = &vrrp->options;
	struct ip source = options->source;

	if (ip_is_none(&source))
		source = vrrp_socket_find_source(
			options->interface, options->expect.is_v6,
			options->sources, options->source_count,
			vrrp->addresses, options->expect.address_count);
	/* none there: sending from it fails, and says so */
	if (ip_is_none(&source) && options->source_count > 0)
		source = options->sources[0];
	return source;
}

int vrrp_find(const struct vrrp *vrrp, struct vrrp_opened *found, char *error,
	      size_t error_size)
{
	found->index = vrrp_socket_find_interface(vrrp->options.interface,
						  error, error_size);
	if (found->index == 0)
		return -1;
	/* Without an address it can still hear; sending will tell. */
	found->source = vrrp_find_source(vrrp);
	return 0;
}

void vrrp_close(struct vrrp *vrrp)
{
	vrrp->is_open = false;
}

bool vrrp_is_open(const struct vrrp *vrrp)
{
	return vrrp->is_open;
}

void vrrp_describe(const struct vrrp *vrrp, bool wants_sockets,
		   const struct ip *vips, unsigned count,
		   struct link_place *place)
{
	const struct vrrp_options *options = &vrrp->options;
	struct vrrp_place mine = {.is_v6 = options->expect.is_v6,
				  .wants_sockets = wants_sockets,
				  .source = options->source,
				  .source_count = options->source_count,
				  .vip_count = count};

	snprintf(mine.interface, sizeof(mine.interface), "%s",
		 options->interface);
	memcpy(mine.vrids, vrrp->port->vrids.bits, sizeof(mine.vrids));
	memcpy(mine.sources, options->sources, sizeof(mine.sources));
	memcpy(mine.vips, vips, count * sizeof(mine.vips[0]));
	memcpy(place->bytes, &mine, sizeof(mine));
}

bool vrrp_take(struct vrrp *vrrp, const struct vrrp_opened *opened)
{
	vrrp->source = opened->source;
	vrrp->listed = 0;
	vrrp->is_open = vrrp_port_is_open(vrrp->port) &&
			vrrp->port->index == opened->index;
	return vrrp->is_open;
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
	if (index != vrrp->port->index) {
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

static uint64_t vrrp_sequence(struct vrrp *vrrp, uint32_t generation)
{
	uint64_t now_ms = (uint64_t)(clock_now_us() / 1000);

	if (vrrp_has_hmac(vrrp))
		return vrrp_hmac_next(&vrrp->hmac, &vrrp->options.hmac,
				      vrrp_utc());
	return (uint64_t)generation << 32 |
	       vrrp_clock_next(&vrrp->clock, now_ms);
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
	return vrrp_socket_send(vrrp->port->sender_fd, vrrp->port->index,
				&vrrp->source, &options->destination, message,
				size);
}

static int vrrp_emit(struct vrrp *vrrp, struct vrrp_expect what,
		     uint8_t priority, uint32_t generation, char *error,
		     size_t error_size)
{
	const struct vrrp_options *options = &vrrp->options;
	int reason;

	if (!vrrp->is_open) {
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
	vrrp_socket_keep_whole(vrrp->port->sender_fd, options->expect.is_v6,
			       vrrp_may_be_short(vrrp), &vrrp->port->is_whole);
	if (vrrp->listed > 0 && vrrp->listed < what.address_count &&
	    vrrp_may_be_short(vrrp))
		what.address_count = vrrp->listed;
	do {
		if (vrrp_emit_once(vrrp, &what, priority, generation) == 0)
			return 0;
		reason = errno;
	} while (reason == EMSGSIZE && vrrp_list_less(vrrp, &what));
	vrrp->counters.dropped++;
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
	vrrp->counters.tx++;
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

/* R2, R7: what it is counted as; what it means is the core's business. */
static enum vrrp_verdict reason_of(const struct vrrp *vrrp,
				   const struct vrrp_heard *heard)
{
	if (heard->verdict == VRRP_OK && vrrp->options.key_count > 0 &&
	    !vrrp_has_hmac(vrrp) && !heard->advert.is_signed)
		return VRRP_UNSIGNED;
	return heard->verdict;
}

bool vrrp_hear(struct vrrp *vrrp, const uint8_t *packet, size_t size,
	       struct vrrp_heard *heard)
{
	/* the port may be open while it looks where it may speak from */
	if (!vrrp->is_open)
		return false;
	heard->instance = vrrp->options.instance;
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
		vrrp->counters.loop++;
		return false;
	}
	if (vrrp_has_hmac(vrrp) && heard->verdict == VRRP_OK)
		heard->verdict = vrrp_hmac_judge(
			&vrrp->hmac, &vrrp->options.hmac, &heard->source,
			&heard->advert, vrrp_utc());
	heard->is_authentic =
		heard->verdict == VRRP_STALE && vrrp->hmac.is_news;
	vrrp->counters.rx++;
	vrrp->drops[reason_of(vrrp, heard)]++;
	if (heard->verdict == VRRP_OK) {
		vrrp->tally.heard = heard->source;
		vrrp->tally.zeros_heard += heard->advert.priority == 0;
	}
	if (heard->verdict == VRRP_CHECKSUM || heard->verdict == VRRP_SHORT)
		vrrp->counters.framing++;
	if (heard->verdict == VRRP_AUTH || heard->verdict == VRRP_SIGNATURE ||
	    heard->verdict == VRRP_UNSIGNED)
		vrrp->counters.auth++;
	return true;
}

bool vrrp_is_filtered(const struct vrrp *vrrp)
{
	const struct vrrp_expect *expect = &vrrp->options.expect;

	return vrrp_port_is_filtered(vrrp->port, expect->vrid) &&
	       !(expect->is_v6 &&
		 vrrp_socket_is_v6_off(vrrp->options.interface));
}

struct link_counters *vrrp_counters(struct vrrp *vrrp)
{
	return &vrrp->counters;
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
