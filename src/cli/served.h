/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SERVED_H
#define CLI_SERVED_H
/*
 * What became of the addresses. text says who serves, or that nobody is known
 * to, and what is waited for; "" if no daemon answers. may_change: a takeover
 * may be under way, so it is asked again for a moment. True: all is served.
 */
#include "client.h"

bool served_wait(const struct cli *cli, bool may_change, char *text,
		 size_t size);
#endif
