/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_PUSH_H
#define SETTINGS_PUSH_H
/* What twinbeat push asks of the settings; the rest is as for a reload. */
#include "settings.h"

/*
 * The file and all that it includes as one text, as it is read; freed by the
 * caller. NULL with one sentence in error.
 */
char *settings_join(const char *path, size_t *size, char *error,
		    size_t error_size);

/*
 * Is it what counts already? By their bytes: both were read into zeroed memory,
 * and padding that differs costs no more than a reload of nothing. A file that
 * was only touched is the same.
 */
bool settings_are_same(const struct settings *a, const struct settings *b);

/*
 * What differs and cannot come by a push: who the nodes are, how they are
 * reached and cut off, and the links that it comes by. Tells each, and how many
 * there are.
 */
unsigned settings_check_push(const struct settings *old,
			     const struct settings *new,
			     struct settings_report *report);
#endif
