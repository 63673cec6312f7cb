/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs cases: an incident in a text file, two cores, virtual time. Each file
 * is a test.
 *
 *   case FILE...      run them; the last line counts
 *   case -v FILE      run one and print its incident log
 *
 * A file that says fails "TEXT" passes when it fails with these words: so the
 * runner is tested by cases that are wrong on purpose (cases/self).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

/* A pair has found its owner by then; the schedule begins. */
#define SETTLED_MS 3000

static struct world world;
static struct case_file file;

void case_note(struct case_run *run, int node, const char *format, ...)
{
	struct record *record;
	va_list list;

	if (run->count == run->room) {
		run->room = run->room ? 2 * run->room : 256;
		run->records = realloc(run->records,
				       run->room * sizeof(*run->records));
		if (!run->records) {
			fputs("case: out of memory\n", stderr);
			exit(1);
		}
	}
	record = &run->records[run->count++];
	record->at_ms = (run->world->now_us - run->zero_us) / 1000;
	/* before time 0 is before it, by however little */
	if (run->world->now_us < run->zero_us || !run->zero_us)
		record->at_ms = -1;
	record->node = node;
	va_start(list, format);
	vsnprintf(record->text, sizeof(record->text), format, list);
	va_end(list);
}

static void note_fence(struct case_run *run, unsigned node,
		       const struct action *action)
{
	static const char *const kinds[] = {"?", "read", "off", "on"};

	if (action->fence.kind != CORE_FENCE_READ && run->zero_us)
		run->shots[node]++;
	case_note(run, (int)node, "orders: fence lb0%u %s",
		  action->fence.node + 1, kinds[action->fence.kind]);
}

/* What a person would read in the log of a node, and its orders. */
static void observe(void *observer, unsigned node, const struct action *action)
{
	struct case_run *run = observer;
	const struct core_settings *settings = &run->file->settings[node];
	int n = (int)node;

	switch (action->type) {
	case ACTION_TRACE:
		case_note(run, n, "%s", action->text);
		break;
	case ACTION_ALERT:
		case_note(run, n, "alert %s %s: %s", action->alert.name,
			  action->alert.raised ? "raised" : "cleared",
			  action->text);
		break;
	case ACTION_CLAIM:
		case_note(run, n, "orders: claim %s, proof %s",
			  settings->instances[action->instance].name,
			  proof_name(action->permit.proof));
		break;
	case ACTION_RELEASE:
		case_note(run, n, "orders: release %s",
			  settings->instances[action->instance].name);
		break;
	case ACTION_ANNOUNCE:
		case_note(run, n, "orders: announce %s",
			  settings->instances[action->instance].name);
		break;
	case ACTION_FENCE:
		note_fence(run, node, action);
		break;
	case ACTION_REPLY:
		case_note(run, n, "answer%s: %s",
			  !action->reply.done ? ""
			  : action->reply.ok  ? " ok"
					      : " refused or failed",
			  action->text);
		break;
	default:
		break;
	}
}

static bool all_are_owned(void)
{
	for (unsigned i = 0; i < file.settings[0].instance_count; i++)
		if (world_owner(&world, i) == -1)
			return false;
	return true;
}

static void run_until(struct case_run *run, int64_t at_ms)
{
	int64_t left_ms = at_ms - (world.now_us - run->zero_us) / 1000;

	/* in steps of 1 ms, to measure how long nobody serves */
	for (; left_ms > 0 && !world.broken; left_ms--) {
		world_run_ms(&world, 1);
		run->unowned_ms += all_are_owned() ? 0 : 1;
	}
}

static void prepare(struct case_run *run)
{
	world_init(&world);
	world.quiet = true;
	world.observe = observe;
	world.observer = run;
	for (unsigned n = 0; n < 2; n++) {
		world.nodes[n].settings = file.settings[n];
		if (file.start == START_DARK)
			world_power_off(&world, n);
		else if (file.start == START_PAIR)
			world_boot(&world, n);
	}
	if (file.start == START_PAIR)
		world_run_ms(&world, SETTLED_MS);
	run->zero_us = world.now_us;
	if (file.start == START_PAIR && !all_are_owned())
		case_complain(run, 1,
			      "the pair did not find an owner before "
			      "time 0");
}

static void play(struct case_run *run)
{
	prepare(run);
	for (unsigned i = 0; i < file.act_count && !world.broken; i++) {
		const struct act *act = &file.acts[i];
		const char *wrong;

		run_until(run, act->at_ms);
		wrong = case_do(run, act);
		if (wrong)
			case_complain(run, act->line, "%s: %s", act->words,
				      wrong);
	}
	run_until(run, file.end_ms);
}

static void print_log(const struct case_run *run)
{
	static const char *const names[] = {"  --  ", "lb01", "lb02"};

	for (unsigned i = 0; i < run->count; i++) {
		const struct record *record = &run->records[i];

		if (record->at_ms < 0)
			continue;
		printf("%9.3f  %s  %s\n", (double)record->at_ms / 1000,
		       names[record->node + 1], record->text);
	}
	printf("%9.3f  end: nobody served for %lld ms in all\n",
	       (double)file.end_ms / 1000, (long long)run->unowned_ms);
}

/* True: passed, by its own rules. */
static bool run_file(const char *path, bool loud)
{
	struct case_run run = {.file = &file, .world = &world};
	const char *wrong = file.error;
	bool passed;

	if (case_parse(path, &file)) {
		play(&run);
		case_judge(&run);
		wrong = run.complaint;
	}
	passed = file.fails[0] ? strstr(wrong, file.fails) != NULL : !*wrong;
	if (loud)
		print_log(&run);
	if (!passed && file.fails[0])
		printf("FAIL %s: must fail with \"%s\", but: %s\n", path,
		       file.fails, *wrong ? wrong : "it passed");
	else if (!passed)
		printf("FAIL %s\n", wrong);
	else if (loud && file.fails[0])
		printf("ok, fails as it must: %s\n", wrong);
	free(run.records);
	return passed;
}

int main(int argc, char **argv)
{
	bool loud = argc > 1 && strcmp(argv[1], "-v") == 0;
	int first = loud ? 2 : 1;
	unsigned passed = 0, failed = 0;

	if (first >= argc || argv[first][0] == '-') {
		fputs("usage: case [-v] FILE...\n", stderr);
		return 2;
	}
	for (int i = first; i < argc; i++)
		if (run_file(argv[i], loud))
			passed++;
		else
			failed++;
	printf("unit: %u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
