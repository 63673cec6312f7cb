/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The helper programs: started with the descriptors they were promised,
 * watched by pidfd, started again with a back-off. Decides only when; what a
 * helper's death means is for its edge and the core.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "director_edge.h"
#include "helpers.h"
#include "reload.h"
#include "run_dir.h"
#include "watchdog_edge.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../base/privileges.h"
#include "../ipc/runner_msg.h"

#define BACK_OFF_FIRST_US 100000
#define BACK_OFF_LAST_US  5000000
#define LIVED_LONG_US	  10000000

static const struct helper_row *row_of(const struct daemon *daemon,
				       enum helper_id id)
{
	return &daemon->wiring->helpers[id];
}

bool helper_is_wanted(const struct daemon *daemon, enum helper_id id)
{
	const struct helper_row *row = row_of(daemon, id);

	return row->is_wanted == NULL || row->is_wanted(daemon);
}

static void socket_ready(struct daemon *daemon, struct source *source,
			 uint32_t events)
{
	(void)events;
	row_of(daemon, source->index)->read(daemon);
	/*
	 * A closed socket is not the end (R12: pidfd, never a closed socket),
	 * but whoever closes it is of no use: end it, its pidfd will tell.
	 */
	if (source->fd >= 0 && (events & (EPOLLHUP | EPOLLERR))) {
		loop_drop(&daemon->loop, source);
		helper_kill(&daemon->helpers[source->index]);
	}
}

/* R12c: without the one that feeds, this node is reset. */
static int64_t back_off_last_us(const struct daemon *daemon,
				const struct helper *helper)
{
	int64_t period_us = watchdog_edge_period_us(daemon);

	return helper == &daemon->helpers[HELPER_WATCHDOG] &&
			       period_us < BACK_OFF_LAST_US
		       ? period_us
		       : BACK_OFF_LAST_US;
}

static void plan_restart(struct daemon *daemon, struct helper *helper,
			 int64_t now_us)
{
	int64_t last_us = back_off_last_us(daemon, helper), due_us;

	if (now_us - helper->started_us > LIVED_LONG_US)
		helper->wait_us = 0;
	due_us = now_us + helper->wait_us;
	helper->wait_us =
		helper->wait_us ? helper->wait_us * 2 : BACK_OFF_FIRST_US;
	if (helper->wait_us > last_us)
		helper->wait_us = last_us;
	helper->started_us = due_us; /* not running: when to start */
	if (due_us < daemon->loop.due_us[TIMER_HELPERS])
		loop_set_timer(&daemon->loop, TIMER_HELPERS, due_us);
}

static void process_ended(struct daemon *daemon, struct source *source,
			  uint32_t events)
{
	struct helper *helper = &daemon->helpers[source->index];
	char how[100], text[TEXT_MAX];
	int status;

	(void)events;
	if (spawn_reap(source->fd, how, sizeof(how), &status) < 0)
		return;
	/* its last words first */
	if (helper->socket.fd >= 0)
		row_of(daemon, source->index)->read(daemon);
	snprintf(text, sizeof(text), "%s (pid %d) %s%s; it is started again",
		 helper->name, (int)helper->pid,
		 helper->pulse.told_us ? "did not answer and was ended: " : "",
		 how);
	helper->pid = 0;
	loop_drop(&daemon->loop, &helper->socket);
	loop_drop(&daemon->loop, &helper->process);
	log_line(LOG_ERR, "%s", text);
	plan_restart(daemon, helper, clock_now_us());
	reload_helper_lost(daemon, source->index);
	row_of(daemon, source->index)->ended(daemon, text);
}

int helpers_init(struct daemon *daemon)
{
	daemon->helpers = calloc(HELPERS, sizeof(*daemon->helpers));
	return daemon->helpers ? 0 : -1;
}

int helper_find(struct daemon *daemon, enum helper_id id, char *error,
		size_t error_size)
{
	const struct helper_row *row = row_of(daemon, id);
	struct helper *helper = &daemon->helpers[id];
	struct spawn *spawn = &helper->spawn;

	helper->name = row->name;
	helper->socket = (struct source){-1, row->class, id, socket_ready};
	helper->process = (struct source){-1, row->class, id, process_ended};
	if (spawn_find(helper->name, spawn->path, sizeof(spawn->path), error,
		       error_size) < 0)
		return -1;
	spawn->argv[0] = helper->name;
	spawn->stderr_fd = daemon->stderr_pipe[1];
	spawn->fd_count = 4;
	spawn->fds[1] = daemon->settings_fd;
	spawn->fds[2] = daemon->self_fd;
	spawn->fds[3] = daemon->lock_fd;
	if (id == HELPER_DIRECTOR) {
		director_edge_words(daemon, spawn->argv);
		spawn->fds[3] = -1; /* has a lock of its own, lent below */
	}
	/* a driver that never comes back holds up no next daemon */
	if (id == HELPER_WATCHDOG)
		spawn->fd_count = 3;
	if (id != HELPER_RUNNER)
		return 0;
	spawn->argv[1] = daemon->state_path;
	spawn->argv[2] = daemon->options->foreground ? "--stderr" : "--syslog";
	spawn->stderr_fd = daemon->options->foreground ? STDERR_FILENO : -1;
	spawn->fd_count = RUNNER_FD_PIPE - 2;
	/* no run lock: a hook may outlive us, the next daemon need not wait */
	spawn->fds[3] = -1;
	spawn->fds[RUNNER_FD_PIPE - 3] = daemon->stderr_pipe[0];
	return 0;
}

/* message_pair(), with the room that takes a privilege. */
static int make_pair(int pair[2])
{
	int result, error;

	privileges_raise(true);
	result = message_pair(pair);
	error = errno;
	privileges_raise(false);
	errno = error;
	return result;
}

pid_t helper_spawn(struct daemon *daemon, struct spawn *spawn,
		   struct source *socket, struct source *process, char *error,
		   size_t error_size)
{
	int pair[2];
	pid_t pid;

	if (make_pair(pair) < 0) {
		snprintf(error, error_size, "%s cannot be started: socket: %s",
			 spawn->argv[0], strerror(errno));
		return -1;
	}
	spawn->fds[0] = pair[1];
	pid = spawn_start(spawn, &process->fd, error, error_size);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		process->fd = -1;
		return -1;
	}
	socket->fd = pair[0];
	if (loop_add(&daemon->loop, socket, EPOLLIN) == 0 &&
	    loop_add(&daemon->loop, process, EPOLLIN) == 0)
		return pid;
	snprintf(error, error_size, "%s cannot be watched: %s", spawn->argv[0],
		 strerror(errno));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0); /* killed at its start: comes at once */
	loop_drop(&daemon->loop, socket);
	loop_drop(&daemon->loop, process);
	return -1;
}

/* Its pid, or -1. */
static pid_t spawn_director(struct daemon *daemon, struct helper *helper,
			    char *error, size_t error_size)
{
	struct spawn *spawn = &helper->spawn;
	pid_t pid;

	if (run_dir_lend_director(daemon, &spawn->fds[3], error, error_size) <
	    0)
		return -1;
	pid = helper_spawn(daemon, spawn, &helper->socket, &helper->process,
			   error, error_size);
	if (spawn->fds[3] < 0)
		return pid;
	if (pid > 0)
		run_dir_note_director(spawn->fds[3], pid);
	close(spawn->fds[3]); /* it is locked as long as the child has it */
	spawn->fds[3] = -1;
	return pid;
}

int helper_start(struct daemon *daemon, enum helper_id id, char *error,
		 size_t error_size)
{
	struct helper *helper = &daemon->helpers[id];

	helper->started_us = clock_now_us();
	helper->pid =
		id == HELPER_DIRECTOR
			? spawn_director(daemon, helper, error, error_size)
			: helper_spawn(daemon, &helper->spawn, &helper->socket,
				       &helper->process, error, error_size);
	if (helper->pid < 0) {
		helper->pid = 0;
		return -1;
	}
	pulse_start(helper);
	if (row_of(daemon, id)->started)
		row_of(daemon, id)->started(daemon);
	return 0;
}

/* By its pidfd: a pid may belong to somebody else by now. */
bool helper_next(struct helper *helper, unsigned *left, void *event,
		 size_t size)
{
	while (*left > 0 && helper->socket.fd >= 0) {
		enum message_result result =
			message_receive(helper->socket.fd, event, size);

		--*left;
		if (result != MESSAGE_WRONG)
			return result == MESSAGE_OK;
	}
	return false;
}

void helper_kill(struct helper *helper)
{
	if (helper->process.fd >= 0)
		syscall(SYS_pidfd_send_signal, helper->process.fd, SIGKILL,
			NULL, 0);
}

void helper_wake(struct helper *helper)
{
	if (helper->process.fd >= 0)
		syscall(SYS_pidfd_send_signal, helper->process.fd, SIGCONT,
			NULL, 0);
}

void helper_start_later(struct daemon *daemon, enum helper_id id)
{
	plan_restart(daemon, &daemon->helpers[id], clock_now_us());
}

void helpers_restart(struct daemon *daemon)
{
	int64_t now_us = clock_now_us();
	char error[700];

	for (enum helper_id id = 0; id < HELPERS; id++) {
		struct helper *helper = &daemon->helpers[id];

		if (helper->pid != 0 || !helper_is_wanted(daemon, id))
			continue;
		if (helper->started_us > now_us) {
			if (helper->started_us <
			    daemon->loop.due_us[TIMER_HELPERS])
				loop_set_timer(&daemon->loop, TIMER_HELPERS,
					       helper->started_us);
			continue;
		}
		if (helper_start(daemon, id, error, sizeof(error)) == 0) {
			log_line(LOG_NOTICE, "%s started again (pid %d)",
				 helper->name, (int)helper->pid);
			continue;
		}
		/* one that hangs in the kernel may do so for days: then the
		 * alert says it alone */
		if (id != HELPER_DIRECTOR || helper->wait_us < BACK_OFF_LAST_US)
			log_line(LOG_ERR, "%s", error);
		if (id == HELPER_DIRECTOR)
			director_edge_missing(daemon, error);
		plan_restart(daemon, helper, now_us);
	}
}
