/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_ROW_H
#define SETTINGS_ROW_H
/*
 * One row per key of twinbeat.conf: what it may be, what it is when it is left
 * out, and where its value lies in the snapshot. Everything that handles all
 * keys alike goes by these rows (reading, the digest, what a helper checks of
 * its snapshot, printing), and make puts it into the manual and the example
 * (src/manual). A new key is its row and its field. Not by rows: what the core
 * gets; that is copied key by key in daemon/core_settings.c, but for rows that
 * are not_core, and test_settings_core.c compares the two.
 *
 * Rows are plain data and name no library: the programs that never read the
 * file link them, too. What devices have beside name and driver is in the rows
 * of their driver (struct driver).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settings;

enum setting_type {
	SETTING_BOOL,	   /* bool */
	SETTING_INT,	   /* uint8_t, uint16_t or uint32_t, by its size */
	SETTING_MS,	   /* uint32_t: us; written in ms, as 100 or 3.3 */
	SETTING_CHOICE,	   /* as INT: the place of a word in choices[] */
	SETTING_FLAGS,	   /* as INT: a list of words, a bit for each */
	SETTING_WORD,	   /* char[]: one of choices[] */
	SETTING_TEXT,	   /* char[]: any string that fits */
	SETTING_NAME,	   /* char[]: letters, digits, . _ : - */
	SETTING_PATH,	   /* char[]: absolute */
	SETTING_INTERFACE, /* char[]: a network interface */
	SETTING_HOST,	   /* struct ip: an address of a host */
	SETTING_SUBNET,	   /* struct ip, then a byte: 192.0.2.100/32 */
	SETTING_NODE,	   /* a node's name: its index */
	SETTING_DEVICE,	   /* a device's name: its index */
	SETTING_INSTANCE,  /* an instance's name: its index */
	SETTING_PAIRS,	   /* struct setting_pair[]: { any_name = value; } */
	SETTING_GROUP,	   /* rows[], in the struct at offset */
};

struct setting_row {
	const char *key;
	enum setting_type type;
	/* Of one value, in the struct that holds the group. Size 0: the value
	 * is checked and not kept. */
	size_t offset, size;
	int64_t value;	  /* default of BOOL, INT, MS, CHOICE, FLAGS */
	int64_t min, max; /* of INT, MS */
	const char *unit; /* " ms"; NULL if the number has none */
	/* Of INT: a number out of the range that others allow, and the sentence
	 * that says why it is refused here. */
	int64_t refused;
	const char *refused_says;
	const char *text;	    /* default of char[]; NULL = "" */
	const char *const *choices; /* ends with NULL; "" may not be written */
	const struct setting_row *rows; /* of GROUP */
	/*
	 * A list of up to most values, or groups, size bytes apart: how many
	 * are there is a number at count_offset; count_size 0: always most.
	 * Or elements says how many, and where the first is. Or the elements
	 * of all such lists lie in one array of the snapshot (a list in a
	 * list): array_offset is where, used_offset counts what is used of it,
	 * first_offset is the place of the first of this list; both 16 bits.
	 */
	unsigned most;
	size_t count_offset, count_size;
	unsigned (*elements)(const struct settings *settings, const void *base,
			     const void **first);
	size_t array_offset, used_offset, first_offset; /* array_offset > 0 */
	/* Of GROUP: it may be left out, and a bool in its struct says so. */
	bool optional;
	size_t there_offset;
	bool required;
	/* Of HOST: also 127.0.0.1, where this very machine is meant. */
	bool may_be_loopback;
	/* A list of one value may be written without ( ). */
	bool single;
	/* Of a list of groups: a string instead stands for one group that has
	 * this key alone. */
	const char *short_key;
	/* A function reads it; the type says how the value is kept. */
	bool by_code;
	/* The nodes may differ: in no digest, and no difference to tell. */
	bool may_differ;
	/* daemon/core_settings.c does not copy it, nor what is in the group. */
	bool not_core;
	/* 1 + the part whose digest it is in; 0: as the group that it is in. */
	uint8_t part;
	/* The key counts only where the byte at when_offset is one of these (1
	 * << value), to be said and digested there alone; 0: everywhere. */
	uint32_t when;
	size_t when_offset;
	/* Not built yet: only the default is accepted. "unicast adverts are" */
	const char *later;
	const char *since; /* "0.2.0"; NULL: as old as the format, 0.1.0 */
	const char *says;  /* what it is for, in one line */
	const struct setting_manual *manual; /* NULL, but in make_manual */
};

/*
 * What twinbeat.conf(5) says of a key beside its type, range and default; only
 * make_manual has it, so that it costs no program memory. Text is prose, in
 * which `key` is a key, {Xr sudo 8} the macro Xr of mdoc(7) with its words,
 * and a line feed begins a paragraph.
 */
struct setting_manual {
	const char *more;  /* instead of says */
	const char *after; /* of a group: behind its keys */
	const char *head;  /* instead of type, range and default */
	/* Of a group: its keys stand elsewhere in the manual. */
	bool apart;
};
#ifdef SETTINGS_MANUAL
#define MANUAL(...)                                                            \
	.manual = &(const struct setting_manual)                               \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
#else
#define MANUAL(...)
#endif
#define MORE(its) MANUAL(.more = (its))

#define HOUR_MS 3600000

/* Where a value goes; where a list goes, and its counter. */
#define FIELD(type, field)                                                     \
	.offset = offsetof(struct type, field),                                \
	.size = sizeof(((struct type *)0)->field)
#define FIELDS(type, field)                                                    \
	.offset = offsetof(struct type, field),                                \
	.size = sizeof(((struct type *)0)->field[0]),                          \
	.most = sizeof(((struct type *)0)->field) /                            \
		sizeof(((struct type *)0)->field[0])
#define COUNTED(type, field, count)                                            \
	FIELDS(type, field), .count_offset = offsetof(struct type, count),     \
			     .count_size = sizeof(((struct type *)0)->count)
#define IN_ARRAY(type, first, count, array, used)                              \
	.size = sizeof(((struct settings *)0)->array[0]),                      \
	.most = sizeof(((struct settings *)0)->array) /                        \
		sizeof(((struct settings *)0)->array[0]),                      \
	.count_offset = offsetof(struct type, count),                          \
	.count_size = sizeof(((struct type *)0)->count),                       \
	.first_offset = offsetof(struct type, first),                          \
	.array_offset = offsetof(struct settings, array),                      \
	.used_offset = offsetof(struct settings, used)
#define WHEN(type, field, values)                                              \
	.when = (values), .when_offset = offsetof(struct type, field)
#define RANGE(least, greatest) .min = (least), .max = (greatest)
#define TIME_MS(its)	       .value = (its), .max = HOUR_MS, .unit = " ms"
#define IN(name)	       .part = (1 + PART_##name)
#define END                                                                    \
	{                                                                      \
		.key = NULL                                                    \
	}

/* Of MS: 100000 -> "100", 3300 -> "3.3"; returns text. */
#define MS_TEXT_MAX 24
const char *settings_ms_text(int64_t us, char text[MS_TEXT_MAX]);

/* The keys at the top of the file, and those of groups that code reads. */
extern const struct setting_row settings_rows[], settings_device_rows[],
	settings_priority_rows[], settings_address_rows[],
	settings_script_rows[];

/* Does the key count in this struct? (when) */
static inline bool row_counts(const struct setting_row *row, const void *base)
{
	uint8_t is;

	if (row->when == 0)
		return true;
	is = ((const uint8_t *)base)[row->when_offset];
	return is < 32 && (row->when & UINT32_C(1) << is) != 0;
}

/* A number of 1, 2 or 4 bytes. */
uint32_t row_number(const void *at, size_t size);
void row_store_number(void *at, size_t size, int64_t value);
/* Kept as char[]. */
static inline bool row_is_text(const struct setting_row *row)
{
	return row->type >= SETTING_WORD && row->type <= SETTING_INTERFACE;
}
const char *row_default_text(const struct setting_row *row);
/* All values of a group, and of the groups in it, that are there always. */
void rows_set_defaults(const struct setting_row *rows, void *base);
#endif
