/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The drivers that speak with their devices in this program; the others are in
 * a program of their own. Words from the Makefile, as in registry.c.
 */
#include "driver.h"

#ifndef DRIVERS_HERE
#define DRIVERS_HERE DRIVER(modbus)
#endif

#define DRIVER(name) extern const struct driver_io driver_io_##name;
DRIVERS_HERE
#undef DRIVER

#define DRIVER(name) &driver_io_##name,
const struct driver_io *const driver_io_registry[] = {DRIVERS_HERE NULL};
