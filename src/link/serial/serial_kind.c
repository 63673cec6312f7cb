/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial link as a kind of link: what it takes from the settings, and how
 * it is opened in twinbeat-opener. All that is about speeds, ports and wires
 * and has to be said outside of this folder is said here.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "serial.h"

static_assert(SERIAL_FDS <= LINK_FDS, "its descriptors have room");
static_assert(sizeof(struct serial_options) <= LINK_PLACE_MAX, "and its place");

static struct serial *of(struct link *link)
{
	return (struct serial *)link;
}

static void options_of(const struct settings *settings, unsigned link,
		       struct serial_options *options)
{
	*options = (struct serial_options){.baud = settings->links[link].baud};
	snprintf(options->path, sizeof(options->path), "%s",
		 settings->nodes[settings->self].serial);
}

static int kind_may_open(const struct settings *settings, unsigned link,
			 char *text, size_t size)
{
	struct serial_options options;

	options_of(settings, link, &options);
	return serial_may_be_opened(options.path, text, size) ? 0 : -1;
}

static struct link *kind_create(const struct settings *settings, unsigned link)
{
	struct serial_options options;

	options_of(settings, link, &options);
	return (struct link *)serial_new(&options);
}

static void kind_describe(const struct link *link, struct link_place *place)
{
	memcpy(place->bytes, serial_options((const struct serial *)link),
	       sizeof(struct serial_options));
}

/*
 * A port that has a login on it may not be opened (it would take its bytes);
 * to see that costs a walk of /proc, so only when there is a port at all.
 */
static int kind_open(const struct link_place *place, struct link_opened *opened,
		     char *error, size_t error_size)
{
	struct serial_options options;
	struct serial *serial;
	int result;

	memcpy(&options, place->bytes, sizeof(options));
	options.path[sizeof(options.path) - 1] = '\0';
	if (serial_inspect(options.path, error, error_size) != SERIAL_FINE)
		return -1;
	serial = serial_new(&options);
	if (serial == NULL) {
		snprintf(error, error_size, "serial %s: no memory",
			 options.path);
		return -1;
	}
	result = serial_open(serial, error, error_size);
	opened->has_lines = result == 0 && serial_has_lines(serial);
	opened->count = serial_give(serial, opened->fds);
	serial_free(serial);
	return result;
}

static void kind_take(struct link *link, const struct link_opened *opened)
{
	serial_take(of(link), opened->fds, opened->count);
}

static unsigned kind_give(struct link *link, int fds[LINK_FDS])
{
	return serial_give(of(link), fds);
}

static int kind_fd(const struct link *link)
{
	return serial_fd((const struct serial *)link);
}

static void kind_discard(struct link *link)
{
	serial_discard(of(link));
}

static void kind_destroy(struct link *link)
{
	serial_free(of(link));
}

static enum link_sent kind_send(struct link *link, const uint8_t *wire,
				size_t size)
{
	return serial_send(of(link), wire, size);
}

static enum link_sent kind_send_low(struct link *link, const uint8_t *wire,
				    size_t size)
{
	return serial_send_low(of(link), wire, size);
}

static int kind_receive(struct link *link,
			void (*take)(void *arg, const uint8_t *frame,
				     size_t size),
			void *arg, char *error, size_t error_size)
{
	return serial_receive(of(link), take, arg, error, error_size);
}

static size_t kind_begun(const struct link *link)
{
	return serial_begun((const struct serial *)link);
}

static bool kind_is_changed(const struct link *link, char *what, size_t size)
{
	char list[80];

	if (!serial_is_changed((const struct serial *)link, list, sizeof(list)))
		return false;
	snprintf(what, size,
		 "another program changed the port's settings (%s); they are "
		 "set anew; stty, ModemManager or brltty? fuser -v tells",
		 list);
	return true;
}

const struct link_kind link_serial = {
	.type = "serial",
	.is_port = true,
	.words = {.lost = "the port is lost: writing failed; it is opened "
			  "again as soon as it is back",
		  .down = "check the cable and the other end",
		  .half = "check our transmit wire (pin 3)",
		  .never = "check cable, port and baud rate",
		  .noise = "a login prompt (getty), a console, another speed?",
		  .other = "the same baud rate on both nodes? nothing else on "
			   "the line?",
		  .loop = "a loopback plug or a cable with both ends on this "
			  "node"},
	.frame_us = settings_frame_us,
	.may_open = kind_may_open,
	.create = kind_create,
	.describe = kind_describe,
	.open = kind_open,
	.take = kind_take,
	.give = kind_give,
	.fd = kind_fd,
	.discard = kind_discard,
	.destroy = kind_destroy,
	.send = kind_send,
	.send_low = kind_send_low,
	.receive = kind_receive,
	.begun = kind_begun,
	.is_changed = kind_is_changed,
};
