/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modbus RTU's serial line: taken, set up, silent before it is spoken on. RTU
 * knows one master and RS-485 no arbitration; two nodes on one line collide.
 * So it listens before it speaks, and whoever was garbled asks again.
 *
 * It never sets up a line before the lock is held: it may be another program's.
 * flock() keeps off our own kind (fencer, command line, the heartbeat) and ends
 * with whoever holds it; libmodbus takes none. Not TIOCEXCL: one that is killed
 * leaves it set while anybody else has the port open, and without
 * CAP_SYS_ADMIN nobody could open it, just when power is to be cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "../../src/base/device_refusal.h"
#include "modbus_wire.h"

#define LOCK_LEAST_MS 2
#define LOCK_MOST_MS  8
/* Who hears another master waits for the answer to that, too. */
#define OTHERS_MS 40

static const struct modbus_port *line_of(const struct modbus_question *q)
{
	return &modbus_of(q->device)->line;
}

/* Modbus over serial line V1.02 2.5.1.1: 3.5 characters of 11 bits between
 * frames, 1.75 ms above 19200 baud; poll() counts whole milliseconds. */
static int gap_ms(uint32_t baud)
{
	uint32_t gap_us = baud > 19200 ? 1750 : 38500000 / baud;

	return (int)(gap_us + 999) / 1000;
}

/* Opens and locks; the descriptor, or -1 with a sentence. */
static int take_line(const struct modbus_question *q)
{
	uint32_t wait_ms = modbus_at_most(q, modbus_of(q->device)->connect_ms);
	int64_t limit_us = modbus_now_us() + (int64_t)wait_ms * 1000;

	for (;;) {
		int fd = open(line_of(q)->path,
			      O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0 && errno != EBUSY) {
			modbus_complain(q, "the port cannot be opened: %s%s",
					strerror(errno), device_refusal(errno));
			return -1;
		}
		if (fd >= 0 && !isatty(fd)) {
			modbus_complain(q, "it is no serial port");
			close(fd);
			return -1;
		}
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
		if (modbus_now_us() >= limit_us) {
			modbus_complain(q,
					"another program has held the port "
					"for %u ms",
					wait_ms);
			return -1;
		}
		modbus_pause(LOCK_LEAST_MS, LOCK_MOST_MS);
	}
}

/* Who switches the driver of the two-wire line. */
static int set_direction(const struct modbus_question *q, modbus_t *modbus)
{
	int lines;

	switch (line_of(q)->rs485) {
	case RS485_ADAPTER:
		return 0;
	case RS485_KERNEL:
		if (modbus_rtu_set_serial_mode(modbus, MODBUS_RTU_RS485) == 0)
			return 0;
		modbus_complain(q,
				"rs485 = \"kernel\": the port's driver cannot "
				"(%s); try \"adapter\" or \"rts\"",
				strerror(errno));
		return -1;
	default:
		if (ioctl(modbus_get_socket(modbus), TIOCMGET, &lines) == 0 &&
		    modbus_rtu_set_rts(modbus, line_of(q)->rs485 == RS485_RTS
						       ? MODBUS_RTU_RTS_UP
						       : MODBUS_RTU_RTS_DOWN) ==
			    0)
			return 0;
		modbus_complain(q, "rs485: the port has no RTS line (%s)",
				strerror(errno));
		return -1;
	}
}

/* Discards what is old, and waits until nobody speaks. */
static int wait_for_silence(const struct modbus_question *q, int fd)
{
	uint32_t wait_ms = modbus_at_most(q, modbus_of(q->device)->connect_ms);
	int64_t limit_us = modbus_now_us() + (int64_t)wait_ms * 1000;
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int silent_ms = gap_ms(line_of(q)->baud);
	uint8_t heard[256];

	tcflush(fd, TCIOFLUSH);
	while (poll(&polled, 1, silent_ms) > 0) {
		if (read(fd, heard, sizeof(heard)) <= 0) {
			modbus_complain(q, "the port is gone");
			return -1;
		}
		if (modbus_now_us() >= limit_us) {
			modbus_complain(q,
					"the line was not silent for %u ms: "
					"another master, or noise",
					wait_ms);
			return -1;
		}
		silent_ms = OTHERS_MS;
	}
	return 0;
}

static modbus_t *set_up_line(const struct modbus_question *q)
{
	static const char parities[] = {
		[PARITY_NONE] = 'N', [PARITY_EVEN] = 'E', [PARITY_ODD] = 'O'};
	const struct modbus_port *line = line_of(q);
	modbus_t *modbus =
		modbus_new_rtu(line->path, (int)line->baud,
			       parities[line->parity], 8, line->stop_bits);

	if (modbus == NULL) {
		modbus_complain(q, "the port cannot be used: %s",
				strerror(errno));
		return NULL;
	}
	modbus_set_error_recovery(modbus, MODBUS_ERROR_RECOVERY_NONE);
	modbus_set_byte_timeout(modbus, 0, 0);
	modbus_set_slave(modbus, modbus_of(q->device)->unit);
	if (modbus_connect(modbus) < 0) {
		modbus_complain(q, "the port cannot be set up: %s",
				strerror(errno));
		modbus_free(modbus);
		return NULL;
	}
	return modbus;
}

int modbus_line_open(const struct modbus_question *q, struct modbus_line *line)
{
	line->lock = take_line(q);
	if (line->lock < 0)
		return -1;
	line->modbus = set_up_line(q);
	if (line->modbus == NULL) {
		close(line->lock);
		return -1;
	}
	if (set_direction(q, line->modbus) == 0 &&
	    wait_for_silence(q, modbus_get_socket(line->modbus)) == 0)
		return 0;
	modbus_line_close(line);
	return -1;
}

void modbus_line_close(struct modbus_line *line)
{
	modbus_close(line->modbus);
	modbus_free(line->modbus);
	close(line->lock); /* and the lock is gone */
}

bool modbus_line_has_more(const struct modbus_question *q,
			  const struct modbus_line *line)
{
	struct pollfd polled = {.fd = modbus_get_socket(line->modbus),
				.events = POLLIN};

	return poll(&polled, 1, gap_ms(line_of(q)->baud)) > 0;
}
