/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twinbeat status: fetches the daemon's object and prints it, drawn or raw. */
#include "../status/verdict.h"
#include "client.h"
#include "text.h"
#include "view.h"

/* 1, 2 and 3 mean what they mean everywhere. */
static const int exits[] = {
	[VERDICT_WELL] = CLI_OK,
	[VERDICT_ALERTS] = CLI_ALERTS,
	[VERDICT_NO_STANDBY] = CLI_NO_STANDBY,
	[VERDICT_NOBODY] = CLI_NOT_SERVED,
	[VERDICT_BOTH] = CLI_NOT_SERVED,
};

int command_status(const struct cli *cli, int argc, char **argv)
{
	bool is_json = false, is_check = false;
	const struct cli_option options[] = {{"--json", &is_json, NULL},
					     {"--check", &is_check, NULL}};
	int result = cli_parse(cli, argc, argv, options, 2, NULL, 0, NULL);
	enum verdict verdict;
	char text[VERDICT_TEXT_MAX];
	json_t *status, *director;

	if (result >= 0)
		return result;
	status = client_status(cli, false, &result);
	if (!status)
		return result;
	verdict = verdict_make(status, text, sizeof(text));
	text_clean(text);
	director = is_check ? NULL : director_ask(cli);
	if (director != NULL)
		json_object_set(status, "director", director);
	if (is_json) {
		json_dumpf(status, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		putchar('\n');
	} else if (is_check) {
		puts(text);
	} else {
		view_status(stdout, status);
		if (json_array_size(json_object_get(director, "services")) > 0)
			director_print(director);
	}
	json_decref(director);
	json_decref(status);
	return is_check ? exits[verdict] : CLI_OK;
}
