/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the modem lines of one open port for twinbeatd (R18). A process of its
 * own, for to wait for a change (TIOCMIWAIT) blocks, and so does each question
 * to some USB adapters. It knows nothing of beats and decides nothing.
 *
 * Now and then, and whenever a line changes, it lowers RTS for a moment: in a
 * sense cable CTS follows within this plug, in any other it does not. Nobody
 * uses RTS and CTS for flow control here.
 *
 * At its start it does the same with DTR. Many cables of three wires have DTR
 * bridged to DSR and DCD within each plug, for programs that want to see them:
 * such a line is this end's own, high whatever becomes of the other node.
 *
 * The other end's twinbeat-lines lowers its RTS, too. What the driver has
 * counted of CTS while our own RTS stood still was it: so RTS and CTS are told
 * from a CTS that is joined to something else. A driver that does not count
 * (cp210x) tells less.
 */
#include <errno.h>
#include <linux/serial.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"
#include "../base/clock.h"
#include "../base/message.h"
#include "../base/privileges.h"
#include "../base/signals.h"
#include "../ipc/lines_msg.h"

/* So long after RTS a slow USB adapter tells of CTS. */
#define FOLLOW_MS 20
/* A line that flutters is looked at so often, and no more. */
#define REST_MS 5
/* One that was calm is, so long after it has changed: a glitch that ends within
 * debounce_ms (R18) is to be seen to end. */
#define CLOSELY_MS   10
#define CLOSE_US     500
#define WAITS_MAX_MS 60000
/* So long after a change it is only looked whether it lasts (R18: a glitch);
 * what the cable is, is asked then. */
#define SETTLE_US 100000

struct lines {
	long probe_ms, look_ms;
	bool can_wait; /* its driver has TIOCMIWAIT */
	bool followed; /* at the last probe */
	bool is_own;   /* DSR and DCD have followed our DTR */
	bool may_wait; /* nothing can have changed since the last look */
	bool is_woken; /* and a wait has just ended */
	int64_t changed_us, closely_until_us;
	int cts_count; /* changes of CTS up to the end of our last probe */
	bool cts_is_peers;
	int64_t probe_us;
	struct lines_word word;
};

static void rest_us(long us)
{
	struct timespec left = {us / 1000000, us % 1000000 * 1000};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static void rest(long ms)
{
	rest_us(ms * 1000);
}

/* -1: the port is gone, or has no such lines. */
static int get(int *lines)
{
	return ioctl(LINES_FD_PORT, TIOCMGET, lines);
}

static int set(int line, bool up)
{
	return ioctl(LINES_FD_PORT, up ? TIOCMBIS : TIOCMBIC, &line);
}

/* Any of these is high, so long after the other one was set. */
static bool seen_after(int line, bool up, int answers)
{
	int lines = 0;

	if (set(line, up) < 0)
		return !up;
	rest(FOLLOW_MS);
	return get(&lines) < 0 ? !up : (lines & answers) != 0;
}

/* Down and up again, twice: the other end does not do that by chance. */
static bool follows(int answers, int line)
{
	bool does = true;

	for (unsigned i = 0; i < 2; i++) {
		does = !seen_after(line, false, answers) && does;
		does = seen_after(line, true, answers) && does;
	}
	return does;
}

/*
 * With a peer that sees our DTR it costs a short fall of its lines, which R18
 * asks us about: so only at the start, and again while they seem to be our own:
 * both ends may have started in the same moment.
 */
static void probe_own(struct lines *lines)
{
	lines->is_own = follows(TIOCM_DSR | TIOCM_CAR, TIOCM_DTR);
}

/* -1: the driver does not count. */
static int count_cts(void)
{
	struct serial_icounter_struct counters = {.cts = -1};

	return ioctl(LINES_FD_PORT, TIOCGICOUNT, &counters) < 0 ? -1
								: counters.cts;
}

/* Before our own probe, for that moves CTS as well in a sense cable. */
static void look_at_wires(struct lines *lines)
{
	int now = 0, count = count_cts();
	unsigned wires = lines->is_own ? LINES_BRIDGED : 0;

	if (get(&now) < 0)
		return;
	if (lines->cts_count >= 0 && count - lines->cts_count > 1)
		lines->cts_is_peers = true;
	if (now & TIOCM_DSR)
		wires |= LINES_DSR;
	if (now & TIOCM_CAR)
		wires |= LINES_DCD;
	if (now & TIOCM_CTS)
		wires |= LINES_CTS;
	if (lines->cts_is_peers)
		wires |= LINES_CTS_IS_PEERS;
	lines->word.wires = (uint8_t)wires;
}

/*
 * The other end probes, too, and in a cable with full handshake its RTS is our
 * CTS: it takes two probes in a row to believe that ours comes back, and one to
 * see that it does not.
 */
static void probe_now(struct lines *lines)
{
	bool does;

	look_at_wires(lines);
	/* a tenth less: due when the alarm comes */
	lines->probe_us = clock_now_us() + lines->probe_ms * 900;
	does = follows(TIOCM_CTS, TIOCM_RTS);
	lines->word.rts_returns = does && lines->followed;
	lines->followed = does;
	/* a sense cable's CTS has moved because its plug was moved */
	if (lines->word.rts_returns)
		lines->cts_is_peers = false;
	if (lines->is_own)
		probe_own(lines);
	lines->cts_count = count_cts();
}

/* No room is no matter: the next probe says it again. */
static void tell(const struct lines *lines)
{
	(void)message_send(LINES_FD_SOCKET, &lines->word, sizeof(lines->word));
}

static bool is_alone(void)
{
	struct pollfd socket = {.fd = LINES_FD_SOCKET};

	return poll(&socket, 1, 0) > 0;
}

/*
 * Until DSR or DCD changes, or it is time to look. R18: whoever is woken looks
 * at once; a driver that wakes us for nothing does so once in REST_MS.
 */
static void wait_for_change(struct lines *lines)
{
	bool was_woken = lines->is_woken;

	lines->is_woken = false;
	if (clock_now_us() < lines->closely_until_us) {
		rest_us(CLOSE_US);
		return;
	}
	if (!lines->may_wait || was_woken) {
		rest(REST_MS);
		return;
	}
	if (lines->can_wait &&
	    ioctl(LINES_FD_PORT, TIOCMIWAIT, TIOCM_DSR | TIOCM_CAR) < 0 &&
	    errno != EINTR)
		lines->can_wait = false;
	lines->is_woken = lines->can_wait;
	if (!lines->can_wait)
		rest(lines->look_ms);
}

static void note_change(struct lines *lines, int64_t now_us)
{
	if (now_us - lines->changed_us > SETTLE_US)
		lines->closely_until_us = now_us + CLOSELY_MS * 1000;
	lines->changed_us = now_us;
	/* what the cable is, is asked later */
	lines->probe_us = now_us + SETTLE_US;
}

/* False: the end. */
static bool turn(struct lines *lines)
{
	int64_t now_us = clock_now_us();
	bool is_high;
	int now;

	if (is_alone() || get(&now) < 0)
		return false;
	/* R18: what follows nobody but us says nothing of the peer */
	is_high = !lines->is_own && (now & (TIOCM_DSR | TIOCM_CAR)) != 0;
	if (is_high != lines->word.is_high) {
		lines->word.is_high = is_high;
		tell(lines); /* R18: at once */
		note_change(lines, now_us);
	}
	lines->may_wait = lines->probe_us - now_us > SETTLE_US;
	if (now_us >= lines->probe_us) {
		/* a line that falls meanwhile is seen by the next look */
		probe_now(lines);
		tell(lines);
	}
	return true;
}

static void nothing(int number)
{
	(void)number;
}

/* Ends a wait each time that it is time to look. */
static void set_alarm(long ms)
{
	const struct itimerval every = {{ms / 1000, ms % 1000 * 1000},
					{ms / 1000, ms % 1000 * 1000}};
	struct sigaction action = {.sa_handler = nothing};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
}

static long argument(int argc, char **argv, int i)
{
	long ms = i < argc ? strtol(argv[i], NULL, 10) : 0;

	return ms < 1 ? 1000 : ms > WAITS_MAX_MS ? WAITS_MAX_MS : ms;
}

int lines_main(int argc, char **argv)
{
	struct lines lines = {.can_wait = true,
			      .cts_count = -1,
			      .probe_ms = argument(argc, argv, 1),
			      .look_ms = argument(argc, argv, 2)};

	signals_ignore();
	privileges_settle(PRIVILEGES_LINES, "twinbeat-lines");
	/* it holds the port, which the next daemon wants for itself */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_alarm(lines.probe_ms);
	/* the first time it is not known whether it followed before */
	lines.followed = follows(TIOCM_CTS, TIOCM_RTS);
	probe_own(&lines);
	while (turn(&lines))
		wait_for_change(&lines);
	return 0;
}
