/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modem lines for ptys. libserialport asks every port for its modem lines and
 * gives up on a pty, which has none: this ioctl() answers in the kernel's
 * place, so that the code for real ports is tested without hardware. As
 * shared object for LD_PRELOAD, or compiled into a test program (whose ioctl()
 * the libraries then use).
 *
 * TWINBEAT_SHIM_LINES=number: the TIOCM_ bits that are seen as set.
 * TWINBEAT_SHIM_FILE=path: a file with that number, which may change; with
 * SHIM_SENSE in it CTS is this end's own RTS, as in a sense cable, with
 * SHIM_BRIDGED DSR and DCD are its own DTR, as in many cables of three wires.
 * With SHIM_PROBED the driver has counted four more changes of CTS each time
 * that it is asked (TIOCGICOUNT): the other end lowers its RTS. Without it, it
 * has counted none.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define SHIM_SENSE   0x10000
#define SHIM_BRIDGED 0x20000
#define SHIM_PROBED  0x40000
/* above every number that a program of ours is given */
#define SHIM_FD 200

/* For tests that are compiled together with this file. */
int modem_shim_queued = -1; /* >= 0: the answer to TIOCOUTQ */
int modem_shim_lines;	    /* what was set last: DTR, RTS */
unsigned modem_shim_asked;  /* times that somebody wanted to know them */

static int modem_shim_fd = -1;
static int modem_shim_counted; /* changes of CTS */

/* At once: later the program may open nothing more. */
static void __attribute__((constructor)) modem_shim_open(void)
{
	const char *path = getenv("TWINBEAT_SHIM_FILE");
	int fd = path ? open(path, O_RDONLY) : -1;

	if (fd < 0)
		return;
	modem_shim_fd = fcntl(fd, F_DUPFD_CLOEXEC, SHIM_FD);
	close(fd);
}

/* What the file says now. */
static int modem_shim_read(void)
{
	char number[16] = "";

	if (pread(modem_shim_fd, number, sizeof(number) - 1, 0) < 0)
		return 0;
	return (int)strtol(number, NULL, 0);
}

static int modem_shim_seen(void)
{
	const char *text = getenv("TWINBEAT_SHIM_LINES");
	int lines;

	if (modem_shim_fd >= 0) {
		lines = modem_shim_read();
		if (lines & SHIM_SENSE && modem_shim_lines & TIOCM_RTS)
			lines |= TIOCM_CTS;
		if (lines & SHIM_BRIDGED && modem_shim_lines & TIOCM_DTR)
			lines |= TIOCM_DSR | TIOCM_CAR;
		return lines & (TIOCM_CTS | TIOCM_DSR | TIOCM_CAR);
	}
	if (text != NULL)
		return (int)strtol(text, NULL, 0);
	return TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;
}

/*
 * Until one of them changes, or a signal comes: also one that came while the
 * file was read, as in the kernel.
 */
static int modem_shim_wait(int which)
{
	const struct timespec tick = {0, 1000000};
	int before = modem_shim_seen() & which, result = 0;
	sigset_t all, as_it_was;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &as_it_was);
	while (result == 0 && (modem_shim_seen() & which) == before)
		result = ppoll(NULL, 0, &tick, &as_it_was);
	sigprocmask(SIG_SETMASK, &as_it_was, NULL);
	if (result < 0)
		errno = EINTR;
	return result;
}

/* glibc declares it with unsigned long; the variable part is one pointer. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *argument;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);

	switch (request) {
	case TIOCMGET:
		modem_shim_asked++;
		*(int *)argument = modem_shim_lines | modem_shim_seen();
		return 0;
	case TIOCMSET:
		modem_shim_lines = *(int *)argument;
		return 0;
	case TIOCMBIS:
		modem_shim_lines |= *(int *)argument;
		return 0;
	case TIOCMBIC:
		modem_shim_lines &= ~*(int *)argument;
		return 0;
	case TIOCMIWAIT:
		/* not in the unit tests: they have no driver that knows it */
		if (modem_shim_fd < 0)
			break;
		return modem_shim_wait((int)(intptr_t)argument);
	case TIOCGICOUNT:
		if (modem_shim_fd < 0)
			break;
		if (modem_shim_read() & SHIM_PROBED)
			modem_shim_counted += 4;
		*(struct serial_icounter_struct *)argument =
			(struct serial_icounter_struct){
				.cts = modem_shim_counted};
		return 0;
	case TIOCOUTQ:
		if (modem_shim_queued < 0)
			break;
		*(int *)argument = modem_shim_queued;
		return 0;
	default:
		break;
	}
	return (int)syscall(SYS_ioctl, fd, request, argument);
}
