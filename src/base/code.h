/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_CODE_H
#define BASE_CODE_H
/*
 * Codes that a person types into a phone (R20): eight of 23 letters and 8
 * digits, none that looks like another one, at least one of each kind, so that
 * no word is one. 39 bits: nobody guesses one while its question is open.
 */
#include <stdbool.h>
#include <stddef.h>

#define CODE_SIZE 9 /* with its 0 */

/* From the kernel's random numbers; false: there are none. Waits for nothing.
 */
bool code_make(char code[CODE_SIZE]);
bool code_is_one(const char *text);

struct code_reply {
	char code[CODE_SIZE];
	unsigned number; /* 1 to 3 */
};

enum code_found { CODE_NONE, CODE_ONE, CODE_SEVERAL };

/*
 * The reply in any text, in capitals or not: a code, blanks, a number. All else
 * counts for nothing, also the alert that it quotes: there a word follows the
 * code. Two replies that differ are none.
 */
enum code_found code_find_reply(const char *text, size_t size,
				struct code_reply *reply);
#endif
