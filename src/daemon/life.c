/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the settings to the first turn of the loop, and from its last to the
 * end. The order is the point (R8, R12): locks, the end of the last family, the
 * state marked "running", helpers, left-over addresses removed, and only then
 * a link. What fails here ends the start; after it nothing does.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core_settings.h"
#include "daemon.h"
#include "director_edge.h"
#include "background.h"
#include "control.h"
#include "helpers.h"
#include "keeper_edge.h"
#include "last_word.h"
#include "life.h"
#include "link_edge.h"
#include "opener_edge.h"
#include "reload.h"
#include "run_dir.h"
#include "runner_edge.h"
#include "service.h"
#include "spare.h"
#include "store.h"
#include "watchdog_edge.h"
#include "../base/log.h"
#include "../base/privileges.h"
#include "../base/images.h"
#include "../base/realtime.h"
#include "../base/replace_file.h"
#include "../base/signals.h"
#include "../status/state_file.h"

#define REALTIME_PRIORITY_MAIN 20
#define START_LIMIT_US	       30000000

/* ---- state ---- */

static int start_core(struct daemon *daemon, char *error, size_t error_size)
{
	struct core_memory memory;
	uint32_t generation = 0;

	store_load(daemon, &memory);
	last_word_load(daemon, &memory.last_word);
	while (generation == 0)
		if (getrandom(&generation, sizeof(generation), 0) !=
		    sizeof(generation)) {
			snprintf(error, error_size, "no random numbers: %s",
				 strerror(errno));
			return -1;
		}
	core_init(&daemon->core, daemon->core_settings, &memory, generation,
		  clock_now_us());
	/* R1: proofs of other fence settings are forgotten, there too */
	if (daemon->core.memory.fence_digest != memory.fence_digest ||
	    memcmp(daemon->core.memory.plug_ids, memory.plug_ids,
		   sizeof(memory.plug_ids)) != 0)
		runner_save_later(daemon);
	return 0;
}

/* ---- signals ---- */

/* At most so many a turn: a flood of them must not keep the loop. */
#define SIGNALS_A_TURN 16

/*
 * What somebody sends out of habit (keepalived dumps its data on SIGUSR1) or by
 * mistake changes nothing, and says so: after the start nothing but SIGTERM and
 * SIGINT ends us.
 */
static void tell_of_signal(const struct signalfd_siginfo *info)
{
	static int64_t told_us[NSIG];
	int64_t now_us = clock_now_us();
	unsigned number = info->ssi_signo;
	const char *name = sigabbrev_np((int)number);
	char text[24];

	if (number >= NSIG ||
	    (told_us[number] && now_us - told_us[number] < 1000000))
		return;
	told_us[number] = now_us;
	if (name)
		snprintf(text, sizeof(text), "SIG%s", name);
	else
		snprintf(text, sizeof(text), "signal %u", number);
	log_line(LOG_WARNING,
		 "%s changes nothing (sent by process %u, user %u): "
		 "twinbeat status shows the state, SIGTERM stops",
		 text, info->ssi_pid, info->ssi_uid);
}

static void signal_ready(struct daemon *daemon, struct source *source,
			 uint32_t events)
{
	struct event event = {.type = EVENT_STOP_ASKED};
	struct signalfd_siginfo info;

	(void)events;
	for (int i = 0; i < SIGNALS_A_TURN &&
			read(source->fd, &info, sizeof(info)) == sizeof(info);
	     i++) {
		if (info.ssi_signo == SIGHUP) {
			log_line(LOG_NOTICE,
				 "asked to reload by SIGHUP of process %u",
				 info.ssi_pid);
			reload_ask(daemon, 0, false);
			continue;
		}
		if (info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT) {
			tell_of_signal(&info);
			continue;
		}
		if (!daemon->core.stopping) {
			log_line(LOG_NOTICE, "asked to stop by signal %u",
				 info.ssi_signo);
			service_tell("STOPPING=1");
		}
		daemon_feed(daemon, &event);
	}
}

static int watch_signals(struct daemon *daemon)
{
	sigset_t signals;

	signals_refusable(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	daemon->signals = (struct source){
		signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC), LOOP_SIGNAL,
		0, signal_ready};
	return daemon->signals.fd < 0
		       ? -1
		       : loop_add(&daemon->loop, &daemon->signals, EPOLLIN);
}

/* ---- start ---- */

static int64_t deadline(const struct daemon *daemon)
{
	return core_deadline(&daemon->core);
}

static void drain(struct daemon *daemon)
{
	for (unsigned i = 0; i < daemon->asked.drain_count; i++)
		daemon->asked.drain[i](daemon);
}

static void find_asked(struct daemon *daemon)
{
	struct asked_modules *asked = &daemon->asked;

	assert(daemon->wiring->module_count <= MODULES_MAX);
	for (unsigned i = 0; i < daemon->wiring->module_count; i++) {
		const struct module *module = &daemon->wiring->modules[i];

		if (module->drain)
			asked->drain[asked->drain_count++] = module->drain;
		if (module->feed_owed)
			asked->feed_owed[asked->feed_owed_count++] =
				module->feed_owed;
	}
}

static void tick(struct daemon *daemon)
{
	struct event event = {.type = EVENT_TICK};

	daemon_feed(daemon, &event);
}

/* R11: nobody could answer us meanwhile. */
static void away(struct daemon *daemon)
{
	for (unsigned i = 0; i < daemon->wiring->module_count; i++)
		if (daemon->wiring->modules[i].away)
			daemon->wiring->modules[i].away(daemon);
}

static void second(struct daemon *daemon);
static void watchdog(struct daemon *daemon);

static int start_loop(struct daemon *daemon, char *error, size_t error_size)
{
	struct loop *loop = &daemon->loop;

	if (loop_init(loop) < 0 || watch_signals(daemon) < 0) {
		snprintf(error, error_size, "the event loop cannot be made: %s",
			 strerror(errno));
		return -1;
	}
	for (unsigned i = 0; i < daemon->wiring->module_count; i++)
		if (daemon->wiring->modules[i].fire)
			loop->fire[daemon->wiring->modules[i].timer] =
				daemon->wiring->modules[i].fire;
	loop->fire[TIMER_SECOND] = second;
	loop->fire[TIMER_WATCHDOG] = watchdog;
	loop->owner = daemon;
	loop->deadline = deadline;
	loop->drain = drain;
	loop->tick = tick;
	loop->away = away;
	return control_open(daemon, error, error_size);
}

/*
 * The helpers' stderr. Our end for writing does not block: a helper must not
 * hang since nobody reads its complaints.
 */
static int start_helpers(struct daemon *daemon, char *error, size_t error_size)
{
	daemon->self_fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (daemon->self_fd < 0 || pipe2(daemon->stderr_pipe, O_CLOEXEC) < 0 ||
	    fcntl(daemon->stderr_pipe[1], F_SETFL, O_NONBLOCK) < 0) {
		snprintf(error, error_size, "the helpers cannot be started: %s",
			 strerror(errno));
		return -1;
	}
	if (opener_find(daemon, error, error_size) < 0)
		return -1;
	for (enum helper_id id = 0; id < HELPERS; id++) {
		if (helper_find(daemon, id, error, error_size) < 0)
			return -1;
		if (!helper_is_wanted(daemon, id) ||
		    helper_start(daemon, id, error, error_size) == 0)
			continue;
		if (id != HELPER_DIRECTOR)
			return -1;
		/* D10: the addresses are served all the same */
		log_line(LOG_WARNING, "%s", error);
		helper_start_later(daemon, id);
	}
	return 0;
}

/* What the kernel may grant one day: a limit that was raised meanwhile. */
static rlim_t memory_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 ? limit.rlim_cur : 0;
}

static void tell_refusal(struct daemon *daemon, unsigned refused, int why)
{
	struct event event = {.type = EVENT_PRIVILEGES_CHANGED};
	char text[200];

	snprintf(text, sizeof(text),
		 "%s%s%s refused by the kernel (%s): heartbeats may be late "
		 "under load; grant LimitRTPRIO and LimitMEMLOCK, or set "
		 "realtime = false",
		 refused & REALTIME_PRIORITY ? "real-time priority" : "",
		 refused == (REALTIME_PRIORITY | REALTIME_MEMORY) ? " and "
								  : "",
		 refused & REALTIME_MEMORY ? "locked memory" : "",
		 strerror(why));
	if (refused)
		event.process.text = text;
	daemon_feed(daemon, &event);
}

/* Ports and files are opened by programs that may, for us. */
static void give_up_privileges(void)
{
	if (!privileges_enter(PRIVILEGES_MAIN))
		log_line(LOG_WARNING, "this process runs with more rights than "
				      "it needs: they could not be given up");
}

/* Last of all: what has been allocated by now is locked. */
static void become_realtime(struct daemon *daemon)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	if (!daemon->settings->realtime)
		return;
	/* A burst must not end us (SIGXCPU); best effort, it is the default. */
	setrlimit(RLIMIT_RTTIME, &unlimited);
	daemon->refused = realtime_enter(REALTIME_PRIORITY_MAIN);
	daemon->refused_why = errno;
	daemon->was_refused_memory = daemon->refused & REALTIME_MEMORY;
	spare_give_back(daemon);
	daemon->memory_limit = memory_limit();
	if (daemon->refused)
		tell_refusal(daemon, daemon->refused, daemon->refused_why);
}

/*
 * Each second while something is refused. Locking takes its time, so it is
 * tried again only when its limit has changed.
 */
static void retry_realtime(struct daemon *daemon)
{
	unsigned refused = daemon->refused;
	rlim_t limit;
	int why = daemon->refused_why;

	if (!refused)
		return;
	limit = memory_limit();
	if (refused & REALTIME_PRIORITY &&
	    realtime_set_priority(REALTIME_PRIORITY_MAIN) == 0)
		refused &= ~(unsigned)REALTIME_PRIORITY;
	if (refused & REALTIME_MEMORY && limit != daemon->memory_limit) {
		daemon->memory_limit = limit;
		if (realtime_lock_memory() == 0) {
			refused &= ~(unsigned)REALTIME_MEMORY;
			spare_give_back(daemon);
		} else {
			daemon->refused_why = why = errno;
		}
	}
	/* also unchanged: a standing alert takes new words once a second */
	daemon->refused = refused;
	tell_refusal(daemon, refused, why);
}

static int start_modules(struct daemon *daemon, char *error, size_t error_size)
{
	daemon->core_settings = core_settings_make(daemon->settings);
	if (!daemon->core_settings) {
		snprintf(error, error_size, "no memory");
		return -1;
	}
	find_asked(daemon);
	for (unsigned i = 0; i < daemon->wiring->module_count; i++)
		if (daemon->wiring->modules[i].init &&
		    daemon->wiring->modules[i].init(daemon) < 0) {
			snprintf(error, error_size, "no memory");
			return -1;
		}
	return 0;
}

int life_start(struct daemon *daemon, char *error, size_t error_size)
{
	daemon->begun_us = clock_now_us();
	if (run_dir_take(daemon, error, error_size) < 0 ||
	    run_dir_wait(daemon, error, error_size) < 0 ||
	    start_modules(daemon, error, error_size) < 0 ||
	    start_core(daemon, error, error_size) < 0 ||
	    start_loop(daemon, error, error_size) < 0 ||
	    start_helpers(daemon, error, error_size) < 0)
		return -1;
	daemon->view.core = &daemon->core;
	daemon->view.settings = daemon->settings;
	json_object_seed(0);
	if (status_prepare(&daemon->view) < 0) {
		snprintf(error, error_size, "no memory");
		return -1;
	}
	loop_set_timer(&daemon->loop, TIMER_SECOND, clock_now_us() + 1000000);
	if (service_watchdog_us() > 0)
		loop_set_timer(&daemon->loop, TIMER_WATCHDOG, clock_now_us());
	give_up_privileges();
	become_realtime(daemon);
	store_tell_failing(daemon);
	return 0;
}

/* Each time the keeper is ready; the first time we are, too. */
void life_ready(struct daemon *daemon)
{
	const struct settings *settings = daemon->settings;

	if (daemon->is_ready)
		return;
	daemon->is_ready = true;
	log_line(LOG_NOTICE,
		 "ready after %lld ms: twinbeatd " TWINBEAT_VERSION
		 ", pair %s, %u instance%s, peer %s",
		 (long long)(clock_now_us() - daemon->begun_us) / 1000,
		 settings->pair, settings->instance_count,
		 settings->instance_count == 1 ? "" : "s",
		 settings->nodes[1 - settings->self].name);
	background_tell(daemon, EXIT_FINE);
	service_tell("READY=1");
	/* R8: what was left over is gone; now the links may speak. */
	link_edge_open(daemon);
}

/* Once: the start is over, and with it what it alone has used. */
static void settle(struct daemon *daemon)
{
	if (daemon->is_settled ||
	    clock_now_us() - daemon->begun_us < IMAGES_START_US)
		return;
	daemon->is_settled = true;
	spare_give_back_libraries(daemon);
}

static void second(struct daemon *daemon)
{
	loop_set_timer(&daemon->loop, TIMER_SECOND, clock_now_us() + 1000000);
	for (unsigned i = 0; i < daemon->wiring->module_count; i++)
		if (daemon->wiring->modules[i].second)
			daemon->wiring->modules[i].second(daemon);
	retry_realtime(daemon);
	settle(daemon);
	if (daemon->is_ready ||
	    clock_now_us() - daemon->begun_us < START_LIMIT_US)
		return;
	log_line(LOG_CRIT,
		 "twinbeat-keeper was not ready within %d s: without it no "
		 "address can be held; see its lines above",
		 START_LIMIT_US / 1000000);
	daemon->failed_start = true;
	daemon->loop.ended = true;
}

static void watchdog(struct daemon *daemon)
{
	service_tell("WATCHDOG=1");
	loop_set_timer(&daemon->loop, TIMER_WATCHDOG,
		       clock_now_us() + service_watchdog_us() / 3);
}

/* ---- end ---- */

/* R12: the end is clean only if the keeper has seen the addresses go. */
void life_end(struct daemon *daemon)
{
	struct core_memory memory = daemon->core.memory;
	bool released = keeper_quit(daemon);

	director_edge_stop(daemon); /* the addresses are gone */
	released = released && owns_nothing(&daemon->core);
	/* a start that failed held nothing: no reset after reset */
	watchdog_edge_stop(daemon, released || !daemon->is_ready);
	control_close(daemon);
	link_edge_end(daemon);
	memory.clean_end = released && !daemon->failed_start;
	runner_settle(daemon);
	store_end(daemon, &memory);
	run_dir_release(daemon);
	log_line(LOG_NOTICE, "stopped, %s",
		 memory.clean_end ? "all released" : "uncleanly");
}
