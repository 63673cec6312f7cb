/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kernel that does not remove one address, for LD_PRELOAD: each request to
 * do so is made one that the kernel refuses.
 *
 * TWINBEAT_STUCK_ADDRESS=192.0.2.100, while TWINBEAT_STUCK_FILE=path exists.
 */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* not const: netlink's macros take it away (clang -Wcast-qual) */
static int is_stuck(struct nlmsghdr *head, const char *address)
{
	struct ifaddrmsg *body = NLMSG_DATA(head);
	int left = (int)IFA_PAYLOAD(head);
	struct in_addr wanted;

	if (head->nlmsg_type != RTM_DELADDR ||
	    inet_pton(AF_INET, address, &wanted) != 1)
		return 0;
	for (struct rtattr *at = IFA_RTA(body); RTA_OK(at, left);
	     at = RTA_NEXT(at, left))
		if (at->rta_type == IFA_LOCAL &&
		    memcmp(RTA_DATA(at), &wanted, sizeof(wanted)) == 0)
			return 1;
	return 0;
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags,
	       const struct sockaddr *to, socklen_t to_size)
{
	const char *address = getenv("TWINBEAT_STUCK_ADDRESS");
	const char *file = getenv("TWINBEAT_STUCK_FILE");
	static _Alignas(8) char copy[65536];

	if (to && to->sa_family == AF_NETLINK && size <= sizeof(copy) &&
	    address && file && access(file, F_OK) == 0) {
		int left = (int)size;

		memcpy(copy, bytes, size);
		for (struct nlmsghdr *head = (struct nlmsghdr *)(void *)copy;
		     NLMSG_OK(head, (unsigned)left);
		     head = NLMSG_NEXT(head, left))
			if (is_stuck(head, address))
				head->nlmsg_type = RTM_MAX + 1;
		bytes = copy;
	}
	return syscall(SYS_sendto, fd, bytes, size, flags, to, to_size);
}
