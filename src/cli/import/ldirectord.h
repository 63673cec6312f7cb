/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_LDIRECTORD_H
#define IMPORT_LDIRECTORD_H
#include "model.h"

/* A line "virtual = ..." is one of ldirectord's. */
bool ldirectord_is(const struct lines *lines);
/* Fills import->root from the lines of the first model. */
void ldirectord_write(struct import *import);
#endif
