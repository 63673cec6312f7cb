/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_UDP_H
#define LINK_UDP_H
/*
 * The udp link: the serial link's frames, one per datagram, between one address
 * of each node on one interface; a cable between second NICs, or the service
 * network itself. The delimiter stays, so that there is one frame and one
 * decoder for both.
 */
#include "../link.h"

struct udp_options {
	char name[SETTINGS_NAME_MAX];
	char interface[SETTINGS_INTERFACE_MAX];
	uint16_t port; /* of both sides */
	struct ip own, peer;
};
#endif
