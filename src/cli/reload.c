/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat reload and twinbeat push: the daemon reads and checks; here its
 * findings are printed as they come, a line each, as of twinbeat check.
 */
#include "client.h"

/* The daemon waits for a fence for a minute, and says so. */
#define RELOAD_SILENCE_MS 100000

/* request: a new reference, taken. */
static int ask_for_settings(const struct cli *cli, json_t *request,
			    const char *what)
{
	struct progress progress;
	const struct client_watch watch = {.progress = &progress,
					   .silence_ms = RELOAD_SILENCE_MS};
	json_t *answer;
	int result;

	terminal_catch_interrupt();
	progress_begin(&progress, stdout, what);
	progress.is_plain = true;
	result = client_ask(cli, request, &watch, &answer);
	return result == CLI_OK ? client_tell(cli, answer) : result;
}

int command_reload(const struct cli *cli, int argc, char **argv)
{
	bool is_forced = false;
	const struct cli_option options[] = {{"--force", &is_forced, NULL}};
	int result = cli_parse(cli, argc, argv, options, 1, NULL, 0, NULL);

	if (result >= 0)
		return result;
	return ask_for_settings(cli,
				json_pack("{s:s, s:b}", "command", cli->command,
					  "force", is_forced),
				"the new settings");
}

int command_push(const struct cli *cli, int argc, char **argv)
{
	int result = cli_parse(cli, argc, argv, NULL, 0, NULL, 0, NULL);

	if (result >= 0)
		return result;
	return ask_for_settings(
		cli, json_pack("{s:s}", "command", cli->command), "both nodes");
}
