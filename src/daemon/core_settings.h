/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_CORE_SETTINGS_H
#define DAEMON_CORE_SETTINGS_H
#include "../core/core.h"
#include "../settings/settings.h"

/*
 * Writes into *core what the core must know of the settings. Indexes of nodes,
 * instances, links, devices and plugs are the same on both sides; interfaces
 * get a table of their own, in which each name stands once: those of the
 * instances first, in their order, then tracked ones, then address devices.
 */
void settings_to_core(const struct settings *settings,
		      struct core_settings *core);
/* The same, new; NULL: no memory. */
struct core_settings *core_settings_make(const struct settings *settings);
#endif
