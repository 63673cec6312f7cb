#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# libmodbus 3.1.6-2.1+deb12u1 (Debian 12), modbus_write_bit() and modbus_write_register()
#   over RTU to a device whose answer, which is to be the request again (Modbus
#   Application Protocol V1.1b3, 6.5, 6.6), names another coil or another value, as one
#   does that has refused in its own way or answers somebody else.
# Guess: an answer that is not the echo of the request is an error.
# Seen: 1, "written", each time. Only the unit, the function and the length are looked at;
#   of modbus_write_bits() and modbus_write_registers() the count, too.
# Why it matters here: "coil 1 off" is called done while the device says that coil 9 is on.
#   twinbeat's driver compares each byte (drivers/modbus/modbus_wire.c), and an off counts
#   when it was read back, not when it was written (R6).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download libmodbus-dev=3.1.6-2.1+deb12u1 libmodbus5=3.1.6-2.1+deb12u1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >ask.c <<'C'
#include <errno.h>
#include <modbus.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint8_t answer[8];
static int line;

/* Modbus over serial line V1.02, 6.2.2 */
static void sign(uint8_t *at)
{
	unsigned sum = 0xffff;

	for (int i = 0; i < 6; i++) {
		sum ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum & 1 ? sum >> 1 ^ 0xa001 : sum >> 1;
	}
	at[6] = sum & 255;
	at[7] = sum >> 8;
}

static void *device(void *unused)
{
	uint8_t asked[64];

	for (int have = 0; have < 8;) {
		int got = read(line, asked, 8 - have);

		if (got <= 0)
			return unused;
		have += got;
	}
	sign(answer);
	if (write(line, answer, 8) != 8)
		perror("write");
	return unused;
}

static void try(modbus_t *bus, const char *what, const uint8_t said[6])
{
	pthread_t thread;
	int result, error;

	memcpy(answer, said, 6);
	pthread_create(&thread, NULL, device, NULL);
	result = said[1] == 5 || said[1] == 0x85
			 ? modbus_write_bit(bus, 1, 0)
			 : modbus_write_register(bus, 1, 7);
	error = errno;
	pthread_join(thread, NULL);
	printf("%s: %s\n", what, result == 1 ? "written" : modbus_strerror(error));
	modbus_flush(bus);
}

int main(void)
{
	modbus_t *bus;
	char name[64];
	int end;

	if (openpty(&line, &end, name, NULL, NULL) < 0)
		return 1;
	bus = modbus_new_rtu(name, 9600, 'N', 8, 1);
	modbus_set_slave(bus, 1);
	if (modbus_connect(bus) < 0)
		return 1;
	try(bus, "coil 1 off, echo: coil 1 off", (uint8_t[]){1, 5, 0, 1, 0, 0});
	try(bus, "coil 1 off, echo: coil 1 on",
	    (uint8_t[]){1, 5, 0, 1, 0xff, 0});
	try(bus, "coil 1 off, echo: coil 9 on",
	    (uint8_t[]){1, 5, 0, 9, 0xff, 0});
	try(bus, "register 1 = 7, echo: register 1 = 0",
	    (uint8_t[]){1, 6, 0, 1, 0, 0});
	try(bus, "register 1 = 7, echo: unit 2", (uint8_t[]){2, 6, 0, 1, 0, 7});
	return 0;
}
C
for lib in root/usr/lib/*-linux-gnu; do
	cc -o ask ask.c -Iroot/usr/include/modbus -L"$lib" -lmodbus -lutil -lpthread
	LD_LIBRARY_PATH="$PWD/$lib" timeout 20 ./ask || true
done >out
cat out
cat >wanted <<'SEEN'
coil 1 off, echo: coil 1 off: written
coil 1 off, echo: coil 1 on: written
coil 1 off, echo: coil 9 on: written
register 1 = 7, echo: register 1 = 0: written
register 1 = 7, echo: unit 2: Response not from requested slave
SEEN
diff wanted out
