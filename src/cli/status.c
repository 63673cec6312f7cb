/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twinbeat status: fetches the daemon's object and prints it, drawn or raw. */
#include "client.h"
#include "view.h"

int command_status(const struct cli *cli, int argc, char **argv)
{
	bool is_json = false;
	const struct cli_option options[] = {{"--json", &is_json, NULL}};
	int result = cli_parse(cli, argc, argv, options, 1, NULL, 0, NULL);
	json_t *status;

	if (result >= 0)
		return result;
	status = client_status(cli, false, &result);
	if (!status)
		return result;
	if (is_json) {
		json_dumpf(status, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		putchar('\n');
	} else {
		view_status(stdout, status);
	}
	json_decref(status);
	return CLI_OK;
}
