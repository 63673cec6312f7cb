/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_RULES_H
#define CLI_RULES_H
/* The rules of the firewall, as its own commands print them. */
#include <stdbool.h>

#define RULES_OF_NFT "nft -n list ruleset 2>/dev/null"

/* take() gets each line that the command prints, its newline with it. False: it
 * is not there, or says by its exit status that it could not. nft is asked
 * once, and what it said is kept. */
bool rules_read(const char *command, void (*take)(void *arg, char *line),
		void *arg);
#endif
