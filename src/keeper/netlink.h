/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KEEPER_NETLINK_H
#define KEEPER_NETLINK_H
/*
 * The keeper's conversation with the kernel: addresses added and removed in
 * batches, dumps, and notifications. Knows nothing of instances.
 *
 * The kernel works through a batch while sendmsg() runs and queues its answers
 * before that returns, so one thread can ask and read without waiting.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../settings/route.h"

struct nlattr;
struct nl_msg;
struct nl_sock;
struct nlmsghdr;

#define NETLINK_BATCH_MAX 256
/* The longest request, a route: header, body, six attributes. */
#define NETLINK_REQUEST_MAX 112
#define NETLINK_FOREVER	    UINT32_MAX

/* One address as the kernel has it, or shall have it. */
struct netlink_address {
	struct ip ip;
	unsigned index;
	uint8_t prefix;
	uint8_t protocol;
	uint32_t valid_s; /* NETLINK_FOREVER = no lease */
	bool secondary;	  /* IPv4 */
};

struct netlink_link {
	const char *name;
	struct nlattr *names; /* further ones, or NULL */
	unsigned index;
	bool is_gone;
	bool is_up;	  /* admin up, carrier, operational */
	bool is_ethernet; /* has a MAC and speaks ARP */
	bool is_arp_off;  /* ip link set arp off, where it is on by nature */
	uint8_t mac[6];
};

/* By its name or an alternative one (ip link property add ... altname). */
bool netlink_link_is_named(const struct netlink_link *link, const char *name);

struct netlink {
	struct nl_sock *asking, *watching;
	int fd, watch_fd;
	bool both_families; /* else IPv4 only */
	uint32_t port, sequence;
	struct nl_msg *scratch;
	unsigned count;
	size_t used, last; /* bytes; where the last request begins */
	uint8_t batch[NETLINK_BATCH_MAX * NETLINK_REQUEST_MAX];
};

/* What a dump and a watch hand over. port: who asked for the change, 0 = the
 * kernel by itself; often the pid of the process. */
struct netlink_visitor {
	void (*link)(void *arg, const struct netlink_link *link);
	void (*address)(void *arg, const struct netlink_address *address);
	void (*came)(void *arg, const struct netlink_address *address,
		     uint32_t port);
	void (*gone)(void *arg, const struct netlink_address *address,
		     uint32_t port, const struct nlmsghdr *notice);
	void *arg;
};

/* Opens both sockets; notifications are kept from here on. 0, or -1 with a
 * sentence in error. IPv6 addresses are only shown and told of where asked for.
 */
int netlink_open(struct netlink *netlink, bool both_families, char *error,
		 size_t error_size);
/* From here on IPv6 addresses as well. 0 or -1. */
int netlink_add_v6(struct netlink *netlink);

enum netlink_how {
	NETLINK_NEW, /* fails with EEXIST if it is there: nothing is stolen */
	/*
	 * Sets the lifetime of what is there, and fails with EINVAL if it is
	 * not: a renewal that waited in the kernel must never bring back what
	 * was removed meanwhile (R12).
	 */
	NETLINK_RENEW,
};
/* Put one request into the batch; the n-th put has the n-th result. */
void netlink_put_new(struct netlink *netlink, enum netlink_how how,
		     const struct netlink_address *address, const char *label);
void netlink_put_delete(struct netlink *netlink,
			const struct netlink_address *address);

/* promote_secondaries of an interface. */
void netlink_put_promote(struct netlink *netlink, unsigned index, bool on);

/* A request of another kind: its head, then the caller's body and attributes
 * into netlink->scratch, then it is put. */
void netlink_start(struct netlink *netlink, uint16_t type, uint16_t flags);
void netlink_put(struct netlink *netlink);

/* netlink_route.c. Added as ours, EEXIST where there is one; or ours removed.
 * index: of its interface, 0 = none is named. */
void netlink_put_route(struct netlink *netlink, bool add,
		       const struct settings_route *route,
		       const struct way *way, unsigned index);
void netlink_put_rule(struct netlink *netlink, bool add,
		      const struct settings_rule *rule,
		      const struct bend *bend);
/* While no instance is claimed: those of an earlier run, whatever the settings
 * were. False: the kernel did not say that none is left. */
bool netlink_remove_left_routes(int *removed);

/*
 * Sends the batch and empties it. results[i] is 0 or an errno; one refused
 * request does not stop the rest. -1: the kernel did not answer, nothing is
 * known (results are all ETIMEDOUT).
 */
int netlink_carry_out(struct netlink *netlink, int *results);

/* Calls visitor->link or ->address for everything there is. 0, or -1 when the
 * picture is not complete: nothing may be concluded from it. */
int netlink_dump_links(struct netlink *netlink,
		       const struct netlink_visitor *visitor);
int netlink_dump_addresses(struct netlink *netlink,
			   const struct netlink_visitor *visitor);

/*
 * Reads notifications: visitor->link, ->gone, and ->came for addresses that
 * others added. 0 all read, 1 perhaps more,
 * -1 some were lost: dump.
 */
int netlink_watch(struct netlink *netlink,
		  const struct netlink_visitor *visitor);

/* Adds again what a notice said is gone, as it was. An errno, or 0. */
int netlink_put_back(struct netlink *netlink, const struct nlmsghdr *notice);
#endif
