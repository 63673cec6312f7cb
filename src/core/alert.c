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
	uint64_t rest = i < ALERTS_MAX ? core->alerts_raised >> i : 0;

	return rest ? i + (unsigned)__builtin_ctzll(rest) : ALERTS_MAX;
}

static struct core_alert *alert_find(struct core *core, enum alert_name name,
				     int subject)
{
	for (unsigned i = alert_next(core, 0); i < ALERTS_MAX;
	     i = alert_next(core, i + 1)) {
		struct core_alert *alert = &core->alerts[i];

		if (alert->name == name && alert->subject == subject)
			return alert;
	}
	return NULL;
}

static void alert_end(struct core *core, const struct core_alert *alert)
{
	core->alerts_raised &= ~(UINT64_C(1) << (alert - core->alerts));
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

__attribute__((format(printf, 6, 0))) static void
alert_set(struct core *core, enum alert_name name, int subject,
	  enum core_severity severity, int64_t until_us, const char *format,
	  va_list list)
{
	struct core_alert *alert = alert_find(core, name, subject);
	bool is_new = !alert;

	if (!alert && core->alerts_raised == UINT64_MAX)
		return; /* 64 troubles at once: the first 64 are told */
	if (!alert)
		alert = &core->alerts[__builtin_ctzll(~core->alerts_raised)];
	if (is_new) {
		core->alerts_raised |= UINT64_C(1) << (alert - core->alerts);
		alert->name = name;
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
		alert_tell(core, alert, true, severity);
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

void alert_clear(struct core *core, enum alert_name name, int subject)
{
	struct core_alert *alert = alert_find(core, name, subject);

	if (!alert)
		return;
	alert_tell(core, alert, false, CORE_NOTICE);
	alert_end(core, alert);
}

bool alert_is_raised(const struct core *core, enum alert_name name)
{
	for (unsigned i = alert_next(core, 0); i < ALERTS_MAX;
	     i = alert_next(core, i + 1))
		if (core->alerts[i].name == name)
			return true;
	return false;
}

void alert_step(struct core *core)
{
	for (unsigned i = alert_next(core, 0); i < ALERTS_MAX;
	     i = alert_next(core, i + 1)) {
		const struct core_alert *alert = &core->alerts[i];

		if (alert->until_us == 0)
			continue;
		if (core->now_us >= alert->until_us) {
			alert_tell(core, alert, false, CORE_NOTICE);
			alert_end(core, alert);
		} else {
			core_wake_at(core, alert->until_us);
		}
	}
}
