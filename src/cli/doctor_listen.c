/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that listen on a virtual address. On the standby they do not start,
 * and "nginx -t" fails there (findings/nginx-test-binds-haproxy-not.sh), unless
 * the kernel lets them bind to an address that is not there.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../wire/ip.h"
#include "doctor.h"

#define LISTENS 0x0a /* in the column st, TCP_LISTEN of net/tcp_states.h */

/* As /proc/net/tcp and tcp6 write it: words of 32 bits in host order. */
static bool read_address(const char *text, bool is_v6, struct ip *ip)
{
	uint32_t words[4] = {0, 0, htonl(0xffff), 0};
	unsigned first = is_v6 ? 0 : 3;

	for (unsigned i = first; i < 4; i++, text += 8) {
		char word[9];

		snprintf(word, sizeof(word), "%.8s", text);
		if (strlen(word) < 8)
			return false;
		words[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	memcpy(ip->bytes, words, sizeof(ip->bytes));
	return true;
}

static bool is_virtual(const struct settings *settings, const struct ip *ip)
{
	for (unsigned i = 0; i < settings->address_count; i++)
		if (ip_compare(&settings->addresses[i].ip, ip) == 0)
			return true;
	return false;
}

/* The port of the first one that listens on a virtual address, or 0. */
static unsigned find_listener(const struct settings *settings, bool is_v6,
			      struct ip *ip)
{
	FILE *file = fopen(is_v6 ? "/proc/net/tcp6" : "/proc/net/tcp", "re");
	unsigned found = 0;
	char line[512];

	while (found == 0 && file && fgets(line, sizeof(line), file)) {
		unsigned port, state;
		char address[33];

		if (sscanf(line, " %*u: %32[0-9A-F]:%x %*s %x", address, &port,
			   &state) == 3 &&
		    state == LISTENS && read_address(address, is_v6, ip) &&
		    is_virtual(settings, ip))
			found = port;
	}
	if (file)
		fclose(file);
	return found;
}

void doctor_listen(struct doctor *doctor, const struct settings *settings)
{
	static const char *const families[] = {"ipv4", "ipv6"};

	for (unsigned is_v6 = 0; is_v6 < 2; is_v6++) {
		char path[64], value[8], text[IP_TEXT_MAX];
		unsigned port;
		struct ip ip;

		snprintf(path, sizeof(path),
			 "/proc/sys/net/%s/ip_nonlocal_bind", families[is_v6]);
		if (doctor_read(path, value, sizeof(value))[0] != '0')
			continue;
		port = find_listener(settings, is_v6, &ip);
		if (port == 0)
			continue;
		ip_format(&ip, text);
		doctor_say(doctor, DOCTOR_WARN, "listen",
			   "set net.ipv4.ip_nonlocal_bind = 1 (IPv6: "
			   "net.ipv6.ip_nonlocal_bind) on both nodes, or let "
			   "the program listen on all addresses",
			   "a program listens on port %u of %s: it cannot be "
			   "started on a node that does not have the address",
			   port, text);
	}
}
