/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VRRP message, versions 2 and 3: building one, and deciding whether a
 * packet that came in is an advert of ours, or why not. Never decides what an
 * advert means: a dropped one may still prove that its sender lives (R2), which
 * is the core's business.
 *
 * Offsets: 0 version and type, 1 VRID, 2 priority, 3 address count,
 * v2: 4 authentication type, 5 seconds; v3: 4-5 centiseconds in 12 bits;
 * 6-7 checksum, 8.. addresses, v2 then 8 bytes of authentication data.
 */
#include <assert.h>

#include "vrrp.h"
#include "vrrp_packet.h"

#define VRRP_HEADER_SIZE      8
#define VRRP_ADVERTISEMENT    1
#define VRRP_V2_AUTH_NONE     0
#define VRRP_V2_AUTH_PASSWORD 1
#define VRRP_PRIORITY_OWNER   255
#define VRRP_V3_INTERVAL_MASK 0x0fff

struct ip vrrp_group(bool is_v6)
{
	static const struct ip group_v6 = {.bytes = {0xff, 2, [15] = 0x12}};

	return is_v6 ? group_v6 : ip_from_v4(VRRP_GROUP_V4);
}

const char *vrrp_verdict_name(enum vrrp_verdict verdict)
{
	static const char *const names[VRRP_VERDICTS] = {
		[VRRP_OK] = "ok",
		[VRRP_SHORT] = "short",
		[VRRP_TTL_BAD] = "ttl",
		[VRRP_VERSION] = "version",
		[VRRP_TYPE] = "type",
		[VRRP_CHECKSUM] = "checksum",
		[VRRP_OTHER_VRID] = "other-vrid",
		[VRRP_AUTH] = "auth",
		[VRRP_INTERVAL] = "interval",
		[VRRP_COUNT_ZERO] = "count-zero",
		[VRRP_ADDRESSES] = "addresses",
		[VRRP_CARP] = "carp",
		[VRRP_LENGTH] = "length",
		[VRRP_DESTINATION] = "destination",
		[VRRP_SOURCE] = "source",
		[VRRP_FIRST_ADDRESS] = "first-address",
		[VRRP_SIGNATURE] = "signature",
		[VRRP_UNSIGNED] = "unsigned",
		[VRRP_STALE] = "stale",
		[VRRP_REPLAY] = "replay",
	};

	if ((unsigned)verdict >= VRRP_VERDICTS)
		return "unknown";
	return names[verdict];
}

static size_t vrrp_address_size(bool is_v6)
{
	return is_v6 ? 16 : 4;
}

/* Without a signature. */
static size_t vrrp_message_size(uint8_t version, bool is_v6, unsigned count)
{
	return VRRP_HEADER_SIZE + vrrp_address_size(is_v6) * (size_t)count +
	       (version == 2 ? VRRP_PASSWORD_SIZE : 0);
}

unsigned vrrp_packet_size(unsigned version, bool is_v6, unsigned addresses)
{
	return (is_v6 ? 40 : 20) +
	       (unsigned)vrrp_message_size((uint8_t)version, is_v6, addresses);
}

/* An address as the wire has it, out of ours. */
static const uint8_t *vrrp_wire_address(const struct ip *ip, bool is_v6)
{
	return ip->bytes + sizeof(ip->bytes) - vrrp_address_size(is_v6);
}

/* The password as it stands on the wire: cut or padded to eight bytes. */
static void vrrp_password(const struct vrrp_expect *mine,
			  uint8_t data[VRRP_PASSWORD_SIZE])
{
	size_t size = 0;

	memset(data, 0, VRRP_PASSWORD_SIZE);
	while (size < VRRP_PASSWORD_SIZE && mine->password[size] != '\0')
		size++;
	memcpy(data, mine->password, size);
}

size_t vrrp_build(const struct vrrp_expect *mine, uint8_t priority,
		  const struct ip *source, const struct ip *destination,
		  bool message_only, uint8_t *message)
{
	size_t size = vrrp_message_size(mine->version, mine->is_v6,
					mine->address_count);
	size_t address_size = vrrp_address_size(mine->is_v6);
	uint8_t *at = message + VRRP_HEADER_SIZE;
	uint32_t sum = 0;

	assert(mine->version == 3 || (mine->version == 2 && !mine->is_v6));
	assert(mine->address_count <= vrrp_addresses_max(mine->is_v6));

	message[0] = (uint8_t)(mine->version << 4 | VRRP_ADVERTISEMENT);
	message[1] = mine->vrid;
	message[2] = priority;
	message[3] = (uint8_t)mine->address_count;
	if (mine->version == 2) {
		message[4] = mine->password[0] != '\0' ? VRRP_V2_AUTH_PASSWORD
						       : VRRP_V2_AUTH_NONE;
		message[5] = (uint8_t)(mine->interval_ms / 1000);
	} else {
		vrrp_put16(message + 4, (uint16_t)(mine->interval_ms / 10 &
						   VRRP_V3_INTERVAL_MASK));
	}
	vrrp_put16(message + 6, 0);
	for (unsigned i = 0; i < mine->address_count; i++, at += address_size)
		memcpy(at, vrrp_wire_address(&mine->addresses[i], mine->is_v6),
		       address_size);
	if (mine->version == 2)
		vrrp_password(mine, at);

	if (mine->is_v6 || (mine->version == 3 && !message_only))
		sum = vrrp_pseudo_sum(source, destination, size);
	vrrp_put16(message + 6, vrrp_fold(vrrp_sum(message, size, sum)));
	return size;
}

static void vrrp_read_message(const struct vrrp_packet *read,
			      struct vrrp_advert *advert)
{
	const uint8_t *message = read->message;

	if (read->size < 3)
		return;
	advert->version = message[0] >> 4;
	advert->vrid = message[1];
	advert->priority = message[2];
	if (read->size < VRRP_HEADER_SIZE)
		return;
	if (advert->version == 2)
		advert->interval_ms = message[5] * 1000u;
	else if (advert->version == 3)
		advert->interval_ms =
			(vrrp_get16(message + 4) & VRRP_V3_INTERVAL_MASK) * 10u;
}

/* size: of the message without a signature. */
static bool vrrp_checksum_good(const struct vrrp_packet *read, size_t size,
			       struct vrrp_advert *advert)
{
	uint32_t sum;

	/* IPv6: over all that is there (RFC 8200 8.1), signature and all */
	if (read->is_v6)
		return vrrp_fold(vrrp_sum(read->message, read->size,
					  vrrp_pseudo_sum(&read->source,
							  &read->destination,
							  read->size))) == 0;
	sum = vrrp_sum(read->message, size, 0);
	if (advert->version == 2)
		return vrrp_fold(sum) == 0;
	if (vrrp_fold(sum + vrrp_pseudo_sum(&read->source, &read->destination,
					    size)) == 0)
		return true;
	/* RFC 9568 5.2.8: over IPv4 the message only. Both are in use. */
	advert->message_only_checksum = vrrp_fold(sum) == 0;
	return advert->message_only_checksum;
}

/*
 * The order is free (RFC 9568 6.4), so own is compared with own first and only
 * a list in another order costs the full search. Own addresses are distinct.
 */
static bool vrrp_same_addresses(const uint8_t *message,
				const struct vrrp_expect *mine)
{
	size_t size = vrrp_address_size(mine->is_v6);
	unsigned count = message[3];

	if (count != mine->address_count)
		return false;
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *own =
			vrrp_wire_address(&mine->addresses[i], mine->is_v6);
		unsigned j = 0;

		while (j < count && memcmp(message + VRRP_HEADER_SIZE +
						   size * ((i + j) % count),
					   own, size) != 0)
			j++;
		if (j == count)
			return false;
	}
	return true;
}

/* RFC 3768 7.1 (with RFC 2338 5.3.6.2 for the password). */
static enum vrrp_verdict vrrp_check_v2(const uint8_t *message,
				       const struct vrrp_expect *mine,
				       const struct vrrp_advert *advert)
{
	if (mine->password[0] == '\0') {
		if (message[4] != VRRP_V2_AUTH_NONE)
			return VRRP_AUTH;
	} else {
		uint8_t password[VRRP_PASSWORD_SIZE];

		vrrp_password(mine, password);
		if (message[4] != VRRP_V2_AUTH_PASSWORD ||
		    memcmp(message + VRRP_HEADER_SIZE + 4 * (size_t)message[3],
			   password, sizeof(password)) != 0)
			return VRRP_AUTH;
	}
	if (advert->interval_ms != mine->interval_ms)
		return VRRP_INTERVAL;
	if (message[3] == 0)
		return VRRP_COUNT_ZERO;
	/* The address owner is believed about its own list. */
	if (advert->addresses_differ && advert->priority != VRRP_PRIORITY_OWNER)
		return VRRP_ADDRESSES;
	return VRRP_OK;
}

/* fe80::/10, RFC 4291 2.4 */
static bool vrrp_is_link_local(const uint8_t *ip)
{
	return ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80;
}

/* RFC 9568 7.1: a different interval or list is told, not dropped. */
static enum vrrp_verdict vrrp_check_v3(const uint8_t *message, bool is_v6,
				       const struct vrrp_advert *advert)
{
	/* RFC 9568 erratum 8301; learned, it would make a timer of zero. */
	if (advert->interval_ms == 0)
		return VRRP_INTERVAL;
	if (message[3] == 0)
		return VRRP_COUNT_ZERO;
	/* RFC 9568 5.2.9 and erratum 8300 */
	if (is_v6 && !vrrp_is_link_local(message + VRRP_HEADER_SIZE))
		return VRRP_FIRST_ADDRESS;
	return VRRP_OK;
}

/*
 * CARP (carp(4) of OpenBSD and FreeBSD) has protocol 112, version 2, type 1,
 * the VRID's place and the group, too. Where VRRP has the priority it has
 * advskew, 0 on a master; then 7 (words of authentication), always, in 36
 * bytes. VRRP with 7 addresses has 44.
 */
#define CARP_SIZE     36
#define CARP_AUTH_LEN 7
static bool vrrp_is_carp(const struct vrrp_packet *read)
{
	return !read->is_v6 && read->size == CARP_SIZE &&
	       read->message[0] == (2 << 4 | VRRP_ADVERTISEMENT) &&
	       read->message[3] == CARP_AUTH_LEN;
}

/* Where it came from and where it was to go. */
static enum vrrp_verdict vrrp_check_ways(const struct vrrp_packet *read,
					 const struct vrrp_expect *mine)
{
	struct ip group = vrrp_group(read->is_v6);
	bool to_group = ip_compare(&read->destination, &group) == 0;

	/* RFC 9568 5.1.1.3, 5.1.2.3: a router had lowered it; the group never
	 * passes one, a unicast advert may, where the settings say so */
	if (read->ttl <
	    (mine->is_unicast && mine->min_ttl ? mine->min_ttl : VRRP_TTL))
		return VRRP_TTL_BAD;
	if (to_group == mine->is_unicast)
		return VRRP_DESTINATION;
	if (mine->is_unicast && !ip_is_none(&mine->peer) &&
	    ip_compare(&read->source, &mine->peer) != 0)
		return VRRP_SOURCE;
	/* RFC 9568 5.1.2.1 */
	if (read->is_v6 && to_group && !vrrp_is_link_local(read->source.bytes))
		return VRRP_SOURCE;
	return VRRP_OK;
}

/* A signature is known by the length alone: the IP header's claim. */
static void vrrp_read_signature(const struct vrrp_packet *read,
				size_t message_size,
				const struct vrrp_expect *mine,
				struct vrrp_advert *advert)
{
	advert->has_signature =
		read->size == message_size + VRRP_SIGNATURE_SIZE;
	if (advert->has_signature)
		advert->is_signed = vrrp_signature_check(
			read->message, message_size, mine->keys,
			mine->key_count, &read->source, &advert->signature);
}

static enum vrrp_verdict vrrp_check_message(const struct vrrp_packet *read,
					    const struct vrrp_expect *mine,
					    struct vrrp_advert *advert)
{
	enum vrrp_verdict ways = vrrp_check_ways(read, mine);
	size_t message_size = 0, most;

	if (read->size >= VRRP_HEADER_SIZE) {
		message_size = vrrp_message_size(advert->version, read->is_v6,
						 read->message[3]);
		vrrp_read_signature(read, message_size, mine, advert);
	}
	if (ways != VRRP_OK)
		return ways;
	if (read->size < VRRP_HEADER_SIZE)
		return VRRP_SHORT;
	if (advert->version != mine->version)
		return VRRP_VERSION;
	if ((read->message[0] & 0x0f) != VRRP_ADVERTISEMENT)
		return VRRP_TYPE;
	if (read->size < message_size)
		return VRRP_SHORT;
	if (!read->header_good ||
	    !vrrp_checksum_good(read, message_size, advert))
		return VRRP_CHECKSUM;
	if (mine->key_count > 0 && advert->has_signature && !advert->is_signed)
		return VRRP_SIGNATURE;

	/* a message that lets go must be whole and nothing else */
	most = message_size + (advert->is_signed ? VRRP_SIGNATURE_SIZE : 0);
	if (advert->priority == 0 && read->size != most)
		return VRRP_LENGTH;
	advert->addresses_differ = !vrrp_same_addresses(read->message, mine);
	if (advert->version == 2)
		return vrrp_check_v2(read->message, mine, advert);
	return vrrp_check_v3(read->message, read->is_v6, advert);
}

/*
 * The VRID comes before every other question: what another router's adverts
 * look like is nobody's trouble here. Each family has VRIDs of its own
 * (RFC 9568 5.2.3).
 */
enum vrrp_verdict vrrp_check(const uint8_t *packet, size_t size,
			     const struct vrrp_expect *mine, struct ip *source,
			     struct vrrp_advert *advert)
{
	struct vrrp_packet read;

	memset(advert, 0, sizeof(*advert));
	memset(source, 0, sizeof(*source));
	if (!vrrp_packet_read(packet, size, &read))
		return VRRP_SHORT;
	*source = read.source;
	if (read.protocol != VRRP_PROTOCOL || read.is_v6 != mine->is_v6)
		return VRRP_OTHER_VRID;
	vrrp_read_message(&read, advert);
	if (read.size >= 2 && read.message[1] != mine->vrid)
		return VRRP_OTHER_VRID;
	if (vrrp_is_carp(&read))
		return VRRP_CARP;
	return vrrp_check_message(&read, mine, advert);
}

/* Version 2 skews by parts of a second whatever the interval (RFC 3768 6.1). */
int64_t vrrp_skew_us(uint8_t version, uint8_t priority, uint32_t interval_ms)
{
	int64_t base_us = version == 2 ? 1000000 : (int64_t)interval_ms * 1000;

	return (256 - priority) * base_us / 256;
}

int64_t vrrp_master_down_us(uint8_t version, uint8_t priority,
			    uint32_t interval_ms)
{
	return 3 * (int64_t)interval_ms * 1000 +
	       vrrp_skew_us(version, priority, interval_ms);
}
