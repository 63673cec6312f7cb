/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPORTER_PAGE_H
#define EXPORTER_PAGE_H
/*
 * The status object as one page of HTML that needs nothing from anywhere else:
 * the pair as a picture, the alerts, what happened. Every text in it is
 * escaped: names and texts come from files, devices and the peer.
 */
#include <jansson.h>
#include <stdio.h>

/*
 * status NULL: error says why. history: that part, as HTML (history.h). nonce:
 * of the page's Content-Security-Policy, for its style and script.
 */
void page_write(FILE *out, const json_t *status, const char *error,
		const char *history, const char *nonce);
#endif
