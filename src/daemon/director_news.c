/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "director_news.h"

#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "notices.h"
#include "../ipc/director_msg.h"

static const char *word_of(bool is_up)
{
	return is_up ? "up" : "down";
}

void director_news_take(struct daemon *daemon, struct director_news *news,
			const struct director_event *heard)
{
	const struct settings *settings = daemon->settings;
	const bool is_server = heard->type == DIRECTOR_SERVER_IS;
	struct notices_service about = {.server = heard->number,
					.has_server = is_server,
					.service = heard->number,
					.kind = is_server ? "server" : "quorum",
					.from = word_of(!heard->is_up),
					.to = word_of(heard->is_up),
					.text = heard->text};
	bool *is_down;

	/* by settings that a reload has replaced it means others */
	if (heard->digest != settings->digest ||
	    (is_server && heard->number >= settings->server_count))
		return;
	if (is_server)
		about.service =
			(unsigned)settings_service_of(settings, heard->number);
	if (about.service >= settings->director.service_count)
		return;
	is_down = is_server ? &news->server_is_down[heard->number]
			    : &news->service_is_down[heard->number];
	if (*is_down != (heard->is_up != 0))
		return;
	*is_down = !heard->is_up;
	notices_tell_service(daemon, &about);
}

/* ---- a reload ---- */

static void move_service(struct director_news *to,
			 const struct director_news *from,
			 const struct settings *old, unsigned at,
			 const struct settings *new)
{
	const struct settings_service *was = &old->director.services[at];
	const int found = settings_find_service(new, was->name);
	const struct settings_service *is;

	if (found < 0)
		return;
	is = &new->director.services[found];
	to->service_is_down[found] = from->service_is_down[at];
	for (unsigned k = 0; k < was->server_count; k++) {
		unsigned place = was->first_server + k;

		for (unsigned n = 0;
		     from->server_is_down[place] && n < is->server_count; n++)
			if (strcmp(new->servers[is->first_server + n].name,
				   old->servers[place].name) == 0)
				to->server_is_down[is->first_server + n] = true;
	}
}

void director_news_commit(struct director_news *news,
			  const struct settings *old,
			  const struct settings *new)
{
	struct director_news from = *news;

	memset(news, 0, sizeof(*news));
	for (unsigned i = 0; i < old->director.service_count; i++)
		move_service(news, &from, old, i, new);
}
