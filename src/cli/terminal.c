/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The terminal. A confirmation is never taken from anything but the exact
 * name: a stray "y" in a pasted line must not cut a server's power (R13).
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../base/clock.h"
#include "terminal.h"
#include "text.h"

#define PROGRESS_SILENCE_MS 2000 /* longer waits are said */
#define PROGRESS_LIVE_MS    200	 /* where a line can move, shorter ones, too */
#define PROGRESS_REPEAT_MS  5000 /* and again, where no line can move */

static volatile sig_atomic_t interrupted;
static const FILE *marked;

static bool is_smart(FILE *out)
{
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

const char *terminal_tone(FILE *out, enum terminal_tone tone)
{
	static const char *const escapes[] = {
		[TONE_PLAIN] = "\033[0m",  [TONE_HEAD] = "\033[1m",
		[TONE_GOOD] = "\033[32m",  [TONE_WARN] = "\033[1;33m",
		[TONE_BAD] = "\033[1;31m",
	};
	static const char marks[][2] = {"\1", "\2", "\3", "\4", "\5"};
	const char *refused = getenv("NO_COLOR");

	if (out == marked)
		return marks[tone];
	if (!is_smart(out) || (refused && refused[0]))
		return "";
	return escapes[tone];
}

void terminal_mark_tones(const FILE *out)
{
	marked = out;
}

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static void catch_signal(int number)
{
	/* No SA_RESTART: poll() and read() must return. */
	struct sigaction action = {.sa_handler = on_interrupt};

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

void terminal_catch_interrupt(void)
{
	catch_signal(SIGINT);
	catch_signal(SIGTERM);
	catch_signal(SIGHUP);
}

void terminal_catch_quit(void)
{
	catch_signal(SIGQUIT);
}

bool terminal_interrupted(void)
{
	return interrupted != 0;
}

void terminal_forget_interrupt(void)
{
	interrupted = 0;
}

bool terminal_can_ask(void)
{
	return isatty(STDIN_FILENO);
}

/*
 * Until a line is there, or its end. False: interrupted, also in the moment
 * before: a signal between a look and a read() would be seen after the next
 * line only.
 */
static bool wait_for_line(void)
{
	struct pollfd polled = {.fd = STDIN_FILENO, .events = POLLIN};
	sigset_t caught, before;
	int ready = -1;

	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGHUP);
	sigaddset(&caught, SIGQUIT);
	sigprocmask(SIG_BLOCK, &caught, &before);
	errno = EINTR;
	/* a Ctrl-Z, or a window that changes its size, is no answer */
	while (!interrupted && ready < 0 && errno == EINTR)
		ready = ppoll(&polled, 1, NULL, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ready > 0;
}

bool terminal_ask_name(const char *name)
{
	char line[256];

	fflush(stdout);
	/* what was typed before the question is no answer to it */
	tcflush(STDIN_FILENO, TCIFLUSH);
	fprintf(stderr,
		"Type the name %s to go on, anything else to leave it: ", name);
	fflush(stderr);
	if (!wait_for_line() || !fgets(line, sizeof(line), stdin) ||
	    interrupted) {
		fputc('\n', stderr);
		return false;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return !strcmp(line, name);
}

static void erase(struct progress *progress)
{
	if (progress->is_drawn)
		fputs("\r\033[K", progress->out);
	progress->is_drawn = false;
}

void progress_begin(struct progress *progress, FILE *out, const char *what)
{
	*progress = (struct progress){.out = out};
	progress->is_live = out && is_smart(out);
	progress->begun_ms = progress->said_ms = clock_now_ms();
	snprintf(progress->what, sizeof(progress->what), "%s", what);
	text_clean(progress->what);
}

void progress_step(struct progress *progress, const char *text,
		   int64_t elapsed_ms)
{
	char prefix[32];

	snprintf(progress->what, sizeof(progress->what), "%s", text);
	text_clean(progress->what);
	progress->is_step = true;
	progress->said_ms = clock_now_ms();
	if (!progress->out || progress->hides_steps)
		return;
	if (elapsed_ms < 0)
		elapsed_ms = progress->said_ms - progress->begun_ms;
	erase(progress);
	snprintf(prefix, sizeof(prefix), "%8.3f s  ", (double)elapsed_ms / 1e3);
	if (progress->is_plain)
		fprintf(progress->out, "%s\n", text);
	else
		text_wrap(progress->out, prefix, 12, text);
	fflush(progress->out);
}

void progress_tick(struct progress *progress)
{
	int64_t now_ms = clock_now_ms();
	int64_t silence_ms = now_ms - progress->said_ms;
	double elapsed_s = (double)(now_ms - progress->begun_ms) / 1e3;
	/* what is waited for, or the last that was heard: not the same */
	const char *waits =
		progress->is_step ? "waiting, the last was" : "waiting";
	char prefix[32], line[sizeof(progress->what) + 40];

	if (!progress->out ||
	    silence_ms < (progress->is_live ? PROGRESS_LIVE_MS
					    : PROGRESS_SILENCE_MS))
		return;
	if (progress->is_live) {
		fprintf(progress->out, "\r\033[K%8.1f s %c %s: %.55s",
			elapsed_s, "|/-\\"[now_ms / 100 % 4], waits,
			progress -> what);
		progress->is_drawn = true;
	} else {
		snprintf(prefix, sizeof(prefix), "%8.1f s  ", elapsed_s);
		snprintf(line, sizeof(line), "still %s: %s", waits,
			 progress->what);
		text_wrap(progress->out, prefix, 12, line);
		/* the next one after PROGRESS_REPEAT_MS */
		progress->said_ms =
			now_ms + PROGRESS_REPEAT_MS - PROGRESS_SILENCE_MS;
	}
	fflush(progress->out);
}

void progress_end(struct progress *progress)
{
	if (!progress->out)
		return;
	erase(progress);
	fflush(progress->out);
}
