/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat fence --drill NODE: the supervised rehearsal (R13). The daemon does
 * it, so that power and maintenance come back whatever becomes of this
 * terminal; here it is explained, asked for, watched, and ended by Ctrl-C.
 */
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "client.h"
#include "fence.h"
#include "text.h"
#include "view.h"

#define WAIT_DEFAULT_S 600
#define WAIT_MOST_S    3600
/* beside the boot: fence.timeout_ms, fence.off_ms, tries to switch on */
#define DRILL_SLACK_MS 240000

static int parse_wait(const struct cli *cli, const char *text, int *wait_s)
{
	char *end;
	long value;

	*wait_s = WAIT_DEFAULT_S;
	if (!text)
		return -1;
	value = strtol(text, &end, 10);
	if (!text[0] || *end || value < 1 || value > WAIT_MOST_S) {
		cli_error(cli, "--wait %s: say 1 to %d seconds", text,
			  WAIT_MOST_S);
		return CLI_USAGE;
	}
	*wait_s = (int)value;
	return -1;
}

/* Ctrl-C: the drill is ended in order, and we wait for that, too. */
static int cancel(const struct cli *cli, struct fence_job *job)
{
	struct client_watch watch = {.progress = &job->progress,
				     .silence_ms = DRILL_SLACK_MS};
	json_t *answer;
	int code;

	terminal_forget_interrupt();
	progress_step(&job->progress,
		      "interrupted: asking twinbeatd to put power and "
		      "maintenance back; Ctrl-C again leaves it to it",
		      -1);
	code = client_ask(
		cli, json_pack("{s:s, s:b}", "command", "maintenance", "on", 0),
		&watch, &answer);
	if (code != CLI_OK)
		return code;
	cli_error(cli, "%s", client_string(answer, "text"));
	json_decref(answer);
	return CLI_FAILED;
}

static int ask(const struct cli *cli, const struct fence_job *job,
	       const json_t *status)
{
	char line[300];

	fprintf(stderr, "What is known of %s:\n", job->node);
	view_node(stderr, status, job->node);
	view_plugs(stderr,
		   json_object_get(json_object_get(status, "fence"), "plugs"),
		   job->node);
	snprintf(line, sizeof(line),
		 "You are about to rehearse a fence: maintenance on both "
		 "nodes, the power of %s cut and given back. It must be a "
		 "machine that boots by itself when power returns, and "
		 "nobody may need it now.",
		 job->node);
	text_wrap(stderr, "", 0, line);
	if (terminal_ask_name(job->node))
		return -1;
	cli_error(cli, "not confirmed, nothing was switched");
	return CLI_FAILED;
}

static int print_answer(const struct cli *cli, const struct fence_job *job,
			const json_t *answer)
{
	const json_t *drill = json_object_get(answer, "drill");
	bool ok = client_true(answer, "ok");
	const char *text = client_string(answer, "text");
	json_t *object;

	if (job->is_json) {
		object = json_pack(
			"{s:s, s:s, s:b, s:s, s:s, s:I, s:O, s:O?}", "node",
			job->node, "action", "drill", "ok", ok, "result",
			ok ? "passed" : "failed", "text", text, "took_ms",
			(json_int_t)(clock_now_ms() - job->progress.begun_ms),
			"steps", job->steps, "drill", drill);
		json_dumpf(object, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		putchar('\n');
		json_decref(object);
	}
	if (!ok)
		cli_error(cli, "%s", text);
	else if (!job->is_json)
		text_wrap(stdout, "", 0, text);
	return ok ? CLI_OK : CLI_FAILED;
}

int fence_drill(const struct cli *cli, struct fence_job *job)
{
	struct client_watch watch = {.progress = &job->progress,
				     .steps = job->steps};
	json_t *status, *answer;
	int wait_s, code = parse_wait(cli, job->wait, &wait_s);

	if (code >= 0)
		return code;
	status = client_status(cli, false, &code);
	if (!status)
		return code;
	code = fence_check_node(
		cli, job, client_string(status, "node"),
		client_string(json_object_get(status, "peer"), "node"));
	if (code < 0 && !job->is_sure)
		code = ask(cli, job, status);
	json_decref(status);
	if (code >= 0)
		return code;
	watch.silence_ms = wait_s * 1000 + DRILL_SLACK_MS;
	progress_begin(&job->progress, job->is_json ? NULL : stdout,
		       "twinbeatd");
	watch.is_interruptible = true;
	code = client_ask(cli,
			  json_pack("{s:s, s:s, s:i}", "command", "drill",
				    "node", job->node, "wait_s", wait_s),
			  &watch, &answer);
	if (code != CLI_OK)
		return terminal_interrupted() ? cancel(cli, job) : CLI_FAILED;
	code = print_answer(cli, job, answer);
	json_decref(answer);
	return code;
}
