/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODBUS_FAULTS_H
#define MODBUS_FAULTS_H
/*
 * The ways in which a Modbus/TCP device answers wrongly: their names, and how
 * each spoils a right answer. Those that concern time and connections are
 * power_switch's.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum fault_kind {
	FAULT_NONE,
	FAULT_SILENT,
	FAULT_EXCEPTION,
	FAULT_SLOW,
	FAULT_GARBAGE,
	FAULT_ZEROS,
	FAULT_HALF,
	FAULT_HALF_CLOSE,
	FAULT_RST,
	FAULT_FIN,
	FAULT_DRIP,
	FAULT_WRONG_TID,
	FAULT_WRONG_PROTOCOL,
	FAULT_WRONG_LENGTH,
	FAULT_WRONG_UNIT,
	FAULT_WRONG_FUNCTION,
	FAULT_WRONG_EXCEPTION,
	FAULT_WRONG_ADDRESS,
	FAULT_WRONG_VALUE,
	FAULT_WRONG_COUNT,
	FAULT_PADDING,
	FAULT_TRAILING,
	FAULT_TWICE,
	FAULT_KINDS
};

/* In the order of enum fault_kind. */
static const char *const fault_names[FAULT_KINDS] = {"none",
						     "silent",
						     "exception",
						     "slow",
						     "garbage",
						     "zeros",
						     "half",
						     "half-close",
						     "rst",
						     "fin",
						     "drip",
						     "wrong-tid",
						     "wrong-protocol",
						     "wrong-length",
						     "wrong-unit",
						     "wrong-function",
						     "wrong-exception",
						     "wrong-address",
						     "wrong-value",
						     "wrong-count",
						     "padding",
						     "trailing",
						     "twice"};

static inline uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline void put16(uint8_t *bytes, unsigned value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* Spoils the right answer of size bytes in out; its new size. */
static inline size_t fault_spoil(enum fault_kind fault, uint8_t *out,
				 size_t size)
{
	switch (fault) {
	case FAULT_HALF_CLOSE:
	case FAULT_HALF:
		return size / 2;
	case FAULT_WRONG_TID:
		put16(out, get16(out) + 1U);
		break;
	case FAULT_WRONG_PROTOCOL:
		put16(out + 2, 1);
		break;
	case FAULT_WRONG_LENGTH:
		put16(out + 4, get16(out + 4) + 1U);
		break;
	case FAULT_WRONG_UNIT:
		out[6]++;
		break;
	case FAULT_WRONG_FUNCTION:
		out[7] = out[7] == 1 ? 2 : 1;
		break;
	case FAULT_WRONG_EXCEPTION:
		out[7] = 0x8f;
		out[8] = 2;
		size = 9;
		put16(out + 4, 3);
		break;
	case FAULT_WRONG_ADDRESS:
		put16(out + 8, get16(out + 8) + 1U);
		break;
	case FAULT_WRONG_VALUE:
		put16(out + 10, out[10] == 0 ? 0xff00 : 0);
		break;
	case FAULT_WRONG_COUNT:
		out[8] = 2;
		out[10] = 0;
		size = 11;
		put16(out + 4, 5);
		break;
	case FAULT_PADDING:
		out[9] |= 0xf0;
		break;
	case FAULT_TRAILING:
		memset(out + size, 0, 3);
		size += 3;
		break;
	case FAULT_TWICE:
		memcpy(out + size, out, size);
		size *= 2;
		break;
	default:
		break;
	}
	return size;
}
#endif
