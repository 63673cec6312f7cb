/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_MACHINE_LIST_H
#define SETTINGS_MACHINE_LIST_H
/*
 * The addresses of this machine, as the kernel lists them. While it does so
 * they may change: it says of such a list that it is torn (NLM_F_DUMP_INTR),
 * and an address may be missing in it that was there all the time.
 * getifaddrs() does not tell. Here the kernel is asked again.
 */
#include "machine_address.h"

struct machine_list_taker {
	void (*begin)(void *arg); /* forget all: a list begins, again */
	void (*take)(void *arg, const struct machine_address *here);
	void *arg;
};

/*
 * False: no whole list was to be had, and what is missing may be there. May
 * wait for the RTNL lock. A list of Linux 6.18 that is torn does
 * not always say so, one of thousands while many addresses go: of what must not
 * be missed, ask twice.
 */
bool machine_list(const struct machine_list_taker *taker);
#endif
