/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat watch: the picture of twinbeat status, twice a second, until q or
 * an interrupt. It says all in words, so that nobody has to tell colours
 * apart, and needs no more of a terminal than to go to a line and to clear.
 * Elsewhere (a pipe, a dumb terminal) it is a line for each change.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../status/verdict.h"
#include "client.h"
#include "text.h"
#include "view.h"

#define EVERY_MS 500
/* a daemon that hangs must not hide that it does */
#define ANSWER_MS 2000

#define SCREEN_ENTER "\033[?1049h\033[?25l"
#define SCREEN_LEAVE "\033[?25h\033[?1049l"
#define CURSOR_HOME  "\033[H"
#define CLEAR_LINE   "\033[K"
#define CLEAR_BELOW  "\033[J"

/* The status, or NULL and in error why there is none. */
static json_t *look(const struct cli *cli, char error[CLIENT_ERROR_MAX])
{
	enum client_result result;
	json_t *status =
		client_fetch_status(cli->run_dir, ANSWER_MS, &result, error);

	text_clean(error);
	return status;
}

static void put_time(FILE *out)
{
	time_t now = time(NULL);
	char text[16];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	fputs(text, out);
}

/* ---- a screen ---- */

static unsigned screen_rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1
		       ? size.ws_row
		       : 24;
}

/* What has no room is said, not scrolled: the top is what matters. */
static void put_screen(const char *text)
{
	unsigned rows = screen_rows() - 1, left = 0;

	fputs(CURSOR_HOME, stdout);
	for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
		if (rows == 0) {
			left++;
			continue;
		}
		fwrite(text, 1, (size_t)(end - text), stdout);
		fputs(CLEAR_LINE "\n", stdout);
		rows--;
	}
	put_time(stdout);
	if (left > 0)
		printf("  %u more lines in a larger window;", left);
	fputs("  q ends" CLEAR_LINE CLEAR_BELOW, stdout);
	fflush(stdout);
}

static void draw(const struct cli *cli)
{
	char error[CLIENT_ERROR_MAX], *text = NULL;
	json_t *status = look(cli, error);
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out != NULL) {
		/* never in the last column: there some terminals wrap */
		text_fold_at(text_columns(stdout) - 1);
		if (status)
			view_status(out, status);
		else
			text_wrap(out, "", 2, error);
		putc('\n', out);
		if (fclose(out) == 0)
			put_screen(text);
		free(text);
	}
	json_decref(status);
}

/* False: somebody has pressed q, or the terminal is gone. */
static bool wait_key(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char key;

	if (poll(&input, 1, EVERY_MS) <= 0)
		return true;
	return read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q';
}

static int watch_screen(const struct cli *cli)
{
	struct termios before, raw;
	bool is_set = tcgetattr(STDIN_FILENO, &before) == 0;

	if (is_set) {
		raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	fputs(SCREEN_ENTER, stdout);
	do
		draw(cli);
	while (!terminal_interrupted() && !ferror(stdout) && wait_key());
	fputs(SCREEN_LEAVE, stdout);
	fflush(stdout);
	if (is_set)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return ferror(stdout) ? CLI_FAILED : CLI_OK;
}

/* ---- lines ---- */

/* text is changed: nothing of it moves a cursor. */
static void put_line(char *text)
{
	text_clean(text);
	put_time(stdout);
	printf("  %s\n", text);
}

static bool has_alert(const json_t *alerts, const json_t *wanted)
{
	const json_t *alert;
	size_t i;

	json_array_foreach(
		alerts, i,
		alert) if (!strcmp(client_string(alert, "name"),
				   client_string(wanted, "name")) &&
			   !strcmp(client_string(alert, "text"),
				   client_string(wanted, "text"))) return true;
	return false;
}

static unsigned count_alerts(const json_t *alerts, const char *name)
{
	const json_t *alert;
	unsigned count = 0;
	size_t i;

	json_array_foreach(alerts, i, alert) count +=
		!strcmp(client_string(alert, "name"), name);
	return count;
}

/*
 * Those of alerts that others has not. One that says itself in other words now
 * is not over: there are as many of its name as there were.
 */
static void put_alerts(const char *word, const json_t *alerts,
		       const json_t *others, bool is_over)
{
	char line[1024];
	const json_t *alert;
	size_t i;

	json_array_foreach(alerts, i, alert)
	{
		const char *name = client_string(alert, "name");

		if (has_alert(others, alert) ||
		    (is_over &&
		     count_alerts(others, name) >= count_alerts(alerts, name)))
			continue;
		snprintf(line, sizeof(line), "%s %s: %s", word,
			 client_string(alert, "name"),
			 client_string(alert, "text"));
		put_line(line);
	}
}

static int watch_lines(const struct cli *cli)
{
	char last[VERDICT_TEXT_MAX] = "", text[VERDICT_TEXT_MAX];
	char error[CLIENT_ERROR_MAX];
	json_t *status, *before = NULL;

	do {
		status = look(cli, error);
		if (status)
			verdict_make(status, text, sizeof(text));
		else
			snprintf(text, sizeof(text), "%s", error);
		text_clean(text);
		if (strcmp(text, last) != 0)
			put_line(text);
		snprintf(last, sizeof(last), "%s", text);
		if (status) {
			const json_t *now = json_object_get(status, "alerts"),
				     *old = json_object_get(before, "alerts");

			put_alerts("resolved", old, now, true);
			put_alerts("alert", now, old, false);
			json_decref(before);
			before = status;
		}
		fflush(stdout);
		poll(NULL, 0, EVERY_MS);
	} while (!ferror(stdout) && !terminal_interrupted());
	json_decref(before);
	return ferror(stdout) ? CLI_FAILED : CLI_OK;
}

int command_watch(const struct cli *cli, int argc, char **argv)
{
	const char *term = getenv("TERM");
	int result = cli_parse(cli, argc, argv, NULL, 0, NULL, 0, NULL);
	json_t *status;

	if (result >= 0)
		return result;
	/* a wrong directory is not watched for ever; a restart is */
	status = client_status(cli, false, &result);
	if (!status)
		return result;
	json_decref(status);
	terminal_catch_interrupt();
	if (isatty(STDOUT_FILENO) && term && term[0] &&
	    strcmp(term, "dumb") != 0)
		return watch_screen(cli);
	return watch_lines(cli);
}
