/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"
#include "rules.h"

#define RULE_MAX 100

struct marks {
	const struct settings *settings;
	bool for_v4, for_v6; /* whose packets the present rules see */
	bool is_in_map;	     /* of marks: its elements come */
	bool is_set[SERVICES_MAX];
	char maybe_v4[RULE_MAX], maybe_v6[RULE_MAX]; /* a rule that computes */
};

static void take_range(struct marks *marks, unsigned long long from,
		       unsigned long long count)
{
	const struct settings_director *director = &marks->settings->director;

	for (unsigned i = 0; i < director->service_count; i++) {
		const struct settings_service *its = &director->services[i];

		if (its->fwmark >= from && its->fwmark - from < count &&
		    (its->family == FAMILY_IPV4 ? marks->for_v4
						: marks->for_v6))
			marks->is_set[i] = true;
	}
}

/* The number that stands there; what comes behind it, or NULL: none does. */
static const char *take_number(struct marks *marks, const char *at)
{
	char *end;
	unsigned long long number = strtoull(at, &end, 0);

	if (end == at)
		return NULL;
	take_range(marks, number, 1);
	return end;
}

/* What it sets depends on more than the rule. */
static void take_maybe(struct marks *marks, const char *rule)
{
	int size = (int)strcspn(rule += strspn(rule, " \t"), "\n");

	if (marks->for_v4 && !marks->maybe_v4[0])
		snprintf(marks->maybe_v4, RULE_MAX, "%.*s", size, rule);
	if (marks->for_v6 && !marks->maybe_v6[0])
		snprintf(marks->maybe_v6, RULE_MAX, "%.*s", size, rule);
}

/* 0 : 0x00000015, 1 : 0x00000016 */
static void take_pairs(struct marks *marks, const char *text)
{
	while ((text = strstr(text, " : ")) != NULL)
		(void)take_number(marks, text += 3);
}

/* The number behind a word, which may be missing. */
static unsigned long long find_number(const char *text, const char *word,
				      unsigned long long missing)
{
	const char *at = strstr(text, word);

	return at == NULL ? missing : strtoull(at + strlen(word), NULL, 0);
}

/* What stands behind "mark set ", as nft prints it: meta mark | 0x00000015 */
static void take_value(struct marks *marks, const char *value, const char *rule)
{
	static const char *const spread[] = {"numgen ", "jhash ", "symhash "};
	const char *map = strstr(value, " map "), *bits = NULL;

	if (take_number(marks, value) != NULL)
		return;
	if (map != NULL && map[5] != '@') {
		take_pairs(marks, map);
		return;
	}
	for (size_t i = 0; map == NULL && i < sizeof(spread) / sizeof(*spread);
	     i++)
		if (strncmp(value, spread[i], strlen(spread[i])) == 0) {
			take_range(marks, find_number(value, " offset ", 0),
				   find_number(value, " mod ", 1));
			return;
		}
	/* those of connections are set by a rule, too, which we see */
	if (strncmp(value, "ct mark", 7) == 0 && !strpbrk(value, "&|^"))
		return;
	/* the last bits that are set are all of it where none was */
	for (const char *at = value; (at = strpbrk(at, "|^")) != NULL;)
		bits = ++at;
	if (bits != NULL)
		(void)take_number(marks, bits);
	take_maybe(marks, rule);
}

/* One of iptables: --set-xmark 0x15/0xffffffff */
static bool take_option(struct marks *marks, const char *line)
{
	static const char *const words[] = {"--set-xmark ", "--set-mark ",
					    "--or-mark ", "--tproxy-mark "};
	const char *at, *mask = NULL;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if ((at = strstr(line, words[i])) != NULL) {
			at = take_number(marks, at + strlen(words[i]));
			mask = at != NULL && *at == '/' ? at + 1 : NULL;
			if (mask == NULL ||
			    strtoull(mask, NULL, 0) == 0xffffffff)
				return true;
		}
	if (strstr(line, "--hmark-mod ") != NULL) {
		take_range(marks, find_number(line, "--hmark-offset ", 0),
			   find_number(line, "--hmark-mod ", 1));
		return true;
	}
	if (mask == NULL && strstr(line, "--map-mark") == NULL)
		return false;
	take_maybe(marks, line);
	return true;
}

/* What people write there is no rule. */
static void blank_quoted(char *line)
{
	bool is_quoted = false;

	for (; *line != '\0'; line++)
		if (*line == '"')
			is_quoted = !is_quoted;
		else if (is_quoted)
			*line = '_';
}

/* A line of the head or of the elements of a map. */
static bool is_of_map(struct marks *marks, const char *line)
{
	size_t size = strcspn(line, "\n");

	line += strspn(line, " \t");
	if (strncmp(line, "type", 4) == 0) { /* and typeof */
		size = strcspn(line, "\n");
		marks->is_in_map = strstr(line, " : ") != NULL && size > 5 &&
				   strncmp(line + size - 5, " mark", 5) == 0;
		return true;
	}
	if (size > 0 && *line == '}')
		marks->is_in_map = false;
	return marks->is_in_map;
}

static void take_line(void *arg, char *line)
{
	struct marks *marks = arg;
	static const char set[] = " mark set ";

	blank_quoted(line);
	if (strncmp(line, "table ", 6) == 0) {
		marks->for_v4 = strncmp(line + 6, "ip6 ", 4) != 0;
		marks->for_v6 = strncmp(line + 6, "ip ", 3) != 0;
		return;
	}
	if (is_of_map(marks, line)) {
		if (strstr(line, " : ") != NULL && marks->is_in_map)
			take_pairs(marks, line);
		return;
	}
	if (take_option(marks, line))
		return;
	for (const char *at = line; (at = strstr(at, set)) != NULL;)
		take_value(marks, at += strlen(set), line);
}

/*
 * Without -t: that would load the module of a table that nobody uses. Whether
 * rules may be read is nft's word: iptables-legacy-save is content without the
 * right to.
 */
static bool read_all(struct marks *marks)
{
	static const struct {
		const char *command;
		bool for_v4, for_v6;
	} sources[] = {
		{RULES_OF_NFT, true, true},
		{"iptables-save 2>/dev/null", true, false},
		{"iptables-legacy-save 2>/dev/null", true, false},
		{"ip6tables-save 2>/dev/null", false, true},
		{"ip6tables-legacy-save 2>/dev/null", false, true},
	};
	bool is_read = false;

	for (unsigned i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		marks->for_v4 = sources[i].for_v4;
		marks->for_v6 = sources[i].for_v6;
		if (rules_read(sources[i].command, take_line, marks) && i == 0)
			is_read = true;
	}
	return is_read;
}

void marks_tell(const struct settings *settings,
		void (*tell)(void *arg, const struct settings_service *service,
			     const char *text),
		void *arg)
{
	const struct settings_director *director = &settings->director;
	struct marks marks = {.settings = settings};
	char text[SETTINGS_LINE_MAX / 2];
	const char *maybe;
	unsigned count = 0;
	bool is_read;

	for (unsigned i = 0; i < director->service_count; i++)
		count += director->services[i].fwmark > 0;
	if (count == 0)
		return;
	is_read = read_all(&marks);
	for (unsigned i = 0; i < director->service_count; i++) {
		const struct settings_service *its = &director->services[i];

		if (its->fwmark == 0 || marks.is_set[i])
			continue;
		maybe = its->family == FAMILY_IPV4 ? marks.maybe_v4
						   : marks.maybe_v6;
		if (is_read && maybe[0])
			snprintf(text, sizeof(text),
				 "no rule of nftables or iptables names mark "
				 "%u, and whether this one comes to it cannot "
				 "be told: %s; without it no packet comes to "
				 "\"%s\": does ipvsadm -Ln --stats count any?",
				 its->fwmark, maybe, its->name);
		else if (is_read)
			snprintf(text, sizeof(text),
				 "no rule of nftables or iptables sets mark %u "
				 "on this machine, and without it no packet "
				 "comes to \"%s\": twinbeat sets none",
				 its->fwmark, its->name);
		else
			snprintf(text, sizeof(text),
				 "whether a rule of the firewall sets mark %u "
				 "for \"%s\" is not known: run this as root, "
				 "with nftables installed; twinbeat sets none",
				 its->fwmark, its->name);
		tell(arg, its, text);
	}
}

/* ---- as findings ---- */

struct finder {
	const struct settings *settings;
	struct settings_report *report;
};

static void tell_finding(void *arg, const struct settings_service *service,
			 const char *text)
{
	const struct finder *finder = arg;
	const struct settings *settings = finder->settings;
	struct settings_place place = settings_where(settings, service);
	char line[SETTINGS_LINE_MAX];

	snprintf(line, sizeof(line),
		 "%s:%u: warning: director.services[%u].fwmark: %s",
		 settings->files[place.file], place.line,
		 (unsigned)(service - settings->director.services), text);
	finder->report->warnings++;
	if (finder->report->tell != NULL)
		finder->report->tell(finder->report->arg, false, line);
}

void marks_check(const struct settings *settings,
		 struct settings_report *report)
{
	struct finder finder = {settings, report};

	marks_tell(settings, tell_finding, &finder);
}
