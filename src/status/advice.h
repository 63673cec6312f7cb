/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STATUS_ADVICE_H
#define STATUS_ADVICE_H

/* How bad an alert is for the service, not for the night. */
enum advice_weight { ADVICE_NOTE, ADVICE_WARN, ADVICE_BAD };

/* What to do about an alert of this name, one line; NULL if not known. */
const char *advice_find(const char *alert, enum advice_weight *weight);
#endif
