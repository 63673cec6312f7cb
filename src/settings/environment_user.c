/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the file names and the daemon's user may not have. systemd runs the
 * daemon as no root, so root, who asks, can do more than it.
 */
#include <pwd.h>
#include <unistd.h>

#include "../base/account.h"
#include "../base/become.h"
#include "device.h"
#include "environment.h"

#define AS_ROOT "twinbeat-root.conf runs it as root, see twinbeatd(8)"

struct user_looker {
	struct looker *looker;
	char name[64];
};

/* It is there, and closed to the daemon. */
static bool is_closed(const char *path, int how)
{
	return path[0] != '\0' && eaccess(path, how) == 0 &&
	       !become_may(path, how);
}

/* An error: it would not start, or could not do what it is for. */
static void look_at_file(const struct user_looker *user, const char *key,
			 const char *path, struct settings_place place)
{
	if (is_closed(path, R_OK))
		looker_tell(user->looker, true, place, key,
			    "twinbeatd runs as user %s, which may not read %s: "
			    "chgrp " ACCOUNT_GROUP " %s && chmod 640 %s",
			    user->name, path, path, path);
}

/* A path that stands in the settings. */
static void look_at_text(const struct user_looker *user, const char *key,
			 const char *path)
{
	look_at_file(user, key, path,
		     settings_where(user->looker->settings, path));
}

static void look_at_files(const struct user_looker *user)
{
	const struct settings *settings = user->looker->settings;

	for (unsigned i = 0;
	     i < SETTINGS_FILES_MAX && settings->files[i][0] != '\0'; i++)
		look_at_file(user, "file", settings->files[i],
			     (struct settings_place){.file = i, .line = 1});
	look_at_text(user, "key_file", settings->key_file);
	for (unsigned i = 0; i < settings->hmac_key_count; i++)
		look_at_text(user, "instances[].hmac.keys[].file",
			     settings->hmac_keys[i].file);
	look_at_text(user, "mail.password_file", settings->mail.password_file);
	for (unsigned i = 0; i < settings->notify_count; i++)
		look_at_text(user, "notify.key_file",
			     settings->notify[i].key_file);
}

static void look_at_device(const struct user_looker *user, const char *key,
			   const char *path, const void *value)
{
	const struct settings *settings = user->looker->settings;

	if (is_closed(path, R_OK | W_OK))
		looker_tell(
			user->looker, false, settings_where(settings, value),
			key,
			"twinbeatd runs as user %s, which may not open %s: "
			"let a udev rule of twinbeat give it to the "
			"group " ACCOUNT_GROUP
			" (after a login prompt: udevadm trigger); or " AS_ROOT,
			user->name, path);
}

static void look_at_devices(const struct user_looker *user)
{
	const struct settings *settings = user->looker->settings;
	const char *serial = settings->nodes[settings->self].serial;
	char key[40];

	snprintf(key, sizeof(key), "nodes[%u].serial", settings->self);
	look_at_device(user, key, serial, serial);
	look_at_device(user, "watchdog.device", settings->watchdog.device,
		       settings->watchdog.device);
	for (unsigned i = 0; i < settings->device_count; i++) {
		const char *port = driver_port(&settings->devices[i]);

		snprintf(key, sizeof(key), "devices[%u].port", i);
		if (port != NULL)
			look_at_device(user, key, port, port);
	}
}

static void look_at_scripts(const struct user_looker *user, unsigned index)
{
	const struct settings *settings = user->looker->settings;
	const struct settings_instance *instance = &settings->instances[index];
	char key[64];

	for (unsigned s = 0; s < instance->script_count; s++) {
		const struct settings_script *script =
			&settings->scripts[instance->first_script + s];
		const struct passwd *as =
			settings_script_user(settings, script);

		if (as == NULL || as->pw_uid == become_uid())
			continue;
		snprintf(key, sizeof(key),
			 "instances[%u].track.scripts[%u].user", index, s);
		looker_tell(
			user->looker, false,
			settings_where(settings, script->command), key,
			"twinbeatd runs as user %s and cannot run %s as %s, "
			"so this node is never fit: give it no user; "
			"or " AS_ROOT,
			user->name, script->command, as->pw_name);
	}
}

static void look_at_programs(const struct user_looker *user)
{
	const struct settings *settings = user->looker->settings;
	char room[SETTINGS_COMMAND_MAX], *words[COMMAND_WORDS_MAX + 1];

	for (unsigned i = 0; i < settings->notify_count; i++) {
		const char *command = settings->notify[i].command;

		if (settings_split_command(command, room, words) > 0 &&
		    is_closed(words[0], X_OK))
			looker_tell(user->looker, false,
				    settings_where(settings, command), "notify",
				    "twinbeatd runs as user %s, which may not "
				    "execute %s: let it; or " AS_ROOT,
				    user->name, words[0]);
	}
}

void looker_see_user(struct looker *looker)
{
	struct user_looker user = {.looker = looker};

	if (become_uid() == 0)
		return;
	account_name(become_uid(), user.name, sizeof(user.name));
	look_at_files(&user);
	look_at_devices(&user);
	look_at_programs(&user);
	for (unsigned i = 0; i < looker->settings->instance_count; i++)
		look_at_scripts(&user, i);
}
