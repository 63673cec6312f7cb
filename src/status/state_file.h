/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATUS_STATE_FILE_H
#define STATUS_STATE_FILE_H
/*
 * What outlives a run (struct core_memory) as a small text file with a
 * checksum. What cannot be trusted proves nothing (R1, R8): a damaged, foreign
 * or newer file is set aside and the daemon starts with an empty memory, as
 * after an unclean end.
 */
#include "../core/core.h"

#define STATE_FILE     "state"
#define STATE_TEXT_MAX 2048

/* Writes the text; returns its size (< STATE_TEXT_MAX). */
size_t state_encode(const struct core_memory *memory, const char *pair,
		    const char *node, char text[STATE_TEXT_MAX]);

/*
 * Reads it back. 0; or -1 with the reason in why, and *memory is the empty
 * one. Never trusts the text.
 */
int state_decode(const char *text, size_t size, const char *pair,
		 const char *node, struct core_memory *memory, char *why,
		 size_t why_size);

enum state_loaded {
	STATE_GOOD,
	STATE_ABSENT,	 /* a first start: nothing ended uncleanly */
	STATE_SET_ASIDE, /* renamed to PATH.damaged; sentence in why */
};
enum state_loaded state_load(const char *path, const char *pair,
			     const char *node, struct core_memory *memory,
			     char *why, size_t why_size);
#endif
