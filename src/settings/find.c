/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is found in the settings by its name, and where in the file it stands.
 * Apart from snapshot.c, which knows all keys: a program that only reads what
 * another one has found whole has no memory for their rows.
 */
#include <string.h>

#include "settings.h"

struct settings_place settings_where(const struct settings *settings,
				     const void *value)
{
	size_t offset = (size_t)((const char *)value - (const char *)settings);
	struct settings_place place = {0, 1};
	size_t nearest = 0;

	for (unsigned i = 0; i < settings->mark_count; i++) {
		const struct settings_mark *mark = &settings->marks[i];

		if (!mark->is_group && mark->offset == offset)
			return mark->place;
		if (mark->is_group && mark->offset <= offset &&
		    mark->offset > nearest) {
			nearest = mark->offset;
			place = mark->place;
		}
	}
	return place;
}

/* The libraries of TLS are larger than all else of it. */
const char *settings_checker(const struct settings *settings)
{
	for (unsigned i = 0; i < settings->check_count; i++)
		if (settings->checks[i].tls.configured)
			return "twinbeat-checker-tls";
	return "twinbeat-checker";
}

int settings_find_node(const struct settings *settings, const char *name)
{
	for (int i = 0; i < NODES; i++)
		if (settings->nodes[i].name[0] != '\0' &&
		    strcmp(settings->nodes[i].name, name) == 0)
			return i;
	return -1;
}

int settings_find_device(const struct settings *settings, const char *name)
{
	for (int i = 0; i < settings->device_count; i++)
		if (strcmp(settings->devices[i].name, name) == 0)
			return i;
	return -1;
}

/* Once each: node has more plugs than devices. */
static void name_feeders(const struct settings *settings, unsigned node,
			 char *text, size_t size)
{
	const struct settings_node *its = &settings->nodes[node];
	bool is_named[DEVICES_MAX] = {false};
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < its->plug_count; i++) {
		int device = its->plugs[i].device;

		if (is_named[device] || used >= size)
			continue;
		is_named[device] = true;
		used += (size_t)snprintf(text + used, size - used, "%s\"%s\"",
					 used > 0 ? ", " : "",
					 settings->devices[device].name);
	}
}

int settings_find_feeder(const struct settings *settings, unsigned node,
			 const char *name, char *error, size_t error_size)
{
	const struct settings_node *its = &settings->nodes[node];
	int device = settings_find_device(settings, name);
	char feeders[200];

	for (unsigned i = 0; device >= 0 && i < its->plug_count; i++)
		if (its->plugs[i].device == device)
			return device;
	name_feeders(settings, node, feeders, sizeof(feeders));
	if (device < 0)
		snprintf(error, error_size, "there is no device \"%.40s\"",
			 name);
	else
		snprintf(error, error_size, "no plug of %s feeds %s", name,
			 its->name);
	if (feeders[0] != '\0') {
		size_t used = strlen(error);

		snprintf(error + used, error_size - used,
			 "; %s is fed by %.160s", its->name, feeders);
	}
	return -1;
}

int settings_find_instance(const struct settings *settings, const char *name)
{
	for (int i = 0; i < settings->instance_count; i++)
		if (strcmp(settings->instances[i].name, name) == 0)
			return i;
	return -1;
}

int settings_find_service(const struct settings *settings, const char *name)
{
	for (unsigned i = 0; i < settings->director.service_count; i++)
		if (strcmp(settings->director.services[i].name, name) == 0)
			return (int)i;
	return -1;
}

int settings_service_of(const struct settings *settings, unsigned server)
{
	const struct settings_service *services = settings->director.services;

	for (unsigned i = 0; i < settings->director.service_count; i++)
		if (server >= services[i].first_server &&
		    server - services[i].first_server <
			    services[i].server_count)
			return (int)i;
	return -1;
}
