/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"
#include "rules.h"

struct marks {
	const struct settings *settings;
	bool for_v4, for_v6; /* whose packets the present rules see */
	bool is_set[SERVICES_MAX];
};

/* Each number behind the word is taken for a mark: of a mask, or of a map of
 * ports, none is a mark of ours but by accident. */
static void take_numbers(struct marks *marks, char *text)
{
	const struct settings_director *director = &marks->settings->director;
	char *end;

	/* nft: meta mark set 0x00000015 counter packets 7 bytes 420 */
	end = strstr(text, " counter ");
	if (end != NULL)
		*end = '\0';
	while (*(text += strcspn(text, "0123456789")) != '\0') {
		unsigned long long number = strtoull(text, &end, 0);

		for (unsigned i = 0; i < director->service_count; i++) {
			const struct settings_service *its =
				&director->services[i];

			if (its->fwmark == number &&
			    (its->family == FAMILY_IPV4 ? marks->for_v4
							: marks->for_v6))
				marks->is_set[i] = true;
		}
		text = end;
	}
}

/* "mark set @name": which ones is in a map elsewhere. */
static void take_all(struct marks *marks)
{
	for (unsigned i = 0; i < SERVICES_MAX; i++)
		marks->is_set[i] = true;
}

static void take_line(void *arg, char *line)
{
	struct marks *marks = arg;
	static const char *const words[] = {" mark set ", "--set-xmark ",
					    "--set-mark ", "--or-mark "};

	if (strncmp(line, "table ", 6) == 0) {
		marks->for_v4 = strncmp(line + 6, "ip6 ", 4) != 0;
		marks->for_v6 = strncmp(line + 6, "ip ", 3) != 0;
		return;
	}
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *at = strstr(line, words[i]);

		if (at == NULL)
			continue;
		at += strlen(words[i]);
		if (strchr(at, '@') != NULL)
			take_all(marks);
		take_numbers(marks, at);
		return;
	}
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
		snprintf(text, sizeof(text),
			 is_read ? "no rule of nftables or iptables sets mark "
				   "%u on this machine, and without it no "
				   "packet comes to \"%s\": twinbeat sets none"
				 : "whether a rule of the firewall sets mark "
				   "%u for \"%s\" is not known: run this as "
				   "root, with nftables installed; "
				   "twinbeat sets none",
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
