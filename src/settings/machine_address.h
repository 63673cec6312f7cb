/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_MACHINE_ADDRESS_H
#define SETTINGS_MACHINE_ADDRESS_H
/*
 * Which addresses are the machine's own, when the daemon starts: never a
 * VIP, never removed (C04). Pure; for check, twinbeatd and the keeper, which
 * must not differ.
 */
#include "settings.h"

struct machine_address {
	struct ip ip;
	unsigned index;
	uint8_t prefix, protocol;
	bool is_secondary;
	bool is_tentative; /* IPv6: not to be spoken from yet */
	uint32_t valid_s;
};

/*
 * list: all of the machine, as the kernel lists them; which of them is asked
 * for. True for nodes[].address, and for the address by which the machine is in
 * a network: the first one of its interface, primary, with a subnet that no
 * other interface is in, where nodes[self].address is not on that interface. A
 * VIP that another hand added stands beside such an address, or has no subnet
 * of its own. IPv6: nodes[].address, and what the kernel made by itself or from
 * a router's word.
 */
bool machine_address_is_own(const struct settings *settings,
			    const struct machine_address *list, unsigned count,
			    unsigned which);
#endif
