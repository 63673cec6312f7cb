/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVERS_AGENT_H
#define DRIVERS_AGENT_H
/*
 * The settings of a device that a ClusterLabs fence agent speaks to, for the
 * files of this folder: rows and what follows from them (agent_settings.c),
 * what must never be passed on (agent_names.c), asking (agent_io.c).
 */
#include "../driver.h"

#define AGENT_OPTIONS_MAX 16

struct agent_settings {
	char agent[SETTINGS_PATH_MAX]; /* "fence_apc_snmp", or absolute */
	struct setting_pair options[AGENT_OPTIONS_MAX];
	uint8_t option_count;
	char plug_key[SETTINGS_NAME_MAX];      /* how it calls a plug */
	char password_file[SETTINGS_PATH_MAX]; /* "" = none */
	uint32_t agent_ms;		       /* one run of it, at most */
};

static inline const struct agent_settings *
agent_of(const struct settings_device *device)
{
	return (const struct agent_settings *)(const void *)device->private;
}

static inline struct agent_settings *agent_edit(struct settings_device *device)
{
	return (struct agent_settings *)(void *)device->private;
}

extern const struct setting_row agent_rows[];
void agent_settle(const struct device_source *source,
		  struct settings_device *device);
int agent_check(const struct settings_device *device, const char *plug,
		char *error, size_t error_size);
/* The value of one of its options, or NULL. */
const char *agent_option(const struct agent_settings *agent, const char *key);
/* Where it speaks to, as it is written: an address or a name; or NULL. */
const char *agent_host(const struct agent_settings *agent);
/* Asks the agent itself what it knows: agent_interview.c. */
void agent_interview(const struct settings *settings, unsigned device,
		     const struct device_finder *finder);

/*
 * What may be passed to a fence agent: why an option must not be set, why
 * plug_key cannot be what it calls a plug, why an agent (a name or a path)
 * cuts no power that could be read back. NULL: fine, else half a sentence that
 * follows a colon. agent_names.c
 */
const char *agent_refuse_option(const struct agent_settings *agent,
				const char *key);
const char *agent_refuse_plug_key(const char *key);
const char *agent_refuse(const char *name);
/* Agents take - for _; capitals count as small letters, to be safe. */
bool agent_keys_are_one(const char *a, const char *b);
/* Letters, digits, _ and -; one line of text; a plug that no agent reads as
 * another one ("" is none). */
bool agent_key_is_plain(const char *key);
bool agent_text_is_line(const char *text);
bool agent_plug_is_plain(const char *plug);
/* The agent would take it for several plugs. */
bool agent_plug_is_list(const struct agent_settings *agent, const char *plug);

/*
 * Where is the fence agent called name: in /usr/sbin, or an absolute path? 0
 * and path, or -1 with a sentence: not there, not called fence_*, refused (a
 * link by the name of what it leads to, too), or something that somebody else
 * than root could have written. Looks at the disk.
 */
int agent_find(const char *name, char *path, size_t path_size, char *error,
	       size_t error_size);
#endif
