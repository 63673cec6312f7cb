/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat fence without a daemon (R13): the settings from the file, a fencer
 * of our own, the run lock in our hands so that a starting daemon waits. The
 * same checks and read-backs as ever, and the same exit codes.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../base/account.h"
#include "../base/become.h"
#include "../base/clock.h"
#include "check_plugs.h"
#include "client.h"
#include "fence.h"
#include "fencer_client.h"
#include "run_lock.h"
#include "text.h"
#include "view.h"

struct direct {
	const struct cli *cli;
	struct fence_job *job;
	struct fence_result *result;
	const struct settings *settings;
	struct fencer_client fencer;
	unsigned node;
	int device;
	char user[64]; /* who works, where that is not us */
};

static void tell(void *arg, bool is_error, const char *line)
{
	(void)arg;
	if (is_error)
		fprintf(stderr, "%s\n", line);
}

static json_t *list_plugs(const struct direct *direct,
			  const struct fence_event *event)
{
	static const char *const words[] = {"unknown", "on", "off"};
	const struct settings_node *node =
		&direct->settings->nodes[direct->node];
	json_t *list = json_array();

	for (unsigned i = 0; i < node->plug_count; i++) {
		const struct settings_plug *plug = &node->plugs[i];
		unsigned state = event->plugs[i] <= PLUG_OFF ? event->plugs[i]
							     : PLUG_UNKNOWN;

		/* a dry run wants to know of the others of a level, too */
		if (direct->device >= 0 && plug->device != direct->device &&
		    !direct->job->is_dry)
			continue;
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:i}", "node",
				  node->name, "device",
				  direct->settings->devices[plug->device].name,
				  "plug", plug->plug, "state", words[state],
				  "level", plug->level));
	}
	return list;
}

static void keep_plugs(struct direct *direct, const struct fence_event *event)
{
	json_decref(direct->result->plugs);
	direct->result->plugs = list_plugs(direct, event);
}

/* The wait is part of the proof: a power supply holds on (R6). */
static int wait_ms(struct direct *direct, uint32_t ms, const char *what)
{
	int64_t until_ms = clock_now_ms() + ms;
	const struct timespec nap = {.tv_nsec = 50000000};

	if (ms)
		progress_step(&direct->job->progress, what, -1);
	while (clock_now_ms() < until_ms) {
		if (terminal_interrupted())
			return -1;
		progress_tick(&direct->job->progress);
		nanosleep(&nap, NULL);
	}
	return 0;
}

static void say(struct direct *direct, const char *outcome, bool ok,
		const char *text)
{
	direct->result->outcome = outcome;
	direct->result->ok = ok;
	snprintf(direct->result->text, sizeof(direct->result->text), "%s",
		 text);
}

/* One request; false: the result says why it is not as wanted. */
static bool ask(struct direct *direct, enum fence_kind kind,
		struct fence_event *event)
{
	char error[FENCE_TEXT_MAX];

	if (!fencer_client_ask(&direct->fencer, direct->job, kind, direct->node,
			       direct->device, event, error, sizeof(error))) {
		keep_plugs(direct, event);
		return true;
	}
	say(direct, "unknown", false, error);
	return false;
}

static const char *whose(const struct direct *direct, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s%s%s", direct->job->node,
		 direct->device < 0 ? "" : " at device ",
		 direct->device < 0 ? "" : direct->job->device);
	return buffer;
}

static bool level_is_off(const struct direct *direct,
			 const struct fence_event *event, unsigned level)
{
	const struct settings_node *node =
		&direct->settings->nodes[direct->node];
	bool any = false;

	for (unsigned i = 0; i < node->plug_count; i++) {
		if (node->plugs[i].level != level)
			continue;
		any = true;
		if (event->plugs[i] != PLUG_OFF)
			return false;
	}
	return any;
}

/*
 * R1: by its own state file this node has read the plugs of that level on while
 * it heard the other one. What was never seen on may be any plug at all.
 */
static bool level_was_seen_on(const struct direct *direct, unsigned level)
{
	const struct settings_node *node =
		&direct->settings->nodes[direct->node];
	uint8_t proven;

	if (!plugs_on_record(direct->cli, direct->settings, &proven))
		return false;
	for (unsigned i = 0; i < node->plug_count; i++)
		if (node->plugs[i].level == level && !(proven >> i & 1))
			return false;
	return true;
}

/* R6: somebody else may have switched it on while the supply drained. */
static bool is_off_still(struct direct *direct, unsigned level)
{
	struct fence_event event = {0};
	char text[400];

	if (!ask(direct, FENCE_READ, &event))
		return false;
	if (level_is_off(direct, &event, level))
		return true;
	snprintf(text, sizeof(text),
		 "%s is NOT known to be off: level %u read off, but not any "
		 "more after power_wait_ms%s%s",
		 direct->job->node, level, event.text[0] ? ": " : "",
		 event.text);
	say(direct, "unknown", false, text);
	return false;
}

static bool switch_off(struct direct *direct)
{
	struct fence_event event = {0};
	char who[80], text[600];

	if (!ask(direct, FENCE_OFF, &event))
		return false;
	whose(direct, who, sizeof(who));
	if (event.outcome != FENCE_IS_OFF &&
	    event.outcome != FENCE_ALREADY_OFF) {
		snprintf(text, sizeof(text),
			 "%s is NOT known to be off, it may still be on: %s",
			 who, event.text);
		say(direct,
		    event.outcome == FENCE_FAILED ? "failed" : "unknown", false,
		    text);
		return false;
	}
	/* what was off already may have gone off a moment ago */
	if (wait_ms(direct, event.power_wait_ms,
		    "read off; the power supply may hold on for "
		    "power_wait_ms")) {
		say(direct, "unknown", false,
		    "interrupted: the plugs read off, but the power supply "
		    "may still hold on");
		return false;
	}
	if (event.power_wait_ms > 0 && !is_off_still(direct, event.level))
		return false;
	snprintf(
		text, sizeof(text), "%s is off: %s%s", who,
		event.outcome == FENCE_ALREADY_OFF
			? "every plug of a level read off before, nothing was "
			  "switched."
		: direct->device < 0
			? "every plug of a level was switched off and read "
			  "back."
			: "its plugs were switched off and read back; other "
			  "devices were not touched.",
		level_was_seen_on(direct, event.level)
			? ""
			: " But this node has not seen these plugs on while it "
			  "heard that one, so that proves nothing: make sure "
			  "that it is off.");
	say(direct, "off", true, text);
	return true;
}

static bool switch_on(struct direct *direct)
{
	struct fence_event event = {0};
	char who[80], text[400];

	if (!ask(direct, FENCE_ON, &event))
		return false;
	whose(direct, who, sizeof(who));
	if (event.outcome == FENCE_IS_ON) {
		snprintf(text, sizeof(text),
			 "%s has power: every plug was read back on.", who);
		say(direct, "on", true, text);
		return true;
	}
	snprintf(text, sizeof(text), "%s is NOT known to have power: %s", who,
		 event.text);
	say(direct, event.outcome == FENCE_FAILED ? "failed" : "unknown", false,
	    text);
	return false;
}

static bool read_plugs(struct direct *direct)
{
	struct fence_event event = {0};
	unsigned on = 0, off = 0;
	bool whole = false;
	const json_t *plug;
	char text[400];
	size_t i;

	if (!ask(direct, FENCE_READ, &event))
		return false;
	json_array_foreach(direct->result->plugs, i, plug)
	{
		on += !strcmp(client_string(plug, "state"), "on");
		off += !strcmp(client_string(plug, "state"), "off");
	}
	if (on + off < json_array_size(direct->result->plugs)) {
		snprintf(text, sizeof(text),
			 "not every plug of %s could be read: %s",
			 direct->job->node, event.text);
		say(direct, "unknown", false, text);
		return false;
	}
	for (unsigned level = 1; level <= LEVELS_MAX; level++)
		whole = whole || level_is_off(direct, &event, level);
	snprintf(text, sizeof(text), "%u of %u plugs of %s read on%s.", on,
		 on + off, direct->job->node,
		 on == 0 && !whole
			 ? "; no level was read whole, so this does not show "
			   "that it is off"
			 : "");
	say(direct,
	    off == 0	       ? "on"
	    : on == 0 && whole ? "off"
			       : "unknown",
	    true, text);
	return true;
}

static void reboot(struct direct *direct)
{
	char text[400];

	if (!switch_off(direct))
		return;
	if (wait_ms(direct, direct->settings->fence.off_ms,
		    "off; waiting fence.off_ms before on")) {
		say(direct, "off", false,
		    "interrupted: the node is off and stays off");
		return;
	}
	if (switch_on(direct))
		return;
	snprintf(text, sizeof(text), "it was cut, but %.380s",
		 direct->result->text);
	say(direct, direct->result->outcome, false, text);
}

/* -1 to go on, else an exit code. */
static int show_and_ask(struct direct *direct)
{
	struct fence_job *job = direct->job;

	fprintf(stderr,
		"No daemon runs here, so it is not known what %s does "
		"or owns. Its plugs:\n",
		job->node);
	progress_begin(&job->progress, stderr, "its plugs to be read");
	job->progress.hides_steps = true;
	read_plugs(direct);
	progress_end(&job->progress);
	json_array_clear(job->steps);
	if (json_array_size(direct->result->plugs))
		view_plugs(stderr, direct->result->plugs, job->node);
	else
		text_wrap(stderr, "  ", 4, direct->result->text);
	return fence_ask(direct->cli, job);
}

static int work(struct direct *direct)
{
	struct fence_job *job = direct->job;
	int code = -1;

	if (!job->is_sure)
		code = show_and_ask(direct);
	if (code >= 0)
		return code;
	fprintf(job->is_json ? stderr : stdout,
		"No twinbeatd runs in %s: working directly%s%s, by %s\n",
		direct->cli->run_dir, direct->user[0] ? ", as user " : "",
		direct->user, direct->cli->file);
	progress_begin(&job->progress, job->is_json ? NULL : stdout,
		       "the fence device");
	if (job->is_dry) {
		read_plugs(direct);
		fence_dry_judge(job, true, direct->result);
	} else if (job->action == FENCE_DO_OFF)
		switch_off(direct);
	else if (job->action == FENCE_DO_ON)
		switch_on(direct);
	else if (job->action == FENCE_DO_REBOOT)
		reboot(direct);
	else
		read_plugs(direct);
	progress_end(&job->progress);
	if (!job->is_dry && direct->result->ok &&
	    (job->action == FENCE_DO_OFF || job->action == FENCE_DO_REBOOT)) {
		size_t used = strlen(direct->result->text);

		snprintf(direct->result->text + used,
			 sizeof(direct->result->text) - used,
			 " No daemon runs here, so nothing was taken over: "
			 "start it, and it serves when it has listened.");
	}
	return -1;
}

/* The settings, the node and the device. -1 to go on, else an exit code. */
static int prepare(struct direct *direct, struct settings *settings)
{
	const struct cli *cli = direct->cli;
	const struct fence_job *job = direct->job;
	struct settings_report report = {.tell = tell};
	char error[300];
	int code;

	if (settings_load(cli->file, cli->node, settings, &report)) {
		cli_error(cli,
			  "no daemon runs in %s, and %s cannot be used to "
			  "work without one",
			  cli->run_dir, cli->file);
		return CLI_FAILED;
	}
	direct->settings = settings;
	code = fence_check_node(cli, job, settings->nodes[settings->self].name,
				settings->nodes[!settings->self].name);
	if (code >= 0)
		return code;
	direct->node = (unsigned)settings_find_node(settings, job->node);
	direct->device = job->device
				 ? settings_find_feeder(settings, direct->node,
							job->device, error,
							sizeof(error))
				 : -1;
	if (job->device && direct->device < 0) {
		cli_error(cli, "%s: %s", cli->file, error);
		return CLI_FAILED;
	}
	if (!settings->nodes[direct->node].plug_count) {
		cli_error(cli, "%s has no plug in %s: nothing can cut it",
			  job->node, cli->file);
		return CLI_FAILED;
	}
	return -1;
}

int fence_direct(const struct cli *cli, struct fence_job *job,
		 struct fence_result *result)
{
	static struct settings settings; /* too large for a stack */
	struct direct direct = {.cli = cli, .job = job, .result = result};
	struct run_lock lock;
	char error[800];
	uid_t user;
	int code = run_lock_take(cli, &lock);

	if (code >= 0)
		return code;
	user = become_choose(cli->state_dir);
	if (user != (uid_t)-1)
		account_name(user, direct.user, sizeof(direct.user));
	code = prepare(&direct, &settings);
	if (code < 0 &&
	    fencer_client_start(&direct.fencer, &settings, lock.lock_fd, error,
				sizeof(error))) {
		cli_error(cli, "%s", error);
		code = CLI_FAILED;
	} else if (code < 0) {
		code = work(&direct);
		fencer_client_stop(&direct.fencer);
	}
	run_lock_release(&lock);
	return code;
}
