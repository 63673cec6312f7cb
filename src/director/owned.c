/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of what is ours (D11), a service a line: "tcp 192.0.2.100 80 60",
 * "mark4 7 0 60", the last number its drain_s. Written before a service is
 * made, so that none is ever ours without standing here.
 */
#include "director.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/replace_file.h"

#define LINE_MAX_SIZE 128

static const struct {
	const char *word;
	uint8_t protocol;
} protocols[] = {
	{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {"sctp", IPPROTO_SCTP}};

static bool read_line(const char *line, struct plan_owned *owned)
{
	struct table_id *id = &owned->id;
	char word[8], what[IP_TEXT_MAX];
	uint16_t port;

	*owned = (struct plan_owned){.drain_s = 0};
	if (sscanf(line, "%7s %45s %" SCNu16 " %" SCNu32, word, what, &port,
		   &owned->drain_s) != 4)
		return false;
	if (strcmp(word, "mark4") == 0 || strcmp(word, "mark6") == 0) {
		id->mark = (uint32_t)strtoul(what, NULL, 10);
		id->is_v6 = word[4] == '6';
		return id->mark > 0;
	}
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (strcmp(protocols[i].word, word) == 0)
			id->protocol = protocols[i].protocol;
	if (id->protocol == 0 || !ip_parse(what, &id->ip))
		return false;
	id->is_v6 = !ip_is_v4(&id->ip);
	id->port = port;
	return true;
}

static void write_line(const struct plan_owned *owned, FILE *out)
{
	const struct table_id *id = &owned->id;
	char ip[IP_TEXT_MAX];

	if (id->mark > 0)
		fprintf(out, "mark%c %" PRIu32 " 0", id->is_v6 ? '6' : '4',
			id->mark);
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (id->mark == 0 && protocols[i].protocol == id->protocol)
			fprintf(out, "%s %s %u", protocols[i].word,
				ip_format(&id->ip, ip), id->port);
	fprintf(out, " %" PRIu32 "\n", owned->drain_s);
}

unsigned owned_load(struct owned *owned)
{
	FILE *file = fopen(owned->path, "re");
	char line[LINE_MAX_SIZE];
	unsigned wrong = 0;

	owned->count = 0;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL &&
	       owned->count < OWNED_MAX)
		if (read_line(line, &owned->list[owned->count]))
			owned->count++;
		else
			wrong++;
	if (file != NULL)
		fclose(file);
	return wrong;
}

static struct plan_owned *find(struct owned *owned, const struct table_id *id)
{
	for (unsigned i = 0; i < owned->count; i++)
		if (table_id_is(&owned->list[i].id, id))
			return &owned->list[i];
	return NULL;
}

bool owned_update(struct owned *owned, const struct table *wanted,
		  const struct table *kernel)
{
	bool changed = false;
	unsigned kept = 0;

	for (unsigned i = 0; i < owned->count; i++) {
		const struct table_id *id = &owned->list[i].id;

		if (table_find(wanted, id) != NULL ||
		    table_find(kernel, id) != NULL)
			owned->list[kept++] = owned->list[i];
		else
			changed = true;
	}
	owned->count = kept;
	for (unsigned i = 0; i < wanted->service_count; i++) {
		const struct table_service *service = &wanted->services[i];
		struct plan_owned *one = find(owned, &service->id);

		if (one == NULL && owned->count < OWNED_MAX) {
			one = &owned->list[owned->count++];
			*one = (struct plan_owned){service->id,
						   service->drain_s};
			changed = true;
		} else if (one != NULL && one->drain_s != service->drain_s) {
			one->drain_s = service->drain_s;
			changed = true;
		}
	}
	return changed;
}

int owned_save(const struct owned *owned)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return -1;
	if (owned->count == 0 && unlink(owned->path) == 0) {
		fclose(out);
		free(text);
		return 0;
	}
	for (unsigned i = 0; i < owned->count; i++)
		write_line(&owned->list[i], out);
	return store_stream(owned->path, out, &text, &size);
}
