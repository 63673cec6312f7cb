/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Real serial ports through libserialport, which knows the drivers' oddities
 * (custom speeds, termiox). What version 0.1.1 leaves undone is done here and
 * in serial_tty.c: it sets neither close-on-exec nor O_EXCL nor a lock, it
 * refuses symlinks, and its flow control setting writes CRTSCTS into c_iflag,
 * so that a port left with CRTSCTS keeps it. Never calls sp_drain() and never
 * its blocking reads and writes.
 */
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "serial_backend.h"

/*
 * libserialport takes a name only if /sys/class/tty has it; ptys are not in
 * there. So the same question decides which way a port is opened.
 */
bool serial_port_is_known(const char *path)
{
	char entry[PATH_MAX];
	const char *name;

	if (strncmp(path, "/dev/", 5) != 0)
		return false;
	name = path + 5;
	if (name[0] == '\0' || strchr(name, '/') != NULL)
		return false;
	snprintf(entry, sizeof(entry), "/sys/class/tty/%s", name);
	return access(entry, F_OK) == 0;
}

/* The library's last error; its text is the caller's to free. */
static void port_tell(enum sp_return result, const char *path, const char *what,
		      char *error, size_t error_size)
{
	char *text = result == SP_ERR_FAIL ? sp_last_error_message() : NULL;

	snprintf(error, error_size, "serial %s: %s: %s", path, what,
		 text != NULL		 ? text
		 : result == SP_ERR_ARG	 ? "libserialport does not know it"
		 : result == SP_ERR_SUPP ? "its driver cannot do that"
		 : result == SP_ERR_MEM	 ? "out of memory"
					 : "unknown error");
	if (text != NULL)
		sp_free_error_message(text);
}

/* The handle, safe to keep: not inherited, never waiting, ours alone. */
static int port_claim(struct sp_port *port, int *fd)
{
	int flags;

	if (sp_get_port_handle(port, fd) != SP_OK)
		return -1;
	flags = fcntl(*fd, F_GETFL);
	if (flags < 0 || fcntl(*fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(*fd, F_SETFD, FD_CLOEXEC) != 0)
		return -1;
	/* Keeps off programs that know no flock(), unless they are root's. */
	return ioctl(*fd, TIOCEXCL);
}

struct sp_port *serial_port_open(const char *path, uint32_t baud, int *fd,
				 char *error, size_t error_size)
{
	struct sp_port *port = NULL;
	enum sp_return result;

	result = sp_get_port_by_name(path, &port);
	if (result != SP_OK) {
		port_tell(result, path, "cannot be used", error, error_size);
		return NULL;
	}
	result = sp_open(port, SP_MODE_READ_WRITE);
	if (result != SP_OK) {
		port_tell(result, path, "cannot be opened", error, error_size);
		sp_free_port(port);
		return NULL;
	}
	result = sp_set_baudrate(port, (int)baud);
	if (result != SP_OK) {
		port_tell(result, path, "cannot set the speed", error,
			  error_size);
		serial_port_close(port);
		return NULL;
	}
	if (port_claim(port, fd) != 0) {
		snprintf(error, error_size,
			 "serial %s: cannot be taken for ourselves: %s", path,
			 strerror(errno));
		serial_port_close(port);
		return NULL;
	}
	return port;
}

void serial_port_close(struct sp_port *port)
{
	sp_close(port);
	sp_free_port(port);
}

void serial_port_forget(struct sp_port *port)
{
	sp_free_port(port);
}
