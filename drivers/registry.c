/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every driver of this build: one word each in DRIVERS of the Makefile, which
 * hands the words on as DRIVER(modbus) DRIVER(ipmi) ... The first is the one
 * that is meant where none is named.
 */
#include "driver.h"

#ifndef DRIVERS
#define DRIVERS DRIVER(modbus)
#endif

#define DRIVER(name) extern const struct driver driver_##name;
DRIVERS
#undef DRIVER

#define DRIVER(name) &driver_##name,
const struct driver *const driver_registry[] = {DRIVERS NULL};
