/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Routes and rules of the settings, for the checks and for the keeper: both
 * read the same text the same way. No I/O.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route.h"

static bool __attribute__((format(printf, 3, 4)))
fail(struct route_fault *fault, const char *key, const char *format, ...)
{
	va_list args;

	fault->key = key;
	va_start(args, format);
	vsnprintf(fault->why, sizeof(fault->why), format, args);
	va_end(args);
	return false;
}

/* The kernel refuses 10.1.2.3/8. */
static bool has_more_bits(const struct subnet *subnet, unsigned offset)
{
	for (unsigned bit = subnet->prefix + offset; bit < 128; bit++)
		if (subnet->ip.bytes[bit / 8] & 0x80 >> bit % 8)
			return true;
	return false;
}

static bool read_subnet(const char *key, const char *text,
			struct subnet *subnet, struct route_fault *fault)
{
	const char *slash = strchr(text, '/');
	char host[IP_TEXT_MAX], *end;
	unsigned long prefix;
	unsigned most;

	snprintf(host, sizeof(host), "%.*s",
		 slash ? (int)(slash - text) : (int)strlen(text), text);
	if (!ip_parse(host, &subnet->ip))
		return fail(fault, key,
			    "\"%s\" is no network like 10.0.0.0/8, "
			    "2001:db8::/32 or \"default\"",
			    text);
	most = ip_is_v4(&subnet->ip) ? 32 : 128;
	prefix = slash ? strtoul(slash + 1, &end, 10) : most;
	if (slash &&
	    (slash[1] < '0' || slash[1] > '9' || *end != '\0' || prefix > most))
		return fail(fault, key,
			    "\"%s\": the prefix length must be 0 to %u", text,
			    most);
	subnet->prefix = (uint8_t)prefix;
	subnet->is_there = true;
	if (has_more_bits(subnet, 128 - most))
		return fail(fault, key,
			    "%s has bits beyond its prefix: the kernel refuses "
			    "it; write the network itself",
			    text);
	return true;
}

static bool read_host(const char *key, const char *text, struct ip *ip,
		      struct route_fault *fault)
{
	if (text[0] == '\0' || (ip_parse(text, ip) && !ip_is_none(ip)))
		return true;
	return fail(fault, key, "\"%s\" is no IP address", text);
}

static bool is_of(const struct ip *ip, bool is_v6)
{
	return ip_is_none(ip) || ip_is_v4(ip) != is_v6;
}

/* "default" is of the family of what stands beside it, else IPv4. */
static bool read_to(const struct settings_route *route, struct way *way,
		    struct route_fault *fault)
{
	const struct ip *beside =
		ip_is_none(&way->via) ? &way->source : &way->via;

	if (route->to[0] == '\0')
		return fail(fault, "to", "is missing");
	if (strcmp(route->to, "default") != 0) {
		if (!read_subnet("to", route->to, &way->to, fault))
			return false;
		way->is_v6 = !ip_is_v4(&way->to.ip);
		return true;
	}
	way->is_v6 = !ip_is_none(beside) && !ip_is_v4(beside);
	way->to.is_there = true;
	if (!way->is_v6)
		way->to.ip = ip_from_v4(0);
	return true;
}

bool route_read(const struct settings_route *route, struct way *way,
		struct route_fault *fault)
{
	memset(way, 0, sizeof(*way));
	fault->why[0] = '\0';
	if (!read_host("via", route->via, &way->via, fault) ||
	    !read_host("source", route->source, &way->source, fault) ||
	    !read_to(route, way, fault))
		return false;
	if (!is_of(&way->via, way->is_v6))
		return fail(fault, "via", "%s is not of the family of %s",
			    route->via, route->to);
	if (!is_of(&way->source, way->is_v6))
		return fail(fault, "source", "%s is not of the family of %s",
			    route->source, route->to);
	if (route->type != ROUTE_UNICAST &&
	    (route->via[0] || route->dev[0] || route->source[0]))
		return fail(fault, "type",
			    "a route that leads nowhere has neither via, dev "
			    "nor source");
	if (route->type == ROUTE_UNICAST && !route->via[0] && !route->dev[0])
		return fail(fault, NULL,
			    "leads nowhere: give via, dev or both");
	if (way->is_v6 && !route->dev[0] && ip_is_link_local(&way->via))
		return fail(fault, "dev",
			    "is missing: %s is link-local, and on each "
			    "interface another one",
			    route->via);
	return true;
}

bool rule_read(const struct settings_rule *rule, struct bend *bend,
	       struct route_fault *fault)
{
	memset(bend, 0, sizeof(*bend));
	fault->why[0] = '\0';
	if (rule->from[0] == '\0' && rule->to[0] == '\0')
		return fail(fault, NULL, "is for all: give from, to or both");
	if ((rule->from[0] &&
	     !read_subnet("from", rule->from, &bend->from, fault)) ||
	    (rule->to[0] && !read_subnet("to", rule->to, &bend->to, fault)))
		return false;
	bend->is_v6 =
		!ip_is_v4(bend->from.is_there ? &bend->from.ip : &bend->to.ip);
	if (bend->from.is_there && bend->to.is_there &&
	    ip_is_v4(&bend->from.ip) != ip_is_v4(&bend->to.ip))
		return fail(fault, "to", "%s is not of the family of %s",
			    rule->to, rule->from);
	return true;
}
