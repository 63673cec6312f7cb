/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who has the virtual addresses, asked as any host asks (ARP with no sender,
 * RFC 5227; neighbour solicitation, RFC 4861), and who uses the VRIDs, by
 * listening. Whoever holds an address is known from the daemon; what is
 * looked for is a second one, or an owner whom nobody can find.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../client/control_client.h"
#include "../link/ear.h"
#include "../link/vrrp/vrrp_socket.h"
#include "doctor_measure.h"

/* More are asked by nobody in seconds: the first of them stand for all. */
#define TARGETS_MAX   32
#define LISTENERS_MAX 32
#define ANSWERS_MAX   4
#define SOURCES_MAX   4
#define ASK_TIMES     3
#define ASK_EVERY_MS  500

struct target {
	unsigned instance;
	const struct settings_address *address;
	int socket; /* of ICMPv6; -1: ARP by the ear */
	unsigned ear;
	uint8_t answers[ANSWERS_MAX][EAR_MAC_SIZE];
	unsigned answer_count;
};

struct listener {
	unsigned instance;
	int fd;
	struct ip sources[SOURCES_MAX];
	unsigned source_count;
};

struct probe {
	struct doctor *doctor;
	const struct settings *settings;
	struct ear ears[TARGETS_MAX]; /* one for each interface */
	char interfaces[TARGETS_MAX][SETTINGS_INTERFACE_MAX];
	unsigned ear_count;
	struct target targets[TARGETS_MAX];
	unsigned target_count;
	struct listener listeners[LISTENERS_MAX];
	unsigned listener_count;
	unsigned asked;
	int64_t next_ms;
	bool is_refused; /* not root */
};

static void add_answer(struct target *target, const uint8_t *mac)
{
	for (unsigned i = 0; i < target->answer_count; i++)
		if (!memcmp(target->answers[i], mac, EAR_MAC_SIZE))
			return;
	if (target->answer_count < ANSWERS_MAX)
		memcpy(target->answers[target->answer_count++], mac,
		       EAR_MAC_SIZE);
}

/* ---- IPv6 ---- */

struct solicitation {
	struct nd_neighbor_solicit head;
	uint8_t option[2], mac[EAR_MAC_SIZE];
} __attribute__((packed));

static int solicit_open(const char *interface)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			IPPROTO_ICMPV6);
	int index = (int)if_nametoindex(interface), hops = 255, off = 0;
	struct icmp6_filter filter;

	if (fd < 0)
		return -1;
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &filter);
	if (index > 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		       (socklen_t)strlen(interface) + 1) == 0 &&
	    setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter,
		       sizeof(filter)) == 0 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
		       sizeof(hops)) == 0 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &off,
		       sizeof(off)) == 0 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index,
		       sizeof(index)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void solicit(const struct target *target, const struct ear *ear)
{
	struct solicitation message = {
		.head = {.nd_ns_type = ND_NEIGHBOR_SOLICIT},
		.option = {ND_OPT_SOURCE_LINKADDR, 1}};
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
				  .sin6_scope_id = (uint32_t)ear->index};
	const uint8_t *ip = target->address->ip.bytes;

	memcpy(&message.head.nd_ns_target, ip, 16);
	memcpy(message.mac, ear->mac, sizeof(message.mac));
	/* ff02::1:ffXX:XXXX */
	to.sin6_addr = (struct in6_addr){
		.s6_addr = {0xff, 2, [11] = 1, 0xff, ip[13], ip[14], ip[15]}};
	(void)sendto(target->socket, &message, sizeof(message), 0,
		     (struct sockaddr *)&to, sizeof(to));
}

static void hear_advertisements(struct target *target)
{
	uint8_t packet[256];
	ssize_t size;

	while ((size = recv(target->socket, packet, sizeof(packet), 0)) > 0) {
		struct nd_neighbor_advert head;

		if ((size_t)size < sizeof(head) + 8)
			continue;
		memcpy(&head, packet, sizeof(head));
		if (memcmp(&head.nd_na_target, target->address->ip.bytes, 16) ==
			    0 &&
		    packet[sizeof(head)] == ND_OPT_TARGET_LINKADDR)
			add_answer(target, packet + sizeof(head) + 2);
	}
}

/* ---- both ---- */

static void hear_frame(void *arg, const struct ear_frame *frame)
{
	struct probe *probe = arg;

	if (frame->kind != EAR_HOLDER)
		return;
	for (unsigned i = 0; i < probe->target_count; i++) {
		struct target *target = &probe->targets[i];

		if (target->socket < 0 &&
		    ip_compare(&target->address->ip, &frame->sender) == 0 &&
		    memcmp(frame->mac, probe->ears[target->ear].mac,
			   EAR_MAC_SIZE) != 0)
			add_answer(target, frame->mac);
	}
}

static int find_ear(struct probe *probe, const char *interface)
{
	char error[200];
	unsigned i = 0;

	while (i < probe->ear_count &&
	       strcmp(probe->interfaces[i], interface) != 0)
		i++;
	if (i < probe->ear_count)
		return (int)i;
	if (ear_open(&probe->ears[i], interface, error, sizeof(error)) < 0) {
		probe->is_refused |= errno == EPERM;
		return -1;
	}
	ear_widen(&probe->ears[i], false);
	snprintf(probe->interfaces[i], sizeof(probe->interfaces[i]), "%s",
		 interface);
	return (int)probe->ear_count++;
}

static void add_targets(struct probe *probe, unsigned instance)
{
	const struct settings_instance *of =
		&probe->settings->instances[instance];

	for (unsigned i = 0; i < of->address_count; i++) {
		const struct settings_address *address =
			&probe->settings->addresses[of->first_address + i];
		struct target *target = &probe->targets[probe->target_count];
		int ear;

		if (probe->target_count == TARGETS_MAX)
			return;
		ear = find_ear(probe, address->dev);
		if (ear < 0)
			continue;
		*target = (struct target){.instance = instance,
					  .address = address,
					  .socket = -1,
					  .ear = (unsigned)ear};
		if (!ip_is_v4(&address->ip))
			target->socket = solicit_open(address->dev);
		if (ip_is_v4(&address->ip) || target->socket >= 0)
			probe->target_count++;
	}
}

static void add_listener(struct probe *probe, unsigned instance)
{
	const struct settings_instance *of =
		&probe->settings->instances[instance];
	struct vrrp_vrids vrids = {{0}};
	struct vrrp_socket_place place = {.interface = of->interface,
					  .index =
						  if_nametoindex(of->interface),
					  .vrids = &vrids};
	struct listener *listener = &probe->listeners[probe->listener_count];
	char error[200];

	if (probe->listener_count == LISTENERS_MAX || place.index == 0)
		return;
	if (of->address_count > 0)
		place.is_v6 = !ip_is_v4(
			&probe->settings->addresses[of->first_address].ip);
	*listener = (struct listener){.instance = instance};
	vrrp_vrids_add(&vrids, of->vrid);
	listener->fd = vrrp_socket_open_packet(&place, error, sizeof(error));
	if (listener->fd < 0)
		return;
	fcntl(listener->fd, F_SETFL, O_NONBLOCK);
	probe->listener_count++;
}

struct probe *doctor_probe_begin(struct doctor *doctor,
				 const struct settings *settings)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (!probe)
		return NULL;
	probe->doctor = doctor;
	probe->settings = settings;
	for (unsigned i = 0; i < settings->instance_count; i++) {
		add_targets(probe, i);
		add_listener(probe, i);
	}
	return probe;
}

static void hear_adverts(struct listener *listener)
{
	uint8_t packet[2048];
	ssize_t size;

	while ((size = recv(listener->fd, packet, sizeof(packet), 0)) > 0) {
		struct ip source = {{0}};
		unsigned i = 0;

		if (packet[0] >> 4 == 6 && size >= 40) {
			memcpy(source.bytes, packet + 8, 16);
		} else if (packet[0] >> 4 == 4 && size >= 20) {
			uint32_t v4;

			memcpy(&v4, packet + 12, sizeof(v4));
			source = ip_from_v4(ntohl(v4));
		} else {
			continue;
		}
		while (i < listener->source_count &&
		       ip_compare(&listener->sources[i], &source) != 0)
			i++;
		if (i == listener->source_count && i < SOURCES_MAX)
			listener->sources[listener->source_count++] = source;
	}
}

void doctor_probe_work(struct probe *probe)
{
	int64_t now_ms = clock_now_ms();

	if (!probe)
		return;
	for (unsigned i = 0; i < probe->ear_count; i++)
		while (ear_receive(&probe->ears[i], hear_frame, probe) == 1)
			continue;
	for (unsigned i = 0; i < probe->listener_count; i++)
		hear_adverts(&probe->listeners[i]);
	for (unsigned i = 0; i < probe->target_count; i++)
		if (probe->targets[i].socket >= 0)
			hear_advertisements(&probe->targets[i]);
	if (probe->asked == ASK_TIMES || now_ms < probe->next_ms)
		return;
	probe->asked++;
	probe->next_ms = now_ms + ASK_EVERY_MS;
	for (unsigned i = 0; i < probe->target_count; i++) {
		const struct target *target = &probe->targets[i];
		const struct ear *ear = &probe->ears[target->ear];

		if (target->socket >= 0)
			solicit(target, ear);
		else
			ear_ask(ear, 0, ip_to_v4(&target->address->ip));
	}
}

/* ---- what it says ---- */

enum owner { OWNER_NOBODY, OWNER_SELF, OWNER_PEER };

static enum owner find_owner(const json_t *status, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(status, "instances"), i, item)
	{
		if (!strcmp(client_string(item, "name"), name) &&
		    !strcmp(client_string(item, "state"), "MASTER"))
			return OWNER_SELF;
	}
	json_array_foreach(
		json_object_get(json_object_get(status, "peer"), "owns"), i,
		item)
	{
		if (json_is_string(item) &&
		    !strcmp(json_string_value(item), name))
			return OWNER_PEER;
	}
	return OWNER_NOBODY;
}

static void list_answers(const struct target *target, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < target->answer_count && used < size; i++) {
		const uint8_t *mac = target->answers[i];

		used += (size_t)snprintf(text + used, size - used,
					 "%s%02x:%02x:%02x:%02x:%02x:%02x",
					 i ? ", " : "", mac[0], mac[1], mac[2],
					 mac[3], mac[4], mac[5]);
	}
}

/* 1 when it said something bad. */
static unsigned tell_target(struct probe *probe, const struct target *target,
			    const json_t *status)
{
	const char *name = probe->settings->instances[target->instance].name;
	enum owner owner = find_owner(status, name);
	unsigned allowed = owner == OWNER_PEER;
	char ip[IP_TEXT_MAX], who[100];

	ip_format(&target->address->ip, ip);
	list_answers(target, who, sizeof(who));
	if (target->answer_count > allowed) {
		doctor_say(probe->doctor, DOCTOR_BAD, "address",
			   "find the machine by its MAC address at the switch, "
			   "and take the address from it",
			   "%s is answered by %s, and %s", ip, who,
			   owner == OWNER_SELF ? "this node owns it"
			   : owner == OWNER_PEER
				   ? "only one of them is the peer"
				   : "no node of the pair owns it");
		return 1;
	}
	if (target->answer_count < allowed) {
		doctor_say(probe->doctor, DOCTOR_BAD, "address",
			   "see the switch and the VLAN between this node and "
			   "the peer, and arp_ignore there",
			   "%s belongs to the peer, and nobody on %s answers "
			   "for it",
			   ip, target->address->dev);
		return 1;
	}
	return 0;
}

static bool is_peers(const struct settings *settings, unsigned instance,
		     const struct ip *source)
{
	const struct settings_node *peer = &settings->nodes[1 - settings->self];
	const struct settings_instance *of = &settings->instances[instance];

	if (ip_compare(&of->unicast_addresses[1 - settings->self], source) == 0)
		return true;
	for (unsigned i = 0; i < peer->address_count; i++)
		if (ip_compare(&peer->addresses[i], source) == 0)
			return true;
	return false;
}

static unsigned tell_listener(struct probe *probe,
			      const struct listener *listener,
			      const json_t *status)
{
	const struct settings *settings = probe->settings;
	const struct settings_instance *of =
		&settings->instances[listener->instance];
	char strangers[4 * IP_TEXT_MAX] = "", text[IP_TEXT_MAX];
	unsigned count = 0;
	size_t used = 0;

	for (unsigned i = 0; i < listener->source_count; i++) {
		if (is_peers(settings, listener->instance,
			     &listener->sources[i]))
			continue;
		used += (size_t)snprintf(
			strangers + used, sizeof(strangers) - used, "%s%s",
			count++ ? ", " : "",
			ip_format(&listener->sources[i], text));
		if (used >= sizeof(strangers))
			break;
	}
	/* the owner may speak from an address that no setting names */
	if (count == 0 || (listener->source_count == 1 &&
			   find_owner(status, of->name) == OWNER_PEER))
		return 0;
	doctor_say(probe->doctor, DOCTOR_BAD, "vrid",
		   "give the instance a VRID that nobody on this network uses",
		   "VRID %u on %s is used by a stranger: %s", of->vrid,
		   of->interface, strangers);
	return 1;
}

void doctor_probe_end(struct probe *probe, const json_t *status)
{
	unsigned bad = 0;

	if (!probe)
		return;
	if (probe->is_refused)
		doctor_say(probe->doctor, DOCTOR_WARN, "address",
			   "run twinbeat doctor as root",
			   "not looked at: who else answers for the virtual "
			   "addresses, and who uses their VRIDs");
	for (unsigned i = 0; i < probe->target_count; i++) {
		bad += tell_target(probe, &probe->targets[i], status);
		if (probe->targets[i].socket >= 0)
			close(probe->targets[i].socket);
	}
	if (bad == 0 && probe->target_count > 0)
		doctor_say(probe->doctor, DOCTOR_OK, "address", "",
			   "nobody else answers for a virtual address");
	bad = 0;
	for (unsigned i = 0; i < probe->listener_count; i++) {
		bad += tell_listener(probe, &probe->listeners[i], status);
		close(probe->listeners[i].fd);
	}
	if (bad == 0 && probe->listener_count > 0)
		doctor_say(probe->doctor, DOCTOR_OK, "vrid", "",
			   "nobody else was heard with a VRID of this pair");
	for (unsigned i = 0; i < probe->ear_count; i++)
		close(probe->ears[i].fd);
	free(probe);
}
