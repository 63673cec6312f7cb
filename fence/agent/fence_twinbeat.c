/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our drivers as a fence agent of ClusterLabs. It decides nothing that the
 * fencer does not: the same operation, the same child per attempt, the same
 * deadline; only the words around it are the agent API's.
 *
 * It must never say 0 to off unless every plug was read back as off, nor do
 * anything without having been told what: no action is no action.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "fence_twinbeat.h"
#include "../operation.h"
#include "../../src/base/clock.h"
#include "../../src/base/standard_fds.h"

/* FenceAgentAPI.md, "Agent Operations and Return Values". */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_IS_OFF = 2 };

static struct {
	struct given given;
	struct settings settings;
	struct fence_work work;
	struct fence_event done;
	bool answered, verbose, quiet;
	char error[FENCE_TEXT_MAX];
} agent;

static int fail(const char *why)
{
	fprintf(stderr, "%s: %s\n", agent.given.name, why);
	return EXIT_FAILED;
}

static void succeed(const char *what)
{
	if (!agent.quiet)
		printf("Success: %s\n", what);
}

static void wait_ms(uint32_t ms)
{
	struct timespec wait = {.tv_sec = ms / 1000,
				.tv_nsec = (long)(ms % 1000) * 1000000};

	while (clock_nanosleep(CLOCK_BOOTTIME, 0, &wait, &wait) != 0)
		;
}

/* ---- one operation ---- */

static bool emit(void *arg, const struct fence_event *event)
{
	(void)arg;
	if (event->type == FENCE_DONE) {
		agent.done = *event;
		agent.answered = true;
	}
	if (agent.verbose)
		fprintf(stderr, "%s: %8.1f ms  %s\n", agent.given.name,
			(double)event->took_us / 1000, event->text);
	return true;
}

/* The fencer's loop for one request: lateness is judged before anything is
 * read, and nothing is over before the child is reaped. */
static enum fence_outcome run_operation(enum fence_kind kind)
{
	struct fence_request request = {.id = 1,
					.kind = kind,
					.node = 1,
					.levels = 1u << 1,
					.device = -1,
					.digest = agent.settings.fence_digest};
	struct fence_work *work = &agent.work;

	agent.answered = false;
	operation_init(work, &agent.settings, emit, NULL);
	operation_request(work, &request);
	while (!agent.answered || !operation_idle(work)) {
		struct pollfd polled[OPERATION_FDS];
		int64_t deadline_us = operation_deadline_us(work);
		int64_t left_us = deadline_us - clock_now_us();

		if (left_us < 0)
			left_us = 0;
		/* An answered operation waits for nothing but its child. */
		if (deadline_us == INT64_MAX || left_us > 1000000)
			left_us = 1000000;
		operation_poll(work, polled);
		poll(polled, OPERATION_FDS, (int)((left_us + 999) / 1000));
		operation_check_deadline(work);
		operation_take(work, polled);
	}
	return (enum fence_outcome)agent.done.outcome;
}

/* ---- the actions ---- */

static int fill(const char *plugs)
{
	return target_fill(&agent.given, plugs, &agent.settings, agent.error,
			   sizeof(agent.error));
}

/* With every plug that was named; they must have been named. */
static int fill_plugs(void)
{
	if (fill(NULL) < 0)
		return -1;
	if (agent.settings.nodes[1].plug_count > 0)
		return 0;
	snprintf(agent.error, sizeof(agent.error), "plug is missing");
	return -1;
}

/* Why a read knew nothing. */
static const char *read_error(void)
{
	return agent.done.text[0] != '\0' ? agent.done.text
					  : "the device did not answer";
}

static int switch_off(void)
{
	enum fence_outcome outcome = run_operation(FENCE_OFF);
	uint32_t power_wait_ms = agent.settings.devices[0].power_wait_ms;

	if (outcome != FENCE_IS_OFF && outcome != FENCE_ALREADY_OFF)
		return fail(agent.done.text);
	if (power_wait_ms == 0)
		return EXIT_DONE;
	/* R6: the proof counts when the power supplies have drained, and if
	 * nobody has switched it on meanwhile. One that was off already may
	 * have gone off a moment ago. */
	wait_ms(power_wait_ms);
	run_operation(FENCE_READ);
	for (unsigned i = 0; i < agent.settings.nodes[1].plug_count; i++) {
		if (agent.done.plugs[i] == PLUG_UNKNOWN)
			return fail(read_error());
		if (agent.done.plugs[i] != PLUG_OFF)
			return fail("it read off and reads on again after "
				    "power_wait: somebody else switches it");
	}
	agent.done.outcome = outcome;
	return EXIT_DONE;
}

static void delay(void)
{
	uint32_t ms = 0;

	/* checked before anything was done */
	parameter_number(&agent.given, P_DELAY, &ms, agent.error,
			 sizeof(agent.error));
	wait_ms(ms);
}

static int act_off(void)
{
	delay();
	if (switch_off() != EXIT_DONE)
		return EXIT_FAILED;
	succeed(agent.done.outcome == FENCE_ALREADY_OFF ? "Already OFF"
							: "Powered OFF");
	return EXIT_DONE;
}

static int act_on(void)
{
	if (run_operation(FENCE_ON) != FENCE_IS_ON)
		return fail(agent.done.text);
	succeed(agent.done.wrote ? "Powered ON" : "Already ON");
	return EXIT_DONE;
}

/* "0 if the off portion was successful": a machine that stays off harms
 * nobody. */
static int act_reboot(void)
{
	delay();
	if (switch_off() != EXIT_DONE)
		return EXIT_FAILED;
	if (run_operation(FENCE_ON) == FENCE_IS_ON) {
		succeed("Rebooted");
		return EXIT_DONE;
	}
	fprintf(stderr,
		"%s: it is off, but could not be switched on again: %s\n",
		agent.given.name, agent.done.text);
	return EXIT_DONE;
}

/* Several plugs are one machine: it is on if any of them is. */
static int act_status(void)
{
	bool on = false;

	run_operation(FENCE_READ);
	for (unsigned i = 0; i < agent.settings.nodes[1].plug_count; i++) {
		if (agent.done.plugs[i] == PLUG_UNKNOWN)
			return fail(read_error());
		on = on || agent.done.plugs[i] == PLUG_ON;
	}
	if (!agent.quiet)
		printf("Status: %s\n", on ? "ON" : "OFF");
	return on ? EXIT_DONE : EXIT_IS_OFF;
}

/* Does the device answer? Its plug's state does not matter. */
static int act_monitor(void)
{
	run_operation(FENCE_READ);
	for (unsigned i = 0; i < agent.settings.nodes[1].plug_count; i++)
		if (agent.done.plugs[i] == PLUG_UNKNOWN)
			return fail(read_error());
	return EXIT_DONE;
}

static int list_plugs(bool with_status)
{
	static const char *const states[] = {"UNKNOWN", "ON", "OFF"};
	const char *separator = parameter_text(&agent.given, P_SEPARATOR);
	uint32_t count = 0;
	char plug[16];

	if (parameter_number(&agent.given, P_PLUGS, &count, agent.error,
			     sizeof(agent.error)) < 0)
		return fail(agent.error);
	for (uint32_t i = 1; i <= count; i++) {
		snprintf(plug, sizeof(plug), "%u", i);
		if (fill(plug) < 0)
			return fail(agent.error);
		run_operation(FENCE_READ);
		if (agent.done.plugs[0] == PLUG_UNKNOWN) {
			fail(read_error());
			fprintf(stderr,
				"%s: plug %u of %u cannot be read; plugs= says "
				"how many there are\n",
				agent.given.name, i, count);
			return EXIT_FAILED;
		}
		printf("%u%s", i, separator);
		if (with_status)
			printf("%s%s", separator, states[agent.done.plugs[0]]);
		putchar('\n');
	}
	return EXIT_DONE;
}

static int act_list(void)
{
	return list_plugs(false);
}

static int act_list_status(void)
{
	return list_plugs(true);
}

/* Speaks to nobody; strict where the others must be lenient: an option that
 * nobody knows may be a misspelt one. */
static int act_validate(void)
{
	if (agent.given.unknown > 0) {
		snprintf(agent.error, sizeof(agent.error), "unknown option: %s",
			 agent.given.first_unknown);
		return fail(agent.error);
	}
	return EXIT_DONE;
}

static int act_metadata(void)
{
	metadata_print(&agent.given);
	return EXIT_DONE;
}

/* What an action needs to know before it starts. */
enum need { NEED_NOTHING, NEED_DEVICE, NEED_ANY_PLUG, NEED_PLUG };

static const struct action {
	const char *name;
	bool many; /* of a device with several plugs */
	enum need need;
	int (*run)(void);
} actions[] = {
	{"off", false, NEED_PLUG, act_off},
	{"on", false, NEED_PLUG, act_on},
	{"reboot", false, NEED_PLUG, act_reboot},
	{"status", false, NEED_PLUG, act_status},
	{"monitor", false, NEED_ANY_PLUG, act_monitor},
	{"list", true, NEED_DEVICE, act_list},
	{"list-status", true, NEED_DEVICE, act_list_status},
	{"validate-all", false, NEED_DEVICE, act_validate},
	{"metadata", false, NEED_NOTHING, act_metadata},
	{"meta-data", false, NEED_NOTHING, act_metadata},
	{"manpage", false, NEED_NOTHING, act_metadata},
};

static const struct action *find_action(const char *name)
{
	for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if ((!actions[i].many ||
		     agent.given.driver->only_plug == NULL) &&
		    strcasecmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static int prepare(enum need need)
{
	uint32_t ms;

	switch (need) {
	case NEED_NOTHING:
		return 0;
	case NEED_DEVICE:
		if (fill(NULL) < 0)
			return -1;
		break;
	case NEED_ANY_PLUG:
		if (fill(agent.given.values[P_PLUG] != NULL ? NULL : "1") < 0)
			return -1;
		break;
	case NEED_PLUG:
		if (fill_plugs() < 0)
			return -1;
		break;
	}
	if (agent.given.driver->as_agent->password_most > 0 &&
	    password_keep(&agent.given, agent.error, sizeof(agent.error)) < 0)
		return -1;
	return parameter_number(&agent.given, P_DELAY, &ms, agent.error,
				sizeof(agent.error));
}

static int run(void)
{
	const struct action *action;
	const char *name;
	uint32_t level = 0;

	if (parameter_is_true(&agent.given, P_VERSION)) {
		printf("%s %s\n", agent.given.name, TWINBEAT_VERSION);
		return EXIT_DONE;
	}
	if (parameter_is_true(&agent.given, P_HELP)) {
		help_print(&agent.given);
		return EXIT_DONE;
	}
	if (parameter_number(&agent.given, P_VERBOSE_LEVEL, &level, agent.error,
			     sizeof(agent.error)) < 0)
		return fail(agent.error);
	agent.verbose = parameter_is_true(&agent.given, P_VERBOSE) || level > 0;
	agent.quiet = parameter_is_true(&agent.given, P_QUIET);
	name = agent.given.values[P_ACTION];
	if (name == NULL)
		return fail("no action was given, so nothing is done");
	action = find_action(name);
	if (action == NULL) {
		/* Pacemaker knows an agent's limits by this word. */
		snprintf(agent.error, sizeof(agent.error),
			 "unrecognised action: %.32s", name);
		return fail(agent.error);
	}
	if (prepare(action->need) < 0)
		return fail(agent.error);
	return action->run();
}

int main(int argc, char **argv)
{
	int code = EXIT_FAILED;

	standard_fds_open();
	/* A reader that went away must not stop a half-done fence. */
	signal(SIGPIPE, SIG_IGN);
	if (parameters_read(&agent.given, argc, argv) == 0)
		code = run();
	parameters_free(&agent.given);
	return code;
}
