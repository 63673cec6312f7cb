/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "options.h"

static const char **value_of(const struct option_value *options,
			     const char *name)
{
	for (; options->name; options++)
		if (!strcmp(options->name, name))
			return options->value;
	return NULL;
}

int options_parse(int argc, char **argv, const char *program, const char *help,
		  const struct option_value *options)
{
	for (int i = 1; i < argc; i++) {
		const char **value = value_of(options, argv[i]);

		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			fputs(help, stdout);
			return 0;
		}
		if (!strcmp(argv[i], "--version")) {
			printf("%s " TWINBEAT_VERSION "\n", program);
			return 0;
		}
		if (!value || i + 1 >= argc) {
			fprintf(stderr, "%s: %s: %s, see %s --help\n", program,
				argv[i],
				value ? "needs a value" : "no such option",
				program);
			return 2;
		}
		*value = argv[++i];
	}
	return -1;
}
