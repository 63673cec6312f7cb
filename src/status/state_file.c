/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state file: "key = value" lines in a fixed order, the last of which is a
 * checksum of all before it. Strict on purpose: whatever differs from what this
 * version writes, or one before, is not believed. It must never let a
 * doubtful file prove that a plug is the right one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../wire/auth.h"
#include "state_file.h"

#define STATE_VERSION 5
#define STATE_CUT     3 /* the first that had cut and contradicted plugs */
#define STATE_IDS     4 /* the first that said which plugs its bits are for */
#define STATE_RESTORE 5 /* the first that said whether an on is owed */
#define STATE_OLDEST  2
#define DRILL_WORDS   3 /* enum drill_result and none */
#define SECONDS_MAX   (INT64_MAX / 1000000)

struct writer {
	char *text;
	size_t used;
};

static void put(struct writer *writer, const char *key, uint64_t value)
{
	writer->used += (size_t)snprintf(writer->text + writer->used,
					 STATE_TEXT_MAX - writer->used,
					 "%s = %" PRIu64 "\n", key, value);
}

static uint64_t seconds(int64_t at_s)
{
	return at_s > 0 ? (uint64_t)at_s : 0;
}

size_t state_encode(const struct core_memory *memory, const char *pair,
		    const char *node, char text[STATE_TEXT_MAX])
{
	struct writer writer = {.text = text};
	char key[32];

	put(&writer, "version", STATE_VERSION);
	writer.used += (size_t)snprintf(text + writer.used,
					STATE_TEXT_MAX - writer.used,
					"pair = %s\nnode = %s\n", pair, node);
	put(&writer, "clean_end", memory->clean_end);
	put(&writer, "links_worked", memory->links_worked);
	put(&writer, "fence_digest", memory->fence_digest);
	for (unsigned i = 0; i < CORE_PLUGS_MAX; i++) {
		snprintf(key, sizeof(key), "plug_id_%u", i);
		put(&writer, key, memory->plug_ids[i]);
	}
	put(&writer, "plug_proven", memory->plug_proven);
	put(&writer, "plug_miswired", memory->plug_miswired);
	put(&writer, "plug_cut", memory->plug_cut);
	put(&writer, "restore_at", seconds(memory->restore_at_s));
	for (unsigned i = 0; i < CORE_LIARS_MAX; i++) {
		snprintf(key, sizeof(key), "plug_contradicted_%u", i);
		put(&writer, key, memory->plug_contradicted[i]);
	}
	put(&writer, "maintenance_version", memory->maintenance_version);
	put(&writer, "maintenance", memory->maintenance);
	put(&writer, "drill_pending", memory->drill_pending);
	put(&writer, "drill_result", memory->drill_result);
	put(&writer, "drill_off_ms", memory->drill_off_ms);
	put(&writer, "drill_back_ms", memory->drill_back_ms);
	put(&writer, "drill_at", seconds(memory->drill_at_s));
	put(&writer, "drill_passed_at", seconds(memory->drill_passed_at_s));
	for (unsigned i = 0; i < CORE_FENCES_MAX; i++) {
		snprintf(key, sizeof(key), "fenced_at_%u", i);
		put(&writer, key, seconds(memory->fenced_at_s[i]));
	}
	put(&writer, "checksum", auth_digest32(text, writer.used));
	return writer.used;
}

struct parser {
	const char *at, *end;
	char failed[24]; /* the key that was expected, "" = good so far */
};

static void fail_at(struct parser *parser, const char *key)
{
	snprintf(parser->failed, sizeof(parser->failed), "%s", key);
}

/* The text after "key = " up to the line's end, or NULL. */
static const char *take_line(struct parser *parser, const char *key,
			     size_t *size)
{
	size_t length = strlen(key);
	const char *value, *newline;

	if (parser->failed[0])
		return NULL;
	fail_at(parser, key);
	if ((size_t)(parser->end - parser->at) < length + 3 ||
	    memcmp(parser->at, key, length) != 0 ||
	    memcmp(parser->at + length, " = ", 3) != 0)
		return NULL;
	value = parser->at + length + 3;
	newline = memchr(value, '\n', (size_t)(parser->end - value));
	if (!newline)
		return NULL;
	*size = (size_t)(newline - value);
	parser->at = newline + 1;
	parser->failed[0] = '\0';
	return value;
}

static uint64_t take_number(struct parser *parser, const char *key,
			    uint64_t most)
{
	size_t size = 0;
	const char *value = take_line(parser, key, &size);
	uint64_t number = 0;

	if (!value)
		return 0;
	/* as it is written: "01" is no number of ours */
	if (size == 0 || size > 18 || (size > 1 && value[0] == '0'))
		fail_at(parser, key);
	for (size_t i = 0; i < size && !parser->failed[0]; i++) {
		if (value[i] < '0' || value[i] > '9')
			fail_at(parser, key);
		number = number * 10 + (uint64_t)(value[i] - '0');
	}
	if (number > most)
		fail_at(parser, key);
	return parser->failed[0] ? 0 : number;
}

static bool take_name(struct parser *parser, const char *key, const char *name)
{
	size_t size = 0;
	const char *value = take_line(parser, key, &size);

	return value && size == strlen(name) && memcmp(value, name, size) == 0;
}

static void take_cut_plugs(struct parser *parser, uint64_t version,
			   struct core_memory *memory)
{
	char key[32];

	memory->plug_cut = (uint8_t)take_number(parser, "plug_cut", UINT8_MAX);
	if (version >= STATE_RESTORE)
		memory->restore_at_s =
			(int64_t)take_number(parser, "restore_at", SECONDS_MAX);
	for (unsigned i = 0; i < CORE_LIARS_MAX; i++) {
		snprintf(key, sizeof(key), "plug_contradicted_%u", i);
		memory->plug_contradicted[i] =
			(uint32_t)take_number(parser, key, UINT32_MAX);
	}
}

static void take_memory(struct parser *parser, uint64_t version,
			struct core_memory *memory)
{
	char key[32];

	memory->clean_end = take_number(parser, "clean_end", 1);
	memory->links_worked = take_number(parser, "links_worked", 1);
	memory->fence_digest =
		(uint32_t)take_number(parser, "fence_digest", UINT32_MAX);
	for (unsigned i = 0; version >= STATE_IDS && i < CORE_PLUGS_MAX; i++) {
		snprintf(key, sizeof(key), "plug_id_%u", i);
		memory->plug_ids[i] =
			(uint32_t)take_number(parser, key, UINT32_MAX);
	}
	memory->plug_proven =
		(uint8_t)take_number(parser, "plug_proven", UINT8_MAX);
	memory->plug_miswired =
		(uint8_t)take_number(parser, "plug_miswired", UINT8_MAX);
	if (version >= STATE_CUT)
		take_cut_plugs(parser, version, memory);
	memory->maintenance_version =
		(uint16_t)take_number(parser, "maintenance_version", INT16_MAX);
	memory->maintenance = take_number(parser, "maintenance", 1);
	memory->drill_pending = take_number(parser, "drill_pending", 1);
	memory->drill_result =
		(uint8_t)take_number(parser, "drill_result", DRILL_WORDS);
	memory->drill_off_ms =
		(uint32_t)take_number(parser, "drill_off_ms", UINT32_MAX);
	memory->drill_back_ms =
		(uint32_t)take_number(parser, "drill_back_ms", UINT32_MAX);
	memory->drill_at_s =
		(int64_t)take_number(parser, "drill_at", SECONDS_MAX);
	memory->drill_passed_at_s =
		(int64_t)take_number(parser, "drill_passed_at", SECONDS_MAX);
	for (unsigned i = 0; i < CORE_FENCES_MAX; i++) {
		snprintf(key, sizeof(key), "fenced_at_%u", i);
		memory->fenced_at_s[i] =
			(int64_t)take_number(parser, key, SECONDS_MAX);
	}
}

static int decode(struct parser *parser, const char *text, const char *pair,
		  const char *node, struct core_memory *memory, char *why,
		  size_t why_size)
{
	uint64_t version = take_number(parser, "version", UINT32_MAX);
	bool same_pair, same_node;
	const char *summed;

	if (!parser->failed[0] &&
	    (version < STATE_OLDEST || version > STATE_VERSION)) {
		snprintf(why, why_size,
			 "it has format %" PRIu64 ", this version knows %d to "
			 "%d",
			 version, STATE_OLDEST, STATE_VERSION);
		return -1;
	}
	same_pair = take_name(parser, "pair", pair);
	same_node = take_name(parser, "node", node);
	take_memory(parser, version, memory);
	summed = parser->at;
	if (take_number(parser, "checksum", UINT32_MAX) !=
		    auth_digest32(text, (size_t)(summed - text)) &&
	    !parser->failed[0])
		fail_at(parser, "checksum");
	if (parser->failed[0] || parser->at != parser->end) {
		snprintf(why, why_size, "it is damaged (at %s)",
			 parser->failed[0] ? parser->failed : "its end");
		return -1;
	}
	if (!same_pair || !same_node) {
		snprintf(why, why_size,
			 "it was written by another node or pair than \"%s\" "
			 "of \"%s\"",
			 node, pair);
		return -1;
	}
	return 0;
}

int state_decode(const char *text, size_t size, const char *pair,
		 const char *node, struct core_memory *memory, char *why,
		 size_t why_size)
{
	struct parser parser = {.at = text, .end = text + size};
	int result;

	memset(memory, 0, sizeof(*memory));
	result = decode(&parser, text, pair, node, memory, why, why_size);
	if (result < 0)
		memset(memory, 0, sizeof(*memory));
	return result;
}

static void set_aside(const char *path, const char *reason, char *why,
		      size_t why_size)
{
	char aside[600];
	bool is_moved;

	snprintf(aside, sizeof(aside), "%s.damaged", path);
	is_moved = rename(path, aside) == 0;
	snprintf(why, why_size,
		 "state file %s proves nothing: %s; %s %s; plugs have to be "
		 "seen on again before they count",
		 path, reason,
		 is_moved ? "it was set aside as" : "it could not be moved to",
		 aside);
}

enum state_loaded state_load(const char *path, const char *pair,
			     const char *node, struct core_memory *memory,
			     char *why, size_t why_size)
{
	char text[STATE_TEXT_MAX + 1], reason[200];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t size = 0, got = 0;

	memset(memory, 0, sizeof(*memory));
	why[0] = '\0';
	if (fd < 0 && errno == ENOENT) {
		memory->clean_end = true;
		return STATE_ABSENT;
	}
	while (fd >= 0 && size < STATE_TEXT_MAX + 1) {
		got = read(fd, text + size, sizeof(text) - (size_t)size);
		if (got <= 0)
			break;
		size += got;
	}
	if (fd < 0 || got < 0) {
		snprintf(reason, sizeof(reason), "it cannot be read: %s",
			 strerror(errno));
		set_aside(path, reason, why, why_size);
	} else if (state_decode(text, (size_t)size, pair, node, memory, reason,
				sizeof(reason)) < 0) {
		set_aside(path, reason, why, why_size);
	}
	if (fd >= 0)
		close(fd);
	return why[0] ? STATE_SET_ASIDE : STATE_GOOD;
}
