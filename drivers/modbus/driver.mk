# SPDX-License-Identifier: GPL-3.0-or-later
LIBS_modbus := $(LIBS_MODBUS)
