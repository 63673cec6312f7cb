/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "check_names.h"

/* Of a name that has more, no one is the right one. */
#define ADDRESSES_MAX 4
#define NAME_MAX_SIZE 64

/* ..."NAME" is no IP address..., or no IPv4 address. */
static bool find_name(const char *line, char *name)
{
	static const char *const words[] = {"\" is no IP address",
					    "\" is no IPv4 address"};
	const char *end = NULL, *begin;

	for (unsigned i = 0; i < 2 && end == NULL; i++)
		end = strstr(line, words[i]);
	if (end == NULL)
		return false;
	for (begin = end; begin > line && begin[-1] != '"';)
		begin--;
	if (begin == end || end - begin >= NAME_MAX_SIZE)
		return false;
	snprintf(name, NAME_MAX_SIZE, "%.*s", (int)(end - begin), begin);
	/* 192.0.2.300 and 192.0.2.1/24 are slips, not names */
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			    "WXYZ0123456789-._") == strlen(name) &&
	       strspn(name, "0123456789.") < strlen(name);
}

void check_names_tell(const char *line)
{
	static bool is_silent; /* the name servers: asked once in vain */
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char name[NAME_MAX_SIZE], host[64];
	unsigned count = 0;
	int result;

	if (is_silent || !find_name(line, name))
		return;
	result = getaddrinfo(name, NULL, &hints, &list);
	is_silent = result == EAI_AGAIN;
	if (result != 0)
		return;
	printf("  %s is", name);
	for (const struct addrinfo *at = list; at && count < ADDRESSES_MAX;
	     at = at->ai_next)
		if (getnameinfo(at->ai_addr, at->ai_addrlen, host, sizeof(host),
				NULL, 0, NI_NUMERICHOST) == 0)
			printf("%s %s", count++ > 0 ? "," : "", host);
	printf(" today: write the address\n");
	freeaddrinfo(list);
}
