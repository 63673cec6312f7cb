/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What twinbeat makes of VRRP packets of others: one IP packet in hex per line
 * on stdin; version, VRID, family and interval are taken as the packet has
 * them, so that what is left is the packet's own fault. One line each on
 * stdout:
 *
 *   VERDICT SOURCE VERSION VRID PRIORITY INTERVAL_MS COUNT CHECKSUM
 *
 * CHECKSUM: "message" (RFC 9568) or "pseudo", over IPv4 version 3; else "-".
 * The only argument is the password of version 2.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/wire/vrrp.h"
#include "../../src/wire/vrrp_packet.h"

static size_t read_hex(const char *text, uint8_t *bytes, size_t room)
{
	size_t size = 0;
	unsigned byte;

	while (size < room && sscanf(text + 2 * size, "%2x", &byte) == 1)
		bytes[size++] = (uint8_t)byte;
	return size;
}

/* As the packet has them: then no list differs. */
static unsigned read_addresses(const struct vrrp_packet *read,
			       struct ip addresses[VRRP_ADDRESSES_MAX])
{
	size_t size = read->is_v6 ? 16 : 4;
	unsigned count = read->size >= 8 ? read->message[3] : 0, i = 0;

	for (; i < count && 8 + size * (i + 1) <= read->size; i++) {
		addresses[i] = ip_from_v4(0);
		memcpy(addresses[i].bytes + 16 - size,
		       read->message + 8 + size * i, size);
	}
	return i;
}

static void judge(const uint8_t *packet, size_t size, const char *password)
{
	struct ip addresses[VRRP_ADDRESSES_MAX], source;
	struct vrrp_expect mine = {.addresses = addresses};
	struct vrrp_advert advert;
	struct vrrp_packet read;
	enum vrrp_verdict verdict;
	char text[IP_TEXT_MAX];

	if (!vrrp_packet_read(packet, size, &read) || read.size < 8) {
		puts("short");
		return;
	}
	mine.is_v6 = read.is_v6;
	mine.version = read.message[0] >> 4;
	mine.vrid = read.message[1];
	mine.address_count = read_addresses(&read, addresses);
	if (mine.version == 2) {
		mine.interval_ms = read.message[5] * 1000u;
		if (read.message[4] != 0)
			snprintf(mine.password, sizeof(mine.password), "%s",
				 password);
	}
	verdict = vrrp_check(packet, size, &mine, &source, &advert);
	printf("%s %s %u %u %u %u %u %s\n", vrrp_verdict_name(verdict),
	       ip_format(&source, text), advert.version, advert.vrid,
	       advert.priority, advert.interval_ms, mine.address_count,
	       mine.is_v6 || mine.version == 2 ? "-"
	       : advert.message_only_checksum  ? "message"
					       : "pseudo");
}

int main(int count, char **words)
{
	char line[2 * 2048 + 2];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		uint8_t packet[2048];

		judge(packet, read_hex(line, packet, sizeof(packet)),
		      count > 1 ? words[1] : "");
	}
	return 0;
}
