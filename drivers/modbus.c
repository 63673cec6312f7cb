/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power switches that speak Modbus/TCP: one request, one answer, one fresh
 * connection. It decides only whether an answer is whole and is the answer to
 * what was asked; everything else is PLUG_UNKNOWN with a sentence.
 *
 * It must never take an echo for a state: the confirmation of a write is a copy
 * of the request and proves nothing, some serial gateways send it themselves.
 *
 * libmodbus 3.1.6 carries the bytes and the time-outs. Its modbus_read_bits()
 * and friends accept an answer with a foreign unit id, a wrong length field, a
 * wrong protocol id or a wrong echoed address, so the request goes out by
 * modbus_send_raw_request() and every byte of the confirmation is compared
 * here. A raw request has transaction id 0; since nothing else is ever asked on
 * the same connection, an answer cannot belong to an earlier question.
 */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "driver.h"

enum function {
	READ_COILS = 1,
	READ_DISCRETE = 2,
	READ_HOLDING = 3,
	READ_INPUT = 4,
	WRITE_COIL = 5,
	WRITE_HOLDING = 6,
	WRITE_COILS = 15,
	WRITE_HOLDINGS = 16,
};

enum {
	MBAP_SIZE = 7,	   /* transaction, protocol, length, unit */
	REQUEST_SIZE = 6,  /* unit, function, address, value or count */
	REQUEST_MOST = 10, /* and of 15 and 16: byte count, value */
	EXCEPTION_BIT = 0x80,
	EXCEPTION_SIZE = MBAP_SIZE + 2,
	CONNECT_TRIES = 3,
	COIL_ON = 0xff00,
};

/* One question: what is asked, of whom, and how to speak of it. */
struct question {
	const struct settings_device *device;
	const char *plug;
	const char *verb; /* "read of coil" */
	uint8_t function;
	uint16_t address;
	uint16_t value;	  /* what to write, or how many to read */
	int64_t until_us; /* nothing is waited for longer */
	char *error;
	size_t error_size;
};

static void __attribute__((format(printf, 2, 3)))
complain(const struct question *q, const char *format, ...)
{
	const struct settings_device *device = q->device;
	bool v6 = strchr(device->host, ':') != NULL;
	va_list args;
	int n = snprintf(q->error, q->error_size,
			 "%s at %s%s%s:%u, %s %u (plug %s): ", device->name,
			 v6 ? "[" : "", device->host, v6 ? "]" : "",
			 device->modbus.port, q->verb, q->address, q->plug);

	if (n < 0 || (size_t)n >= q->error_size)
		return;
	va_start(args, format);
	vsnprintf(q->error + n, q->error_size - (size_t)n, format, args);
	va_end(args);
}

static const char *exception_name(uint8_t code)
{
	static const char *const names[] = {
		[1] = "illegal function",
		[2] = "illegal data address",
		[3] = "illegal data value",
		[4] = "device failure",
		[5] = "still working on it",
		[6] = "busy",
		[8] = "memory parity error",
		[10] = "gateway has no path",
		[11] = "gateway target did not answer",
	};

	if (code >= sizeof(names) / sizeof(names[0]) || names[code] == NULL)
		return "unknown code";
	return names[code];
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The fencer may grant less than the settings: answer_ms is the limit of all
 * questions of one read or write together. */
static int64_t until_us(const struct settings_device *device)
{
	return now_us() + (int64_t)device->answer_ms * 1000;
}

static uint32_t at_most(const struct question *q, uint32_t ms)
{
	int64_t left_ms = (q->until_us - now_us()) / 1000;

	if (left_ms < 1)
		left_ms = 1;
	return left_ms < ms ? (uint32_t)left_ms : ms;
}

static int set_timeout(modbus_t *modbus, uint32_t ms)
{
	if (ms == 0)
		ms = 1; /* libmodbus refuses 0/0 */
	return modbus_set_response_timeout(modbus, ms / 1000, ms % 1000 * 1000);
}

/* libmodbus waits for the connection as long as for a response. */
static int connect_device(modbus_t *modbus, const struct question *q)
{
	uint32_t ms = at_most(q, q->device->modbus.connect_ms);
	int tries = CONNECT_TRIES;

	if (set_timeout(modbus, ms) < 0) {
		complain(q, "connect_ms = %u cannot be used", ms);
		return -1;
	}
	while (modbus_connect(modbus) < 0) {
		if (errno == EINTR && --tries > 0)
			continue;
		/* 3.1.6 says EINPROGRESS when nobody answered in time and
		 * ECONNREFUSED for every late error. */
		if (errno == EINPROGRESS || errno == ETIMEDOUT)
			complain(q,
				 "no connection within %u ms; check its "
				 "power and network",
				 ms);
		else if (errno == ECONNREFUSED)
			complain(q, "connection refused or no route; check "
				    "that Modbus/TCP is enabled there");
		else
			complain(q, "no connection: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* A connected context, or NULL; modbus_new_tcp_pi() only where it must be:
 * it asks the resolver, which hides IPv4 on a machine that has none up. */
static modbus_t *open_device(const struct question *q)
{
	const struct settings_device *device = q->device;
	char host[IP_TEXT_MAX], service[8];
	modbus_t *modbus;
	struct ip ip;

	if (!ip_parse(device->host, &ip)) {
		complain(q, "host must be a literal address");
		return NULL;
	}
	ip_format(&ip, host);
	snprintf(service, sizeof(service), "%u", device->modbus.port);
	if (ip_is_v4(&ip))
		modbus = modbus_new_tcp(host, device->modbus.port);
	else
		modbus = modbus_new_tcp_pi(host, service);
	if (modbus == NULL) {
		complain(q, "cannot use this address: %s", strerror(errno));
		return NULL;
	}
	/* Recovery would loop for ever while the device is gone; with a byte
	 * time-out a dripping device stretches one answer at will. */
	modbus_set_error_recovery(modbus, MODBUS_ERROR_RECOVERY_NONE);
	modbus_set_byte_timeout(modbus, 0, 0);
	if (connect_device(modbus, q) < 0) {
		modbus_free(modbus);
		return NULL;
	}
	return modbus;
}

static int complain_receive(const struct question *q, int error,
			    uint32_t wait_ms)
{
	switch (error) {
	case ETIMEDOUT:
		complain(q, "no whole answer within %u ms", wait_ms);
		break;
	case ECONNRESET:
	case EPIPE:
		complain(q, "it closed the connection without an answer; it "
			    "may serve only one client");
		break;
	default:
		complain(q, "no answer: %s", modbus_strerror(error));
	}
	return -1;
}

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/*
 * Is this frame the whole answer to q and nothing else? Fields as in MODBUS
 * Messaging on TCP/IP Implementation Guide V1.0b 3.1.3.
 */
static int check_answer(const struct question *q, const uint8_t *frame,
			int size, int want)
{
	if (size < EXCEPTION_SIZE) {
		complain(q, "the answer is cut short (%d bytes)", size);
		return -1;
	}
	if (get16(frame) != 0 || get16(frame + 2) != 0) {
		complain(q,
			 "transaction %u of protocol %u answered, 0 of 0 "
			 "asked",
			 get16(frame), get16(frame + 2));
		return -1;
	}
	if (get16(frame + 4) != size - 6) {
		complain(q, "the answer claims %u bytes and has %d",
			 get16(frame + 4), size - 6);
		return -1;
	}
	if (frame[6] != q->device->modbus.unit) {
		complain(q,
			 "unit %u answered, unit %u was asked; see its unit "
			 "setting",
			 frame[6], q->device->modbus.unit);
		return -1;
	}
	if (frame[7] == (q->function | EXCEPTION_BIT) &&
	    size == EXCEPTION_SIZE) {
		complain(q, "exception %u, %s", frame[8],
			 exception_name(frame[8]));
		return -1;
	}
	if (frame[7] != q->function || size != want) {
		complain(q,
			 "function %u with %d bytes answered, %u with %d "
			 "expected",
			 frame[7], size, q->function, want);
		return -1;
	}
	return 0;
}

/* What goes after unit and function; the size of the whole. */
static int fill_request(const struct question *q, uint8_t *request)
{
	request[0] = q->device->modbus.unit;
	request[1] = q->function;
	put16(request + 2, q->address);
	if (q->function != WRITE_COILS && q->function != WRITE_HOLDINGS) {
		put16(request + 4, q->value);
		return REQUEST_SIZE;
	}
	put16(request + 4, 1); /* one coil, one register */
	if (q->function == WRITE_COILS) {
		request[6] = 1;
		request[7] = q->value == COIL_ON;
		return 8;
	}
	request[6] = 2;
	put16(request + 7, q->value);
	return 9;
}

static int ask_connected(modbus_t *modbus, const struct question *q,
			 uint8_t *frame, int want)
{
	uint8_t request[REQUEST_MOST], more;
	uint32_t wait_ms = at_most(q, q->device->modbus.response_ms);
	int size = fill_request(q, request);

	/* The context must know the unit too: it filters by it on RTU. */
	if (modbus_set_slave(modbus, q->device->modbus.unit) < 0 ||
	    set_timeout(modbus, wait_ms) < 0) {
		complain(q, "unit %u or response_ms %u cannot be used",
			 q->device->modbus.unit, wait_ms);
		return -1;
	}
	if (modbus_send_raw_request(modbus, request, size) < 0)
		return complain_receive(q, errno, wait_ms);
	size = modbus_receive_confirmation(modbus, frame);
	if (size < 0)
		return complain_receive(q, errno, wait_ms);
	if (check_answer(q, frame, size, want) < 0)
		return -1;
	if (recv(modbus_get_socket(modbus), &more, 1, MSG_PEEK | MSG_DONTWAIT) >
	    0) {
		complain(q, "more bytes follow the answer");
		return -1;
	}
	return 0;
}

/* One question over one connection; the whole frame if it is the answer. */
static int ask(const struct question *q, uint8_t *frame, int want)
{
	modbus_t *modbus = open_device(q);
	int result;

	if (modbus == NULL)
		return -1;
	result = ask_connected(modbus, q, frame, want);
	modbus_close(modbus);
	modbus_free(modbus);
	return result;
}

/* 1..65535, digits only; 0 if it is none. */
static unsigned plug_number(const char *plug)
{
	unsigned long number;
	char *end;

	if (plug[0] < '0' || plug[0] > '9')
		return 0;
	errno = 0;
	number = strtoul(plug, &end, 10);
	if (errno != 0 || *end != '\0' || number > UINT16_MAX)
		return 0;
	return (unsigned)number;
}

/* What goes on the wire for a coil. Only these two exist: other values toggle
 * or flash on some boards and mean "off" on others. */
static int coil_value(uint16_t value)
{
	switch (value) {
	case 0:
		return 0;
	case 1:
	case COIL_ON:
		return COIL_ON;
	default:
		return -1;
	}
}

static int check_values(const struct settings_device *device, char *error,
			size_t error_size)
{
	if (device->modbus.write_kind != MODBUS_COIL &&
	    device->modbus.write_kind != MODBUS_HOLDING) {
		snprintf(error, error_size,
			 "%s: only coils and holding registers can be written",
			 device->name);
		return -1;
	}
	if (device->modbus.read_kind > MODBUS_INPUT) {
		snprintf(error, error_size, "%s: read kind %u does not exist",
			 device->name, device->modbus.read_kind);
		return -1;
	}
	if (device->modbus.write_on == device->modbus.write_off ||
	    device->modbus.read_on == device->modbus.read_off) {
		snprintf(error, error_size,
			 "%s: on and off are the same value, so no state can "
			 "be told",
			 device->name);
		return -1;
	}
	if (device->modbus.write_kind == MODBUS_COIL &&
	    (coil_value(device->modbus.write_on) < 0 ||
	     coil_value(device->modbus.write_off) < 0 ||
	     coil_value(device->modbus.write_on) ==
		     coil_value(device->modbus.write_off))) {
		snprintf(error, error_size,
			 "%s: a coil can be written 0 and 1 only",
			 device->name);
		return -1;
	}
	return 0;
}

static int check_current(const struct settings_device *device, unsigned number,
			 char *error, size_t error_size)
{
	const struct settings_current *current = &device->modbus.current;

	if (current->off_below_ma == 0)
		return 0;
	if ((current->kind == MODBUS_INPUT ||
	     current->kind == MODBUS_HOLDING) &&
	    (current->width == 1 || current->width == 2) &&
	    current->unit_ua > 0 &&
	    current->base + (uint64_t)(number - 1) * current->step +
			    current->width <=
		    UINT16_MAX + 1)
		return 0;
	snprintf(error, error_size,
		 "%s: the current of plug %u cannot be read from register "
		 "%u + %u * %u (width %u)",
		 device->name, number, current->base, number - 1, current->step,
		 current->width);
	return -1;
}

static int modbus_check(const struct settings_device *device, const char *plug,
			char *error, size_t error_size)
{
	unsigned number = plug_number(plug);
	struct ip ip;

	if (!ip_parse(device->host, &ip) || device->modbus.port == 0) {
		snprintf(error, error_size,
			 "%s: host must be a literal address and port 1 to "
			 "65535: a fence never waits for DNS",
			 device->name);
		return -1;
	}
	if (device->modbus.unit > 247 &&
	    device->modbus.unit != MODBUS_TCP_SLAVE) {
		snprintf(error, error_size,
			 "%s: unit %u is none of 0 to 247 and 255",
			 device->name, device->modbus.unit);
		return -1;
	}
	if (number == 0) {
		snprintf(error, error_size,
			 "%s: plug \"%s\" is not a number from 1 to 65535",
			 device->name, plug);
		return -1;
	}
	if (device->modbus.write_base + number - 1 > UINT16_MAX ||
	    device->modbus.read_base + number - 1 > UINT16_MAX) {
		snprintf(error, error_size,
			 "%s: plug %u lies beyond address 65535 with base %u "
			 "and %u",
			 device->name, number, device->modbus.write_base,
			 device->modbus.read_base);
		return -1;
	}
	if (check_current(device, number, error, error_size) < 0)
		return -1;
	return check_values(device, error, error_size);
}

/* The answer to a read of count bits or registers, as a number; two registers
 * are one number, high word first. */
static int ask_value(const struct question *q, uint32_t *value)
{
	uint8_t frame[MODBUS_TCP_MAX_ADU_LENGTH];
	bool bit = q->function == READ_COILS || q->function == READ_DISCRETE;
	int bytes = bit ? 1 : 2 * q->value;

	if (ask(q, frame, MBAP_SIZE + 2 + bytes) < 0)
		return -1;
	/* The seven unused bits of a coil are 0. A board that answers with its
	 * whole row of relays, unshifted, would else pass off relay 1 as any
	 * of them. */
	if (frame[8] != bytes) {
		complain(q, "%u data bytes answered", frame[8]);
		return -1;
	}
	*value = bit ? frame[9] : get16(frame + 9);
	if (bytes == 4)
		*value = *value << 16 | get16(frame + 11);
	return 0;
}

/*
 * Second evidence: with the relay off no current may flow. Unsigned, so that a
 * negative number, or the 0x8000 that some devices give for "no sensor", is a
 * large current and never none.
 */
static enum plug_state read_current(const struct settings_device *device,
				    const char *plug, int64_t limit_us,
				    char *error, size_t error_size)
{
	const struct settings_current *current = &device->modbus.current;
	struct question q = {
		.device = device,
		.plug = plug,
		.verb = "read of the current in register",
		.function = current->kind == MODBUS_HOLDING ? READ_HOLDING
							    : READ_INPUT,
		.address = (uint16_t)(current->base +
				      (plug_number(plug) - 1) * current->step),
		.value = current->width,
		.until_us = limit_us,
		.error = error,
		.error_size = error_size};
	uint64_t flows_ua;
	uint32_t value;

	if (ask_value(&q, &value) < 0)
		return PLUG_UNKNOWN;
	if (current->width == 2 && current->low_word_first)
		value = value << 16 | value >> 16;
	flows_ua = (uint64_t)value * current->unit_ua;
	if (flows_ua < (uint64_t)current->off_below_ma * 1000)
		return PLUG_OFF;
	complain(&q,
		 "the relay reads off but %llu mA flow (off is below %u): "
		 "welded contact or wrong outlet",
		 (unsigned long long)flows_ua / 1000, current->off_below_ma);
	return PLUG_UNKNOWN;
}

static enum plug_state modbus_read(const struct settings_device *device,
				   const char *plug, char *error,
				   size_t error_size)
{
	static const char *const verbs[] = {
		[MODBUS_COIL] = "read of coil",
		[MODBUS_HOLDING] = "read of holding register",
		[MODBUS_DISCRETE] = "read of discrete input",
		[MODBUS_INPUT] = "read of input register",
	};
	static const uint8_t functions[] = {
		[MODBUS_COIL] = READ_COILS,
		[MODBUS_HOLDING] = READ_HOLDING,
		[MODBUS_DISCRETE] = READ_DISCRETE,
		[MODBUS_INPUT] = READ_INPUT,
	};
	struct question q = {.device = device,
			     .plug = plug,
			     .value = 1,
			     .until_us = until_us(device),
			     .error = error,
			     .error_size = error_size};
	uint32_t value;

	if (modbus_check(device, plug, error, error_size) < 0)
		return PLUG_UNKNOWN;
	q.verb = verbs[device->modbus.read_kind];
	q.function = functions[device->modbus.read_kind];
	q.address =
		(uint16_t)(device->modbus.read_base + plug_number(plug) - 1);
	if (ask_value(&q, &value) < 0)
		return PLUG_UNKNOWN;
	if (value == device->modbus.read_on)
		return PLUG_ON;
	if (value != device->modbus.read_off) {
		complain(&q,
			 "it reads %u, which is neither on (%u) nor off (%u)",
			 value, device->modbus.read_on,
			 device->modbus.read_off);
		return PLUG_UNKNOWN;
	}
	if (device->modbus.current.off_below_ma == 0)
		return PLUG_OFF;
	return read_current(device, plug, q.until_us, error, error_size);
}

static int modbus_write(const struct settings_device *device, const char *plug,
			int on, char *error, size_t error_size)
{
	bool many = device->modbus.write_multiple;
	uint8_t frame[MODBUS_TCP_MAX_ADU_LENGTH];
	uint16_t value =
		on ? device->modbus.write_on : device->modbus.write_off;
	struct question q = {.device = device,
			     .plug = plug,
			     .verb = "write of coil",
			     .function = many ? WRITE_COILS : WRITE_COIL,
			     .until_us = until_us(device),
			     .error = error,
			     .error_size = error_size};

	if (modbus_check(device, plug, error, error_size) < 0)
		return -1;
	q.address =
		(uint16_t)(device->modbus.write_base + plug_number(plug) - 1);
	if (device->modbus.write_kind == MODBUS_HOLDING) {
		q.verb = "write of holding register";
		q.function = many ? WRITE_HOLDINGS : WRITE_HOLDING;
		q.value = value;
	} else {
		q.value = (uint16_t)coil_value(value);
	}
	if (ask(&q, frame, MBAP_SIZE + 5) < 0)
		return -1;
	/* 15 and 16 confirm how many, 5 and 6 what. */
	if (get16(frame + 8) != q.address ||
	    get16(frame + 10) != (many ? 1 : q.value)) {
		complain(&q, "it confirmed address %u and value %u instead",
			 get16(frame + 8), get16(frame + 10));
		return -1;
	}
	return 0;
}

const struct driver driver_modbus = {
	.name = "modbus",
	.read = modbus_read,
	.write = modbus_write,
	.check = modbus_check,
};
