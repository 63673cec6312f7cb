/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IP address literals, both families, both ways. Written out rather than by
 * inet_pton() so that src/wire needs nothing but the C library's pure part.
 * Strict: no leading zeros (some programs read them as octal), no zone, no
 * prefix length, no IPv4 address in IPv6 clothes.
 */
#include <stddef.h>
#include <stdio.h>

#include "hex.h"
#include "ip.h"

/* Reads a.b.c.d up to the end of text. */
static bool ip_parse_dotted(const char *text, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < 4; i++) {
		unsigned number = 0, digits = 0;

		if (i > 0 && *text++ != '.')
			return false;
		while (*text >= '0' && *text <= '9') {
			if (digits > 0 && number == 0)
				return false;
			number = number * 10 + (unsigned)(*text++ - '0');
			if (++digits > 3 || number > 255)
				return false;
		}
		if (digits == 0)
			return false;
		*value = *value << 8 | number;
	}
	return *text == '\0';
}

/* Reads one group of one to four hex digits; the text behind it, or NULL. */
static const char *ip_parse_group(const char *text, uint16_t *group)
{
	int digits = 0, digit;

	*group = 0;
	while ((digit = hex_digit(*text)) >= 0) {
		if (++digits > 4)
			return NULL;
		*group = (uint16_t)(*group << 4 | digit);
		text++;
	}
	return digits > 0 ? text : NULL;
}

/* The groups behind the last separator: hex, or the last two as a.b.c.d. */
static bool ip_parse_groups(const char *text, uint16_t groups[8], int *count,
			    int *gap)
{
	while (*text != '\0') {
		uint32_t dotted;

		if (*count <= 6 && ip_parse_dotted(text, &dotted)) {
			groups[(*count)++] = (uint16_t)(dotted >> 16);
			groups[(*count)++] = (uint16_t)dotted;
			return true;
		}
		if (*count == 8)
			return false;
		text = ip_parse_group(text, &groups[*count]);
		if (text == NULL)
			return false;
		(*count)++;
		if (*text == '\0')
			return true;
		if (*text++ != ':' || *text == '\0')
			return false;
		if (*text == ':') {
			if (*gap >= 0)
				return false;
			*gap = *count;
			text++;
		}
	}
	return true;
}

static bool ip_parse_v6(const char *text, struct ip *ip)
{
	uint16_t groups[8];
	int count = 0, gap = -1, skip;

	if (text[0] == ':') {
		if (text[1] != ':')
			return false;
		gap = 0;
		text += 2;
	}
	if (!ip_parse_groups(text, groups, &count, &gap))
		return false;
	if (gap < 0 ? count != 8 : count > 7)
		return false;

	memset(ip, 0, sizeof(*ip));
	skip = 8 - count;
	for (int i = 0; i < count; i++) {
		int at = 2 * (gap >= 0 && i >= gap ? i + skip : i);

		ip->bytes[at] = (uint8_t)(groups[i] >> 8);
		ip->bytes[at + 1] = (uint8_t)groups[i];
	}
	/* ::ffff:a.b.c.d would turn into IPv4 unseen. */
	return !ip_is_v4(ip);
}

bool ip_parse(const char *text, struct ip *ip)
{
	struct ip parsed;
	uint32_t v4;

	if (ip_parse_dotted(text, &v4))
		parsed = ip_from_v4(v4);
	else if (!ip_parse_v6(text, &parsed))
		return false;
	*ip = parsed;
	return true;
}

static unsigned ip_group(const struct ip *ip, int i)
{
	return (unsigned)ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1];
}

/* RFC 5952 4.2: the first longest run of at least two zero groups. */
static int ip_find_gap(const struct ip *ip, int *length)
{
	int best = -1;

	*length = 1;
	for (int i = 0; i < 8; i++) {
		int run = 0;

		while (i + run < 8 && ip_group(ip, i + run) == 0)
			run++;
		if (run > *length) {
			best = i;
			*length = run;
		}
		i += run;
	}
	return best;
}

const char *ip_format(const struct ip *ip, char *text)
{
	int length, gap, used = 0;

	if (ip_is_v4(ip)) {
		snprintf(text, IP_TEXT_MAX, "%u.%u.%u.%u", ip->bytes[12],
			 ip->bytes[13], ip->bytes[14], ip->bytes[15]);
		return text;
	}
	gap = ip_find_gap(ip, &length);
	for (int i = 0; i < 8;) {
		size_t room = IP_TEXT_MAX - (size_t)used;

		if (i == gap) {
			used += snprintf(text + used, room, "::");
			i += length;
			continue;
		}
		used += snprintf(text + used, room, "%s%x",
				 i == 0 || i == gap + length ? "" : ":",
				 ip_group(ip, i));
		i++;
	}
	return text;
}
