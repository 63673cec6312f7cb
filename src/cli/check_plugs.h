/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_CHECK_PLUGS_H
#define CLI_CHECK_PLUGS_H
#include "../settings/settings.h"
#include "cli.h"

/*
 * R1: what this node's state file says of the peer's plugs under these
 * settings. Bits of those that were read on while it was heard, and are not
 * taken for mis-wired. False: there is no such file, or it is of other ones.
 */
bool plugs_on_record(const struct cli *cli, const struct settings *settings,
		     uint8_t *proven);

/* Warns of each plug that would prove nothing tonight. */
void check_plugs(const struct cli *cli, const struct settings *settings,
		 struct settings_report *report);
#endif
