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
/* R16: how its adverts are signed beside a plain router. */
struct vrrp_hmac_options
vrrp_options_hmac(const struct settings_instance *instance);
#endif
