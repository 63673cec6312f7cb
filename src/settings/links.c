/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two-way links: their kinds and their keys. A new kind has its rows, its
 * row in settings_link_kinds[] and its places here; BEAT_LINKS_MAX
 * (wire/beat.h) grows by them.
 */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "links.h"

/* The first place in links[] of each kind. */
enum place { PLACE_SERIAL, PLACE_UDP, PLACES = PLACE_UDP + UDP_LINKS_MAX };
_Static_assert((int)PLACES == LINKS_MAX, "every link has a place");

const struct settings_link_kind settings_link_kinds[] = {
	{"serial", "serial", PLACE_SERIAL, 1},
	{"udp", NULL, PLACE_UDP, UDP_LINKS_MAX},
	{NULL, NULL, 0, 0},
};

/* of every two-way link */
#define DEAD_MS                                                                \
	{                                                                      \
		"dead_ms", SETTING_INT, FIELD(settings_link, dead_ms),         \
			.value = 400, RANGE(3, HOUR_MS), .unit = " ms",        \
			.says = "the link is down after so much silence",      \
			MORE("After this much silence the link is down. It "   \
			     "must be more than twice `interval_ms`. There "   \
			     "is a warning if it is less than three times as " \
			     "long, or less than 30 ms.")                      \
	}

static const struct setting_row serial_rows[] = {
	{"baud", SETTING_INT, FIELD(settings_link, baud), .value = 115200,
	 RANGE(1200, 921600), .says = "the speed of both ports",
	 MORE("One of 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, "
	      "230400, 460800 and 921600; the same on both nodes.")},
	{"interval_ms", SETTING_MS, FIELD(settings_link, interval_us),
	 .value = 100000, RANGE(1000, HOUR_MS *INT64_C(1000)), .unit = " ms",
	 .says = "how often a beat is sent",
	 MORE("How often a beat is sent; a decimal such as 7.5 is allowed. "
	      "Beats may use at most half of the line's capacity. With up to "
	      "eight instances the minimum is 7 ms at 115200 baud and 84 ms at "
	      "9600 baud.")},
	DEAD_MS,
	{"debounce_ms", SETTING_INT, FIELD(settings_link, debounce_ms),
	 .value = 2, RANGE(0, 1000), .unit = " ms",
	 .says = "DSR and DCD have fallen when they are low for so long",
	 MORE("The modem lines DSR and DCD have fallen when they have been low "
	      "for so long; see `hurry_ms`.")},
	END};

static const struct setting_row udp_rows[] = {
	{"name", SETTING_NAME, FIELD(settings_link, name), .required = true,
	 .says = "for people, logs and the status"},
	{"interface", SETTING_INTERFACE, FIELD(settings_link, interface),
	 .required = true,
	 .not_core = true, /* but whether it carries adverts */
	 .says = "the network card that it belongs to",
	 MORE("The network card. The link uses no other card, whatever the "
	      "routes say. Without a carrier on the card the link is broken.")},
	{"port", SETTING_INT, FIELD(settings_link, port), .value = 1694,
	 RANGE(1, 65535), .not_core = true, .says = "of both nodes",
	 MORE("The UDP port, the same on both nodes. A firewall must let it "
	      "pass.")},
	{"interval_ms", SETTING_MS, FIELD(settings_link, interval_us),
	 .value = 100000, RANGE(3300, HOUR_MS *INT64_C(1000)), .unit = " ms",
	 .says = "how often a beat is sent",
	 MORE("How often a beat is sent; a decimal such as 3.3 is allowed.")},
	DEAD_MS,
	{"addresses", SETTING_HOST, FIELDS(settings_link, addresses),
	 .required = true, .not_core = true,
	 .says = "of both nodes there, in their order",
	 MORE("One address of each node on that interface, in the order of "
	      "`nodes`. They must not be virtual addresses. Datagrams from "
	      "other addresses, or through a router, are ignored.")},
	END};

const struct setting_row settings_links_rows[] = {
	{"serial", SETTING_GROUP, FIELD(settings, links[PLACE_SERIAL]),
	 .rows = serial_rows, .optional = true,
	 .there_offset = offsetof(struct settings_link, configured),
	 .says = "the null-modem cable",
	 MORE("The null-modem cable. It may be empty.")},
	{"udp", SETTING_GROUP,
	 .offset = offsetof(struct settings, links[PLACE_UDP]),
	 .size = sizeof(struct settings_link), .most = UDP_LINKS_MAX,
	 .count_offset = offsetof(struct settings, link_counts[PLACE_UDP]),
	 .count_size = sizeof(uint8_t), .rows = udp_rows,
	 .says = "two-way links over Ethernet",
	 MORE("Up to three two-way links over Ethernet, beside the serial one "
	      "or instead of it. A direct cable between spare network cards of "
	      "the two nodes is best. These links carry the same signed beats "
	      "as the serial link, one per datagram. There is a warning if "
	      "such a link is on the interface of an instance: it makes "
	      "handovers faster there, but it fails together with the "
	      "adverts.")},
	{"hurry_ms", SETTING_INT, FIELD(settings, hurry_ms), .value = 0,
	 RANGE(0, HOUR_MS), .unit = " ms",
	 .says = "silence after modem lines or a carrier fell; 0: off",
	 MORE("When the carrier of a udp link falls, or DSR and DCD of the "
	      "serial port, because the other node lost its power or somebody "
	      "pulled the cable, the other node is asked by every link to "
	      "answer at once. If nothing at all is heard for so long, all "
	      "links count as silent, before their `dead_ms` is over; waiting, "
	      "fencing and its verification follow as ever. An answer ends it: "
	      "a cable that is pulled costs nothing while another way lives. "
	      "It is used where another two-way link is up by which the other "
	      "node can be asked {Pq or adverts, if that node sends them and "
	      "sees the same line fall}, and not with {Ic fence.required No = "
	      "false}. 0: it is not used. It must be four times as long as a "
	      "beat is on the slowest line, and 10 ms more; 50 is right at "
	      "115200 baud.")},
	END};

const struct settings_link_kind *settings_link_kind(const char *type)
{
	const struct settings_link_kind *kind = settings_link_kinds;

	while (kind->type != NULL && strcmp(kind->type, type) != 0)
		kind++;
	return kind->type != NULL ? kind : NULL;
}

const struct settings_link *
settings_next_link(const struct settings *settings, const char *type,
		   const struct settings_link *after)
{
	const struct settings_link *link =
		after != NULL ? after + 1 : settings->links;

	for (; link < settings->links + LINKS_MAX; link++)
		if (link->configured &&
		    (type == NULL || strcmp(link->type, type) == 0))
			return link;
	return NULL;
}

unsigned settings_count_links(const struct settings *settings, const char *type)
{
	const struct settings_link *link = NULL;
	unsigned count = 0;

	while ((link = settings_next_link(settings, type, link)) != NULL)
		count++;
	return count;
}

void settings_name_links(struct settings *settings)
{
	for (const struct settings_link_kind *kind = settings_link_kinds;
	     kind->type != NULL; kind++)
		for (unsigned i = 0; i < kind->most; i++) {
			struct settings_link *link =
				&settings->links[kind->first + i];

			if (kind->name == NULL)
				link->configured =
					i < settings->link_counts[kind->first];
			if (!link->configured)
				continue;
			snprintf(link->type, sizeof(link->type), "%s",
				 kind->type);
			if (kind->name != NULL)
				snprintf(link->name, sizeof(link->name), "%s",
					 kind->name);
		}
}

static bool link_is_sane(const struct settings *settings,
			 const struct settings_link_kind *kind, unsigned i)
{
	const struct settings_link *link = &settings->links[kind->first + i];

	if (!settings_is_bool(&link->configured) ||
	    !SETTINGS_ENDS(link->type) || !SETTINGS_ENDS(link->name) ||
	    !SETTINGS_ENDS(link->interface))
		return false;
	if (kind->name == NULL &&
	    link->configured != (i < settings->link_counts[kind->first]))
		return false;
	return !link->configured || strcmp(link->type, kind->type) == 0;
}

bool settings_links_are_sane(const struct settings *settings)
{
	for (const struct settings_link_kind *kind = settings_link_kinds;
	     kind->type != NULL; kind++)
		for (unsigned i = 0; i < kind->most; i++)
			if (!link_is_sane(settings, kind, i))
				return false;
	return true;
}
