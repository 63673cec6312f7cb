/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See verdict.h: judges the status object and nothing else. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verdict.h"

struct line {
	char text[VERDICT_TEXT_MAX];
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line,
						      const char *format, ...)
{
	size_t used = strlen(line->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line->text + used, sizeof(line->text) - used, format,
		  arguments);
	va_end(arguments);
}

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

bool status_has_name(const json_t *array, const char *name)
{
	const json_t *value;
	size_t i;

	json_array_foreach(
		array, i,
		value) if (json_is_string(value) &&
			   !strcmp(json_string_value(value), name)) return true;
	return false;
}

bool status_is_master(const json_t *instance)
{
	return !strcmp(word(instance, "state"), "MASTER");
}

/* "; lb01 serves VI_1, VI_2; lb02 serves VI_3" */
static void add_servers(struct line *line, const json_t *status)
{
	const json_t *peer = json_object_get(status, "peer"), *instance, *name;
	const json_t *owns = json_object_get(peer, "owns");
	bool first = true;
	size_t i;

	json_array_foreach(json_object_get(status, "instances"), i, instance)
	{
		if (!status_is_master(instance))
			continue;
		if (first)
			add(line, ": %s serves %s", word(status, "node"),
			    word(instance, "name"));
		else
			add(line, ", %s", word(instance, "name"));
		first = false;
	}
	if (!json_array_size(owns))
		return;
	add(line, "%s %s serves ", first ? ":" : ";", word(peer, "node"));
	json_array_foreach(owns, i, name)
		add(line, "%s%s", i ? ", " : "",
		    json_is_string(name) ? json_string_value(name) : "?");
}

/* Instances that both claim, and those that nobody is known to serve. */
static void find_wrong(const json_t *status, struct line *both,
		       struct line *none)
{
	const json_t *peer = json_object_get(status, "peer"), *instance;
	const json_t *theirs = json_object_get(peer, "owns");
	bool is_up = !strcmp(word(peer, "state"), "up");
	size_t i;

	json_array_foreach(json_object_get(status, "instances"), i, instance)
	{
		const char *name = word(instance, "name");
		bool there = status_has_name(theirs, name);

		if (status_is_master(instance) && there)
			add(both, "%s%s", both->text[0] ? ", " : "", name);
		/* Words of a silent peer are old: it may serve, or not. */
		if (!status_is_master(instance) && !(there && is_up))
			add(none, "%s%s", none->text[0] ? ", " : "", name);
	}
}

bool verdict_servers(const json_t *status, char *text, size_t size)
{
	struct line both = {""}, none = {""}, line = {""};

	find_wrong(status, &both, &none);
	if (both.text[0])
		add(&line, ": BOTH NODES CLAIM %s", both.text);
	else if (none.text[0])
		add(&line, ": NOBODY IS KNOWN TO SERVE %s", none.text);
	else
		add_servers(&line, status);
	snprintf(text, size, "%s", line.text[0] ? line.text + 2 : "");
	return line.text[0] && !both.text[0] && !none.text[0];
}

const char *verdict_word(enum verdict verdict)
{
	static const char *const words[] = {
		[VERDICT_WELL] = "ALL WELL",
		[VERDICT_ALERTS] = "SERVED, WITH ALERTS",
		[VERDICT_NO_STANDBY] = "SERVED, BUT NO STANDBY CAN TAKE OVER",
		[VERDICT_NOBODY] = "NOBODY IS KNOWN TO SERVE",
		[VERDICT_BOTH] = "BOTH NODES CLAIM",
	};

	return words[verdict];
}

enum verdict verdict_make(const json_t *status, char *text, size_t size)
{
	const json_t *peer = json_object_get(status, "peer");
	size_t alerts = json_array_size(json_object_get(status, "alerts"));
	struct line none = {""}, both = {""}, line = {""};
	bool is_up = !strcmp(word(peer, "state"), "up");
	/* R16: it does not say how it is */
	bool is_plain = !strcmp(word(peer, "kind"), "vrrp");
	enum verdict verdict = VERDICT_WELL;

	find_wrong(status, &both, &none);
	if (both.text[0])
		verdict = VERDICT_BOTH;
	else if (none.text[0])
		verdict = VERDICT_NOBODY;
	else if (!json_is_true(json_object_get(status, "fit")) ||
		 (!is_plain &&
		  (!is_up || !json_is_true(json_object_get(peer, "fit")))))
		verdict = VERDICT_NO_STANDBY;
	else if (alerts)
		verdict = VERDICT_ALERTS;
	if (verdict == VERDICT_ALERTS)
		add(&line, "SERVED, WITH %zu ALERT%s", alerts,
		    alerts == 1 ? "" : "S");
	else
		add(&line, "%s", verdict_word(verdict));
	if (both.text[0] || none.text[0])
		add(&line, " %s", both.text[0] ? both.text : none.text);
	else
		add_servers(&line, status);
	snprintf(text, size, "%s", line.text);
	return verdict;
}
