/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Alerts: a closed list of names, one alert for each subject (a link, an
 * instance, a device). Raised once, changed silently while it stands, cleared
 * once: two log lines for one trouble, however long it lasts.
 */
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"
#include "reload.h"

_Static_assert(ALERTS_WORDS <= 128, "two words tell where alerts stand");

/* Of alerts_raised[], the next that is not 0 from word on. */
static unsigned alert_word_next(const struct core *core, unsigned word)
{
	for (unsigned w = word / 64; w < 2; w++) {
		uint64_t rest = core->alerts_words[w];

		if (w == word / 64)
			rest = rest >> word % 64 << word % 64;
		if (rest)
			return w * 64 + (unsigned)__builtin_ctzll(rest);
	}
	return ALERTS_WORDS;
}

/* The next standing alert from i on, ALERTS_MAX = none. */
static unsigned alert_next(const struct core *core, unsigned i)
{
	unsigned word = i / 64;
	uint64_t rest;

	if (core->alerts_count == 0 || i >= ALERTS_MAX)
		return ALERTS_MAX;
	rest = core->alerts_raised[word] >> i % 64 << i % 64;
	if (rest)
		return word * 64 + (unsigned)__builtin_ctzll(rest);
	word = alert_word_next(core, word + 1);
	if (word >= ALERTS_WORDS)
		return ALERTS_MAX;
	return word * 64 + (unsigned)__builtin_ctzll(core->alerts_raised[word]);
}

static void alert_mark(struct core *core, unsigned place, bool stands)
{
	unsigned word = place / 64;
	uint64_t bit = UINT64_C(1) << place % 64;

	if (stands)
		core->alerts_raised[word] |= bit;
	else
		core->alerts_raised[word] &= ~bit;
	bit = UINT64_C(1) << word % 64;
	if (core->alerts_raised[word])
		core->alerts_words[word / 64] |= bit;
	else
		core->alerts_words[word / 64] &= ~bit;
}

/* What each row is for: its name, where its places begin, how many there are.
 */
static const struct row {
	enum alert_name name;
	enum alert_each each;
	uint16_t first, places;
} rows[ALERT_ROWS_COUNT] = {
#define X(row, name, each)                                                     \
	[ROW_##row] = {ALERT_##name, EACH_##each,                              \
		       offsetof(struct alert_places, row),                     \
		       EACH_##each##_MOST},
	ALERT_ROWS(X)
#undef X
};

enum alert_each alert_row_each(enum alert_row row)
{
	return rows[row].each;
}

static unsigned alert_place(enum alert_row row, unsigned subject)
{
	assert(row < ALERT_ROWS_COUNT && subject < rows[row].places);
	return rows[row].first + subject;
}

static struct core_alert *alert_find(struct core *core, enum alert_row row,
				     unsigned subject)
{
	unsigned place;

	/* asked dozens of times in each step, and mostly none stands */
	if (core->alerts_of_row[row] == 0)
		return NULL;
	place = alert_place(row, subject);
	return core_alert_stands(core, place) ? &core->alerts[place] : NULL;
}

bool alert_stands(struct core *core, enum alert_row row, unsigned subject)
{
	return alert_find(core, row, subject) != NULL;
}

static struct core_alert *alert_begin(struct core *core, enum alert_row row,
				      unsigned subject)
{
	unsigned place = alert_place(row, subject);
	struct core_alert *alert = &core->alerts[place];

	assert(!core_alert_stands(core, place));
	alert_mark(core, place, true);
	core->alerts_standing[rows[row].name]++;
	core->alerts_of_row[row]++;
	core->alerts_count++;
	core->alerts_untold++;
	alert->name = rows[row].name;
	alert->row = row;
	alert->subject = subject;
	alert->is_told = false;
	alert->since_us = core->now_us;
	return alert;
}

static void alert_end(struct core *core, const struct core_alert *alert)
{
	unsigned i = (unsigned)(alert - core->alerts);

	assert(core_alert_stands(core, i));
	alert_mark(core, i, false);
	core->alerts_standing[alert->name]--;
	core->alerts_of_row[alert->row]--;
	core->alerts_count--;
	core->alerts_untold -= !alert->is_told;
}

static void alert_tell(struct core *core, const struct core_alert *alert,
		       bool raised, enum core_severity severity)
{
	struct action *action = action_add(core, ACTION_ALERT);

	assert(alert->text[0] != '\0');
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
	assert(!alert->is_told && core->alerts_untold > 0);
	alert->is_told = true;
	core->alerts_untold--;
	alert_tell(core, alert, true, alert->severity);
}

__attribute__((format(printf, 6, 0))) static void
alert_set(struct core *core, enum alert_row row, unsigned subject,
	  enum core_severity severity, int64_t until_us, const char *format,
	  va_list list)
{
	struct core_alert *alert = alert_find(core, row, subject);
	bool is_new = !alert;

	if (is_new) {
		alert = alert_begin(core, row, subject);
		alert->severity = severity;
	}
	alert->until_us = until_us;
	/* the words of a standing alert grow old slowly */
	if (!is_new && core->now_us - alert->worded_us < SECOND_US)
		return;
	alert->worded_us = core->now_us;
	core_words(alert->text, format, list);
	if (is_new)
		alert_tell_raised(core, alert);
}

bool alert_is_worded(struct core *core, enum alert_row row, unsigned subject)
{
	const struct core_alert *alert = alert_find(core, row, subject);

	return alert && alert->until_us == 0 &&
	       core->now_us - alert->worded_us < SECOND_US;
}

void alert_raise(struct core *core, enum alert_row row, unsigned subject,
		 enum core_severity severity, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	alert_set(core, row, subject, severity, 0, format, list);
	va_end(list);
}

void alert_flash(struct core *core, enum alert_row row, unsigned subject,
		 int64_t keep_us, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	alert_set(core, row, subject, CORE_WARNING, core->now_us + keep_us,
		  format, list);
	va_end(list);
}

void alert_shorten(struct core *core, enum alert_row row, unsigned subject,
		   int64_t keep_us)
{
	struct core_alert *alert = alert_find(core, row, subject);

	if (alert &&
	    (alert->until_us == 0 || alert->until_us > core->now_us + keep_us))
		alert->until_us = core->now_us + keep_us;
}

static void alert_clear_standing(struct core *core,
				 const struct core_alert *alert)
{
	if (alert->is_told)
		alert_tell(core, alert, false, CORE_NOTICE);
	alert_end(core, alert);
}

void alert_clear_of_row(struct core *core, enum alert_row row, unsigned subject)
{
	const struct core_alert *alert = alert_find(core, row, subject);

	if (alert)
		alert_clear_standing(core, alert);
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
		if (core->now_us >= alert->until_us)
			alert_clear_standing(core, alert);
		else
			core_wake_at(core, alert->until_us);
	}
}

/* ---- new settings ---- */

/* Where it goes; -1 = what it is about is gone. */
static int subject_moved(const struct core *core, const struct core_map *map,
			 const struct core_alert *alert)
{
	unsigned i = alert->subject;

	switch (rows[alert->row].each) {
	case EACH_LINK:
		return map->links[i];
	case EACH_INSTANCE:
		return map->instances[i];
	case EACH_DEVICE:
		return map->is_same_device[i] ? map->devices[i] : -1;
	case EACH_PLUG:
		return map->is_same_plug[core->peer_index][i]
			       ? map->plugs[core->peer_index][i]
			       : -1;
	case EACH_NODE:
		break;
	}
	return (int)i;
}

/* All that move are taken up first, then put down: none is in another's way. */
static void row_move(struct core *core, const struct core_map *map,
		     enum alert_row row)
{
	struct core_alert kept[CORE_INSTANCES_MAX];
	unsigned count = 0;

	_Static_assert(EACH_INSTANCE_MOST <= CORE_INSTANCES_MAX, "room");
	for (unsigned i = 0; i < rows[row].places; i++) {
		struct core_alert *alert = alert_find(core, row, i);
		int to = alert ? subject_moved(core, map, alert) : -1;

		if (!alert || to == (int)i)
			continue;
		if (to < 0) {
			alert_clear(core, row, i);
			continue;
		}
		kept[count] = *alert;
		kept[count++].subject = (unsigned)to;
		alert_mark(core, alert_place(row, i), false);
	}
	while (count-- > 0) {
		unsigned place = alert_place(row, kept[count].subject);

		assert(!core_alert_stands(core, place));
		core->alerts[place] = kept[count];
		alert_mark(core, place, true);
	}
}

void alerts_move(struct core *core, const struct core_map *map)
{
	for (unsigned row = 0; row < ALERT_ROWS_COUNT; row++)
		row_move(core, map, (enum alert_row)row);
}
