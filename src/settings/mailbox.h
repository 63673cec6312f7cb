/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_MAILBOX_H
#define SETTINGS_MAILBOX_H
#include <stdbool.h>

/* What may stand between < and > in SMTP (RFC 5321 4.1.2), without quoted
 * forms: nothing that could end the line. */
bool settings_is_mailbox(const char *text);
#endif
