/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check_twinbeat(8): asks the daemon on this node, prints one line and ends
 * with the exit code of the Monitoring Plugins guidelines. A monitor believes
 * the code alone: whatever goes wrong here must never end as 0.
 */
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/standard_fds.h"
#include "../client/control_client.h"
#include "../ipc/control_msg.h"
#include "../status/advice.h"
#include "probe/probe.h"

#define TIMEOUT_S      10
#define TIMEOUT_MOST_S 3600
#define OPTION_RUN_DIR 1000

struct options {
	struct probe probe;
	probe_function *function;
	const char *run_dir;
	long timeout_s;
	bool is_verbose;
};

static const char help[] =
	"usage: check_twinbeat [-m MODE] [-i INSTANCE] [-w RANGE] [-c RANGE]\n"
	"                      [-t SECONDS] [-v] [--run-dir DIR]\n\n"
	"Checks the twinbeat pair as the daemon on this node sees it.\n\n"
	"  -m, --mode MODE       what to look at:\n"
	"       all              everything (default); a RANGE is of days\n"
	"                        since a drill passed\n"
	"       simple           for a standby: this node holds a VIP\n"
	"       rigorous         it holds one, and the peer is alive "
	"(warning)\n"
	"                        or holds it too (critical)\n"
	"       links            the heartbeats; RANGE: age in milliseconds\n"
	"       fence            power switches and plugs; RANGE: "
	"milliseconds\n"
	"                        since a device was read\n"
	"       drill            the last drill; RANGE: days since one passed\n"
	"       director         LVS: services below their quorum, servers "
	"down;\n"
	"                        RANGE: how many servers\n"
	"  -i, --instance NAME   only this instance: simple, rigorous, links\n"
	"  -w, --warning RANGE   warn: 10 (above 10), 10:20 (outside), "
	"@10:20 (inside)\n"
	"  -c, --critical RANGE  the same, critical\n"
	"  -t, --timeout SECONDS the longest run (10)\n"
	"  -v, --verbose         then a line for each alert, with what to do\n"
	"      --run-dir DIR     where the daemon's socket is (" RUN_DIR ")\n"
	"  -V, --version; -h, --help\n\n"
	"Exit status: 0 ok, 1 warning, 2 critical (also: no daemon answers),\n"
	"3 unknown (wrong usage, not allowed to ask).\n";

/* One line, so that no text of a daemon or device forges performance data. */
static void put_text(const char *text)
{
	for (; *text; text++)
		putchar(*text == '|' || (unsigned char)*text < ' ' ? ' '
								   : *text);
}

__attribute__((format(printf, 2, 3))) static int finish(enum probe_state state,
							const char *format, ...)
{
	char text[PROBE_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	printf("TWINBEAT %s - ", probe_state_name(state));
	put_text(text);
	putchar('\n');
	return (int)state;
}

static void time_is_over(int number)
{
	static const char text[] =
		"TWINBEAT CRITICAL - twinbeatd gave no answer in time\n";

	(void)number;
	_exit(write(STDOUT_FILENO, text, sizeof(text) - 1) < 0
		      ? (int)PROBE_UNKNOWN
		      : (int)PROBE_CRITICAL);
}

/* -1 to go on, else the exit code. */
static int take_option(struct options *options, int option)
{
	struct range *range = option == 'w' ? &options->probe.warning
					    : &options->probe.critical;
	char *end;

	switch (option) {
	case 'm':
		options->function = probe_find(optarg);
		if (options->function)
			return -1;
		return finish(PROBE_UNKNOWN,
			      "there is no mode '%s': all, simple, rigorous, "
			      "links, fence, drill or director",
			      optarg);
	case 'i':
		options->probe.instance = optarg;
		return -1;
	case 'w':
	case 'c':
		if (!range_read(range, optarg))
			return -1;
		return finish(PROBE_UNKNOWN,
			      "-%c %s is no range: 10, 10:, ~:10, 10:20 or "
			      "@10:20",
			      option, optarg);
	case 't':
		options->timeout_s = strtol(optarg, &end, 10);
		if (end != optarg && !*end && options->timeout_s >= 1 &&
		    options->timeout_s <= TIMEOUT_MOST_S)
			return -1;
		return finish(PROBE_UNKNOWN, "-t %s: 1 to %d seconds", optarg,
			      TIMEOUT_MOST_S);
	case 'v':
		options->is_verbose = true;
		return -1;
	case OPTION_RUN_DIR:
		options->run_dir = optarg;
		return -1;
	case 'V':
		puts("check_twinbeat (twinbeat) " TWINBEAT_VERSION);
		return (int)PROBE_UNKNOWN;
	case 'h':
		fputs(help, stdout);
		return (int)PROBE_UNKNOWN;
	default:
		return finish(PROBE_UNKNOWN,
			      "wrong usage, see check_twinbeat --help");
	}
}

static int parse(struct options *options, int argc, char **argv)
{
	static const struct option names[] = {
		{"mode", required_argument, NULL, 'm'},
		{"instance", required_argument, NULL, 'i'},
		{"warning", required_argument, NULL, 'w'},
		{"critical", required_argument, NULL, 'c'},
		{"timeout", required_argument, NULL, 't'},
		{"verbose", no_argument, NULL, 'v'},
		{"run-dir", required_argument, NULL, OPTION_RUN_DIR},
		{"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0}};
	int option, result;

	while ((option = getopt_long(argc, argv, "m:i:w:c:t:vVh", names,
				     NULL)) != -1) {
		result = take_option(options, option);
		if (result >= 0)
			return result;
	}
	if (optind < argc)
		return finish(PROBE_UNKNOWN,
			      "'%s' is one word too many, see check_twinbeat "
			      "--help",
			      argv[optind]);
	return -1;
}

static void print_alerts(const json_t *status)
{
	const json_t *alert;
	size_t i;

	json_array_foreach(json_object_get(status, "alerts"), i, alert)
	{
		enum advice_weight weight;
		const char *advice =
			advice_find(client_string(alert, "name"), &weight);

		put_text(client_string(alert, "name"));
		fputs(": ", stdout);
		put_text(client_string(alert, "text"));
		printf("%s%s\n", advice ? "; " : "", advice ? advice : "");
	}
}

/* For the mode that wants it. -1 to go on, else the exit code. */
static int fetch_director(const struct options *options, json_t *status)
{
	bool is_there;
	json_t *director;

	if (options->function != probe_find("director"))
		return -1;
	director = client_fetch_director(options->run_dir,
					 (int)options->timeout_s * 1000 + 1000,
					 &is_there);
	if (!director && is_there)
		return finish(PROBE_CRITICAL,
			      "twinbeat-director gives no answer");
	if (!director)
		return finish(PROBE_UNKNOWN,
			      "no twinbeat-director runs: twinbeat.conf has no "
			      "group director, or it is being started");
	json_object_set_new(status, "director", director);
	return -1;
}

int main(int argc, char **argv)
{
	struct options options = {.function = probe_find("all"),
				  .run_dir = RUN_DIR,
				  .timeout_s = TIMEOUT_S};
	struct probe_result result = {.text = ""};
	char error[CLIENT_ERROR_MAX] = "";
	enum client_result got;
	json_t *status;
	int code;

	standard_fds_open();
	code = parse(&options, argc, argv);
	if (code >= 0)
		return code;
	signal(SIGALRM, time_is_over);
	alarm((unsigned)options.timeout_s);
	/* the alarm comes first: one sentence for whatever takes too long */
	status = client_fetch_status(options.run_dir,
				     (int)options.timeout_s * 1000 + 1000, &got,
				     error);
	if (!status)
		return finish(got == CLIENT_FORBIDDEN ? PROBE_UNKNOWN
						      : PROBE_CRITICAL,
			      "%s", error);
	code = fetch_director(&options, status);
	if (code >= 0) {
		json_decref(status);
		return code;
	}
	options.probe.now_s = (int64_t)time(NULL);
	options.function(status, &options.probe, &result);
	printf("TWINBEAT %s - ", probe_state_name(result.state));
	put_text(result.text);
	if (result.figures[0])
		printf(" | %s", result.figures);
	putchar('\n');
	if (options.is_verbose)
		print_alerts(status);
	json_decref(status);
	/* a full disk or a closed pipe: nobody has read it */
	return fflush(stdout) ? (int)PROBE_UNKNOWN : (int)result.state;
}
