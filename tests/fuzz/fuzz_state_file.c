/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as a state file. A checksum would stop every changed
 * seed, so the text is also signed here and read again. What is believed is
 * exactly what this version writes, or an older format, which is the same
 * without some lines; what is not leaves an empty memory: it must never prove
 * that a plug is the right one (R1, R8).
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

/* What an older format has not: from the first of its lines to the next kept.
 */
static size_t lines_go(char *text, size_t size, const char *first,
		       const char *next)
{
	char *from = strstr(text, first), *to = strstr(text, next);

	demand(from != NULL && to != NULL && from < to);
	memmove(from, to, size - (size_t)(to - text) + 1);
	return size - (size_t)(to - from);
}

/* The same text as that format has it. */
static size_t make_format(char format, char *text, size_t size)
{
	static const char version[] = "version = ";
	char *sum;

	demand(memcmp(text, version, sizeof(version) - 1) == 0);
	text[sizeof(version) - 1] = format;
	if (format < '4')
		size = lines_go(text, size, "plug_id_0 = ", "plug_proven = ");
	if (format == '2')
		size = lines_go(text, size,
				"plug_cut = ", "maintenance_version = ");
	else
		size = lines_go(text, size,
				"restore_at = ", "plug_contradicted_0 = ");
	sum = strstr(text, "checksum = ");
	demand(sum != NULL);
	return (size_t)(sum - text) +
	       (size_t)sprintf(sum, "checksum = %u\n",
			       auth_digest32(text, (size_t)(sum - text)));
}

static void judge_older(char format, const struct core_memory *memory,
			char *again, size_t *size)
{
	for (unsigned i = 0; i < CORE_PLUGS_MAX; i++)
		demand(format == '4' || memory->plug_ids[i] == 0);
	demand(format != '2' || memory->plug_cut == 0);
	for (unsigned i = 0; i < CORE_LIARS_MAX; i++)
		demand(format != '2' || memory->plug_contradicted[i] == 0);
	demand(memory->restore_at_s == 0);
	*size = make_format(format, again, *size);
}

static void judge(const char *text, size_t size)
{
	struct core_memory memory;
	char why[80] = "", again[STATE_TEXT_MAX];
	static const char versions[] = "version = ";
	char format;
	size_t written;

	if (state_decode(text, size, "web", "lb01", &memory, why, sizeof(why)) <
	    0) {
		demand(why[0] != '\0' && strlen(why) < sizeof(why));
		demand(is_empty(&memory));
		return;
	}
	demand(size < STATE_TEXT_MAX);
	written = state_encode(&memory, "web", "lb01", again);
	format = text[sizeof(versions) - 1];
	if (format >= '2' && format <= '4')
		judge_older(format, &memory, again, &written);
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
