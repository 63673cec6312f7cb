/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPORTER_HISTORY_H
#define EXPORTER_HISTORY_H
/*
 * The history as a part of the page: the last events and the last failover,
 * each as a swim-lane time line with a list beside it. All of it can be read
 * without a program in the page, and however long the history is, the part is
 * not.
 */
#include <stdio.h>

/* lines: of journals; they are cut apart. NULL: error says why. */
void history_write(FILE *out, char *lines, const char *error);
#endif
