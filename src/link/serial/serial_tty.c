/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tty as the serial link wants it: locked, raw, 8N1, and never waiting for
 * the other end. Never sets flow control, in no direction and by no means:
 * with the peer's power off CTS is low, and a line that obeys it would stop
 * this node's writes for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "../../base/device_refusal.h"
#include "serial_backend.h"

static const struct {
	uint32_t baud;
	speed_t speed;
} tty_speeds[] = {
	{1200, B1200},	   {2400, B2400},     {4800, B4800},
	{9600, B9600},	   {19200, B19200},   {38400, B38400},
	{57600, B57600},   {115200, B115200}, {230400, B230400},
	{460800, B460800}, {921600, B921600},
};

static bool tty_find_speed(uint32_t baud, speed_t *speed)
{
	for (size_t i = 0; i < sizeof(tty_speeds) / sizeof(tty_speeds[0]); i++)
		if (tty_speeds[i].baud == baud) {
			*speed = tty_speeds[i].speed;
			return true;
		}
	return false;
}

int serial_tty_open(const char *path, char *error, size_t error_size)
{
	/* O_NONBLOCK also keeps the open from waiting for a carrier. */
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		snprintf(error, error_size, "serial %s: cannot be opened: %s%s",
			 path, strerror(errno),
			 errno == EBUSY ? ": another program holds it"
					: device_refusal(errno));
		return -1;
	}
	if (!isatty(fd)) {
		snprintf(error, error_size, "serial %s: is not a terminal",
			 path);
		close(fd);
		return -1;
	}
	/* Before any setting is touched: it may be another program's line. */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		snprintf(error, error_size,
			 "serial %s: %s: find it with \"fuser -v %s\" and stop "
			 "it",
			 path,
			 errno == EWOULDBLOCK ? "another program has locked it"
					      : strerror(errno),
			 path);
		close(fd);
		return -1;
	}
	return fd;
}

static void tty_fill_raw(struct termios *raw, speed_t speed)
{
	/*
	 * IGNBRK: a peer that loses power sends a break. No IXON, IXOFF:
	 * noise may hold a 0x13. CLOCAL: modem lines neither hang up nor block.
	 */
	raw->c_iflag = IGNBRK;
	raw->c_oflag = 0;
	raw->c_lflag = 0;
	raw->c_cflag &= ~(tcflag_t)(CSIZE | CSTOPB | PARENB | PARODD | CRTSCTS);
	raw->c_cflag |= CS8 | CREAD | CLOCAL;
	/* With VMIN 0 an empty line reads 0, which is what a hang-up reads. */
	raw->c_cc[VMIN] = 1;
	raw->c_cc[VTIME] = 0;
	cfsetispeed(raw, speed);
	cfsetospeed(raw, speed);
}

int serial_tty_set_raw(int fd, const char *path, uint32_t baud, char *error,
		       size_t error_size)
{
	const tcflag_t line =
		CSIZE | CSTOPB | PARENB | CRTSCTS | CREAD | CLOCAL;
	struct termios raw, got;
	speed_t speed;

	if (!tty_find_speed(baud, &speed)) {
		snprintf(error, error_size,
			 "serial %s: %u baud is no usual speed: use 9600, "
			 "19200, 38400, 57600, 115200 or 230400",
			 path, baud);
		return -1;
	}
	if (tcgetattr(fd, &raw) != 0) {
		snprintf(error, error_size,
			 "serial %s: cannot read its settings: %s", path,
			 strerror(errno));
		return -1;
	}
	tty_fill_raw(&raw, speed);
	/* termios(3): success means that any one of the changes was made. */
	if (tcsetattr(fd, TCSANOW, &raw) != 0 || tcgetattr(fd, &got) != 0) {
		snprintf(error, error_size,
			 "serial %s: cannot set %u baud 8N1 without flow "
			 "control: %s",
			 path, baud, strerror(errno));
		return -1;
	}
	if ((got.c_cflag & line) != (raw.c_cflag & line) || got.c_lflag != 0 ||
	    cfgetospeed(&got) != speed) {
		snprintf(error, error_size,
			 "serial %s: its driver does not take %u baud 8N1 "
			 "without flow control: use another speed or adapter",
			 path, baud);
		return -1;
	}
	return 0;
}

/* What the far end would see as noise or as nothing, as one knows it by. */
bool serial_tty_is_changed(int fd, uint32_t baud, char *what, size_t size)
{
	struct termios now;
	speed_t speed;
	size_t used = 0;

	if (!tty_find_speed(baud, &speed) || tcgetattr(fd, &now) != 0)
		return false; /* a lost port is told by reading it */
	const struct {
		bool is;
		const char *name;
	} changes[] = {
		{cfgetospeed(&now) != speed || cfgetispeed(&now) != speed,
		 "another speed"},
		{(now.c_cflag & CSIZE) != CS8, "not 8 data bits"},
		{(now.c_cflag & PARENB) != 0, "parity"},
		{(now.c_cflag & CSTOPB) != 0, "2 stop bits"},
		{(now.c_cflag & CRTSCTS) != 0, "RTS/CTS flow control"},
		{(now.c_cflag & CREAD) == 0, "receiver off"},
		{(now.c_cflag & CLOCAL) == 0, "modem lines obeyed"},
		{(now.c_iflag & (IXON | IXOFF)) != 0, "XON/XOFF flow control"},
		{(now.c_iflag & (ISTRIP | INLCR | IGNCR | ICRNL | PARMRK |
				 INPCK | BRKINT)) != 0,
		 "input translated"},
		{(now.c_oflag & OPOST) != 0, "output translated"},
		{(now.c_lflag & ECHO) != 0, "echo"},
		{(now.c_lflag & ICANON) != 0, "line mode"},
		{(now.c_lflag & ISIG) != 0, "signals"},
		{now.c_cc[VMIN] != 1 || now.c_cc[VTIME] != 0, "VMIN or VTIME"},
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if (changes[i].is && used < size)
			used += (size_t)snprintf(what + used, size - used,
						 "%s%s", used ? ", " : "",
						 changes[i].name);
	return used > 0;
}
