/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IP headers and checksums, as a packet socket delivers them: before the kernel
 * has checked anything, and with Ethernet's padding behind.
 */
#include "vrrp.h"
#include "vrrp_packet.h"

#define IPV4_HEADER_MIN	   20
#define IPV4_FRAGMENT_MASK 0x3fff /* "more fragments", and the offset */
#define IPV6_HEADER	   40

uint32_t vrrp_sum(const uint8_t *data, size_t size, uint32_t sum)
{
	for (; size > 1; data += 2, size -= 2)
		sum += vrrp_get16(data);
	if (size == 1)
		sum += (uint32_t)data[0] << 8;
	return sum;
}

uint16_t vrrp_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The address as its family writes it: 4 or 16 bytes. */
static uint32_t vrrp_sum_address(const struct ip *ip, uint32_t sum)
{
	size_t size = ip_is_v4(ip) ? 4 : 16;

	return vrrp_sum(ip->bytes + sizeof(ip->bytes) - size, size, sum);
}

/* RFC 5798 5.2.8, for IPv4 as it is deployed; RFC 8200 8.1. */
uint32_t vrrp_pseudo_sum(const struct ip *source, const struct ip *destination,
			 size_t size)
{
	return vrrp_sum_address(source, vrrp_sum_address(destination, 0)) +
	       VRRP_PROTOCOL + (uint32_t)size;
}

static uint32_t vrrp_get32(const uint8_t *at)
{
	return (uint32_t)vrrp_get16(at) << 16 | vrrp_get16(at + 2);
}

static bool vrrp_packet_read_v4(const uint8_t *packet, size_t size,
				struct vrrp_packet *read)
{
	size_t header, total;

	if (size < IPV4_HEADER_MIN)
		return false;
	header = 4 * (size_t)(packet[0] & 0x0f);
	total = vrrp_get16(packet + 2);
	if (header < IPV4_HEADER_MIN || header > size)
		return false;

	read->ttl = packet[8];
	read->protocol = packet[9];
	read->source = ip_from_v4(vrrp_get32(packet + 12));
	read->destination = ip_from_v4(vrrp_get32(packet + 16));
	read->header_good = vrrp_fold(vrrp_sum(packet, header, 0)) == 0;
	read->message = packet + header;
	/*
	 * The IP length, never the frame's: Ethernet pads to 46 bytes. A
	 * fragment has no message: the first one's is not whole (the kernel
	 * gives it to no raw socket), a later one does not begin with it.
	 */
	if (total >= header && total <= size &&
	    (vrrp_get16(packet + 6) & IPV4_FRAGMENT_MASK) == 0)
		read->size = total - header;
	return true;
}

/* An extension header (a fragment's, too) makes it another protocol here. */
static bool vrrp_packet_read_v6(const uint8_t *packet, size_t size,
				struct vrrp_packet *read)
{
	size_t length;

	if (size < IPV6_HEADER)
		return false;
	length = vrrp_get16(packet + 4);
	read->is_v6 = true;
	read->protocol = packet[6];
	read->ttl = packet[7];
	memcpy(read->source.bytes, packet + 8, 16);
	memcpy(read->destination.bytes, packet + 24, 16);
	read->header_good = true;
	read->message = packet + IPV6_HEADER;
	if (length <= size - IPV6_HEADER)
		read->size = length;
	return true;
}

bool vrrp_packet_read(const uint8_t *packet, size_t size,
		      struct vrrp_packet *read)
{
	memset(read, 0, sizeof(*read));
	if (size > 0 && packet[0] >> 4 == 4)
		return vrrp_packet_read_v4(packet, size, read);
	if (size > 0 && packet[0] >> 4 == 6)
		return vrrp_packet_read_v6(packet, size, read);
	return false;
}
