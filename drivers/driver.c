/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a device to the code that speaks with it. */
#include <stdio.h>
#include <string.h>

#include "driver.h"

static const struct driver_io *find_io(const char *name)
{
	for (unsigned i = 0; driver_io_registry[i] != NULL; i++)
		if (strcmp(driver_io_registry[i]->name, name) == 0)
			return driver_io_registry[i];
	return NULL;
}

bool driver_is_here(const struct driver *driver)
{
	return find_io(driver->name) != NULL;
}

/* With a sentence if there is none. */
static const struct driver_io *io_of(const struct settings_device *device,
				     char *error, size_t error_size)
{
	const struct driver *driver = driver_find(device->driver);
	const struct driver_io *io = find_io(device->driver);

	if (driver != NULL && driver_knows(driver, device) && io != NULL)
		return io;
	if (driver != NULL && io == NULL && driver->program != NULL)
		snprintf(error, error_size,
			 "%s at %s: %s could not be started; install it again "
			 "and restart twinbeat",
			 device->name, device->place, driver->program);
	else
		snprintf(error, error_size,
			 "%s: this build has no driver \"%s\" for it",
			 device->name, device->driver);
	return NULL;
}

enum plug_state driver_read(const struct settings_device *device,
			    const char *plug, char *error, size_t error_size)
{
	const struct driver_io *io = io_of(device, error, error_size);

	return io != NULL ? io->read(device, plug, error, error_size)
			  : PLUG_UNKNOWN;
}

int driver_write(const struct settings_device *device, const char *plug, int on,
		 char *error, size_t error_size)
{
	const struct driver_io *io = io_of(device, error, error_size);

	return io != NULL ? io->write(device, plug, on, error, error_size) : -1;
}

void driver_rehearse(const struct settings_device *device)
{
	const struct driver_io *io = find_io(device->driver);

	if (io != NULL && io->rehearse != NULL)
		io->rehearse(device);
}
