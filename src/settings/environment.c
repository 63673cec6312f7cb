/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks whether this machine has what the settings name. Opens no device:
 * opening a serial port raises its lines, and may steal from who uses it.
 * What a daemon would wait for is a warning; what it would refuse, an error.
 */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/serial_inspect.h"
#include "internal.h"
#include "machine.h"

/* More are not compared; a dump of so many is a machine of its own kind. */

struct looker {
	const struct settings *settings;
	struct settings_report *report;
	unsigned errors;
};

static void __attribute__((format(printf, 5, 6)))
looker_tell(struct looker *looker, bool is_error, struct settings_place place,
	    const char *key, const char *format, ...)
{
	char line[SETTINGS_LINE_MAX];
	va_list args;
	int n = snprintf(line, sizeof(line),
			 "%s:%u: %s: %s: ", looker->settings->files[place.file],
			 place.line, is_error ? "error" : "warning", key);

	if (n > 0 && (size_t)n < sizeof(line)) {
		va_start(args, format);
		vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
		va_end(args);
	}
	if (is_error) {
		looker->errors++;
		looker->report->errors++;
	} else {
		looker->report->warnings++;
	}
	if (looker->report->tell != NULL)
		looker->report->tell(looker->report->arg, is_error, line);
}

static void look_at_key(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	char error[SETTINGS_LINE_MAX / 2];
	uint8_t key[32];

	if (settings_load_key(settings->key_file, key, error, sizeof(error)) <
	    0)
		looker_tell(looker, true,
			    settings_where(settings, settings->key_file),
			    "key_file", "%s", error);
	explicit_bzero(key, sizeof(key));
}

/* A port that a daemon would wait for, or never open. */
static void look_at_port(struct looker *looker, const char *path,
			 struct settings_place line, const char *key)
{
	char reason[SETTINGS_LINE_MAX / 2];
	struct stat st;

	if (stat(path, &st) < 0 && errno == ENOENT)
		looker_tell(looker, false, line, key,
			    "%s is not there (yet); is the adapter plugged "
			    "in, and does the udev rule name it so?",
			    path);
	else if (stat(path, &st) < 0)
		looker_tell(looker, false, line, key, "%s: %s", path,
			    strerror(errno));
	else if (!S_ISCHR(st.st_mode))
		looker_tell(looker, true, line, key,
			    "%s is not a character device; a serial port is "
			    "wanted",
			    path);
	else if (serial_inspect(path, reason, sizeof(reason)) != SERIAL_FINE)
		looker_tell(looker, true, line, key, "%s", reason);
}

static void look_at_serial(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	const char *path = settings->nodes[settings->self].serial;
	struct settings_place line = settings_where(settings, path);
	char key[32];

	if (path[0] == '\0')
		return;
	snprintf(key, sizeof(key), "nodes[%u].serial", settings->self);
	look_at_port(looker, path, line, key);
}

/* The first few of this host, without lo: a mistyped name is seen at once. */
static void name_interfaces(char *text, size_t size)
{
	struct if_nameindex *all = if_nameindex();
	size_t used = 0;

	text[0] = '\0';
	for (struct if_nameindex *at = all; at && at->if_index; at++) {
		if (strcmp(at->if_name, "lo") == 0)
			continue;
		if (used + strlen(at->if_name) + 8 > size) {
			snprintf(text + used, size - used, " ...");
			break;
		}
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 used ? ", " : "", at->if_name);
	}
	if (all)
		if_freenameindex(all);
}

static void look_at_interface(struct looker *looker, unsigned instance,
			      const char *what, const char *name)
{
	const struct settings *settings = looker->settings;
	char key[64], there[100];

	if (if_nametoindex(name) != 0)
		return;
	snprintf(key, sizeof(key), "instances[%u].%s", instance, what);
	name_interfaces(there, sizeof(there));
	looker_tell(looker, false,
		    settings_where(settings,
				   settings->instances[instance].interface),
		    key, "there is no network interface %s (yet)%s%s", name,
		    there[0] ? "; this host has " : "", there);
}

static void look_at_interfaces(struct looker *looker)
{
	const struct settings *settings = looker->settings;

	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];
		const char *last = instance->interface;

		look_at_interface(looker, i, "interface", last);
		for (unsigned t = 0; t < instance->track_count; t++)
			if (strcmp(instance->track[t], instance->interface) !=
			    0)
				look_at_interface(looker, i, "track.interfaces",
						  instance->track[t]);
		for (unsigned a = 0; a < instance->address_count; a++) {
			const char *dev =
				settings->addresses[instance->first_address + a]
					.dev;

			if (strcmp(dev, instance->interface) == 0 ||
			    strcmp(dev, last) == 0)
				continue;
			look_at_interface(looker, i, "addresses", dev);
			last = dev;
		}
	}
}

/* ---- addresses ---- */

/* N03: adverts leave from a node's own address; without it nobody hears us. */
static void look_at_own_address(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	unsigned self = settings->self, other = 1 - self;
	const struct settings_node *node = &settings->nodes[self];
	char interface[SETTINGS_INTERFACE_MAX], key[32], text[IP_TEXT_MAX];
	char swapped[160] = "";

	if (node->address_count == 0 || settings_here(node, interface) >= 0)
		return;
	snprintf(key, sizeof(key), "nodes[%u].address", self);
	if (settings_here(&settings->nodes[other], interface) >= 0)
		snprintf(swapped, sizeof(swapped),
			 "; but %s has one of \"%s\": are they swapped, or is "
			 "this \"%s\"?",
			 interface, settings->nodes[other].name,
			 settings->nodes[other].name);
	looker_tell(looker, false, settings_where(settings, node->addresses),
		    key,
		    "%s is on no interface of this host (yet): no adverts can "
		    "be sent, and the other node would hear silence%s",
		    ip_format(&node->addresses[0], text), swapped);
}

static void look_at_addresses(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	struct ip gateway;
	char text[IP_TEXT_MAX];

	look_at_own_address(looker);
	if (!machine_find_gateway(&gateway))
		return;
	for (unsigned i = 0; i < settings->address_count; i++)
		if (ip_compare(&settings->addresses[i].ip, &gateway) == 0)
			looker_tell(looker, true,
				    settings_where(
					    settings,
					    settings->instances[0].interface),
				    "addresses",
				    "%s is this machine's default gateway",
				    ip_format(&gateway, text));
}

/* A service that does not run has no credentials yet. */
static void look_at_password(struct looker *looker, unsigned d,
			     const char *file, const char *credential,
			     size_t room)
{
	char password[SETTINGS_PASSWORD_MAX + 1], key[48];
	char error[SETTINGS_LINE_MAX / 2];
	bool is_file = credential[0] == '\0';

	snprintf(key, sizeof(key), "devices[%u].%s", d,
		 is_file ? "password_file" : "password_credential");
	if (settings_load_password(file, credential, password, room, error,
				   sizeof(error)) < 0)
		looker_tell(looker, is_file,
			    settings_where(looker->settings,
					   is_file ? file : credential),
			    key, "%s", error);
	explicit_bzero(password, sizeof(password));
}

static void look_at_kg(struct looker *looker, unsigned d, const char *file)
{
	char key[48], error[SETTINGS_LINE_MAX / 2];
	uint8_t kg[IPMI_PASSWORD_MAX];

	snprintf(key, sizeof(key), "devices[%u].kg_file", d);
	if (settings_load_kg(file, kg, error, sizeof(error)) < 0)
		looker_tell(looker, true,
			    settings_where(looker->settings, file), key, "%s",
			    error);
	explicit_bzero(kg, sizeof(kg));
}

static void look_at_agent(struct looker *looker, unsigned d)
{
	const char *name = looker->settings->devices[d].agent.agent;
	char path[256], key[48], error[SETTINGS_LINE_MAX / 2];

	snprintf(key, sizeof(key), "devices[%u].agent", d);
	if (settings_find_agent(name, path, sizeof(path), error,
				sizeof(error)) < 0)
		looker_tell(looker, true,
			    settings_where(looker->settings, name), key, "%s",
			    error);
}

static void look_at_devices(struct looker *looker)
{
	const struct settings *settings = looker->settings;

	for (unsigned d = 0; d < settings->device_count; d++) {
		const struct settings_device *device = &settings->devices[d];
		char key[32];

		if (device->modbus.transport == MODBUS_RTU &&
		    strcmp(device->driver, "modbus") == 0) {
			snprintf(key, sizeof(key), "devices[%u].serial", d);
			look_at_port(looker, device->modbus.line.path,
				     settings_where(settings,
						    device->modbus.line.path),
				     key);
		}
		if (strcmp(device->driver, "ipmi") == 0)
			look_at_password(looker, d, device->ipmi.password_file,
					 device->ipmi.password_credential,
					 IPMI_PASSWORD_MAX + 1);
		if (device->ipmi.kg_file[0] != '\0')
			look_at_kg(looker, d, device->ipmi.kg_file);
		if (strcmp(device->driver, "agent") != 0)
			continue;
		look_at_agent(looker, d);
		if (device->agent.password_file[0] != '\0')
			look_at_password(looker, d, device->agent.password_file,
					 "", SETTINGS_PASSWORD_MAX + 1);
	}
}

static void look_at_notify(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	const char *path = settings->notify;
	struct stat st;

	if (path[0] == '\0')
		return;
	if (stat(path, &st) < 0)
		looker_tell(looker, true, settings_where(settings, path),
			    "notify", "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		looker_tell(looker, true, settings_where(settings, path),
			    "notify", "%s is not a program", path);
	else if (!(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		looker_tell(looker, true, settings_where(settings, path),
			    "notify", "%s is not executable; chmod 755 %s",
			    path, path);
	else if (st.st_mode & S_IWOTH)
		looker_tell(looker, true, settings_where(settings, path),
			    "notify",
			    "%s can be changed by everybody, and would run as "
			    "root; chmod o-w %s",
			    path, path);
}

static void tell_of_host(void *arg, bool is_error, unsigned instance,
			 const char *what, const char *text)
{
	struct looker *looker = arg;
	const struct settings *settings = looker->settings;
	char key[64];

	snprintf(key, sizeof(key), "instances[%u].%s", instance, what);
	looker_tell(looker, is_error,
		    settings_where(settings,
				   settings->instances[instance].interface),
		    strcmp(what, "instances") == 0 ? what : key, "%s", text);
}

int settings_check_environment(const struct settings *settings,
			       struct settings_report *report)
{
	struct looker looker = {.settings = settings, .report = report};

	if (report->self_unknown)
		return 0;
	look_at_key(&looker);
	look_at_serial(&looker);
	look_at_interfaces(&looker);
	look_at_addresses(&looker);
	settings_look_at_host(settings, tell_of_host, &looker);
	look_at_devices(&looker);
	look_at_notify(&looker);
	return looker.errors == 0 ? 0 : -1;
}
