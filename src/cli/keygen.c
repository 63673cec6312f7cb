/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twinbeat keygen: a key that both nodes share; never over an old one. */
#include <stdio.h>
#include <sys/stat.h>

#include "../settings/settings.h"
#include "cli.h"

int command_keygen(const struct cli *cli, int argc, char **argv)
{
	const char *file = NULL;
	unsigned words = 0;
	char error[300];
	struct stat st;
	int result = cli_parse(cli, argc, argv, NULL, 0, &file, 1, &words);

	if (result >= 0)
		return result;
	if (!words) {
		cli_error(cli, "say where the key shall be: twinbeat keygen "
			       "/etc/twinbeat/key");
		return CLI_USAGE;
	}
	if (!strcmp(file, "-")) {
		cli_error(cli, "a key is a file, never shown on a terminal: "
			       "say its path, like /etc/twinbeat/key");
		return CLI_USAGE;
	}
	if (settings_make_key(file, error, sizeof(error))) {
		cli_error(cli, "%s", error);
		return CLI_FAILED;
	}
	printf("%s: a new key, mode %s. Copy this very file to the "
	       "other\nnode over a safe channel (scp -p), never make a second "
	       "one.\n",
	       file,
	       stat(file, &st) == 0 && (st.st_mode & S_IRGRP)
		       ? "0640, for the group twinbeat"
		       : "0600");
	return CLI_OK;
}
