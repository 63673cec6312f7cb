/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the keeper asks of the kernel, byte by byte. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* of "the kernel": its next answer */
static char answer[200];
static size_t answer_size;
static ssize_t answer_take(void *bytes, size_t size);
#define recvfrom(fd, bytes, size, flags, from, from_size)                      \
	(((struct sockaddr_nl *)(void *)(from))->nl_pid = 0, (void)(fd),       \
	 (void)(flags), (void)(from_size), answer_take(bytes, size))
/* the requests are built in static functions */
#include "../../src/keeper/netlink.c"
#undef recvfrom

static const struct netlink_address vip = {
	.ip = {{[10] = 0xff, [11] = 0xff, 192, 0, 2, 100}},
	.index = 2,
	.prefix = 32,
	.protocol = 0x7b,
	.valid_s = 3};

static const struct nlmsghdr *put(struct netlink *netlink, enum netlink_how how)
{
	memset(netlink, 0, sizeof(*netlink));
	netlink->scratch = nlmsg_alloc_size(NETLINK_REQUEST_MAX);
	assert_non_null(netlink->scratch);
	netlink_put_new(netlink, how, &vip, "eth0:1234567890");
	assert_int_equal(netlink->count, 1);
	assert_in_range(netlink->used, 1, NETLINK_REQUEST_MAX);
	nlmsg_free(netlink->scratch);
	return (const struct nlmsghdr *)(const void *)netlink->batch;
}

static uint32_t flags_of(const struct nlmsghdr *head)
{
	const struct nlattr *attribute =
		nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)head,
				sizeof(struct ifaddrmsg), IFA_FLAGS);

	return attribute ? nla_get_u32(attribute) : 0;
}

/*
 * R12: one that waited in the kernel for RTNL must not bring back what was
 * removed. Linux does so whether NLM_F_CREATE is there or not; but no multicast
 * group can be joined for a VIP, which it does first where the flag asks for
 * it.
 */
static void test_R12_a_renewal_never_creates(void **state)
{
	static struct netlink netlink;
	const struct nlmsghdr *head = put(&netlink, NETLINK_RENEW);

	(void)state;
	assert_int_equal(head->nlmsg_type, RTM_NEWADDR);
	assert_int_equal(head->nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL), 0);
	assert_true(head->nlmsg_flags & NLM_F_REPLACE);
	assert_int_equal(flags_of(head), IFA_F_MCAUTOJOIN);
}

static void test_R1_a_claim_takes_nothing_that_is_there(void **state)
{
	static struct netlink netlink;
	const struct nlmsghdr *head = put(&netlink, NETLINK_NEW);

	(void)state;
	assert_true(head->nlmsg_flags & NLM_F_CREATE);
	assert_true(head->nlmsg_flags & NLM_F_EXCL);
	assert_false(head->nlmsg_flags & NLM_F_REPLACE);
	assert_int_equal(flags_of(head), 0);
}

static ssize_t answer_take(void *bytes, size_t size)
{
	size_t n = answer_size;

	assert_true(n > 0 && n <= size);
	memcpy(bytes, answer, n);
	answer_size = 0;
	return (ssize_t)n;
}

static void answer_put(uint16_t type, uint16_t flags, const void *body,
		       uint32_t size)
{
	struct nlmsghdr head = {.nlmsg_type = type,
				.nlmsg_flags = NLM_F_MULTI | flags,
				.nlmsg_len = NLMSG_LENGTH(size),
				.nlmsg_seq = 7};

	memcpy(answer + answer_size, &head, sizeof(head));
	memcpy(answer + answer_size + NLMSG_HDRLEN, body, size);
	answer_size += NLMSG_ALIGN(head.nlmsg_len);
}

static void see_address(void *arg, const struct netlink_address *address)
{
	(void)address;
	++*(unsigned *)arg;
}

/* An address, and the end with that code: what is made of it. */
static int read_answer(int32_t code, uint16_t flags)
{
	static struct netlink netlink;
	unsigned seen = 0;
	const struct netlink_visitor visitor = {.address = see_address,
						.arg = &seen};
	const struct {
		struct ifaddrmsg head;
		struct nlattr attribute;
		uint8_t ip[4];
	} body = {{.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 2},
		  {.nla_len = sizeof(struct nlattr) + 4, .nla_type = IFA_LOCAL},
		  {192, 0, 2, 100}};
	int result;

	answer_put(RTM_NEWADDR, flags, &body, sizeof(body));
	answer_put(NLMSG_DONE, flags, &code, sizeof(code));
	result = netlink_read_dump(&netlink, 7, &visitor);
	assert_int_equal(seen, 1);
	return result;
}

/* "Gone" is what a whole dump does not show (R12). */
static void test_R12_a_dump_that_the_kernel_broke_off_is_none(void **state)
{
	(void)state;
	assert_int_equal(read_answer(0, 0), 0);
	assert_int_equal(read_answer(0, NLM_F_DUMP_INTR), 1);
	assert_int_equal(read_answer(-ENOBUFS, 0), -1);
	assert_int_equal(read_answer(-EMSGSIZE, NLM_F_DUMP_INTR), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R12_a_renewal_never_creates),
		cmocka_unit_test(test_R1_a_claim_takes_nothing_that_is_there),
		cmocka_unit_test(
			test_R12_a_dump_that_the_kernel_broke_off_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
