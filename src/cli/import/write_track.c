/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trackers. keepalived adds weights to priorities; twinbeat knows fit and
 * unfit, and priorities that no check changes. A weight becomes unfit only if
 * its check alone turned the order of these two files: everything else would
 * begin to move addresses that never moved.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* ---- weights ---- */

/* Says why the check cannot be carried; NULL: fit and unfit do the same. */
static const char *refuse_weight(struct import *import,
				 struct instance *instance,
				 const struct tracked *tracked)
{
	const struct instance *higher = pair_higher(instance);
	const struct instance *lower = higher->other;
	int weight = abs(tracked->weight), high, low;

	if (tracked->reverse)
		return "reverse: a check that fails by succeeding has no "
		       "setting here";
	if (tracked->weight == 0)
		return NULL;
	if (higher->owner)
		return "keepalived ignores weights at priority 255: this "
		       "check never moved the address";
	if (lower == NULL)
		return arena_print(&import->arena,
				   "its weight %d moves the address only if it "
				   "turns the order of both nodes' priorities, "
				   "and the other node's is not known: give "
				   "its file with --peer",
				   tracked->weight);
	high = (int)higher->priority;
	low = (int)lower->priority;
	if (tracked->weight < 0 && high - weight >= low)
		return arena_print(&import->arena,
				   "%d - %d is still %s %d: this check never "
				   "moved the address",
				   high, weight,
				   high - weight > low ? "above" : "equal to",
				   low);
	if (tracked->weight > 0 && high >= low + weight)
		return arena_print(&import->arena,
				   "%d is still %s %d + %d: this check never "
				   "moved the address",
				   high,
				   high > low + weight ? "above" : "equal to",
				   low, weight);
	return NULL;
}

static void tell_unfit(struct model *model, const struct tracked *tracked)
{
	if (tracked->weight != 0)
		item_warn(&model->tree, tracked->use, CHANGED,
			  "its weight %d alone turned the order: here its "
			  "failure makes the node unfit, and priorities stay "
			  "as they are",
			  tracked->weight);
	else
		item_warn(&model->tree, tracked->use, NOTED,
			  "failing on both nodes keepalived served nobody; "
			  "here the owner stays");
}

/* ---- commands ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* "killall -0 X", "pidof X", "pgrep X": X, else NULL. */
static const char *process_of(struct arena *arena, const char *command,
			      const char **tool)
{
	char *words[4], *save = NULL;
	unsigned count = 0;
	char *copy = arena_copy(arena, command, strlen(command));

	for (char *at = strtok_r(copy, " \t", &save); at != NULL;
	     at = strtok_r(NULL, " \t", &save)) {
		if (count == 4)
			return NULL;
		words[count++] = at;
	}
	if (count < 2)
		return NULL;
	*tool = base_name(words[0]);
	if (strcmp(*tool, "killall") == 0 && count == 3 &&
	    strcmp(words[1], "-0") == 0)
		return words[2];
	if (count == 2 && words[1][0] != '-' &&
	    (strcmp(*tool, "pidof") == 0 || strcmp(*tool, "pgrep") == 0))
		return words[1];
	if (count == 3 && strcmp(*tool, "pgrep") == 0 &&
	    strcmp(words[1], "-x") == 0)
		return words[2];
	return NULL;
}

static long seconds_of(struct model *model, struct item *script,
		       const char *name, long fallback_s)
{
	struct item *item = item_only(&model->tree, script, name);
	long ms;

	if (item == NULL)
		return fallback_s;
	item_carry(item);
	if (!value_thousandths(item_word(item, 1), &ms) || ms > 1000000000L) {
		item_mark(&model->tree, item, CHANGED, "keepalived uses %ld s",
			  fallback_s);
		return fallback_s;
	}
	if (ms % 1000 != 0 || ms == 0)
		item_mark(&model->tree, item, CHANGED,
			  "keepalived takes whole seconds: %ld s",
			  ms < 1000 ? 1 : ms / 1000);
	return ms < 1000 ? 1 : ms / 1000;
}

/* Who ran it: its user, script_user, or whoever keepalived finds. */
static void write_user(struct model *model, struct item *script,
		       struct doc *group)
{
	struct item *user = item_last(script, "user");
	const char *name = user != NULL ? item_word(user, 1) : "";

	for (struct item *block = item_first(model->tree.root, "global_defs");
	     block && name[0] == '\0'; block = item_again(block))
		name = item_word(item_last(block, "script_user"), 1);
	if (name[0] == '\0') {
		item_mark(&model->tree, script, NOTED,
			  "keepalived ran it as keepalived_script, or as root "
			  "where there is no such user; twinbeat runs it as "
			  "its own user, twinbeat; if it needs root, "
			  "twinbeat-root.conf and the key user give it that");
		return;
	}
	doc_string(group, "user", name);
	item_mark(&model->tree, script, CHANGED,
		  "it runs as %s, for which the daemon has to be root: "
		  "twinbeat-root.conf, see twinbeatd(8). Without that this "
		  "node is never fit; take the key user out where the script "
		  "can run as twinbeat",
		  name);
	if (user == NULL)
		return;
	item_carry(user);
	if (user->count > 2)
		item_mark(&model->tree, user, CHANGED,
			  "it runs with the groups that %s has, not with %s "
			  "alone",
			  name, item_word(user, 2));
}

static void mark_rest_of_script(struct model *model, struct item *script)
{
	struct item *init = item_last(script, "init_fail");

	if (init != NULL)
		item_mark(&model->tree, init, NOTED,
			  "twinbeat has a rule of its own for a check that has "
			  "not run yet");
}

static void write_script(struct import *import, struct model *model,
			 struct tracked *tracked, struct doc *list,
			 const char *command)
{
	struct item *script = tracked->object;
	struct doc *group = doc_group(list, NULL);
	long interval_s = seconds_of(model, script, "interval", 1);
	long timeout_s = seconds_of(model, script, "timeout", interval_s);

	doc_string(group, "command", command);
	doc_value(group, "interval_ms", "%ld", 1000 * interval_s);
	doc_value(group, "timeout_ms", "%ld", 1000 * timeout_s);
	doc_value(group, "fall", "%ld",
		  value_of(import, model, script, "fall", 1, 1000000, 1));
	doc_value(group, "rise", "%ld",
		  value_of(import, model, script, "rise", 1, 1000000, 1));
	write_user(model, script, group);
	doc_optional(group, tracked->use);
	mark_rest_of_script(model, script);
}

static void tell_process(struct model *model, struct item *item,
			 const char *tool, const char *process)
{
	if (strcmp(tool, "pidof") == 0)
		item_warn(&model->tree, item, NOTED,
			  "on Debian 12 pidof is a link to killall5, which "
			  "keepalived runs by that name: this check always "
			  "failed. The process \"%s\" is watched now, and its "
			  "end will move the address",
			  process);
	else
		item_mark(&model->tree, item, NOTED,
			  "the process \"%s\" is watched, without a script",
			  process);
}

/* The one script of a vrrp_script, and what of it runs. */
static const char *script_command(struct model *model, struct tracked *tracked)
{
	struct item *item = item_only(&model->tree, tracked->object, "script");
	const char *command, *rest;

	if (item == NULL) {
		item_mark(&model->tree, tracked->use, IGNORED,
			  "%s has no script: keepalived drops it",
			  tracked->name);
		return NULL;
	}
	item_carry(item);
	command = value_command(model->tree.arena, item, &rest);
	if (rest[0] != '\0')
		item_mark(&model->tree, item, CHANGED,
			  "without quotation marks keepalived runs \"%s\" "
			  "alone, and drops \"%s\"",
			  command, rest);
	return command;
}

/* ---- lists ---- */

struct track_lists {
	struct doc *group; /* the instance's */
	struct doc *track, *scripts;
	const char *processes, *files, *interfaces;
	struct item *process_from, *file_from, *interface_from;
};

static struct doc *open_track(struct track_lists *lists)
{
	if (lists->track == NULL)
		lists->track =
			doc_optional(doc_group(lists->group, "track"), NULL);
	return lists->track;
}

/* The peer's file: the same, or said. */
static void match_other(struct import *import, const struct tracks *here,
			const struct tracks *there)
{
	struct tree *tree = &import->models[1].tree;

	for (unsigned i = 0; there != NULL && i < there->count; i++) {
		struct tracked *tracked = &there->at[i];
		bool found = false;

		for (unsigned k = 0; k < here->count; k++)
			found |= strcmp(here->at[k].name, tracked->name) == 0;
		if (tracked->object != NULL)
			item_mark_all(tracked->object, CARRIED);
		if (!found)
			item_mark(tree, tracked->use, LOST,
				  "the first file does not track it, and one "
				  "list holds for both nodes");
	}
}

/* Every item that the check was made of goes with it. */
static void leave_out(struct model *model, struct tracked *tracked,
		      const char *why)
{
	item_warn(&model->tree, tracked->use, LOST, "%s", why);
	if (tracked->object != NULL)
		item_mark_all(tracked->object, QUIET);
}

static void write_one_script(struct import *import, struct instance *instance,
			     struct tracked *tracked, struct track_lists *lists)
{
	struct model *model = &import->models[0];
	const char *command = script_command(model, tracked);
	const char *why = refuse_weight(import, instance, tracked);
	const char *process, *tool;

	if (command == NULL)
		return;
	item_carry(tracked->object);
	if (why != NULL) {
		leave_out(model, tracked, why);
		return;
	}
	process = process_of(&import->arena, command, &tool);
	if (process != NULL) {
		tell_unfit(model, tracked);
		tell_process(model, tracked->use, tool, process);
		lists->processes =
			doc_strings(&import->arena, lists->processes, process);
		lists->process_from = tracked->use;
		item_mark_all(tracked->object, CARRIED);
		return;
	}
	command = value_program(import, &model->tree, tracked->use, command,
				"it drops the check, and the node is always "
				"fit");
	if (command == NULL) {
		item_mark_all(tracked->object, QUIET);
		return;
	}
	tell_unfit(model, tracked);
	if (strpbrk(command, "|;&><") != NULL && !value_is_shell(command))
		item_mark(&model->tree, item_last(tracked->object, "script"),
			  NOTED,
			  "no shell reads this, there nor here: |, ; and > are "
			  "arguments");
	if (lists->scripts == NULL)
		lists->scripts = doc_optional(
			doc_list(open_track(lists), "scripts"), NULL);
	write_script(import, model, tracked, lists->scripts, command);
}

static void write_one_process(struct import *import, struct instance *instance,
			      struct tracked *tracked,
			      struct track_lists *lists)
{
	struct model *model = &import->models[0];
	struct item *item = item_only(&model->tree, tracked->object, "process");
	const char *why = refuse_weight(import, instance, tracked);
	const char *name = item != NULL ? item_word(item, 1) : tracked->name;

	item_carry(tracked->object);
	if (item != NULL)
		item_carry(item);
	if (why != NULL) {
		leave_out(model, tracked, why);
		return;
	}
	if (item_last(tracked->object, "full_command") != NULL) {
		leave_out(model, tracked,
			  "full_command compares the whole command line; "
			  "track.processes = ( \"NAME\" ) has the name that ps "
			  "-o comm shows: write it");
		return;
	}
	tell_unfit(model, tracked);
	if (strchr(name, ' ') != NULL)
		item_mark(&model->tree, item, CHANGED,
			  "the name \"%.*s\" is watched, its arguments are not",
			  (int)strcspn(name, " "), name);
	lists->processes =
		doc_strings(&import->arena, lists->processes,
			    base_name(arena_copy(&import->arena, name,
						 strcspn(name, " "))));
	lists->process_from = tracked->use;
	for (struct item *at = tracked->object->first; at; at = at->next)
		if (item_is(at, "quorum") && !strcmp(item_word(at, 1), "1"))
			item_carry(at); /* one of that name is enough */
		else if (at->outcome == UNSEEN)
			item_mark(&model->tree, at, LOST,
				  "\"%s\" of a tracked process has no setting "
				  "here",
				  at->words[0]);
}

/* Only with weight 0 does keepalived ask of a file what twinbeat asks. */
static const char *refuse_file(struct import *import,
			       const struct tracked *tracked)
{
	if (tracked->reverse)
		return "reverse: a file that is fit with another number than "
		       "0 has no setting here";
	if (tracked->weight != 0)
		return arena_print(&import->arena,
				   "keepalived adds the file's number times "
				   "%d to the priority, and which numbers "
				   "are written is not known here: with "
				   "track.file whoever writes it says fit with "
				   "0, unfit with anything else",
				   tracked->weight);
	return NULL;
}

static void write_one_file(struct import *import, struct tracked *tracked,
			   struct track_lists *lists)
{
	struct model *model = &import->models[0];
	struct item *item = item_only(&model->tree, tracked->object, "file");
	struct item *init = item_last(tracked->object, "init_file");
	const char *why = refuse_file(import, tracked), *path;

	item_carry(tracked->object);
	if (why != NULL) {
		leave_out(model, tracked, why);
		return;
	}
	if (item == NULL) {
		item_mark(&model->tree, tracked->use, IGNORED,
			  "%s has no file: keepalived drops it", tracked->name);
		return;
	}
	path = item_word(item, 1);
	item_carry(item);
	item_warn(&model->tree, tracked->use, NOTED,
		  "while %s is missing or says no number keepalived takes 0; "
		  "here the node is unfit until it says 0",
		  path);
	if (init != NULL)
		item_mark(&model->tree, init, LOST,
			  "twinbeat writes no files: whatever starts before "
			  "it must write 0 to %s",
			  path);
	lists->files = doc_strings(&import->arena, lists->files, path);
	lists->file_from = tracked->use;
}

static void write_one_interface(struct import *import,
				struct instance *instance,
				struct tracked *tracked,
				struct track_lists *lists)
{
	struct model *model = &import->models[0];
	const char *why = refuse_weight(import, instance, tracked);
	const char *quoted =
		arena_print(&import->arena, "\"%s\"", tracked->name);

	if (strcmp(tracked->name, instance->interface) == 0) {
		item_mark(&model->tree, tracked->use, QUIET,
			  "the instance's own interface always counts");
		return;
	}
	if (why != NULL) {
		leave_out(model, tracked, why);
		return;
	}
	if (tracked->weight != 0)
		tell_unfit(model, tracked);
	if (lists->interfaces != NULL &&
	    strstr(lists->interfaces, quoted) != NULL)
		return;
	lists->interfaces =
		doc_strings(&import->arena, lists->interfaces, tracked->name);
	lists->interface_from = tracked->use;
}

void write_tracks(struct import *import, struct instance *instance,
		  struct doc *group)
{
	struct track_lists lists = {.group = group};
	struct instance *other = instance->other;

	for (unsigned i = 0; i < instance->interfaces.count; i++)
		write_one_interface(import, instance,
				    &instance->interfaces.at[i], &lists);
	for (unsigned i = 0; i < instance->scripts.count; i++)
		write_one_script(import, instance, &instance->scripts.at[i],
				 &lists);
	for (unsigned i = 0; i < instance->processes.count; i++)
		write_one_process(import, instance, &instance->processes.at[i],
				  &lists);
	for (unsigned i = 0; i < instance->files.count; i++)
		write_one_file(import, &instance->files.at[i], &lists);
	if (lists.interfaces != NULL)
		doc_optional(doc_value(open_track(&lists), "interfaces", "%s",
				       lists.interfaces),
			     lists.interface_from);
	if (lists.processes != NULL)
		doc_optional(doc_value(open_track(&lists), "processes", "%s",
				       lists.processes),
			     lists.process_from);
	if (lists.files != NULL)
		doc_optional(doc_value(open_track(&lists), "file", "%s",
				       lists.files),
			     lists.file_from);
	match_other(import, &instance->scripts, other ? &other->scripts : NULL);
	match_other(import, &instance->processes,
		    other ? &other->processes : NULL);
	match_other(import, &instance->files, other ? &other->files : NULL);
	match_other(import, &instance->interfaces,
		    other ? &other->interfaces : NULL);
}
