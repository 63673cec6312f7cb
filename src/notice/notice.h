/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NOTICE_H
#define NOTICE_H
/*
 * One thing that happened, as people and their programs are told of it: the
 * same JSON object to a hook, a FIFO, a web server and the queue of
 * twinbeat-notifier. Its fields are those of the history, and some more. No
 * I/O.
 *
 *   {"seq":7,"run":"9f2c41aa","at":"2026-11-29T03:04:05Z","boottime_ms":1234,
 *    "pair":"web","node":"lb01","peer":"lb02","event":"alert-raised",
 *    "kind":"alert","instance":null,"from":null,"to":"raised","proof":null,
 *    "alert":"link-down","state":null,"service":null,"server":null,
 *    "address":null,"priority":null,"reason":"..."}
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../settings/settings.h"

#define NOTICE_WORD_MAX	   32
#define NOTICE_REASON_MAX  240
#define NOTICE_ADDRESS_MAX 48
/* as JSON; a reason of quotation marks alone would be cut */
#define NOTICE_JSON_MAX 1360

struct notice {
	uint64_t seq; /* in this run, from 1; together with run no second one */
	int64_t boottime_ms;
	char run[NOTICE_WORD_MAX]; /* of the daemon that tells it */
	char at[NOTICE_WORD_MAX];  /* UTC, RFC 3339 */
	char pair[NOTICE_WORD_MAX], node[NOTICE_WORD_MAX],
		peer[NOTICE_WORD_MAX];
	char event[NOTICE_WORD_MAX]; /* as twinbeatd(8) lists them */
	/* "" = none, null in JSON */
	char kind[NOTICE_WORD_MAX], instance[NOTICE_WORD_MAX],
		from[NOTICE_WORD_MAX], to[NOTICE_WORD_MAX],
		proof[NOTICE_WORD_MAX], alert[NOTICE_WORD_MAX],
		state[NOTICE_WORD_MAX], service[NOTICE_WORD_MAX],
		server[NOTICE_WORD_MAX];
	char address[NOTICE_ADDRESS_MAX]; /* of the server */
	unsigned priority;		  /* of the instance, 0 = none */
	char reason[NOTICE_REASON_MAX];
};

/* Its length, or 0: it does not fit. */
size_t notice_encode(const struct notice *notice, char *text, size_t size);
/* False, and *notice is empty: this is none. */
bool notice_decode(const char *text, size_t size, struct notice *notice);

/* One of enum settings_notify_on, and what it is of. */
uint32_t notice_class(const struct notice *notice);
struct settings_told notice_told(const struct notice *notice);
/* syslog's: 2 critical ... 6 info. */
int notice_priority(const struct notice *notice);

/* NAME=value, each ended by 0, into room: how many. list gets them all and a
 * NULL. */
#define NOTICE_VARIABLES_MAX 20
#define NOTICE_ROOM	     2048
unsigned notice_variables(const struct notice *notice, char room[NOTICE_ROOM],
			  char *list[NOTICE_VARIABLES_MAX + 1]);

/* "RESOLVED link-down: ...", "VI_1 is MASTER: ...": one line for people. */
void notice_headline(const struct notice *notice, char *text, size_t size);
/* keepalived's four words of a change of state; false: it is none. */
struct notice_arguments {
	char type[NOTICE_WORD_MAX], name[NOTICE_WORD_MAX],
		state[NOTICE_WORD_MAX], priority[NOTICE_WORD_MAX];
};
bool notice_keepalived(const struct notice *notice,
		       struct notice_arguments *arguments);
#endif
