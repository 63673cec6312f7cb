/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: a hostile power switch. The real driver and the real libmodbus,
 * over a socket pair in place of the connection: whatever the device sends is
 * the input. A state is told only when the answer is, byte for byte, one to
 * the question; all else is unknown, with a sentence.
 * Input: 4 bytes of settings, then for each connection a length and that many
 * bytes, which the device has sent before it hangs up.
 */
#include <modbus/modbus.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../drivers/modbus/modbus.h"
#include "fuzz.h"

static struct input input;
static int device_side = -1;
static uint8_t sent[256]; /* by the device over the newest connection */
static size_t sent_size;

static void hang_up(void)
{
	if (device_side >= 0)
		close(device_side);
	device_side = -1;
}

/* In place of libmodbus's: connected at once. */
int modbus_connect(modbus_t *modbus)
{
	int pair[2];

	hang_up();
	demand(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	device_side = pair[1];
	sent_size = input_byte(&input);
	if (sent_size > input.left)
		sent_size = input.left;
	input_take(&input, sent, sent_size);
	demand(write(device_side, sent, sent_size) == (ssize_t)sent_size);
	demand(shutdown(device_side, SHUT_WR) == 0);
	demand(modbus_set_socket(modbus, pair[0]) == 0);
	return 0;
}

static void prepare(struct settings_device *device)
{
	static const uint16_t values[] = {0, 1, 0xff00, 2};
	uint8_t kinds = input_byte(&input), on_off = input_byte(&input);

	memset(device, 0, sizeof(*device));
	snprintf(device->name, sizeof(device->name), "pdu");
	device->private_size = sizeof(struct modbus_settings);
	snprintf(device->driver, sizeof(device->driver), "modbus");
	snprintf(device->host, sizeof(device->host), "192.0.2.20");
	device->answer_ms = modbus_edit(device)->connect_ms =
		modbus_edit(device)->response_ms = 20;
	modbus_edit(device)->port = 502;
	modbus_edit(device)->read_count = kinds & 16 ? 8 : 1;
	modbus_edit(device)->transaction_id =
		kinds & 32 ? MODBUS_ID_ANY : MODBUS_ID_ECHOED;
	modbus_edit(device)->unit = input_byte(&input);
	modbus_edit(device)->read_base = modbus_edit(device)->write_base =
		input_byte(&input);
	modbus_edit(device)->write_kind = kinds & 3;
	modbus_edit(device)->read_kind = kinds >> 2 & 3;
	modbus_edit(device)->write_on = values[on_off & 3];
	modbus_edit(device)->write_off = values[on_off >> 2 & 3];
	modbus_edit(device)->read_on = values[on_off >> 4 & 3];
	modbus_edit(device)->read_off = values[on_off >> 6 & 3];
}

/* MODBUS Messaging on TCP/IP 3.1.3 and Application Protocol 6.1 to 6.4. */
static void demand_answer(const struct settings_device *device, uint16_t state)
{
	bool bit = modbus_of(device)->read_kind == MODBUS_COIL ||
		   modbus_of(device)->read_kind == MODBUS_DISCRETE;
	static const uint8_t functions[] = {
		[MODBUS_COIL] = 1,
		[MODBUS_HOLDING] = 3,
		[MODBUS_DISCRETE] = 2,
		[MODBUS_INPUT] = 4,
	};
	unsigned count = modbus_of(device)->read_count;
	unsigned bytes = bit ? 1 : 2 * count;
	unsigned index = count > 1 ? 2 : 0; /* plug 3 in its block */
	unsigned value = bit ? sent[9]
			     : (unsigned)(sent[9 + 2 * index] << 8 |
					  sent[10 + 2 * index]);

	if (bit && count > 1)
		value = value >> index & 1;
	demand(sent_size == 9 + bytes);
	/* whatever id was drawn, a device that is fuzzed does not know it */
	demand(modbus_of(device)->transaction_id == MODBUS_ID_ANY ||
	       (sent[0] == 0 && sent[1] == 0));
	demand(sent[2] == 0 && sent[3] == 0 && sent[4] == 0);
	demand(sent[5] == 3 + bytes && sent[6] == modbus_of(device)->unit);
	demand(sent[7] == functions[modbus_of(device)->read_kind]);
	demand(sent[8] == bytes && value == state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings_device device;
	char error[FENCE_TEXT_MAX] = "";

	input = (struct input){.at = data, .left = size};
	prepare(&device);
	if (modbus_check(&device, "3", error, sizeof(error)) < 0) {
		demand(error[0] != '\0');
		return 0;
	}
	switch (driver_read(&device, "3", error, sizeof(error))) {
	case PLUG_ON:
		demand_answer(&device, modbus_of(&device)->read_on);
		break;
	case PLUG_OFF:
		demand_answer(&device, modbus_of(&device)->read_off);
		break;
	case PLUG_UNKNOWN:
		demand(error[0] != '\0');
		break;
	}
	for (int on = 0; on < 2; on++) {
		error[0] = '\0';
		if (driver_write(&device, "3", on, error, sizeof(error)) < 0)
			demand(error[0] != '\0');
		else /* the echo of the request, whole */
			demand(sent_size == 12 && sent[5] == 6 &&
			       sent[6] == modbus_of(&device)->unit &&
			       sent[9] == modbus_of(&device)->write_base + 2);
	}
	hang_up();
	return 0;
}
