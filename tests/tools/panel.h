/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PANEL_H
#define PANEL_H
/* The front panel of a stand-in device: a socket that takes one command per
 * connection, and what tells one to it; the address that it listens at. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static inline int panel_open(const char *path, bool serve)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (serve)
		unlink(path);
	if (fd < 0)
		return -1;
	if (serve ? bind(fd, (struct sockaddr *)&address, sizeof(address)) ==
				    0 &&
			    listen(fd, 16) == 0
		  : connect(fd, (struct sockaddr *)&address, sizeof(address)) ==
			    0)
		return fd;
	close(fd);
	return -1;
}

static inline int panel_tell(char **words)
{
	int fd = panel_open(words[0], false);
	char line[256] = "", answer[4200];
	size_t n = 0;
	ssize_t got;

	if (fd < 0) {
		fprintf(stderr, "power_switch: %s: %s\n", words[0],
			strerror(errno));
		return 1;
	}
	for (int i = 1; words[i] != NULL && n < sizeof(line); i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s",
				      i > 1 ? " " : "", words[i]);
	(void)!send(fd, line, strlen(line), MSG_NOSIGNAL);
	got = recv(fd, answer, sizeof(answer) - 1, 0);
	close(fd);
	if (got <= 0)
		return 1;
	answer[got] = '\0';
	fputs(answer, stdout);
	return strncmp(answer, "error", 5) == 0;
}

/* "192.0.2.20:502" or "[2001:db8::1]:502" */
static inline int panel_parse_address(char *text,
				      struct sockaddr_storage *address,
				      socklen_t *size)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	char *colon = strrchr(text, ':');
	int port;

	if (colon == NULL)
		return -1;
	*colon = '\0';
	port = atoi(colon + 1);
	if (text[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		*size = sizeof(*v6);
		return inet_pton(AF_INET6, text + 1, &v6->sin6_addr) - 1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	*size = sizeof(*v4);
	return inet_pton(AF_INET, text, &v4->sin_addr) - 1;
}
#endif
