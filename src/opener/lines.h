/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef OPENER_LINES_H
#define OPENER_LINES_H
/*
 * twinbeat-lines: twinbeat-opener under another name, as long as a port is open
 * whose modem lines can be read. Returns its exit status.
 */
int lines_main(int argc, char **argv);
#endif
