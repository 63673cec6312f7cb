#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# libmodbus 3.1.6-2.1+deb12u1 (Debian 12), a write over RTU to unit 0, which is everybody
#   (Modbus over serial line 2.1: nobody answers a broadcast).
# Guess: nothing is to come, so modbus_write_bit() returns 1 when the frame has left.
# Seen: it waits for an answer for the whole response time-out and fails, ETIMEDOUT, as if
#   no device were there. The frame has left, and each relay on the line has obeyed.
# Why it matters here: who takes the error for "not done" repeats it or tries the next
#   way, and all relays of a line have switched. twinbeat refuses unit 0 over rtu
#   (drivers/modbus/modbus_settings.c), and calls a write without an answer unknown.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download libmodbus-dev=3.1.6-2.1+deb12u1 libmodbus5=3.1.6-2.1+deb12u1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >ask.c <<'C'
#include <errno.h>
#include <modbus.h>
#include <pty.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int line, end, result, said;
	char name[64];
	uint8_t frame[64];
	modbus_t *bus;

	if (openpty(&line, &end, name, NULL, NULL) < 0)
		return 1;
	bus = modbus_new_rtu(name, 9600, 'N', 8, 1);
	if (modbus_set_slave(bus, 0) < 0 || modbus_connect(bus) < 0)
		return 1;
	result = modbus_write_bit(bus, 1, 0);
	said = errno;
	printf("unit 0: %d, %s; bytes on the line: %d\n", result,
	       said == ETIMEDOUT ? "ETIMEDOUT" : modbus_strerror(said),
	       (int)read(line, frame, sizeof(frame)));
	return 0;
}
C
for lib in root/usr/lib/*-linux-gnu; do
	cc -o ask ask.c -Iroot/usr/include/modbus -L"$lib" -lmodbus -lutil
	LD_LIBRARY_PATH="$PWD/$lib" timeout 20 ./ask
done >out
cat out
grep -qx 'unit 0: -1, ETIMEDOUT; bytes on the line: 8' out
