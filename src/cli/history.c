/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat history: what happened, with reasons, newest last (design 6). It
 * reads the journal of this node's state directory; no daemon is needed. A
 * line that is damaged (a power cut tears the last one) is left out, not
 * guessed at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "../client/journal_file.h"
#include "terminal.h"
#include "text.h"

#define SHOWN_DEFAULT 20
#define SHOWN_MOST    100000

struct shown {
	json_t **lines; /* a ring of the newest */
	size_t size, count;
};

static bool keep(void *arg, const char *text)
{
	struct shown *shown = arg;
	json_t *line = json_loads(text, 0, NULL);
	size_t at = shown->count % shown->size;

	if (!json_is_integer(json_object_get(line, "seq"))) {
		json_decref(line);
		return true;
	}
	json_decref(shown->lines[at]);
	shown->lines[at] = line;
	shown->count++;
	return true;
}

/* "2026-11-22T03:12:44Z", and the same in local time where that differs. */
static void put_time(const char *at, char *text, size_t size)
{
	struct tm tm = {0};
	char local[40];
	size_t length;
	time_t when;

	snprintf(text, size, "%.20s", at);
	if (!strptime(at, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return;
	when = timegm(&tm);
	if (!localtime_r(&when, &tm) || tm.tm_gmtoff == 0)
		return;
	length = strftime(local, sizeof(local), "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (length < 5)
		return;
	snprintf(text, size, "%.20s %.*s:%s", at, (int)length - 2, local,
		 local + length - 2);
}

static void print_line(const json_t *line, bool is_json)
{
	const char *instance = client_string(line, "instance");
	const char *reason = client_string(line, "reason");
	const char *kind = client_string(line, "kind"), *named;
	enum terminal_tone tone = TONE_PLAIN;
	char at[64], prefix[128], text[600];
	size_t length = strlen(instance), doubled = strlen(kind);

	if (is_json) {
		json_dumpf(line, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		putchar('\n');
		return;
	}
	put_time(client_string(line, "at"), at, sizeof(at));
	if (!strcmp(kind, "alert")) {
		bool is_raised = !strcmp(client_string(line, "to"), "raised");

		kind = is_raised ? "RAISED" : "cleared";
		tone = is_raised ? TONE_WARN : TONE_PLAIN;
	}
	snprintf(prefix, sizeof(prefix), "%s  %.8s ", at, kind);
	/* "fence fence lb02: off" */
	if (strncmp(reason, kind, doubled) == 0 && reason[doubled] == ' ')
		reason += doubled + 1;
	/* most reasons name the instance themselves, "vrrp:VI_1: up -> down" */
	named = strncmp(reason, "vrrp:", 5) == 0 ? reason + 5 : reason;
	if (strncmp(named, instance, length) == 0 && named[length] == ':')
		length = 0;
	snprintf(text, sizeof(text), "%s%s%s", length ? instance : "",
		 length ? ": " : "", reason);
	text_clean(prefix);
	fputs(terminal_tone(stdout, tone), stdout);
	text_wrap(stdout, prefix, 4, text);
	fputs(terminal_tone(stdout, TONE_PLAIN), stdout);
}

static int parse_count(const struct cli *cli, const char *word, size_t *count)
{
	char *end;
	long value;

	*count = SHOWN_DEFAULT;
	if (!word)
		return -1;
	value = strtol(word, &end, 10);
	if (!word[0] || *end || value < 1 || value > SHOWN_MOST) {
		cli_error(cli, "-n %s: say how many, 1 to %d", word,
			  SHOWN_MOST);
		return CLI_USAGE;
	}
	*count = (size_t)value;
	return -1;
}

static int show(const struct cli *cli, struct shown *shown, bool is_json)
{
	size_t first;

	if (journal_file_read(cli->state_dir, keep, shown) < 0 &&
	    errno != ENOENT) {
		cli_error(cli, "cannot read the history in %s: %s%s",
			  cli->state_dir, strerror(errno), cli_as_root(errno));
		return CLI_FAILED;
	}
	if (!shown->count) {
		cli_error(cli, "there is no history in %s", cli->state_dir);
		return CLI_FAILED;
	}
	first = shown->count > shown->size ? shown->count - shown->size : 0;
	for (size_t i = first; i < shown->count; i++)
		print_line(shown->lines[i % shown->size], is_json);
	return CLI_OK;
}

int command_history(const struct cli *cli, int argc, char **argv)
{
	const char *word = NULL;
	bool is_json = false;
	const struct cli_option options[] = {{"--json", &is_json, NULL},
					     {"-n", NULL, &word}};
	struct shown shown = {NULL, 0, 0};
	int code = cli_parse(cli, argc, argv, options, 2, NULL, 0, NULL);

	if (code < 0)
		code = parse_count(cli, word, &shown.size);
	if (code >= 0)
		return code;
	/* one event, one line: what reads it may be grep */
	if (!isatty(STDOUT_FILENO))
		text_fold_at(TEXT_UNFOLDED);
	shown.lines = calloc(shown.size, sizeof(json_t *));
	if (!shown.lines) {
		cli_error(cli, "no memory");
		return CLI_FAILED;
	}
	code = show(cli, &shown, is_json);
	for (size_t i = 0; i < shown.size; i++)
		json_decref(shown.lines[i]);
	free(shown.lines);
	return code;
}
