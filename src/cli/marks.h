/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_MARKS_H
#define CLI_MARKS_H
/*
 * Services by fwmark get what a rule of the firewall marks, and such a rule is
 * not twinbeat's to make: whether there is one. Lists the rules of nftables and
 * of both kinds of iptables, and changes nothing.
 */
#include "../settings/settings.h"

/* Of each service whose mark no rule sets, or may set for all that is known. */
void marks_tell(const struct settings *settings,
		void (*tell)(void *arg, const struct settings_service *service,
			     const char *text),
		void *arg);
/* The same, as findings of the file. */
void marks_check(const struct settings *settings,
		 struct settings_report *report);
#endif
