/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See history.h. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "../base/xml.h"
#include "../timeline/picture.h"
#include "history.h"

#define WIDE   900
#define NARROW 400

/* Of a list that is longer, so many at its beginning and at its end. */
struct shown {
	size_t head, tail;
};
static const struct shown shown_recent = {0, 20}, shown_failover = {30, 10};

static void put_paragraph(FILE *out, const char *text)
{
	fputs("<p>", out);
	xml_put(out, text);
	fputs("</p>\n", out);
}

static bool read_utc(int64_t at_s, struct tm *tm)
{
	time_t at = (time_t)at_s;

	return at_s != JOURNAL_UNKNOWN && gmtime_r(&at, tm);
}

static void put_event(FILE *out, const struct picture *picture,
		      const struct picture_event *event)
{
	char clock[40] = "";
	struct tm tm;

	if (read_utc(event->at_s, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	fprintf(out, "<tr><td>%+" PRId64 " ms</td><td>%s</td><td>",
		event->ms - picture->zero_ms, clock);
	xml_put(out, event->mark);
	xml_put(out, event->reason);
	fputs("</td></tr>\n", out);
}

static void put_list(FILE *out, const struct picture *picture,
		     const struct shown *shown)
{
	size_t most = shown->head + shown->tail;

	fputs("<table><tr><th>since 0</th><th>UTC</th><th>what</th></tr>\n",
	      out);
	for (size_t i = 0; i < picture->count; i++) {
		if (picture->count > most && i == shown->head) {
			i = picture->count - shown->tail;
			fprintf(out,
				"<tr><td></td><td></td><td>... %zu events "
				"...</td></tr>\n",
				picture->count - most);
		}
		put_event(out, picture, &picture->events[i]);
	}
	fputs("</table>\n", out);
}

/* name: of the part, a word of letters. */
static void put_part(FILE *out, const struct picture *picture, const char *name,
		     const char *headline, const struct shown *shown)
{
	static const struct {
		const char *class;
		int width;
	} layouts[] = {{"wide", WIDE}, {"narrow", NARROW}};
	char id[40];

	fprintf(out, "<details id=\"%s\" open><summary>", name);
	xml_put(out, headline);
	fputs("</summary>\n", out);
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		snprintf(id, sizeof(id), "-%s-%s", name, layouts[i].class);
		picture_draw_lanes(out, picture, id, layouts[i].class,
				   layouts[i].width);
	}
	put_list(out, picture, shown);
	fputs("</details>\n", out);
}

static void put_recent(FILE *out, const struct picture *recent)
{
	const struct picture_event *last = &recent->events[recent->count - 1];
	char headline[80], when[40] = "";
	struct tm tm;

	if (read_utc(last->at_s, &tm))
		strftime(when, sizeof(when), ", until %Y-%m-%d %H:%M:%S UTC",
			 &tm);
	snprintf(headline, sizeof(headline), "The last events%s", when);
	put_part(out, recent, "recent", headline, &shown_recent);
}

static void put_failover(FILE *out, const struct picture *failover)
{
	char headline[600], text[640];

	picture_headline(failover, headline, sizeof(headline));
	snprintf(text, sizeof(text), "The last failover: %s", headline);
	put_part(out, failover, "failover", text, &shown_failover);
}

static bool is_same(const struct picture *one, const struct picture *other)
{
	return one->count == other->count &&
	       one->events[0].ms == other->events[0].ms;
}

static void draw(FILE *out, const struct journal *journal)
{
	struct picture recent, failover;
	char error[PICTURE_ERROR_MAX];
	int64_t since_s = journal_recent_s(journal);
	bool has_failover =
		picture_make(&failover, journal, 1, JOURNAL_UNKNOWN, error);
	bool has_recent = since_s != JOURNAL_UNKNOWN &&
			  picture_make(&recent, journal, 1, since_s, error);

	/* nothing came after it: one picture says all */
	if (has_recent && !(has_failover && is_same(&recent, &failover)))
		put_recent(out, &recent);
	if (has_failover)
		put_failover(out, &failover);
	if (!has_recent && !has_failover)
		put_paragraph(out, error);
	if (has_recent)
		picture_free(&recent);
	if (has_failover)
		picture_free(&failover);
}

void history_write(FILE *out, char *lines, const char *error)
{
	struct journal journal = {.count = 0};
	char *line;

	while (lines && (line = strsep(&lines, "\n")) != NULL)
		if (!journal_take(&journal, line))
			break;
	journal_finish(&journal);
	fputs("<h2>What happened</h2>\n", out);
	if (journal.count)
		draw(out, &journal);
	else
		put_paragraph(out, error[0] ? error : "the history is damaged");
	journal_free(&journal);
}
