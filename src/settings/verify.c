/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judges nodes, links and instances against each other. A check is left out
 * when what it builds on was wrong by itself: one mistake, one error.
 */
#include <stdarg.h>

#include "internal.h"

/* The core's table; see core.h CORE_INTERFACES_MAX. */
#define INTERFACES_ALL_MAX 32
/* 8N1: a start bit, eight, a stop bit. */
/* ask, want, release: three frames, each waits for one under way */
#define HANDOVER_FRAMES 4

/* ---- nodes ---- */

static bool nodes_share_address(const struct settings *settings, char *text)
{
	const struct settings_node *a = &settings->nodes[0];
	const struct settings_node *b = &settings->nodes[1];

	for (unsigned i = 0; i < a->address_count; i++)
		for (unsigned j = 0; j < b->address_count; j++)
			if (ip_compare(&a->addresses[i], &b->addresses[j]) ==
			    0) {
				ip_format(&a->addresses[i], text);
				return true;
			}
	return false;
}

void settings_verify_nodes(struct reader *reader, const char *node,
			   struct settings_report *report)
{
	const struct settings *settings = reader->settings;
	const config_setting_t *at[NODES] = {node_at(reader, 0),
					     node_at(reader, 1)};
	char text[IP_TEXT_MAX];

	if (at[0] == NULL || at[1] == NULL ||
	    !reader_is_good(reader, reader->root, "nodes"))
		return;
	if (nodes_share_address(settings, text))
		reader_error(reader, at[1], "address",
			     "%s is an address of \"%s\" too", text,
			     settings->nodes[0].name);
	if (!reader_is_good(reader, at[0], "name") ||
	    !reader_is_good(reader, at[1], "name"))
		return;
	if (strcmp(settings->nodes[0].name, settings->nodes[1].name) == 0)
		reader_error(reader, at[1], "name",
			     "both nodes are called \"%s\"",
			     settings->nodes[0].name);
	else
		settings_find_self(reader, node, report);
}

/* ---- links ---- */

static bool baud_is_known(uint32_t baud)
{
	static const uint32_t known[] = {1200,	 2400,	 4800,	9600,
					 19200,	 38400,	 57600, 115200,
					 230400, 460800, 921600};

	for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == baud)
			return true;
	return false;
}

/*
 * R17.6, R4: who asks for an instance waits yield_ms for the answer: on a slow
 * line the frames alone take longer, and every handover fails.
 */
static void verify_serial_yield(struct reader *reader,
				const struct settings_link *serial)
{
	const struct settings *settings = reader->settings;
	const config_setting_t *fence = reader_at(reader, &settings->fence);
	const config_setting_t *at = fence ? fence : reader->root;
	uint64_t frames_us =
		HANDOVER_FRAMES *
		(uint64_t)settings_frame_us(serial, settings->instance_count);
	unsigned least_ms = (unsigned)((frames_us + 999) / 1000);
	unsigned safe_ms = least_ms + serial->interval_ms;

	if (!baud_is_known(serial->baud) ||
	    !reader_is_good(reader, at, "yield_ms"))
		return;
	if (settings->fence.yield_ms < least_ms)
		reader_error(reader, at, "yield_ms",
			     "%u ms: a handover takes up to %u frames by "
			     "serial, %u ms at %u baud: at least %u ms, or a "
			     "faster line",
			     settings->fence.yield_ms, HANDOVER_FRAMES,
			     least_ms, serial->baud, least_ms);
	else if (settings->fence.yield_ms < safe_ms)
		reader_warn(reader, at, "yield_ms",
			    "%u ms is short: a handover takes up to %u ms at "
			    "%u baud, and a lost beat costs interval_ms (%u "
			    "ms) more: %u ms or more bear it",
			    settings->fence.yield_ms, least_ms, serial->baud,
			    serial->interval_ms, safe_ms);
}

static void verify_serial_load(struct reader *reader,
			       const struct settings_link *serial)
{
	unsigned instances = reader->settings->instance_count;
	uint64_t frame_us, least_ms;

	if (!baud_is_known(serial->baud)) {
		reader_error(reader, serial_at(reader), "baud",
			     "%u is no speed of a serial port; 9600, 19200, "
			     "38400, 57600, 115200, 230400, 460800 and 921600 "
			     "are usual",
			     serial->baud);
		return;
	}
	frame_us = settings_frame_us(serial, instances ? instances : 1);
	/* Half of the line stays free for frames that cannot wait. */
	least_ms = (2 * frame_us + 999) / 1000;
	if (reader_is_good(reader, serial_at(reader), "interval_ms") &&
	    serial->interval_ms < least_ms)
		reader_error(reader, serial_at(reader), "interval_ms",
			     "a beat takes %u.%u ms at %u baud, so %u ms loads "
			     "the line by %u %%; at most 50 %% is allowed: "
			     "at least %u ms",
			     (unsigned)(frame_us / 1000),
			     (unsigned)(frame_us % 1000 / 100), serial->baud,
			     serial->interval_ms,
			     (unsigned)(frame_us /
					(serial->interval_ms
						 ? serial->interval_ms * 10
						 : 10)),
			     (unsigned)least_ms);
}

static void verify_serial_times(struct reader *reader,
				const struct settings_link *serial)
{
	if (!reader_is_good(reader, serial_at(reader), "interval_ms") ||
	    !reader_is_good(reader, serial_at(reader), "dead_ms"))
		return;
	if (serial->dead_ms <= 2 * (uint64_t)serial->interval_ms)
		reader_error(reader, serial_at(reader), "dead_ms",
			     "%u ms: must be more than twice interval_ms "
			     "(%u ms), or one lost beat is a dead peer",
			     serial->dead_ms, serial->interval_ms);
	else if (serial->dead_ms < 3 * (uint64_t)serial->interval_ms ||
		 serial->dead_ms < 30)
		reader_warn(reader, serial_at(reader), "dead_ms",
			    "%u ms is short: three times interval_ms (%u ms) "
			    "and 30 ms or more bear a busy machine better",
			    serial->dead_ms, serial->interval_ms);
}

void settings_verify_links(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	const struct settings_link *serial = &settings->links[LINK_SERIAL];
	const config_setting_t *links =
		reader_member(reader, reader->root, "links");

	if (!reader_has(reader->root, "links"))
		reader_error(reader, reader->root, "links",
			     "is missing; pairs without a link of their own "
			     "(plain VRRP peers) are not in this version yet; "
			     "add links = { serial = { }; };");
	for (unsigned i = 0; i < NODES; i++) {
		const config_setting_t *at = node_at(reader, i);
		bool has = settings->nodes[i].serial[0] != '\0';

		if (at == NULL || !reader_is_good(reader, at, "serial") ||
		    links == NULL || !reader_is_good(reader, links, "serial"))
			continue;
		if (serial->configured && !has)
			reader_error(reader, at, "serial",
				     "is missing: links.serial is there, so "
				     "each node names its port, like "
				     "\"/dev/twinbeat0\"");
		else if (!serial->configured && has)
			reader_error(reader, at, "serial",
				     "is set, but there is no links.serial; "
				     "add links = { serial = { }; };");
	}
	if (serial->configured) {
		verify_serial_load(reader, serial);
		verify_serial_times(reader, serial);
		verify_serial_yield(reader, serial);
	} else if (links != NULL && reader_is_good(reader, links, "serial")) {
		reader_warn(reader, reader->root, "links",
			    "no serial link: the nodes hear each other over "
			    "one medium only");
	}
}

/* ---- instances ---- */

static void verify_against_others(struct reader *reader, unsigned index)
{
	const struct settings *settings = reader->settings;
	const struct settings_instance *b = &settings->instances[index];
	const config_setting_t *at = instance_at(reader, index);

	for (unsigned i = 0; i < index; i++) {
		const struct settings_instance *a = &settings->instances[i];

		if (a->name[0] != '\0' && strcmp(a->name, b->name) == 0)
			reader_error(reader, at, "name",
				     "instances[%u] is called \"%s\" too", i,
				     a->name);
		/* RFC 9568 5.2.3: each family has VRIDs of its own */
		if (a->vrid != 0 && a->vrid == b->vrid &&
		    settings_instance_is_v6(settings, a) ==
			    settings_instance_is_v6(settings, b) &&
		    a->interface[0] != '\0' &&
		    strcmp(a->interface, b->interface) == 0)
			reader_error(reader, at, "vrid",
				     "%u is the VRID of instances[%u] on %s "
				     "too; one VRID is one router per network",
				     b->vrid, i, b->interface);
	}
}

static void verify_priorities(struct reader *reader, unsigned index)
{
	const struct settings_instance *instance =
		&reader->settings->instances[index];

	if (node_at(reader, 0) == NULL || node_at(reader, 1) == NULL ||
	    !reader_is_good(reader, node_at(reader, 0), "priority") ||
	    !reader_is_good(reader, node_at(reader, 1), "priority"))
		return;
	if (instance->priority[0] == instance->priority[1])
		reader_warn(reader, instance_at(reader, index),
			    reader_has(instance_at(reader, index), "priorities")
				    ? "priorities"
				    : NULL,
			    "both nodes have priority %u; the higher address "
			    "decides",
			    instance->priority[0]);
}

struct names {
	const char *list[INTERFACES_ALL_MAX + 1];
	unsigned count;
};

static void names_add(struct names *names, const char *name)
{
	for (unsigned i = 0; i < names->count; i++)
		if (strcmp(names->list[i], name) == 0)
			return;
	if (name[0] != '\0' && names->count <= INTERFACES_ALL_MAX)
		names->list[names->count++] = name;
}

static void verify_interface_count(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	struct names names = {.count = 0};

	for (unsigned i = 0; i < settings->instance_count; i++) {
		names_add(&names, settings->instances[i].interface);
		for (unsigned t = 0; t < settings->instances[i].track_count;
		     t++)
			names_add(&names, settings->instances[i].track[t]);
	}
	for (unsigned i = 0; i < settings->address_count; i++)
		names_add(&names, settings->addresses[i].dev);
	if (names.count > INTERFACES_ALL_MAX)
		reader_error(reader, reader->root, "instances",
			     "more than %d different network interfaces in "
			     "all instances (interface, dev, track)",
			     INTERFACES_ALL_MAX);
}

void settings_verify_instances(struct reader *reader)
{
	const struct settings *settings = reader->settings;

	for (unsigned i = 0; i < settings->instance_count; i++) {
		verify_against_others(reader, i);
		verify_priorities(reader, i);
		if (strcmp(settings->instances[i].interface, "lo") == 0)
			reader_error(reader, instance_at(reader, i),
				     "interface",
				     "the loopback has no network to be "
				     "heard on");
	}
	settings_verify_addresses(reader);
	verify_interface_count(reader);
}
