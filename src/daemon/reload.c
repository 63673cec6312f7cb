/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A reload, from the file to the commit (reload.h). Decides when the next step
 * may be taken and whom to tell; what a step does is its module's. Never
 * silent: it ends by a sentence, for who asked, in the log, and in the history.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <signal.h>
#include <unistd.h>

#include "control.h"
#include "core_settings.h"
#include "daemon.h"
#include "fencer_edge.h"
#include "keeper_edge.h"
#include "reload.h"
#include "runner_edge.h"
#include "service.h"
#include "spare.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../base/spawn.h"
#include "../core/view.h"
#include "../ipc/loader_msg.h"

#define LOOK_AGAIN_US 20000
#define READ_LIMIT_US 30000000
#define WAIT_LIMIT_US 60000000 /* a fence takes its time */
#define TELL_AFTER_US 1000000
#define EVENTS_A_TURN 64
#define REASON_MAX    420

enum stage { STAGE_IDLE, STAGE_READ, STAGE_PREPARE, STAGE_LEAVE, STAGE_CLEAR };

struct reload_edge {
	enum stage stage;
	uint32_t number; /* of this one, in what helpers are asked */
	uint32_t token;	 /* who waits for the answer; 0 = nobody */
	/* asked once more: by a signal meanwhile, or by whoever came when the
	 * loader of the last one had not ended yet */
	bool again, again_force;
	uint32_t again_token;
	bool force; /* as reload_ask() says */
	int64_t limit_us, waits_us, told_us;
	char refusal[REASON_MAX]; /* the first thing that is wrong */

	struct spawn spawn;
	pid_t pid; /* of the loader; 0 = none */
	struct source socket, process;
	bool is_read;

	/* what was read */
	int fd;
	const struct settings *settings;
	struct core_settings *core_settings;
	uint8_t key[BEAT_KEY_SIZE];
	struct vrrp_key hmac_keys[HMAC_KEYS_MAX];
	struct core_map map;
	json_t *addresses[INSTANCES_MAX]; /* for the status */
	bool asked[HELPERS], answered[HELPERS];
	bool is_cleared, claimed;
};

int reload_from(const int16_t *map, unsigned old_count, unsigned place)
{
	for (unsigned i = 0; i < old_count; i++)
		if (map[i] == (int)place)
			return (int)i;
	return -1;
}

/* ---- the end ---- */

static void abandon(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;

	if (edge->asked[HELPER_KEEPER])
		keeper_reload(daemon, KEEPER_PREPARE, 0, -1);
	if (edge->asked[HELPER_FENCER])
		(void)fencer_reload(daemon, FENCE_PREPARE, 0, -1);
	if (edge->asked[HELPER_RUNNER])
		(void)runner_prepare(daemon, 0, -1);
	settings_unmap(edge->settings);
	free(edge->core_settings);
	if (edge->fd >= 0)
		close(edge->fd);
}

static void end(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;

	edge->settings = NULL;
	edge->core_settings = NULL;
	edge->fd = -1;
	explicit_bzero(edge->key, sizeof(edge->key));
	explicit_bzero(edge->hmac_keys, sizeof(edge->hmac_keys));
	edge->stage = STAGE_IDLE;
	edge->token = 0;
	loop_drop(&daemon->loop, &edge->socket);
	service_tell("READY=1");
	loop_set_timer(&daemon->loop, TIMER_RELOAD,
		       edge->again ? clock_now_us() : TIMER_NEVER);
}

/* Nothing has changed: what was let go for it is taken up again. */
static void __attribute__((format(printf, 2, 3)))
refuse(struct daemon *daemon, const char *format, ...)
{
	struct reload_edge *edge = daemon->reload;
	bool had_left = edge->stage >= STAGE_LEAVE;
	bool had_cleared = edge->stage == STAGE_CLEAR || edge->is_cleared;
	char text[REASON_MAX], line[REASON_MAX + 80];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	snprintf(line, sizeof(line), "%s; nothing was changed", text);
	log_line(LOG_ERR, "reload refused: %s", line);
	runner_tell_history(daemon, "reload", "asked", "refused", line);
	control_finish(daemon, edge->token, false, line);
	abandon(daemon);
	if (edge->process.fd >= 0)
		syscall(SYS_pidfd_send_signal, edge->process.fd, SIGKILL, NULL,
			0);
	if (had_left)
		core_stay(&daemon->core);
	end(daemon);
	for (unsigned i = 0;
	     had_cleared && i < daemon->settings->instance_count; i++)
		keeper_claim_again(daemon, i);
}

/* ---- read ---- */

static void tell_finding(void *arg, bool is_error, const char *finding)
{
	struct daemon *daemon = arg;

	log_line(is_error ? LOG_ERR : LOG_WARNING, "reload: %s", finding);
	control_step(daemon, daemon->reload->token, finding);
	if (is_error && daemon->reload->refusal[0] == '\0')
		snprintf(daemon->reload->refusal,
			 sizeof(daemon->reload->refusal), "%.200s", finding);
}

/*
 * A key of one node alone silences every link, at both ends: the next thing
 * would be a fence.
 */
static bool key_may_change(struct daemon *daemon)
{
	const struct reload_edge *edge = daemon->reload;
	const struct settings *old = daemon->settings;

	if (memcmp(edge->key, daemon->key, sizeof(edge->key)) == 0)
		return true;
	if (!old->fence.required) {
		refuse(daemon,
		       "%s: the key is another one, and with fence.required = "
		       "false a peer that is not heard is taken for dead: this "
		       "needs a restart of both nodes, one after the other "
		       "stopped",
		       edge->settings->key_file);
		return false;
	}
	if (daemon->core.memory.maintenance)
		return true;
	refuse(daemon,
	       "%s: the key is another one: until both nodes have it they do "
	       "not hear each other, and would fence; say twinbeat maintenance "
	       "on, reload both nodes, then maintenance off",
	       edge->settings->key_file);
	return false;
}

static void prepare(struct daemon *daemon);

/*
 * True: it is what counts already. By their bytes: both were read into zeroed
 * memory, and padding that differs costs no more than a reload of nothing.
 */
static bool is_nothing_new(const struct daemon *daemon)
{
	const struct reload_edge *edge = daemon->reload;
	const char *next = (const char *)edge->settings;
	const char *present = (const char *)daemon->settings;
	/* a file that was only touched is none that differs */
	const size_t before = offsetof(struct settings, file_at_s);
	const size_t after = before + sizeof(edge->settings->file_at_s);

	return memcmp(next, present, before) == 0 &&
	       memcmp(next + after, present + after,
		      sizeof(*edge->settings) - after) == 0 &&
	       memcmp(edge->key, daemon->key, sizeof(edge->key)) == 0 &&
	       memcmp(edge->hmac_keys, daemon->hmac_keys,
		      sizeof(edge->hmac_keys)) == 0;
}

static void take_settings(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;
	struct settings_report report = {.tell = tell_finding, .arg = daemon};
	char cost[REASON_MAX];
	const char *wrong;

	edge->settings = settings_map(edge->fd);
	edge->core_settings =
		edge->settings ? core_settings_make(edge->settings) : NULL;
	if (!edge->core_settings) {
		refuse(daemon, "the new settings cannot be mapped");
		return;
	}
	settings_check_change(daemon->settings, edge->settings, &report);
	if (report.errors > 0) {
		refuse(daemon,
		       "%u key%s cannot be changed while twinbeatd runs",
		       report.errors, report.errors == 1 ? "" : "s");
		return;
	}
	wrong = core_map_make(daemon->core_settings, edge->core_settings,
			      &edge->map);
	if (wrong) {
		refuse(daemon, "%s: this needs a restart", wrong);
		return;
	}
	if (is_nothing_new(daemon)) {
		log_line(LOG_NOTICE, "reload: nothing in %s has changed",
			 daemon->settings->files[0]);
		control_finish(daemon, edge->token, true,
			       "nothing has changed in the settings");
		abandon(daemon);
		end(daemon);
		return;
	}
	if (!edge->force &&
	    reload_would_cut(daemon, edge->settings, edge->core_settings,
			     &edge->map, cost, sizeof(cost))) {
		refuse(daemon, "%s", cost);
		return;
	}
	if (key_may_change(daemon))
		prepare(daemon);
}

static void take_done(struct daemon *daemon, const struct loader_event *heard)
{
	struct reload_edge *edge = daemon->reload;

	edge->is_read = true;
	loop_drop(&daemon->loop, &edge->socket);
	if (heard->errors > 0 || edge->fd < 0) {
		refuse(daemon, "%s: %u error%s, %u warning%s",
		       daemon->options->file, heard->errors,
		       heard->errors == 1 ? "" : "s", heard->warnings,
		       heard->warnings == 1 ? "" : "s");
		return;
	}
	memcpy(edge->key, heard->key, sizeof(edge->key));
	memcpy(edge->hmac_keys, heard->hmac_keys, sizeof(edge->hmac_keys));
	take_settings(daemon);
}

static void loader_ready(struct daemon *daemon, struct source *source,
			 uint32_t events)
{
	struct reload_edge *edge = daemon->reload;
	struct loader_event heard;
	int fds[MESSAGE_FDS_MAX];
	unsigned count;

	(void)events;
	for (unsigned i = 0; i < EVENTS_A_TURN && source->fd >= 0; i++) {
		enum message_result result = message_receive_fds(
			source->fd, &heard, sizeof(heard), fds, &count);

		if (result == MESSAGE_NONE)
			return;
		if (result == MESSAGE_GONE) {
			loop_drop(&daemon->loop, source);
			return; /* its pidfd tells the end */
		}
		if (result == MESSAGE_WRONG)
			continue;
		heard.text[sizeof(heard.text) - 1] = '\0';
		log_clean(heard.text);
		if (heard.type == LOADER_DONE && count > 0) {
			edge->fd = fds[0];
			fds[0] = fds[--count];
		}
		while (count > 0)
			close(fds[--count]);
		if (heard.type == LOADER_DONE)
			take_done(daemon, &heard);
		else
			tell_finding(daemon, heard.is_error != 0, heard.text);
	}
	explicit_bzero(&heard, sizeof(heard));
}

static void loader_ended(struct daemon *daemon, struct source *source,
			 uint32_t events)
{
	struct reload_edge *edge = daemon->reload;
	char how[100];
	int status;

	(void)events;
	if (spawn_reap(source->fd, how, sizeof(how), &status) < 0)
		return;
	if (edge->socket.fd >= 0)
		loader_ready(daemon, &edge->socket, 0); /* its last words */
	loop_drop(&daemon->loop, &edge->process);
	edge->pid = 0;
	if (edge->stage == STAGE_READ && !edge->is_read)
		refuse(daemon, "twinbeat-loader %s while it read the settings",
		       how);
	if (edge->again && edge->stage == STAGE_IDLE)
		loop_set_timer(&daemon->loop, TIMER_RELOAD, clock_now_us());
}

static bool start_loader(struct daemon *daemon, char *error, size_t error_size)
{
	struct reload_edge *edge = daemon->reload;
	struct spawn *spawn = &edge->spawn;
	int pair[2];

	if (spawn_find("twinbeat-loader", spawn->path, sizeof(spawn->path),
		       error, error_size) < 0)
		return false;
	if (helper_pair(pair) < 0) {
		snprintf(error, error_size, "no socket for twinbeat-loader");
		return false;
	}
	spawn->argv[0] = "twinbeat-loader";
	spawn->argv[1] = daemon->options->file_absolute;
	spawn->argv[2] = daemon->settings->nodes[daemon->settings->self].name;
	spawn->stderr_fd = daemon->stderr_pipe[1];
	spawn->fd_count = 1;
	spawn->fds[0] = pair[1];
	edge->pid = spawn_start(spawn, &edge->process.fd, error, error_size);
	close(pair[1]);
	if (edge->pid < 0) {
		edge->pid = 0;
		close(pair[0]);
		return false;
	}
	edge->socket.fd = pair[0];
	if (loop_add(&daemon->loop, &edge->socket, EPOLLIN) == 0 &&
	    loop_add(&daemon->loop, &edge->process, EPOLLIN) == 0)
		return true;
	snprintf(error, error_size, "twinbeat-loader cannot be watched");
	return false;
}

void reload_ask(struct daemon *daemon, uint32_t token, bool force)
{
	struct reload_edge *edge = daemon->reload;
	bool is_free = edge->stage == STAGE_IDLE && edge->again_token == 0;
	char error[700], text[64];

	if (is_free && edge->pid != 0) {
		edge->again = true; /* in a moment */
		edge->again_force = force;
		edge->again_token = token;
		return;
	}
	if (!is_free) {
		/* the file may have changed since it was read */
		if (token == 0) {
			edge->again = true;
			edge->again_force = force;
		}
		control_finish(daemon, token, false,
			       "a reload is under way: ask again when it is "
			       "over");
		return;
	}
	edge->again = false;
	edge->again_token = 0;
	edge->stage = STAGE_READ;
	edge->token = token;
	edge->force = force;
	edge->number++;
	edge->is_read = edge->is_cleared = false;
	edge->refusal[0] = '\0';
	memset(edge->asked, 0, sizeof(edge->asked));
	memset(edge->answered, 0, sizeof(edge->answered));
	edge->limit_us = clock_now_us() + READ_LIMIT_US;
	/* systemd: Type=notify-reload wants the clock, Type=notify takes it */
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)service_monotonic_us());
	service_tell(text);
	log_line(LOG_NOTICE, "reload: reading %s",
		 daemon->options->file_absolute);
	if (!start_loader(daemon, error, sizeof(error)))
		refuse(daemon, "%.200s", error);
	else
		loop_set_timer(&daemon->loop, TIMER_RELOAD,
			       clock_now_us() + LOOK_AGAIN_US);
}

/* ---- prepare ---- */

static void ask_helper(struct daemon *daemon, enum helper_id id)
{
	struct reload_edge *edge = daemon->reload;

	if (id != HELPER_DIRECTOR && id != HELPER_WATCHDOG &&
	    (edge->asked[id] || daemon->helpers[id].pid == 0 ||
	     daemon->helpers[id].socket.fd < 0))
		return; /* it is on its way: asked later */
	switch (id) {
	case HELPER_KEEPER:
		keeper_reload(daemon, KEEPER_PREPARE, edge->number, edge->fd);
		edge->asked[id] = true;
		break;
	case HELPER_FENCER:
		edge->asked[id] = fencer_reload(daemon, FENCE_PREPARE,
						edge->number, edge->fd);
		break;
	case HELPER_RUNNER:
		edge->asked[id] =
			runner_prepare(daemon, edge->number, edge->fd);
		break;
	case HELPER_DIRECTOR:
		/* refuses nothing, and holds no address: told at the end */
		edge->answered[id] = true;
		break;
	case HELPER_WATCHDOG:
		/* what it works by does not change in a reload */
		edge->answered[id] = true;
		break;
	case HELPERS:
		break;
	}
}

static bool all_answered(const struct reload_edge *edge)
{
	for (enum helper_id id = 0; id < HELPERS; id++)
		if (!edge->answered[id])
			return false;
	return true;
}

static void leave(struct daemon *daemon);

static void prepare(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;

	if (edge->stage != STAGE_PREPARE)
		edge->limit_us = clock_now_us() + READ_LIMIT_US;
	edge->stage = STAGE_PREPARE;
	for (enum helper_id id = 0; id < HELPERS; id++)
		ask_helper(daemon, id);
	loop_set_timer(&daemon->loop, TIMER_RELOAD,
		       clock_now_us() + LOOK_AGAIN_US);
}

void reload_helper_lost(struct daemon *daemon, enum helper_id id)
{
	struct reload_edge *edge = daemon->reload;

	if (edge->stage < STAGE_PREPARE || !edge->asked[id])
		return;
	edge->asked[id] = false;
	refuse(daemon, "%s ended in the middle of it",
	       daemon->helpers[id].name);
}

/* ---- leave, clear ---- */

static void leave(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;

	edge->stage = STAGE_LEAVE;
	edge->limit_us = clock_now_us() + WAIT_LIMIT_US;
	edge->waits_us = clock_now_us();
	edge->told_us = 0;
	core_leave(&daemon->core, &edge->map);
	/* from outside of the core, and of its orders */
	loop_set_timer(&daemon->loop, TIMER_RELOAD, clock_now_us());
}

static void clear(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;

	edge->stage = STAGE_CLEAR;
	edge->claimed = false;
	keeper_reload(daemon, KEEPER_CLEAR, edge->number, -1);
	loop_set_timer(&daemon->loop, TIMER_RELOAD,
		       clock_now_us() + LOOK_AGAIN_US);
}

static void tell_waiting(struct daemon *daemon, const char *what)
{
	struct reload_edge *edge = daemon->reload;
	char text[REASON_MAX];

	if (edge->told_us != 0 ||
	    clock_now_us() - edge->waits_us < TELL_AFTER_US)
		return;
	edge->told_us = clock_now_us();
	snprintf(text, sizeof(text), "the reload waits, up to %d s: %s",
		 WAIT_LIMIT_US / 1000000, what);
	log_line(LOG_WARNING, "%s", text);
	runner_tell_history(daemon, "reload", "asked", "waits", text);
	control_step(daemon, edge->token, text);
}

void reload_claimed(struct daemon *daemon)
{
	daemon->reload->claimed = true;
}

void reload_answered(struct daemon *daemon, enum helper_id id, uint32_t number,
		     const char *wrong)
{
	struct reload_edge *edge = daemon->reload;

	if (number != edge->number || edge->stage < STAGE_PREPARE)
		return; /* of an earlier one */
	if (wrong && edge->stage == STAGE_CLEAR) {
		refuse(daemon, "an address cannot be removed: %s", wrong);
	} else if (wrong) {
		refuse(daemon, "%s", wrong);
	} else if (edge->stage == STAGE_CLEAR && id == HELPER_KEEPER) {
		edge->is_cleared = true;
		loop_set_timer(&daemon->loop, TIMER_RELOAD, clock_now_us());
	} else if (edge->stage == STAGE_PREPARE) {
		edge->answered[id] = true;
		if (all_answered(edge))
			leave(daemon);
	}
}

/* ---- commit ---- */

static int prepare_modules(struct daemon *daemon,
			   const struct reload_change *change)
{
	const struct wiring *wiring = daemon->wiring;
	unsigned i;

	if (status_make_addresses(change->new, daemon->reload->addresses) < 0)
		return -1;
	for (i = 0; i < wiring->module_count; i++)
		if (wiring->modules[i].prepare &&
		    wiring->modules[i].prepare(daemon, change) < 0)
			break;
	if (i == wiring->module_count)
		return 0;
	while (i-- > 0)
		if (wiring->modules[i].abandon)
			wiring->modules[i].abandon(daemon);
	for (i = 0; i < change->new->instance_count; i++)
		json_decref(daemon->reload->addresses[i]);
	return -1;
}

static void commit_helpers(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;

	keeper_reload(daemon, KEEPER_COMMIT, edge->number, -1);
	if (!fencer_reload(daemon, FENCE_COMMIT, edge->number, -1))
		helper_kill(&daemon->helpers[HELPER_FENCER]);
	runner_commit(daemon);
	/* and whoever is started from here on */
	for (enum helper_id id = 0; id < HELPERS; id++)
		daemon->helpers[id].spawn.fds[1] = edge->fd;
}

static void commit_modules(struct daemon *daemon,
			   const struct reload_change *change)
{
	const struct wiring *wiring = daemon->wiring;

	for (unsigned i = 0; i < wiring->module_count; i++)
		if (wiring->modules[i].commit)
			wiring->modules[i].commit(daemon, change);
	for (unsigned i = 0; i < change->old->instance_count; i++)
		json_decref(daemon->view.addresses[i]);
	memcpy(daemon->view.addresses, daemon->reload->addresses,
	       sizeof(daemon->view.addresses));
	daemon->view.settings = change->new;
}

static void tell_committed(struct daemon *daemon)
{
	const struct settings *settings = daemon->settings;
	char text[REASON_MAX];

	snprintf(text, sizeof(text),
		 "the settings of %.200s count now: %u instance%s, %u "
		 "address%s",
		 settings->files[0], settings->instance_count,
		 settings->instance_count == 1 ? "" : "s",
		 settings->address_count,
		 settings->address_count == 1 ? "" : "es");
	log_line(LOG_NOTICE, "reload: %s", text);
	runner_tell_history(daemon, "reload", "asked", "done", text);
	control_finish(daemon, daemon->reload->token, true, text);
}

/* In one step: the core, the edges, and what the helpers are told of. */
static void commit(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;
	const struct reload_change change = {
		.old = daemon->settings,
		.new = edge->settings,
		.old_core = daemon->core_settings,
		.new_core = edge->core_settings,
		.map = &edge->map,
	};
	int old_fd = daemon->settings_fd;

	if (prepare_modules(daemon, &change) < 0) {
		refuse(daemon, "there is no memory for the new settings");
		return;
	}
	core_reload(&daemon->core, change.new_core, &edge->map,
		    &daemon->actions);
	daemon->settings = change.new;
	daemon->core_settings = change.new_core;
	daemon->settings_fd = edge->fd;
	memcpy(daemon->key, edge->key, sizeof(daemon->key));
	memcpy(daemon->hmac_keys, edge->hmac_keys, sizeof(daemon->hmac_keys));
	daemon->reloads++;
	commit_helpers(daemon);
	commit_modules(daemon, &change);
	daemon_carry_out(daemon, clock_now_us());
	keeper_claim_changed(daemon, &change);
	spare_change(daemon);
	tell_committed(daemon);
	settings_unmap(change.old);
	free((void *)(uintptr_t)change.old_core);
	close(old_fd);
	end(daemon);
}

/* ---- by the timer ---- */

static void go_on_leaving(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;
	struct event event = {.type = EVENT_TICK};
	const char *waits;

	/* the core's time is now, and what it has to say is said */
	daemon_feed(daemon, &event);
	if (edge->stage < STAGE_LEAVE)
		return;
	waits = core_reload_waits_for(&daemon->core, &edge->map);
	if (waits && clock_now_us() > edge->limit_us) {
		refuse(daemon, "waited %d s, and still %s",
		       WAIT_LIMIT_US / 1000000, waits);
		return;
	}
	if (waits)
		tell_waiting(daemon, waits);
	else if (edge->stage == STAGE_LEAVE)
		clear(daemon);
	else if (edge->is_cleared && !edge->claimed)
		commit(daemon);
	else if (edge->is_cleared) {
		edge->is_cleared = false;
		clear(daemon); /* a claim came between */
	} else if (clock_now_us() > edge->limit_us)
		refuse(daemon, "twinbeat-keeper does not answer");
	if (edge->stage != STAGE_IDLE)
		loop_set_timer(&daemon->loop, TIMER_RELOAD,
			       clock_now_us() + LOOK_AGAIN_US);
}

void reload_go_on(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;
	bool is_late = clock_now_us() > edge->limit_us;

	switch (edge->stage) {
	case STAGE_IDLE:
		if (edge->again && edge->pid == 0) {
			uint32_t token = edge->again_token;

			edge->again_token = 0;
			reload_ask(daemon, token, edge->again_force);
		}
		return;
	case STAGE_READ:
		if (is_late) {
			refuse(daemon,
			       "%s was not read within %d s: is the disk, or a "
			       "network file system, stuck?",
			       daemon->options->file_absolute,
			       READ_LIMIT_US / 1000000);
			return;
		}
		break;
	case STAGE_PREPARE:
		if (is_late) {
			refuse(daemon,
			       "a helper program has not answered within %d s",
			       READ_LIMIT_US / 1000000);
			return;
		}
		prepare(daemon);
		return;
	case STAGE_LEAVE:
	case STAGE_CLEAR:
		go_on_leaving(daemon);
		return;
	}
	loop_set_timer(&daemon->loop, TIMER_RELOAD,
		       clock_now_us() + LOOK_AGAIN_US);
}

int reload_init(struct daemon *daemon)
{
	struct reload_edge *edge = calloc(1, sizeof(*edge));

	if (!edge)
		return -1;
	edge->fd = -1;
	edge->socket = (struct source){-1, LOOP_RUNNER, 0, loader_ready};
	edge->process = (struct source){-1, LOOP_RUNNER, 0, loader_ended};
	daemon->reload = edge;
	return 0;
}
