/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which drivers' devices can be read from the file. */
#include "reader.h"

extern const struct device_reader device_reader_modbus, device_reader_ipmi,
	device_reader_agent;

const struct device_reader *const device_readers[] = {
	&device_reader_modbus,
	&device_reader_ipmi,
	&device_reader_agent,
	NULL,
};
