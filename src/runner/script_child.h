/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RUNNER_SCRIPT_CHILD_H
#define RUNNER_SCRIPT_CHILD_H
/*
 * The process that becomes a script: in a group of its own, as a user without
 * rights, with nothing of ours. Whatever may take its time (files, users) is
 * looked at here. One that cannot be run says so in its first line.
 */
#include "../settings/settings.h"

#define SCRIPT_CANNOT	   127
#define SCRIPT_CANNOT_TEXT "cannot be run: "

void script_become(const struct settings *settings,
		   const struct settings_script *script, int output)
	__attribute__((noreturn));
#endif
