/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kinds of link. A new one: its folder, its row here, LINK_KINDS, its row
 * in settings/links.c (src/README.md names the files).
 */
#include <assert.h>
#include <string.h>

#include "link.h"
#include "serial/serial.h"
#include "udp/udp.h"
#include "vrrp/vrrp.h"

const struct link_kind *const link_kinds[LINK_KINDS] = {
	&link_serial,
	&link_udp,
	&link_vrrp,
};

unsigned link_kind_index(const struct link_kind *kind)
{
	unsigned i = 0;

	while (i < LINK_KINDS && link_kinds[i] != kind)
		i++;
	assert(i < LINK_KINDS);
	return i;
}

const struct link_kind *link_kind_find(const char *type)
{
	for (unsigned i = 0; i < LINK_KINDS; i++)
		if (strcmp(link_kinds[i]->type, type) == 0)
			return link_kinds[i];
	return NULL;
}
