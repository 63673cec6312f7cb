/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do the helpers still work? A process that hangs (stopped, waiting for a dead
 * disk, in a loop) looks from outside like one that has nothing to do, until it
 * is needed. So fencer, runner and director are asked every few seconds, and
 * the fencer with each request; the keeper has its ticks (R12), an opener ends
 * when it has nothing to do and is watched while it has.
 *
 * Decides only that one hangs. It is ended and started again where that costs
 * nothing but what nobody can know any more (R6: what it was asked is unknown).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "fencer_edge.h"
#include "helpers.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../ipc/fencer_msg.h"
#include "../ipc/director_msg.h"
#include "../ipc/runner_msg.h"

#define ASK_US 10000000
/* T40: within 4 s another director is there. Both run by the second. */
#define ASK_DIRECTOR_US	    1500000
#define PATIENCE_STOPPED_US 800000
#define TELL_US		    30000000 /* below the minute for which the alert stands */
#define PATIENCE_US	    5000000
/* A disk may take its time, and the next runner would wait for it as well; so
 * may the kernel's locks for IPVS. */
#define PATIENCE_LONG_US 15000000
/* One that would run gets no processor, as its successor would; or it spins. */
#define PATIENCE_WITH_BUSY_US 15000000

static int64_t patience_us(enum helper_id id)
{
	return id == HELPER_RUNNER || id == HELPER_DIRECTOR ? PATIENCE_LONG_US
							    : PATIENCE_US;
}

static int64_t pause_us(enum helper_id id)
{
	return id == HELPER_DIRECTOR ? ASK_DIRECTOR_US : ASK_US;
}

static enum message_result send_question(int fd, enum helper_id id)
{
	const struct fence_request fencer = {.kind = FENCE_PING};
	const struct runner_request runner = {.type = RUNNER_PING};
	const struct director_request director = {.type = DIRECTOR_PING};

	if (id == HELPER_FENCER)
		return message_send(fd, &fencer, sizeof(fencer));
	if (id == HELPER_DIRECTOR)
		return message_send(fd, &director, sizeof(director));
	return message_send(fd, &runner, offsetof(struct runner_request, body));
}

void pulse_ask(struct daemon *daemon, enum helper_id id)
{
	struct helper *helper = &daemon->helpers[id];

	if (helper->socket.fd < 0 || helper->pulse.asked_us != 0)
		return;
	/* also when there is no room: one that takes nothing is silent, too */
	(void)send_question(helper->socket.fd, id);
	helper->pulse.asked_us = clock_now_us();
}

void pulse_heard(struct daemon *daemon, enum helper_id id)
{
	struct helper *helper = &daemon->helpers[id];

	helper->pulse.heard_us = clock_now_us();
	helper->pulse.asked_us = 0;
	if (helper->pulse.told_us != 0)
		log_line(LOG_NOTICE, "%s (pid %d) answers again", helper->name,
			 (int)helper->pid);
	helper->pulse.told_us = 0;
}

void pulse_start(struct helper *helper)
{
	helper->pulse = (struct pulse){.heard_us = clock_now_us()};
}

/* We were away ourselves (R11): all are asked anew before they are judged. */
void pulse_shift(struct daemon *daemon)
{
	for (unsigned id = 0; id < HELPERS; id++)
		if (daemon->helpers[id].pulse.asked_us != 0)
			daemon->helpers[id].pulse.asked_us = clock_now_us();
}

/* 'R', 'S', 'T' ...: proc_pid_stat(5); '?' when it cannot be told. */
static char process_state(pid_t pid)
{
	char path[40], text[64];
	const char *end = NULL;
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' && end[2] ? end[2] : '?';
}

static const char *state_text(char state)
{
	switch (state) {
	case 'T':
	case 't':
		return "somebody stopped it";
	case 'D':
		return "it waits for the kernel, mostly for a disk";
	case 'R':
		return "it is busy, or gets no processor";
	default:
		return "it hangs";
	}
}

/* Both runner and fencer are told so again while it lasts. */
static const char *cure_text(const struct helper *helper, bool is_ended)
{
	if (!is_ended)
		return "log, history and notifications wait with it";
	if (helper->socket.fd < 0)
		return "it was killed, and the kernel does not let it end: "
		       "reboot this node if that lasts";
	return "it is ended and started again";
}

static void tell(struct daemon *daemon, enum helper_id id, bool is_ended,
		 char state)
{
	struct helper *helper = &daemon->helpers[id];
	int64_t now_us = clock_now_us();
	char text[TEXT_MAX];

	snprintf(text, sizeof(text),
		 "%s (pid %d) has not answered for %lld ms: %s; %s",
		 helper->name, (int)helper->pid,
		 (long long)(now_us - helper->pulse.asked_us) / 1000,
		 state_text(state), cure_text(helper, is_ended));
	log_line(LOG_CRIT, "%s", text);
	helper->pulse.told_us = now_us;
	if (id == HELPER_FENCER) {
		fencer_ended(daemon, text);
	} else {
		struct event event = {.type = EVENT_PROCESS_DIED,
				      .process.text = text};

		daemon_feed(daemon, &event);
	}
}

static void judge(struct daemon *daemon, enum helper_id id, int64_t now_us)
{
	struct helper *helper = &daemon->helpers[id];
	char state = process_state(helper->pid);
	/* A disk that comes back: what the runner was told is not lost. */
	bool is_ended = id != HELPER_RUNNER || state != 'D';

	if (state == 'R' &&
	    now_us - helper->pulse.asked_us < PATIENCE_WITH_BUSY_US)
		return;
	if (helper->pulse.told_us == 0 ||
	    now_us - helper->pulse.told_us >= TELL_US)
		tell(daemon, id, is_ended, state);
	if (!is_ended)
		return;
	/* What is asked from here on is refused at once (R6). */
	loop_drop(&daemon->loop, &helper->socket);
	helper_kill(helper);
}

/* A director that waits for the kernel is given its time; one that somebody
 * stopped is not, for it costs nothing to start another. */
static bool is_overdue(const struct helper *helper, enum helper_id id,
		       int64_t now_us)
{
	int64_t silent_us = now_us - helper->pulse.asked_us;

	return silent_us >= patience_us(id) ||
	       (id == HELPER_DIRECTOR && silent_us >= PATIENCE_STOPPED_US &&
		process_state(helper->pid) == 'T');
}

/*
 * R12c: who is to be fed by it is well, and would be reset with it. One that
 * waits for its driver or for a processor is no better for being ended.
 */
void pulse_feed(struct daemon *daemon, int64_t period_us)
{
	struct helper *helper = &daemon->helpers[HELPER_WATCHDOG];
	int64_t now_us = clock_now_us();
	int64_t silent_us = now_us - helper->pulse.asked_us;
	char state;

	if (helper->pid == 0 || helper->socket.fd < 0)
		return;
	if (helper->pulse.asked_us == 0) {
		helper->pulse.asked_us = now_us;
		return;
	}
	if (silent_us < period_us)
		return;
	state = process_state(helper->pid);
	if (state == 'T' || state == 't' ||
	    (state == 'S' && daemon->watchdog_is_armed &&
	     silent_us >= 2 * period_us))
		judge(daemon, HELPER_WATCHDOG, now_us);
}

void pulse_second(struct daemon *daemon)
{
	static const enum helper_id asked[] = {HELPER_RUNNER, HELPER_FENCER,
					       HELPER_DIRECTOR};
	int64_t now_us = clock_now_us();

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct helper *helper = &daemon->helpers[asked[i]];
		const struct pulse *pulse = &helper->pulse;

		if (helper->pid == 0)
			continue;
		if (pulse->asked_us != 0 &&
		    is_overdue(helper, asked[i], now_us))
			judge(daemon, asked[i], now_us);
		else if (now_us - pulse->heard_us >= pause_us(asked[i]))
			pulse_ask(daemon, asked[i]);
	}
}
