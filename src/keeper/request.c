/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the main process asks. It is treated as hostile: a message of a wrong
 * size, type or index is logged and ignored, and a descriptor that was not
 * asked for is closed. Nothing here ends the keeper but KEEPER_QUIT.
 */
#include <unistd.h>

#include "../base/message.h"
#include "keeper.h"

#define REQUESTS_PER_TURN 64
/* Of a dead process, all are read. */
#define LAST_REQUESTS_MAX 4096

/* Of what came along at most one descriptor is kept; *fd is -1 or the
 * caller's. */
static enum message_result request_receive(struct keeper_request *request,
					   int *fd)
{
	int fds[MESSAGE_FDS_MAX];
	unsigned count;
	size_t size;
	enum message_result result = message_receive_some_fds(
		KEEPER_FD_SOCKET, request, sizeof(*request), sizeof(*request),
		&size, fds, &count);

	while (count > 1)
		close(fds[--count]);
	*fd = count > 0 ? fds[0] : -1;
	if (result == MESSAGE_WRONG)
		keeper_log("ignored a message of %zu bytes from the main "
			   "process, expected %zu and at most %d descriptors: "
			   "the programs are of different builds",
			   size, sizeof(*request), MESSAGE_FDS_MAX);
	return result;
}

static bool check_instance(const struct keeper *keeper, const char *what,
			   uint32_t instance)
{
	if (instance < keeper->settings->instance_count)
		return true;
	keeper_log("ignored a %s for instance %u: there are %u", what, instance,
		   keeper->settings->instance_count);
	return false;
}

static void request_obituary(struct keeper *keeper,
			     const struct keeper_request *request, int *fd)
{
	if (request->link >= LINKS_MAX ||
	    request->frame_size > sizeof(request->frame) ||
	    (*fd >= 0 && request->frame_size == 0)) {
		keeper_log("ignored an obituary of %u bytes for link %u",
			   request->frame_size, request->link);
		return;
	}
	will_set(keeper, request->link, *fd, request->frame,
		 request->frame_size);
	*fd = -1;
}

static void request_resignation(struct keeper *keeper,
				const struct keeper_request *request)
{
	struct keeper_instance *instance;

	if (!check_instance(keeper, "resignation", request->instance))
		return;
	instance = &keeper->instances[request->instance];
	instance->has_resignation = true;
	instance->resignation = request->resignation;
}

static void request_tick(struct keeper *keeper)
{
	const struct keeper_event alive = {.type = KEEPER_ALIVE};

	/* R11: one that waited while we were away says nothing of now. */
	if (!keeper->is_late)
		keeper->tick_due = true;
	event_send(keeper, &alive);
}

static void request_carry_out(struct keeper *keeper,
			      const struct keeper_request *request, int *fd)
{
	switch (request->type) {
	case KEEPER_TICK:
		request_tick(keeper);
		break;
	case KEEPER_CLAIM:
		if (check_instance(keeper, "claim", request->permit.instance))
			hold_claim(keeper, &request->permit);
		break;
	case KEEPER_RELEASE:
		if (check_instance(keeper, "release", request->instance))
			hold_release(keeper, request->instance);
		break;
	case KEEPER_ANNOUNCE:
		if (check_instance(keeper, "announcement", request->instance) &&
		    keeper->instances[request->instance].is_wanted)
			announce_start(keeper, request->instance, true);
		break;
	case KEEPER_OBITUARY:
		request_obituary(keeper, request, fd);
		break;
	case KEEPER_RESIGNATION:
		request_resignation(keeper, request);
		break;
	case KEEPER_QUIT:
		keeper->is_quitting = true;
		keeper->quit_at_us = 0;
		break;
	case KEEPER_PREPARE:
		reload_prepare(keeper, request->instance, *fd);
		break;
	case KEEPER_CLEAR:
		reload_clear(keeper, request->instance);
		break;
	case KEEPER_COMMIT:
		reload_commit(keeper, request->instance);
		break;
	default:
		keeper_log("ignored a request of unknown type %u",
			   request->type);
		break;
	}
}

/* A late keeper reads until nothing is left: only then is a tick a fresh one.
 */
void requests_take(struct keeper *keeper)
{
	int limit = keeper->is_late ? LAST_REQUESTS_MAX : REQUESTS_PER_TURN;

	for (int i = 0; i < limit && !keeper->socket_closed; i++) {
		struct keeper_request request;
		int fd;

		switch (request_receive(&request, &fd)) {
		case MESSAGE_OK:
			request_carry_out(keeper, &request, &fd);
			if (fd >= 0)
				close(fd);
			break;
		case MESSAGE_NONE:
			return;
		case MESSAGE_WRONG:
			break;
		case MESSAGE_GONE:
			/* The pidfd says when main ends; a lost socket only
			 * means that no tick will come. */
			keeper->socket_closed = true;
			keeper->waiting = 0;
			break;
		}
	}
}

void requests_take_last(struct keeper *keeper)
{
	for (int i = 0; i < LAST_REQUESTS_MAX && !keeper->socket_closed; i++) {
		struct keeper_request request;
		enum message_result result;
		int fd;

		result = request_receive(&request, &fd);
		if (result == MESSAGE_OK && request.type == KEEPER_OBITUARY)
			request_obituary(keeper, &request, &fd);
		else if (result == MESSAGE_OK &&
			 request.type == KEEPER_RESIGNATION)
			request_resignation(keeper, &request);
		else if (result == MESSAGE_OK && request.type == KEEPER_QUIT)
			keeper->is_quitting = true;
		if (fd >= 0)
			close(fd);
		if (result == MESSAGE_NONE || result == MESSAGE_GONE)
			return;
	}
}
