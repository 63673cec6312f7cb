/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of fence agents against what the agents say of themselves. On
 * stdin an agent ignores an option that it does not know, and takes "y" for
 * false: what was meant to be safe then is not, and nothing tells.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../drivers/agent/agent_metadata.h"
#include "../../drivers/agent/agent_run.h"
#include "check_agents.h"

/* 86 parameters of a long-winded agent are 20 KiB. */
#define METADATA_MAX (256 * 1024)
/* Python, on a machine that is busy. */
#define METADATA_MS 10000

struct checker {
	const struct settings *settings;
	struct settings_report *report;
	unsigned device;
	const char *agent; /* its name, for people */
	const char *xml;
};

static void __attribute__((format(printf, 4, 5)))
tell(struct checker *checker, bool is_error, const char *key,
     const char *format, ...)
{
	const struct settings *settings = checker->settings;
	struct settings_place place = settings_where(
		settings, settings->devices[checker->device].agent.agent);
	char line[SETTINGS_LINE_MAX];
	va_list args;
	int n = snprintf(line, sizeof(line), "%s:%u: %s: devices[%u].%s: ",
			 settings->files[place.file], place.line,
			 is_error ? "error" : "warning", checker->device, key);

	if (n > 0 && (size_t)n < sizeof(line)) {
		va_start(args, format);
		vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
		va_end(args);
	}
	if (is_error)
		checker->report->errors++;
	else
		checker->report->warnings++;
	if (checker->report->tell != NULL)
		checker->report->tell(checker->report->arg, is_error, line);
}

static void check_option(struct checker *checker, const char *key,
			 const char *value)
{
	struct agent_parameter parameter;
	char name[64];

	snprintf(name, sizeof(name), "options.%.40s", key);
	if (!agent_metadata_find(checker->xml, key, &parameter))
		tell(checker, true, name,
		     "%s knows no such option and would ignore it; see %s(8)",
		     checker->agent, checker->agent);
	else if (parameter.boolean && !agent_metadata_is_boolean(value))
		tell(checker, true, name,
		     "is a boolean to %s, which would take this for false; "
		     "set true or false",
		     checker->agent);
}

/* Nobody's plug may be empty where the agent needs one. */
static void check_plugs(struct checker *checker)
{
	const struct settings *settings = checker->settings;
	const struct settings_agent *agent =
		&settings->devices[checker->device].agent;
	struct agent_parameter parameter;
	bool is_known =
		agent_metadata_find(checker->xml, agent->plug_key, &parameter);

	for (unsigned n = 0; n < NODES; n++)
		for (unsigned p = 0; p < settings->nodes[n].plug_count; p++) {
			const struct settings_plug *plug =
				&settings->nodes[n].plugs[p];

			if (plug->device != checker->device)
				continue;
			if (plug->plug[0] != '\0' && !is_known)
				tell(checker, true, "plug_key",
				     "%s does not call a plug \"%s\" and would "
				     "ignore it; see %s(8)",
				     checker->agent, agent->plug_key,
				     checker->agent);
			else if (plug->plug[0] == '\0' && is_known &&
				 parameter.required)
				tell(checker, true, "agent",
				     "%s needs a plug, and nodes[%u].fence[%u] "
				     "names none",
				     checker->agent, n, p);
			else
				continue;
			return;
		}
}

static void check_agent(struct checker *checker)
{
	static char xml[METADATA_MAX];
	const struct settings_agent *agent =
		&checker->settings->devices[checker->device].agent;
	const char *slash = strrchr(agent->agent, '/');
	char path[256], why[200];
	struct agent_run run = {.path = path,
				.input = "action=metadata\n",
				.limit_ms = METADATA_MS,
				.out = xml,
				.out_size = sizeof(xml)};
	struct agent_parameter any;

	checker->agent = slash != NULL ? slash + 1 : agent->agent;
	checker->xml = xml;
	/* is told by settings_check_environment() */
	if (settings_find_agent(agent->agent, path, sizeof(path), why,
				sizeof(why)) < 0)
		return;
	if (agent_run(&run, why, sizeof(why)) < 0 ||
	    !agent_metadata_find(xml, "action", &any)) {
		tell(checker, false, "agent",
		     "%s does not say which options it knows, so they are not "
		     "checked",
		     checker->agent);
		return;
	}
	for (unsigned i = 0; i < agent->option_count; i++)
		check_option(checker, agent->options[i].key,
			     agent->options[i].value);
	if (agent->password_file[0] != '\0')
		check_option(checker, "password", "");
	check_plugs(checker);
}

void check_agents(const struct settings *settings,
		  struct settings_report *report)
{
	struct checker checker = {.settings = settings, .report = report};

	for (unsigned d = 0; d < settings->device_count; d++) {
		checker.device = d;
		if (strcmp(settings->devices[d].driver, "agent") == 0)
			check_agent(&checker);
	}
}
