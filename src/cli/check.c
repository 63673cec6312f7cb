/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat check: everything that is wrong with a configuration, all at once,
 * and a count. It opens no device and changes nothing; fence agents are asked
 * for their metadata.
 */
#include <stdio.h>

#include "../daemon/settings.h"
#include "check_agents.h"
#include "check_plugs.h"
#include "cli.h"

static void tell(void *arg, bool is_error, const char *line)
{
	(void)arg;
	(void)is_error;
	puts(line);
}

int command_check(const struct cli *cli, int argc, char **argv)
{
	static struct settings settings; /* too large for a stack */
	struct settings_report report = {.tell = tell};
	const char *file = cli->file;
	int result = cli_parse(cli, argc, argv, NULL, 0, &file, 1, NULL);

	if (result >= 0)
		return result;
	if (!settings_load(file, cli->node, &settings, &report)) {
		settings_check_environment(&settings, &report);
		check_agents(&settings, &report);
		check_plugs(cli, &settings, &report);
	}
	printf("%s: %u error%s, %u warning%s\n", file, report.errors,
	       report.errors == 1 ? "" : "s", report.warnings,
	       report.warnings == 1 ? "" : "s");
	return report.errors ? CLI_FAILED : CLI_OK;
}
