/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands that are one question to the daemon: handover, standby,
 * online, maintenance (R13). The daemon decides and says what happened.
 */
#include <string.h>

#include "client.h"

static int ask_plain(const struct cli *cli, int argc, char **argv,
		     const char *what)
{
	int result = cli_parse(cli, argc, argv, NULL, 0, NULL, 0, NULL);

	if (result >= 0)
		return result;
	return client_run(cli, json_pack("{s:s}", "command", cli->command),
			  what);
}

int command_handover(const struct cli *cli, int argc, char **argv)
{
	const char *to = NULL;
	const struct cli_option options[] = {{"--to", NULL, &to}};
	int result = cli_parse(cli, argc, argv, options, 1, NULL, 0, NULL);

	if (result >= 0)
		return result;
	return client_run(
		cli,
		json_pack("{s:s, s:s*}", "command", cli->command, "node", to),
		"the addresses to move");
}

int command_standby(const struct cli *cli, int argc, char **argv)
{
	return ask_plain(cli, argc, argv, "twinbeatd");
}

int command_online(const struct cli *cli, int argc, char **argv)
{
	return ask_plain(cli, argc, argv, "twinbeatd");
}

int command_maintenance(const struct cli *cli, int argc, char **argv)
{
	const char *word = NULL;
	unsigned words = 0;
	int result = cli_parse(cli, argc, argv, NULL, 0, &word, 1, &words);

	if (result >= 0)
		return result;
	if (!words || (strcmp(word, "on") != 0 && strcmp(word, "off") != 0)) {
		cli_error(cli, "say 'on' or 'off'");
		return CLI_USAGE;
	}
	return client_run(cli,
			  json_pack("{s:s, s:b}", "command", cli->command, "on",
				    !strcmp(word, "on")),
			  "the peer to acknowledge");
}
