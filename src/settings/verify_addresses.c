/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One address is one thing: a virtual address that is also a node's, a power
 * switch's or a second instance's would make two machines answer for it, and a
 * switch that cannot be reached any more cuts nobody.
 */
#include <stdarg.h>

#include "internal.h"

/* ---- who else has this address ---- */

static bool address_of_node(const struct settings *settings,
			    const struct ip *ip, unsigned *node)
{
	for (*node = 0; *node < NODES; (*node)++)
		for (unsigned i = 0; i < settings->nodes[*node].address_count;
		     i++)
			if (ip_compare(&settings->nodes[*node].addresses[i],
				       ip) == 0)
				return true;
	return false;
}

/* The switch at this address, or NULL. */
static const struct settings_device *
device_of_address(const struct settings *settings, const struct ip *ip)
{
	struct ip host;

	for (unsigned i = 0; i < settings->device_count; i++) {
		const struct settings_device *device = &settings->devices[i];

		if (ip_parse(device->host, &host) && ip_compare(&host, ip) == 0)
			return device;
	}
	return NULL;
}

/* Linear in a table of its own: 4096 addresses compare in no time that way. */
#define BUCKETS (2 * ADDRESSES_MAX)

static void verify_virtual(struct reader *reader)
{
	static const struct ip nothing;
	const struct settings *settings = reader->settings;
	uint16_t seen[BUCKETS] = {0}; /* index + 1 */
	const struct settings_device *device;
	char text[IP_TEXT_MAX];

	for (unsigned i = 0; i < settings->address_count; i++) {
		const struct ip *ip = &settings->addresses[i].ip;
		unsigned node, slot;

		if (ip_compare(ip, &nothing) == 0)
			continue;
		if (address_of_node(settings, ip, &node))
			reader_error(reader, address_at(reader, i), "ip",
				     "%s is the address of node \"%s\"; a "
				     "virtual address must not be a node's own",
				     ip_format(ip, text),
				     settings->nodes[node].name);
		device = device_of_address(settings, ip);
		if (device != NULL)
			reader_error(reader, address_at(reader, i), "ip",
				     "%s is the address of the power switch "
				     "\"%s\"; the owner would answer in its "
				     "place, and nobody could be cut",
				     ip_format(ip, text), device->name);
		slot = (ip_to_v4(ip) * 2654435761u) % BUCKETS;
		while (seen[slot] != 0 &&
		       ip_compare(&settings->addresses[seen[slot] - 1].ip, ip))
			slot = (slot + 1) % BUCKETS;
		if (seen[slot] != 0)
			reader_error(reader, address_at(reader, i), "ip",
				     "%s stands here twice",
				     ip_format(ip, text));
		else
			seen[slot] = (uint16_t)(i + 1);
	}
}

/* An own address of a node in the network that a VIP brings: it is theirs. */
static bool network_of_nodes(const struct settings *settings,
			     const struct settings_address *address)
{
	for (unsigned n = 0; n < NODES; n++)
		for (unsigned i = 0; i < settings->nodes[n].address_count; i++)
			if (ip_same_network(&settings->nodes[n].addresses[i],
					    &address->ip, address->prefix))
				return true;
	return false;
}

/*
 * I13: an address with a network behind it is a route, too. Who takes it sends
 * by its interface to the power switch that is in there, whatever way led to
 * the switch before.
 */
static void verify_ways(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	char text[IP_TEXT_MAX];
	struct ip host;

	for (unsigned d = 0; d < settings->device_count; d++) {
		const struct settings_device *device = &settings->devices[d];

		if (!ip_parse(device->host, &host))
			continue;
		for (unsigned i = 0; i < settings->address_count; i++) {
			const struct settings_address *address =
				&settings->addresses[i];

			if (ip_is_none(&address->ip) ||
			    ip_compare(&address->ip, &host) == 0 ||
			    !ip_same_network(&address->ip, &host,
					     address->prefix) ||
			    network_of_nodes(settings, address))
				continue;
			reader_warn(reader, address_at(reader, i), "ip",
				    "%s/%u: the power switch \"%s\" (%s) is in "
				    "that network, and the node that takes the "
				    "address sends to it by %s from then on; "
				    "write /%u unless that is the way",
				    ip_format(&address->ip, text),
				    address->prefix, device->name, device->host,
				    address->dev,
				    ip_is_v4(&address->ip) ? 32 : 128);
			break;
		}
	}
}

static void verify_own(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	char text[IP_TEXT_MAX];

	for (unsigned n = 0; n < NODES; n++)
		for (unsigned i = 0; i < settings->nodes[n].address_count;
		     i++) {
			const struct ip *ip = &settings->nodes[n].addresses[i];
			const struct settings_device *device =
				device_of_address(settings, ip);

			if (device == NULL || node_at(reader, n) == NULL)
				continue;
			reader_warn(reader, node_at(reader, n), "address",
				    "%s is the address of the power switch "
				    "\"%s\" too; a switch that dies with the "
				    "node cannot say that it is off",
				    ip_format(ip, text), device->name);
		}
}

/*
 * R3: who asks itself hears itself. Nor is a node a witness for the other one:
 * when it dies, the survivor would be unfit.
 */
static void verify_witnesses(struct reader *reader, unsigned index)
{
	const struct settings *settings = reader->settings;
	const struct settings_instance *instance = &settings->instances[index];
	const config_setting_t *at = reader_at(reader, instance);
	char text[IP_TEXT_MAX];
	unsigned node;

	for (unsigned w = 0; w < instance->witness_count; w++) {
		const struct ip *ip = &instance->witnesses[w];

		ip_format(ip, text);
		if (address_of_node(settings, ip, &node))
			reader_error(reader, at, "track.witnesses",
				     "%s is the address of node \"%s\": a "
				     "witness is a third machine, like the "
				     "gateway",
				     text, settings->nodes[node].name);
		if (settings_is_virtual(settings, ip))
			reader_error(reader, at, "track.witnesses",
				     "%s is a virtual address: its "
				     "owner would ask itself",
				     text);
	}
}

void settings_verify_addresses(struct reader *reader)
{
	verify_virtual(reader);
	verify_own(reader);
	verify_ways(reader);
	for (unsigned i = 0; i < reader->settings->instance_count; i++)
		verify_witnesses(reader, i);
}
