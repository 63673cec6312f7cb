/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_DEVICE_REFUSAL_H
#define BASE_DEVICE_REFUSAL_H
/*
 * Why a device cannot be opened, where strerror() names no cure: goes behind
 * its words.
 */
#include <errno.h>

/* error: an errno of open(2). "", or the rest of the sentence. */
static inline const char *device_refusal(int error)
{
	switch (error) {
	case EACCES: /* its mode; root has CAP_DAC_OVERRIDE */
		return ": give it to group twinbeat by a udev rule (after a "
		       "login prompt: udevadm trigger), or see "
		       "twinbeat-root.conf";
	case EPERM: /* a device list of cgroups (systemd.resource-control(5)) */
		return ": the service's DeviceAllow= leaves it out; "
		       "twinbeat-devices.conf is a drop-in that lets it in";
	default:
		return "";
	}
}
#endif
