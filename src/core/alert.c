/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Alerts: a closed list of names, one alert for each subject (a link, an
 * instance, a device). Raised once, changed silently while it stands, cleared
 * once: two log lines for one trouble, however long it lasts.
 */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"

/* The next standing alert from i on, ALERTS_MAX = none. */
static unsigned alert_next(const struct core *core, unsigned i)
{
	if (core->alerts_count == 0)
		return ALERTS_MAX;
	for (unsigned word = i / 64; word < ALERTS_WORDS; word++) {
		uint64_t rest = core->alerts_raised[word];

		if (word == i / 64)
			rest = rest >> i % 64 << i % 64;
		if (rest)
			return word * 64 + (unsigned)__builtin_ctzll(rest);
	}
	return ALERTS_MAX;
}

static struct core_alert *alert_find(struct core *core, enum alert_name name,
				     int subject)
{
	if (core->alerts_standing[name] == 0)
		return NULL; /* nearly always */
	for (unsigned i = alert_next(core, 0); i < ALERTS_MAX;
	     i = alert_next(core, i + 1)) {
		struct core_alert *alert = &core->alerts[i];

		if (alert->name == name && alert->subject == subject)
			return alert;
	}
	return NULL;
}

static struct core_alert *alert_place(struct core *core, enum alert_name name)
{
	for (unsigned word = 0; word < ALERTS_WORDS; word++) {
		uint64_t free_bits = ~core->alerts_raised[word];

		if (free_bits == 0)
			continue;
		core->alerts_raised[word] |= free_bits & -free_bits;
		core->alerts_standing[name]++;
		core->alerts_count++;
		return &core->alerts[word * 64 +
				     (unsigned)__builtin_ctzll(free_bits)];
	}
	return NULL;
}

static void alert_end(struct core *core, const struct core_alert *alert)
{
	unsigned i = (unsigned)(alert - core->alerts);

	core->alerts_raised[i / 64] &= ~(UINT64_C(1) << i % 64);
	core->alerts_standing[alert->name]--;
	core->alerts_count--;
	core->alerts_untold -= !alert->is_told;
}

static void alert_tell(struct core *core, const struct core_alert *alert,
		       bool raised, enum core_severity severity)
{
	struct action *action = action_add(core, ACTION_ALERT);

	action->alert.name = alert_name_text(alert->name);
	action->alert.raised = raised;
	action->alert.severity = severity;
	memcpy(action->text, alert->text, sizeof(action->text));
	action = action_add(core, ACTION_NOTIFY);
	snprintf(action->text, sizeof(action->text), "alert-%s",
		 raised ? "raised" : "cleared");
}

/* A step without room for it: a later one tells. */
static void alert_tell_raised(struct core *core, struct core_alert *alert)
{
	if (!words_have_room(core, 2)) {
		core_wake_at(core, core->now_us + 1000);
		return;
	}
	alert->is_told = true;
	core->alerts_untold--;
	alert_tell(core, alert, true, alert->severity);
}

__attribute__((format(printf, 6, 0))) static void
alert_set(struct core *core, enum alert_name name, int subject,
	  enum core_severity severity, int64_t until_us, const char *format,
	  va_list list)
{
	struct core_alert *alert = alert_find(core, name, subject);
	bool is_new = !alert;

	if (!alert)
		alert = alert_place(core, name);
	if (!alert) {
		core->untold++; /* more than there can be: told as a number */
		return;
	}
	if (is_new) {
		alert->name = name;
		alert->severity = severity;
		alert->is_told = false;
		core->alerts_untold++;
		alert->subject = subject;
		alert->since_us = core->now_us;
	}
	alert->until_us = until_us;
	/* the words of a standing alert grow old slowly */
	if (!is_new && core->now_us - alert->worded_us < SECOND_US)
		return;
	alert->worded_us = core->now_us;
	vsnprintf(alert->text, sizeof(alert->text), format, list);
	if (is_new)
		alert_tell_raised(core, alert);
}

void alert_raise(struct core *core, enum alert_name name, int subject,
		 enum core_severity severity, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	alert_set(core, name, subject, severity, 0, format, list);
	va_end(list);
}

void alert_flash(struct core *core, enum alert_name name, int subject,
		 int64_t keep_us, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	alert_set(core, name, subject, CORE_WARNING, core->now_us + keep_us,
		  format, list);
	va_end(list);
}

void alert_shorten(struct core *core, enum alert_name name, int subject,
		   int64_t keep_us)
{
	struct core_alert *alert = alert_find(core, name, subject);

	if (alert &&
	    (alert->until_us == 0 || alert->until_us > core->now_us + keep_us))
		alert->until_us = core->now_us + keep_us;
}

void alert_clear(struct core *core, enum alert_name name, int subject)
{
	struct core_alert *alert = alert_find(core, name, subject);

	if (!alert)
		return;
	if (alert->is_told)
		alert_tell(core, alert, false, CORE_NOTICE);
	alert_end(core, alert);
}

void alert_step(struct core *core)
{
	untold_tell(core);
	for (unsigned i = alert_next(core, 0); i < ALERTS_MAX;
	     i = alert_next(core, i + 1)) {
		struct core_alert *alert = &core->alerts[i];

		if (core->alerts_untold && !alert->is_told)
			alert_tell_raised(core, alert);
		if (alert->until_us == 0)
			continue;
		if (core->now_us >= alert->until_us) {
			if (alert->is_told)
				alert_tell(core, alert, false, CORE_NOTICE);
			alert_end(core, alert);
		} else {
			core_wake_at(core, alert->until_us);
		}
	}
}
