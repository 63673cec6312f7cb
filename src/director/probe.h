/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_PROBE_H
#define DIRECTOR_PROBE_H
/*
 * When which server is asked. Pure: time and chance are arguments. A probe is
 * one check of one server of one service; who has no result yet is asked at
 * once, who changes is asked faster, and no two of them stay in step. Where
 * servers of several services are one, the first probe asks for all.
 */
#include "server.h"

#define PROBE_TEXT_MAX 96

/* An hour at most (settings/rows_director.c). */
struct probe_timing {
	uint32_t inter_us, fastinter_us, downinter_us, timeout_us;
};

#define PROBE_IS_AGENT 255 /* place */

struct probe {
	uint16_t server;
	uint16_t check; /* in the settings, or CHECK_OF_AGENT */
	uint8_t place;	/* in the server's trials; not of an agent */
	/* The one that asks the same for more than one server, else itself. */
	uint16_t asks;
	uint16_t port;
	uint16_t address; /* in sight */
	struct probe_timing timing;
	/* What is going on. */
	bool is_running;
	int64_t due_us, begun_us;
	int64_t wanted_us; /* asked anew if the last question is older */
	bool is_standby;   /* the other node serves all that it asks for (D7) */
	/* What came of it last. */
	bool is_asked;
	bool is_silent; /* nothing at all came back; the way is asked for */
	uint8_t result;
	uint8_t unasked;  /* so often in a row this node could not ask */
	int64_t asked_us; /* when that question began */
	uint32_t took_us, connected_us, tls_us, first_byte_us;
	char text[PROBE_TEXT_MAX];
};

struct probes {
	struct probe *list;
	unsigned count, running;
	unsigned parallel; /* at most so many at once */
	uint8_t spread_percent;
	int64_t standby_us; /* who is settled is asked no more often (D7) */
	uint32_t chance;
};

/* The probe that is to be asked next, by now_us or, where another one is due, a
 * little before it is; or NULL. It counts as asked from then on. */
struct probe *probes_ask(struct probes *probes, int64_t now_us);
/* The same for several at once, in one pass: the longest due are asked first.
 * How many. */
unsigned probes_ask_some(struct probes *probes, struct probe **asked,
			 unsigned most, int64_t now_us);
/* Its answer was taken (trial is as it is after that): when it is due again. */
void probe_answered(struct probes *probes, struct probe *probe,
		    const struct trial *trial, int64_t now_us);
/* D7: this node serves what it asks for, or does no more. Who was asked at the
 * standby's pace is asked anew within fastinter_us. */
void probe_serves(struct probes *probes, struct probe *probe, bool serves,
		  int64_t now_us);
/* It got no answer that counts: asked again soon. */
void probe_lost(struct probes *probes, struct probe *probe, int64_t now_us);
/* D5: this node could not ask; what is known stays, and it is tried again. */
void probe_unasked(struct probes *probes, struct probe *probe, int64_t now_us);
/* When one is due, or an answer is overdue (by 5 s, on a slow machine);
 * INT64_MAX: never. */
int64_t probes_due_us(const struct probes *probes);
/* Is the answer of one overdue? Who asks for us hangs, then. */
bool probes_are_overdue(const struct probes *probes, int64_t now_us);
/* Has each of them been asked? */
bool probes_are_through(const struct probes *probes);
#endif
