/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of the two nodes this host is. The host name may come after us at boot
 * (DHCP, reverse DNS, cloud-init): then an address on an interface decides,
 * and where neither tells, that is no fault of the file.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <strings.h>
#include <unistd.h>

#include "internal.h"

#define NEITHER_NODE                                                           \
	"this host is called \"%.64s\", the nodes are \"%s\" and \"%s\", "     \
	"and %s; say which one this is with --node NAME"
#define BY_ADDRESS                                                             \
	"this host is called \"%.64s\", no node's name; taken for \"%s\" by "  \
	"its address %s on %s"

/* ---- by name ---- */

/* Host names do not tell capitals from small letters (RFC 1123, 4343). */
static bool name_is_host(const char *name, const char *host)
{
	return strcasecmp(name, host) == 0;
}

/* One of them with its domain, the other without. */
static bool name_is_like_host(const char *name, const char *host)
{
	size_t name_size = strcspn(name, "."), host_size = strcspn(host, ".");

	return (name[name_size] == '\0' || host[host_size] == '\0') &&
	       name_size == host_size && name_size > 0 &&
	       strncasecmp(name, host, name_size) == 0;
}

/* -1: none; a short name that both nodes begin with is none of them. */
static int find_by_name(const char *const names[NODES], const char *host)
{
	bool like[NODES];

	for (unsigned i = 0; i < NODES; i++) {
		if (name_is_host(names[i], host))
			return (int)i;
		like[i] = name_is_like_host(names[i], host);
	}
	return like[0] == like[1] ? -1 : like[0] ? 0 : 1;
}

/* ---- by address ---- */

static bool address_of(const struct sockaddr *address, struct ip *ip)
{
	if (address == NULL)
		return false;
	if (address->sa_family == AF_INET) {
		*ip = ip_from_v4(ntohl(
			((const struct sockaddr_in *)(const void *)address)
				->sin_addr.s_addr));
		return true;
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(ip->bytes,
	       &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
	       sizeof(ip->bytes));
	return true;
}

int settings_here(const struct settings_node *node, char *interface)
{
	struct ifaddrs *all, *at;
	struct ip ip;
	int found = -1;

	if (getifaddrs(&all) < 0)
		return -1;
	for (at = all; at != NULL && found < 0; at = at->ifa_next) {
		if (!address_of(at->ifa_addr, &ip))
			continue;
		for (unsigned i = 0; i < node->address_count; i++)
			if (ip_compare(&node->addresses[i], &ip) == 0)
				found = (int)i;
		if (found >= 0)
			snprintf(interface, SETTINGS_INTERFACE_MAX, "%s",
				 at->ifa_name);
	}
	freeifaddrs(all);
	return found;
}

/* Exactly one node's address is on this host: that node is taken, and told. */
static bool find_by_address(struct reader *reader, const char *host, bool *both)
{
	struct settings *settings = reader->settings;
	char interface[NODES][SETTINGS_INTERFACE_MAX], text[IP_TEXT_MAX];
	int here[NODES];
	unsigned self;

	for (unsigned i = 0; i < NODES; i++)
		here[i] = settings_here(&settings->nodes[i], interface[i]);
	*both = here[0] >= 0 && here[1] >= 0;
	if ((here[0] < 0) == (here[1] < 0))
		return false;
	self = here[0] >= 0 ? 0 : 1;
	settings->self = (uint8_t)self;
	ip_format(&settings->nodes[self].addresses[here[self]], text);
	reader_warn(reader, reader->root, "nodes", BY_ADDRESS, host,
		    settings->nodes[self].name, text, interface[self]);
	return true;
}

void settings_find_self(struct reader *reader, const char *node,
			struct settings_report *report)
{
	struct settings *settings = reader->settings;
	const char *names[NODES] = {settings->nodes[0].name,
				    settings->nodes[1].name};
	const char *why = "the addresses of neither are on an interface";
	bool both = false;
	char host[256] = "";
	int self = -1;

	if (node == NULL && gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	if (node == NULL)
		self = find_by_name(names, host);
	else
		for (unsigned i = 0; i < NODES; i++)
			if (strcmp(names[i], node) == 0)
				self = (int)i;
	if (self >= 0) {
		settings->self = (uint8_t)self;
		return;
	}
	report->self_unknown = true;
	if (node != NULL) {
		reader_error(reader, reader->root, "nodes",
			     "there is no node \"%.32s\" (--node); the nodes "
			     "are \"%s\" and \"%s\"",
			     node, names[0], names[1]);
		return;
	}
	if (find_by_address(reader, host, &both)) {
		report->self_unknown = false;
		return;
	}
	if (both)
		why = "the addresses of both are on interfaces here";
	if (report->any_node) {
		reader_warn(reader, reader->root, "nodes", NEITHER_NODE, host,
			    names[0], names[1], why);
		return;
	}
	report->self_late = !both;
	reader_error(reader, reader->root, "nodes", NEITHER_NODE, host,
		     names[0], names[1], why);
}
