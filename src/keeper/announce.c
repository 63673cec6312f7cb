/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gratuitous ARP: tells the neighbours where a VIP lives now. A lost one is the
 * longest outage of all, so it is said again and again. Must never speak for
 * an address that is not held, or whose lease may have run out.
 *
 * RFC 5227 3: the announcement is an ARP request with sender = target address.
 * Linux neighbours take that form at once; a reply may fall into their lock
 * time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "keeper.h"

#define BUFFER_SIZE (4 * 1024 * 1024)
#define FRAME_SIZE  60 /* the shortest Ethernet frame, without its checksum */

/* Since the claim; what settings.garp_repeat wants beyond follows every 5 s. */
static const int64_t announce_after_us[] = {0, 5 * MS_US, 50 * MS_US,
					    500 * MS_US, 5000 * MS_US};
#define SCHEDULED (sizeof(announce_after_us) / sizeof(announce_after_us[0]))

struct arp_frame {
	uint8_t destination[ETH_ALEN], source[ETH_ALEN];
	uint16_t type;
	uint16_t hardware, protocol;
	uint8_t hardware_size, protocol_size;
	uint16_t operation;
	uint8_t sender_mac[ETH_ALEN], sender_ip[4];
	uint8_t target_mac[ETH_ALEN], target_ip[4];
	uint8_t padding[FRAME_SIZE - 42];
} __attribute__((packed));

int announce_open(struct keeper *keeper)
{
	const int size = BUFFER_SIZE;
	/* Protocol 0: sends only, hears nothing. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size,
				  sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	keeper->packet_fd = fd;
	return fd < 0 ? -1 : 0;
}

static void announce_fill(struct arp_frame *frame,
			  const struct keeper_interface *interface, uint32_t ip)
{
	uint32_t wire = htonl(ip);

	memset(frame, 0, sizeof(*frame));
	memset(frame->destination, 0xff, ETH_ALEN);
	memcpy(frame->source, interface->mac, ETH_ALEN);
	frame->type = htons(ETH_P_ARP);
	frame->hardware = htons(ARPHRD_ETHER);
	frame->protocol = htons(ETH_P_IP);
	frame->hardware_size = ETH_ALEN;
	frame->protocol_size = 4;
	frame->operation = htons(ARPOP_REQUEST);
	memcpy(frame->sender_mac, interface->mac, ETH_ALEN);
	memcpy(frame->sender_ip, &wire, sizeof(wire));
	memset(frame->target_mac, 0xff, ETH_ALEN);
	memcpy(frame->target_ip, &wire, sizeof(wire));
}

void announce_send(struct keeper *keeper, const uint16_t *which, unsigned count)
{
	static struct arp_frame frames[CHUNK];
	static struct sockaddr_ll to[CHUNK];
	static struct iovec parts[CHUNK];
	static struct mmsghdr messages[CHUNK];
	unsigned used = 0, sent = 0;

	for (unsigned i = 0; i < count && used < CHUNK; i++) {
		const struct keeper_address *address =
			&keeper->addresses[which[i]];
		const struct keeper_interface *interface =
			&keeper->interfaces[address->interface];

		if (!interface->is_ethernet || !interface->is_up)
			continue;
		announce_fill(&frames[used], interface, address->ip);
		to[used] = (struct sockaddr_ll){
			.sll_family = AF_PACKET,
			.sll_protocol = htons(ETH_P_ARP),
			.sll_ifindex = (int)interface->index,
			.sll_halen = ETH_ALEN};
		memset(to[used].sll_addr, 0xff, ETH_ALEN);
		parts[used] = (struct iovec){.iov_base = &frames[used],
					     .iov_len = sizeof(frames[used])};
		messages[used].msg_hdr =
			(struct msghdr){.msg_name = &to[used],
					.msg_namelen = sizeof(to[used]),
					.msg_iov = &parts[used],
					.msg_iovlen = 1};
		used++;
	}
	while (sent < used) {
		int n = sendmmsg(keeper->packet_fd, messages + sent,
				 used - sent, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			keeper_log("%u gratuitous ARP not sent: %s; it is "
				   "repeated",
				   used - sent, strerror(errno));
			sent++; /* perhaps only this one's interface */
			continue;
		}
		sent += (unsigned)n;
	}
}

/* ---- the schedule ---- */

/* When the next one is due, given how many were sent; INT64_MAX = never. */
static int64_t announce_wait_us(const struct keeper *keeper, unsigned step)
{
	if (step < keeper->settings->garp_repeat || step == 0) {
		if (step == 0) /* the first could not be sent yet */
			return announce_after_us[1];
		if (step < SCHEDULED)
			return announce_after_us[step] -
			       announce_after_us[step - 1];
		return announce_after_us[SCHEDULED - 1];
	}
	if (keeper->settings->garp_refresh_s > 0)
		return keeper->settings->garp_refresh_s * (int64_t)SECOND_US;
	return INT64_MAX;
}

static void announce_plan(struct keeper *keeper, unsigned i)
{
	struct keeper_instance *instance = &keeper->instances[i];
	int64_t wait_us = announce_wait_us(keeper, instance->announce_step);

	instance->announce_next = 0;
	instance->announce_at_us =
		wait_us == INT64_MAX ? INT64_MAX : clock_now_us() + wait_us;
}

void announce_start(struct keeper *keeper, unsigned i, bool at_once)
{
	struct keeper_instance *instance = &keeper->instances[i];

	instance->announce_next = 0;
	instance->announce_step = at_once ? 0 : 1;
	if (at_once)
		instance->announce_at_us = clock_now_us();
	else
		announce_plan(keeper, i);
}

void announce_stop(struct keeper *keeper, unsigned i)
{
	keeper->instances[i].announce_at_us = INT64_MAX;
}

static void announce_chunk(struct keeper *keeper, unsigned i)
{
	struct keeper_instance *instance = &keeper->instances[i];
	const struct settings_instance *settings =
		&keeper->settings->instances[i];
	uint16_t which[CHUNK];
	unsigned count = 0, next = instance->announce_next;

	for (; next < settings->address_count && count < CHUNK; next++) {
		unsigned a = settings->first_address + next;

		if (keeper->addresses[a].state == ADDRESS_HELD)
			which[count++] = (uint16_t)a;
	}
	announce_send(keeper, which, count);
	instance->announce_next = next;
	if (next < settings->address_count)
		return;
	instance->announce_step++;
	announce_plan(keeper, i);
}

void announce_work(struct keeper *keeper)
{
	for (unsigned i = 0; i < keeper->settings->instance_count; i++) {
		struct keeper_instance *instance = &keeper->instances[i];

		if (instance->announce_at_us > keeper->now_us)
			continue;
		if (hold_is_alive(keeper, i)) {
			announce_chunk(keeper, i);
			return;
		}
		announce_plan(keeper, i); /* the lease may be over: silence */
	}
}

int64_t announce_deadline_us(const struct keeper *keeper)
{
	int64_t deadline_us = INT64_MAX;

	for (unsigned i = 0; i < keeper->settings->instance_count; i++)
		if (keeper->instances[i].announce_at_us < deadline_us)
			deadline_us = keeper->instances[i].announce_at_us;
	return deadline_us;
}
