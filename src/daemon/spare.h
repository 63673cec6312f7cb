/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_SPARE_H
#define DAEMON_SPARE_H

struct daemon;

/* Gives back the memory that a pair of so many instances does not use. */
void spare_give_back(struct daemon *daemon);

/* Of the libraries that the keeper has locked, what is not in use any more. */
void spare_give_back_libraries(const struct daemon *daemon);

/* The same after new settings: what they brought into use is locked first. */
void spare_change(struct daemon *daemon);
#endif
