/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat confirm NODE: the operator's word that the node is down (R13).
 * It writes to no hardware. The daemon refuses it while the node is heard;
 * this side makes sure that a person means this node.
 */

#include "client.h"
#include "text.h"
#include "view.h"

/* Shows what is known and asks. -1 to go on, else the exit code. */
static int ask_person(const struct cli *cli, const char *node)
{
	json_t *status;
	int result;

	if (!terminal_can_ask()) {
		cli_error(cli,
			  "there is no terminal to ask at: add --yes to "
			  "state that %s is down",
			  node);
		return CLI_USAGE;
	}
	status = client_status(cli, false, &result);
	if (!status)
		return result;
	view_node(stderr, status, node);
	view_plugs(stderr,
		   json_object_get(json_object_get(status, "fence"), "plugs"),
		   node);
	json_decref(status);
	text_wrap(stderr, "", 0,
		  "You are about to state that this node has no power, or "
		  "will not run again before you say so. Its addresses are "
		  "then taken over. If it does run, both nodes will answer "
		  "for them.");
	if (terminal_ask_name(node))
		return -1;
	cli_error(cli, "not confirmed, nothing was done");
	return CLI_FAILED;
}

int command_confirm(const struct cli *cli, int argc, char **argv)
{
	bool is_sure = false, is_forced = false;
	const struct cli_option options[] = {{"--yes", &is_sure, NULL},
					     {"--force", &is_forced, NULL}};
	const char *node = NULL;
	unsigned words = 0;
	int result = cli_parse(cli, argc, argv, options, 2, &node, 1, &words);

	if (result >= 0)
		return result;
	if (!words) {
		cli_error(cli, "say which node is down: twinbeat confirm NODE");
		return CLI_USAGE;
	}
	terminal_catch_interrupt();
	if (!is_sure) {
		result = ask_person(cli, node);
		if (result >= 0)
			return result;
	}
	return client_run(cli,
			  json_pack("{s:s, s:s, s:b}", "command", "confirm",
				    "node", node, "force", is_forced),
			  "the plugs to be read");
}
