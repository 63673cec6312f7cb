/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "rules.h"

#define LINE_MAX_BYTES 4096

bool rules_read(const char *command, void (*take)(void *arg, char *line),
		void *arg)
{
	char line[LINE_MAX_BYTES];
	FILE *rules = popen(command, "re");

	while (rules != NULL && fgets(line, sizeof(line), rules) != NULL)
		take(arg, line);
	return rules != NULL && pclose(rules) == 0;
}
