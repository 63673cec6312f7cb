# SPDX-License-Identifier: GPL-3.0-or-later
PKG_modbus := libmodbus
DEB_modbus := libmodbus-dev
