/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does this machine answer for the addresses that it holds? (R3) The kernel
 * sends no ARP answer where ARP is switched off on the interface, where
 * arp_ignore says so, and where a rule or a route leads what comes in for the
 * address elsewhere: adverts and beats go on, and nobody is served. All three
 * are asked for as the kernel asks itself.
 *
 * What a packet filter drops cannot be seen from here. Must never say so of an
 * interface that knows no ARP by nature, nor of an address that is not there to
 * be answered for on a network (lo, dummy, tunnels, IPv6).
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "../base/sysctl.h"
#include "keeper.h"

#define LOOK_US	      (2 * (int64_t)SECOND_US)
#define LOOK_AGAIN_US (SECOND_US / 2)
#define LOOK_EARLY_US (SECOND_US / 4) /* when we are awake anyway */
/* In a row: an interface that is being set up is no fault. */
#define BAD_LOOKS 3
/* A route can only be asked for what is held: then it counts for so long. */
#define REMEMBER_US (60 * (int64_t)SECOND_US)
#define IGNORE_ALL  8 /* arp_ignore: no answer for any local address */

/* The interface itself: held or not, nothing on it would be answered for. */
static bool interface_is_dumb(const struct keeper_interface *interface,
			      char *text, size_t size)
{
	char name[IF_NAMESIZE];

	if (interface->index == 0 || !interface->is_up)
		return false; /* told as such */
	if (interface->is_arp_off)
		return snprintf(text, size,
				"ARP is switched off on %s: ip link set dev %s "
				"arp on",
				interface->name, interface->name) > 0;
	if (!interface->is_ethernet)
		return false;
	/* by its present name: the settings may have an alternative one */
	if (if_indextoname(interface->index, name) == NULL)
		return false;
	if (sysctl_read_conf("ipv4", "all", "arp_ignore") == IGNORE_ALL)
		return snprintf(text, size,
				"arp_ignore = 8 for all interfaces: sysctl -w "
				"net.ipv4.conf.all.arp_ignore=0, and see "
				"/etc/sysctl.d") > 0;
	if (sysctl_read_conf("ipv4", name, "arp_ignore") == IGNORE_ALL)
		return snprintf(text, size,
				"arp_ignore = 8 on %s: sysctl -w "
				"net.ipv4.conf.%s.arp_ignore=0, and see "
				"/etc/sysctl.d",
				name, name) > 0;
	return false;
}

/* Somebody on the interface's own network who might ask. 0 = unknown. */
static uint32_t find_asker(struct keeper *keeper,
			   const struct keeper_interface *interface)
{
	const struct settings *settings = keeper->settings;
	const struct settings_node *peer = &settings->nodes[1 - settings->self];

	for (unsigned i = 0; i < peer->address_count; i++)
		if (ip_is_v4(&peer->addresses[i]) &&
		    vip_look_is_neighbour(&keeper->look, &peer->addresses[i],
					  interface->index))
			return ip_to_v4(&peer->addresses[i]);
	return 0;
}

/* Many instances may share an interface: it is asked for once in a look. */
static uint32_t asker_of(struct keeper *keeper,
			 struct keeper_interface *interface)
{
	if (interface->asker_us != keeper->now_us)
		interface->asker = find_asker(keeper, interface);
	interface->asker_us = keeper->now_us;
	return interface->asker;
}

static bool address_is_led_away(struct keeper *keeper, unsigned which,
				char *text, size_t size)
{
	const struct keeper_address *address = &keeper->addresses[which];
	struct keeper_interface *interface =
		&keeper->interfaces[address->interface];
	struct ip vip = address->ip, asker;
	char vip_text[IP_TEXT_MAX], asker_text[IP_TEXT_MAX];

	if (!ip_is_v4(&address->ip) || address->state != ADDRESS_HELD ||
	    interface->index == 0 || !interface->is_up ||
	    !interface->is_ethernet)
		return false;
	asker = ip_from_v4(asker_of(keeper, interface));
	if (ip_to_v4(&asker) == 0 ||
	    vip_look_from(&keeper->look, &vip, interface->index, &asker) !=
		    VIP_GONE)
		return false;
	snprintf(text, size,
		 "a rule or route hides %s from %s: see ip rule, and: ip route "
		 "get %s from %s iif %s",
		 ip_format(&vip, vip_text), interface->name, vip_text,
		 ip_format(&asker, asker_text), interface->name);
	return true;
}

static bool serves_v4(const struct keeper *keeper, unsigned i)
{
	const struct settings_instance *instance =
		&keeper->settings->instances[i];

	for (unsigned a = 0; a < instance->address_count; a++)
		if (ip_is_v4(
			    &keeper->addresses[instance->first_address + a].ip))
			return true;
	return false;
}

static bool is_dumb(const struct keeper *keeper,
		    struct keeper_interface *interface, char *text, size_t size)
{
	if (interface->fine_us == keeper->now_us)
		return false;
	if (interface_is_dumb(interface, text, size))
		return true;
	interface->fine_us = keeper->now_us;
	return false;
}

static bool some_interface_is_dumb(struct keeper *keeper, unsigned i,
				   char *text, size_t size)
{
	const struct settings_instance *instance =
		&keeper->settings->instances[i];
	unsigned last = UINT32_MAX;

	for (unsigned a = 0; a < instance->address_count; a++) {
		const struct keeper_address *address =
			&keeper->addresses[instance->first_address + a];

		if (!ip_is_v4(&address->ip) || address->interface == last)
			continue;
		last = address->interface;
		if (is_dumb(keeper, &keeper->interfaces[last], text, size))
			return true;
	}
	return false;
}

/* One address of the instance a look, in turn; one that is bad is kept. */
static bool some_address_is_led_away(struct keeper *keeper, unsigned i,
				     char *text, size_t size)
{
	const struct settings_instance *instance =
		&keeper->settings->instances[i];
	struct keeper_answer *answer = &keeper->answers[i];
	bool is_bad;

	if (!keeper->instances[i].is_wanted)
		return false;
	answer->next %= instance->address_count;
	is_bad = address_is_led_away(
		keeper, instance->first_address + answer->next, text, size);
	if (!is_bad)
		answer->next++;
	return is_bad;
}

static void tell(struct keeper *keeper, unsigned i, const char *text)
{
	struct keeper_event event = {.type = KEEPER_ANSWERS,
				     .instance = i,
				     .failed = text[0] != '\0'};

	snprintf(event.text, sizeof(event.text), "%s", text);
	event_send(keeper, &event);
	keeper->answers[i].is_known = true;
	keeper->answers[i].is_told_bad = event.failed > 0;
}

/* What is not held cannot be asked for again. */
static bool is_remembered(const struct keeper *keeper, unsigned i)
{
	const struct keeper_answer *answer = &keeper->answers[i];

	return answer->led_away_us != 0 && !keeper->instances[i].is_wanted &&
	       keeper->now_us - answer->led_away_us < REMEMBER_US;
}

static void look(struct keeper *keeper, unsigned i)
{
	struct keeper_answer *answer = &keeper->answers[i];
	char text[sizeof(((struct keeper_event *)0)->text)] = "";
	bool is_led_away = false, is_bad;

	is_bad = some_interface_is_dumb(keeper, i, text, sizeof(text));
	if (!is_bad)
		is_bad = is_led_away =
			some_address_is_led_away(keeper, i, text, sizeof(text));
	if (is_led_away)
		answer->led_away_us = keeper->now_us;
	if (!is_bad) {
		answer->bad = 0;
		if (!answer->is_known ||
		    (answer->is_told_bad && !is_remembered(keeper, i)))
			tell(keeper, i, "");
		return;
	}
	if (answer->bad < BAD_LOOKS && ++answer->bad == BAD_LOOKS)
		tell(keeper, i, text);
	if (answer->bad < BAD_LOOKS)
		keeper->answers_us = keeper->now_us + LOOK_AGAIN_US;
}

void answer_work(struct keeper *keeper)
{
	if (keeper->now_us < keeper->answers_us - LOOK_EARLY_US)
		return;
	keeper->answers_us = keeper->now_us + LOOK_US;
	for (unsigned i = 0; i < keeper->settings->instance_count; i++)
		if (serves_v4(keeper, i))
			look(keeper, i);
}

int64_t answer_deadline_us(const struct keeper *keeper)
{
	return keeper->answers_us;
}
