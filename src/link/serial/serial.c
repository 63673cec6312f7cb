/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial link: whole frames over a null-modem cable. Decides when a frame
 * may be written and cuts what comes in into frames. Never waits, never holds
 * more than one frame in the line, and never looks into a frame.
 *
 * An old statement is worse than none (R17.4): so a frame that finds the line
 * busy is dropped and the next one, built later, says more. What a pty holds
 * cannot be asked (its TIOCOUTQ is always 0, and some 20 KB fit in), so there
 * the reader alone can throw old frames away: serial_discard(), R11.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "serial_backend.h"

#define SERIAL_READ_SIZE   256
#define SERIAL_READS_MAX   4   /* per call: 1 KB is 90 ms of line */
#define SERIAL_DISCARD_MAX 256 /* reads; a pty holds 20 KB */

struct serial {
	struct link link; /* first: a link is one */
	struct serial_options options;
	int fd;		      /* reads and writes; -1 = closed */
	int lock_fd;	      /* holds the flock; the same as fd for a pty */
	struct sp_port *port; /* NULL for a pty */
	struct beat_stream stream;
	bool resync;	  /* begin the next frame with a delimiter */
	bool is_low;	  /* what is in the line may be thrown away */
	unsigned emptied; /* closed or discarded so often */
};

struct serial *serial_new(const struct serial_options *options)
{
	struct serial *serial = calloc(1, sizeof(*serial));

	if (serial == NULL)
		return NULL;
	serial->link.kind = &link_serial;
	serial->options = *options;
	serial->fd = -1;
	serial->lock_fd = -1;
	return serial;
}

void serial_free(struct serial *serial)
{
	if (serial == NULL)
		return;
	serial_close(serial);
	free(serial);
}

const struct serial_options *serial_options(const struct serial *serial)
{
	return &serial->options;
}

static int serial_open_real(struct serial *serial, const char *real,
			    char *error, size_t error_size)
{
	serial->lock_fd = serial_tty_open(real, error, error_size);
	if (serial->lock_fd < 0)
		return -1;
	serial->fd = serial->lock_fd;
	if (serial_port_is_known(real)) {
		serial->fd = -1;
		serial->port = serial_port_open(real, serial->options.baud,
						&serial->fd, error, error_size);
		if (serial->port == NULL) {
			serial->fd = -1;
			return -1;
		}
	}
	return serial_tty_set_raw(serial->fd, real, serial->options.baud, error,
				  error_size);
}

static void serial_begin(struct serial *serial)
{
	serial->stream = (struct beat_stream){.used = 0};
	/* Ends whatever noise the opening made at the other end. */
	serial->resync = true;
}

int serial_open(struct serial *serial, char *error, size_t error_size)
{
	char real[PATH_MAX];

	serial_close(serial);
	if (serial_inspect_device(serial->options.path, error, error_size) !=
	    SERIAL_FINE)
		return -1;
	/* libserialport 0.1.1 refuses the symlinks that udev makes. */
	if (realpath(serial->options.path, real) == NULL) {
		snprintf(error, error_size, "serial %s: cannot be found: %s",
			 serial->options.path, strerror(errno));
		return -1;
	}
	if (serial_open_real(serial, real, error, error_size) != 0) {
		serial_close(serial);
		return -1;
	}
	/* What waits in there was said before we listened. */
	tcflush(serial->fd, TCIOFLUSH);
	serial_begin(serial);
	return 0;
}

unsigned serial_give(struct serial *serial, int fds[SERIAL_FDS])
{
	unsigned count = 0;

	serial->emptied++;
	if (serial->fd >= 0)
		fds[count++] = serial->fd;
	if (serial->lock_fd >= 0 && serial->lock_fd != serial->fd)
		fds[count++] = serial->lock_fd;
	if (serial->port != NULL)
		serial_port_forget(serial->port);
	serial->port = NULL;
	serial->fd = -1;
	serial->lock_fd = -1;
	return count;
}

void serial_take(struct serial *serial, const int *fds, unsigned count)
{
	serial_close(serial);
	assert(count >= 1 && count <= SERIAL_FDS);
	serial->fd = fds[0];
	serial->lock_fd = fds[count - 1];
	serial_begin(serial);
}

bool serial_is_changed(const struct serial *serial, char *what, size_t size)
{
	return serial->fd >= 0 &&
	       serial_tty_is_changed(serial->fd, serial->options.baud, what,
				     size);
}

void serial_close(struct serial *serial)
{
	/* A UART driver's close waits for its output, up to 30 s. */
	if (serial->fd >= 0)
		tcflush(serial->fd, TCIOFLUSH);
	if (serial->port != NULL)
		serial_port_close(serial->port);
	else if (serial->fd >= 0 && serial->fd != serial->lock_fd)
		close(serial->fd);
	if (serial->lock_fd >= 0)
		close(serial->lock_fd);
	serial->port = NULL;
	serial->fd = -1;
	serial->lock_fd = -1;
}

int serial_fd(const struct serial *serial)
{
	return serial->fd;
}

bool serial_has_lines(const struct serial *serial)
{
	int lines;

	return serial->fd >= 0 && ioctl(serial->fd, TIOCMGET, &lines) == 0;
}

static enum link_sent serial_drop(struct serial *serial, enum link_sent how)
{
	serial->link.counters.dropped++;
	return how;
}

/* What the line still holds; -1 = it is lost. A pty cannot say. */
static int serial_queued(const struct serial *serial)
{
	int queued = 0;

	if (serial->fd < 0 ||
	    (ioctl(serial->fd, TIOCOUTQ, &queued) != 0 && errno != ENOTTY))
		return -1;
	return queued;
}

static enum link_sent serial_write(struct serial *serial, const uint8_t *wire,
				   size_t size)
{
	uint8_t bytes[BEAT_WIRE_MAX + 1] = {0};
	ssize_t written;

	memcpy(bytes + 1, wire, size);
	if (serial->resync)
		written = write(serial->fd, bytes, ++size);
	else
		written = write(serial->fd, bytes + 1, size);
	if (written < 0 && errno != EAGAIN && errno != EINTR)
		return LINK_LOST;
	if (written > 0 && (size_t)written < size) {
		/*
		 * The rest is lost, not kept for later. COBS finds its place
		 * again at the delimiter that the next frame begins with.
		 */
		serial->resync = true;
		return LINK_TORN;
	}
	if (written <= 0)
		return LINK_BUSY;
	serial->resync = false;
	return LINK_SENT;
}

enum link_sent serial_send(struct serial *serial, const uint8_t *wire,
			   size_t size)
{
	int queued = serial_queued(serial);
	enum link_sent sent;

	assert(size > 0 && size <= BEAT_WIRE_MAX);
	if (queued < 0)
		return LINK_LOST;
	if (queued > 0 && serial->is_low) {
		/* the other end skips what it has of it */
		tcflush(serial->fd, TCOFLUSH);
		serial->resync = true;
	} else if (queued > 0) {
		return serial_drop(serial, LINK_BUSY);
	}
	serial->is_low = false;
	sent = serial_write(serial, wire, size);
	if (sent == LINK_SENT)
		serial->link.counters.tx++;
	return sent == LINK_SENT || sent == LINK_LOST
		       ? sent
		       : serial_drop(serial, sent);
}

enum link_sent serial_send_low(struct serial *serial, const uint8_t *wire,
			       size_t size)
{
	int queued = serial_queued(serial);
	enum link_sent sent;

	assert(size > 0 && size <= BEAT_WIRE_MAX);
	if (queued != 0)
		return queued < 0 ? LINK_LOST : LINK_BUSY;
	sent = serial_write(serial, wire, size);
	if (sent == LINK_SENT || sent == LINK_TORN)
		serial->is_low = true;
	return sent;
}

/* Bytes read; 0 when there are none now; -1 when the port is lost. */
static ssize_t serial_read(struct serial *serial, uint8_t *bytes, size_t size,
			   char *error, size_t error_size)
{
	ssize_t got = read(serial->fd, bytes, size);

	if (got > 0)
		return got;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	snprintf(error, error_size,
		 "serial %s: lost: %s: check the adapter; it is opened again "
		 "as soon as it is back",
		 serial->options.path,
		 got == 0 ? "hung up (unplugged, or its driver is gone)"
			  : strerror(errno));
	return -1;
}

int serial_receive(struct serial *serial,
		   void (*take)(void *arg, const uint8_t *frame, size_t size),
		   void *arg, char *error, size_t error_size)
{
	unsigned emptied = serial->emptied; /* R11: by what take() did */

	if (serial->fd < 0) {
		snprintf(error, error_size, "serial %s: is not open",
			 serial->options.path);
		return -1;
	}
	for (int reads = 0;
	     reads < SERIAL_READS_MAX && emptied == serial->emptied; reads++) {
		uint8_t bytes[SERIAL_READ_SIZE];
		ssize_t got = serial_read(serial, bytes, sizeof(bytes), error,
					  error_size);

		if (got <= 0)
			return (int)got;
		for (ssize_t i = 0; i < got && emptied == serial->emptied;
		     i++) {
			size_t size;

			if (!beat_stream_push(&serial->stream, bytes[i], &size,
					      &serial->link.counters.framing))
				continue;
			serial->link.counters.rx++;
			take(arg, serial->stream.bytes, size);
		}
		if ((size_t)got < sizeof(bytes))
			return 0;
	}
	return 1;
}

size_t serial_begun(const struct serial *serial)
{
	return serial->stream.skipping ? 0 : serial->stream.used;
}

void serial_discard(struct serial *serial)
{
	uint8_t bytes[SERIAL_READ_SIZE];

	serial->emptied++;
	if (serial->fd < 0)
		return;
	tcflush(serial->fd, TCIFLUSH);
	/* The flush may leave what the driver has not handed up yet. */
	for (int reads = 0; reads < SERIAL_DISCARD_MAX; reads++)
		if (read(serial->fd, bytes, sizeof(bytes)) <= 0)
			break;
	serial->stream = (struct beat_stream){.used = 0};
}

struct link_counters *serial_counters(struct serial *serial)
{
	return &serial->link.counters;
}
