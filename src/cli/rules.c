/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

/* What nft has said: doctor looks for what drops, and then for marks. A large
 * ruleset takes it seconds to list. */
static struct {
	char *text;
	size_t size;
	bool is_listed, is_good;
} nft;

static bool list(const char *command, void (*take)(void *arg, char *line),
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

static void keep(void *arg, char *line)
{
	fputs(line, arg);
}

static bool list_nft(void (*take)(void *arg, char *line), void *arg)
{
	FILE *kept =
		nft.is_listed ? NULL : open_memstream(&nft.text, &nft.size);
	char *line = NULL;
	size_t size = 0;

	if (!nft.is_listed) {
		if (kept == NULL)
			return false;
		nft.is_good = list(RULES_OF_NFT, keep, kept);
		if (fclose(kept) != 0)
			return false;
		nft.is_listed = true;
	}
	kept = nft.size > 0 ? fmemopen(nft.text, nft.size, "r") : NULL;
	while (kept != NULL && getline(&line, &size, kept) >= 0)
		take(arg, line);
	free(line);
	if (kept != NULL)
		fclose(kept);
	return nft.is_good;
}

bool rules_read(const char *command, void (*take)(void *arg, char *line),
		void *arg)
{
	return strcmp(command, RULES_OF_NFT) == 0 ? list_nft(take, arg)
						  : list(command, take, arg);
}
