/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any messages as what the main process asks of the keeper, whole
 * or of a wrong size, with no, one or three descriptors. What is carried out
 * names an instance that exists, a will fits its place, and no descriptor is
 * lost. The kernel's side (addresses, ARP) is replaced by demands.
 * Input: for each message 1 byte (bits 0-1: descriptors, bit 2: another size,
 * which is the next 2 bytes), then the message.
 */
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/keeper/keeper.h"
#include "fuzz.h"

#define FD_FIRST 40 /* beyond what libFuzzer uses itself */

static struct settings settings;
static struct keeper keeper;
static int main_side, null_fd;

/* ---- the kernel's side ---- */

void hold_claim(struct keeper *of, const struct permit *permit)
{
	demand(permit->instance < of->settings->instance_count);
	of->instances[permit->instance].is_wanted = true;
}

void hold_release(struct keeper *of, unsigned instance)
{
	demand(instance < of->settings->instance_count);
	of->instances[instance].is_wanted = false;
}

void announce_start(struct keeper *of, unsigned instance, bool at_once)
{
	demand(instance < of->settings->instance_count && at_once);
	demand(of->instances[instance].is_wanted);
}

bool sweep_everything(struct keeper *of, struct sweep *sweep)
{
	(void)of;
	(void)sweep;
	abort(); /* no request may bring the last will about */
}

bool alien_is_staying(const struct keeper *of)
{
	(void)of;
	return false;
}

void promote_restore(struct keeper *of)
{
	(void)of;
}

void keeper_take_notices(struct keeper *of)
{
	(void)of;
}

/* ---- the main process's side ---- */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int pair[2];

	(void)argc;
	(void)argv;
	demand(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) ==
	       0);
	main_side = fcntl(pair[0], F_DUPFD, FD_FIRST);
	demand(main_side >= 0 && dup2(pair[1], KEEPER_FD_SOCKET) >= 0);
	for (int i = 0; i < 2; i++)
		if (pair[i] != KEEPER_FD_SOCKET)
			close(pair[i]);
	settings.instance_count = 3;
	null_fd = open("/dev/null", O_RDWR);
	demand(null_fd >= 0);
	return 0;
}

static void send_message(const void *message, size_t size, unsigned fds)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(3 * sizeof(int))];
	} control = {.space = {0}};
	struct iovec part = {.iov_len = size};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	memcpy(&part.iov_base, &message, sizeof(message));
	if (fds > 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(fds * sizeof(int));
		for (unsigned i = 0; i < fds; i++)
			memcpy(CMSG_DATA(&control.header) + i * sizeof(int),
			       &null_fd, sizeof(int));
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(fds * sizeof(int));
	}
	demand(sendmsg(main_side, &header, MSG_DONTWAIT) == (ssize_t)size);
}

static void drain_events(void)
{
	struct keeper_event event;
	ssize_t n;

	while ((n = recv(main_side, &event, sizeof(event),
			 MSG_DONTWAIT | MSG_TRUNC)) > 0) {
		demand(n == (ssize_t)sizeof(event));
		demand(event.type >= KEEPER_READY &&
		       event.type <= KEEPER_COMMITTED);
	}
}

/* The lowest free descriptor: where the next one would go. */
static int lowest_free(void)
{
	int fd = fcntl(STDERR_FILENO, F_DUPFD, 0);

	demand(fd >= 0);
	close(fd);
	return fd;
}

static void begin(void)
{
	memset(&keeper.instances, 0, sizeof(keeper.instances));
	keeper.settings = &settings;
	keeper.socket_closed = keeper.is_quitting = keeper.tick_due = false;
	keeper.waiting = 0;
	will_prepare(&keeper);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {.at = data, .left = size};
	int free_before = lowest_free();

	begin();
	keeper.is_late = size > 0 && (data[size - 1] & 1) != 0;
	for (unsigned n = 0; input.left > 0 && n < 64; n++) {
		static const unsigned counts[] = {0, 0, 1, 3};
		struct keeper_request request;
		uint8_t bytes[sizeof(request) * 2];
		uint8_t flags = input_byte(&input);
		size_t length = sizeof(request);

		if (flags & 4)
			length = 1 + input_word(&input) % (sizeof(bytes) - 1);
		input_take(&input, bytes, length);
		/* a type that exists more often than not */
		if ((flags & 8) && length >= sizeof(uint32_t))
			memcpy(bytes, &(uint32_t){1 + (flags >> 4) % 7},
			       sizeof(uint32_t));
		send_message(bytes, length, counts[flags & 3]);
		if (n % 8 == 7)
			requests_take(&keeper);
	}
	requests_take(&keeper);
	requests_take_last(&keeper);
	drain_events();
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		const struct keeper_will *will = &keeper.wills[i];

		demand(will->fd < 0 || will->size <= sizeof(will->frame));
		will_set(&keeper, i, -1, NULL, 0);
	}
	demand(lowest_free() == free_before);
	return 0;
}
