/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads a fence agent's metadata. It decides only which options there are, and
 * which of them are needed or boolean (FenceAgentAPI.md, "Agent metadata").
 */
#include <string.h>
#include <strings.h>

#include "agent.h"
#include "agent_metadata.h"

/* The value of key="..." within [at, end); NULL: not there. */
static const char *find_attribute(const char *at, const char *end,
				  const char *key, size_t *size)
{
	size_t length = strlen(key);
	const char *close;

	for (; at + length + 2 < end; at++) {
		if (at[0] != ' ' || strncmp(at + 1, key, length) != 0 ||
		    at[1 + length] != '=' || at[2 + length] != '"')
			continue;
		at += length + 3;
		close = at < end ? memchr(at, '"', (size_t)(end - at)) : NULL;
		if (close == NULL)
			return NULL;
		*size = (size_t)(close - at);
		return at;
	}
	return NULL;
}

static bool attribute_is(const char *at, const char *end, const char *key,
			 const char *value)
{
	size_t size;
	const char *found = find_attribute(at, end, key, &size);

	return found != NULL && size == strlen(value) &&
	       strncmp(found, value, size) == 0;
}

/* The parameter whose tag begins at `at`; false: none that can be read. */
static bool read_parameter(const char *at, struct agent_parameter *parameter,
			   const char **next)
{
	const char *tag_end = strchr(at, '>');
	const char *end = strstr(at, "</parameter>");
	const char *content, *name;
	size_t size;

	if (tag_end == NULL || end == NULL || end < tag_end)
		return false;
	*next = end;
	*parameter = (struct agent_parameter){.required = false};
	name = find_attribute(at, tag_end, "name", &size);
	if (name == NULL || size == 0 || size >= sizeof(parameter->name))
		return true; /* without a name: nobody asks for it */
	memcpy(parameter->name, name, size);
	parameter->required = attribute_is(at, tag_end, "required", "1");
	content = strstr(at, "<content");
	parameter->boolean = content != NULL && content < end &&
			     attribute_is(content, end, "type", "boolean");
	return true;
}

unsigned agent_metadata_each(const char *xml,
			     bool (*take)(const struct agent_parameter *,
					  void *),
			     void *arg)
{
	static const char begin[] = "<parameter ";
	struct agent_parameter parameter;
	unsigned count = 0;

	while ((xml = strstr(xml, begin)) != NULL &&
	       read_parameter(xml + strlen(begin) - 1, &parameter, &xml)) {
		if (parameter.name[0] == '\0')
			continue;
		count++;
		if (!take(&parameter, arg))
			break;
	}
	return count;
}

struct search {
	const char *name;
	struct agent_parameter *found;
	bool is_found;
};

static bool compare(const struct agent_parameter *parameter, void *arg)
{
	struct search *search = arg;

	if (!agent_keys_are_one(parameter->name, search->name))
		return true;
	*search->found = *parameter;
	search->is_found = true;
	return false;
}

bool agent_metadata_find(const char *xml, const char *name,
			 struct agent_parameter *found)
{
	struct search search = {.name = name, .found = found};

	agent_metadata_each(xml, compare, &search);
	return search.is_found;
}

bool agent_metadata_is_boolean(const char *value)
{
	static const char *const words[] = {"1", "yes", "on",  "true",
					    "0", "no",	"off", "false"};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(value, words[i]) == 0)
			return true;
	return false;
}
