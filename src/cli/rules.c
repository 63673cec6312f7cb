/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "rules.h"

bool rules_read(const char *command, void (*take)(void *arg, char *line),
		void *arg)
{
	FILE *rules = popen(command, "re");
	char *line = NULL; /* a map of a thousand elements is one */
	size_t size = 0;

	while (rules != NULL && getline(&line, &size, rules) >= 0)
		take(arg, line);
	free(line);
	return rules != NULL && pclose(rules) == 0;
}
