/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One Modbus request, one answer. It decides only whether an answer is whole
 * and is the answer to what was asked.
 *
 * libmodbus 3.1.6 carries the bytes, the checksums and the time-outs. Its
 * modbus_read_bits() and friends accept an answer with a foreign unit id, a
 * wrong length field, a wrong protocol id or a wrong echoed address, so every
 * byte of the confirmation is compared here. Over tcp the request is written
 * here too: what libmodbus sends raw has transaction id 0, always, and a
 * gateway that gives two clients each other's answers would not be noticed.
 *
 * A connection is kept while its answers are right (kept.h), and closed after
 * anything else: a late answer must not find a later question. On a serial
 * line it can, and may: see modbus_line.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../kept.h"
#include "modbus_wire.h"

enum {
	MBAP_SIZE = 7,	   /* transaction, protocol, length, unit */
	UNIT_SIZE = 1,	   /* what stands before a PDU on a serial line, */
	CRC_SIZE = 2,	   /* and after it */
	REQUEST_SIZE = 6,  /* unit, function, address, value or count */
	REQUEST_MOST = 10, /* and of 15 and 16: byte count, value */
	EXCEPTION_BIT = 0x80,
	EXCEPTION_SIZE = 2,
	BUSY_CODE = 6,
	CONNECT_TRIES = 3,
	LINE_TRIES = 5,
	BACK_OFF_LEAST_MS = 5,
	BACK_OFF_MOST_MS = 40,
	/* Between two questions to one that says that it is busy. */
	BUSY_LEAST_MS = 50,
	BUSY_MOST_MS = 100,
	REHEARSAL_US = 5000,
};

/*
 * Of an answer. REFUSED: none, and asking again would change nothing; BUSY: it
 * says so itself; SILENT, GARBLED: none, and over a shared line or an old
 * connection another try is worth it.
 */
enum verdict {
	ANSWERED,
	UNSURE,
	REFUSED = -1,
	GARBLED = -2,
	SILENT = -3,
	BUSY = -4
};

void modbus_complain(const struct modbus_question *q, const char *format, ...)
{
	const struct settings_device *device = q->device;
	bool v6 = strchr(device->host, ':') != NULL;
	va_list args;
	int n;

	if (modbus_of(device)->transport == MODBUS_RTU)
		n = snprintf(
			q->error, q->error_size,
			"%s at %.60s unit %u, %s %u (plug %s): ", device->name,
			modbus_of(device)->line.path, modbus_of(device)->unit,
			q->verb, q->address, q->plug);
	else
		n = snprintf(q->error, q->error_size,
			     "%s at %s%s%s:%u, %s %u (plug %s): ", device->name,
			     v6 ? "[" : "", device->host, v6 ? "]" : "",
			     modbus_of(device)->port, q->verb, q->address,
			     q->plug);
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

static uint32_t get_random(void)
{
	uint32_t random = 0;

	/* Early in a boot there may be none: then the clock is as good. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(random))
		random = (uint32_t)modbus_now_us();
	return random;
}

void modbus_pause(uint32_t least_ms, uint32_t most_ms)
{
	struct timespec wait;

	least_ms += get_random() % (most_ms - least_ms + 1);
	wait = (struct timespec){.tv_sec = least_ms / 1000,
				 .tv_nsec = (long)(least_ms % 1000) * 1000000};
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
	uint32_t ms = modbus_at_most(q, modbus_of(q->device)->connect_ms);
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
					"that Modbus/TCP is enabled there and "
					"a socket free");
		else
			modbus_complain(q, "no connection: %s",
					strerror(errno));
		return -1;
	}
	if (modbus_of(q->device)->connect_wait_ms > 0) {
		ms = modbus_at_most(q, modbus_of(q->device)->connect_wait_ms);
		modbus_pause(ms, ms);
	}
	return 0;
}

/* A context, connected by fd, or anew if that is -1; or NULL, and then fd is
 * closed. modbus_new_tcp_pi() only where it must be: it asks the resolver,
 * which hides IPv4 on a machine that has none up. */
static modbus_t *open_device(const struct modbus_question *q, int fd)
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
	snprintf(service, sizeof(service), "%u", modbus_of(device)->port);
	if (ip_is_v4(&ip))
		modbus = modbus_new_tcp(host, modbus_of(device)->port);
	else
		modbus = modbus_new_tcp_pi(host, service);
	if (modbus == NULL) {
		modbus_complain(q, "cannot use this address: %s",
				strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* Recovery would loop for ever while the device is gone; with a byte
	 * time-out a dripping device stretches one answer at will. */
	modbus_set_error_recovery(modbus, MODBUS_ERROR_RECOVERY_NONE);
	modbus_set_byte_timeout(modbus, 0, 0);
	if (fd >= 0) {
		modbus_set_socket(modbus, fd);
	} else if (connect_device(modbus, q) < 0) {
		modbus_free(modbus);
		return NULL;
	}
	return modbus;
}

/* What a person could set who knows that the device is well. */
static const char *silence_advice(const struct modbus_question *q)
{
	const struct modbus_settings *modbus = modbus_of(q->device);

	if (modbus->transport == MODBUS_RTU)
		return "";
	return modbus->connect_wait_ms == 0
		       ? "; does it want a pause after connecting "
			 "(connect_wait_ms)?"
		       : "; raise response_ms or connect_wait_ms?";
}

static enum verdict complain_receive(const struct modbus_question *q, int error,
				     uint32_t wait_ms)
{
	switch (error) {
	case ETIMEDOUT:
		modbus_complain(q, "no whole answer within %u ms%s", wait_ms,
				silence_advice(q));
		return SILENT;
	case ECONNRESET:
	case EPIPE:
		modbus_complain(q, "it closed the connection without an "
				   "answer; it may have no socket free, or "
				   "serve only one client");
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
static enum verdict check_header(const struct modbus_question *q, uint16_t id,
				 const uint8_t *frame, int size)
{
	uint16_t answered;
	bool any = modbus_of(q->device)->transaction_id == MODBUS_ID_ANY;

	if (size < MBAP_SIZE + EXCEPTION_SIZE) {
		modbus_complain(q, "the answer is cut short (%d bytes)", size);
		return GARBLED;
	}
	answered = modbus_get16(frame);
	if (modbus_get16(frame + 2) != 0) {
		modbus_complain(q,
				"what answers there is no Modbus/TCP "
				"(protocol %u, 0 asked): see host and "
				"port; a web page or SSH has another",
				modbus_get16(frame + 2));
		return GARBLED;
	}
	if (modbus_get16(frame + 4) != size - 6) {
		modbus_complain(q, "the answer claims %u bytes and has %d",
				modbus_get16(frame + 4), size - 6);
		return GARBLED;
	}
	/* An id that was drawn for this question shows that the answer is to
	 * it. 0 is never drawn: who says so echoes none, and proves nothing. */
	if (answered == id && !any)
		return ANSWERED;
	if (answered == 0 || any)
		return UNSURE;
	modbus_complain(q,
			"transaction %u answered, %u asked: another client's "
			"answer, or no id is echoed (see transaction_id)",
			answered, id);
	return GARBLED;
}

/* One coil or register is more than some firmware thinks of. */
static const char *exception_advice(const struct modbus_question *q,
				    uint8_t code)
{
	if (q->function > READ_INPUT || q->value > 1 || code < 1 || code > 3)
		return "";
	return "; if it answers only when asked for more, set read_count";
}

/* The confirmation of a write: 15 and 16 say how many, 5 and 6 what. */
static enum verdict check_echo(const struct modbus_question *q,
			       const uint8_t *pdu)
{
	bool many = q->function == WRITE_COILS || q->function == WRITE_HOLDINGS;

	if (q->function <= READ_INPUT ||
	    (modbus_get16(pdu + 1) == q->address &&
	     modbus_get16(pdu + 3) == (many ? 1 : q->value)))
		return ANSWERED;
	modbus_complain(q, "it confirmed address %u and value %u instead",
			modbus_get16(pdu + 1), modbus_get16(pdu + 3));
	return GARBLED;
}

static enum verdict check_answer(const struct modbus_question *q, uint8_t unit,
				 const uint8_t *pdu, int size, int want)
{
	if (unit != modbus_of(q->device)->unit) {
		modbus_complain(q,
				"unit %u answered, unit %u was asked; see its "
				"unit setting",
				unit, modbus_of(q->device)->unit);
		return GARBLED;
	}
	if (pdu[0] == (q->function | EXCEPTION_BIT) && size == EXCEPTION_SIZE) {
		modbus_complain(q, "exception %u, %s%s", pdu[1],
				exception_name(pdu[1]),
				exception_advice(q, pdu[1]));
		return pdu[1] == BUSY_CODE ? BUSY : REFUSED;
	}
	if (pdu[0] != q->function || size != want) {
		modbus_complain(q,
				"function %u with %d bytes answered, %u with "
				"%d expected",
				pdu[0], size, q->function, want);
		return GARBLED;
	}
	return check_echo(q, pdu);
}

/* What goes after unit and function; the size of the whole. */
static int fill_request(const struct modbus_question *q, uint8_t *request)
{
	request[0] = modbus_of(q->device)->unit;
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

/* By libmodbus with its checksum, or over tcp with a header of our own. */
static int send_request(modbus_t *modbus, const struct modbus_question *q,
			uint16_t id)
{
	uint8_t request[MBAP_SIZE - UNIT_SIZE + REQUEST_MOST];
	uint8_t *body = request + MBAP_SIZE - UNIT_SIZE;
	int size = fill_request(q, body);
	ssize_t sent;

	if (modbus_of(q->device)->transport == MODBUS_RTU)
		return modbus_send_raw_request(modbus, body, size) < 0 ? -1 : 0;
	modbus_put16(request, id);
	modbus_put16(request + 2, 0);
	modbus_put16(request + 4, (uint16_t)size);
	size += MBAP_SIZE - UNIT_SIZE;
	/* A dozen bytes into a buffer that is empty: all of it or an error. */
	sent = send(modbus_get_socket(modbus), request, (size_t)size,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent == size)
		return 0;
	if (sent >= 0)
		errno = EPIPE;
	return -1;
}

/* Sends and receives; the size of the frame, or a verdict. */
static int exchange(modbus_t *modbus, const struct modbus_question *q,
		    uint16_t id, uint8_t *frame)
{
	uint32_t wait_ms = modbus_at_most(q, modbus_of(q->device)->response_ms);
	int size;

	/* The context must know the unit too: it filters by it on RTU. */
	if (modbus_set_slave(modbus, modbus_of(q->device)->unit) < 0 ||
	    set_timeout(modbus, wait_ms) < 0) {
		modbus_complain(q, "unit %u or response_ms %u cannot be used",
				modbus_of(q->device)->unit, wait_ms);
		return REFUSED;
	}
	if (send_request(modbus, q, id) < 0)
		return complain_receive(q, errno, wait_ms);
	size = modbus_receive_confirmation(modbus, frame);
	return size < 0 ? complain_receive(q, errno, wait_ms) : size;
}

static enum verdict ask_tcp(const struct modbus_question *q, modbus_t *modbus,
			    uint8_t *pdu, int want)
{
	uint8_t frame[MODBUS_TCP_MAX_ADU_LENGTH] = {0}, more;
	bool any = modbus_of(q->device)->transaction_id == MODBUS_ID_ANY;
	uint16_t id = any ? 0 : (uint16_t)(1 + get_random() % 65533);
	int size = exchange(modbus, q, id, frame);
	enum verdict sure, verdict;

	if (size < 0)
		return (enum verdict)size;
	sure = check_header(q, id, frame, size);
	if (sure < 0)
		return sure;
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
	return sure;
}

static enum verdict ask_line(const struct modbus_question *q,
			     const struct modbus_line *line, uint8_t *pdu,
			     int want)
{
	uint8_t frame[MODBUS_RTU_MAX_ADU_LENGTH];
	int size = exchange(line->modbus, q, 0, frame);
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
	return UNSURE;
}

/* ---- one connection for many questions ---- */

static void name_place(const struct settings_device *device, char *place,
		       size_t size)
{
	snprintf(place, size, "%.63s:%u", device->host,
		 modbus_of(device)->port);
}

/* The connection of the last question; -1: none that is of use. Whoever has
 * said something unasked, or hung up, is not asked over it again. */
static int take_connection(const char *place)
{
	int fd = kept_take(place);
	uint8_t byte;

	if (fd >= 0 && (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
			(errno != EAGAIN && errno != EWOULDBLOCK))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* *fresh: over a connection that was made for this question? */
static enum verdict ask_device(const struct modbus_question *q, uint8_t *pdu,
			       int want, bool *fresh)
{
	char place[KEPT_PLACE];
	enum verdict verdict;
	modbus_t *modbus;
	int fd;

	name_place(q->device, place, sizeof(place));
	fd = take_connection(place);
	*fresh = fd < 0;
	modbus = open_device(q, fd);
	if (modbus == NULL)
		return REFUSED;
	verdict = ask_tcp(q, modbus, pdu, want);
	/* An exception is a whole answer, too. */
	if (verdict >= 0 || verdict == BUSY || verdict == REFUSED)
		kept_put(place, modbus_get_socket(modbus));
	else
		modbus_close(modbus);
	modbus_free(modbus);
	return verdict;
}

static enum verdict ask_once(const struct modbus_question *q, uint8_t *pdu,
			     int want)
{
	enum verdict verdict = GARBLED;
	struct modbus_line line;
	bool fresh;

	if (modbus_of(q->device)->transport == MODBUS_RTU) {
		if (modbus_line_open(q, &line) < 0)
			return REFUSED;
		verdict = ask_line(q, &line, pdu, want);
		modbus_line_close(&line);
		kept_owe(verdict == GARBLED || verdict == SILENT);
		return verdict;
	}
	verdict = ask_device(q, pdu, want, &fresh);
	/* A device may close after an answer, or forget a connection without a
	 * word: what was asked over an old one is asked over a new one. */
	if (!fresh && (verdict == GARBLED || verdict == SILENT) &&
	    modbus_now_us() < q->until_us)
		verdict = ask_device(q, pdu, want, &fresh);
	return verdict;
}

unsigned modbus_answers_owed(const struct modbus_question *q)
{
	return modbus_of(q->device)->transport == MODBUS_RTU ? kept_owed() : 0;
}

/* Is the answer worth another question, and is there time for it? */
static bool may_ask_again(const struct modbus_question *q, enum verdict verdict,
			  int tries)
{
	int64_t left_us = q->until_us - modbus_now_us();

	if (verdict == BUSY)
		return left_us > BUSY_MOST_MS * 1000;
	/* RS-485 has no arbitration: who collided asks again, each later by
	 * another time. */
	return modbus_of(q->device)->transport == MODBUS_RTU &&
	       (verdict == GARBLED || verdict == SILENT) &&
	       tries < LINE_TRIES && left_us > BACK_OFF_MOST_MS * 1000;
}

enum modbus_result modbus_ask(const struct modbus_question *q, uint8_t *pdu,
			      int want)
{
	enum verdict verdict = ask_once(q, pdu, want);

	for (int tries = 1; may_ask_again(q, verdict, tries); tries++) {
		if (verdict == BUSY)
			modbus_pause(BUSY_LEAST_MS, BUSY_MOST_MS);
		else
			modbus_pause(BACK_OFF_LEAST_MS, BACK_OFF_MOST_MS);
		verdict = ask_once(q, pdu, want);
	}
	if (verdict < 0)
		return MODBUS_NO_ANSWER;
	return verdict == UNSURE ? MODBUS_UNSURE : MODBUS_ANSWERED;
}

void modbus_rehearse(const struct settings_device *device)
{
	/* of another protocol, so that it is refused, with words */
	static const uint8_t answer[] = {0, 0, 0, 1, 0, 3, 0, READ_COILS, 0};
	uint8_t pdu[MODBUS_PDU_MOST];
	char error[FENCE_TEXT_MAX];
	struct modbus_question q = {.device = device,
				    .plug = "",
				    .verb = "",
				    .function = READ_COILS,
				    .value = 1,
				    .until_us = modbus_now_us() + REHEARSAL_US,
				    .error = error,
				    .error_size = sizeof(error)};
	modbus_t *modbus;
	int pair[2];

	if (modbus_of(device)->transport == MODBUS_RTU ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return;
	modbus = open_device(&q, pair[0]);
	if (modbus != NULL) {
		if (write(pair[1], answer, sizeof(answer)) ==
		    (ssize_t)sizeof(answer))
			ask_tcp(&q, modbus, pdu, 3);
		modbus_close(modbus);
		modbus_free(modbus);
	}
	close(pair[1]);
}
