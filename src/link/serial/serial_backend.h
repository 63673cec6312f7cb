/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LINK_SERIAL_BACKEND_H
#define LINK_SERIAL_BACKEND_H
/*
 * What the serial link is made of, for src/link alone: the tty itself
 * (serial_tty.c: any tty, so also a pty), and libserialport for the ports it
 * knows (serial_port.c). All of them: 0, or -1 with one sentence in error.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "serial.h"

/* Opens without touching the settings and locks it. Returns the descriptor. */
int serial_tty_open(const char *path, char *error, size_t error_size);
/* Raw 8N1, no flow control of any kind, reads that do not wait. */
int serial_tty_set_raw(int fd, const char *path, uint32_t baud, char *error,
		       size_t error_size);

/* Other settings than serial_tty_set_raw() made? What, in words. */
bool serial_tty_is_changed(int fd, uint32_t baud, char *what, size_t size);

struct sp_port;
/* path: as realpath() gives it. False for a pty. */
bool serial_port_is_known(const char *path);
struct sp_port *serial_port_open(const char *path, uint32_t baud, int *fd,
				 char *error, size_t error_size);
void serial_port_close(struct sp_port *port);
/* Frees it; its descriptor stays open. */
void serial_port_forget(struct sp_port *port);
#endif
