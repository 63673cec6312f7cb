/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat watch: becomes twinbeat-watch on a terminal (twinbeat_watch.c), and
 * elsewhere is a line for each change (watch_lines.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/spawn.h"
#include "watch.h"

/* It returns only where it cannot be. */
static void become_screen(const struct cli *cli)
{
	char path[600], error[1400];
	char *argv[3] = {NULL};

	if (spawn_find("twinbeat-watch", path, sizeof(path), error,
		       sizeof(error)) == 0) {
		argv[0] = strdup("twinbeat-watch");
		argv[1] = strdup(cli->run_dir);
		fflush(NULL);
		if (argv[0] && argv[1])
			execv(path, argv);
		free(argv[0]);
		free(argv[1]);
		snprintf(error, sizeof(error), "%s does not start", path);
	}
	cli_error(cli, "%s: here are lines", error);
}

int command_watch(const struct cli *cli, int argc, char **argv)
{
	const char *term = getenv("TERM");
	int result = cli_parse(cli, argc, argv, NULL, 0, NULL, 0, NULL);
	json_t *status;

	if (result >= 0)
		return result;
	/* a wrong directory is not watched for ever; a restart is */
	status = client_status(cli, false, &result);
	if (!status)
		return result;
	json_decref(status);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && term[0] &&
	    strcmp(term, "dumb") != 0)
		become_screen(cli);
	terminal_catch_interrupt();
	return watch_lines(cli->run_dir);
}
