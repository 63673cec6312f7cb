/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat check: everything that is wrong with a configuration, all at once,
 * and a count. It opens no device and changes nothing; fence agents are asked
 * for their metadata.
 */
#include <stdio.h>

#include "../base/become.h"
#include "../settings/settings.h"
#include "check_names.h"
#include "check_plugs.h"
#include "cli.h"
#include "marks.h"

/* arg: where to; NULL for stdout. */
static void tell(void *arg, bool is_error, const char *line)
{
	(void)is_error;
	fprintf(arg != NULL ? arg : stdout, "%s\n", line);
}

static void tell_with_names(void *arg, bool is_error, const char *line)
{
	tell(arg, is_error, line);
	check_names_tell(line);
}

/* R15: the alert names a section, this the keys. */
static int compare(const struct cli *cli, const char *file, const char *other)
{
	struct settings_report report = {.tell = tell};
	char error[SETTINGS_LINE_MAX];
	int differences =
		settings_compare(file, other, &report, error, sizeof(error));

	if (differences < 0) {
		cli_error(cli, "%s", error);
		return CLI_FAILED;
	}
	printf("%s and %s: %d key%s differ%s\n", file, other, differences,
	       differences == 1 ? "" : "s", differences == 1 ? "s" : "");
	return differences ? CLI_FAILED : CLI_OK;
}

/* Its findings go to stderr: what is printed is a file. */
static int print(const struct cli *cli, const char *file,
		 struct settings *settings)
{
	struct settings_report report = {.tell = tell, .arg = stderr};

	if (settings_load(file, cli->node, settings, &report) < 0)
		return CLI_FAILED;
	printf("# In force on %s; \"default\": the same if it were left out.\n",
	       settings->nodes[settings->self].name);
	settings_print(settings, stdout);
	return CLI_OK;
}

int command_check(const struct cli *cli, int argc, char **argv)
{
	static struct settings settings; /* too large for a stack */
	struct settings_report report = {.tell = tell_with_names};
	const char *file = cli->file;
	const char *against = NULL;
	bool printed = false, keys = false;
	const struct cli_option options[] = {{"--against", NULL, &against},
					     {"--print", &printed, NULL},
					     {"--keys", &keys, NULL}};
	int result = cli_parse(cli, argc, argv, options, 3, &file, 1, NULL);

	if (result >= 0)
		return result;
	if ((against != NULL) + printed + keys > 1) {
		cli_error(cli, "--against, --print and --keys print each "
			       "something else: say one of them");
		return CLI_USAGE;
	}
	if (against)
		return compare(cli, file, against);
	if (keys) {
		settings_print_keys(stdout);
		return CLI_OK;
	}
	if (printed)
		return print(cli, file, &settings);
	if (!settings_load(file, cli->node, &settings, &report)) {
		become_choose(cli->state_dir);
		settings_check_environment(&settings, &report);
		settings_interview_devices(&settings, &report);
		check_plugs(cli, &settings, &report);
		marks_check(&settings, &report);
	}
	printf("%s: %u error%s, %u warning%s\n", file, report.errors,
	       report.errors == 1 ? "" : "s", report.warnings,
	       report.warnings == 1 ? "" : "s");
	return report.errors ? CLI_FAILED : CLI_OK;
}
