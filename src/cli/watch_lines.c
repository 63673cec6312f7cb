/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twinbeat watch without a screen: a line for each change. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../status/verdict.h"
#include "text.h"
#include "watch.h"

/* a daemon that hangs must not hide that it does */
#define ANSWER_MS 2000

json_t *watch_look(const char *run_dir, char error[CLIENT_ERROR_MAX])
{
	enum client_result result;
	json_t *status =
		client_fetch_status(run_dir, ANSWER_MS, &result, error);

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

int watch_lines(const char *run_dir)
{
	char last[VERDICT_TEXT_MAX] = "", text[VERDICT_TEXT_MAX];
	char error[CLIENT_ERROR_MAX];
	json_t *status, *before = NULL;

	do {
		status = watch_look(run_dir, error);
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
		poll(NULL, 0, WATCH_EVERY_MS);
	} while (!ferror(stdout) && !terminal_interrupted());
	json_decref(before);
	return ferror(stdout) ? CLI_FAILED : CLI_OK;
}

/* A name that terminfo lacks is mostly that of a newer terminal at the other
 * end of ssh. */
void watch_say_no_screen(void)
{
	const char *term = getenv("TERM");
	char name[40];

	snprintf(name, sizeof(name), "%s", term ? term : "");
	text_clean(name);
	fprintf(stderr,
		"twinbeat: watch: this machine cannot draw on a terminal of "
		"the kind %s: here are lines. TERM=xterm may do, or the "
		"package ncurses-term\n",
		name);
}
