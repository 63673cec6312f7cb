/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_VRRP_EXPECT_H
#define LINK_VRRP_EXPECT_H
/*
 * What the adverts of an instance say, by the settings: the main process sends
 * and expects them, the keeper's last will (R12b) must be one of them.
 */
#include "../../settings/settings.h"
#include "../../wire/vrrp.h"

/*
 * Fills in *expect and the addresses that it points to: in the order of the
 * file, without excluded ones and those that find no room in an advert.
 */
void vrrp_expect_fill(const struct settings *settings, unsigned instance,
		      struct vrrp_expect *expect,
		      struct ip addresses[VRRP_ADDRESSES_MAX]);
/*
 * The last word of a life, which is signed: the first address does where no
 * list is compared (version 3), and goes with every MTU.
 */
void vrrp_expect_shorten(struct vrrp_expect *expect);
/* Where they go: the group, or the peer where they are unicast. */
struct ip vrrp_expect_destination(const struct vrrp_expect *expect);
#endif
