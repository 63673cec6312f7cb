/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What operators said of servers, on disk: "web web2 drain 100", a line each.
 * Only what differs from the usual stands there. */
#include "desk.h"

#include <stdio.h>
#include <string.h>

#include "../base/replace_file.h"

static const char *const names[] = {
	[WORD_READY] = "ready", [WORD_DRAIN] = "drain", [WORD_OUT] = "disable"};

static void take(struct farm *farm, const char *service, const char *server,
		 enum server_word word, unsigned percent)
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
		}
	}
}

void words_load(struct farm *farm, const char *path)
{
	char line[160], service[64], server[64], word[16];
	FILE *file = fopen(path, "re");
	unsigned percent;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%63s %63s %15s %u", service, server, word,
			   &percent) != 4 ||
		    percent > 100)
			continue;
		for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strcmp(names[i], word) == 0)
				take(farm, service, server, (enum server_word)i,
				     percent);
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

			if (server->admin == WORD_READY &&
			    server->admin_percent == 100)
				continue;
			fprintf(out, "%s %s %s %u\n", its->name,
				settings->servers[its->first_server + k].name,
				names[server->admin], server->admin_percent);
		}
	}
	return store_stream(path, out, &text, &size);
}
