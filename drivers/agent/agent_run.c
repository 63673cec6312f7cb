/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The driver's side of a foreign program: how is it given its options, what
 * did it say. It decides only whether the program ended by itself and in time.
 *
 * It must never start an agent with an empty stdin: that means "reboot" to the
 * agents of ClusterLabs.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/base/become.h"
#include "../../src/base/clock.h"
#include "agent_run.h"

/* More than any agent says, and not worth a processor. */
#define OUTPUT_MAX (1024 * 1024)
/* The guard may need this long to bury the last of them. */
#define BURIAL_MS 2500

struct pipes {
	int in[2], out[2], err[2], leash[2];
};

static void pipes_close(struct pipes *pipes)
{
	int *all[] = {pipes->in, pipes->out, pipes->err, pipes->leash};

	for (unsigned i = 0; i < 4; i++)
		for (unsigned end = 0; end < 2; end++) {
			if (all[i][end] >= 0)
				close(all[i][end]);
			all[i][end] = -1;
		}
}

static void pipes_close_end(int *fd)
{
	close(*fd);
	*fd = -1;
}

static int pipes_open(struct pipes *pipes)
{
	*pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(pipes->in, O_CLOEXEC) < 0 ||
	    pipe2(pipes->out, O_CLOEXEC) < 0 ||
	    pipe2(pipes->err, O_CLOEXEC) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		       pipes->leash) < 0)
		return -1;
	return 0;
}

/* All of stdin is there before the agent is: it fits into the pipe. */
static int pipes_feed(struct pipes *pipes, const char *input)
{
	size_t size = strlen(input);

	if (size == 0 || size > AGENT_INPUT_MAX)
		return -1;
	if (write(pipes->in[1], input, size) != (ssize_t)size)
		return -1;
	pipes_close_end(&pipes->in[1]);
	return 0;
}

/*
 * What shells, Python and getopt say when they end with 2 because they could
 * not do what they were asked: an exit code that an agent gives another
 * meaning. That it ignores an option that it does not know, which the library
 * of ClusterLabs calls a parse error, is no break-down.
 */
static bool line_alarms(const char *line)
{
	static const char *const words[] = {"usage:", "traceback", "error"};

	if (strstr(line, "Parse error: Ignoring ") != NULL)
		return false;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(line, words[i]) != NULL)
			return true;
	return false;
}

/* Two streams; of stderr the last line that has something in it is kept. */
struct stream {
	char line[AGENT_LINE_MAX];
	size_t length;
	bool keep;
};
struct listener {
	size_t total, out_used;
	struct stream out, err;
};

static void stream_end_line(struct stream *stream, struct agent_run *run)
{
	stream->line[stream->length] = '\0';
	if (stream->length > 0 && stream->keep)
		memcpy(run->last_line, stream->line, sizeof(run->last_line));
	if (run->alarm[0] == '\0' && line_alarms(stream->line))
		memcpy(run->alarm, stream->line, sizeof(run->alarm));
	stream->length = 0;
}

static void stream_take(struct stream *stream, struct agent_run *run,
			const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];

		if (c == '\n' || c == '\r')
			stream_end_line(stream, run);
		else if (stream->length + 1 < sizeof(stream->line))
			/* It must not move a terminal's cursor. */
			stream->line[stream->length++] =
				c >= ' ' && c < 0x7f ? c : '?';
	}
}

/* Reads what is there; false when there will be no more. */
static bool drain(int fd, struct listener *listener, struct stream *stream,
		  struct agent_run *run)
{
	char bytes[4096];
	ssize_t size = read(fd, bytes, sizeof(bytes));

	if (size < 0)
		return errno == EINTR || errno == EAGAIN;
	if (stream == &listener->out && run->out != NULL) {
		size_t room = run->out_size - 1 - listener->out_used;
		size_t take = (size_t)size < room ? (size_t)size : room;

		memcpy(run->out + listener->out_used, bytes, take);
		listener->out_used += take;
		run->out[listener->out_used] = '\0';
	}
	listener->total += (size_t)size;
	stream_take(stream, run, bytes, (size_t)size);
	return size > 0;
}

/* True: the guard has spoken. Until then everything said is swallowed. */
static bool listen_until_end(struct pipes *pipes, struct agent_run *run,
			     struct listener *listener, struct agent_end *end)
{
	int64_t until = clock_now_ms() + run->limit_ms + BURIAL_MS;

	for (;;) {
		struct pollfd polled[] = {
			{.fd = pipes->out[0], .events = POLLIN},
			{.fd = pipes->err[0], .events = POLLIN},
			{.fd = pipes->leash[0], .events = POLLIN},
		};
		int64_t left = until - clock_now_ms();

		if (left < 0)
			return false;
		if (poll(polled, 3, (int)left) <= 0)
			continue;
		/* What it said before the end of it all: all of it counts. */
		if (polled[1].revents != 0) {
			if (!drain(pipes->err[0], listener, &listener->err,
				   run))
				pipes_close_end(&pipes->err[0]);
			polled[2].revents = 0;
		}
		if (polled[0].revents != 0) {
			if (!drain(pipes->out[0], listener, &listener->out,
				   run))
				pipes_close_end(&pipes->out[0]);
			polled[2].revents = 0;
		}
		/* Half a hang-up: the guard kills it all, and still says so. */
		if (listener->total > OUTPUT_MAX)
			shutdown(pipes->leash[0], SHUT_WR);
		if (polled[2].revents != 0)
			return recv(pipes->leash[0], end, sizeof(*end),
				    MSG_DONTWAIT) == (ssize_t)sizeof(*end);
	}
}

static int judge(struct agent_run *run, const struct listener *listener,
		 bool heard, const struct agent_end *end, char *error,
		 size_t error_size)
{
	if (listener->total > OUTPUT_MAX)
		snprintf(error, error_size,
			 "killed, it wrote more than %d bytes", OUTPUT_MAX);
	else if (!heard)
		snprintf(error, error_size,
			 "could not be started or watched; the machine may be "
			 "out of memory or processes");
	else if (end->late)
		snprintf(error, error_size,
			 "timed out: not finished within %u ms, killed",
			 run->limit_ms);
	else if (WIFSIGNALED(end->status))
		snprintf(error, error_size, "died of signal %d (%s)",
			 WTERMSIG(end->status),
			 strsignal(WTERMSIG(end->status)));
	else {
		run->exit_code = WEXITSTATUS(end->status);
		return 0;
	}
	return -1;
}

int agent_run(struct agent_run *run, char *error, size_t error_size)
{
	struct listener listener = {.err = {.keep = true}};
	struct agent_end end = {.late = 1};
	struct pipes pipes;
	bool heard;
	pid_t pid;

	run->exit_code = -1;
	if (run->out != NULL)
		run->out[0] = '\0';
	run->last_line[0] = run->alarm[0] = '\0';
	if (pipes_open(&pipes) < 0 || pipes_feed(&pipes, run->input) < 0 ||
	    (pid = fork()) < 0) {
		snprintf(error, error_size, "not started: %s", strerror(errno));
		pipes_close(&pipes);
		return -1;
	}
	if (pid == 0) {
		pipes_close_end(&pipes.leash[0]);
		pipes_close_end(&pipes.out[0]);
		pipes_close_end(&pipes.err[0]);
		/* where root only asks, it is the daemon that asks */
		if (become_daemon() < 0)
			_exit(1);
		agent_guard(&(struct agent_guard){.path = run->path,
						  .in = pipes.in[0],
						  .out = pipes.out[1],
						  .err = pipes.err[1],
						  .leash = pipes.leash[1],
						  .limit_ms = run->limit_ms});
	}
	pipes_close_end(&pipes.leash[1]);
	pipes_close_end(&pipes.in[0]);
	pipes_close_end(&pipes.out[1]);
	pipes_close_end(&pipes.err[1]);
	heard = listen_until_end(&pipes, run, &listener, &end);
	pipes_close(&pipes);
	if (!heard)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	stream_end_line(&listener.out, run);
	stream_end_line(&listener.err, run);
	return judge(run, &listener, heard, &end, error, error_size);
}
