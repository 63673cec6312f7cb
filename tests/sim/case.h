/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIM_CASE_H
#define SIM_CASE_H
/*
 * A case: one text file that tells an incident, what happens when, and what
 * must and must not be seen. The grammar is in cases/README.md.
 *   case_parse.c     lines to struct case; every mistake is FILE:LINE
 *   case_settings.c  "set KEY VALUE"
 *   case_act.c       what a line of the schedule does to the world
 *   case_judge.c     the trace against the expectations
 *   case.c           the program
 */
#include "world.h"

#define CASE_ACTS_MAX	128
#define CASE_EXPECT_MAX 128
#define CASE_WORDS_MAX	16
#define CASE_CHOICES	3
#define CASE_TEXT_MAX	320
#define CASE_ANY	(-1) /* any node, or both */

/* One line, cut into words; "..." is one word. */
struct words {
	unsigned count, next;
	char *word[CASE_WORDS_MAX];
	bool quoted[CASE_WORDS_MAX];
};

struct verb;
struct act {
	int line;
	int64_t at_ms;
	const struct verb *verb;
	int node;
	int choice[CASE_CHOICES];
	int64_t value; /* a time in ms, or a number */
	int64_t every_ms;
	char text[80];
	char words[120]; /* for the incident log */
};

enum expect_kind {
	EXPECT_SEE,   /* in this order */
	EXPECT_ALSO,  /* in any order */
	EXPECT_NEVER, /* at no time, or not in the window */
	EXPECT_COUNT, /* exactly value times */
};

struct expectation {
	enum expect_kind kind;
	int line, node;
	char pattern[CASE_TEXT_MAX];
	int64_t from_ms, to_ms; /* inclusive */
	int64_t within_ms;	/* after the line before, -1 = no matter */
	int64_t value;
};

enum case_start { START_PAIR, START_NONE, START_DARK };

struct case_end {
	int line; /* 0 = not said */
	int node; /* CASE_ANY: nobody */
	bool both;
	char text[160];
};

struct case_file {
	char path[256];
	char error[512]; /* FILE:LINE: what is wrong */
	char fails[200]; /* self-tests: how it must fail */
	bool has_header;
	enum case_start start;
	struct core_settings settings[2];
	unsigned act_count, expect_count;
	struct act acts[CASE_ACTS_MAX];
	struct expectation expects[CASE_EXPECT_MAX];
	int64_t end_ms, outage_ms; /* -1 = not said */
	int outage_line;
	struct case_end owner[CORE_INSTANCES_MAX], proof[CORE_INSTANCES_MAX];
	struct case_end dark, alerts[2], excused;
	int64_t shots[2];
	int shots_line[2];
};

struct record {
	int64_t at_ms;
	int node; /* CASE_ANY: the schedule */
	char text[CASE_TEXT_MAX];
};

struct case_run {
	const struct case_file *file;
	struct world *world;
	int64_t zero_us; /* the time that the file calls 0 */
	struct record *records;
	unsigned count, room;
	int64_t shots[2];
	int64_t unowned_ms;
	char complaint[1024]; /* "" = passed */
};

/* Reads and checks a file; false: error says where and what. */
bool case_parse(const char *path, struct case_file *file);
__attribute__((format(printf, 3, 4))) bool
case_error(struct case_file *file, int line, const char *format, ...);
/* -1 lb01 and lb02 are 0 and 1; false: neither. */
bool case_node(const char *word, int *node);
bool case_time(const char *word, int64_t *ms);
bool case_number(const char *word, int64_t *value);

bool case_set(struct case_file *file, int line, struct words *words);
bool case_act(struct case_file *file, int line, struct words *words);
/* A sentence, or NULL: only "owner" in a schedule can complain. */
const char *case_do(struct case_run *run, const struct act *act);

__attribute__((format(printf, 3, 4))) void
case_note(struct case_run *run, int node, const char *format, ...);
__attribute__((format(printf, 3, 4))) void
case_complain(struct case_run *run, int line, const char *format, ...);
void case_judge(struct case_run *run);
#endif
