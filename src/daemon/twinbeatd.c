/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeatd: one node of the pair. This file reads the command line and the
 * settings, refuses what must be refused before anything is touched (exit 2 and
 * 3), and then lives. The modules know their neighbours; how all of
 * them hang together stands here alone.
 */
#include <assert.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "background.h"
#include "checks_edge.h"
#include "claim_edge.h"
#include "control.h"
#include "daemon.h"
#include "director_edge.h"
#include "fencer_edge.h"
#include "hear_edge.h"
#include "helpers.h"
#include "keeper_edge.h"
#include "last_word.h"
#include "life.h"
#include "line_edge.h"
#include "link_edge.h"
#include "notices.h"
#include "opener_edge.h"
#include "push_edge.h"
#include "reload.h"
#include "runner_edge.h"
#include "service.h"
#include "vrrp_edge.h"
#include "vrrp_ports.h"
#include "watchdog_edge.h"
#include "../../drivers/driver.h"
#include "../base/log.h"
#include "../base/serial_inspect.h"
#include "../base/signals.h"
#include "../base/standard_fds.h"
#include "../ipc/control_msg.h"

static const char usage_text[] =
	"usage: twinbeatd [-c FILE] [--node NAME] [--run-dir DIR] "
	"[--state-dir DIR]\n"
	"                 [--foreground] [--check] [--version]\n"
	"\n"
	"  -c FILE          the configuration (" SETTINGS_FILE ")\n"
	"  --node NAME      which of the two nodes this is (by host name)\n"
	"  --run-dir DIR    control socket and locks (" RUN_DIR ")\n"
	"  --state-dir DIR  what survives a restart (" STATE_DIR ")\n"
	"  --foreground     stay in the foreground, log to standard error\n"
	"  --check          check the configuration, print all findings, and "
	"exit\n"
	"  --version        print the version, and exit\n";

enum {
	OPTION_NODE = 256,
	OPTION_RUN_DIR,
	OPTION_STATE_DIR,
	OPTION_FOREGROUND,
	OPTION_CHECK,
	OPTION_VERSION,
	OPTION_HELP
};

static const struct option long_options[] = {
	{"node", required_argument, NULL, OPTION_NODE},
	{"run-dir", required_argument, NULL, OPTION_RUN_DIR},
	{"state-dir", required_argument, NULL, OPTION_STATE_DIR},
	{"foreground", no_argument, NULL, OPTION_FOREGROUND},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0}};

/* We go to "/": a relative path is meant from where we were started. */
static const char *absolute(const char *path)
{
	char here[PATH_MAX], *whole;

	if (path[0] == '/' || !getcwd(here, sizeof(here)) ||
	    asprintf(&whole, "%s/%s", here, path) < 0)
		return path;
	return whole;
}

/* -1 to go on, else the exit code. */
static int read_options(int argc, char **argv, struct options *options)
{
	int c;

	while ((c = getopt_long(argc, argv, "c:hV", long_options, NULL)) !=
	       -1) {
		switch (c) {
		case 'c':
			options->file = optarg;
			break;
		case OPTION_NODE:
			options->node = optarg;
			break;
		case OPTION_RUN_DIR:
			options->run_dir = absolute(optarg);
			break;
		case OPTION_STATE_DIR:
			options->state_dir = absolute(optarg);
			break;
		case OPTION_FOREGROUND:
			options->foreground = true;
			break;
		case OPTION_CHECK:
			options->check_only = true;
			break;
		case 'V':
		case OPTION_VERSION:
			puts("twinbeatd " TWINBEAT_VERSION);
			return EXIT_FINE;
		case 'h':
		case OPTION_HELP:
			fputs(usage_text, stdout);
			return EXIT_FINE;
		default: /* getopt has said what is wrong */
			fputs(usage_text, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "twinbeatd: \"%s\" is no option\n%s", argv[optind],
		usage_text);
	return EXIT_USAGE;
}

/* ---- settings ---- */

static void tell_finding(void *arg, bool is_error, const char *line)
{
	(void)is_error;
	fprintf(arg, "%s\n", line);
}

static int refuse(const char *text)
{
	log_line(LOG_CRIT, "%s", text);
	return EXIT_BAD;
}

static int check(const struct options *options)
{
	struct settings_report report = {.tell = tell_finding, .arg = stdout};
	/* not static: a daemon would lock room for it in memory for life */
	struct settings *settings = malloc(sizeof(*settings));

	if (!settings)
		return refuse("no memory for the settings");
	if (settings_load(options->file, options->node, settings, &report) == 0)
		settings_check_environment(settings, &report);
	free(settings);
	printf("%s: %u error%s, %u warning%s\n", options->file, report.errors,
	       report.errors == 1 ? "" : "s", report.warnings,
	       report.warnings == 1 ? "" : "s");
	return report.errors ? EXIT_BAD : EXIT_FINE;
}

static void tell_resolved(void *arg, bool is_error, unsigned instance,
			  const char *key, const char *text)
{
	const struct settings *settings = arg;

	(void)is_error;
	log_line(LOG_NOTICE, "%s: %s: %s", settings->instances[instance].name,
		 key, text);
}

/* C04: what is told first is what is refused for; the rest is the keeper's. */
static void take_refusal(void *arg, bool is_error, unsigned instance,
			 const char *key, const char *text)
{
	char *refusal = arg;

	(void)instance;
	if (is_error && refusal[0] == '\0')
		snprintf(refusal, TEXT_MAX * 2, "%s: %s", key, text);
}

/*
 * Reads, seals and maps the settings: the copy that was written is given back
 * and the main process sees the same pages as the helpers.
 */
static int load_settings(struct daemon *daemon)
{
	struct settings_report report = {.tell = tell_finding, .arg = stderr};
	struct settings *settings = malloc(sizeof(*settings));
	int result;

	if (!settings)
		return refuse("no memory for the settings");
	result = settings_load(daemon->options->file, daemon->options->node,
			       settings, &report);
	if (result == 0)
		settings_resolve_interfaces(settings, tell_resolved, settings);
	if (result == 0)
		daemon->settings_fd = settings_seal(settings);
	free(settings);
	if (result < 0) {
		fprintf(stderr,
			"twinbeatd: %s: %u error%s: nothing was started\n",
			daemon->options->file, report.errors,
			report.errors == 1 ? "" : "s");
		if (!report.self_late)
			return EXIT_BAD;
		fprintf(stderr, "twinbeatd: at boot the host name and the "
				"addresses may come later: exit 1, so that "
				"systemd tries again\n");
		return EXIT_FAILED;
	}
	daemon->settings = daemon->settings_fd < 0
				   ? NULL
				   : settings_map(daemon->settings_fd);
	return daemon->settings ? -1 : refuse("the settings cannot be sealed");
}

/* What would harm others if it were tried, before it is tried. */
static int check_environment(struct daemon *daemon)
{
	const struct settings *settings = daemon->settings;
	const struct settings_node *self;
	char text[400], refusal[TEXT_MAX * 2] = "";

	assert(settings);
	self = &settings->nodes[settings->self];
	log_set_node(self->name);
	if (settings_load_key(settings->key_file, daemon->key, text,
			      sizeof(text)) < 0 ||
	    settings_load_hmac_keys(settings, daemon->hmac_keys, text,
				    sizeof(text)) < 0)
		return refuse(text);
	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (settings->links[i].configured &&
		    link_kind_find(settings->links[i].type)
				    ->may_open(settings, i, text,
					       sizeof(text)) < 0)
			return refuse(text);
	for (unsigned i = 0; i < settings->device_count; i++) {
		const char *port = driver_port(&settings->devices[i]);

		if (port != NULL &&
		    !serial_may_be_opened(port, text, sizeof(text)))
			return refuse(text);
	}
	settings_look_at_vips(settings, take_refusal, refusal);
	return refusal[0] ? refuse(refusal) : -1;
}

/* ---- how the modules hang together ---- */

/*
 * In the order of their turns: before the helpers start, each second, when the
 * core is owed an event. A new one: its row.
 */
static const struct module modules[] = {
	{.init = reload_init, .timer = TIMER_RELOAD, .fire = reload_go_on},
	{.init = push_edge_init,
	 .commit = push_edge_commit,
	 .timer = TIMER_PUSH,
	 .fire = push_edge_go_on},
	{.init = helpers_init, .timer = TIMER_HELPERS, .fire = helpers_restart},
	{.init = vrrp_edge_init,
	 .prepare = vrrp_edge_prepare,
	 .abandon = vrrp_edge_abandon,
	 .commit = vrrp_edge_commit,
	 .second = vrrp_edge_check_filter,
	 .discard = vrrp_edge_discard,
	 .timer = TIMER_VRRP,
	 .fire = vrrp_edge_open},
	{.init = link_edge_init,
	 .prepare = link_edge_prepare,
	 .abandon = link_edge_abandon,
	 .commit = link_edge_commit,
	 .second = link_edge_check,
	 .feed_owed = link_edge_feed_owed,
	 .discard = link_edge_discard,
	 .timer = TIMER_LINKS,
	 .fire = link_edge_open},
	{.drain = link_edge_drain, .timer = TIMER_NAP, .fire = link_edge_wake},
	{.drain = vrrp_ports_drain,
	 .feed_owed = vrrp_edge_feed_owed,
	 .timer = TIMER_BURST,
	 .fire = vrrp_ports_wake},
	{.second = openers_second},
	{.init = line_edge_init, .second = line_edge_second},
	{.second = control_expire},
	{.second = control_check},
	{.init = runner_edge_init,
	 .second = runner_retry,
	 .away = runner_shift_patience},
	{.init = checks_edge_init,
	 .second = checks_edge_second,
	 .away = checks_edge_away},
	{.init = notices_init,
	 .feed_owed = notices_feed_owed,
	 .commit = notices_commit},
	{.init = fencer_edge_init,
	 .second = fencer_expire,
	 .away = fencer_shift_patience,
	 .feed_owed = fencer_feed_refused},
	{.init = claim_edge_init,
	 .timer = TIMER_CLAIMS,
	 .fire = claim_edge_due},
	{.init = keeper_edge_init,
	 .commit = keeper_commit,
	 .feed_owed = keeper_feed_look,
	 .away = keeper_shift_patience,
	 .timer = TIMER_KEEPER,
	 .fire = keeper_tick},
	{.timer = TIMER_FEED, .fire = watchdog_edge_feed},
	{.init = director_edge_init, .commit = director_edge_commit},
	{.second = pulse_second, .away = pulse_shift},
	{.init = hear_edge_init,
	 .commit = hear_edge_commit,
	 .second = hear_edge_second,
	 .discard = hear_edge_discard,
	 .timer = TIMER_HEAR,
	 .fire = hear_edge_ask},
};

static const struct helper_row helpers[HELPERS] = {
	[HELPER_RUNNER] = {"twinbeat-runner", LOOP_RUNNER, runner_started,
			   runner_read, runner_ended},
	[HELPER_KEEPER] = {"twinbeat-keeper", LOOP_KEEPER, keeper_started,
			   keeper_read, keeper_lost},
	[HELPER_FENCER] = {"twinbeat-fencer", LOOP_FENCER, NULL, fencer_read,
			   fencer_ended},
	[HELPER_DIRECTOR] = {"twinbeat-director", LOOP_RUNNER,
			     director_edge_tell, director_edge_read,
			     director_edge_ended, director_edge_is_wanted},
	[HELPER_WATCHDOG] = {"twinbeat-watchdog", LOOP_RUNNER,
			     watchdog_edge_started, watchdog_edge_read,
			     watchdog_edge_ended, watchdog_edge_is_wanted},
};

/* cause: the last thing told before it, which a notification belongs to. */
static void carry_out(struct daemon *daemon, const struct action *action,
		      const struct action *cause)
{
	switch (action->type) {
	case ACTION_SEND_BEAT:
		link_edge_send(daemon, action->send.link, action->send.beat);
		break;
	case ACTION_SEND_ADVERT:
		vrrp_edge_send(daemon, action->instance, action->priority);
		break;
	case ACTION_CLAIM:
		claim_edge_order(daemon, &action->permit);
		break;
	case ACTION_RELEASE:
		claim_edge_drop(daemon, action->instance);
		keeper_order(daemon, KEEPER_RELEASE, action->instance);
		break;
	case ACTION_LOOK:
		keeper_look(daemon, action->instance);
		break;
	case ACTION_ANNOUNCE:
		keeper_order(daemon, KEEPER_ANNOUNCE, action->instance);
		break;
	case ACTION_OBITUARY:
		keeper_take_will(daemon, action->send.beat);
		break;
	case ACTION_FENCE:
		fencer_ask(daemon, action);
		break;
	case ACTION_PROBE:
		hear_edge_probe(daemon, action->probe.interface,
				action->probe.on);
		break;
	case ACTION_SAVE:
		runner_save(daemon);
		break;
	case ACTION_LAST_WORD:
		last_word_store(daemon);
		break;
	case ACTION_NOTIFY:
		notices_tell(daemon, action, cause);
		break;
	case ACTION_REPLY:
		control_reply(daemon, action);
		break;
	case ACTION_MAKE_CODE:
		notices_make_code(daemon);
		break;
	case ACTION_TELL_DIRECTOR:
		director_edge_tell(daemon);
		break;
	case ACTION_DISCARD_LINKS:
	case ACTION_TRACE:
	case ACTION_ALERT:
	case ACTION_EXIT:
		break; /* done by feed.c */
	}
}

static const struct wiring wiring = {
	.modules = modules,
	.module_count = sizeof(modules) / sizeof(modules[0]),
	.helpers = helpers,
	.carry_out = carry_out,
	.record = runner_history,
};

static int live(struct daemon *daemon)
{
	char error[700];

	assert(daemon->options && daemon->settings);
	service_begin();
	if (!daemon->options->foreground && background_enter(daemon) < 0) {
		log_line(LOG_CRIT, "cannot go to the background");
		return EXIT_FAILED;
	}
	if (life_start(daemon, error, sizeof(error)) < 0) {
		log_set_carrier(NULL, NULL);
		log_line(LOG_CRIT, "%s", error);
		background_tell(daemon, EXIT_FAILED);
		return EXIT_FAILED;
	}
	loop_run(&daemon->loop);
	life_end(daemon);
	return daemon->failed_start ? EXIT_FAILED : EXIT_FINE;
}

int main(int argc, char **argv)
{
	static struct options options = {.file = SETTINGS_FILE,
					 .run_dir = RUN_DIR,
					 .state_dir = STATE_DIR};
	static struct daemon daemon = {.pid_fd = -1,
				       .lock_fd = -1,
				       .state_fd = -1,
				       .last_word_fd = -1,
				       .ready_fd = -1,
				       .settings_fd = -1};
	int result;

	/* who asks for a reload does not know how far this start has come */
	signals_hold();
	standard_fds_open();
	result = read_options(argc, argv, &options);

	if (result >= 0)
		return result;
	if (options.check_only)
		return check(&options);
	log_begin(true);
	options.file_absolute = absolute(options.file);
	daemon.options = &options;
	daemon.wiring = &wiring;
	result = load_settings(&daemon);
	if (result < 0)
		result = check_environment(&daemon);
	if (result >= 0)
		return result;
	snprintf(daemon.state_path, sizeof(daemon.state_path), "%s/state",
		 options.state_dir);
	snprintf(daemon.control_path, sizeof(daemon.control_path),
		 "%s/" CONTROL_SOCKET, options.run_dir);
	return live(&daemon);
}
