/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHECK_AGENTS_H
#define CHECK_AGENTS_H
#include "../settings/settings.h"

/*
 * Asks each fence agent of the settings which options it knows (metadata; no
 * device is spoken to), and reports those that it would ignore or misread.
 * May take seconds: for `twinbeat check` only.
 */
void check_agents(const struct settings *settings,
		  struct settings_report *report);
#endif
