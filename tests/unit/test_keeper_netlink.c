/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the keeper asks of the kernel, byte by byte. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

/* the requests are built in static functions */
#include "../../src/keeper/netlink.c"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R12_a_renewal_never_creates),
		cmocka_unit_test(test_R1_a_claim_takes_nothing_that_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
