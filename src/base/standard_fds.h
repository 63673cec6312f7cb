/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_STANDARD_FDS_H
#define BASE_STANDARD_FDS_H

/*
 * The first thing of every main(): whoever closed 0, 1 or 2 before it started
 * us gets /dev/null there. Else a socket or a device would be the next lowest
 * number, and what is meant for the log would be written into it.
 */
void standard_fds_open(void);

#endif
