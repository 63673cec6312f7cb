/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the state file may be believed when it could not be written (R8). The
 * file of a run that ended cleanly says so until the next one has written that
 * it runs. Where that cannot be done, neither beside the file nor in its place,
 * this run takes the last end for unclean: whoever cannot write cannot know
 * that nobody ran before it, unwritten; and a mark in the run directory, which
 * needs no disk, tells the next one until the machine boots anew. A run that
 * began well and can write no more leaves the same mark: the file may say of
 * plugs that this node left them dark, and they were on since.
 *
 * What is left: such a run in another boot, on a disk that can be written by
 * the next boot. Nothing on the machine knows of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "runner_edge.h"
#include "store.h"
#include "../base/log.h"
#include "../base/replace_file.h"
#include "../status/state_file.h"

#define MARK_FILE "unclean"

static void mark_path(const struct daemon *daemon, char *path, size_t size)
{
	snprintf(path, size, "%s/" MARK_FILE, daemon->options->run_dir);
}

static bool mark_stands(const struct daemon *daemon)
{
	char path[DAEMON_PATH_MAX + 16];

	mark_path(daemon, path, sizeof(path));
	return access(path, F_OK) == 0 || errno != ENOENT;
}

static void mark_set(const struct daemon *daemon)
{
	char path[DAEMON_PATH_MAX + 16];
	int fd;

	mark_path(daemon, path, sizeof(path));
	/* whatever stands there is a mark: the open of a FIFO must not wait */
	fd = open(path,
		  O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		  0600);
	if (fd < 0) {
		log_line(LOG_CRIT,
			 "%s: cannot be made: %s; the next start may take this "
			 "run for one that never was",
			 path, strerror(errno));
		return;
	}
	close(fd);
}

static void mark_remove(const struct daemon *daemon)
{
	char path[DAEMON_PATH_MAX + 16];

	mark_path(daemon, path, sizeof(path));
	unlink(path);
}

static bool save(struct daemon *daemon, const struct core_memory *memory)
{
	const struct settings *settings = daemon->settings;
	char text[STATE_TEXT_MAX];
	size_t size = state_encode(memory, settings->pair,
				   settings->nodes[settings->self].name, text);

	if (store_file(daemon->state_path, text, size) < 0) {
		daemon->runner->save_error = errno;
		log_line(LOG_CRIT,
			 "state file %s cannot be written: %s; after the next "
			 "start older knowledge counts",
			 daemon->state_path, strerror(errno));
		return false;
	}
	mark_remove(daemon);
	return true;
}

void store_load(struct daemon *daemon, struct core_memory *memory)
{
	const struct settings *settings = daemon->settings;
	struct core_memory running;
	char why[700];

	switch (state_load(daemon->state_path, settings->pair,
			   settings->nodes[settings->self].name, memory, why,
			   sizeof(why))) {
	case STATE_GOOD:
		break;
	case STATE_ABSENT:
		log_line(LOG_NOTICE, "no state file: a first start");
		break;
	case STATE_SET_ASIDE:
		log_line(LOG_CRIT, "%s", why);
		break;
	}
	if (mark_stands(daemon)) {
		memory->clean_end = false;
		memory->plug_cut = 0;
	}
	/* R8: from here on an end is unclean until it was clean. */
	running = *memory;
	running.clean_end = false;
	if (!save(daemon, &running)) {
		daemon->runner->save_failing = daemon->runner->save_again =
			true;
		memory->clean_end = false;
		mark_set(daemon);
	}
	if (!memory->clean_end)
		log_line(LOG_NOTICE,
			 "the last end was unclean: silence is judged after "
			 "%u s only",
			 settings->unclean_startup_ms / 1000);
}

void store_saved(struct daemon *daemon)
{
	mark_remove(daemon);
}

void store_failed(struct daemon *daemon)
{
	mark_set(daemon);
}

void store_end(struct daemon *daemon, const struct core_memory *memory)
{
	if (!save(daemon, memory))
		mark_set(daemon);
}

void store_tell_state(struct daemon *daemon)
{
	struct event event = {.type = EVENT_STORE_CHANGED};
	char text[CORE_TEXT_MAX];

	event.store.what = CORE_STORE_STATE;
	snprintf(text, sizeof(text),
		 "%.80s cannot be written: %.36s: fences, plugs and "
		 "maintenance are forgotten at the next start",
		 daemon->state_path, strerror(daemon->runner->save_error));
	event.store.text = daemon->runner->save_failing ? text : NULL;
	daemon_feed(daemon, &event);
}

void store_tell_failing(struct daemon *daemon)
{
	if (daemon->runner->save_failing)
		store_tell_state(daemon);
}

void store_tell_history(struct daemon *daemon, int error)
{
	struct event event = {.type = EVENT_STORE_CHANGED};
	char text[CORE_TEXT_MAX];

	daemon->runner->history_failing = error != 0;
	event.store.what = CORE_STORE_HISTORY;
	snprintf(text, sizeof(text),
		 "the history beside %.80s cannot be written: %.36s: what "
		 "happens now is counted, but not kept",
		 daemon->state_path, strerror(error));
	event.store.text = error ? text : NULL;
	daemon_feed(daemon, &event);
}
