/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last will (R12b). The main process is dead: remove the VIPs, prove that
 * they are gone, and only then say so: priority 0 and, on every link, the
 * obituary that the main process signed in its lifetime. Must say nothing that
 * a dump has not shown, and must end: the next daemon waits for the run lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../link/vrrp/vrrp_expect.h"
#include "../link/vrrp/vrrp_socket.h"
#include "../wire/vrrp.h"
#include "keeper.h"

/* Said again after these: a frame may be hit by noise, a packet lost. */
static const int pauses_ms[] = {0, 20, 100};
#define LINE_WAIT_MS 500 /* for a line that still sends the last beat */
#define RETRY_MS     20
#define RETRY_MAX_MS 1000

void will_prepare(struct keeper *keeper)
{
	for (unsigned i = 0; i < LINKS_MAX; i++)
		keeper->wills[i].fd = -1;
}

void will_set(struct keeper *keeper, unsigned link, int fd,
	      const uint8_t *frame, size_t size)
{
	struct keeper_will *will = &keeper->wills[link];
	int type;
	socklen_t length = sizeof(type);

	if (will->fd >= 0)
		close(will->fd);
	will->fd = fd;
	if (fd < 0)
		return;
	will->is_socket =
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
	/* The flag is shared with the main process, which wants it as well. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	/* The dead process may have left half a frame on the line: an empty
	 * one first, so that it swallows nothing. A datagram stands alone. */
	will->size = 0;
	if (!will->is_socket && (size == 0 || frame[0] != 0x00))
		will->frame[will->size++] = 0x00;
	memcpy(will->frame + will->size, frame, size);
	will->size += size;
}

bool main_has_ended(struct keeper *keeper)
{
	struct pollfd process = {.fd = KEEPER_FD_MAIN, .events = POLLIN};

	if (!keeper->main_ended && poll(&process, 1, 0) == 1 &&
	    process.revents != 0)
		keeper->main_ended = true;
	return keeper->main_ended;
}

static void will_sleep(int ms)
{
	struct timespec pause = {.tv_sec = ms / 1000,
				 .tv_nsec = ms % 1000 * 1000000L};

	nanosleep(&pause, NULL);
}

static void will_write(struct keeper_will *will, unsigned link)
{
	int64_t limit_us = clock_now_us() + LINE_WAIT_MS * MS_US;
	size_t done = 0;

	while (done < will->size && clock_now_us() < limit_us) {
		struct pollfd line = {.fd = will->fd, .events = POLLOUT};
		ssize_t n =
			write(will->fd, will->frame + done, will->size - done);

		if (n > 0)
			done += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			break;
		else if (poll(&line, 1, LINE_WAIT_MS) == 1 &&
			 (line.revents & POLLOUT) == 0)
			break;
	}
	if (done < will->size)
		keeper_log("the obituary did not go out on link %u: %s", link,
			   errno == EAGAIN ? "the line is stuck"
					   : strerror(errno));
}

static void will_write_all(struct keeper *keeper, bool is_socket)
{
	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (keeper->wills[i].fd >= 0 &&
		    keeper->wills[i].is_socket == is_socket)
			will_write(&keeper->wills[i], i);
}

/* What the adverts said, with priority 0 (vrrp_expect.h). */
static void will_resign(struct keeper *keeper, unsigned i)
{
	const struct settings_instance *settings =
		&keeper->settings->instances[i];
	const struct keeper_instance *instance = &keeper->instances[i];
	const struct keeper_interface *interface = NULL;
	struct ip addresses[VRRP_ADDRESSES_MAX], source, destination;
	struct vrrp_expect mine;
	uint8_t message[VRRP_MESSAGE_MAX];
	enum family family;
	size_t size;

	vrrp_expect_fill(keeper->settings, i, &mine, addresses);
	family = mine.is_v6 ? FAMILY_V6 : FAMILY_V4;
	for (unsigned k = 0; k < keeper->interface_count; k++)
		if (strcmp(keeper->interfaces[k].name, settings->interface) ==
		    0)
			interface = &keeper->interfaces[k];
	if (interface == NULL || interface->vrrp_fd[family] < 0)
		return;
	/* the source is bound by the signature */
	source = *settings_source_of(settings, keeper->settings->self);
	if (instance->has_resignation)
		source = instance->resignation.source;
	else if (ip_is_none(&source))
		source = interface->source[family];
	if (ip_is_none(&source) || ip_is_v4(&source) == mine.is_v6)
		return;
	destination = vrrp_expect_destination(&mine);
	if (instance->has_resignation)
		vrrp_expect_shorten(&mine);
	size = vrrp_build(&mine, 0, &source, &destination, false, message);
	if (instance->has_resignation) {
		memcpy(message + size, instance->resignation.signature,
		       VRRP_SIGNATURE_SIZE);
		size += VRRP_SIGNATURE_SIZE;
	}
	if (vrrp_socket_send(interface->vrrp_fd[family], interface->index,
			     &source, &destination, message, size) != 0)
		keeper_log("instance %s: priority 0 not sent: %s",
			   settings->name, strerror(errno));
}

static void will_say(struct keeper *keeper, const struct instance_set *held)
{
	for (size_t n = 0; n < sizeof(pauses_ms) / sizeof(*pauses_ms); n++) {
		will_sleep(pauses_ms[n]);
		for (unsigned i = 0; i < keeper->settings->instance_count; i++)
			if (set_has(held, i))
				will_resign(keeper, i);
		/* a line that is stuck holds up nothing but itself */
		will_write_all(keeper, true);
		will_write_all(keeper, false);
	}
}

/*
 * False: one that another hand put here stays, or comes back for ever (R17.1):
 * then the last word is not said, since it would not be true for long.
 */
static bool will_remove(struct keeper *keeper)
{
	bool is_staying = alien_is_staying(keeper);
	struct sweep sweep;
	int wait_ms = RETRY_MS;

	while (!sweep_everything(keeper, &sweep)) {
		keeper_log("the VIPs of the dead main process are not gone: "
			   "%s; trying again in %d ms",
			   sweep.text, wait_ms);
		if (is_staying)
			return false;
		will_sleep(wait_ms);
		wait_ms =
			wait_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : wait_ms * 2;
	}
	return !is_staying;
}

void will_execute(struct keeper *keeper)
{
	int64_t began_us = clock_now_us();
	struct instance_set held = {{0}};
	bool is_gone;

	for (unsigned i = 0; i < keeper->settings->instance_count; i++) {
		if (keeper->instances[i].is_wanted)
			set_add(&held, i);
		keeper->instances[i].is_wanted = false;
	}
	is_gone = will_remove(keeper);
	keeper_take_notices(keeper); /* what went with them, by accident */
	promote_restore(keeper);
	requests_take_last(keeper);
	if (is_gone && !keeper->is_quitting)
		will_say(keeper, &held);
	keeper_log("the main process has ended; %u instances were held; %s "
		   "after %lld ms%s",
		   set_count(&held), is_gone ? "no VIP is left" : "gave up",
		   (long long)(clock_now_us() - began_us) / 1000,
		   is_gone && !keeper->is_quitting ? ", and the peer was told"
						   : "");
	exit(is_gone ? 0 : 1);
}
