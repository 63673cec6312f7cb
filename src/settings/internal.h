/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_INTERNAL_H
#define SETTINGS_INTERNAL_H
/*
 * What the files settings_*.c that read the file share. Only twinbeatd and the
 * command line link them: the helpers map the sealed snapshot and never see
 * libconfig.
 */
#include <libconfig.h>

#include "settings.h"

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

/* Everything one load needs; lives from parsing to the last cross-check. */
struct reader {
	struct settings *settings;
	struct source source;
	config_t config;
	const config_setting_t *root;
	/* Where the cross-checks point at; NULL = not in the file. */
	const config_setting_t *nodes[NODES];
	const config_setting_t *plugs[NODES][PLUGS_MAX];
	const config_setting_t *instances[INSTANCES_MAX];
	const config_setting_t *addresses[ADDRESSES_MAX];
	const config_setting_t *devices[DEVICES_MAX];
	const config_setting_t *links, *serial, *fence;
	unsigned node_count; /* found, may be more than NODES */
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
/* At a line of the joined text, where there may be no setting. */
void reader_note_line(struct reader *reader, bool is_error, unsigned line,
		      const char *key, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* No error was noted there: a cross-check may build on it. */
bool reader_is_good(const struct reader *reader, const config_setting_t *at,
		    const char *key);
/* Tells all of it in the order of the file. */
void reader_tell_all(struct reader *reader, struct settings_report *report);
/* What stood in a file is shown, but never moves a terminal's cursor, and a
 * character that cannot be told by eye is shown as ?. */
void findings_clean(char *line);
/* The nearest of the names to what was written, or NULL. */
const char *findings_nearest(const char *written,
			     const char *(*name)(const void *arg, unsigned i),
			     const void *arg);

/* ---- the table: settings_table.c ---- */

enum option_type {
	OPTION_BOOL,
	OPTION_INT,
	OPTION_TEXT,	  /* any string that fits */
	OPTION_NAME,	  /* letters, digits, . _ : - */
	OPTION_PATH,	  /* absolute */
	OPTION_INTERFACE, /* a network interface */
	OPTION_CHOICE,	  /* one of choices[], stored as its index */
	OPTION_GROUP,	  /* read by a function of its own */
	OPTION_LIST,	  /* the same */
	OPTION_STRINGS,	  /* list or array of strings, the same */
	OPTION_ANY,	  /* the same, type checked there */
};

/* One row per key: the man page lists the same. */
struct option {
	const char *key;
	enum option_type type;
	size_t offset, size; /* size 0: checked, not stored */
	int64_t value;	     /* default of BOOL, INT, CHOICE */
	int64_t min, max;
	const char *unit;	    /* "" if the number has none */
	const char *text;	    /* default of strings; NULL = "" */
	const char *const *choices; /* ends with NULL */
	bool required;
	/* Not built yet: only the default is accepted. "unicast adverts are" */
	const char *later;
};

extern const struct option settings_root_options[], settings_node_options[],
	settings_plug_options[], settings_links_options[],
	settings_serial_options[], settings_instance_options[],
	settings_priority_options[], settings_address_options[],
	settings_track_options[], settings_modbus_options[],
	settings_ipmi_options[], settings_agent_options[],
	settings_fence_options[], settings_vip_options[],
	settings_watchdog_options[];

/* Rows of a table: where a value goes, and the kinds that come often. */
#define FIELD(type, field)                                                     \
	offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define HOUR_MS 3600000
#define TIME_MS(type, field, byDefault)                                        \
	{                                                                      \
#field, OPTION_INT, FIELD(type, field),                        \
			.value = (byDefault), .max = HOUR_MS, .unit = " ms"    \
	}
#define END                                                                    \
	{                                                                      \
		.key = NULL                                                    \
	}

/* ---- reading: settings_read.c ---- */

/*
 * Sets all defaults in base, then reads what group (NULL: nothing) says;
 * unknown, mistyped, out of range, missing and "not yet" are noted.
 */
void reader_read_group(struct reader *reader, const config_setting_t *group,
		       const struct option *options, void *base);

/* ---- single values: settings_value.c ---- */

/* Member of group if it is there and has the kind that the table wants. */
const config_setting_t *reader_member(const struct reader *reader,
				      const config_setting_t *group,
				      const char *key);
bool reader_has(const config_setting_t *group, const char *key);
/* The elements of a list that must hold groups; notes those that do not. */
const config_setting_t *reader_group_element(struct reader *reader,
					     const config_setting_t *list,
					     unsigned i);
/* The text of a string element, or NULL and noted. */
const char *reader_string(struct reader *reader,
			  const config_setting_t *setting);
unsigned reader_length(const config_setting_t *list);
/* A literal IPv4 address fit for a host; noted at (at, key) if it is none. */
bool reader_parse_host(struct reader *reader, const config_setting_t *at,
		       const char *key, const char *text, struct ip *ip);
/* "a string", "a list ( )": what setting is. */
const char *reader_type_name(const config_setting_t *setting);
bool text_is_name(const char *text);
bool text_is_interface(const char *text);

/* ---- the parts of the file ---- */

void settings_read_nodes(struct reader *reader);     /* settings_nodes.c */
void settings_read_plugs(struct reader *reader);     /* after devices */
void settings_read_links(struct reader *reader);     /* settings_nodes.c */
void settings_read_instances(struct reader *reader); /* settings_instances.c */
void settings_read_devices(struct reader *reader);   /* settings_devices.c */

/*
 * How the settings of one driver's devices are read; one file each, one row
 * in settings_devices.c.
 */
struct device_reader {
	const char *driver;
	/*
	 * Reads all keys of group and fills what it knows, place and answer_ms
	 * too; name and driver are there already.
	 */
	void (*read)(struct reader *reader, const config_setting_t *group,
		     struct settings_device *device);
	/* Is plug (NULL: none was given) one of the device's? Fills in
	 * plug->plug, or notes at (group, "plug") why not. */
	void (*read_plug)(struct reader *reader, const config_setting_t *group,
			  const struct settings_device *device,
			  const config_setting_t *setting,
			  struct settings_plug *plug);
	/* Two entries, one piece of metal? Both are good and of this driver. */
	bool (*is_same)(const struct settings_device *a, const char *plug_a,
			const struct settings_device *b, const char *plug_b);
	/* May they be, though something differs that could keep them apart?
	 * NULL: never. */
	bool (*is_alike)(const struct settings_device *a, const char *plug_a,
			 const struct settings_device *b, const char *plug_b);
};
extern const struct device_reader device_reader_agent; /* settings_agent.c */
extern const struct device_reader device_reader_modbus;
extern const struct device_reader device_reader_ipmi; /* settings_ipmi.c */
/* NULL if the driver is not built or the name was wrong. */
const struct device_reader *settings_device_reader(const char *driver);
/* host = "ADDRESS": fills host and place; false if it is not there or bad. */
bool reader_read_device_host(struct reader *reader,
			     const config_setting_t *group,
			     struct settings_device *device, unsigned port);
/* plug = 3 or "3": the number, or 0. */
long reader_plug_number(struct reader *reader, const config_setting_t *setting);

/* Where an agent speaks to, as it is written: an address or a name; or NULL. */
const char *settings_agent_host(const struct settings_agent *agent);
/* The value of an agent's option, or NULL. */
const char *settings_agent_option(const struct settings_agent *agent,
				  const char *key);

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
