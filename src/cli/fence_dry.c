/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat fence --dry-run: everything but the writing. It reads the plugs,
 * says what would be switched in which order, and whether the result would
 * be a proof for a takeover here (R1). It never calls a plug good that could
 * not be read just now.
 */
#include <string.h>

#include "../base/clock.h"
#include "client.h"
#include "fence.h"
#include "text.h"

#define LEVELS 9

struct level {
	unsigned plugs, unread, unproven;
	unsigned others; /* plugs of devices that --device leaves out */
	char names[300];
};

static void count_plug(struct level *level, const json_t *plug)
{
	const char *state = client_string(plug, "state");
	size_t used = strlen(level->names);

	level->plugs++;
	level->unread += strcmp(state, "on") != 0 && strcmp(state, "off") != 0;
	level->unproven += !client_true(plug, "proven");
	snprintf(level->names + used, sizeof(level->names) - used,
		 "%s%s plug %s (reads %s)", used ? ", " : "",
		 client_string(plug, "device"), client_string(plug, "plug"),
		 state[0] ? state : "unknown");
}

static void say_level(struct fence_job *job, unsigned number,
		      const struct level *level)
{
	char text[460];

	snprintf(text, sizeof(text),
		 "level %u: %s: would be switched %s and read back%s", number,
		 level->names,
		 job->action == FENCE_DO_ON	  ? "on"
		 : job->action == FENCE_DO_REBOOT ? "off, then on"
						  : "off",
		 level->unread ? ", but NOT EVERY ONE CAN BE READ" : "");
	progress_step(&job->progress, text, -1);
	json_array_append_new(
		job->steps, json_pack("{s:s, s:I}", "step", text, "elapsed_ms",
				      (json_int_t)(clock_now_ms() -
						   job->progress.begun_ms)));
}

void fence_dry_judge(struct fence_job *job, bool is_direct,
		     struct fence_result *result)
{
	struct level levels[LEVELS + 1] = {{0}};
	unsigned usable = 0, proof = 0, total = 0, good = 0, parts = 0;
	const char *why;
	const json_t *plug;
	size_t i;

	json_array_foreach(result->plugs, i, plug)
	{
		int64_t number = client_number(plug, "level", 1);

		if (number < 1 || number > LEVELS)
			continue;
		if (job->device &&
		    strcmp(client_string(plug, "device"), job->device) != 0)
			levels[number].others++;
		else
			count_plug(&levels[number], plug);
	}
	for (unsigned number = 1; number <= LEVELS; number++) {
		const struct level *level = &levels[number];

		if (!level->plugs)
			continue;
		total++;
		say_level(job, number, level);
		good += !level->unread;
		/* R6: one supply of two leaves the other */
		if (!level->unread && !level->others && !usable)
			usable = number;
		parts += !level->unread && level->others;
		if (!level->unread && !level->unproven && !proof)
			proof = number;
	}
	result->proof = proof && !is_direct && !job->device && !job->unfit[0];
	why = is_direct	      ? "without a daemon nobody takes over"
	      : job->unfit[0] ? job->unfit
	      : job->device   ? "one device alone proves nothing"
			      : "no level was read on while the node was heard";
	/* on wants every plug, off one whole level */
	result->ok = job->action == FENCE_DO_ON ? total > 0 && good == total
						: usable > 0;
	result->outcome = "unknown";
	if (!result->ok && parts && job->action != FENCE_DO_ON)
		snprintf(result->text, sizeof(result->text),
			 "nothing was switched; the plugs of %s at %s can be "
			 "read, but its level has others, so it would not be "
			 "off",
			 job->node, job->device);
	else if (!result->ok)
		snprintf(result->text, sizeof(result->text),
			 "nothing was switched; it would fail now: %s of %s "
			 "can be read",
			 job->action == FENCE_DO_ON ? "not every plug"
						    : "no whole level",
			 job->node);
	else if (job->action == FENCE_DO_ON)
		snprintf(result->text, sizeof(result->text),
			 "nothing was switched; every plug of %s can be "
			 "reached and read",
			 job->node);
	else
		snprintf(result->text, sizeof(result->text),
			 "nothing was switched; level %u of %s can be reached "
			 "and read, and once read off it would be %s%s",
			 result->proof ? proof : usable, job->node,
			 result->proof ? "a proof for taking over"
				       : "NO PROOF here: ",
			 result->proof ? "" : why);
}
