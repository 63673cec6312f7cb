/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat fence NODE: the manual fence command (R13). It refuses the own
 * node, wants the node's name typed (or --yes), shows each step, and exits 0
 * only when the wanted state was read back. "Sent", "should be" and "no
 * error" are not success.
 */
#include <signal.h>
#include <string.h>

#include "../base/clock.h"
#include "client.h"
#include "fence.h"
#include "served.h"
#include "text.h"
#include "view.h"

/* The daemon answers every attempt within fence.timeout_ms per level. */
#define FENCE_SILENCE_MS 240000

const char *const fence_action_names[FENCE_ACTIONS] = {
	[FENCE_DO_OFF] = "off",
	[FENCE_DO_ON] = "on",
	[FENCE_DO_REBOOT] = "reboot",
	[FENCE_DO_STATUS] = "status",
};

static int parse(const struct cli *cli, int argc, char **argv,
		 struct fence_job *job)
{
	const char *action = NULL;
	const struct cli_option options[] = {
		{"--action", NULL, &action},
		{"--device", NULL, &job->device},
		{"--yes", &job->is_sure, NULL},
		{"--json", &job->is_json, NULL},
		{"--dry-run", &job->is_dry, NULL},
		{"--drill", &job->is_drill, NULL},
		{"--wait", NULL, &job->wait},
	};
	unsigned words = 0, i;
	int result = cli_parse(cli, argc, argv, options,
			       sizeof(options) / sizeof(options[0]), &job->node,
			       1, &words);

	if (result >= 0)
		return result;
	if (!words) {
		cli_error(cli, "say which node: twinbeat fence NODE");
		return CLI_USAGE;
	}
	if ((job->is_drill && (action || job->device || job->is_dry)) ||
	    (job->wait && !job->is_drill)) {
		cli_error(cli, "--drill goes with --wait, --yes and --json, "
			       "and with nothing else");
		return CLI_USAGE;
	}
	action = action ? action : "off";
	for (i = 0; i < FENCE_ACTIONS; i++)
		if (!strcmp(action, fence_action_names[i]))
			break;
	if (i == FENCE_ACTIONS) {
		cli_error(cli,
			  "there is no action '%s', only off, on, reboot "
			  "and status",
			  action);
		return CLI_USAGE;
	}
	job->action = (enum fence_action)i;
	/* what writes nothing needs no confirmation */
	if (job->action == FENCE_DO_STATUS || job->is_dry)
		job->is_sure = true;
	if (!job->is_sure && !terminal_can_ask()) {
		cli_error(cli,
			  "there is no terminal to ask at: add --yes to "
			  "switch the power of %s",
			  job->node);
		return CLI_USAGE;
	}
	return -1;
}

int fence_check_node(const struct cli *cli, const struct fence_job *job,
		     const char *self, const char *peer)
{
	if (!strcmp(job->node, peer))
		return -1;
	if (strcmp(job->node, self) != 0) {
		cli_error(cli,
			  "there is no node \"%s\" in this pair, only "
			  "\"%s\" and \"%s\"",
			  job->node, self, peer);
		return CLI_FAILED;
	}
	if (job->action == FENCE_DO_STATUS)
		return -1;
	cli_error(cli,
		  "%s is this node, and no node fences itself: to give "
		  "its addresses away use twinbeat handover or standby",
		  self);
	return CLI_FAILED;
}

int fence_ask(const struct cli *cli, const struct fence_job *job)
{
	char line[200];

	if (job->action == FENCE_DO_OFF)
		snprintf(line, sizeof(line),
			 "You are about to cut the power of %s. It stays off "
			 "until: twinbeat fence %s --action on",
			 job->node, job->node);
	else if (job->action == FENCE_DO_ON)
		snprintf(line, sizeof(line),
			 "You are about to give %s its power back.", job->node);
	else
		snprintf(line, sizeof(line),
			 "You are about to cut the power of %s and to give it "
			 "back.",
			 job->node);
	text_wrap(stderr, "", 0, line);
	if (job->unfit[0] && job->action != FENCE_DO_ON)
		text_wrap(stderr, "", 0, job->unfit);
	if (terminal_ask_name(job->node))
		return -1;
	cli_error(cli, "not confirmed, nothing was switched");
	return CLI_FAILED;
}

static json_t *make_request(const struct fence_job *job, const char *action)
{
	json_t *request = json_pack("{s:s, s:s, s:s}", "command", "fence",
				    "node", job->node, "action", action);

	if (request && job->device)
		json_object_set_new(request, "device",
				    json_string(job->device));
	return request;
}

static bool all_plugs_read(const json_t *plugs)
{
	const json_t *plug;
	size_t i;

	json_array_foreach(plugs, i, plug)
	{
		const char *state = client_string(plug, "state");

		if (strcmp(state, "on") != 0 && strcmp(state, "off") != 0)
			return false;
	}
	return json_array_size(plugs) > 0;
}

/* Does the daemon's last line say that the wanted state was read back? */
static void judge(const struct fence_job *job, const json_t *answer,
		  struct fence_result *result)
{
	const char *word = client_string(answer, "result");
	bool is_off = !strcmp(word, "off"), is_on = !strcmp(word, "on");

	result->plugs = json_incref(json_object_get(answer, "plugs"));
	result->outcome = is_off		    ? "off"
			  : is_on		    ? "on"
			  : !strcmp(word, "failed") ? "failed"
						    : "unknown";
	snprintf(result->text, sizeof(result->text), "%s",
		 client_string(answer, "text"));
	result->ok = client_true(answer, "ok");
	if (job->action == FENCE_DO_OFF)
		result->ok = result->ok && is_off;
	else if (job->action == FENCE_DO_ON)
		result->ok = result->ok && is_on;
	else if (job->action == FENCE_DO_REBOOT)
		result->ok = result->ok && (is_on || is_off);
	else
		result->ok = result->ok && all_plugs_read(result->plugs);
}

/* What the daemon knows, on stderr, with the plugs read for this purpose. */
static int show_known(const struct cli *cli, const struct fence_job *job,
		      const json_t *status)
{
	const json_t *plugs =
		json_object_get(json_object_get(status, "fence"), "plugs");
	struct progress progress;
	struct client_watch watch = {
		.progress = &progress, .silence_ms = 60000, .is_quiet = true};
	json_t *answer, *fresh;

	fprintf(stderr, "What is known of %s:\n", job->node);
	view_node(stderr, status, job->node);
	progress_begin(&progress, stderr, "its plugs to be read");
	progress.hides_steps = true;
	client_ask(cli, make_request(job, "status"), &watch, &answer);
	fresh = json_object_get(answer, "plugs");
	if (json_array_size(fresh)) {
		view_plugs(stderr, fresh, job->node);
	} else {
		fprintf(stderr, "  Its plugs cannot be read now; the last "
				"reading was:\n");
		view_plugs(stderr, plugs, job->node);
	}
	json_decref(answer);
	return terminal_interrupted() ? CLI_FAILED : fence_ask(cli, job);
}

/*
 * The last sentence: what follows for the addresses, and what a person has to
 * do if nothing does.
 */
static void add_servers(const struct cli *cli, const struct fence_job *job,
			struct fence_result *result)
{
	bool cuts = job->action != FENCE_DO_ON, all;
	size_t used = strlen(result->text);
	char servers[300] = "", *end;
	size_t room;

	all = served_wait(cli, result->ok && cuts, servers, sizeof(servers));
	if (used && result->text[used - 1] == '.')
		used--;
	end = result->text + used;
	room = sizeof(result->text) - used;
	if (!result->ok && cuts)
		used += (size_t)snprintf(end, room, "; %s may still be on: %s",
					 job->node,
					 servers[0] ? servers : "look");
	else if (servers[0])
		used += (size_t)snprintf(end, room, "; now %s", servers);
	/* the daemon has named the cure already, mostly */
	if (all || !cuts || used >= sizeof(result->text) ||
	    strstr(result->text, "twinbeat confirm"))
		return;
	if (result->ok && job->unfit[0])
		snprintf(result->text + used, sizeof(result->text) - used,
			 ". The addresses do not move: %s", job->unfit);
	else
		snprintf(result->text + used, sizeof(result->text) - used,
			 ". The addresses do not move by themselves now: make "
			 "sure that %s is off, then: twinbeat confirm %s",
			 job->node, job->node);
}

/* R3: who is not fit claims nothing, whatever is proven. */
static void note_unfitness(struct fence_job *job, const json_t *status)
{
	const json_t *reasons = json_object_get(status, "unfit_reasons");
	const char *why = json_string_value(json_array_get(reasons, 0));

	if (!client_true(status, "fit"))
		snprintf(job->unfit, sizeof(job->unfit),
			 "this node is not fit, and takes nothing over: %.150s",
			 why ? why : "twinbeat status says why");
}

/* -1 with *result, or an exit code. CLI_UNREACHABLE was not said yet. */
static int through_daemon(const struct cli *cli, struct fence_job *job,
			  struct fence_result *result)
{
	struct client_watch watch = {.progress = &job->progress,
				     .steps = job->steps,
				     .silence_ms = FENCE_SILENCE_MS};
	json_t *status, *answer;
	int code = CLI_OK;

	status = client_status(cli, true, &code);
	if (!status) {
		if (code != CLI_UNREACHABLE)
			cli_error(cli, "twinbeatd does not give its status");
		return code;
	}
	code = fence_check_node(
		cli, job, client_string(status, "node"),
		client_string(json_object_get(status, "peer"), "node"));
	note_unfitness(job, status);
	if (code < 0 && !job->is_sure)
		code = show_known(cli, job, status);
	json_decref(status);
	if (code >= 0)
		return code;
	progress_begin(&job->progress, job->is_json ? NULL : stdout,
		       "twinbeatd");
	if (job->unfit[0] && !job->is_dry &&
	    (job->action == FENCE_DO_OFF || job->action == FENCE_DO_REBOOT))
		progress_step(&job->progress, job->unfit, -1);
	code = client_ask(
		cli,
		make_request(job, job->is_dry
					  ? "status"
					  : fence_action_names[job->action]),
		&watch, &answer);
	if (code != CLI_OK)
		return code == CLI_UNREACHABLE ? CLI_FAILED : code;
	judge(job, answer, result);
	json_decref(answer);
	if (job->is_dry)
		fence_dry_judge(job, false, result);
	else if (job->action != FENCE_DO_STATUS)
		add_servers(cli, job, result);
	return -1;
}

static int print_result(const struct cli *cli, const struct fence_job *job,
			const struct fence_result *result, const char *via)
{
	json_t *object;

	if (job->is_json) {
		object = json_pack(
			"{s:s, s:s, s:b, s:s, s:s, s:s, s:I, s:O, s:O?}",
			"node", job->node, "action",
			fence_action_names[job->action], "ok", result->ok,
			"result", result->outcome, "text", result->text, "via",
			via, "took_ms",
			(json_int_t)(clock_now_ms() - job->progress.begun_ms),
			"steps", job->steps, "plugs", result->plugs);
		if (job->is_dry) {
			json_object_set_new(object, "dry_run", json_true());
			json_object_set_new(object, "proof",
					    json_boolean(result->proof));
		}
		json_dumpf(object, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		putchar('\n');
		json_decref(object);
	} else {
		view_plugs(stdout, result->plugs, job->node);
	}
	if (!result->ok)
		cli_error(cli, "%s", result->text);
	else if (!job->is_json)
		text_wrap(stdout, "", 0, result->text);
	return result->ok ? CLI_OK : CLI_FAILED;
}

int command_fence(const struct cli *cli, int argc, char **argv)
{
	struct fence_job job = {.node = NULL};
	struct fence_result result = {.outcome = "unknown"};
	const char *via = "daemon";
	int code = parse(cli, argc, argv, &job);

	if (code >= 0)
		return code;
	/* a reader that went away must not stop between off and on */
	signal(SIGPIPE, SIG_IGN);
	terminal_catch_interrupt();
	job.steps = json_array();
	if (job.is_drill) {
		code = fence_drill(cli, &job);
		json_decref(job.steps);
		return code;
	}
	code = through_daemon(cli, &job, &result);
	if (code == CLI_UNREACHABLE) {
		via = "direct";
		code = fence_direct(cli, &job, &result);
	}
	if (code < 0)
		code = print_result(cli, &job, &result, via);
	json_decref(result.plugs);
	json_decref(job.steps);
	return code;
}
