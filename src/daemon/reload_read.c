/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first step of a reload: twinbeat-loader reads, and what it hands over is
 * judged against what runs. Decides whether these settings may be taken at all.
 */
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "control.h"
#include "core_settings.h"
#include "reload_internal.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../ipc/loader_msg.h"
#include "../settings/push.h"

#define EVENTS_A_TURN 64
#define DOUBT_US      5000000

static void tell_finding(void *arg, bool is_error, const char *finding)
{
	struct daemon *daemon = arg;

	log_line(is_error ? LOG_ERR : LOG_WARNING, "reload: %s", finding);
	control_step(daemon, daemon->reload->token, finding);
	if (daemon->reload->holder)
		daemon->reload->holder->finding(daemon, is_error, finding);
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
	/* its last words would be signed by a key that the other has not */
	if (edge->holder) {
		reload_refuse(daemon,
			      "%s: the key is another one, and a push takes no "
			      "key: say twinbeat maintenance on, reload both "
			      "nodes, then maintenance off",
			      edge->settings->key_file);
		return false;
	}
	if (!old->fence.required) {
		reload_refuse(
			daemon,
			"%s: the key is another one, and with fence.required = "
			"false a peer that is not heard is taken for dead: "
			"this "
			"needs a restart of both nodes, one after the other "
			"stopped",
			edge->settings->key_file);
		return false;
	}
	if (daemon->core.memory.maintenance)
		return true;
	reload_refuse(
		daemon,
		"%s: the key is another one: until both nodes have it they do "
		"not hear each other, and would fence; say twinbeat "
		"maintenance "
		"on, reload both nodes, then maintenance off",
		edge->settings->key_file);
	return false;
}

/* True: it is what counts already. */
static bool is_nothing_new(const struct daemon *daemon)
{
	const struct reload_edge *edge = daemon->reload;

	return settings_are_same(edge->settings, daemon->settings) &&
	       memcmp(edge->key, daemon->key, sizeof(edge->key)) == 0 &&
	       memcmp(edge->hmac_keys, daemon->hmac_keys,
		      sizeof(edge->hmac_keys)) == 0;
}

void reload_judge(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;
	char cost[RELOAD_REASON_MAX];
	bool is_doubt;

	if (!edge->force &&
	    reload_would_cut(daemon, edge->settings, edge->core_settings,
			     &edge->map, cost, sizeof(cost))) {
		reload_refuse(daemon, "%s", cost);
		return;
	}
	edge->judged_us = daemon->core.now_us;
	if (reload_would_double(daemon, edge->settings, edge->core_settings,
				&edge->map, edge->holder != NULL,
				edge->judged_us, &is_doubt, cost,
				sizeof(cost))) {
		/* one that was reloaded just now tells its file in some beats
		 */
		if (is_doubt && clock_now_us() < edge->doubt_until_us)
			return;
		reload_refuse(daemon, "%s", cost);
		return;
	}
	if (!key_may_change(daemon))
		return;
	if (!edge->holder) {
		reload_prepare_helpers(daemon);
		return;
	}
	edge->stage = STAGE_HELD;
	edge->holder->has_read(daemon, edge->text_fd);
}

static void take_settings(struct daemon *daemon)
{
	struct reload_edge *edge = daemon->reload;
	struct settings_report report = {.tell = tell_finding, .arg = daemon};
	const char *wrong;

	edge->settings = settings_map(edge->fd);
	edge->core_settings =
		edge->settings ? core_settings_make(edge->settings) : NULL;
	if (!edge->core_settings) {
		reload_refuse(daemon, "the new settings cannot be mapped");
		return;
	}
	settings_check_change(daemon->settings, edge->settings, &report);
	if (report.errors > 0) {
		reload_refuse(daemon,
			      "%u key%s cannot be changed while twinbeatd runs",
			      report.errors, report.errors == 1 ? "" : "s");
		return;
	}
	wrong = core_map_make(daemon->core_settings, edge->core_settings,
			      &edge->map);
	if (wrong) {
		reload_refuse(daemon, "%s: this needs a restart", wrong);
		return;
	}
	if (edge->holder && settings_check_push(daemon->settings,
						edge->settings, &report) > 0) {
		reload_refuse(daemon, "%u key%s cannot be changed by a push",
			      report.errors, report.errors == 1 ? "" : "s");
		return;
	}
	edge->is_nothing = is_nothing_new(daemon);
	if (edge->is_nothing && !edge->holder) {
		reload_end_of_nothing(daemon);
		return;
	}
	edge->doubt_until_us = clock_now_us() + DOUBT_US;
	reload_judge(daemon);
}

/* Of a push: what was beside the file is the file. */
static void take_placed(struct daemon *daemon, const struct loader_event *heard)
{
	struct reload_edge *edge = daemon->reload;

	if (!edge->is_asked_to_put || edge->is_put)
		return;
	if (heard->is_error) {
		edge->is_not_put = true;
		reload_refuse(daemon, "%.300s", heard->text);
		return;
	}
	edge->is_put = true;
	loop_set_timer(&daemon->loop, TIMER_RELOAD, clock_now_us());
}

static void take_done(struct daemon *daemon, const struct loader_event *heard)
{
	struct reload_edge *edge = daemon->reload;

	edge->is_read = true;
	if (!reload_takes(edge))
		loop_drop(&daemon->loop, &edge->socket);
	if (heard->errors > 0 || edge->fd < 0) {
		reload_refuse(daemon, "%s: %u error%s, %u warning%s",
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
		if (heard.type == LOADER_DONE && count > 0 && edge->fd < 0) {
			edge->fd = fds[0];
			fds[0] = fds[--count];
		}
		if (heard.type == LOADER_TEXT && count > 0 &&
		    edge->text_fd < 0) {
			edge->text_fd = fds[0];
			fds[0] = fds[--count];
		}
		while (count > 0)
			close(fds[--count]);
		if (heard.type == LOADER_DONE && !edge->is_read)
			take_done(daemon, &heard);
		else if (heard.type == LOADER_PLACED)
			take_placed(daemon, &heard);
		else if (heard.type == LOADER_FINDING)
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
	if (edge->stage != STAGE_IDLE &&
	    (!edge->is_read || (reload_takes(edge) && !edge->is_put)))
		reload_refuse(daemon,
			      "twinbeat-loader %s while it read the settings",
			      how);
	if (edge->again && edge->stage == STAGE_IDLE)
		loop_set_timer(&daemon->loop, TIMER_RELOAD, clock_now_us());
}

bool reload_start_loader(struct daemon *daemon, int text_fd, char *error,
			 size_t error_size)
{
	struct reload_edge *edge = daemon->reload;
	struct spawn *spawn = &edge->spawn;

	if (spawn_find("twinbeat-loader", spawn->path, sizeof(spawn->path),
		       error, error_size) < 0)
		return false;
	spawn->argv[0] = "twinbeat-loader";
	spawn->argv[1] = daemon->options->file_absolute;
	spawn->argv[2] = daemon->settings->nodes[daemon->settings->self].name;
	spawn->argv[3] = !edge->holder	       ? NULL
			 : edge->holder->takes ? "take"
					       : "send";
	spawn->stderr_fd = daemon->stderr_pipe[1];
	spawn->fd_count = text_fd >= 0 ? 3 : 1;
	spawn->fds[1] = text_fd;
	spawn->fds[2] = daemon->settings_fd;
	edge->pid = helper_spawn(daemon, spawn, &edge->socket, &edge->process,
				 error, error_size);
	if (edge->pid > 0)
		return true;
	edge->pid = 0;
	return false;
}

void reload_read_init(struct reload_edge *edge)
{
	edge->socket = (struct source){-1, LOOP_RUNNER, 0, loader_ready};
	edge->process = (struct source){-1, LOOP_RUNNER, 0, loader_ended};
}
