/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VRRP message over IPv4, versions 2 and 3: building one, and deciding
 * whether a packet that came in is an advert of ours, or why not. Never
 * decides what an advert means: a dropped one still proves that its sender
 * lives (R2), which is the core's business.
 *
 * Offsets: 0 version and type, 1 VRID, 2 priority, 3 address count,
 * v2: 4 authentication type, 5 seconds; v3: 4-5 centiseconds in 12 bits;
 * 6-7 checksum, 8.. addresses, v2 then 8 bytes of authentication data.
 */
#include <assert.h>

#include "vrrp.h"

#define VRRP_HEADER_SIZE      8
#define VRRP_ADVERTISEMENT    1
#define VRRP_V2_AUTH_NONE     0
#define VRRP_V2_AUTH_PASSWORD 1
#define VRRP_PRIORITY_OWNER   255
#define VRRP_V3_INTERVAL_MASK 0x0fff

#define IPV4_HEADER_MIN	   20
#define IPV4_FRAGMENT_MASK 0x1fff

static uint16_t vrrp_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t vrrp_get32(const uint8_t *at)
{
	return (uint32_t)vrrp_get16(at) << 16 | vrrp_get16(at + 2);
}

static void vrrp_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void vrrp_put32(uint8_t *at, uint32_t value)
{
	vrrp_put16(at, (uint16_t)(value >> 16));
	vrrp_put16(at + 2, (uint16_t)value);
}

/* RFC 1071: the running sum, not yet folded; size <= 64 KiB cannot overflow. */
static uint32_t vrrp_sum(const uint8_t *data, size_t size, uint32_t sum)
{
	for (; size > 1; data += 2, size -= 2)
		sum += vrrp_get16(data);
	if (size == 1)
		sum += (uint32_t)data[0] << 8;
	return sum;
}

static uint16_t vrrp_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 5798 5.2.8 with the pseudo header as deployed: addresses, 112, length. */
static uint32_t vrrp_pseudo_sum(uint32_t source, uint32_t destination,
				size_t size)
{
	return (source >> 16) + (source & 0xffff) + (destination >> 16) +
	       (destination & 0xffff) + VRRP_PROTOCOL + (uint32_t)size;
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
	};

	if ((unsigned)verdict >= VRRP_VERDICTS)
		return "unknown";
	return names[verdict];
}

static size_t vrrp_message_size(uint8_t version, unsigned count)
{
	return VRRP_HEADER_SIZE + 4 * (size_t)count +
	       (version == 2 ? VRRP_PASSWORD_SIZE : 0);
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
		  uint32_t source, uint32_t destination, bool message_only,
		  uint8_t *message)
{
	size_t size = vrrp_message_size(mine->version, mine->address_count);
	uint8_t *at = message + VRRP_HEADER_SIZE;
	uint32_t sum = 0;

	assert(mine->version == 2 || mine->version == 3);
	assert(mine->address_count <= VRRP_ADDRESSES_MAX);

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
	for (unsigned i = 0; i < mine->address_count; i++, at += 4)
		vrrp_put32(at, mine->addresses[i]);
	if (mine->version == 2)
		vrrp_password(mine, at);

	if (mine->version == 3 && !message_only)
		sum = vrrp_pseudo_sum(source, destination, size);
	vrrp_put16(message + 6, vrrp_fold(vrrp_sum(message, size, sum)));
	return size;
}

/* The part of a packet that an IPv4 header claims, and what it says. */
struct vrrp_packet {
	const uint8_t *message;
	size_t size;
	uint32_t source, destination;
	uint8_t ttl, protocol;
	bool header_good;
};

static bool vrrp_read_ip(const uint8_t *packet, size_t size,
			 struct vrrp_packet *read)
{
	size_t header, total;

	if (size < IPV4_HEADER_MIN || packet[0] >> 4 != 4)
		return false;
	header = 4 * (size_t)(packet[0] & 0x0f);
	total = vrrp_get16(packet + 2);
	if (header < IPV4_HEADER_MIN || header > size)
		return false;

	read->ttl = packet[8];
	read->protocol = packet[9];
	read->source = vrrp_get32(packet + 12);
	read->destination = vrrp_get32(packet + 16);
	/* A packet socket sees headers that the kernel has not checked yet. */
	read->header_good = vrrp_fold(vrrp_sum(packet, header, 0)) == 0;
	read->message = packet + header;
	read->size = 0;
	/*
	 * The IP length, never the frame's: Ethernet pads to 46 bytes. A later
	 * fragment does not begin with a VRRP header: it has no message.
	 */
	if (total >= header && total <= size &&
	    (vrrp_get16(packet + 6) & IPV4_FRAGMENT_MASK) == 0)
		read->size = total - header;
	return true;
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

static bool vrrp_checksum_good(const struct vrrp_packet *read, size_t size,
			       struct vrrp_advert *advert)
{
	uint32_t sum = vrrp_sum(read->message, size, 0);
	uint32_t pseudo =
		vrrp_pseudo_sum(read->source, read->destination, size);

	if (advert->version == 2)
		return vrrp_fold(sum) == 0;
	if (vrrp_fold(sum + pseudo) == 0)
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
	unsigned count = message[3];

	if (count != mine->address_count)
		return false;
	for (unsigned i = 0; i < count; i++) {
		unsigned j = 0;

		while (j < count && vrrp_get32(message + VRRP_HEADER_SIZE +
					       4 * (size_t)((i + j) % count)) !=
					    mine->addresses[i])
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

/* RFC 9568 7.1: a different interval or list is told, not dropped. */
static enum vrrp_verdict vrrp_check_v3(const uint8_t *message,
				       const struct vrrp_advert *advert)
{
	/* RFC 9568 erratum 8301; learned, it would make a timer of zero. */
	if (advert->interval_ms == 0)
		return VRRP_INTERVAL;
	if (message[3] == 0)
		return VRRP_COUNT_ZERO;
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
	return read->size == CARP_SIZE &&
	       read->message[0] == (2 << 4 | VRRP_ADVERTISEMENT) &&
	       read->message[3] == CARP_AUTH_LEN;
}

/*
 * The VRID comes before every other question: what another router's adverts
 * look like is nobody's trouble here.
 */
enum vrrp_verdict vrrp_check(const uint8_t *packet, size_t size,
			     const struct vrrp_expect *mine, uint32_t *source,
			     struct vrrp_advert *advert)
{
	struct vrrp_packet read;
	size_t message_size;

	memset(advert, 0, sizeof(*advert));
	*source = 0;
	if (!vrrp_read_ip(packet, size, &read))
		return VRRP_SHORT;
	*source = read.source;
	if (read.protocol != VRRP_PROTOCOL)
		return VRRP_OTHER_VRID;
	vrrp_read_message(&read, advert);
	if (read.size >= 2 && read.message[1] != mine->vrid)
		return VRRP_OTHER_VRID;
	if (vrrp_is_carp(&read))
		return VRRP_CARP;
	if (read.ttl != VRRP_TTL)
		return VRRP_TTL_BAD;
	if (read.size < VRRP_HEADER_SIZE)
		return VRRP_SHORT;
	if (advert->version != mine->version)
		return VRRP_VERSION;
	if ((read.message[0] & 0x0f) != VRRP_ADVERTISEMENT)
		return VRRP_TYPE;
	message_size = vrrp_message_size(advert->version, read.message[3]);
	if (read.size < message_size)
		return VRRP_SHORT;
	if (!read.header_good ||
	    !vrrp_checksum_good(&read, message_size, advert))
		return VRRP_CHECKSUM;

	/* a message that lets go must be whole and nothing else */
	if (advert->priority == 0 && read.size != message_size)
		return VRRP_LENGTH;
	advert->addresses_differ = !vrrp_same_addresses(read.message, mine);
	if (advert->version == 2)
		return vrrp_check_v2(read.message, mine, advert);
	return vrrp_check_v3(read.message, advert);
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
