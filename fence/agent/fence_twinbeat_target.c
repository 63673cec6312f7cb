/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From parameters to the settings that a fencer would have read: one device,
 * one level, the plugs that were named. What a driver cannot do with them it
 * says itself (driver->check).
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../drivers/ipmi/ipmi.h"
#include "../../drivers/modbus/modbus_profiles.h"
#include "fence_twinbeat.h"

struct filling {
	const struct given *given;
	char *error;
	size_t error_size;
	bool failed;
};

/* The first mistake is told, the rest is skipped. */
static uint32_t number(struct filling *filling, enum parameter_id id,
		       uint32_t otherwise)
{
	uint32_t value = otherwise;

	if (filling->failed || parameter_text(filling->given, id) == NULL)
		return otherwise;
	if (parameter_number(filling->given, id, &value, filling->error,
			     filling->error_size) < 0)
		filling->failed = true;
	return value;
}

static uint8_t choice(struct filling *filling, enum parameter_id id,
		      uint8_t otherwise)
{
	uint32_t index = otherwise;

	if (filling->failed || parameter_text(filling->given, id) == NULL)
		return otherwise;
	if (parameter_choice(filling->given, id, &index, filling->error,
			     filling->error_size) < 0)
		filling->failed = true;
	return (uint8_t)index;
}

static bool kind_is_bit(uint8_t kind)
{
	return kind == MODBUS_COIL || kind == MODBUS_DISCRETE;
}

static void fill_place(struct settings_device *device, unsigned port)
{
	snprintf(device->place, sizeof(device->place),
		 strchr(device->host, ':') ? "[%.45s]:%u" : "%.45s:%u",
		 device->host, port);
}

static void __attribute__((format(printf, 2, 3)))
refuse(struct filling *filling, const char *format, ...)
{
	va_list args;

	if (filling->failed)
		return;
	va_start(args, format);
	vsnprintf(filling->error, filling->error_size, format, args);
	va_end(args);
	filling->failed = true;
}

/* As in twinbeat.conf: base is for both, reading follows writing as far off as
 * the profile has it. */
static void fill_bases(struct filling *filling,
		       const struct modbus_profile *profile,
		       struct modbus_settings *modbus)
{
	uint32_t offset = (uint32_t)profile->read_base - profile->write_base;
	uint32_t base = number(filling, P_BASE, profile->write_base), from;

	modbus->write_base = (uint16_t)number(filling, P_WRITE_BASE, base);
	from = filling->given->values[P_BASE] != NULL ? base
						      : modbus->write_base;
	from = number(filling, P_READ_BASE, from + offset);
	if (from > UINT16_MAX)
		refuse(filling,
		       "base: plugs are read back %u further, beyond "
		       "wire address 65535",
		       offset);
	modbus->read_base = (uint16_t)from;
}

/* An inverted relay reads back inverted too, unless the profile knows that its
 * device answers in other words; where bits are written and registers read, or
 * the other way round, 1 and 0. */
static void fill_values(struct filling *filling,
			const struct modbus_profile *profile,
			struct modbus_settings *modbus)
{
	bool known = modbus->write_kind == profile->write_kind;
	bool own_words = known && (profile->write_on != profile->read_on ||
				   profile->write_off != profile->read_off);
	bool follow = !own_words && kind_is_bit(modbus->write_kind) ==
					    kind_is_bit(modbus->read_kind);

	modbus->write_on = (uint16_t)number(filling, P_WRITE_ON,
					    known ? profile->write_on : 1);
	modbus->write_off = (uint16_t)number(filling, P_WRITE_OFF,
					     known ? profile->write_off : 0);
	modbus->read_on = (uint16_t)number(filling, P_READ_ON,
					   follow ? modbus->write_on : 1);
	modbus->read_off = (uint16_t)number(filling, P_READ_OFF,
					    follow ? modbus->write_off : 0);
	modbus->write_multiple =
		parameter_is_true(filling->given, P_WRITE_MULTIPLE);
	/* Never toggle, delay or pulse: they end in a state nobody chose. */
	if (profile->command_on != profile->command_off &&
	    modbus->write_kind == MODBUS_HOLDING &&
	    ((modbus->write_on != profile->command_on &&
	      modbus->write_on != profile->command_off) ||
	     (modbus->write_off != profile->command_on &&
	      modbus->write_off != profile->command_off)))
		refuse(filling,
		       "write_on, write_off: the registers of %s take toggle, "
		       "pulse and delay commands too; only %u and %u are "
		       "allowed",
		       profile->name, profile->command_on,
		       profile->command_off);
}

static void fill_current(struct filling *filling,
			 const struct modbus_profile *profile,
			 struct modbus_current *current)
{
	const struct modbus_current *known = &profile->current;

	current->off_below_ma = number(filling, P_CURRENT_OFF_BELOW_MA, 0);
	current->kind = known->kind;
	if (filling->given->values[P_CURRENT_KIND] != NULL)
		current->kind = choice(filling, P_CURRENT_KIND, 0) == 0
					? MODBUS_INPUT
					: MODBUS_HOLDING;
	current->base = (uint16_t)number(filling, P_CURRENT_BASE, known->base);
	current->width =
		(uint8_t)number(filling, P_CURRENT_WIDTH, known->width);
	current->step =
		(uint16_t)number(filling, P_CURRENT_STEP, current->width);
	current->low_word_first = choice(filling, P_CURRENT_ORDER, 0) == 1;
	current->unit_ua = number(filling, P_CURRENT_UNIT_UA, known->unit_ua);
	if (current->off_below_ma > 0 && !profile->current_known &&
	    filling->given->values[P_CURRENT_BASE] == NULL)
		refuse(filling,
		       "current_base is missing: profile %s does not know "
		       "where the current of plug 1 is read",
		       profile->name);
}

static void fill_modbus(struct filling *filling, struct settings_device *device)
{
	const struct modbus_profile *profile =
		&modbus_profiles[choice(filling, P_PROFILE, 0)];
	struct modbus_settings *modbus = modbus_edit(device);

	if (filling->failed)
		return;
	snprintf(modbus->profile, sizeof(modbus->profile), "%s", profile->name);
	device->private_size = sizeof(*modbus);
	modbus->port = (uint16_t)number(filling, P_IPPORT, 502);
	modbus->unit = (uint8_t)number(filling, P_UNIT, profile->unit);
	modbus->write_kind = choice(filling, P_WRITE_KIND, profile->write_kind);
	modbus->read_kind = choice(filling, P_READ_KIND,
				   modbus->write_kind == profile->write_kind
					   ? profile->read_kind
					   : modbus->write_kind);
	fill_bases(filling, profile, modbus);
	fill_values(filling, profile, modbus);
	fill_current(filling, profile, &modbus->current);
	modbus->connect_ms = number(filling, P_LOGIN_TIMEOUT, 2000);
	modbus->response_ms = number(filling, P_SHELL_TIMEOUT, 2000);
	modbus->connect_wait_ms = number(filling, P_CONNECT_WAIT, 0);
	modbus->read_count = (uint16_t)number(filling, P_READ_COUNT, 1);
	modbus->transaction_id =
		(uint8_t)choice(filling, P_TRANSACTION_ID, MODBUS_ID_ECHOED);
	device->answer_ms = modbus_answer_ms(modbus);
	device->command_ms = modbus_command_ms(modbus);
	modbus->off_ms = number(filling, P_OFF_TIMEOUT, 0);
	device->switch_ms = modbus->off_ms;
	snprintf(device->driver, sizeof(device->driver), "modbus");
	fill_place(device, modbus->port);
}

/* Beyond a profile's last plug lie other things: all relays, pulses. */
static int check_plug(const struct settings_device *device, const char *plug,
		      char *error, size_t error_size)
{
	const struct driver *driver = driver_find(device->driver);
	char known[SETTINGS_NAME_MAX], why[FENCE_TEXT_MAX / 2];

	if (driver->check(device, plug, error, error_size) < 0)
		return -1;
	if (driver->plug(device, plug, known, why, sizeof(why)) == 0)
		return 0;
	snprintf(error, error_size, "plug %.20s: %s", plug, why);
	return -1;
}

/* "opensesspriv,sun20": names as in twinbeat.conf(5). */
static void fill_workarounds(struct filling *filling,
			     struct ipmi_settings *ipmi)
{
	const char *at = parameter_text(filling->given, P_WORKAROUND);
	unsigned i;

	for (; at != NULL && *at != '\0' && !filling->failed;
	     at += *at == ',') {
		size_t size = strcspn(at, ",");

		for (i = 0; ipmi_workarounds[i] != NULL; i++)
			if (strlen(ipmi_workarounds[i]) == size &&
			    strncmp(ipmi_workarounds[i], at, size) == 0)
				break;
		if (ipmi_workarounds[i] == NULL) {
			snprintf(filling->error, filling->error_size,
				 "workaround=%.32s is not known; see "
				 "workarounds in twinbeat.conf(5)",
				 at);
			filling->failed = true;
			return;
		}
		ipmi->workarounds |= 1u << i;
		at += size;
	}
}

static void fill_ipmi(struct filling *filling, struct settings_device *device)
{
	const char *user = parameter_text(filling->given, P_USERNAME);
	struct ipmi_settings *ipmi = ipmi_edit(device);
	uint8_t cipher = choice(filling, P_CIPHER, 0);

	device->private_size = sizeof(*ipmi);
	ipmi->port = (uint16_t)number(filling, P_IPPORT, 623);
	/* too long is refused by the driver, not cut */
	snprintf(ipmi->user, sizeof(ipmi->user), "%.31s",
		 user != NULL ? user : "");
	if (!filling->failed)
		ipmi->cipher = (uint8_t)strtoul(
			parameters[P_CIPHER].choices[cipher], NULL, 10);
	ipmi->privilege =
		(uint8_t)(IPMI_OPERATOR + choice(filling, P_PRIVLVL, 0));
	fill_workarounds(filling, ipmi);
	ipmi->session_ms = number(filling, P_SHELL_TIMEOUT, 2000);
	ipmi->retransmit_ms = ipmi->session_ms / 4;
	device->answer_ms = ipmi->session_ms;
	/* A machine may take seconds to go off. */
	device->switch_ms = number(filling, P_POWER_TIMEOUT, 20000);
	snprintf(device->driver, sizeof(device->driver), "ipmi");
	fill_place(device, ipmi->port);
}

static int fill_host(const struct given *given, struct settings_device *device,
		     char *error, size_t error_size)
{
	const char *text = parameter_text(given, P_IP);
	char host[IP_TEXT_MAX];
	struct ip ip;

	if (text == NULL) {
		snprintf(error, error_size, "ip is missing");
		return -1;
	}
	if (!ip_parse(text, &ip)) {
		snprintf(error, error_size,
			 "ip=%.64s: must be an address like 192.0.2.20; a "
			 "fence does not wait for DNS",
			 text);
		return -1;
	}
	ip_format(&ip, host);
	snprintf(device->host, sizeof(device->host), "%s", host);
	return 0;
}

/* "1,2": one after the other, all of one level. */
static int fill_plugs(const struct given *given, const char *plugs,
		      struct settings_node *node, char *error,
		      size_t error_size)
{
	const char *separator = parameter_text(given, P_PLUG_SEPARATOR);
	size_t skip = strlen(separator);
	const char *end;

	if (skip == 0) {
		snprintf(error, error_size, "plug_separator must not be empty");
		return -1;
	}
	for (;; plugs = end + skip) {
		struct settings_plug *plug = &node->plugs[node->plug_count];
		size_t size;

		end = strstr(plugs, separator);
		size = end != NULL ? (size_t)(end - plugs) : strlen(plugs);
		if (node->plug_count == PLUGS_MAX ||
		    size >= sizeof(plug->plug)) {
			snprintf(error, error_size,
				 "plug: at most %d plugs of %zu characters",
				 PLUGS_MAX, sizeof(plug->plug) - 1);
			return -1;
		}
		memcpy(plug->plug, plugs, size);
		plug->level = 1;
		node->plug_count++;
		if (end == NULL)
			return 0;
	}
}

int target_fill(const struct given *given, const char *plugs,
		struct settings *settings, char *error, size_t error_size)
{
	struct filling filling = {given, error, error_size, false};
	struct settings_device *device = &settings->devices[0];
	struct settings_node *node = &settings->nodes[1];
	const char *name = parameter_text(given, P_NODENAME);

	memset(settings, 0, sizeof(*settings));
	settings->device_count = 1;
	snprintf(settings->nodes[0].name, sizeof(node->name), "this node");
	snprintf(node->name, sizeof(node->name), "%.31s",
		 name != NULL && *name != '\0' ? name : "the node");
	snprintf(device->name, sizeof(device->name), "device");
	if (fill_host(given, device, error, error_size) < 0)
		return -1;
	if (given->driver == FOR_IPMI)
		fill_ipmi(&filling, device);
	else
		fill_modbus(&filling, device);
	device->settle_ms = number(&filling, P_STATUS_SLEEP, 100);
	device->power_wait_ms = number(&filling, P_POWER_WAIT, 2000);
	settings->fence.timeout_ms = number(&filling, P_POWER_TIMEOUT, 20000);
	if (filling.failed)
		return -1;
	if (given->driver == FOR_IPMI)
		plugs = IPMI_PLUG;
	else if (plugs == NULL)
		plugs = parameter_text(given, P_PLUG);
	if (plugs != NULL &&
	    fill_plugs(given, plugs, node, error, error_size) < 0)
		return -1;
	for (unsigned i = 0; i < node->plug_count; i++)
		if (check_plug(device, node->plugs[i].plug, error, error_size) <
		    0)
			return -1;
	return 0;
}
