/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gratuitous ARP and unsolicited neighbour advertisements: tell the neighbours
 * where a VIP lives now. A lost one is the longest outage of all, so it is said
 * again and again. Must never speak for an address that is not held, or whose
 * lease may have run out.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "keeper.h"

#define BUFFER_SIZE (4 * 1024 * 1024)

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

void announce_send(struct keeper *keeper, const uint16_t *which, unsigned count)
{
	static uint8_t frames[CHUNK][ANNOUNCE_FRAME_MAX];
	static struct sockaddr_ll to[CHUNK];
	static struct iovec parts[CHUNK];
	static struct mmsghdr messages[CHUNK];
	unsigned used = 0, sent = 0;

	for (unsigned i = 0; i < count && used < CHUNK; i++) {
		const struct keeper_address *address =
			&keeper->addresses[which[i]];
		const struct keeper_interface *interface =
			&keeper->interfaces[address->interface];
		size_t size;

		if (!interface->is_ethernet || !interface->is_up)
			continue;
		size = announce_frame_fill(frames[used], interface->mac,
					   &address->ip,
					   interface->is_router_v6);
		to[used] = (struct sockaddr_ll){
			.sll_family = AF_PACKET,
			.sll_protocol =
				htons(ip_is_v4(&address->ip) ? ETH_P_ARP
							     : ETH_P_IPV6),
			.sll_ifindex = (int)interface->index,
			.sll_halen = ETH_ALEN};
		memcpy(to[used].sll_addr, frames[used], ETH_ALEN);
		parts[used] = (struct iovec){.iov_base = frames[used],
					     .iov_len = size};
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
			keeper_log("%u announcements (gratuitous ARP, NA) not "
				   "sent: %s; they are repeated",
				   used - sent, strerror(errno));
			sent++; /* perhaps only this one's interface */
			continue;
		}
		sent += (unsigned)n;
	}
}

/* ---- the schedule ---- */

static void announce_plan(struct keeper *keeper, unsigned i)
{
	struct keeper_instance *instance = &keeper->instances[i];
	const struct settings *settings = keeper->settings;
	int64_t wait_us = announce_wait_us(
		settings_garp_of(settings, &settings->instances[i]),
		instance->announce_step);

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

	if (next == 0)
		interfaces_look_at_routing(keeper);
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
