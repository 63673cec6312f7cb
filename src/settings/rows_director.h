/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_ROWS_DIRECTOR_H
#define SETTINGS_ROWS_DIRECTOR_H
/* The keys of the group director, apart: they are many. */
#include "row.h"

extern const struct setting_row settings_director_rows[];
#endif
