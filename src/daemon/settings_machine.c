/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One RTM_GETADDR dump by hand: getifaddrs(3) tells neither who has put an
 * address there nor how long it lives. libnl is the keeper's alone.
 */
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../keeper/keeper_msg.h"
#include "settings_machine.h"

#define ATTRIBUTE_PROTOCOL   11	  /* IFA_PROTO, of kernel 5.18 */
#define SETTINGS_LEASE_MAX_S 3600 /* vip.lease_s */

struct dump {
	struct machine_address *list;
	unsigned count, max;
};

static void take_address(struct dump *dump, const struct nlmsghdr *header)
{
	const struct ifaddrmsg *message = NLMSG_DATA(header);
	int size = (int)IFA_PAYLOAD(header);
	struct machine_address *to = &dump->list[dump->count];
	struct ifa_cacheinfo times;
	bool has_ip = false;
	uint32_t v4;

	if (dump->count == dump->max || message->ifa_family != AF_INET)
		return;
	to->ours = false;
	for (const struct rtattr *at = IFA_RTA(message); RTA_OK(at, size);
	     at = RTA_NEXT(at, size)) {
		if (at->rta_type == IFA_LOCAL && RTA_PAYLOAD(at) == 4) {
			memcpy(&v4, RTA_DATA(at), sizeof(v4));
			to->ip = ip_from_v4(ntohl(v4));
			has_ip = true;
		} else if (at->rta_type == ATTRIBUTE_PROTOCOL &&
			   RTA_PAYLOAD(at) == 1) {
			to->ours |= *(const uint8_t *)RTA_DATA(at) ==
				    KEEPER_ADDRESS_PROTOCOL;
		} else if (at->rta_type == IFA_CACHEINFO &&
			   RTA_PAYLOAD(at) >= sizeof(times)) {
			/* a lease of seconds: an older kernel keeps no tag */
			memcpy(&times, RTA_DATA(at), sizeof(times));
			to->ours |= times.ifa_valid <= SETTINGS_LEASE_MAX_S;
		}
	}
	if (has_ip && if_indextoname(message->ifa_index, to->interface))
		dump->count++;
}

/* false when the dump is over. */
static bool take_answer(struct dump *dump, const char *buffer, size_t size)
{
	const struct nlmsghdr *header = (const void *)buffer;

	for (; NLMSG_OK(header, size); header = NLMSG_NEXT(header, size)) {
		if (header->nlmsg_type == NLMSG_DONE ||
		    header->nlmsg_type == NLMSG_ERROR)
			return false;
		if (header->nlmsg_type == RTM_NEWADDR)
			take_address(dump, header);
	}
	return true;
}

unsigned machine_list_addresses(struct machine_address *list, unsigned max)
{
	_Alignas(struct nlmsghdr) char buffer[32768];
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg message;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETADDR,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.message = {.ifa_family = AF_INET},
	};
	struct dump dump = {.list = list, .max = max};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t size;

	if (fd < 0)
		return 0;
	if (send(fd, &request, sizeof(request), 0) == sizeof(request))
		do
			size = recv(fd, buffer, sizeof(buffer), 0);
		while (size > 0 && take_answer(&dump, buffer, (size_t)size));
	close(fd);
	return dump.count;
}

bool machine_find_gateway(struct ip *gateway)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[256];
	bool found = false;
	unsigned to, by;

	if (file == NULL)
		return false;
	/* Iface Destination Gateway ..., addresses as they lie in memory */
	while (!found && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%*15s %8x %8x", &to, &by) == 2 && to == 0 &&
		    by != 0) {
			*gateway = ip_from_v4(ntohl(by));
			found = true;
		}
	fclose(file);
	return found;
}
