/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trace against the expectations. The first disagreement is told with the
 * line of the file that it breaks; nothing here is lenient: a pattern that
 * comes outside its window is a failure, though a later one would fit.
 */
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "case.h"

void case_complain(struct case_run *run, int line, const char *format, ...)
{
	va_list list;
	int n;

	if (run->complaint[0])
		return;
	n = snprintf(run->complaint, sizeof(run->complaint),
		     "%s:%d: ", run->file->path, line);
	va_start(list, format);
	vsnprintf(run->complaint + n, sizeof(run->complaint) - (size_t)n,
		  format, list);
	va_end(list);
}

static bool matches(const struct expectation *expect,
		    const struct record *record)
{
	return (expect->node == CASE_ANY ? record->node != CASE_ANY
					 : record->node == expect->node) &&
	       fnmatch(expect->pattern, record->text, FNM_NOESCAPE) == 0;
}

static bool is_inside(const struct expectation *expect,
		      const struct record *record, int64_t before_ms)
{
	return record->at_ms >= expect->from_ms &&
	       record->at_ms <= expect->to_ms &&
	       (expect->within_ms < 0 ||
		record->at_ms - before_ms <= expect->within_ms);
}

static const char *seconds(int64_t ms, char text[32])
{
	snprintf(text, 32, "%.3f s", (double)ms / 1000);
	return text;
}

static void judge_see(struct case_run *run, const struct expectation *expect,
		      unsigned *cursor, int64_t *before_ms)
{
	char at[32], then[32];

	for (unsigned i = *cursor; i < run->count; i++) {
		const struct record *record = &run->records[i];

		if (!matches(expect, record))
			continue;
		if (!is_inside(expect, record, *before_ms))
			case_complain(run, expect->line,
				      "came at %s (%lld ms after the one "
				      "before): %s",
				      seconds(record->at_ms, at),
				      (long long)(record->at_ms - *before_ms),
				      record->text);
		*cursor = i + 1;
		*before_ms = record->at_ms;
		return;
	}
	case_complain(
		run, expect->line, "not seen after %s, until the end (%s)",
		seconds(*before_ms, then), seconds(run->file->end_ms, at));
}

static void judge_count(struct case_run *run, const struct expectation *expect)
{
	int64_t count = 0;
	char at[32];

	for (unsigned i = 0; i < run->count; i++) {
		const struct record *record = &run->records[i];

		if (!matches(expect, record) || !is_inside(expect, record, 0))
			continue;
		count++;
		if (expect->kind == EXPECT_NEVER)
			case_complain(run, expect->line,
				      "must not be, but came at %s: %s",
				      seconds(record->at_ms, at), record->text);
	}
	if (expect->kind == EXPECT_ALSO && count == 0)
		case_complain(run, expect->line, "was not seen");
	if (expect->kind == EXPECT_COUNT && count != expect->value)
		case_complain(run, expect->line, "was seen %lld times",
			      (long long)count);
}

/* ---- how it ends ---- */

static void judge_owner(struct case_run *run, unsigned i)
{
	const struct case_file *file = run->file;
	const char *name = file->settings[0].instances[i].name;
	static const char *const words[] = {"both own", "nobody owns",
					    "lb01 owns", "lb02 owns"};
	int owner = world_owner(run->world, i);
	const char *proof;

	if (owner != file->owner[i].node)
		case_complain(run, file->owner[i].line, "%s: %s it at the end",
			      name, words[owner + 2]);
	if (owner < 0 || file->owner[i].node < 0)
		return;
	proof = proof_name(
		run->world->nodes[owner].core.instances[i].permit.proof);
	if (strcmp(proof, file->proof[i].text) != 0)
		case_complain(run, file->proof[i].line, "%s: the proof is %s",
			      name, proof);
}

static void judge_dark(struct case_run *run)
{
	const struct case_end *dark = &run->file->dark;

	for (int n = 0; n < 2; n++)
		if (run->world->nodes[n].powered ==
		    (dark->both || dark->node == n))
			case_complain(run, dark->line, "lb0%d %s power", n + 1,
				      run->world->nodes[n].powered ? "has"
								   : "has no");
}

static void judge_alerts(struct case_run *run, int n)
{
	const struct case_end *end = &run->file->alerts[n];
	const struct world_node *node = &run->world->nodes[n];
	bool wants_stopped = strcmp(end->text, " stopped") == 0;
	char padded[200], word[40];

	if (node->running == wants_stopped) {
		case_complain(run, end->line, "the daemon of lb0%d %s", n + 1,
			      node->running ? "runs" : "does not run");
		return;
	}
	snprintf(padded, sizeof(padded), "%s ", end->text);
	for (int a = 0; a < ALERT_NAMES && node->running; a++) {
		snprintf(word, sizeof(word), " %s ",
			 alert_name_text((enum alert_name)a));
		if (alert_is_raised(&node->core, (enum alert_name)a) !=
		    (strstr(padded, word) != NULL))
			case_complain(run, end->line, "lb0%d: alert%s%s", n + 1,
				      word,
				      strstr(padded, word)
					      ? "does not stand at the end"
					      : "stands at the end");
	}
}

static void judge_world(struct case_run *run)
{
	const struct case_file *file = run->file;
	const struct world *world = run->world;
	char at[32];

	if (world->broken)
		case_complain(
			run, 1, "%s, at %s", world->broken,
			seconds((world->now_us - run->zero_us) / 1000, at));
	if (!world->excused != !file->excused.line)
		case_complain(run, file->excused.line ? file->excused.line : 1,
			      "%u steps in which two nodes held one VIP%s%s",
			      world->excused, world->excuse ? ": " : "",
			      world->excuse ? world->excuse : "");
	if (world->excused && file->excused.line &&
	    strcmp(world->excuse, file->excused.text) != 0)
		case_complain(run, file->excused.line, "excused as: %s",
			      world->excuse);
	/* no power is cut unless the case says so */
	for (int n = 0; n < 2; n++)
		if (run->shots[n] != file->shots[n])
			case_complain(run,
				      file->shots_line[n] ? file->shots_line[n]
							  : 1,
				      "lb0%d ordered %lld fence actions, not "
				      "%lld",
				      n + 1, (long long)run->shots[n],
				      (long long)file->shots[n]);
	if (file->outage_ms >= 0 && run->unowned_ms > file->outage_ms)
		case_complain(run, file->outage_line,
			      "nobody served for %lld ms in all",
			      (long long)run->unowned_ms);
}

void case_judge(struct case_run *run)
{
	const struct case_file *file = run->file;
	unsigned cursor = 0;
	int64_t before_ms = 0;
	char at[32];

	if (run->world->broken)
		case_complain(
			run, 1, "%s, at %s", run->world->broken,
			seconds((run->world->now_us - run->zero_us) / 1000,
				at));
	/* what is true at time 0 was logged before it */
	while (cursor < run->count && run->records[cursor].at_ms < 0)
		cursor++;
	for (unsigned i = 0; i < file->expect_count && !run->complaint[0]; i++)
		if (file->expects[i].kind == EXPECT_SEE)
			judge_see(run, &file->expects[i], &cursor, &before_ms);
		else
			judge_count(run, &file->expects[i]);
	for (unsigned i = 0; i < file->settings[0].instance_count; i++)
		judge_owner(run, i);
	judge_dark(run);
	judge_alerts(run, 0);
	judge_alerts(run, 1);
	judge_world(run);
}
