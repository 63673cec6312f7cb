/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVERS_AGENT_METADATA_H
#define DRIVERS_AGENT_METADATA_H
/*
 * What a fence agent says of its own options (action=metadata): XML, of which
 * only the parameters are looked for. Pure: no I/O. The text may be anything;
 * what is not understood is not there.
 */
#include <stdbool.h>

struct agent_parameter {
	char name[64];
	bool required, boolean;
};

/* Calls take for each parameter in turn, until it returns false; how many. */
unsigned agent_metadata_each(const char *xml,
			     bool (*take)(const struct agent_parameter *,
					  void *),
			     void *arg);

/* False: the agent knows no option of this name (- is _). */
bool agent_metadata_find(const char *xml, const char *name,
			 struct agent_parameter *found);

/* Is this what the library of all agents takes for true or false? Any other
 * word is false to it, without a word. */
bool agent_metadata_is_boolean(const char *value);
#endif
