/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_CHECK_NAMES_H
#define CLI_CHECK_NAMES_H
/*
 * A name where an address must stand: the daemon never looks one up, since a
 * name server that does not answer must not keep it from starting. twinbeat
 * check can wait, and says what could be written.
 */

/* Of a finding of settings_load(): prints what its name is, if it has one. */
void check_names_tell(const char *line);
#endif
