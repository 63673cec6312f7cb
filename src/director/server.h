/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DIRECTOR_SERVER_H
#define DIRECTOR_SERVER_H
/*
 * One real server of a service: what its checks, its agent and the operator
 * say of it, and the share of its weight that follows (D2). Pure: time is an
 * argument, memory is the caller's.
 */
#include <stdbool.h>
#include <stdint.h>

#define SERVER_CHECKS_MAX  4  /* of one server */
#define SERVER_CHANGES_MAX 16 /* that the flap rule can count */

enum check_result {
	CHECK_PASSED,
	CHECK_DRAIN,	 /* it works, and wants no new connections */
	CHECK_FAILED_L7, /* it answers, and not as it should */
	CHECK_FAILED_L4, /* no answer: a time-out, unreachable, refused */
	CHECK_UNASKED,	 /* this node could not ask: no result (D5) */
};

/* The operator's word, and the agent's. */
enum server_word { WORD_READY, WORD_DRAIN, WORD_OUT };

/* What a person is told of its checks. */
enum server_health {
	HEALTH_UNKNOWN,
	HEALTH_UP,
	HEALTH_RISING, /* down, and the last checks passed */
	HEALTH_DOWN,
	HEALTH_FALLING, /* up, and the last checks failed */
	HEALTH_HELD,	/* would be up, but changed too often (flap) */
};

struct flap_rules {
	uint8_t changes; /* 0: never held; at most SERVER_CHANGES_MAX */
	int64_t window_us, hold_us, hold_max_us;
};

struct check_rules {
	uint8_t rise, fall; /* 1 or more */
};

struct server_rules {
	uint32_t weight;     /* 0: drained from the start */
	uint8_t check_count; /* 0: its checks never say no */
	struct check_rules checks[SERVER_CHECKS_MAX];
	struct flap_rules flap;
	int64_t slow_start_us; /* 0: without */
	uint8_t slow_start_min_percent;
};

/* One check of it. */
struct trial {
	bool is_known, is_passing;
	bool is_drain;	 /* the newest result asked for it */
	uint8_t against; /* results in a row that say otherwise */
	enum check_result newest;
};

struct server {
	enum server_word admin, agent;
	uint32_t
		admin_stamp; /* of the word: a newer one counts (D6); 0: none */
	uint8_t admin_percent, agent_percent, check_percent; /* of its weight */
	bool agent_down;
	struct trial trials[SERVER_CHECKS_MAX];
	/* What follows of all trials. */
	bool is_known, is_up;
	bool is_assumed; /* by another's word; no check of our own has spoken */
	bool is_cut_off; /* it went down because it does not answer at all */
	int64_t since_us;
	int64_t risen_us; /* slow start counts from here; 0: it is over */
	/* The newest changes between up and down, and what came of them. */
	uint32_t changes_ms[SERVER_CHANGES_MAX];
	uint8_t change_next, change_count;
	int64_t hold_us, held_until_us; /* 0: not held */
};

void server_begin(struct server *server, int64_t now_us);
/* As it was known before (the state file): counts until own results differ
 * for its rise or fall. */
void server_assume(struct server *server, const struct server_rules *rules,
		   bool is_up, int64_t now_us);
/* The result of check i; percent of the weight, 100 where it says none. */
void server_take_result(struct server *server, const struct server_rules *rules,
			unsigned i, enum check_result result, uint8_t percent,
			int64_t now_us);
/* What its agent said: enum agent_said, and the percent of AGENT_PERCENT. What
 * it did not say stays. */
void server_take_agent(struct server *server, unsigned said, uint8_t percent);
/* D5: nothing is seen any more. Did it go down within window_us, and only
 * because it did not answer? Then it is up again: that was not its fault. */
void server_doubt(struct server *server, const struct server_rules *rules,
		  int64_t window_us, int64_t now_us);
/* Time alone: the end of a hold. */
void server_step(struct server *server, const struct server_rules *rules,
		 int64_t now_us);
/* When time alone will change something; INT64_MAX: never. */
int64_t server_due_us(const struct server *server,
		      const struct server_rules *rules, int64_t now_us);

enum server_health server_health(const struct server *server);
/* May new connections go there, as far as words go? (D2: they outlast all) */
bool server_is_allowed(const struct server *server,
		       const struct server_rules *rules);
/* Allowed, and its checks say that it works. */
bool server_is_live(const struct server *server,
		    const struct server_rules *rules);
/* Its share of its weight in percent, slow start included: 1 to 100. */
unsigned server_percent(const struct server *server,
			const struct server_rules *rules, int64_t now_us);
#endif
