/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVERS_MODBUS_H
#define DRIVERS_MODBUS_H
/*
 * The settings of a Modbus device, for the files of this folder: rows and what
 * follows from them (modbus_settings.c), what may be asked of it (modbus.c),
 * asking (modbus_io.c).
 */
#include "../driver.h"

enum modbus_kind { MODBUS_COIL, MODBUS_HOLDING, MODBUS_DISCRETE, MODBUS_INPUT };

enum modbus_transport { MODBUS_TCP, MODBUS_RTU };

/* Whose transaction id an answer over tcp must have. */
enum modbus_id { MODBUS_ID_ECHOED, MODBUS_ID_ANY };

/* MODBUS Application Protocol V1.1b3 6.1 and 6.3: in one answer. */
#define MODBUS_BITS_MOST      2000
#define MODBUS_REGISTERS_MOST 125

/* A coil that is on, of a device that fills the whole byte. */
#define MODBUS_BYTE_ON 255

/* The current of a plug as second evidence; off_below_ma 0: not asked. */
struct modbus_current {
	uint8_t kind; /* MODBUS_INPUT or MODBUS_HOLDING */
	/* plug n is wire address base + (n - 1) * step, 0-based */
	uint16_t base, step;
	uint8_t width; /* registers: 1 or 2 */
	bool low_word_first;
	uint32_t unit_ua; /* what a count of 1 is */
	uint32_t off_below_ma;
};

enum modbus_parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD };
/* Who switches an RS-485 line from hearing to speaking. */
enum modbus_rs485 { RS485_ADAPTER, RS485_KERNEL, RS485_RTS, RS485_RTS_LOW };

struct modbus_port {
	char path[SETTINGS_PATH_MAX];
	uint32_t baud;
	uint8_t parity, stop_bits;
	uint8_t rs485; /* enum modbus_rs485 */
};

struct modbus_settings {
	uint8_t transport;	 /* enum modbus_transport */
	struct modbus_port line; /* of rtu; the port of tcp is below */
	uint16_t port;
	uint8_t unit;
	char profile[24];
	uint16_t base; /* of both that follow, unless they say otherwise */
	/* plug n is wire address base + n - 1, 0-based */
	uint8_t write_kind, read_kind; /* enum modbus_kind */
	uint16_t write_base, read_base;
	uint16_t write_on, write_off, read_on, read_off;
	bool write_multiple; /* functions 15 and 16 instead of 5 and 6 */
	/* How many a read asks for, at least 1: plug n lies in the block that
	 * begins at read_base + (n - 1) / read_count * read_count. */
	uint16_t read_count;
	uint8_t transaction_id; /* enum modbus_id */
	uint32_t connect_ms, response_ms;
	uint32_t connect_wait_ms; /* from the connection to a question */
	uint32_t off_ms;	  /* how long a change may take to show */
	struct modbus_current current;
};

static inline const struct modbus_settings *
modbus_of(const struct settings_device *device)
{
	return (const struct modbus_settings *)(const void *)device->private;
}

static inline struct modbus_settings *
modbus_edit(struct settings_device *device)
{
	return (struct modbus_settings *)(void *)device->private;
}

/* An off is asked for so often where an answer does not say to what it is
 * one: over rtu, and over tcp without transaction ids. */
#define MODBUS_OFFS 3

/*
 * The Modbus driver's own bound of one state. Over tcp coil and current may
 * need a connection each; over rtu the line is waited for once.
 */
static inline uint32_t modbus_answer_ms(const struct modbus_settings *modbus)
{
	uint32_t questions = modbus->current.off_below_ma > 0 ? 2 : 1;

	uint32_t offs = modbus->transport == MODBUS_RTU ||
					modbus->transaction_id == MODBUS_ID_ANY
				? MODBUS_OFFS
				: 1;

	if (modbus->transport == MODBUS_RTU)
		return modbus->connect_ms +
		       offs * questions * modbus->response_ms;
	return questions * (modbus->connect_ms + modbus->connect_wait_ms +
			    offs * modbus->response_ms);
}

/* And of a power command; over rtu it may be garbled once. */
static inline uint32_t modbus_command_ms(const struct modbus_settings *modbus)
{
	if (modbus->transport == MODBUS_RTU)
		return modbus->connect_ms + 2 * modbus->response_ms;
	return modbus->connect_ms + modbus->connect_wait_ms +
	       modbus->response_ms;
}

/* In this file's own words: the keys, and what they leave open. */
extern const struct setting_row modbus_rows[]; /* modbus_rows.c */
void modbus_settle(const struct device_source *source,
		   struct settings_device *device);

extern const struct driver_agent modbus_as_agent;

/* 1..65535, digits only; 0 if it is none. */
unsigned modbus_plug_number(const char *plug);
/* What goes on the wire for a coil, or -1. */
#define MODBUS_COIL_ON 0xff00
int modbus_coil_value(uint16_t value);
/* How many a read asks for. */
unsigned modbus_read_count(const struct settings_device *device);
bool modbus_kind_is_bit(unsigned kind);
/* One of the usual speeds, which libmodbus takes as they are. */
bool modbus_takes_baud(uint32_t baud);
int modbus_check(const struct settings_device *device, const char *plug,
		 char *error, size_t error_size);
#endif
