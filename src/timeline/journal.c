/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See journal.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../client/control_client.h"
#include "journal.h"

/* Wall clock and boot clock of two runs may differ by that in one boot. */
#define STEP_S 10

#define RECENT_MS ((int64_t)3600 * 1000)
#define PAUSE_MS  ((int64_t)600 * 1000)

/* Ten thousand years: what is beyond that would overflow in a difference. */
#define MS_MAX ((int64_t)1 << 48)

static int64_t read_ms(const json_t *object, const char *key)
{
	int64_t ms = client_number(object, key, JOURNAL_UNKNOWN);

	return ms >= 0 && ms <= MS_MAX ? ms : JOURNAL_UNKNOWN;
}

static int64_t read_time(const char *text)
{
	struct tm tm = {0};

	if (!strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		return JOURNAL_UNKNOWN;
	return timegm(&tm);
}

static uint32_t read_run(const json_t *beat, const char *key)
{
	return (uint32_t)strtoul(client_string(beat, key), NULL, 16);
}

static void read_beat(const json_t *object, struct journal_beat *beat)
{
	*beat = (struct journal_beat){
		.run = read_run(object, "run"),
		.sent = (uint32_t)client_number(object, "sent", 0),
		.peer_run = read_run(object, "peer_run"),
		.heard = (uint32_t)client_number(object, "heard", 0),
		.clock_ms = (uint32_t)client_number(object, "clock_ms", 0),
		.at_ms = read_ms(object, "at_ms"),
		.alive_ms = read_ms(object, "alive_ms"),
		.advert_ms = read_ms(object, "advert_ms"),
	};
	if (beat->at_ms == JOURNAL_UNKNOWN)
		beat->peer_run = 0;
}

static bool is_line(const json_t *object)
{
	return json_is_integer(json_object_get(object, "seq")) &&
	       read_ms(object, "boottime_ms") != JOURNAL_UNKNOWN &&
	       json_is_string(json_object_get(object, "kind"));
}

static bool make_room(struct journal *journal)
{
	size_t room = journal->room ? 2 * journal->room : 1024;
	struct journal_line *lines;

	if (journal->count < journal->room)
		return true;
	lines = realloc(journal->lines, room * sizeof(*lines));
	if (!lines)
		return false;
	journal->lines = lines;
	journal->room = room;
	return true;
}

bool journal_take(struct journal *journal, const char *text)
{
	struct journal_line *line;
	json_t *object;

	if (text[strspn(text, " \t\r\n")] == '\0')
		return true;
	if (journal->count >= JOURNAL_LINES_MAX) {
		journal->is_cut = true;
		return true;
	}
	object = json_loads(text, 0, NULL);
	if (!is_line(object)) {
		json_decref(object);
		journal->damaged++;
		return true;
	}
	if (!make_room(journal)) {
		json_decref(object);
		return false;
	}
	line = &journal->lines[journal->count++];
	*line = (struct journal_line){
		.object = object,
		.seq = (uint64_t)client_number(object, "seq", 0),
		.ms = read_ms(object, "boottime_ms"),
		.at_s = read_time(client_string(object, "at")),
		.kind = client_string(object, "kind"),
		.instance = client_string(object, "instance"),
		.from = client_string(object, "from"),
		.to = client_string(object, "to"),
		.reason = client_string(object, "reason"),
	};
	read_beat(json_object_get(object, "beat"), &line->beat);
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct journal_line *one = a, *other = b;

	return (one->seq > other->seq) - (one->seq < other->seq);
}

/* A copy of journal and journal.1 in one file may have lines twice. */
static void drop_doubles(struct journal *journal)
{
	size_t kept = 0;

	for (size_t i = 0; i < journal->count; i++) {
		if (kept > 0 &&
		    journal->lines[kept - 1].seq == journal->lines[i].seq)
			json_decref(journal->lines[i].object);
		else
			journal->lines[kept++] = journal->lines[i];
	}
	journal->count = kept;
}

/*
 * A daemon that is another one, and a clock that does not go on from where it
 * was: the machine was booted between. The wall clock only helps to see it.
 */
static bool is_other_boot(const struct journal_line *before,
			  const struct journal_line *line)
{
	int64_t apart_s;

	if (line->ms < before->ms)
		return true;
	if (line->beat.run == before->beat.run ||
	    line->at_s == JOURNAL_UNKNOWN || before->at_s == JOURNAL_UNKNOWN)
		return false;
	apart_s = line->at_s - before->at_s - (line->ms - before->ms) / 1000;
	return apart_s > STEP_S || apart_s < -STEP_S;
}

void journal_finish(struct journal *journal)
{
	struct journal_line *last;

	journal->pair = journal->node = journal->peer = "";
	if (journal->count == 0)
		return;
	qsort(journal->lines, journal->count, sizeof(*journal->lines),
	      by_number);
	drop_doubles(journal);
	for (size_t i = 1; i < journal->count; i++)
		journal->lines[i].boot = journal->lines[i - 1].boot +
					 is_other_boot(&journal->lines[i - 1],
						       &journal->lines[i]);
	last = &journal->lines[journal->count - 1];
	journal->pair = client_string(last->object, "pair");
	journal->node = client_string(last->object, "node");
	journal->peer = client_string(last->object, "peer");
}

int64_t journal_recent_s(const struct journal *journal)
{
	int64_t since_s = JOURNAL_UNKNOWN;
	const struct journal_line *last =
		journal->count ? &journal->lines[journal->count - 1] : NULL;
	int64_t ms = last ? last->ms : 0;

	for (const struct journal_line *line = last;
	     last && line >= journal->lines; line--) {
		if (line->boot != last->boot || ms - line->ms > PAUSE_MS ||
		    last->ms - line->ms > RECENT_MS)
			break;
		ms = line->ms;
		if (line->at_s != JOURNAL_UNKNOWN)
			since_s = line->at_s;
	}
	return since_s;
}

void journal_free(struct journal *journal)
{
	for (size_t i = 0; i < journal->count; i++)
		json_decref(journal->lines[i].object);
	free(journal->lines);
}
