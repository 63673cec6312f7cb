/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power switches that speak Modbus, over TCP or a serial line. It decides what
 * an answer says about a plug; everything that is not plainly on or off is
 * PLUG_UNKNOWN with a sentence.
 *
 * It must never take an echo for a state: the confirmation of a write is a copy
 * of the request and proves nothing, some serial gateways send it themselves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modbus_wire.h"

/* Between the reads that an off takes where answers may be others'. */
#define AGAIN_LEAST_MS 2
#define AGAIN_MOST_MS  20

/* The fencer may grant less than the settings: answer_ms is the limit of all
 * questions of one read or write together. */
static int64_t until_us(const struct settings_device *device, uint32_t ms)
{
	if (ms > device->answer_ms)
		ms = device->answer_ms;
	return modbus_now_us() + (int64_t)ms * 1000;
}

/* What an answer said, and whether it is known to be one to the question. */
struct reading {
	uint32_t value;
	bool unsure;
};

/*
 * The answer to a read of q->value bits or registers, of which the one at
 * index counts, or two from there on: they are one number, high word first.
 */
static int ask_value(const struct modbus_question *q, unsigned index,
		     unsigned width, struct reading *reading)
{
	uint8_t pdu[MODBUS_PDU_MOST];
	bool bit = q->function == READ_COILS || q->function == READ_DISCRETE;
	int bytes = bit ? (q->value + 7) / 8 : 2 * q->value;
	const uint8_t *at = pdu + 2 + (bit ? index / 8 : 2 * index);

	switch (modbus_ask(q, pdu, 2 + bytes)) {
	case MODBUS_NO_ANSWER:
		return -1;
	case MODBUS_UNSURE:
		reading->unsure = true;
		break;
	case MODBUS_ANSWERED:
		break;
	}
	if (pdu[1] != bytes) {
		modbus_complain(q, "%u data bytes answered", pdu[1]);
		return -1;
	}
	/* The unused bits of the last byte are 0. A board that answers with
	 * its whole row of relays, unshifted, would else pass off relay 1 as
	 * any of them. */
	if (bit && q->value > 1 && q->value % 8 != 0 &&
	    pdu[1 + bytes] >> q->value % 8 != 0) {
		modbus_complain(q,
				"it answered for more than %u: set "
				"read_count to as many as it has",
				q->value);
		return -1;
	}
	if (bit)
		reading->value = q->value == 1 ? *at : *at >> index % 8 & 1;
	else
		reading->value = modbus_get16(at);
	if (width == 2)
		reading->value = reading->value << 16 | modbus_get16(at + 2);
	return 0;
}

/*
 * Second evidence: with the relay off no current may flow. Unsigned, so that a
 * negative number, or the 0x8000 that some devices give for "no sensor", is a
 * large current and never none.
 */
static enum plug_state read_current(const struct settings_device *device,
				    const char *plug, int64_t limit_us,
				    bool *unsure, char *error,
				    size_t error_size)
{
	const struct modbus_current *current = &modbus_of(device)->current;
	struct modbus_question q = {
		.device = device,
		.plug = plug,
		.verb = "read of the current in register",
		.function = current->kind == MODBUS_HOLDING ? READ_HOLDING
							    : READ_INPUT,
		.address =
			(uint16_t)(current->base + (modbus_plug_number(plug) -
						    1) * current->step),
		.value = current->width,
		.until_us = limit_us,
		.error = error,
		.error_size = error_size};
	struct reading reading = {.unsure = false};
	uint64_t flows_ua;
	uint32_t value;

	if (ask_value(&q, 0, current->width, &reading) < 0)
		return PLUG_UNKNOWN;
	*unsure |= reading.unsure;
	value = reading.value;
	if (current->width == 2 && current->low_word_first)
		value = value << 16 | value >> 16;
	flows_ua = (uint64_t)value * current->unit_ua;
	if (flows_ua < (uint64_t)current->off_below_ma * 1000)
		return PLUG_OFF;
	modbus_complain(
		&q,
		"the relay reads off but %llu mA flow (off is below %u): "
		"welded contact or wrong outlet",
		(unsigned long long)flows_ua / 1000, current->off_below_ma);
	return PLUG_UNKNOWN;
}

/* Neither on nor off: what a person could set who sees that number. */
static const char *value_advice(const struct settings_device *device,
				uint32_t value)
{
	if (!modbus_kind_is_bit(modbus_of(device)->read_kind) || value <= 1)
		return "";
	if (value == MODBUS_BYTE_ON && modbus_of(device)->read_on == 1)
		return "; if it fills the byte of a coil that is on, set "
		       "read_on = 255";
	return "; if it answers with its whole row, set read_count to as many "
	       "as it has";
}

/* *unsure becomes true where an answer may be to another question. */
static enum plug_state read_once(const struct settings_device *device,
				 const char *plug, int64_t limit_us,
				 bool *unsure, char *error, size_t error_size)
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
	const struct modbus_settings *modbus = modbus_of(device);
	unsigned number = modbus_plug_number(plug) - 1;
	unsigned index = number % modbus_read_count(device);
	struct modbus_question q = {.device = device,
				    .plug = plug,
				    .value =
					    (uint16_t)modbus_read_count(device),
				    .until_us = limit_us,
				    .error = error,
				    .error_size = error_size};
	struct reading reading = {.unsure = false};

	q.verb = verbs[modbus->read_kind];
	q.function = functions[modbus->read_kind];
	q.address = (uint16_t)(modbus->read_base + number - index);
	if (ask_value(&q, index, 1, &reading) < 0)
		return PLUG_UNKNOWN;
	*unsure |= reading.unsure;
	if (reading.value == modbus->read_on)
		return PLUG_ON;
	if (reading.value != modbus->read_off) {
		modbus_complain(
			&q,
			"it reads %u, which is neither on (%u) nor off (%u)%s",
			reading.value, modbus->read_on, modbus->read_off,
			value_advice(device, reading.value));
		return PLUG_UNKNOWN;
	}
	if (modbus->current.off_below_ma == 0)
		return PLUG_OFF;
	return read_current(device, plug, q.until_us, unsure, error,
			    error_size);
}

/*
 * On a serial line an answer says neither what was asked nor by whom: one that
 * another master was given, about another plug, may fall into our question,
 * and a gateway that once was late may hand out each answer one or two
 * questions late from then on. The same without transaction ids. So an off is
 * believed when question after question, at times of their own, get it: two
 * more than one, for what may have been owed to us before, and one more for
 * each answer that this process is owed.
 */
static enum plug_state confirm_off(const struct settings_device *device,
				   const char *plug, int64_t limit_us,
				   char *error, size_t error_size)
{
	const struct modbus_question q = {.device = device};
	enum plug_state state = PLUG_OFF;
	unsigned offs = 1, wanted = MODBUS_OFFS;
	bool unsure = false;

	/* What is owed may grow while we ask. */
	while (state == PLUG_OFF) {
		wanted = MODBUS_OFFS + modbus_answers_owed(&q);
		if (offs >= wanted)
			return PLUG_OFF;
		if (modbus_now_us() >= limit_us) {
			snprintf(error, error_size,
				 "%s at %.60s, plug %s: read off %u times of "
				 "the %u that it takes here, then its time was "
				 "over; raise response_ms",
				 device->name, device->place, plug, offs,
				 wanted);
			return PLUG_UNKNOWN;
		}
		modbus_pause(AGAIN_LEAST_MS, AGAIN_MOST_MS);
		state = read_once(device, plug, limit_us, &unsure, error,
				  error_size);
		offs++;
	}
	if (state != PLUG_ON)
		return state;
	snprintf(error, error_size,
		 "%s at %.60s, plug %s: read off and then on; another master "
		 "may speak there, or answers come late",
		 device->name, device->place, plug);
	return PLUG_UNKNOWN;
}

static enum plug_state modbus_read(const struct settings_device *device,
				   const char *plug, char *error,
				   size_t error_size)
{
	int64_t limit_us = until_us(device, device->answer_ms);
	bool unsure = false;
	enum plug_state state;

	if (modbus_check(device, plug, error, error_size) < 0)
		return PLUG_UNKNOWN;
	state = read_once(device, plug, limit_us, &unsure, error, error_size);
	if (state != PLUG_OFF || !unsure)
		return state;
	return confirm_off(device, plug, limit_us, error, error_size);
}

static int modbus_write(const struct settings_device *device, const char *plug,
			int on, char *error, size_t error_size)
{
	bool many = modbus_of(device)->write_multiple;
	uint8_t pdu[MODBUS_PDU_MOST];
	uint16_t value =
		on ? modbus_of(device)->write_on : modbus_of(device)->write_off;
	struct modbus_question q = {
		.device = device,
		.plug = plug,
		.verb = "write of coil",
		.function = many ? WRITE_COILS : WRITE_COIL,
		.until_us = until_us(device, settings_command_ms(device)),
		.error = error,
		.error_size = error_size};

	if (modbus_check(device, plug, error, error_size) < 0)
		return -1;
	q.address = (uint16_t)(modbus_of(device)->write_base +
			       modbus_plug_number(plug) - 1);
	if (modbus_of(device)->write_kind == MODBUS_HOLDING) {
		q.verb = "write of holding register";
		q.function = many ? WRITE_HOLDINGS : WRITE_HOLDING;
		q.value = value;
	} else {
		q.value = (uint16_t)modbus_coil_value(value);
	}
	return modbus_ask(&q, pdu, 5) == MODBUS_NO_ANSWER ? -1 : 0;
}

const struct driver_io driver_io_modbus = {
	.name = "modbus",
	.read = modbus_read,
	.write = modbus_write,
	.rehearse = modbus_rehearse,
};
