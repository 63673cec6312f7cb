/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which driver's devices have which keys. */
#include <string.h>

#include "row.h"

extern const struct setting_row modbus_rows[], ipmi_rows[], agent_rows[];

static const struct {
	const char *driver;
	const struct setting_row *rows;
} drivers[] = {
	{"modbus", modbus_rows},
	{"ipmi", ipmi_rows},
	{"agent", agent_rows},
};

const struct setting_row *device_rows(const char *driver)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i].driver, driver) == 0)
			return drivers[i].rows;
	return NULL;
}
