/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel of this machine does to the pair's packets: switches of its
 * network (sysctl), the firewall's rules, and which way a fence would leave.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/sysctl.h"
#include "doctor.h"
#include "marks.h"
#include "rules.h"

#define VRRP "112"

static bool has_interface(char (*list)[SETTINGS_INTERFACE_MAX], unsigned count,
			  const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

/* Where virtual addresses go. */
static unsigned list_interfaces(const struct settings *settings,
				char (*list)[SETTINGS_INTERFACE_MAX],
				unsigned most)
{
	unsigned count = 0;

	for (unsigned i = 0; i < settings->address_count && count < most; i++)
		if (!has_interface(list, count, settings->addresses[i].dev))
			snprintf(list[count++], SETTINGS_INTERFACE_MAX, "%s",
				 settings->addresses[i].dev);
	return count;
}

struct on_interface {
	bool has_v4, has_v6, has_network; /* a VIP with more than a /32 */
};

static struct on_interface find_on(const struct settings *settings,
				   const char *interface)
{
	struct on_interface found = {false, false, false};

	for (unsigned i = 0; i < settings->address_count; i++) {
		const struct settings_address *address =
			&settings->addresses[i];

		if (strcmp(address->dev, interface) != 0)
			continue;
		if (ip_is_v4(&address->ip)) {
			found.has_v4 = true;
			found.has_network |= address->prefix < 32;
		} else {
			found.has_v6 = true;
		}
	}
	return found;
}

static unsigned check_interface(struct doctor *doctor,
				const struct settings *settings,
				const char *name, bool has_more)
{
	struct on_interface on = find_on(settings, name);
	int ignore = sysctl_larger_conf(name, "arp_ignore");
	unsigned found = 0;

	if (on.has_v4 && ignore >= 8 && ++found)
		doctor_say(doctor, DOCTOR_BAD, "sysctl",
			   "set net.ipv4.conf.all.arp_ignore and that of the "
			   "interface to 0, 1 or 2",
			   "arp_ignore is %d on %s: nobody gets an answer for "
			   "a virtual address",
			   ignore, name);
	if (on.has_network &&
	    sysctl_larger_conf(name, "promote_secondaries") == 0 && ++found)
		doctor_say(doctor, DOCTOR_WARN, "sysctl",
			   "set net.ipv4.conf.all.promote_secondaries = 1",
			   "promote_secondaries is 0 on %s: when an address "
			   "goes, the kernel takes the others of its network "
			   "with it; twinbeat puts them back, late",
			   name);
	if (has_more && sysctl_larger_conf(name, "rp_filter") == 1 && ++found)
		doctor_say(doctor, DOCTOR_WARN, "sysctl",
			   "set net.ipv4.conf.all.rp_filter and that of the "
			   "interface to 2 (loose) or 0",
			   "rp_filter is 1 on %s: what comes in by another "
			   "card than the answer leaves by is dropped",
			   name);
	if (on.has_v6 && sysctl_read_conf("ipv6", name, "disable_ipv6") == 1 &&
	    ++found)
		doctor_say(doctor, DOCTOR_BAD, "sysctl",
			   "set net.ipv6.conf.all.disable_ipv6 and that of "
			   "the interface to 0",
			   "IPv6 is off on %s, which is to hold a virtual "
			   "IPv6 address",
			   name);
	return found;
}

static void check_switches(struct doctor *doctor,
			   const struct settings *settings)
{
	char list[16][SETTINGS_INTERFACE_MAX];
	unsigned count = list_interfaces(settings, list, 16), found = 0;

	for (unsigned i = 0; i < count; i++)
		found += check_interface(doctor, settings, list[i], count > 1);
	if (found == 0)
		doctor_say(doctor, DOCTOR_OK, "sysctl", "",
			   "no switch of the kernel's network is in the way");
}

/* ---- firewall ---- */

struct firewall {
	struct doctor *doctor;
	const struct settings *settings;
	char chain[96];	    /* "inet filter input", of the present line */
	char table[64];	    /* "inet filter" */
	bool is_on_the_way; /* the chain sees what comes in or goes out */
	bool drops;	    /* some chain on the way drops what no rule lets */
	char dropping[96];  /* its name */
	/* what is let through: VRRP, and the port of each udp link */
	bool lets_vrrp, lets_port[LINKS_MAX];
	unsigned found;
};

/* As a word: 112 is not in 1123. */
static bool has_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = line; (at = strstr(at, word)); at += length)
		if ((at == line || !strchr("0123456789abcdefx.:", at[-1])) &&
		    !strchr("0123456789abcdefx.:", at[length]))
			return true;
	return false;
}

static bool is_about_vrrp(const char *line)
{
	return (strstr(line, "protocol") || strstr(line, "l4proto") ||
		strstr(line, "nexthdr")) &&
	       (has_word(line, VRRP) || strstr(line, "vrrp"));
}

static bool is_about_port(const char *line, const struct settings_link *link)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", link->port);
	return link->configured && link->port && strstr(line, "udp") &&
	       has_word(line, port);
}

/* A rule that lets everything through, or everything of a card. */
static bool lets_all(const char *line)
{
	static const char *const narrowing[] = {
		"ct ",	   "saddr",   "daddr",	"dport", "sport", "protocol",
		"l4proto", "nexthdr", "\"lo\"", "icmp",	 "tcp",	  "udp"};

	if (!strstr(line, "accept"))
		return false;
	for (unsigned i = 0; i < sizeof(narrowing) / sizeof(narrowing[0]); i++)
		if (strstr(line, narrowing[i]))
			return false;
	return true;
}

static void say_dropped(struct firewall *firewall, const char *what,
			const char *line)
{
	firewall->found++;
	doctor_say(firewall->doctor, DOCTOR_BAD, "firewall",
		   "delete the rule, or let the packets of the peer through "
		   "before it",
		   "chain %s drops %s: %s", firewall->chain, what,
		   line + strspn(line, " \t"));
}

static void take_rule(struct firewall *firewall, const char *line)
{
	bool is_drop = strstr(line, "drop") || strstr(line, "reject");
	bool is_accept = strstr(line, "accept");
	bool all = lets_all(line);

	if (is_about_vrrp(line) || all) {
		if (is_drop && firewall->is_on_the_way)
			say_dropped(firewall, "VRRP", line);
		firewall->lets_vrrp |= is_accept;
	}
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		const struct settings_link *link =
			&firewall->settings->links[i];

		if (!is_about_port(line, link) && !all)
			continue;
		if (is_drop && firewall->is_on_the_way)
			say_dropped(firewall, link->name, line);
		firewall->lets_port[i] |= is_accept;
	}
}

static void take_line(void *arg, char *line)
{
	struct firewall *firewall = arg;
	char name[64];

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "table %63[^{]", name) == 1) {
		name[strcspn(name, "{")] = '\0';
		snprintf(firewall->table, sizeof(firewall->table), "%s", name);
	} else if (sscanf(line, " chain %31s {", name) == 1) {
		snprintf(firewall->chain, sizeof(firewall->chain), "%.60s%.31s",
			 firewall->table, name);
		firewall->is_on_the_way = false;
	} else if (strstr(line, " hook ")) {
		/* nat and route chains change, they do not let or drop */
		firewall->is_on_the_way = strstr(line, "type filter") &&
					  !strstr(line, "hook forward") &&
					  !strstr(line, "hook postrouting");
		if (firewall->is_on_the_way && strstr(line, "policy drop")) {
			firewall->drops = true;
			snprintf(firewall->dropping, sizeof(firewall->dropping),
				 "%s", firewall->chain);
		}
	} else {
		take_rule(firewall, line);
	}
}

static void say_not_let(struct firewall *firewall, const char *what,
			const char *rule)
{
	firewall->found++;
	doctor_say(firewall->doctor, DOCTOR_WARN, "firewall", rule,
		   "chain %s drops what no rule lets through, and none names "
		   "%s",
		   firewall->dropping, what);
}

static void check_firewall(struct doctor *doctor,
			   const struct settings *settings)
{
	static struct firewall firewall;
	char what[80];

	firewall = (struct firewall){.doctor = doctor, .settings = settings};
	if (!rules_read(RULES_OF_NFT, take_line, &firewall)) {
		doctor_say(doctor, DOCTOR_WARN, "firewall",
			   "run twinbeat doctor as root, with nftables "
			   "installed",
			   "not looked at: nft does not list the rules");
		return;
	}
	if (firewall.drops && !firewall.lets_vrrp &&
	    settings->instance_count > 0)
		say_not_let(&firewall, "VRRP (protocol 112)",
			    "nft add rule ... ip protocol vrrp accept, in and "
			    "out");
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		const struct settings_link *link = &settings->links[i];

		if (!firewall.drops || !link->configured || !link->port ||
		    firewall.lets_port[i])
			continue;
		snprintf(what, sizeof(what), "UDP port %u of link %s",
			 link->port, link->name);
		say_not_let(&firewall, what,
			    "nft add rule ... udp dport of the link accept, in "
			    "and out");
	}
	if (firewall.found == 0)
		doctor_say(doctor, DOCTOR_OK, "firewall", "",
			   "no rule of nftables drops what the pair says");
}

static void say_unmarked(void *arg, const struct settings_service *service,
			 const char *text)
{
	(void)service;
	doctor_say(arg, DOCTOR_WARN, "firewall",
		   "nft add rule ip mangle prerouting ip daddr of the virtual "
		   "address, tcp dport of the service, meta mark set the mark; "
		   "on both nodes",
		   "%s", text);
}

/* ---- the way of a fence ---- */

/* The interface by which this machine would speak to ip; "" = none. */
static void find_way(const struct ip *ip, char *interface)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in from = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifaddrs *list = NULL;
	socklen_t size = sizeof(from);

	interface[0] = '\0';
	to.sin_addr.s_addr = htonl(ip_to_v4(ip));
	/* nothing is sent: the kernel only looks for the way */
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&from, &size) == 0 &&
	    getifaddrs(&list) == 0)
		for (struct ifaddrs *at = list; at; at = at->ifa_next)
			if (at->ifa_addr &&
			    at->ifa_addr->sa_family == AF_INET &&
			    ((struct sockaddr_in *)(void *)at->ifa_addr)
					    ->sin_addr.s_addr ==
				    from.sin_addr.s_addr)
				snprintf(interface, SETTINGS_INTERFACE_MAX,
					 "%.*s", /* "eth0:1" is a label */
					 (int)strcspn(at->ifa_name, ":"),
					 at->ifa_name);
	freeifaddrs(list);
	if (fd >= 0)
		close(fd);
}

/* The card that a heartbeat or a virtual address is on; "" = another one. */
static const char *use_of(const struct settings *settings, const char *name)
{
	for (unsigned i = 0; i < settings->instance_count; i++)
		if (!strcmp(settings->instances[i].interface, name))
			return settings->instances[i].name;
	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (settings->links[i].configured &&
		    !strcmp(settings->links[i].interface, name))
			return settings->links[i].name;
	return "";
}

static void check_fence_path(struct doctor *doctor,
			     const struct settings *settings)
{
	char interface[SETTINGS_INTERFACE_MAX];
	unsigned found = 0, looked = 0;
	struct ip ip;

	for (unsigned i = 0; i < settings->device_count; i++) {
		const struct settings_device *device = &settings->devices[i];

		if (!ip_parse(device->host, &ip) || !ip_is_v4(&ip))
			continue;
		looked++;
		find_way(&ip, interface);
		if (!interface[0]) {
			found++;
			doctor_say(doctor, DOCTOR_BAD, "fencepath",
				   "add a route, or the management network's "
				   "address to its card",
				   "there is no way from here to %s (%s)",
				   device->name, device->host);
		} else if (use_of(settings, interface)[0]) {
			found++;
			doctor_say(doctor, DOCTOR_WARN, "fencepath",
				   "give the power switch a network of its own",
				   "%s (%s) is reached by %s, which %s needs, "
				   "too: both fail together",
				   device->name, device->host, interface,
				   use_of(settings, interface));
		}
	}
	if (looked > 0 && found == 0)
		doctor_say(doctor, DOCTOR_OK, "fencepath", "",
			   "power switches are reached by a card of their own");
}

void doctor_network(struct doctor *doctor, const struct settings *settings)
{
	check_switches(doctor, settings);
	check_firewall(doctor, settings);
	marks_tell(settings, say_unmarked, doctor);
	check_fence_path(doctor, settings);
	doctor_listen(doctor, settings);
}
