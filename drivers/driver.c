/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which drivers this build has. A new driver is a file of its own and one
 * line here.
 */
#include <string.h>

#include "driver.h"

static const struct driver *const drivers[] = {
	&driver_modbus,
	&driver_ipmi,
	&driver_agent,
};

const struct driver *driver_find(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	return NULL;
}
