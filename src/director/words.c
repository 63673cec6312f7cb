/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What operators said of servers, on disk: "web web2 drain 100 1764430000", a
 * line each: word, percent, stamp (D6). Of whom nothing was said stands not. */
#include "desk.h"

#include <stdio.h>
#include <string.h>

#include "../base/replace_file.h"

static const char *const names[] = {
	[WORD_READY] = "ready", [WORD_DRAIN] = "drain", [WORD_OUT] = "disable"};

const char *words_name(enum server_word word)
{
	return word == WORD_READY ? "enable, or weight" : names[word];
}

static void take(struct farm *farm, const char *service, const char *server,
		 enum server_word word, unsigned percent, unsigned stamp)
{
	const struct settings *settings = farm->settings;

	for (unsigned i = 0; i < settings->director.service_count; i++) {
		const struct settings_service *its =
			&settings->director.services[i];

		if (strcmp(its->name, service) != 0)
			continue;
		for (unsigned k = 0; k < its->server_count; k++) {
			unsigned at = its->first_server + k;

			if (strcmp(settings->servers[at].name, server) != 0)
				continue;
			farm->servers[at].admin = word;
			farm->servers[at].admin_percent = (uint8_t)percent;
			farm->servers[at].admin_stamp = stamp;
		}
	}
}

void words_load(struct farm *farm, const char *path)
{
	char line[160], service[64], server[64], word[16];
	FILE *file = fopen(path, "re");
	unsigned percent, stamp;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		stamp = 1; /* a line of before there were stamps */
		if (sscanf(line, "%63s %63s %15s %u %u", service, server, word,
			   &percent, &stamp) < 4 ||
		    percent < 1 || percent > 100 || stamp < 1)
			continue;
		for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strcmp(names[i], word) == 0)
				take(farm, service, server, (enum server_word)i,
				     percent, stamp);
	}
	if (file != NULL)
		fclose(file);
}

int words_save(const struct farm *farm, const char *path)
{
	const struct settings *settings = farm->settings;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return -1;
	for (unsigned i = 0; i < settings->director.service_count; i++) {
		const struct settings_service *its =
			&settings->director.services[i];

		for (unsigned k = 0; k < its->server_count; k++) {
			const struct server *server =
				&farm->servers[its->first_server + k];

			/* also that it may serve again: an older word of
			 * the other node must not count */
			if (server->admin_stamp == 0)
				continue;
			fprintf(out, "%s %s %s %u %u\n", its->name,
				settings->servers[its->first_server + k].name,
				names[server->admin], server->admin_percent,
				server->admin_stamp);
		}
	}
	return store_stream(path, out, &text, &size);
}
