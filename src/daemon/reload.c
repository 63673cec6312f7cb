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
#include "daemon.h"
#include "fencer_edge.h"
#include "keeper_edge.h"
#include "reload_internal.h"
#include "runner_edge.h"
#include "service.h"
#include "spare.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../core/view.h"
#include "../ipc/loader_msg.h"

#define READ_LIMIT_US 30000000
#define WAIT_LIMIT_US 60000000 /* a fence takes its time */
#define TELL_AFTER_US 1000000
#define PUT_LIMIT_US  30000000 /* of a rename */

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

/* Whoever waits for the end. */
static void tell_end(struct daemon *daemon, bool ok, const char *text)
{
	const struct reload_holder *holder = daemon->reload->holder;

	control_finish(daemon, daemon->reload->token, ok, text);
	daemon->reload->holder = NULL;
	if (holder)
		holder->ended(daemon, ok, text);
}

static void end(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;

	edge->holder = NULL;
	if (edge->text_fd >= 0)
		close(edge->text_fd);
	edge->text_fd = -1;
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
void reload_refuse(struct daemon *daemon, const char *format, ...)
{
	struct reload_edge *edge = daemon->reload;
	bool had_left = edge->stage >= STAGE_LEAVE;
	bool had_cleared = edge->stage == STAGE_CLEAR || edge->is_cleared;
	/* it takes away by itself what it has put beside the file; not one that
	 * may still obey the order to put it in place */
	bool cleans_up = reload_takes(edge) && !edge->is_asked_to_put;
	char text[RELOAD_REASON_MAX], line[RELOAD_REASON_MAX + 120];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	snprintf(line, sizeof(line), "%s; %s", text,
		 edge->is_put
			 ? "what runs was not changed, but the new file is "
			   "in place: twinbeat reload tries it again"
		 : edge->is_asked_to_put && !edge->is_not_put
			 ? "what runs was not changed, but the new file may be "
			   "in place: look, then twinbeat reload"
			 : "nothing was changed");
	log_line(LOG_ERR, "reload refused: %s", line);
	runner_tell_history(daemon, "reload", "asked", "refused", line);
	abandon(daemon);
	if (edge->process.fd >= 0 && !cleans_up)
		syscall(SYS_pidfd_send_signal, edge->process.fd, SIGKILL, NULL,
			0);
	if (had_left)
		core_stay(&daemon->core);
	tell_end(daemon, false, line);
	end(daemon);
	for (unsigned i = 0;
	     had_cleared && i < daemon->settings->instance_count; i++)
		keeper_claim_again(daemon, i);
}

void reload_end_of_nothing(struct daemon *daemon)
{
	log_line(LOG_NOTICE, "reload: nothing in %s has changed",
		 daemon->settings->files[0]);
	abandon(daemon);
	tell_end(daemon, true, "nothing has changed in the settings");
	end(daemon);
}

static void begin(struct daemon *daemon, uint32_t token, bool force,
		  const struct reload_holder *holder, int text_fd)
{
	struct reload_edge *edge = daemon->reload;
	char error[700], text[64];

	edge->holder = holder;
	edge->is_nothing = edge->is_ready = edge->is_let = false;
	edge->is_asked_to_put = edge->is_put = edge->is_not_put = false;
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
	if (!reload_start_loader(daemon, text_fd, error, sizeof(error)))
		reload_refuse(daemon, "%.200s", error);
	else
		loop_set_timer(&daemon->loop, TIMER_RELOAD,
			       clock_now_us() + RELOAD_LOOK_AGAIN_US);
}

void reload_ask(struct daemon *daemon, uint32_t token, bool force)
{
	struct reload_edge *edge = daemon->reload;
	bool is_free = edge->stage == STAGE_IDLE && edge->again_token == 0;

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
	begin(daemon, token, force, NULL, -1);
}

/* ---- of a push ---- */

bool reload_is_free(const struct daemon *daemon)
{
	const struct reload_edge *edge = daemon->reload;

	return edge->stage == STAGE_IDLE && edge->pid == 0 && !edge->again;
}

bool reload_hold(struct daemon *daemon, const struct reload_holder *holder,
		 int text_fd)
{
	if (!reload_is_free(daemon))
		return false;
	begin(daemon, 0, false, holder, text_fd);
	return true;
}

void reload_hold_go_on(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;

	if (edge->stage != STAGE_HELD || !edge->holder)
		return;
	if (!edge->is_nothing)
		reload_prepare_helpers(daemon);
	else
		loop_set_timer(&daemon->loop, TIMER_RELOAD, clock_now_us());
}

void reload_hold_commit(struct daemon *daemon)
{
	if (!daemon->reload->holder)
		return;
	daemon->reload->is_let = true;
	loop_set_timer(&daemon->loop, TIMER_RELOAD, clock_now_us());
}

uint32_t reload_hold_digest(const struct daemon *daemon)
{
	const struct reload_edge *edge = daemon->reload;

	return edge->holder && edge->settings ? edge->settings->digest : 0;
}

void reload_hold_give_up(struct daemon *daemon, const char *why)
{
	if (daemon->reload->holder && !daemon->reload->is_asked_to_put)
		reload_refuse(daemon, "%s", why);
}

/* All is prepared: may it be committed, or who is to be waited for? */
static bool may_commit(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;
	const struct loader_order order = {.type = LOADER_PUT};

	if (!edge->holder)
		return true;
	if (!edge->is_ready) {
		edge->is_ready = true;
		edge->holder->ready(daemon);
	}
	if (!edge->is_let)
		return false;
	if (!reload_takes(edge))
		return true;
	if (!edge->is_asked_to_put) {
		edge->is_asked_to_put = true;
		edge->put_limit_us = clock_now_us() + PUT_LIMIT_US;
		/* gone: its pidfd tells */
		(void)message_send(edge->socket.fd, &order, sizeof(order));
	}
	/* what is let go for it is served by nobody meanwhile */
	if (!edge->is_put && clock_now_us() > edge->put_limit_us) {
		reload_refuse(daemon,
			      "%s was not replaced within %d s: is the disk, "
			      "or a network file system, stuck?",
			      daemon->options->file_absolute,
			      PUT_LIMIT_US / 1000000);
		return false;
	}
	return edge->is_put;
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

void reload_prepare_helpers(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;

	if (edge->stage != STAGE_PREPARE)
		edge->limit_us = clock_now_us() + READ_LIMIT_US;
	edge->stage = STAGE_PREPARE;
	for (enum helper_id id = 0; id < HELPERS; id++)
		ask_helper(daemon, id);
	loop_set_timer(&daemon->loop, TIMER_RELOAD,
		       clock_now_us() + RELOAD_LOOK_AGAIN_US);
}

void reload_helper_lost(struct daemon *daemon, enum helper_id id)
{
	struct reload_edge *edge = daemon->reload;

	if (edge->stage < STAGE_PREPARE || !edge->asked[id])
		return;
	edge->asked[id] = false;
	reload_refuse(daemon, "%s ended in the middle of it",
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
		       clock_now_us() + RELOAD_LOOK_AGAIN_US);
}

static void tell_waiting(struct daemon *daemon, const char *what)
{
	struct reload_edge *edge = daemon->reload;
	char text[RELOAD_REASON_MAX];

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
		reload_refuse(daemon, "an address cannot be removed: %s",
			      wrong);
	} else if (wrong) {
		reload_refuse(daemon, "%s", wrong);
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
	char text[RELOAD_REASON_MAX];

	snprintf(text, sizeof(text),
		 "the settings of %.200s count now: %u instance%s, %u "
		 "address%s",
		 settings->files[0], settings->instance_count,
		 settings->instance_count == 1 ? "" : "s",
		 settings->address_count,
		 settings->address_count == 1 ? "" : "es");
	log_line(LOG_NOTICE, "reload: %s", text);
	runner_tell_history(daemon, "reload", "asked", "done", text);
	tell_end(daemon, true, text);
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
	char double_text[RELOAD_REASON_MAX];
	bool is_doubt;

	/* R1: since that was asked instances may have moved, by this very
	 * reload: what it has no more the other node could take */
	if (reload_would_double(daemon, change.new, change.new_core, &edge->map,
				edge->holder != NULL, edge->judged_us,
				&is_doubt, double_text, sizeof(double_text))) {
		reload_refuse(daemon, "%s", double_text);
		return;
	}
	if (prepare_modules(daemon, &change) < 0) {
		reload_refuse(daemon,
			      "there is no memory for the new settings");
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
		reload_refuse(daemon, "waited %d s, and still %s",
			      WAIT_LIMIT_US / 1000000, waits);
		return;
	}
	if (waits)
		tell_waiting(daemon, waits);
	else if (edge->stage == STAGE_LEAVE)
		clear(daemon);
	else if (edge->is_cleared && !edge->claimed) {
		if (may_commit(daemon))
			commit(daemon);
	} else if (edge->is_cleared) {
		edge->is_cleared = false;
		clear(daemon); /* a claim came between */
	} else if (clock_now_us() > edge->limit_us)
		reload_refuse(daemon, "twinbeat-keeper does not answer");
	if (edge->stage != STAGE_IDLE)
		loop_set_timer(&daemon->loop, TIMER_RELOAD,
			       clock_now_us() + RELOAD_LOOK_AGAIN_US);
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
			reload_refuse(daemon,
				      "%s was not read within %d s: is the "
				      "disk, or a "
				      "network file system, stuck?",
				      daemon->options->file_absolute,
				      READ_LIMIT_US / 1000000);
			return;
		}
		if (edge->settings)
			reload_judge(daemon);
		if (edge->stage != STAGE_READ)
			return;
		break;
	case STAGE_HELD:
		if (edge->is_nothing && may_commit(daemon))
			reload_end_of_nothing(daemon);
		if (edge->stage == STAGE_IDLE)
			return;
		break;
	case STAGE_PREPARE:
		if (is_late) {
			reload_refuse(
				daemon,
				"a helper program has not answered within %d s",
				READ_LIMIT_US / 1000000);
			return;
		}
		reload_prepare_helpers(daemon);
		return;
	case STAGE_LEAVE:
	case STAGE_CLEAR:
		go_on_leaving(daemon);
		return;
	}
	loop_set_timer(&daemon->loop, TIMER_RELOAD,
		       clock_now_us() + RELOAD_LOOK_AGAIN_US);
}

int reload_init(struct daemon *daemon)
{
	struct reload_edge *edge = calloc(1, sizeof(*edge));

	if (!edge)
		return -1;
	edge->fd = edge->text_fd = -1;
	reload_read_init(edge);
	daemon->reload = edge;
	return 0;
}
