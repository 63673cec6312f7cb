/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_MACHINE_H
#define SETTINGS_MACHINE_H
/*
 * What this machine's kernel has: the default gateway. Asked once
 * when a file is checked; never in the main loop.
 */
#include "settings.h"

/* The IPv4 gateway of the default route; false if there is none. */
bool machine_find_gateway(struct ip *gateway);
#endif
