/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_FENCE_H
#define CLI_FENCE_H
/*
 * One run of twinbeat fence, whichever way it goes: through the daemon
 * (fence.c) or straight to the devices (fence_direct.c).
 */
#include <jansson.h>

#include "cli.h"
#include "terminal.h"

enum fence_action {
	FENCE_DO_OFF,
	FENCE_DO_ON,
	FENCE_DO_REBOOT,
	FENCE_DO_STATUS,
	FENCE_ACTIONS
};
extern const char *const fence_action_names[FENCE_ACTIONS];

struct fence_job {
	const char *node, *device; /* device NULL = all */
	enum fence_action action;
	const char *wait; /* --drill: seconds, NULL = the default */
	bool is_sure, is_json, is_dry, is_drill;
	char unfit[220]; /* why this node would take nothing over; "" */
	struct progress progress;
	json_t *steps; /* {"step", "elapsed_ms"} */
};

/* What became of it. plugs is a reference or NULL. */
struct fence_result {
	bool ok;	     /* the state was read back */
	const char *outcome; /* off, on, failed, unknown: a literal */
	char text[900];	     /* one sentence, and what follows */
	json_t *plugs;	     /* as in status.fence.plugs */
	bool proof;	     /* --dry-run: off would be one */
};

/*
 * Asks for the node's name. -1 to go on, else the exit code. Call it after
 * what is known was shown.
 */
int fence_ask(const struct cli *cli, const struct fence_job *job);

/* May this pair's node be fenced from here? -1 to go on, else exit code. */
int fence_check_node(const struct cli *cli, const struct fence_job *job,
		     const char *self, const char *peer);

/* --dry-run, when result->plugs were read: fills in the rest. */
void fence_dry_judge(struct fence_job *job, bool is_direct,
		     struct fence_result *result);

/* --drill, from asking to the last sentence; the exit code. */
int fence_drill(const struct cli *cli, struct fence_job *job);

/*
 * Without a daemon: takes the run locks, loads the settings, runs the fencer.
 * Returns -1 with *result filled, else an exit code, the reason said:
 * CLI_UNREACHABLE when a daemon holds the lock after all.
 */
int fence_direct(const struct cli *cli, struct fence_job *job,
		 struct fence_result *result);
#endif
