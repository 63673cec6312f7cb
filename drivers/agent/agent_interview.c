/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options of fence agents against what the agents say of themselves. On
 * stdin an agent ignores an option that it does not know, and takes "y" for
 * false: what was meant to be safe then is not, and nothing tells.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "agent_metadata.h"
#include "agent_run.h"

/* 86 parameters of a long-winded agent are 20 KiB. */
#define METADATA_MAX (256 * 1024)
/* Python, on a machine that is busy. */
#define METADATA_MS 10000

struct checker {
	const struct settings *settings;
	const struct device_finder *finder;
	unsigned device;
	const char *agent; /* its name, for people */
	const char *xml;
};

static const struct agent_settings *agent_at(const struct checker *checker)
{
	return agent_of(&checker->settings->devices[checker->device]);
}

static void check_option(struct checker *checker, const char *key,
			 const char *value)
{
	struct agent_parameter parameter;
	char name[64];

	snprintf(name, sizeof(name), "options.%.40s", key);
	if (!agent_metadata_find(checker->xml, key, &parameter))
		device_find(checker->finder, true, name,
			    "%s knows no such option and would ignore it; see "
			    "%s(8)",
			    checker->agent, checker->agent);
	else if (parameter.boolean && !agent_metadata_is_boolean(value))
		device_find(
			checker->finder, true, name,
			"is a boolean to %s, which would take this for false; "
			"set true or false",
			checker->agent);
}

/* Nobody's plug may be empty where the agent needs one. */
static void check_plugs(struct checker *checker)
{
	const struct settings *settings = checker->settings;
	const struct agent_settings *agent = agent_at(checker);
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
				device_find(checker->finder, true, "plug_key",
					    "%s does not call a plug \"%s\" "
					    "and would "
					    "ignore it; see %s(8)",
					    checker->agent, agent->plug_key,
					    checker->agent);
			else if (plug->plug[0] == '\0' && is_known &&
				 parameter.required)
				device_find(checker->finder, true, "agent",
					    "%s needs a plug, and "
					    "nodes[%u].fence[%u] "
					    "names none",
					    checker->agent, n, p);
			else
				continue;
			return;
		}
}

void agent_interview(const struct settings *settings, unsigned device,
		     const struct device_finder *finder)
{
	struct checker checker = {
		.settings = settings, .finder = finder, .device = device};
	const struct agent_settings *agent = agent_at(&checker);
	const char *slash = strrchr(agent->agent, '/');
	char path[256], why[200];
	struct agent_run run = {.path = path,
				.input = "action=metadata\n",
				.limit_ms = METADATA_MS,
				.out_size = METADATA_MAX};
	struct agent_parameter any;

	checker.agent = slash != NULL ? slash + 1 : agent->agent;
	/* is told by agent_look() */
	if (agent_find(agent->agent, path, sizeof(path), why, sizeof(why)) < 0)
		return;
	run.out = malloc(METADATA_MAX);
	checker.xml = run.out;
	if (run.out == NULL || agent_run(&run, why, sizeof(why)) < 0 ||
	    !agent_metadata_find(checker.xml, "action", &any)) {
		device_find(finder, false, "agent",
			    "%s does not say which options it knows, so they "
			    "are not checked",
			    checker.agent);
		free(run.out);
		return;
	}
	for (unsigned i = 0; i < agent->option_count; i++)
		check_option(&checker, agent->options[i].key,
			     agent->options[i].value);
	if (agent->password_file[0] != '\0')
		check_option(&checker, "password", "");
	check_plugs(&checker);
	free(run.out);
}
