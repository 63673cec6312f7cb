/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a beat is on a line; apart, for programs that read no file. */
#include "../wire/beat.h"
#include "settings.h"

#define BITS_PER_BYTE 10 /* 8N1: start, eight, stop */

uint32_t settings_frame_us(const struct settings_link *link, unsigned instances)
{
	uint64_t bits = BITS_PER_BYTE * (uint64_t)beat_wire_size(instances);

	if (!link->configured || link->baud == 0)
		return 0;
	return (uint32_t)((bits * 1000000 + link->baud - 1) / link->baud);
}
