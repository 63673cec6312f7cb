/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fencer of our own. What it says is checked like any message: a wrong
 * size, another request's number or another digest is no answer. If we end
 * early it finishes the attempt whose power command is out, holding the run
 * lock meanwhile.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/spawn.h"
#include "fencer_client.h"
#include "text.h"

#define FENCER_NAME	"twinbeat-fencer"
#define FENCER_SLACK_MS 10000
#define FENCER_TICK_MS	100

int fencer_client_start(struct fencer_client *client,
			const struct settings *settings, int lock, char *error,
			size_t error_size)
{
	char name[] = FENCER_NAME;
	struct spawn spawn = {.argv = {name},
			      .stderr_fd = STDERR_FILENO,
			      .as_daemon = true,
			      .fd_count = 4};
	int pair[2] = {-1, -1}, sealed = -1, ourselves = -1;

	*client = (struct fencer_client){.settings = settings,
					 .pid = -1,
					 .pidfd = -1,
					 .fd = -1,
					 .next_id = 1};
	if (spawn_find(FENCER_NAME, spawn.path, sizeof(spawn.path), error,
		       error_size))
		return -1;
	sealed = settings_seal(settings);
	ourselves = (int)syscall(SYS_pidfd_open, getpid(), 0);
	snprintf(error, error_size, "cannot start %s: %s", spawn.path,
		 strerror(errno));
	if (sealed >= 0 && ourselves >= 0 &&
	    !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		/* FENCER_FD_SOCKET, _SETTINGS, _PARENT, _LOCK */
		spawn.fds[0] = pair[1];
		spawn.fds[1] = sealed;
		spawn.fds[2] = ourselves;
		spawn.fds[3] = lock;
		client->pid =
			spawn_start(&spawn, &client->pidfd, error, error_size);
		client->fd = pair[0];
		close(pair[1]);
	}
	if (sealed >= 0)
		close(sealed);
	if (ourselves >= 0)
		close(ourselves);
	if (client->pid >= 0)
		return 0;
	fencer_client_stop(client);
	return -1;
}

static unsigned count_levels(const struct settings *settings, unsigned node)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < settings->nodes[node].plug_count; i++)
		seen |= 1u << settings->nodes[node].plugs[i].level;
	return (unsigned)__builtin_popcount(seen);
}

static void take_step(struct fence_job *job, const struct fence_event *event)
{
	int64_t elapsed_ms = clock_now_ms() - job->progress.begun_ms;

	if (!event->text[0])
		return;
	progress_step(&job->progress, event->text, elapsed_ms);
	json_array_append_new(job->steps,
			      json_pack("{s:s, s:I}", "step", event->text,
					"elapsed_ms", (json_int_t)elapsed_ms));
}

/* 1: an event of ours, 0: not, -1: the fencer is gone. */
static int read_event(struct fencer_client *client, uint32_t id,
		      struct fence_event *event)
{
	ssize_t n = recv(client->fd, event, sizeof(*event),
			 MSG_DONTWAIT | MSG_TRUNC);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return -1;
	if (n != (ssize_t)sizeof(*event) || event->id != id)
		return 0;
	event->text[sizeof(event->text) - 1] = '\0';
	text_clean(event->text);
	return 1;
}

int fencer_client_ask(struct fencer_client *client, struct fence_job *job,
		      enum fence_kind kind, unsigned node, int device,
		      struct fence_event *done, char *error, size_t error_size)
{
	const struct settings *settings = client->settings;
	struct fence_request request = {
		.id = client->next_id++,
		.kind = kind,
		.node = node,
		.levels = (1u << (LEVELS_MAX + 1)) - 2,
		.device = device,
		.digest = settings->fence_digest,
	};
	int64_t limit_ms = clock_now_ms() + FENCER_SLACK_MS +
			   (int64_t)settings->fence.timeout_ms *
				   (count_levels(settings, node) + 1);
	struct pollfd ready = {.fd = client->fd, .events = POLLIN};
	int got = 0;

	if (send(client->fd, &request, sizeof(request), MSG_NOSIGNAL) < 0)
		got = -1;
	while (got >= 0 && clock_now_ms() < limit_ms) {
		if (terminal_interrupted()) {
			snprintf(error, error_size,
				 "interrupted: a power command that is out is "
				 "finished, its result is not known; look with "
				 "--action status");
			return -1;
		}
		progress_tick(&job->progress);
		if (poll(&ready, 1, FENCER_TICK_MS) <= 0)
			continue;
		got = read_event(client, request.id, done);
		if (got <= 0)
			continue;
		if (done->type != FENCE_DONE) {
			take_step(job, done);
			continue;
		}
		if (done->digest == settings->fence_digest)
			return 0;
		snprintf(error, error_size,
			 "the fencer works under other settings: not known");
		return -1;
	}
	snprintf(error, error_size,
		 got < 0 ? "the fencer ended before its answer: what the power "
			   "is now is not known"
			 : "the fencer gave no answer in time: what the power "
			   "is now is not known");
	return -1;
}

void fencer_client_stop(struct fencer_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	/*
	 * It ends when it sees us gone. Not waited for when interrupted: it
	 * may have seconds of work left, and holds the run lock by itself.
	 */
	if (client->pid > 0 && !terminal_interrupted())
		waitpid(client->pid, NULL, 0);
	if (client->pidfd >= 0)
		close(client->pidfd);
	client->fd = client->pidfd = client->pid = -1;
}
