/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATUS_VERDICT_H
#define STATUS_VERDICT_H
/*
 * The first line of status: how it stands, and who serves. Made once, from the
 * status object, for the daemon that sends it and the command that draws it. A
 * missing member is unknown, never good.
 */
#include <jansson.h>
#include <stdbool.h>

/* From the best to the worst. */
enum verdict {
	VERDICT_WELL,
	VERDICT_ALERTS,
	VERDICT_NO_STANDBY,
	VERDICT_NOBODY, /* an instance that nobody is known to serve */
	VERDICT_BOTH,
};

/* The names of 255 instances, of 31 characters each, and the words. */
#define VERDICT_TEXT_MAX 10240

/* Its fixed words: "ALL WELL". */
const char *verdict_word(enum verdict verdict);

/* The line itself, with names and numbers, into text. */
enum verdict verdict_make(const json_t *status, char *text, size_t size);

/*
 * "lb02 serves VI_1", or who is not served. True when every instance has one
 * owner.
 */
bool verdict_servers(const json_t *status, char *text, size_t size);

/* Of its members: is this name in an array of names; is an instance MASTER. */
bool status_has_name(const json_t *array, const char *name);
bool status_is_master(const json_t *instance);
#endif
