/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_INTERNAL_H
#define SETTINGS_INTERNAL_H
/*
 * What the files that read the text of the settings share. Only twinbeatd and
 * the command line link them: the helpers map the sealed snapshot and never see
 * libconfig.
 */
#include <libconfig.h>

#include "device.h"
#include "row.h"
#include "settings.h"

/* ---- the text: source.c ---- */

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

/* ---- single characters: characters.c ---- */

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
	uint32_t changed_at_s; /* the newest of them, UTC */
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

/* ---- syntax errors: syntax.c ---- */

/* Is it the file of another program, so that nothing else is worth telling? */
bool syntax_is_keepalived(const struct source *source);
/* What libconfig's error at a line (0: unknown) of the joined text most likely
 * is, with what to write instead. */
void syntax_tell(const struct source *source, unsigned line, const char *error,
		 char *text, size_t size);

/* ---- the findings: findings.c ---- */

#define FINDINGS_MAX 256

struct finding {
	bool is_error;
	unsigned line, number;	     /* joined line; order of finding */
	const config_setting_t *at;  /* and key: the place; NULL: line's */
	char key[SETTINGS_NAME_MAX]; /* "" = at itself */
	char text[SETTINGS_LINE_MAX / 2];
};

/* All that a file may hold, with the tracks, priorities and so on. */
#define READER_GROUPS_MAX                                                      \
	(ADDRESSES_MAX + 5 * SERVICES_MAX + LISTENS_MAX + SERVERS_MAX +        \
	 2 * CHECKS_MAX + 1024)

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

/*
 * Notes what is wrong with member key of at (the member need not exist), or
 * with at itself when key is NULL.
 */
void reader_error(struct reader *reader, const config_setting_t *at,
		  const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void reader_warn(struct reader *reader, const config_setting_t *at,
		 const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* No error was noted there: a cross-check may build on it. */
bool reader_is_good(const struct reader *reader, const config_setting_t *at,
		    const char *key);
/* The nearest of the names to what was written, or NULL. */
const char *findings_nearest(const char *written,
			     const char *(*name)(const void *arg, unsigned i),
			     const void *arg);

/* At a line of the joined text, where there may be no setting. */
void reader_note_line(struct reader *reader, bool is_error, unsigned line,
		      const char *key, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Tells all of it in the order of the file. */
void reader_tell_all(struct reader *reader, struct settings_report *report);
/* What stood in a file is shown, but never moves a terminal's cursor, and a
 * character that cannot be told by eye is shown as ?. */
void findings_clean(char *line);

/* ---- groups: read.c ---- */

/*
 * Sets all defaults in base, then reads what group (NULL: nothing) says by
 * rows and more (NULL: none); unknown, mistyped, out of range, missing and
 * "not yet" are noted. Rows that are by_code are left to the caller.
 */
void reader_read_group(struct reader *reader, const config_setting_t *group,
		       const struct setting_row *rows,
		       const struct setting_row *more, void *base);
/* The group whose values went to base; NULL if it is not in the file. */
const config_setting_t *reader_at(const struct reader *reader,
				  const void *base);

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

/* ---- single values: read_value.c, value.c ---- */

/* Where findings about a value belong: a key of a group, or an element of a
 * list, which has none. */
struct reader_place {
	const config_setting_t *at;
	const char *key;
};

/* Reads what has the form that the row wants to its place in a struct. */
void reader_read_value(struct reader *reader, const struct reader_place *place,
		       const struct setting_row *row,
		       const config_setting_t *setting, void *to);
/* Is this what a key of a later version is by default? Else it is refused. */
bool reader_is_default(const struct setting_row *row,
		       const config_setting_t *setting);
void reader_refuse_later(struct reader *reader,
			 const struct reader_place *place,
			 const struct setting_row *row,
			 const config_setting_t *setting);

bool reader_has(const config_setting_t *group, const char *key);
/* Member of group if it is there and no error was noted at it. */
const config_setting_t *reader_member(const struct reader *reader,
				      const config_setting_t *group,
				      const char *key);
/* An element of a list that must hold groups; NULL and noted if it is none. */
const config_setting_t *reader_group_element(struct reader *reader,
					     const config_setting_t *list,
					     unsigned i);
unsigned reader_length(const config_setting_t *list);
/* The text of a string, or NULL and noted. */
const char *reader_string(struct reader *reader,
			  const config_setting_t *setting);
/* A literal address fit for a host; noted at (at, key) if it is none. */
bool reader_parse_address(struct reader *reader, const config_setting_t *at,
			  const char *key, const char *text, struct ip *ip);
/* The same, IPv4 only: of a power switch. */
bool reader_parse_host(struct reader *reader, const config_setting_t *at,
		       const char *key, const char *text, struct ip *ip);
/* "a string", "a list ( )": what setting is. */
const char *reader_type_name(const config_setting_t *setting);
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
void settings_complete_director(struct reader *reader);
/* plug = 3 or "web1" of plug->device, as its driver has it; noted if not. */
void settings_read_plug(struct reader *reader, const config_setting_t *group,
			struct settings_plug *plug);

/*
 * Which node this host is, by --node (node), by host name, or by an address of
 * exactly one node on an interface; noted if by none: self.c.
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
void settings_verify_routes(struct reader *reader);
/* verify_hmac.c */
void settings_verify_hmac(struct reader *reader);
void settings_verify_links(struct reader *reader);
void settings_verify_fence(struct reader *reader);  /* verify_fence.c */
void settings_verify_notify(struct reader *reader); /* after instances */
void settings_verify_director(struct reader *reader);
void settings_verify_checks(struct reader *reader);
#endif
