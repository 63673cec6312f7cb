/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLIENT_ASKER_H
#define CLIENT_ASKER_H
/*
 * The control socket and the history are root's, the web is not. A process of
 * its own keeps the rights and knows two sentences, "status" and "what is new
 * in the history"; the one that reads HTTP gives its rights up, and can ask for
 * that and for nothing else. Whoever keeps the rights takes nothing apart.
 */
#include <jansson.h>
#include <stdbool.h>

struct asker {
	int fd; /* to the process that asks */
	/* It is, or no longer in step: nothing more comes of it. Whoever sees
	 * that ends with a failure, so that both are started anew. */
	bool is_gone;
	bool is_asking; /* asker_status_begin() */
	int64_t asked_ms, history_ms;
	json_t *status; /* NULL: no answer */
	char error[400], history_error[400];
};

struct asker_words {
	const char *run_dir, *state_dir; /* state_dir: NULL = no history */
	bool with_director;		 /* what it says is in the status */
};

/*
 * Forks. The child asks until the parent is gone. In the parent: gives up all
 * rights if it is root (user twinbeat if there is one, else nobody). 0, or -1
 * with a sentence in asker->error.
 */
int asker_start(struct asker *asker, const struct asker_words *words);

/*
 * What the daemon said, at most a second old, however many ask. NULL with
 * asker->error. The reference stays the asker's, until the next call.
 */
const json_t *asker_status(struct asker *asker);

/*
 * For who must not wait, as a daemon that hangs lets its askers do for two
 * seconds: begin, where nothing is asked yet, and end when asker->fd can be
 * read. What it gives is as of asker_status().
 */
void asker_status_begin(struct asker *asker);
const json_t *asker_status_end(struct asker *asker);

/*
 * False: it is as it was when it was last given, or that was a moment ago.
 * True: its lines, the caller's to free; or NULL, with asker->history_error.
 */
bool asker_take_history(struct asker *asker, char **lines);
#endif
