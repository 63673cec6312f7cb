/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as a state file. A checksum would stop every changed
 * seed, so the text is also signed here and read again. What is believed is
 * exactly what this version writes; what is not leaves an empty memory: it
 * must never prove that a plug is the right one (R1, R8).
 */
#include "../../src/status/state_file.h"
#include "../../src/wire/auth.h"
#include "fuzz.h"

#include <stdio.h>

static bool is_empty(const struct core_memory *memory)
{
	static const struct core_memory empty;

	return memcmp(memory, &empty, sizeof(empty)) == 0;
}

static void judge(const char *text, size_t size)
{
	struct core_memory memory;
	char why[80] = "", again[STATE_TEXT_MAX];

	if (state_decode(text, size, "web", "lb01", &memory, why, sizeof(why)) <
	    0) {
		demand(why[0] != '\0' && strlen(why) < sizeof(why));
		demand(is_empty(&memory));
		return;
	}
	demand(size < STATE_TEXT_MAX);
	demand(state_encode(&memory, "web", "lb01", again) == size);
	demand(memcmp(again, text, size) == 0);
}

/* All before the last line is kept, the checksum is made good. */
static void judge_signed(const uint8_t *data, size_t size)
{
	static const char key[] = "checksum = ";
	char text[STATE_TEXT_MAX * 2];
	size_t body = size;

	while (body > 0 && data[body - 1] != '\n')
		body--;
	if (size - body < sizeof(key) - 1)
		body = size;
	if (body > STATE_TEXT_MAX)
		return;
	memcpy(text, data, body);
	size = body + (size_t)snprintf(text + body, sizeof(text) - body,
				       "%s%u\n", key,
				       auth_digest32(text, body));
	judge(text, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1); /* exact: overreads are seen */

	demand(text != NULL);
	memcpy(text, data, size);
	judge(text, size);
	free(text);
	judge_signed(data, size);
	return 0;
}
