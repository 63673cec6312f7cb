#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# libmodbus 3.1.6-2.1+deb12u1 (Debian 12), six reads of coils over one connection, of a
#   device that answers the first one 100 ms after the response time-out and each other
#   one at once. Its even coils are on, its odd ones off.
# Guess: one read fails, ETIMEDOUT. The late answer is thrown away before the next request
#   is sent (RTU), or known by its transaction number (TCP), and all others are right.
# Seen: it never recovers. Over RTU each read returns 1, good, with the answer to the
#   one before it: each coil has its neighbour's state, for ever. Over TCP each
#   read fails, "Invalid data", for ever. Only modbus_flush(), a new connection or
#   modbus_set_error_recovery(), which is off, ends it.
# Why it matters here: one slow moment, and "outlet 2 is off" is what outlet 1 said.
#   twinbeat's driver opens the line for each question and throws away what is old
#   (drivers/modbus/modbus_line.c), and compares each answer with its question
#   (drivers/modbus/modbus_wire.c).
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get -qq download libmodbus-dev=3.1.6-2.1+deb12u1 libmodbus5=3.1.6-2.1+deb12u1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >ask.c <<'C'
#include <arpa/inet.h>
#include <errno.h>
#include <modbus.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener = -1, line = -1;

/* Modbus over serial line V1.02, 6.2.2 */
static unsigned crc(const uint8_t *at, int size)
{
	unsigned sum = 0xffff;

	for (int i = 0; i < size; i++) {
		sum ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum & 1 ? sum >> 1 ^ 0xa001 : sum >> 1;
	}
	return sum;
}

static void *device(void *unused)
{
	int size = listener < 0 ? 8 : 12;
	uint8_t asked[12];

	if (listener >= 0)
		line = accept(listener, NULL, NULL);
	for (int turn = 0;; turn++) {
		for (int have = 0; have < size;) {
			int got = read(line, asked + have, size - have);

			if (got <= 0)
				return unused;
			have += got;
		}
		if (turn == 0)
			usleep(300000);
		if (listener < 0) {
			uint8_t said[6] = {1, 1, 1, asked[3] % 2 == 0};
			unsigned sum = crc(said, 4);

			said[4] = sum & 255;
			said[5] = sum >> 8;
			if (write(line, said, 6) != 6)
				return unused;
		} else {
			uint8_t said[10] = {asked[0], asked[1], 0, 0, 0, 4,
					    1, 1, 1, asked[9] % 2 == 0};

			if (write(line, said, 10) != 10)
				return unused;
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in own = {.sin_family = AF_INET};
	socklen_t own_size = sizeof(own);
	pthread_t thread;
	modbus_t *bus;
	char name[64];
	int end;

	if (argc > 1 && strcmp(argv[1], "tcp") == 0) {
		own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		listener = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(listener, (struct sockaddr *)&own, sizeof(own)) < 0 ||
		    listen(listener, 1) < 0 ||
		    getsockname(listener, (struct sockaddr *)&own, &own_size) < 0)
			return 1;
		bus = modbus_new_tcp("127.0.0.1", ntohs(own.sin_port));
	} else {
		if (openpty(&line, &end, name, NULL, NULL) < 0)
			return 1;
		bus = modbus_new_rtu(name, 9600, 'N', 8, 1);
	}
	modbus_set_slave(bus, 1);
	modbus_set_response_timeout(bus, 0, 200000);
	if (modbus_connect(bus) < 0 ||
	    pthread_create(&thread, NULL, device, NULL) != 0)
		return 1;
	for (int coil = 0; coil < 6; coil++) {
		uint8_t bits[8] = {0};
		int result = modbus_read_bits(bus, coil, 1, bits);

		printf("%s: coil %d, which is %s: %s\n", argv[1], coil,
		       coil % 2 == 0 ? "on" : "off",
		       result < 0   ? modbus_strerror(errno)
		       : bits[0] ? "on"
				    : "off");
		if (coil == 0)
			usleep(500000);
	}
	return 0;
}
C
for lib in root/usr/lib/*-linux-gnu; do
	cc -o ask ask.c -Iroot/usr/include/modbus -L"$lib" -lmodbus -lutil -lpthread
	for way in rtu tcp; do
		LD_LIBRARY_PATH="$PWD/$lib" timeout 20 ./ask $way || true
	done
done >out
cat out
cat >wanted <<'SEEN'
rtu: coil 0, which is on: Connection timed out
rtu: coil 1, which is off: on
rtu: coil 2, which is on: off
rtu: coil 3, which is off: on
rtu: coil 4, which is on: off
rtu: coil 5, which is off: on
tcp: coil 0, which is on: Connection timed out
tcp: coil 1, which is off: Invalid data
tcp: coil 2, which is on: Invalid data
tcp: coil 3, which is off: Invalid data
tcp: coil 4, which is on: Invalid data
tcp: coil 5, which is off: Invalid data
SEEN
diff wanted out
