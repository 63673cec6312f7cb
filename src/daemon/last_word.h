/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_LAST_WORD_H
#define DAEMON_LAST_WORD_H
/* R12: the peer's last word, kept for the next daemon of this boot. */
#include "../core/core.h"

struct daemon;

/* At the start: what the daemon before has left, if it can be believed. */
void last_word_load(struct daemon *daemon, struct core_last_word *word);
/* That of the core's memory, at once: the caller's next order may rely on it.
 */
void last_word_store(struct daemon *daemon);
#endif
