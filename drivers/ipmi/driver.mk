# SPDX-License-Identifier: GPL-3.0-or-later
PKG_ipmi := libfreeipmi
DEB_ipmi := libfreeipmi-dev
# It locks 8 MB: only what speaks with a BMC links it.
APART += ipmi
# Not for programs without it, as the fuzzers are.
APART_C += drivers/ipmi/ipmi_io.c drivers/ipmi/ipmi_session.c
