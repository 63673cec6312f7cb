/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_SYSCTL_H
#define BASE_SYSCTL_H
/* The kernel's settings of network interfaces. */

/* net.FAMILY.conf.INTERFACE.NAME, a number of 0 or more; -1: there is none, or
 * it cannot be read. family: "ipv4", "ipv6". */
int sysctl_read_conf(const char *family, const char *interface,
		     const char *name);
/* IPv4: the larger one of the interface's and that of all, which is in force
 * where the kernel goes by the maximum (rp_filter, arp_ignore); -1: neither. */
int sysctl_larger_conf(const char *interface, const char *name);
#endif
