/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUNNER_TRACKER_H
#define RUNNER_TRACKER_H
/*
 * R3: looks at what makes this node fit for an instance, and tells the daemon
 * when that changes. What several instances name is looked at once. A kind of
 * check is a file; it finds out, and this says what follows for whom.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../ipc/runner_msg.h"
#include "../settings/settings.h"

/* What a text says at most, so that others stand beside it. */
#define CHECK_TEXT_MAX 112

enum check_state { CHECK_PENDING, CHECK_GOOD, CHECK_BAD };

/* What one check says. A witness's is one of several, of which one will do. */
struct check {
	enum check_state state;
	char why[CHECK_TEXT_MAX]; /* BAD */
};

struct tracker;

/* What epoll tells of: the first member of whatever has a descriptor. */
struct watched {
	void (*ready)(struct tracker *tracker, struct watched *watched,
		      uint32_t events);
	int fd; /* -1 = closed */
};

/* False: it could not be watched, and is closed. */
bool tracker_watch(struct tracker *tracker, struct watched *watched);
void tracker_unwatch(struct tracker *tracker, struct watched *watched);
/* It is not read any more, and stays open. */
void tracker_ignore(struct tracker *tracker, const struct watched *watched);
/* A check says something else: told when all that is ready was read. */
void tracker_changed(struct tracker *tracker);
const struct settings *tracker_settings(const struct tracker *tracker);
/* Another process has looked at all this before, and the daemon knows. */
bool tracker_is_later(const struct tracker *tracker);

/* ---- the kinds: scripts.c, processes.c, files.c, witnesses.c ---- */

/*
 * begin: everything that the settings name, once each; NULL: no memory. step:
 * what is due; returns when it wants the next. of: what it says for one entry
 * of an instance.
 */
struct scripts *scripts_begin(struct tracker *tracker);
int64_t scripts_step(struct tracker *tracker, struct scripts *scripts,
		     int64_t now_us);
const struct check *scripts_of(const struct scripts *scripts, unsigned script);
/* With all that they have started. */
void scripts_end(struct scripts *scripts);

struct processes *processes_begin(struct tracker *tracker);
int64_t processes_step(struct tracker *tracker, struct processes *processes,
		       int64_t now_us);
const struct check *processes_of(const struct processes *processes,
				 const char *name);

struct files *files_begin(struct tracker *tracker);
int64_t files_step(struct tracker *tracker, struct files *files,
		   int64_t now_us);
const struct check *files_of(const struct files *files, const char *path);

struct witnesses *witnesses_begin(struct tracker *tracker);
int64_t witnesses_step(struct tracker *tracker, struct witnesses *witnesses,
		       int64_t now_us);
/* One of them will do: all of an instance together. */
enum checks_word witnesses_say(const struct witnesses *witnesses,
			       const struct settings_instance *instance,
			       char *why, size_t size);

/*
 * Until SIGTERM. Descriptor 3 is the daemon's socket, 2 the log's. commit:
 * whose settings these are (RUNNER_COMMIT). was_there: what was found before is
 * what counts, until enough says otherwise.
 */
void tracker_run(const struct settings *settings, uint32_t commit,
		 bool was_there) __attribute__((noreturn));
#endif
