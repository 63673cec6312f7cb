/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modem lines for ptys. libserialport asks every port for its modem lines and
 * gives up on a pty, which has none: this ioctl() answers in the kernel's
 * place, so that the code for real ports is tested without hardware. As
 * shared object for LD_PRELOAD, or compiled into a test program (whose ioctl()
 * the libraries then use).
 *
 * TWINBEAT_SHIM_LINES=number: the TIOCM_ bits that are seen as set.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

/* For tests that are compiled together with this file. */
int modem_shim_queued = -1; /* >= 0: the answer to TIOCOUTQ */
int modem_shim_lines;	    /* what was set last: DTR, RTS */
unsigned modem_shim_asked;  /* times that somebody wanted to know them */

static int modem_shim_seen(void)
{
	const char *text = getenv("TWINBEAT_SHIM_LINES");

	if (text != NULL)
		return (int)strtol(text, NULL, 0);
	return TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;
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
