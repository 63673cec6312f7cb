/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat timeline: the last failover, drawn from this node's history, and
 * from the peer's where somebody has brought it. No daemon is needed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/replace_file.h"
#include "cli.h"
#include "../client/journal_file.h"
#include "terminal.h"
#include "text.h"
#include "../timeline/picture.h"
#include "timeline_text.h"

static bool take_line(void *arg, const char *text)
{
	return journal_take(arg, text);
}

static int read_journal(const struct cli *cli, const char *path,
			struct journal *journal)
{
	int result = journal_file_read(path, take_line, journal);

	journal_finish(journal);
	if (result < 0 && errno != ENOENT) {
		cli_error(cli, "cannot read %s: %s%s", path, strerror(errno),
			  cli_as_root(errno));
		return CLI_FAILED;
	}
	if (journal->count == 0 && journal->damaged) {
		cli_error(cli, "%s is no history: none of its %zu lines is one",
			  path, journal->damaged);
		return CLI_FAILED;
	}
	if (journal->count == 0) {
		cli_error(cli, "there is no history in %s", path);
		return CLI_FAILED;
	}
	if (journal->damaged)
		cli_error(cli,
			  "%s: %zu lines are damaged, as a power cut leaves "
			  "them; they are left out",
			  path, journal->damaged);
	if (journal->is_cut)
		cli_error(cli, "%s: more than %d lines: the rest is left out",
			  path, JOURNAL_LINES_MAX);
	return CLI_OK;
}

/* Is it the other node's? Not the name of the file tells, but its beats. */
static int check_pair(const struct cli *cli, const char *path,
		      const struct journal *own, const struct journal *peer)
{
	if (clocks_are_same(own, peer)) {
		cli_error(cli,
			  "--peer %s: this is a history of %s itself: bring "
			  "that of %s",
			  path, own->node[0] ? own->node : "this node",
			  own->peer[0] ? own->peer : "the other node");
		return CLI_FAILED;
	}
	if (!clocks_have_met(own, peer)) {
		cli_error(cli,
			  "--peer %s: it is of another pair%s%s%s%s: no daemon "
			  "that wrote it has heard one of this node, nor the "
			  "other way round",
			  path, peer->node[0] ? ", written by " : "",
			  peer->node, peer->pair[0] ? " of " : "", peer->pair);
		return CLI_FAILED;
	}
	return CLI_OK;
}

/* "90s", "10m", "2h", "3d" ago, or a time in UTC. */
static bool read_since(const char *word, int64_t *since_s)
{
	static const char units[] = "smhd";
	static const long seconds[] = {1, 60, 3600, 86400};
	struct tm tm = {0};
	const char *unit, *rest;
	char *end;
	long value = strtol(word, &end, 10);

	if (end > word && *end && !end[1] && (unit = strchr(units, *end)) &&
	    value >= 0 && value <= 100000) {
		*since_s = (int64_t)time(NULL) - value * seconds[unit - units];
		return true;
	}
	rest = strptime(word, "%Y-%m-%dT%H:%M", &tm);
	if (rest && *rest == ':')
		rest = strptime(rest, ":%S", &tm);
	if (!rest || strcmp(rest, "Z") != 0)
		return false;
	*since_s = timegm(&tm);
	return true;
}

static int write_svg(const struct cli *cli, const char *path,
		     const struct picture *picture)
{
	bool is_stdout = !strcmp(path, "-");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int result = -1;

	errno = ENOMEM;
	if (out) {
		picture_draw_svg(out, picture);
		result = fclose(out);
	}
	if (result == 0 && is_stdout)
		result = fwrite(text, 1, size, stdout) == size ? fflush(stdout)
							       : -1;
	else if (result == 0)
		result = replace_file_mode(path, 0644, text, size);
	if (result < 0)
		cli_error(cli, "cannot write %s: %s", path, strerror(errno));
	free(text);
	return result < 0 ? CLI_FAILED : CLI_OK;
}

static int draw(const struct cli *cli, const struct journal *journals,
		unsigned count, int64_t since_s, const char *svg)
{
	char error[PICTURE_ERROR_MAX], headline[600];
	struct picture picture;
	int result = CLI_OK;

	if (!picture_make(&picture, journals, count, since_s, error)) {
		cli_error(cli, "%s", error);
		return CLI_FAILED;
	}
	if (svg)
		result = write_svg(cli, svg, &picture);
	if (!svg) {
		timeline_draw_text(stdout, &picture, text_columns(stdout));
	} else if (result == CLI_OK && strcmp(svg, "-") != 0) {
		picture_headline(&picture, headline, sizeof(headline));
		text_wrap(stdout, "", 0, headline);
	}
	picture_free(&picture);
	return result;
}

int command_timeline(const struct cli *cli, int argc, char **argv)
{
	const char *since = NULL, *peer = NULL, *svg = NULL;
	const struct cli_option options[] = {{"--since", NULL, &since},
					     {"--peer", NULL, &peer},
					     {"--svg", NULL, &svg}};
	struct journal journals[2];
	int64_t since_s = JOURNAL_UNKNOWN;
	int result = cli_parse(cli, argc, argv, options, 3, NULL, 0, NULL);

	if (result >= 0)
		return result;
	if (since && !read_since(since, &since_s)) {
		cli_error(cli,
			  "--since %s: say how long ago, as 90s, 10m, 2h or "
			  "3d, or when in UTC, as 2026-11-29T03:12:44Z",
			  since);
		return CLI_USAGE;
	}
	memset(journals, 0, sizeof(journals));
	result = read_journal(cli, cli->state_dir, &journals[0]);
	if (result == CLI_OK && peer)
		result = read_journal(cli, peer, &journals[1]);
	if (result == CLI_OK && peer)
		result = check_pair(cli, peer, &journals[0], &journals[1]);
	if (result == CLI_OK)
		result = draw(cli, journals, peer ? 2 : 1, since_s, svg);
	journal_free(&journals[0]);
	journal_free(&journals[1]);
	return result;
}
