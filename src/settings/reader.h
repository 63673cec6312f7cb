/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_READER_H
#define SETTINGS_READER_H
/*
 * What code that reads a part of the file works with: notes of what is wrong,
 * and the tree that libconfig made. A driver's part of the file is read by the
 * driver (struct device_reader). Only twinbeatd and twinbeat(8) link this.
 */
#include <libconfig.h>

#include "row.h"
#include "settings.h"

/* One load of one file, from its text to the last cross-check. */
struct reader;

/* What is read so far; drivers read after the nodes and before the plugs. */
const struct settings *reader_settings(const struct reader *reader);

/* ---- what is wrong ---- */

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

/* ---- groups ---- */

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
/* Once all is filled in: notes each key of rows in group whose when is not
 * met. what says the key and value it depends on: transport = "tcp". */
void reader_refuse_when(struct reader *reader, const config_setting_t *group,
			const struct setting_row *rows, const void *base,
			const char *what);

/* ---- single values ---- */

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
#endif
