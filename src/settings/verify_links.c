/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judges the two-way links. A check is left out when what it builds on was
 * wrong by itself: one mistake, one error.
 */
#include "internal.h"
#include "links.h"

/* ask, want, release: three frames, each waits for one under way */
#define HANDOVER_FRAMES 4

/* ---- serial ---- */

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
	unsigned interval_ms = (serial->interval_us + 999) / 1000;
	unsigned safe_ms = least_ms + interval_ms;

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
			    interval_ms, safe_ms);
}

static void verify_serial_load(struct reader *reader,
			       const struct settings_link *serial)
{
	unsigned instances = reader->settings->instance_count;
	uint64_t frame_us, least_ms;
	char text[MS_TEXT_MAX];

	if (!baud_is_known(serial->baud)) {
		reader_error(reader, reader_at(reader, serial), "baud",
			     "%u is no speed of a serial port; 9600, 19200, "
			     "38400, 57600, 115200, 230400, 460800 and 921600 "
			     "are usual",
			     serial->baud);
		return;
	}
	frame_us = settings_frame_us(serial, instances ? instances : 1);
	/* Half of the line stays free for frames that cannot wait. */
	least_ms = (2 * frame_us + 999) / 1000;
	if (reader_is_good(reader, reader_at(reader, serial), "interval_ms") &&
	    serial->interval_us < 2 * frame_us)
		reader_error(reader, reader_at(reader, serial), "interval_ms",
			     "a beat takes %u.%u ms at %u baud, so %s ms loads "
			     "the line by %u %%; at most 50 %% is allowed: "
			     "at least %u ms",
			     (unsigned)(frame_us / 1000),
			     (unsigned)(frame_us % 1000 / 100), serial->baud,
			     settings_ms_text(serial->interval_us, text),
			     (unsigned)(frame_us * 100 / serial->interval_us),
			     (unsigned)least_ms);
}

/* ---- every two-way link ---- */

static void verify_times(struct reader *reader,
			 const struct settings_link *link)
{
	const config_setting_t *at = reader_at(reader, link);
	char text[MS_TEXT_MAX];

	if (!reader_is_good(reader, at, "interval_ms") ||
	    !reader_is_good(reader, at, "dead_ms"))
		return;
	settings_ms_text(link->interval_us, text);
	if (link->dead_ms * INT64_C(1000) <= 2 * (int64_t)link->interval_us)
		reader_error(reader, at, "dead_ms",
			     "%u ms: must be more than twice interval_ms "
			     "(%s ms), or one lost beat is a dead peer",
			     link->dead_ms, text);
	else if (link->dead_ms * INT64_C(1000) <
			 3 * (int64_t)link->interval_us ||
		 link->dead_ms < 30)
		reader_warn(reader, at, "dead_ms",
			    "%u ms is short: three times interval_ms (%s ms) "
			    "and 30 ms or more bear a busy machine better",
			    link->dead_ms, text);
}

/* ---- udp ---- */

static void verify_udp_addresses(struct reader *reader,
				 const struct settings_link *link)
{
	const struct settings *settings = reader->settings;
	const config_setting_t *at = reader_at(reader, link);
	static const struct ip none;
	char text[IP_TEXT_MAX];

	if (!reader_is_good(reader, at, "addresses"))
		return;
	if (reader_length(reader_member(reader, at, "addresses")) != NODES) {
		reader_error(reader, at, "addresses",
			     "must be two, one of each node, in the order of "
			     "nodes");
		return;
	}
	if (ip_compare(&link->addresses[0], &none) == 0 ||
	    ip_compare(&link->addresses[1], &none) == 0)
		return; /* one was wrong by itself */
	if (ip_is_v4(&link->addresses[0]) != ip_is_v4(&link->addresses[1]))
		reader_error(reader, at, "addresses",
			     "one is IPv4 and the other IPv6");
	for (unsigned n = 0; n < NODES; n++) {
		const struct ip *ip = &link->addresses[n];

		for (unsigned a = 0; a < settings->address_count; a++)
			if (ip_compare(ip, &settings->addresses[a].ip) == 0)
				reader_error(reader, at, "addresses",
					     "%s is a virtual address: it "
					     "moves; give the node's own",
					     ip_format(ip, text));
		for (unsigned a = 0; a < settings->nodes[1 - n].address_count;
		     a++)
			if (ip_compare(ip,
				       &settings->nodes[1 - n].addresses[a]) ==
			    0)
				reader_error(reader, at, "addresses",
					     "%s is an address of \"%s\", and "
					     "stands here in the place of the "
					     "other node: are they swapped?",
					     ip_format(ip, text),
					     settings->nodes[1 - n].name);
	}
}

/* R4: what falls with the service network is no second medium. */
static void warn_of_one_medium(struct reader *reader,
			       const struct settings_link *link)
{
	const struct settings *settings = reader->settings;

	for (unsigned i = 0; i < settings->instance_count; i++) {
		if (strcmp(settings->instances[i].interface, link->interface) !=
		    0)
			continue;
		reader_warn(reader, reader_at(reader, link), "interface",
			    "%s carries the adverts of \"%s\" as well: one "
			    "cable and one switch for both; a handover gains "
			    "by it, a second medium it is not",
			    link->interface, settings->instances[i].name);
		return;
	}
}

/* Names and sockets are of one link each; nth of its kind. */
static void verify_udp_others(struct reader *reader,
			      const struct settings_link *b)
{
	const config_setting_t *at = reader_at(reader, b);
	const struct settings_link *a = NULL;
	unsigned nth = 0;

	for (const struct settings_link_kind *kind = settings_link_kinds;
	     kind->type != NULL; kind++)
		if (kind->name != NULL && strcmp(b->name, kind->name) == 0)
			reader_error(reader, at, "name",
				     "\"%s\" is the name of the %s link",
				     kind->name, kind->type);
	while ((a = settings_next_link(reader->settings, "udp", a)) != b) {
		if (a->name[0] != '\0' && strcmp(a->name, b->name) == 0)
			reader_error(reader, at, "name",
				     "links.udp[%u] is called \"%s\" too", nth,
				     a->name);
		if (a->interface[0] != '\0' && a->port == b->port &&
		    strcmp(a->interface, b->interface) == 0)
			reader_error(reader, at, "port",
				     "links.udp[%u] has port %u of %s already",
				     nth, a->port, a->interface);
		nth++;
	}
}

static void verify_udp(struct reader *reader, const struct settings_link *link)
{
	verify_udp_addresses(reader, link);
	verify_udp_others(reader, link);
	if (strcmp(link->interface, "lo") == 0)
		reader_error(reader, reader_at(reader, link), "interface",
			     "the loopback leads to this node alone");
	else
		warn_of_one_medium(reader, link);
}

static void verify_serial(struct reader *reader,
			  const struct settings_link *link)
{
	verify_serial_load(reader, link);
	verify_serial_yield(reader, link);
}

/* What is to be judged of a link beside its times, by its kind. */
static const struct {
	const char *type;
	void (*verify)(struct reader *reader, const struct settings_link *link);
} link_checks[] = {
	{"serial", verify_serial},
	{"udp", verify_udp},
};

static void verify_link(struct reader *reader, const struct settings_link *link)
{
	verify_times(reader, link);
	for (size_t k = 0; k < sizeof(link_checks) / sizeof(link_checks[0]);
	     k++)
		if (strcmp(link->type, link_checks[k].type) == 0)
			link_checks[k].verify(reader, link);
}

void settings_complete_links(struct reader *reader)
{
	settings_name_links(reader->settings);
}

/*
 * R18: a question and its answer may each wait till a frame has left the line,
 * and then takes as long itself.
 */
static void verify_hurry(struct reader *reader, const config_setting_t *links)
{
	const struct settings *settings = reader->settings;
	uint64_t least_ms = 10, line_ms;

	if (links == NULL || settings->hurry_ms == 0 ||
	    !reader_is_good(reader, links, "hurry_ms"))
		return;
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		line_ms = (4 * (uint64_t)settings_frame_us(
				       &settings->links[i],
				       settings->instance_count) +
			   999) / 1000 +
			  10;
		if (line_ms > least_ms)
			least_ms = line_ms;
	}
	if (settings->hurry_ms < least_ms)
		reader_error(reader, links, "hurry_ms",
			     "%u ms: a peer that lives could not answer within "
			     "it: at least %u ms (four beats of the slowest "
			     "link, and 10 ms)",
			     settings->hurry_ms, (unsigned)least_ms);
	else if (settings_count_links(settings, NULL) < 2)
		reader_warn(reader, links, "hurry_ms",
			    "there is one two-way link: when its carrier or "
			    "its modem lines fall the peer can be asked by no "
			    "other, so nothing is hastened unless it sends "
			    "adverts");
	else if (!settings->fence.required)
		reader_warn(reader, links, "hurry_ms",
			    "nothing is hastened with fence.required = false: "
			    "there silence is the only proof");
}

void settings_verify_links(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	bool has_serial = settings_count_links(settings, "serial") > 0;
	const struct settings_link *link = NULL;
	const config_setting_t *links =
		reader_member(reader, reader->root, "links");

	verify_hurry(reader, links);
	if (!reader_has(reader->root, "links") &&
	    !settings_has_plain_node(settings))
		reader_error(reader, reader->root, "links",
			     "is missing; only a pair with a plain VRRP router "
			     "(nodes[].kind) needs none; add links = { serial "
			     "= { }; };");
	for (unsigned i = 0; i < NODES; i++) {
		const config_setting_t *at = node_at(reader, i);
		bool has = settings->nodes[i].serial[0] != '\0';

		/* R16: its end of the cable is nobody's business yet */
		if (settings->nodes[i].kind == KIND_VRRP)
			continue;
		if (at == NULL || !reader_is_good(reader, at, "serial") ||
		    links == NULL || !reader_is_good(reader, links, "serial"))
			continue;
		if (has_serial && !has)
			reader_error(reader, at, "serial",
				     "is missing: links.serial is there, so "
				     "each node names its port, like "
				     "\"/dev/twinbeat0\"");
		else if (!has_serial && has)
			reader_error(reader, at, "serial",
				     "is set, but there is no links.serial; "
				     "add links = { serial = { }; };");
	}
	if (links != NULL && settings_count_links(settings, NULL) == 0 &&
	    !settings_has_plain_node(settings) &&
	    reader_is_good(reader, links, "serial"))
		reader_warn(reader, reader->root, "links",
			    "no serial link: the nodes hear each other over "
			    "one medium only");
	while ((link = settings_next_link(settings, NULL, link)) != NULL)
		verify_link(reader, link);
}
