/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_TIMELINE_TEXT_H
#define CLI_TIMELINE_TEXT_H
#include "../timeline/picture.h"

/*
 * The picture in a terminal of so many columns: a column for each lane, time
 * from top to bottom.
 */
void timeline_draw_text(FILE *out, const struct picture *picture,
			unsigned columns);
#endif
