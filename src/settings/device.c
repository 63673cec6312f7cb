/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What drivers ask of whoever reads the keys of their devices. No libconfig:
 * our fence agent reads them from stdin. */
#include <stdarg.h>
#include <string.h>

#include "device.h"

const struct driver *driver_find(const char *name)
{
	for (unsigned i = 0; driver_registry[i] != NULL; i++)
		if (strcmp(driver_registry[i]->name, name) == 0)
			return driver_registry[i];
	return NULL;
}

const char *driver_port(const struct settings_device *device)
{
	const struct driver *driver = driver_find(device->driver);

	return driver != NULL && driver->port != NULL ? driver->port(device)
						      : NULL;
}

bool driver_knows(const struct driver *driver,
		  const struct settings_device *device)
{
	return device->private_size == driver->private_size;
}

bool device_has(const struct device_source *source, const char *key)
{
	return source->has(source->arg, key);
}

bool device_is_good(const struct device_source *source, const char *key)
{
	return source->is_good(source->arg, key);
}

static void __attribute__((format(printf, 5, 0)))
tell(const struct device_source *source, bool is_error, const char *key, int i,
     const char *format, va_list args)
{
	char text[SETTINGS_LINE_MAX / 2];

	vsnprintf(text, sizeof(text), format, args);
	source->tell(source->arg, is_error, key, i, text);
}

void device_error(const struct device_source *source, const char *key,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(source, true, key, -1, format, args);
	va_end(args);
}

void device_warn(const struct device_source *source, const char *key,
		 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(source, false, key, -1, format, args);
	va_end(args);
}

void device_member_error(const struct device_source *source, const char *key,
			 unsigned i, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(source, true, key, (int)i, format, args);
	va_end(args);
}

bool device_take_host(const struct device_source *source,
		      struct settings_device *device, unsigned port)
{
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (!device_has(source, "host") || !device_is_good(source, "host") ||
	    !source->parse_host(source->arg, "host", device->host, &ip))
		return false;
	snprintf(device->host, sizeof(device->host), "%s",
		 ip_format(&ip, text));
	snprintf(device->place, sizeof(device->place),
		 ip_is_v4(&ip) ? "%s:%u" : "[%s]:%u", device->host, port);
	return true;
}

void device_find(const struct device_finder *finder, bool is_error,
		 const char *key, const char *format, ...)
{
	char text[SETTINGS_LINE_MAX / 2];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	finder->tell(finder->arg, is_error, key, text);
}

/* A service that does not run has no credentials yet. */
void device_look_at_password(const struct device_finder *finder,
			     const char *file, const char *credential,
			     size_t room)
{
	char password[SETTINGS_PASSWORD_MAX + 1];
	char error[SETTINGS_LINE_MAX / 2];
	bool is_file = credential[0] == '\0';

	if (settings_load_password(file, credential, password, room, error,
				   sizeof(error)) < 0)
		device_find(finder, is_file,
			    is_file ? "password_file" : "password_credential",
			    "%s", error);
	explicit_bzero(password, sizeof(password));
}

void device_refuse_when(const struct device_source *source,
			const struct setting_row *rows,
			const struct settings_device *device, const char *what)
{
	for (; rows->key != NULL; rows++)
		if (!row_counts(rows, device) && device_has(source, rows->key))
			device_error(source, rows->key, "does not go with %s",
				     what);
}

const struct setting_row *device_find_row(const struct driver *driver,
					  const char *key)
{
	size_t size = strcspn(key, ".");

	for (const struct setting_row *row = driver->rows; row->key != NULL;
	     row++)
		if (strlen(row->key) == size &&
		    strncmp(row->key, key, size) == 0)
			return row;
	return NULL;
}
