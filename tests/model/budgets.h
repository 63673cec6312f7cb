/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The numbers of a configuration (twinbeat.pml), for a search that was compiled
 * without them (LATER): budget_NAME is what the environment has as MODEL_NAME.
 * What is no number ends the search, which check.sh does not forgive.
 */
#include <stdlib.h>

#define BUDGETS(X)                                                             \
	X(SLOTS_0, 1)                                                          \
	X(SLOTS_1, 1)                                                          \
	X(DUPLICATES, 0)                                                       \
	X(STARTS_0, 0)                                                         \
	X(STARTS_1, 0)                                                         \
	X(CRASHES_0, 0)                                                        \
	X(CRASHES_1, 0)                                                        \
	X(FREEZES_0, 0)                                                        \
	X(FREEZES_1, 0)                                                        \
	X(RTNLS_0, 0)                                                          \
	X(RTNLS_1, 0)                                                          \
	X(UNFITS, 0)                                                           \
	X(UNKNOWNS, 0)                                                         \
	X(FENCES, 0)                                                           \
	X(ADVERTS, 0)                                                          \
	X(SLOW_LINKS, 0)                                                       \
	X(PREEMPT, 0)                                                          \
	X(FAST_BOOT, 0)                                                        \
	X(WITNESS, 0)                                                          \
	X(MUTANT, 0)

#define DECLARE(name, unset) static int budget_##name;
BUDGETS(DECLARE)

static int budget_read(const char *name, int unset)
{
	const char *text = getenv(name);
	char *end = NULL;
	long value = 0;

	if (text == NULL)
		return unset;
	value = strtol(text, &end, 10);
	if (end == text || *end != '\0' || value < 0 || value > 99)
		exit(3);
	return (int)value;
}

static __attribute__((constructor)) void budgets_read(void)
{
#define READ(name, unset) budget_##name = budget_read("MODEL_" #name, unset);
	BUDGETS(READ)
}
