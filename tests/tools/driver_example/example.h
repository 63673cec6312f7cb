/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_EXAMPLE_H
#define DRIVER_EXAMPLE_H
/*
 * A whole driver, to show what one is: a power switch that takes lines of text
 * over TCP. Nothing outside of this folder knows it but the word "example" in
 * DRIVERS of the Makefile. A test builds with it, and a pair fails over by it.
 * Its keys come into the manual and the example with it.
 *
 *	STATE 3		->	ON | OFF
 *	SWITCH 3 OFF	->	DONE
 *	(anything else)	->	NO and why
 */
#include "../../../drivers/driver.h"

#define EXAMPLE_PLUGS_MOST 8

struct example_settings {
	uint16_t port;
	uint32_t line_ms;
	char login[SETTINGS_NAME_MAX];
};

static inline const struct example_settings *
example_of(const struct settings_device *device)
{
	return (const struct example_settings *)(const void *)device->private;
}
#endif
