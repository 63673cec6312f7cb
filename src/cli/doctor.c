/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/become.h"
#include "../status/advice.h"
#include "client.h"
#include "doctor.h"
#include "doctor_measure.h"
#include "text.h"

/* README: rehearse a fence once a month, and a bit */
#define DRILL_DAYS 35

static const char *const verdicts[] = {"ok", "warn", "bad"};
static const int exits[] = {CLI_OK, CLI_ALERTS, CLI_FAILED};

void doctor_say(struct doctor *doctor, enum doctor_verdict verdict,
		const char *check, const char *remedy, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_clean(text);
	if (verdict > doctor->worst)
		doctor->worst = verdict;
	json_array_append_new(doctor->findings,
			      json_pack("{s:s, s:s, s:s, s:s}", "check", check,
					"verdict", verdicts[verdict], "text",
					text, "remedy", remedy));
}

/* "ok" of who could not look would be no answer. */
static void check_rights(struct doctor *doctor)
{
	if (geteuid() != 0)
		doctor_say(doctor, DOCTOR_WARN, "rights",
			   "run twinbeat doctor as root",
			   "user %u asks: what only root may see is missing "
			   "from what follows",
			   (unsigned)geteuid());
}

/* ---- the file ---- */

static void take_finding(void *arg, bool is_error, const char *line)
{
	doctor_say(arg, is_error ? DOCTOR_BAD : DOCTOR_WARN, "settings",
		   "cure what it names, then: twinbeat check", "%s", line);
}

static bool check_settings(const struct cli *cli, struct doctor *doctor,
			   struct settings *settings)
{
	struct settings_report report = {.tell = take_finding, .arg = doctor};

	if (settings_load(cli->file, cli->node, settings, &report) < 0)
		return false;
	become_choose(cli->state_dir);
	settings_check_environment(settings, &report);
	settings_interview_devices(settings, &report);
	if (report.errors + report.warnings == 0)
		doctor_say(doctor, DOCTOR_OK, "settings", "",
			   "%s has no error, and all that it names is here",
			   cli->file);
	return true;
}

/* ---- the daemon ---- */

static void check_alerts(struct doctor *doctor, const json_t *alerts)
{
	const json_t *alert;
	size_t i;

	json_array_foreach(alerts, i, alert)
	{
		const char *name = client_string(alert, "name");
		enum advice_weight weight = ADVICE_WARN;
		const char *advice = advice_find(name, &weight);

		doctor_say(doctor,
			   weight == ADVICE_BAD ? DOCTOR_BAD : DOCTOR_WARN,
			   "alert", advice ? advice : "see README, Alerts",
			   "%s: %s", name, client_string(alert, "text"));
	}
	if (json_array_size(alerts) == 0)
		doctor_say(doctor, DOCTOR_OK, "alert", "", "none stands");
}

static void check_links(struct doctor *doctor, const json_t *links)
{
	const json_t *link;
	size_t i;

	json_array_foreach(links, i, link)
	{
		const char *state = client_string(link, "state");
		bool is_up = !strcmp(state, "up") || !strcmp(state, "sending");

		doctor_say(doctor, is_up ? DOCTOR_OK : DOCTOR_BAD, "link",
			   is_up ? ""
				 : "see the cable and the peer: twinbeat "
				   "status names the cause",
			   "%s is %s", client_string(link, "name"), state);
	}
}

static void check_fence(struct doctor *doctor, const json_t *fence,
			const char *self)
{
	const json_t *device, *plug;
	size_t i;

	json_array_foreach(json_object_get(fence, "devices"), i, device)
	{
		bool is_ok = client_true(device, "ok");

		doctor_say(doctor, is_ok ? DOCTOR_OK : DOCTOR_BAD, "fence",
			   is_ok ? "" : "repair it: without it nobody is cut",
			   "%s %s%s", client_string(device, "name"),
			   is_ok ? "answers" : "does not answer: ",
			   client_string(device, "error"));
	}
	json_array_foreach(json_object_get(fence, "plugs"), i, plug)
	{
		const char *node = client_string(plug, "node");

		/* who would be cut is the other one */
		if (client_true(plug, "proven") || !strcmp(node, self))
			continue;
		doctor_say(doctor, DOCTOR_WARN, "fence",
			   "let both nodes run until it was read as on, or "
			   "see the alert about it",
			   "plug %s of %s at %s is not proven, and proves "
			   "nothing",
			   client_string(plug, "plug"), node,
			   client_string(plug, "device"));
	}
}

static void check_drill(struct doctor *doctor, const json_t *fence)
{
	const json_t *drill = json_object_get(fence, "drill");
	const char *passed_at = client_string(drill, "passed_at");
	struct tm tm = {0};
	long days;

	if (!strptime(passed_at, "%Y-%m-%dT%H:%M:%SZ", &tm)) {
		doctor_say(doctor, DOCTOR_WARN, "drill",
			   "twinbeat fence --drill STANDBY, on the owner: hand "
			   "over to this node first if it is the standby",
			   "no fence was ever rehearsed from this node");
		return;
	}
	days = (long)((time(NULL) - timegm(&tm)) / 86400);
	if (days < 0) {
		doctor_say(doctor, DOCTOR_WARN, "drill", "timedatectl",
			   "the date of the last one that passed is %ld days "
			   "ahead of this node's clock: one of both was wrong",
			   -days);
		return;
	}
	doctor_say(doctor, days > DRILL_DAYS ? DOCTOR_WARN : DOCTOR_OK, "drill",
		   days > DRILL_DAYS
			   ? "twinbeat fence --drill STANDBY, on the owner"
			   : "",
		   "the last one that passed was %ld days ago", days);
}

static void check_daemon(const struct cli *cli, struct doctor *doctor,
			 const struct settings *settings, bool is_quick)
{
	enum client_result result;
	char error[CLIENT_ERROR_MAX];
	json_t *status =
		client_fetch_status(cli->run_dir, 5000, &result, error);
	const json_t *fence = json_object_get(status, "fence");

	if (!status) {
		doctor_say(doctor, DOCTOR_BAD, "daemon",
			   result == CLIENT_FORBIDDEN
				   ? "run twinbeat doctor as root"
				   : "twinbeat check, then systemctl start "
				     "twinbeat",
			   "%s", error);
		return;
	}
	doctor_say(doctor, DOCTOR_OK, "daemon", "", "twinbeatd %s runs",
		   client_string(status, "version"));
	if (settings)
		doctor_process(doctor, settings,
			       (int)client_number(status, "pid", 0));
	check_alerts(doctor, json_object_get(status, "alerts"));
	check_links(doctor, json_object_get(status, "links"));
	check_fence(doctor, fence, client_string(status, "node"));
	if (settings && settings->fence.required && settings->device_count > 0)
		check_drill(doctor, fence);
	if (settings && !is_quick)
		doctor_measure(cli, doctor, settings, status);
	json_decref(status);
}

/* ---- what is printed ---- */

static void print_lines(const struct doctor *doctor)
{
	const json_t *finding;
	char line[2048], prefix[32];
	size_t i;

	json_array_foreach(doctor->findings, i, finding)
	{
		const char *remedy = client_string(finding, "remedy");

		snprintf(prefix, sizeof(prefix), "%-5s %-10s",
			 client_string(finding, "verdict"),
			 client_string(finding, "check"));
		snprintf(line, sizeof(line), "%s%s%s",
			 client_string(finding, "text"),
			 remedy[0] ? " -> " : "", remedy);
		text_wrap(stdout, prefix, 16, line);
	}
}

int command_doctor(const struct cli *cli, int argc, char **argv)
{
	static struct settings settings; /* too large for a stack */
	struct doctor doctor = {.findings = json_array()};
	bool is_json = false, is_quick = false, is_read;
	const struct cli_option options[] = {{"--json", &is_json, NULL},
					     {"--quick", &is_quick, NULL}};
	int result = cli_parse(cli, argc, argv, options, 2, NULL, 0, NULL);

	if (result < 0) {
		check_rights(&doctor);
		is_read = check_settings(cli, &doctor, &settings);
		if (is_read) {
			doctor_machine(&doctor, &settings);
			doctor_port(&doctor, &settings);
			doctor_network(&doctor, &settings);
		}
		check_daemon(cli, &doctor, is_read ? &settings : NULL,
			     is_quick);
		if (is_json) {
			json_dumpf(doctor.findings, stdout,
				   JSON_INDENT(2) | JSON_ENSURE_ASCII);
			putchar('\n');
		} else {
			print_lines(&doctor);
		}
		result = exits[doctor.worst];
	}
	json_decref(doctor.findings);
	return result;
}
