# SPDX-License-Identifier: GPL-3.0-or-later
# libfreeipmi locks 8 MB: only what speaks with a BMC links it.
LIBS_ipmi := $(LIBS_IPMI)
APART += ipmi
# Not for programs without the library, as the fuzzers are.
APART_C += drivers/ipmi/ipmi_io.c drivers/ipmi/ipmi_session.c
