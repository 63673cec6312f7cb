/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is this a serial port for us? It is not opened: that raises its lines. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/serial_inspect.h"
#include "settings.h"

int settings_look_at_port(const char *path, char *error, size_t error_size)
{
	struct stat st;

	if (stat(path, &st) < 0 && errno == ENOENT) {
		snprintf(error, error_size,
			 "%s is not there (yet); is the adapter plugged in, "
			 "and does the udev rule name it so?",
			 path);
		return 1;
	}
	if (stat(path, &st) < 0) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return 1;
	}
	if (!S_ISCHR(st.st_mode)) {
		snprintf(error, error_size,
			 "%s is not a character device; a serial port is "
			 "wanted",
			 path);
		return -1;
	}
	return serial_inspect(path, error, error_size) == SERIAL_FINE ? 0 : -1;
}
