/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as a state file. A checksum would stop every changed
 * seed, so the text is also signed here and read again. What is believed is
 * exactly what this version writes, or format 2, which is the same without the
 * plugs that were cut or have lied; what is not leaves an empty memory: it
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

/* The same text as format 2 has it: without plug_cut, plug_contradicted_N. */
static size_t make_format_2(char *text, size_t size)
{
	static const char version[] = "version = ";
	char *from = strstr(text, "plug_cut = ");
	char *to = strstr(text, "maintenance_version = "), *sum;

	demand(from != NULL && to != NULL && from < to);
	demand(memcmp(text, version, sizeof(version) - 1) == 0);
	text[sizeof(version) - 1] = '2';
	memmove(from, to, size - (size_t)(to - text) + 1);
	sum = strstr(text, "checksum = ");
	demand(sum != NULL);
	return (size_t)(sum - text) +
	       (size_t)sprintf(sum, "checksum = %u\n",
			       auth_digest32(text, (size_t)(sum - text)));
}

static void judge_format_2(const struct core_memory *memory, char *again,
			   size_t *size)
{
	demand(memory->plug_cut == 0);
	for (unsigned i = 0; i < CORE_LIARS_MAX; i++)
		demand(memory->plug_contradicted[i] == 0);
	*size = make_format_2(again, *size);
}

static void judge(const char *text, size_t size)
{
	struct core_memory memory;
	char why[80] = "", again[STATE_TEXT_MAX];
	static const char format_2[] = "version = 2\n";
	size_t written;

	if (state_decode(text, size, "web", "lb01", &memory, why, sizeof(why)) <
	    0) {
		demand(why[0] != '\0' && strlen(why) < sizeof(why));
		demand(is_empty(&memory));
		return;
	}
	demand(size < STATE_TEXT_MAX);
	written = state_encode(&memory, "web", "lb01", again);
	if (memcmp(text, format_2, sizeof(format_2) - 1) == 0)
		judge_format_2(&memory, again, &written);
	demand(written == size);
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
