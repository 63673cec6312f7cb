/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a running daemon cannot take from a new file: who the pair and its nodes
 * are (what is remembered, signed and locked is by these names), and what was
 * settled with the kernel at the start.
 */
#include <stdarg.h>
#include <string.h>

#include "settings.h"

struct changer {
	const struct settings *new;
	struct settings_report *report;
	unsigned count;
};

static void __attribute__((format(printf, 4, 5)))
change_tell(struct changer *changer, const void *value, const char *key,
	    const char *format, ...)
{
	struct settings_place place = settings_where(changer->new, value);
	char line[SETTINGS_LINE_MAX];
	va_list args;
	int n = snprintf(line, sizeof(line),
			 "%s:%u: error: %s: ", changer->new->files[place.file],
			 place.line, key);

	if (n > 0 && (size_t)n < sizeof(line)) {
		va_start(args, format);
		n += vsnprintf(line + n, sizeof(line) - (size_t)n, format,
			       args);
		va_end(args);
	}
	if (n > 0 && (size_t)n < sizeof(line))
		snprintf(line + n, sizeof(line) - (size_t)n,
			 ": this needs a restart of twinbeatd");
	changer->count++;
	changer->report->errors++;
	if (changer->report->tell != NULL)
		changer->report->tell(changer->report->arg, true, line);
}

static void change_text(struct changer *changer, const char *key,
			const char *old, const char *new)
{
	if (strcmp(old, new) != 0)
		change_tell(changer, new, key, "\"%s\" instead of \"%s\"", new,
			    old);
}

unsigned settings_check_change(const struct settings *old,
			       const struct settings *new,
			       struct settings_report *report)
{
	struct changer changer = {.new = new, .report = report};
	char key[24];

	change_text(&changer, "pair", old->pair, new->pair);
	for (unsigned n = 0; n < NODES; n++) {
		snprintf(key, sizeof(key), "nodes[%u].name", n);
		change_text(&changer, key, old->nodes[n].name,
			    new->nodes[n].name);
		/* R16: what is proof, and who is fenced, hangs on it */
		snprintf(key, sizeof(key), "nodes[%u].kind", n);
		if (old->nodes[n].kind != new->nodes[n].kind)
			change_tell(&changer, &new->nodes[n], key,
				    "another one than before");
	}
	change_text(&changer, "user", old->user, new->user);
	if (old->realtime != new->realtime)
		change_tell(&changer, &new->realtime, "realtime",
			    "%s instead of %s",
			    new->realtime ? "true" : "false",
			    old->realtime ? "true" : "false");
	/* whoever feeds it has it open, and a close may reset the machine */
	change_text(&changer, "watchdog.device", old->watchdog.device,
		    new->watchdog.device);
	if (old->watchdog.timeout_s != new->watchdog.timeout_s)
		change_tell(&changer, &new->watchdog.timeout_s,
			    "watchdog.timeout_s", "%u instead of %u",
			    new->watchdog.timeout_s, old->watchdog.timeout_s);
	return changer.count;
}
