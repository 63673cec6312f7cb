/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H
/*
 * A regular expression looked for in a text that comes in pieces from whoever
 * answers there. Each byte of it costs at most as much as the pattern is long,
 * whatever it is, and nothing is kept but which steps are reached: so no page
 * holds the checker up. regexec(3) of glibc takes more than a minute for 64 KB
 * of a and b with "[ab]*a[ab]{14}c", and a backtracking one as long with
 * others.
 *
 * It is what Perl, PCRE and keepalived have in common, for yes or no:
 *
 *   a  .  [a-z]  [^a-z]  \d \w \s \D \W \S \n \r \t \xHH  \. and the like
 *   x*  x+  x?  x{2}  x{2,}  x{2,5}  the same with ? behind (lazy: the same
 *   here)  (x)  (?:x)  x|y  ^  $  (?i) in front of all: any case
 *
 * . is any byte but a newline, ^ the begin of the text, $ its end, or before
 * the newline that ends it. { is itself where no number follows. The rest, like
 * \1, (?=x) and [:alpha:], is refused.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_STEPS 256
#define PATTERN_SETS  24

struct pattern {
	struct pattern_step {
		uint8_t op, arg;
		int16_t to, other; /* relative */
	} steps[PATTERN_STEPS];
	uint8_t sets[PATTERN_SETS][32];
	unsigned step_count, set_count;
	bool any_case;
};

/* How far it has come in one text. All zero before the first byte. */
struct pattern_run {
	uint64_t reached[PATTERN_STEPS / 64];
	bool is_begun;
};

/* true, or *why says what is wrong with it, for people: "a ( is not closed". */
bool pattern_compile(struct pattern *pattern, const char *text,
		     const char **why);
/* It has none of the above: to be looked for as it stands. */
bool pattern_is_plain(const char *text);

/* Is it in the text, up to this piece and with it? */
bool pattern_take(const struct pattern *pattern, struct pattern_run *run,
		  const char *piece, size_t size);
/* The text ends here: is it in it now? */
bool pattern_end(const struct pattern *pattern, struct pattern_run *run);
#endif
