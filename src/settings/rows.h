/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_ROWS_H
#define SETTINGS_ROWS_H
/* The tables of which rows.c makes that of the whole file. */
#include "row.h"

/* RFC 9568 8.3.2: 255 is the owner's, and we own no address but as VIP. */
#define PRIORITY                                                               \
	RANGE(1, 254),                                                         \
		.refused = 255,                                                \
		.refused_says = "it means that the address is the node's own " \
				"for ever (keepalived takes such an address "  \
				"from the machine when it stops); a VIP must " \
				"be free to move: use 1 to 254"

extern const struct setting_row settings_node_rows[], settings_instance_rows[],
	settings_debounce_rows[], settings_fence_rows[], settings_notify_rows[],
	settings_mail_rows[], settings_director_rows[], settings_check_rows[];
#endif
