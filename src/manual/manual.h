/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MANUAL_MANUAL_H
#define MANUAL_MANUAL_H
/*
 * What make writes of the rows (settings/row.h): the keys in the manual pages
 * and in the example. Runs while twinbeat is built, and in no program.
 */
#include <stdio.h>

#include "../settings/device.h"

#define MANUAL_LINE_MAX 1024

/* Ends the program: what is wrong, and the text where it is. */
void manual_fail(const char *what, const char *where) __attribute__((noreturn));

/* The group of that name at the top of the file, or NULL. */
const struct setting_row *manual_find_group(const char *key);

/* One paragraph or more of a row's text (struct setting_manual), as lines of
 * mdoc(7). */
void mdoc_put_text(FILE *out, const char *text);
/* The same in the line of a macro: what follows a .Pq, say. */
void mdoc_put_words(FILE *out, const char *text);

/* Copies a page; a line ".Em (make puts the keys of NAME here)" becomes a list
 * of these keys. NAME: "the file", a group, "driver modbus", "driver modbus
 * with rtu" (of those that only count there), "other drivers". */
void manual_write_page(FILE *in, FILE *out);

/* Copies the example; a line "# make puts the other keys of NAME here" becomes
 * those that NAME does not show above, each in a comment. NAME: "the file", or
 * a group. */
void manual_write_example(FILE *in, FILE *out);
#endif
