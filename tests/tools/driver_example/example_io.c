/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Speaks with the device: one connection, one line, one answer, all of it
 * within answer_ms. What is not a whole line that is expected, word for word,
 * is no state: a silent switch must never read off.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "example.h"

struct question {
	const struct settings_device *device;
	const char *plug;
	int64_t until_ms;
	char *error;
	size_t error_size;
};

static int __attribute__((format(printf, 2, 3)))
complain(const struct question *q, const char *format, ...)
{
	va_list args;
	int n = snprintf(q->error, q->error_size,
			 "%s at %s, plug %s: ", q->device->name,
			 q->device->place, q->plug);

	if (n > 0 && (size_t)n < q->error_size) {
		va_start(args, format);
		vsnprintf(q->error + n, q->error_size - (size_t)n, format,
			  args);
		va_end(args);
	}
	return -1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False: the time was over first. */
static bool wait_for(const struct question *q, int fd, short what)
{
	struct pollfd polled = {.fd = fd, .events = what};
	int64_t left_ms = q->until_ms - now_ms();

	while (left_ms > 0 && poll(&polled, 1, (int)left_ms) <= 0)
		left_ms = q->until_ms - now_ms();
	return left_ms > 0;
}

/* A connection, or -1 with a sentence. */
static int connect_device(const struct question *q)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port =
					 htons(example_of(q->device)->port)};
	int fd, error = 0;
	socklen_t size = sizeof(error);

	inet_pton(AF_INET, q->device->host, &to.sin_addr); /* was checked */
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return complain(q, "no socket: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	if (errno != EINPROGRESS)
		error = errno;
	else if (!wait_for(q, fd, POLLOUT))
		error = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error == 0)
		return fd;
	close(fd);
	return complain(q, "no connection: %s", strerror(error));
}

/* A line without its end in answer: 0, or -1 with a sentence. */
static int hear_line(const struct question *q, int fd, char *answer,
		     size_t room)
{
	size_t used = 0;

	while (used + 1 < room) {
		ssize_t got;

		if (!wait_for(q, fd, POLLIN))
			return complain(q, "no whole answer within %u ms",
					q->device->answer_ms);
		got = recv(fd, answer + used, room - 1 - used, 0);
		if (got <= 0)
			return complain(q, "it closed the connection without "
					   "an answer");
		used += (size_t)got;
		answer[used] = '\0';
		if (answer[used - 1] != '\n')
			continue;
		answer[used - 1] = '\0';
		return 0;
	}
	return complain(q, "the answer is too long");
}

/* 0: answer is one line, and all that was said. */
static int ask(const struct question *q, const char *line, char *answer,
	       size_t room)
{
	char text[100];
	int fd = connect_device(q), result = -1;
	int size = snprintf(text, sizeof(text), "%s %s\n",
			    example_of(q->device)->login, line);

	if (fd < 0)
		return -1;
	if (send(fd, text, (size_t)size, MSG_NOSIGNAL) != size)
		complain(q, "it hung up");
	else
		result = hear_line(q, fd, answer, room);
	close(fd);
	return result;
}

static enum plug_state example_read(const struct settings_device *device,
				    const char *plug, char *error,
				    size_t error_size)
{
	const struct question q = {.device = device,
				   .plug = plug,
				   .until_ms = now_ms() + device->answer_ms,
				   .error = error,
				   .error_size = error_size};
	char line[48], answer[80];

	snprintf(line, sizeof(line), "STATE %.20s", plug);
	if (ask(&q, line, answer, sizeof(answer)) < 0)
		return PLUG_UNKNOWN;
	if (strcmp(answer, "ON") == 0)
		return PLUG_ON;
	if (strcmp(answer, "OFF") == 0)
		return PLUG_OFF;
	complain(&q, "it says \"%.60s\", which is neither ON nor OFF", answer);
	return PLUG_UNKNOWN;
}

static int example_write(const struct settings_device *device, const char *plug,
			 int on, char *error, size_t error_size)
{
	const struct question q = {.device = device,
				   .plug = plug,
				   .until_ms = now_ms() + device->answer_ms,
				   .error = error,
				   .error_size = error_size};
	char line[48], answer[80];

	snprintf(line, sizeof(line), "SWITCH %.20s %s", plug,
		 on ? "ON" : "OFF");
	if (ask(&q, line, answer, sizeof(answer)) < 0)
		return -1;
	if (strcmp(answer, "DONE") == 0)
		return 0;
	return complain(&q, "it says \"%.60s\" to \"%s\"", answer, line);
}

const struct driver_io driver_io_example = {
	.name = "example",
	.read = example_read,
	.write = example_write,
};
