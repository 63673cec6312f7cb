/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From parameters to the settings that a fencer would have read: one device,
 * one level, the plugs that were named. Values go where the driver's rows say,
 * and what follows from them the driver says itself (settle), as it does of a
 * file; so what counts as off is one thing to both.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fence_twinbeat.h"

struct filling {
	const struct given *given;
	char *error;
	size_t error_size;
	bool failed; /* the first mistake is told, the rest is skipped */
};

static void __attribute__((format(printf, 2, 3)))
refuse(struct filling *filling, const char *format, ...)
{
	va_list args;

	if (filling->failed)
		return;
	va_start(args, format);
	vsnprintf(filling->error, filling->error_size, format, args);
	va_end(args);
	filling->failed = true;
}

/* ---- values into rows ---- */

/* "opensesspriv,sun20" */
static uint32_t take_flags(struct filling *filling,
			   const struct parameter *parameter, const char *at)
{
	uint32_t flags = 0;

	for (; *at != '\0' && !filling->failed; at += *at == ',') {
		size_t size = strcspn(at, ",");
		unsigned i = 0;

		while (parameter->choices[i] != NULL &&
		       (strlen(parameter->choices[i]) != size ||
			strncmp(parameter->choices[i], at, size) != 0))
			i++;
		if (parameter->choices[i] == NULL)
			refuse(filling,
			       "%s=%.32s is not known; see %s in "
			       "twinbeat.conf(5)",
			       parameter->name, at, parameter->row->key);
		else
			flags |= 1u << i;
		at += size;
	}
	return flags;
}

static void take_text(struct filling *filling,
		      const struct parameter *parameter, const char *text,
		      char *at)
{
	size_t size = parameter->row->size;

	if (strlen(text) >= size)
		refuse(filling, "%s: at most %zu characters", parameter->name,
		       size - 1);
	else
		snprintf(at, size, "%s", text);
}

/* A choice of a number is that number, one of words its place. */
static void take_choice(struct filling *filling,
			const struct parameter *parameter, enum parameter_id id,
			char *at)
{
	const struct setting_row *row = parameter->row;
	uint32_t index = 0;

	if (parameter_choice(filling->given, id, &index, filling->error,
			     filling->error_size) < 0)
		filling->failed = true;
	else if (row->type == SETTING_INT)
		row_store_number(at, row->size,
				 strtol(parameter->choices[index], NULL, 10));
	else if (row->type == SETTING_WORD)
		take_text(filling, parameter, parameter->choices[index], at);
	else
		row_store_number(at, row->size, index);
}

static void take_value(struct filling *filling, enum parameter_id id,
		       struct settings_device *device)
{
	const struct parameter *parameter = &parameters[id];
	const struct setting_row *row = parameter->row;
	const char *text = parameter_text(filling->given, id);
	char *at = (char *)device + row->offset;
	uint32_t value;

	if (text == NULL) {
		if (parameter->required)
			refuse(filling, "%s is missing", parameter->name);
		return;
	}
	switch (parameter->type) {
	case TYPE_INTEGER:
	case TYPE_SECOND:
		if (parameter_number(filling->given, id, &value, filling->error,
				     filling->error_size) < 0)
			filling->failed = true;
		else
			row_store_number(at, row->size,
					 (int64_t)value *
						 parameter_row_scale(row));
		break;
	case TYPE_BOOLEAN:
		row_store_number(at, row->size,
				 parameter_is_true(filling->given, id));
		break;
	case TYPE_SELECT:
		take_choice(filling, parameter, id, at);
		break;
	case TYPE_STRING:
		if (row->type == SETTING_FLAGS)
			row_store_number(at, row->size,
					 take_flags(filling, parameter, text));
		else
			take_text(filling, parameter, text, at);
		break;
	}
}

/* ---- what a driver sees of the parameters ---- */

static bool source_has(void *arg, const char *key)
{
	const struct filling *filling = arg;
	const struct parameter *parameter = parameter_of_key(key);

	if (parameter == NULL)
		return parameter_is_fixed(filling->given->driver, key);
	return filling->given->values[parameter - parameters] != NULL;
}

static bool source_is_good(void *arg, const char *key)
{
	const struct filling *filling = arg;

	(void)key;
	return !filling->failed;
}

static bool source_parse_host(void *arg, const char *key, const char *text,
			      struct ip *ip)
{
	struct filling *filling = arg;

	(void)key;
	if (ip_parse(text, ip))
		return true;
	refuse(filling,
	       "ip=%.64s: must be an address like 192.0.2.20; a fence does not "
	       "wait for DNS",
	       text);
	return false;
}

/* No parameter is a list. */
static bool source_member(void *arg, const char *key, unsigned i,
			  struct device_member *member)
{
	(void)arg;
	(void)key;
	(void)i;
	(void)member;
	return false;
}

/* A warning is for who writes a file. */
static void source_tell(void *arg, bool is_error, const char *key, int i,
			const char *text)
{
	struct filling *filling = arg;
	const struct parameter *parameter = parameter_of_key(key);

	(void)i;
	if (is_error)
		refuse(filling, "%s%s %.180s",
		       parameter != NULL ? parameter->name : key,
		       strncmp(text, "is ", 3) == 0 ? "" : ":", text);
}

static void fill_device(struct filling *filling, struct settings *settings)
{
	struct settings_device *device = &settings->devices[0];
	const struct driver *driver = filling->given->driver;
	const struct device_source source = {.settings = settings,
					     .arg = filling,
					     .keeps_secrets = true,
					     .has = source_has,
					     .is_good = source_is_good,
					     .parse_host = source_parse_host,
					     .member = source_member,
					     .tell = source_tell};

	snprintf(device->name, sizeof(device->name), "device");
	snprintf(device->driver, sizeof(device->driver), "%s", driver->name);
	device->private_size = (uint32_t)driver->private_size;
	rows_set_defaults(driver->rows, device);
	for (unsigned i = P_DRIVER; i < parameter_count && !filling->failed;
	     i++)
		take_value(filling, (enum parameter_id)i, device);
	if (!filling->failed && driver->as_agent->fit != NULL)
		driver->as_agent->fit(device, settings->fence.timeout_ms);
	if (!filling->failed)
		driver->settle(&source, device);
}

/* ---- plugs ---- */

/* The driver's two words on it: can it be asked, and is it one at all? */
/* known: as the driver calls it, in one way only. */
static int check_plug(const struct settings_device *device, const char *plug,
		      char known[SETTINGS_NAME_MAX], char *error,
		      size_t error_size)
{
	const struct driver *driver = driver_find(device->driver);
	char why[FENCE_TEXT_MAX / 2];

	if (driver->check(device, plug, error, error_size) < 0)
		return -1;
	if (driver->plug(device, plug, known, why, sizeof(why)) == 0)
		return 0;
	snprintf(error, error_size, "plug %.20s: %s", plug, why);
	return -1;
}

/*
 * One that is named twice was to be another one: that machine has a second
 * supply, which would feed it after an off that was read back.
 */
static int check_plugs(const struct settings_device *device,
		       const struct settings_node *node, char *error,
		       size_t error_size)
{
	char known[PLUGS_MAX][SETTINGS_NAME_MAX];

	for (unsigned i = 0; i < node->plug_count; i++) {
		const char *plug = node->plugs[i].plug;

		if (check_plug(device, plug, known[i], error, error_size) < 0)
			return -1;
		for (unsigned k = 0; k < i; k++)
			if (strcmp(known[k], known[i]) == 0) {
				snprintf(error, error_size,
					 "plug %.20s is named twice", plug);
				return -1;
			}
	}
	return 0;
}

/* "1,2": one after the other, all of one level. */
static int fill_plugs(const struct given *given, const char *plugs,
		      struct settings_node *node, char *error,
		      size_t error_size)
{
	const char *separator =
		given->driver->only_plug != NULL
			? ","
			: parameter_text(given, P_PLUG_SEPARATOR);
	size_t skip = strlen(separator);
	const char *end;

	if (skip == 0) {
		snprintf(error, error_size, "plug_separator must not be empty");
		return -1;
	}
	for (;; plugs = end + skip) {
		struct settings_plug *plug = &node->plugs[node->plug_count];
		size_t size;

		end = strstr(plugs, separator);
		size = end != NULL ? (size_t)(end - plugs) : strlen(plugs);
		if (node->plug_count == PLUGS_MAX ||
		    size >= sizeof(plug->plug)) {
			snprintf(error, error_size,
				 "plug: at most %d plugs of %zu characters",
				 PLUGS_MAX, sizeof(plug->plug) - 1);
			return -1;
		}
		memcpy(plug->plug, plugs, size);
		plug->level = 1;
		node->plug_count++;
		if (end == NULL)
			return 0;
	}
}

int target_fill(const struct given *given, const char *plugs,
		struct settings *settings, char *error, size_t error_size)
{
	struct filling filling = {given, error, error_size, false};
	const char *name = parameter_text(given, P_NODENAME);
	struct settings_node *node = &settings->nodes[1];

	memset(settings, 0, sizeof(*settings));
	settings->device_count = 1;
	snprintf(settings->nodes[0].name, sizeof(node->name), "this node");
	snprintf(node->name, sizeof(node->name), "%.31s",
		 name != NULL && *name != '\0' ? name : "the node");
	if (parameter_number(given, P_POWER_TIMEOUT,
			     &settings->fence.timeout_ms, error,
			     error_size) < 0)
		return -1;
	fill_device(&filling, settings);
	if (filling.failed)
		return -1;
	if (given->driver->only_plug != NULL)
		plugs = given->driver->only_plug;
	else if (plugs == NULL)
		plugs = parameter_text(given, P_PLUG);
	if (plugs != NULL &&
	    fill_plugs(given, plugs, node, error, error_size) < 0)
		return -1;
	return check_plugs(&settings->devices[0], node, error, error_size);
}
