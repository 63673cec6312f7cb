/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where adverts come from, of a kernel whose lists are torn now and then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "../../src/link/vrrp/vrrp_socket.h"

#define OWN   0xc000020bu /* 192.0.2.11 */
#define OTHER 0xc0000232u
#define VIP   0xc0000264u

/* ---- a kernel ---- */

static struct {
	unsigned torn;	      /* so many lists, which lack what was hidden */
	uint32_t hidden;      /* IPv4 */
	unsigned silent_from; /* and do not say so; 0: all do */
	const char *local_v6, *peer_v6;
	unsigned char flags_v6;
	unsigned asked;
	bool is_torn; /* this one */
	_Alignas(8) char bytes[4096];
	size_t size, read;
} kernel;

static void put(uint16_t type, uint16_t flags, const void *bytes, size_t size)
{
	struct nlmsghdr head = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
				.nlmsg_type = type,
				.nlmsg_flags = NLM_F_MULTI | flags};

	memcpy(kernel.bytes + kernel.size, &head, sizeof(head));
	memcpy(kernel.bytes + kernel.size + NLMSG_HDRLEN, bytes, size);
	kernel.size += NLMSG_SPACE(size);
}

struct address {
	struct ifaddrmsg body;
	char attributes[100];
};

static size_t put_ip(char *at, uint16_t type, const void *ip, size_t size)
{
	struct rtattr head = {.rta_len = (uint16_t)RTA_LENGTH(size),
			      .rta_type = type};

	memcpy(at, &head, sizeof(head));
	memcpy(at + RTA_LENGTH(0), ip, size);
	return RTA_SPACE(size);
}

static void put_v4(uint32_t ip, uint16_t flags)
{
	struct address message = {.body = {.ifa_family = AF_INET,
					   .ifa_prefixlen = 24,
					   .ifa_index = if_nametoindex("lo")}};
	uint32_t wire = htonl(ip);
	size_t size = 0;

	if (kernel.is_torn && ip == kernel.hidden)
		return;
	size += put_ip(message.attributes, IFA_ADDRESS, &wire, sizeof(wire));
	size += put_ip(message.attributes + size, IFA_LOCAL, &wire,
		       sizeof(wire));
	put(RTM_NEWADDR, flags, &message, sizeof(message.body) + size);
}

static void put_v6(uint16_t flags)
{
	struct address message = {.body = {.ifa_family = AF_INET6,
					   .ifa_prefixlen = 64,
					   .ifa_flags = kernel.flags_v6,
					   .ifa_index = if_nametoindex("lo")}};
	unsigned char ip[16];
	size_t size = 0;

	if (kernel.peer_v6 != NULL) {
		inet_pton(AF_INET6, kernel.local_v6, ip);
		size += put_ip(message.attributes, IFA_LOCAL, ip, sizeof(ip));
	}
	inet_pton(AF_INET6, kernel.peer_v6 ? kernel.peer_v6 : kernel.local_v6,
		  ip);
	size += put_ip(message.attributes + size, IFA_ADDRESS, ip, sizeof(ip));
	put(RTM_NEWADDR, flags, &message, sizeof(message.body) + size);
}

static void list(void)
{
	const int32_t code = 0;
	uint16_t flags;

	kernel.is_torn = kernel.asked++ < kernel.torn;
	flags = kernel.is_torn && !(kernel.silent_from > 0 &&
				    kernel.asked >= kernel.silent_from)
			? NLM_F_DUMP_INTR
			: 0;
	kernel.size = kernel.read = 0;
	put_v4(VIP, flags);
	put_v4(OTHER, flags);
	put_v4(OWN, flags);
	if (kernel.local_v6 != NULL)
		put_v6(flags);
	put(NLMSG_DONE, flags, &code, sizeof(code));
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
	(void)fd;
	(void)bytes;
	(void)flags;
	list();
	return (ssize_t)size;
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
	size_t left = kernel.size - kernel.read;

	(void)fd;
	(void)flags;
	assert_true(left <= size);
	memcpy(bytes, kernel.bytes + kernel.read, left);
	kernel.read = kernel.size;
	return (ssize_t)left;
}

/* ---- */

static void begin(unsigned torn)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.torn = torn;
	kernel.hidden = OWN;
}

static void check_v4(uint32_t expected)
{
	const struct ip own = ip_from_v4(OWN), vip = ip_from_v4(VIP);
	struct ip wanted =
		expected ? ip_from_v4(expected) : (struct ip){.bytes = {0}};
	struct ip found =
		vrrp_socket_find_source("lo", false, &own, 1, &vip, 1);

	assert_int_equal(ip_compare(&found, &wanted), 0);
}

static void check_v6(const char *expected)
{
	struct ip wanted = {.bytes = {0}}, found;

	if (expected != NULL)
		inet_pton(AF_INET6, expected, wanted.bytes);
	found = vrrp_socket_find_source("lo", true, NULL, 0, NULL, 0);
	assert_int_equal(ip_compare(&found, &wanted), 0);
}

static void a_whole_list_is_believed(void **state)
{
	(void)state;
	begin(0);
	check_v4(OWN);
	assert_int_equal(kernel.asked, 1);
}

/* The configured address is missing in it, and there all the same. */
static void a_torn_list_is_asked_for_again(void **state)
{
	(void)state;
	begin(1);
	check_v4(OWN);
	begin(4);
	check_v4(OWN);
}

/* Not even an address that is in all of them, where the configured one lacks.
 */
static void of_torn_lists_alone_nothing_is_taken(void **state)
{
	(void)state;
	begin(1000);
	check_v4(0);
	assert_in_range(kernel.asked, 2, 10);
}

/* As Linux 6.18 does now and then. */
static void one_torn_in_silence_is_not_believed_alone(void **state)
{
	(void)state;
	begin(1);
	kernel.silent_from = 1;
	check_v4(OWN);
	assert_int_equal(kernel.asked, 2);
}

/* All of the first look, and the only one of the second in silence. */
static void one_torn_in_silence_after_torn_ones_as_well(void **state)
{
	(void)state;
	begin(1000);
	kernel.silent_from = 6;
	check_v4(0);
	assert_int_equal(kernel.asked, 6);
}

static void without_the_configured_one_another_is_taken(void **state)
{
	(void)state;
	begin(1000);
	kernel.silent_from = 1;
	check_v4(OTHER);
	assert_int_equal(kernel.asked, 2);
}

static void one_that_a_torn_list_had_may_be_gone(void **state)
{
	(void)state;
	begin(1);
	kernel.hidden = OTHER;
	check_v4(OWN);
	assert_int_equal(kernel.asked, 2);
}

static void over_ipv6_only_what_may_be_spoken_from(void **state)
{
	(void)state;
	begin(1);
	kernel.local_v6 = "fe80::1";
	check_v6("fe80::1");
	kernel.peer_v6 = "fe80::2";
	check_v6("fe80::1");
	kernel.flags_v6 = IFA_F_TENTATIVE;
	check_v6(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_list_is_believed),
		cmocka_unit_test(a_torn_list_is_asked_for_again),
		cmocka_unit_test(of_torn_lists_alone_nothing_is_taken),
		cmocka_unit_test(one_torn_in_silence_is_not_believed_alone),
		cmocka_unit_test(one_torn_in_silence_after_torn_ones_as_well),
		cmocka_unit_test(without_the_configured_one_another_is_taken),
		cmocka_unit_test(one_that_a_torn_list_had_may_be_gone),
		cmocka_unit_test(over_ipv6_only_what_may_be_spoken_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
