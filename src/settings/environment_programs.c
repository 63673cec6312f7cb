/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs of twinbeat that are packages of their own: what the file needs of
 * them and this machine has not. */
#include "../base/spawn.h"
#include "device.h"
#include "environment.h"

static void look_for(struct looker *looker, const void *needs, const char *key,
		     const char *program, const char *package,
		     const char *without)
{
	char path[600], error[700];

	if (spawn_find(program, path, sizeof(path), error, sizeof(error)) < 0)
		looker_tell(looker, false,
			    settings_where(looker->settings, needs), key,
			    "without %s %s: install the package %s", program,
			    without, package);
}

void looker_see_programs(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	char key[32];

	for (unsigned i = 0; i < settings->notify_count; i++) {
		const struct settings_notify *notify = &settings->notify[i];

		if (!notify->mail && notify->webhook[0] == '\0')
			continue;
		look_for(looker, notify, "notify", "twinbeat-notifier",
			 "twinbeat-notifier", "no mail and no webhook is sent");
		break;
	}
	if (settings->check_count > 0)
		look_for(looker, &settings->checks[0], "director.checks",
			 settings_checker(settings), "twinbeat-checker",
			 "no real server is asked, and none gets anything");
	for (unsigned i = 0; i < settings->device_count; i++) {
		const struct settings_device *device = &settings->devices[i];
		const struct driver *driver = driver_find(device->driver);

		if (driver == NULL || driver->program == NULL)
			continue;
		snprintf(key, sizeof(key), "devices[%u].driver", i);
		look_for(looker, device, key, driver->program,
			 "twinbeat-fence-agents", "it can cut nobody");
	}
}
