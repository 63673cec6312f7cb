/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_REPORT_H
#define IMPORT_REPORT_H
/* Every line accounted for: as a comment at its place, and in the summary. */
#include "model.h"

/* Comments into import->root; before import_settle(). */
void report_place(struct import *import);
/* The lines for standard error; how many were lost. */
const char *report_summary(struct import *import, unsigned *lost);
/* The same for a refusal. */
const char *report_refusals(struct import *import);
#endif
