/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_VRRP_OPTIONS_H
#define DAEMON_VRRP_OPTIONS_H
/* What the VRRP link of instance i is opened with. */
#include "../link/vrrp/vrrp.h"
#include "../settings/settings.h"

struct daemon;

/* addresses: room for what options point to. */
void vrrp_options_make(const struct daemon *daemon,
		       const struct settings *settings, unsigned i,
		       struct ip addresses[VRRP_ADDRESSES_MAX],
		       struct vrrp_options *options);
/*
 * What its adverts may not come from: a VIP of another instance is on the
 * interface, too, and leaves it any time. Its own come first; of more than fit
 * the rest is not told, and counts for something only where none of
 * nodes[].address is there. How many.
 */
unsigned vrrp_options_vips(const struct settings *settings, unsigned i,
			   struct ip vips[VRRP_ADDRESSES_MAX]);
/* R16: how its adverts are signed beside a plain router. */
struct vrrp_hmac_options
vrrp_options_hmac(const struct settings_instance *instance);
#endif
