/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One Modbus request, one answer, one fresh connection. It decides only
 * whether an answer is whole and is the answer to what was asked.
 *
 * libmodbus 3.1.6 carries the bytes, the checksums and the time-outs. Its
 * modbus_read_bits() and friends accept an answer with a foreign unit id, a
 * wrong length field, a wrong protocol id or a wrong echoed address, so the
 * request goes out by modbus_send_raw_request() and every byte of the
 * confirmation is compared here. A raw request has transaction id 0; since
 * nothing else is ever asked on the same connection, an answer cannot belong
 * to an earlier question. On a serial line it can, and may: see modbus_line.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "modbus_wire.h"

enum {
	MBAP_SIZE = 7,	   /* transaction, protocol, length, unit */
	UNIT_SIZE = 1,	   /* what stands before a PDU on a serial line, */
	CRC_SIZE = 2,	   /* and after it */
	REQUEST_SIZE = 6,  /* unit, function, address, value or count */
	REQUEST_MOST = 10, /* and of 15 and 16: byte count, value */
	EXCEPTION_BIT = 0x80,
	EXCEPTION_SIZE = 2,
	CONNECT_TRIES = 3,
	LINE_TRIES = 5,
	BACK_OFF_LEAST_MS = 5,
	BACK_OFF_MOST_MS = 40,
};

/* Of an answer: it is none, and on a shared line another try is worth it. */
enum verdict { ANSWERED, REFUSED = -1, GARBLED = -2 };

void modbus_complain(const struct modbus_question *q, const char *format, ...)
{
	const struct settings_device *device = q->device;
	bool v6 = strchr(device->host, ':') != NULL;
	va_list args;
	int n;

	if (device->modbus.transport == MODBUS_RTU)
		n = snprintf(q->error, q->error_size,
			     "%s at %.60s unit %u, %s %u (plug %s): ",
			     device->name, device->modbus.line.path,
			     device->modbus.unit, q->verb, q->address, q->plug);
	else
		n = snprintf(q->error, q->error_size,
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

int64_t modbus_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint32_t modbus_at_most(const struct modbus_question *q, uint32_t ms)
{
	int64_t left_ms = (q->until_us - modbus_now_us()) / 1000;

	if (left_ms < 1)
		left_ms = 1;
	return left_ms < ms ? (uint32_t)left_ms : ms;
}

void modbus_pause(uint32_t least_ms, uint32_t most_ms)
{
	uint32_t random = 0;
	struct timespec wait;

	/* Early in a boot there may be none: then the clock is as good. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(random))
		random = (uint32_t)modbus_now_us();
	least_ms += random % (most_ms - least_ms + 1);
	wait = (struct timespec){.tv_nsec = (long)least_ms * 1000000};
	clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}

static int set_timeout(modbus_t *modbus, uint32_t ms)
{
	if (ms == 0)
		ms = 1; /* libmodbus refuses 0/0 */
	return modbus_set_response_timeout(modbus, ms / 1000, ms % 1000 * 1000);
}

/* libmodbus waits for the connection as long as for a response. */
static int connect_device(modbus_t *modbus, const struct modbus_question *q)
{
	uint32_t ms = modbus_at_most(q, q->device->modbus.connect_ms);
	int tries = CONNECT_TRIES;

	if (set_timeout(modbus, ms) < 0) {
		modbus_complain(q, "connect_ms = %u cannot be used", ms);
		return -1;
	}
	while (modbus_connect(modbus) < 0) {
		if (errno == EINTR && --tries > 0)
			continue;
		/* 3.1.6 says EINPROGRESS when nobody answered in time and
		 * ECONNREFUSED for every late error. */
		if (errno == EINPROGRESS || errno == ETIMEDOUT)
			modbus_complain(q,
					"no connection within %u ms; check its "
					"power and network",
					ms);
		else if (errno == ECONNREFUSED)
			modbus_complain(q,
					"connection refused or no route; check "
					"that Modbus/TCP is enabled there");
		else
			modbus_complain(q, "no connection: %s",
					strerror(errno));
		return -1;
	}
	return 0;
}

/* A connected context, or NULL; modbus_new_tcp_pi() only where it must be:
 * it asks the resolver, which hides IPv4 on a machine that has none up. */
static modbus_t *open_device(const struct modbus_question *q)
{
	const struct settings_device *device = q->device;
	char host[IP_TEXT_MAX], service[8];
	modbus_t *modbus;
	struct ip ip;

	if (!ip_parse(device->host, &ip)) {
		modbus_complain(q, "host must be a literal address");
		return NULL;
	}
	ip_format(&ip, host);
	snprintf(service, sizeof(service), "%u", device->modbus.port);
	if (ip_is_v4(&ip))
		modbus = modbus_new_tcp(host, device->modbus.port);
	else
		modbus = modbus_new_tcp_pi(host, service);
	if (modbus == NULL) {
		modbus_complain(q, "cannot use this address: %s",
				strerror(errno));
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

static enum verdict complain_receive(const struct modbus_question *q, int error,
				     uint32_t wait_ms)
{
	switch (error) {
	case ETIMEDOUT:
		modbus_complain(q, "no whole answer within %u ms", wait_ms);
		break;
	case ECONNRESET:
	case EPIPE:
		modbus_complain(q, "it closed the connection without an "
				   "answer; it may serve only one client");
		break;
	case EMBBADCRC:
		modbus_complain(q, "the answer is garbled (checksum): noise, "
				   "another master, an adapter that hears "
				   "itself, or another speed or parity");
		break;
	default:
		modbus_complain(q, "no answer: %s", modbus_strerror(error));
	}
	return GARBLED;
}

/*
 * Is this frame the whole answer to q and nothing else? Fields as in MODBUS
 * Messaging on TCP/IP Implementation Guide V1.0b 3.1.3.
 */
static int check_header(const struct modbus_question *q, const uint8_t *frame,
			int size)
{
	if (size < MBAP_SIZE + EXCEPTION_SIZE) {
		modbus_complain(q, "the answer is cut short (%d bytes)", size);
		return -1;
	}
	if (modbus_get16(frame) != 0 || modbus_get16(frame + 2) != 0) {
		modbus_complain(q,
				"transaction %u of protocol %u answered, 0 of "
				"0 asked",
				modbus_get16(frame), modbus_get16(frame + 2));
		return -1;
	}
	if (modbus_get16(frame + 4) != size - 6) {
		modbus_complain(q, "the answer claims %u bytes and has %d",
				modbus_get16(frame + 4), size - 6);
		return -1;
	}
	return 0;
}

static enum verdict check_answer(const struct modbus_question *q, uint8_t unit,
				 const uint8_t *pdu, int size, int want)
{
	if (unit != q->device->modbus.unit) {
		modbus_complain(q,
				"unit %u answered, unit %u was asked; see its "
				"unit setting",
				unit, q->device->modbus.unit);
		return GARBLED;
	}
	if (pdu[0] == (q->function | EXCEPTION_BIT) && size == EXCEPTION_SIZE) {
		modbus_complain(q, "exception %u, %s", pdu[1],
				exception_name(pdu[1]));
		return REFUSED;
	}
	if (pdu[0] != q->function || size != want) {
		modbus_complain(q,
				"function %u with %d bytes answered, %u with "
				"%d expected",
				pdu[0], size, q->function, want);
		return GARBLED;
	}
	return ANSWERED;
}

/* What goes after unit and function; the size of the whole. */
static int fill_request(const struct modbus_question *q, uint8_t *request)
{
	request[0] = q->device->modbus.unit;
	request[1] = q->function;
	modbus_put16(request + 2, q->address);
	if (q->function != WRITE_COILS && q->function != WRITE_HOLDINGS) {
		modbus_put16(request + 4, q->value);
		return REQUEST_SIZE;
	}
	modbus_put16(request + 4, 1); /* one coil, one register */
	if (q->function == WRITE_COILS) {
		request[6] = 1;
		request[7] = q->value == COIL_ON;
		return 8;
	}
	request[6] = 2;
	modbus_put16(request + 7, q->value);
	return 9;
}

/* Sends and receives; the size of the frame, or a verdict. */
static int exchange(modbus_t *modbus, const struct modbus_question *q,
		    uint8_t *frame)
{
	uint8_t request[REQUEST_MOST];
	uint32_t wait_ms = modbus_at_most(q, q->device->modbus.response_ms);
	int size = fill_request(q, request);

	/* The context must know the unit too: it filters by it on RTU. */
	if (modbus_set_slave(modbus, q->device->modbus.unit) < 0 ||
	    set_timeout(modbus, wait_ms) < 0) {
		modbus_complain(q, "unit %u or response_ms %u cannot be used",
				q->device->modbus.unit, wait_ms);
		return REFUSED;
	}
	if (modbus_send_raw_request(modbus, request, size) < 0)
		return complain_receive(q, errno, wait_ms);
	size = modbus_receive_confirmation(modbus, frame);
	return size < 0 ? complain_receive(q, errno, wait_ms) : size;
}

static enum verdict ask_tcp(const struct modbus_question *q, modbus_t *modbus,
			    uint8_t *pdu, int want)
{
	uint8_t frame[MODBUS_TCP_MAX_ADU_LENGTH], more;
	int size = exchange(modbus, q, frame);
	enum verdict verdict;

	if (size < 0)
		return (enum verdict)size;
	if (check_header(q, frame, size) < 0)
		return GARBLED;
	size -= MBAP_SIZE;
	verdict = check_answer(q, frame[6], frame + MBAP_SIZE, size, want);
	if (verdict != ANSWERED)
		return verdict;
	if (recv(modbus_get_socket(modbus), &more, 1, MSG_PEEK | MSG_DONTWAIT) >
	    0) {
		modbus_complain(q, "more bytes follow the answer");
		return GARBLED;
	}
	memcpy(pdu, frame + MBAP_SIZE, (size_t)size);
	return ANSWERED;
}

static enum verdict ask_line(const struct modbus_question *q,
			     const struct modbus_line *line, uint8_t *pdu,
			     int want)
{
	uint8_t frame[MODBUS_RTU_MAX_ADU_LENGTH];
	int size = exchange(line->modbus, q, frame);
	enum verdict verdict;

	if (size < 0)
		return (enum verdict)size;
	/* libmodbus gives 0 for an answer of another unit. */
	size -= UNIT_SIZE + CRC_SIZE;
	if (size < EXCEPTION_SIZE) {
		modbus_complain(q, "another unit answered");
		return GARBLED;
	}
	verdict = check_answer(q, frame[0], frame + UNIT_SIZE, size, want);
	if (verdict != ANSWERED)
		return verdict;
	if (modbus_line_has_more(q, line)) {
		modbus_complain(q, "more bytes follow the answer: another "
				   "master speaks on the line");
		return GARBLED;
	}
	memcpy(pdu, frame + UNIT_SIZE, (size_t)size);
	return ANSWERED;
}

static enum verdict ask_once(const struct modbus_question *q, uint8_t *pdu,
			     int want)
{
	enum verdict verdict = GARBLED;
	struct modbus_line line;
	modbus_t *modbus;

	if (q->device->modbus.transport == MODBUS_RTU) {
		if (modbus_line_open(q, &line) < 0)
			return REFUSED;
		verdict = ask_line(q, &line, pdu, want);
		modbus_line_close(&line);
		return verdict;
	}
	modbus = open_device(q);
	if (modbus == NULL)
		return REFUSED;
	verdict = ask_tcp(q, modbus, pdu, want);
	modbus_close(modbus);
	modbus_free(modbus);
	return verdict;
}

int modbus_ask(const struct modbus_question *q, uint8_t *pdu, int want)
{
	bool shared = q->device->modbus.transport == MODBUS_RTU;
	enum verdict verdict = ask_once(q, pdu, want);

	/* RS-485 has no arbitration: who collided asks again, each later by
	 * another time. */
	for (int tries = 1;
	     shared && verdict == GARBLED && tries < LINE_TRIES &&
	     q->until_us - modbus_now_us() > BACK_OFF_MOST_MS * 1000;
	     tries++) {
		modbus_pause(BACK_OFF_LEAST_MS, BACK_OFF_MOST_MS);
		verdict = ask_once(q, pdu, want);
	}
	return verdict == ANSWERED ? 0 : -1;
}
