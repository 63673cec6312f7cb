/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H
/*
 * Words for people, in plain ASCII, as wide as the terminal. Texts may come
 * from the wire (a foreign VRRP sender, a device's answer): nothing of them may
 * move a terminal's cursor.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TEXT_COLUMNS	  80 /* where nobody says otherwise */
#define TEXT_UNFOLDED	  UINT32_MAX
#define TEXT_DURATION_MAX 24

/* Everything that is not printable ASCII becomes '?'. In place. */
void text_clean(char *text);

/* "85 ms", "1.4 s", "2 m 10 s", "3 h 4 m", "5 d 2 h". Returns buffer. */
const char *text_duration(char buffer[TEXT_DURATION_MAX], int64_t ms);

/*
 * How wide out is: its terminal's columns, else $COLUMNS, else TEXT_COLUMNS;
 * and never narrower than 20.
 */
unsigned text_columns(FILE *out);
/* From now on text_wrap() folds there instead, at TEXT_UNFOLDED never. */
void text_fold_at(unsigned columns);

/*
 * Prints prefix and text, broken at blanks; further lines are indented by
 * indent columns. A word longer than a line is not broken.
 */
void text_wrap(FILE *out, const char *prefix, unsigned indent,
	       const char *text);
#endif
