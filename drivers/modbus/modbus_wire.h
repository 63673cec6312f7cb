/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVERS_MODBUS_WIRE_H
#define DRIVERS_MODBUS_WIRE_H
/*
 * One Modbus question and its answer, for the driver alone: over TCP
 * (modbus_wire.c) or a serial line (modbus_line.c). An answer is whole and is
 * the answer to what was asked, or it is none.
 */
#include <modbus/modbus.h>

#include "modbus.h"

enum modbus_function {
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
	COIL_ON = MODBUS_COIL_ON,
	/* the longest answer without unit and checksum, and more */
	MODBUS_PDU_MOST = 256,
};

/* One question: what is asked, of whom, and how to speak of it. */
struct modbus_question {
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

enum modbus_result {
	MODBUS_ANSWERED,
	/* The answer is of the right form, and nothing shows that it is to
	 * this question: no transaction id does. */
	MODBUS_UNSURE,
	MODBUS_NO_ANSWER,
};

/*
 * Asks, over tcp by the connection that is there (kept.h) or a fresh one. With
 * an answer: from its function code on in pdu (MODBUS_PDU_MOST bytes), exactly
 * want bytes, of a write the right echo; MODBUS_NO_ANSWER: with a sentence.
 */
enum modbus_result modbus_ask(const struct modbus_question *q, uint8_t *pdu,
			      int want);

/*
 * How many answers may still be on their way, each to fall into a later
 * question (kept.h). Over tcp they are gone with their connection: 0.
 */
unsigned modbus_answers_owed(const struct modbus_question *q);

/* The same way, over tcp, with an answer from this process: the device hears of
 * nothing, and all that it takes has been used once. */
void modbus_rehearse(const struct settings_device *device);

void modbus_complain(const struct modbus_question *q, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int64_t modbus_now_us(void);
/* ms, or what is left of the question's time; never 0. */
uint32_t modbus_at_most(const struct modbus_question *q, uint32_t ms);
/* A random time, so that two masters do not meet again. */
void modbus_pause(uint32_t least_ms, uint32_t most_ms);

static inline uint16_t modbus_get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline void modbus_put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* ---- the serial line: modbus_line.c ---- */

struct modbus_line {
	modbus_t *modbus;
	int lock; /* held as long as the line is ours */
};

/* Ours alone, set up and silent; 0, or -1 with a sentence. */
int modbus_line_open(const struct modbus_question *q, struct modbus_line *line);
void modbus_line_close(struct modbus_line *line);
/* Does more follow than was expected? Waits as long as frames are apart. */
bool modbus_line_has_more(const struct modbus_question *q,
			  const struct modbus_line *line);
#endif
