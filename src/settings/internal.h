/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_INTERNAL_H
#define SETTINGS_INTERNAL_H
/*
 * What the files settings_*.c that read the file share. Only twinbeatd and the
 * command line link them: the helpers map the sealed snapshot and never see
 * libconfig.
 */
#include "device.h"
#include "reader.h"

/* ---- the text: settings_source.c ---- */

#define SOURCE_FILES_MAX    SETTINGS_FILES_MAX
#define SOURCE_LITERALS_MAX 32
#define SOURCE_STRANGE_MAX  16
#define SOURCE_SIZE_MAX	    (1024 * 1024)

/* A number that libconfig 1.5 would wrap without a word. */
struct source_literal {
	unsigned line; /* of the joined text */
	char key[SETTINGS_NAME_MAX];
	char text[SETTINGS_NAME_MAX];
	int wrapped; /* what libconfig makes of it */
};

struct source_line {
	unsigned file, line;
};

/* ---- single characters: settings_characters.c ---- */

#define CHARACTER_INVALID 0x80000000u /* with the byte: it is no UTF-8 */

/* The character at at (before end) and how many bytes it has; never 0. */
unsigned character_decode(const char *at, const char *end, uint32_t *code);
/* ASCII that is seen, or white space. */
bool character_is_plain(char c);
/* Says what is wrong with a character that is not plain; false: nothing is, in
 * a string. */
bool character_tell(uint32_t code, bool in_string, char *text, size_t size);

/* One that the eye takes for another one, or does not see. */
struct source_strange {
	unsigned line; /* of the joined text */
	unsigned column;
	bool in_string;
	char key[SETTINGS_NAME_MAX];
	char text[96];
};

/*
 * The whole text, @include already put in place, and where each line came
 * from. Joined here because libconfig ends the process when an included file
 * is a folder, and cannot include absolute and relative paths at once.
 */
struct source {
	char *text;
	size_t size, room;
	struct source_line *lines; /* [line - 1] of the joined text */
	unsigned line_count, line_room;
	char files[SOURCE_FILES_MAX][SETTINGS_FILE_MAX];
	unsigned file_count;
	struct source_literal literals[SOURCE_LITERALS_MAX];
	unsigned literal_count;
	struct source_strange stranges[SOURCE_STRANGE_MAX];
	unsigned strange_count, strange_errors;
	/* The first string over several lines: perhaps never meant so. */
	unsigned string_file, string_line, string_lines;
	unsigned depth;
	/* When joining failed: where and why. */
	unsigned error_file, error_line;
	char error[SETTINGS_LINE_MAX / 2];
};

/* Both return 0, or -1 with source->error set. Free in either case. */
int source_read(struct source *source, const char *path);
int source_take(struct source *source, const char *text, const char *name);
void source_free(struct source *source);

/* ---- the findings: settings_findings.c ---- */

#define FINDINGS_MAX 256

struct finding {
	bool is_error;
	unsigned line, number;	     /* joined line; order of finding */
	const config_setting_t *at;  /* and key: the place; NULL: line's */
	char key[SETTINGS_NAME_MAX]; /* "" = at itself */
	char text[SETTINGS_LINE_MAX / 2];
};

/* All that a file may hold, with the tracks, priorities and so on. */
#define READER_GROUPS_MAX (ADDRESSES_MAX + 1024)

struct reader_group {
	const void *base;
	const config_setting_t *at;
};

/* Everything one load needs; lives from parsing to the last cross-check. */
struct reader {
	struct settings *settings;
	struct source source;
	config_t config;
	const config_setting_t *root;
	/* Which group of the file went where in settings. */
	struct reader_group groups[READER_GROUPS_MAX];
	unsigned group_count;
	struct finding findings[FINDINGS_MAX];
	unsigned finding_count, findings_lost;
	unsigned errors, warnings;
};

/* Where the cross-checks point at; NULL: not in the file. */
static inline const config_setting_t *node_at(const struct reader *reader,
					      unsigned i)
{
	return reader_at(reader, &reader->settings->nodes[i]);
}

static inline const config_setting_t *plug_at(const struct reader *reader,
					      unsigned node, unsigned i)
{
	return reader_at(reader, &reader->settings->nodes[node].plugs[i]);
}

static inline const config_setting_t *serial_at(const struct reader *reader)
{
	return reader_at(reader, &reader->settings->links[LINK_SERIAL]);
}

static inline const config_setting_t *instance_at(const struct reader *reader,
						  unsigned i)
{
	return reader_at(reader, &reader->settings->instances[i]);
}

static inline const config_setting_t *address_at(const struct reader *reader,
						 unsigned i)
{
	return reader_at(reader, &reader->settings->addresses[i]);
}

static inline const config_setting_t *device_at(const struct reader *reader,
						unsigned i)
{
	return reader_at(reader, &reader->settings->devices[i]);
}

/* At a line of the joined text, where there may be no setting. */
void reader_note_line(struct reader *reader, bool is_error, unsigned line,
		      const char *key, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Tells all of it in the order of the file. */
void reader_tell_all(struct reader *reader, struct settings_report *report);
/* What stood in a file is shown, but never moves a terminal's cursor, and a
 * character that cannot be told by eye is shown as ?. */
void findings_clean(char *line);

/* ---- single values: value.c ---- */

bool text_is_name(const char *text);
bool text_is_interface(const char *text);
/* "192.0.2.100/32" into ip and the byte behind it; /32 may be left out. */
bool reader_parse_subnet(struct reader *reader, const config_setting_t *at,
			 const char *key, const char *text, struct ip *ip,
			 uint8_t *prefix);
bool reader_is_loopback(const struct ip *ip);

/* ---- the parts of the file, after the rows were read ---- */

void settings_read_devices(struct reader *reader);
void settings_complete_nodes(struct reader *reader);
void settings_complete_links(struct reader *reader);
void settings_complete_instances(struct reader *reader);
/* plug = 3 or "web1" of plug->device, as its driver has it; noted if not. */
void settings_read_plug(struct reader *reader, const config_setting_t *group,
			struct settings_plug *plug);

/*
 * Which node this host is, by --node (node), by host name, or by an address of
 * exactly one node on an interface; noted if by none: settings_self.c.
 */
void settings_find_self(struct reader *reader, const char *node,
			struct settings_report *report);
/* An address of node that an interface of this host has: its index in
 * addresses, or -1; interface[SETTINGS_INTERFACE_MAX] says which. */
int settings_here(const struct settings_node *node, char *interface);

void settings_verify_nodes(struct reader *reader, const char *node,
			   struct settings_report *report);
void settings_verify_instances(struct reader *reader);
void settings_verify_addresses(struct reader *reader); /* after devices */
void settings_verify_links(struct reader *reader);
void settings_verify_fence(struct reader *reader); /* settings_verify_fence.c */
#endif
