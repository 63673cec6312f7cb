/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H
/*
 * The terminal: colours and a moving line only where one is, a typed
 * confirmation, and time as it passes. Without a terminal all is plain lines.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum terminal_tone { TONE_PLAIN, TONE_HEAD, TONE_GOOD, TONE_WARN, TONE_BAD };
#define TERMINAL_TONES 5

/* The escape sequence that starts a tone on this stream, or "". */
const char *terminal_tone(FILE *out, enum terminal_tone tone);
/*
 * From now on a tone of out is a byte, TERMINAL_MARK + tone, for who draws it
 * by other means: no text has such bytes (text_clean). NULL ends that.
 */
#define TERMINAL_MARK  1
#define TERMINAL_MARKS "\1\2\3\4\5"
void terminal_mark_tones(const FILE *out);

/* Is there a person to ask? */
bool terminal_can_ask(void);
/*
 * Asks on stderr for exactly this name. False for anything else, also for
 * the end of the input and an interrupt.
 */
bool terminal_ask_name(const char *name);

/*
 * From now on SIGINT, SIGTERM and SIGHUP only set a flag, so that a command
 * can say what it leaves behind.
 */
void terminal_catch_interrupt(void);
void terminal_catch_quit(void); /* and SIGQUIT, which else leaves a mess */
bool terminal_interrupted(void);
void terminal_forget_interrupt(void); /* so that a second one is seen */

/*
 * Shows the steps of a command and the time since it began. A wait of two
 * seconds without a step is said, too. out NULL: be silent.
 */
struct progress {
	FILE *out;
	bool is_live; /* one line may be rewritten */
	bool is_drawn;
	bool hides_steps; /* only say that it takes time */
	bool is_plain;	  /* steps are lines as they are, without the time */
	int64_t begun_ms, said_ms;
	bool is_step;	/* what holds the last step */
	char what[160]; /* the last step, or what is waited for */
};
void progress_begin(struct progress *progress, FILE *out, const char *what);
void progress_step(struct progress *progress, const char *text,
		   int64_t elapsed_ms);
/* Call it about ten times a second while waiting. */
void progress_tick(struct progress *progress);
void progress_end(struct progress *progress);
#endif
