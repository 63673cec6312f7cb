/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_DUMP_END_H
#define BASE_DUMP_END_H
/*
 * How a dump of netlink ended. One that the kernel broke off has no other sign
 * of it than a number in its last message (NLMSG_DONE), and libnl passes over
 * that one, too.
 */
#include <linux/netlink.h>
#include <stdint.h>
#include <string.h>

/* end: an NLMSG_DONE. 0: the dump is whole; else an errno. */
static inline int dump_end_error(const struct nlmsghdr *end)
{
	int32_t code;

	if (end->nlmsg_len < NLMSG_LENGTH(sizeof(code)))
		return 0;
	/* NLMSG_DATA() casts const away, which clang refuses. */
	memcpy(&code, (const char *)end + NLMSG_HDRLEN, sizeof(code));
	return code < 0 ? -code : 0;
}
#endif
