/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks whether this machine has what the settings name. Opens no device:
 * opening a serial port raises its lines, and may steal from who uses it.
 * What a daemon would wait for is a warning; what it would refuse, an error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../wire/vrrp.h"
#include "../wire/vrrp_sign.h"
#include "environment.h"

void looker_tell(struct looker *looker, bool is_error,
		 struct settings_place place, const char *key,
		 const char *format, ...)
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

static void look_at_hmac_keys(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	char error[SETTINGS_LINE_MAX / 2];
	struct vrrp_key key;

	for (unsigned i = 0; i < settings->hmac_key_count; i++) {
		const char *file = settings->hmac_keys[i].file;

		if (settings_load_hmac_key(file, &key, error, sizeof(error)) <
		    0)
			looker_tell(
				looker, true, settings_where(settings, file),
				"instances[].hmac.keys[].file", "%s", error);
	}
	explicit_bzero(&key, sizeof(key));
}

static void look_at_serial(struct looker *looker, unsigned index, unsigned nth)
{
	const struct settings *settings = looker->settings;
	const char *path = settings->nodes[settings->self].serial;
	struct settings_place line = settings_where(settings, path);
	char key[32], text[SETTINGS_LINE_MAX / 2];
	int wrong;

	(void)index;
	(void)nth;
	if (path[0] == '\0')
		return;
	wrong = settings_look_at_port(path, text, sizeof(text));
	snprintf(key, sizeof(key), "nodes[%u].serial", settings->self);
	if (wrong != 0)
		looker_tell(looker, wrong < 0, line, key, "%s", text);
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

static bool is_here(const struct ip *ip, char *interface)
{
	struct settings_node one = {.addresses = {*ip}, .address_count = 1};

	return settings_here(&one, interface) >= 0;
}

/* Where a udp link is to be: its card, our address on it, and not the peer's.
 */
static void look_at_udp(struct looker *looker, unsigned index, unsigned nth)
{
	const struct settings *settings = looker->settings;
	const struct settings_link *link = &settings->links[index];
	const struct ip *own = &link->addresses[settings->self];
	const struct ip *peer = &link->addresses[1 - settings->self];
	struct settings_place line = settings_where(settings, link->interface);
	char key[48], there[100], where[SETTINGS_INTERFACE_MAX];
	char text[IP_TEXT_MAX];

	snprintf(key, sizeof(key), "links.udp[%u].interface", nth);
	if (if_nametoindex(link->interface) == 0) {
		name_interfaces(there, sizeof(there));
		looker_tell(looker, false, line, key,
			    "there is no network interface %s (yet)%s%s",
			    link->interface, there[0] ? "; this host has " : "",
			    there);
		return;
	}
	snprintf(key, sizeof(key), "links.udp[%u].addresses", nth);
	if (is_here(peer, where))
		looker_tell(looker, true, line, key,
			    "%s is an address of this host (%s), and stands "
			    "here in the place of the other node: a link of "
			    "this node with itself",
			    ip_format(peer, text), where);
	if (!is_here(own, where))
		looker_tell(looker, false, line, key,
			    "%s is on no interface of this host (yet): the "
			    "link stays broken until then",
			    ip_format(own, text));
	else if (strcmp(where, link->interface) != 0)
		looker_tell(looker, true, line, key,
			    "%s is an address of %s, not of %s",
			    ip_format(own, text), where, link->interface);
}

/* What a link of each kind needs of this machine; nth of its kind. */
static const struct {
	const char *type;
	void (*look)(struct looker *looker, unsigned index, unsigned nth);
} link_needs[] = {
	{"serial", look_at_serial},
	{"udp", look_at_udp},
};

static void look_at_links(struct looker *looker)
{
	const struct settings_link *links = looker->settings->links;

	for (unsigned k = 0; k < sizeof(link_needs) / sizeof(link_needs[0]);
	     k++)
		for (unsigned i = 0, nth = 0; i < LINKS_MAX; i++)
			if (links[i].configured &&
			    strcmp(links[i].type, link_needs[k].type) == 0)
				link_needs[k].look(looker, i, nth++);
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

/* The IPv4 gateway of the default route; false if there is none. */
static bool find_gateway(struct ip *gateway)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[256];
	bool found = false;
	unsigned to, by;

	if (file == NULL)
		return false;
	/* Iface Destination Gateway ..., addresses as they lie in memory */
	while (!found && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%*15s %8x %8x", &to, &by) == 2 && to == 0 &&
		    by != 0) {
			*gateway = ip_from_v4(ntohl(by));
			found = true;
		}
	fclose(file);
	return found;
}

static void look_at_addresses(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	struct ip gateway;
	char text[IP_TEXT_MAX];

	look_at_own_address(looker);
	if (!find_gateway(&gateway))
		return;
	if (settings_is_virtual(settings, &gateway))
		looker_tell(looker, true,
			    settings_where(settings,
					   settings->instances[0].interface),
			    "addresses", "%s is this machine's default gateway",
			    ip_format(&gateway, text));
}

struct device_looker {
	struct looker *looker;
	unsigned device;
};

/* key: as in the driver's rows. */
static void tell_of_device(void *arg, bool is_error, const char *key,
			   const char *text)
{
	const struct device_looker *at = arg;
	const struct settings *settings = at->looker->settings;
	const struct settings_device *device = &settings->devices[at->device];
	const struct setting_row *row =
		device_find_row(driver_find(device->driver), key);
	char path[64];

	snprintf(path, sizeof(path), "devices[%u].%s", at->device, key);
	looker_tell(at->looker, is_error,
		    settings_where(settings, (const char *)device +
						     (row ? row->offset : 0)),
		    path, "%s", text);
}

static void look_at_devices(struct looker *looker)
{
	const struct settings *settings = looker->settings;

	for (unsigned d = 0; d < settings->device_count; d++) {
		const struct settings_device *device = &settings->devices[d];
		const struct driver *driver = driver_find(device->driver);
		struct device_looker at = {looker, d};
		const struct device_finder finder = {&at, tell_of_device};

		if (driver != NULL && driver->look != NULL)
			driver->look(device, &finder);
	}
}

void settings_interview_devices(const struct settings *settings,
				struct settings_report *report)
{
	struct looker looker = {.settings = settings, .report = report};

	for (unsigned d = 0; d < settings->device_count; d++) {
		const struct driver *driver =
			driver_find(settings->devices[d].driver);
		struct device_looker at = {&looker, d};
		const struct device_finder finder = {&at, tell_of_device};

		if (driver != NULL && driver->interview != NULL)
			driver->interview(settings, d, &finder);
	}
}

/*
 * R3: a script that others may change is refused; one that is not there (yet)
 * makes the node unfit, and so do the rest.
 */
static void look_at_checks(struct looker *looker, unsigned index)
{
	const struct settings *settings = looker->settings;
	const struct settings_instance *instance = &settings->instances[index];
	char key[64], text[SETTINGS_LINE_MAX / 2], where[IF_NAMESIZE];

	for (unsigned s = 0; s < instance->script_count; s++) {
		const struct settings_script *script =
			&settings->scripts[instance->first_script + s];
		int wrong = settings_look_at_script(settings, script, text,
						    sizeof(text));

		snprintf(key, sizeof(key),
			 "instances[%u].track.scripts[%u].command", index, s);
		if (wrong != 0)
			looker_tell(looker, wrong < 0,
				    settings_where(settings, script->command),
				    key, "%s", text);
	}
	snprintf(key, sizeof(key), "instances[%u].track.witnesses", index);
	for (unsigned w = 0; w < instance->witness_count; w++)
		if (is_here(&instance->witnesses[w], where))
			looker_tell(
				looker, true,
				settings_where(settings, instance->witnesses),
				key,
				"%s is an address of this host (%s): who "
				"asks itself hears itself",
				ip_format(&instance->witnesses[w], text),
				where);
	snprintf(key, sizeof(key), "instances[%u].track.file", index);
	for (unsigned f = 0; f < instance->track_file_count; f++)
		if (access(instance->track_files[f], R_OK) < 0)
			looker_tell(
				looker, false,
				settings_where(settings, instance->track_files),
				key,
				"%s: %s; until it says 0 this node "
				"is not fit",
				instance->track_files[f], strerror(errno));
}

void looker_see_program(struct looker *looker, struct settings_place place,
			const char *key, const char *path, bool must_be,
			const char *as_whom)
{
	struct stat st;

	if (stat(path, &st) < 0)
		looker_tell(looker, must_be, place, key, "%s: %s", path,
			    strerror(errno));
	else if (!S_ISREG(st.st_mode))
		looker_tell(looker, true, place, key, "%s is not a program",
			    path);
	else if (!(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		looker_tell(looker, true, place, key,
			    "%s is not executable; chmod 755 %s", path, path);
	else if (st.st_mode & S_IWOTH)
		looker_tell(looker, true, place, key,
			    "%s can be changed by everybody, and %s; chmod "
			    "o-w %s",
			    path, as_whom, path);
}

static void look_at_readable(struct looker *looker, const char *path,
			     const char *key)
{
	if (path[0] != '\0' && access(path, R_OK) < 0)
		looker_tell(looker, true,
			    settings_where(looker->settings, path), key,
			    "%s: %s", path, strerror(errno));
}

static void look_at_line(struct looker *looker, const char *path,
			 const char *key)
{
	char line[SETTINGS_PASSWORD_MAX + 1], error[SETTINGS_LINE_MAX / 2];

	if (path[0] != '\0' &&
	    settings_load_password(path, "", line, sizeof(line), error,
				   sizeof(error)) < 0)
		looker_tell(looker, true,
			    settings_where(looker->settings, path), key, "%s",
			    error);
	explicit_bzero(line, sizeof(line));
}

static void look_at_notify(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	char room[SETTINGS_COMMAND_MAX], *words[COMMAND_WORDS_MAX + 1];
	struct stat st;

	for (unsigned i = 0; i < settings->notify_count; i++) {
		const struct settings_notify *notify = &settings->notify[i];

		if (settings_split_command(notify->command, room, words) > 0)
			looker_see_program(
				looker,
				settings_where(settings, notify->command),
				"notify", words[0], true,
				"would run as the daemon's user");
		look_at_line(looker, notify->key_file, "notify.key_file");
		look_at_readable(looker, notify->ca_file, "notify.ca_file");
		if (notify->fifo[0] != '\0' && stat(notify->fifo, &st) == 0 &&
		    !S_ISFIFO(st.st_mode))
			looker_tell(looker, true,
				    settings_where(settings, notify->fifo),
				    "notify.fifo",
				    "%s is no named pipe; mkfifo makes one",
				    notify->fifo);
	}
	look_at_line(looker, settings->mail.password_file,
		     "mail.password_file");
	look_at_readable(looker, settings->mail.ca_file, "mail.ca_file");
}

unsigned looker_mtu_of(const char *interface)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq asked = {.ifr_mtu = 0};

	snprintf(asked.ifr_name, sizeof(asked.ifr_name), "%s", interface);
	if (fd >= 0 && ioctl(fd, SIOCGIFMTU, &asked) < 0)
		asked.ifr_mtu = 0;
	if (fd >= 0)
		close(fd);
	return asked.ifr_mtu > 0 ? (unsigned)asked.ifr_mtu : 0;
}

/* Not opened: that would arm it. */
static void look_at_watchdog(struct looker *looker)
{
	const char *path = looker->settings->watchdog.device;
	struct settings_place place = settings_where(looker->settings, path);
	struct stat st;

	if (path[0] == '\0')
		return;
	if (stat(path, &st) < 0)
		looker_tell(looker, false, place, "watchdog.device",
			    "%s: %s; is its driver loaded? modprobe softdog is "
			    "one without hardware",
			    path, strerror(errno));
	else if (!S_ISCHR(st.st_mode))
		looker_tell(looker, true, place, "watchdog.device",
			    "%s is no watchdog", path);
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

/* Nobody hears a node whose adverts have no address to leave from. */
static void look_at_source(struct looker *looker, unsigned index)
{
	const struct settings *settings = looker->settings;
	const struct settings_instance *instance = &settings->instances[index];
	const struct ip *source = &instance->source_addresses[settings->self];
	char interface[SETTINGS_INTERFACE_MAX], key[48], text[IP_TEXT_MAX];

	if (ip_is_none(source) || instance->unicast ||
	    is_here(source, interface))
		return;
	snprintf(key, sizeof(key), "instances[%u].source_addresses", index);
	looker_tell(looker, false, settings_where(settings, source), key,
		    "%s is on no interface of this host (yet): no adverts can "
		    "be sent, and the other node would hear silence",
		    ip_format(source, text));
}

/*
 * What does not fit leaves in pieces, which no packet socket puts together: the
 * other node hears nothing. A signed one of version 3 names fewer addresses
 * instead (vrrp.c), which version 2 and a plain router do not bear.
 */
static void look_at_length(struct looker *looker, unsigned index)
{
	const struct settings *settings = looker->settings;
	const struct settings_instance *instance = &settings->instances[index];
	const struct settings_address *list =
		&settings->addresses[instance->first_address];
	bool is_v6 = settings_instance_is_v6(settings, instance);
	bool is_signed =
		instance->sign || (instance->hmac.configured &&
				   instance->hmac.mode != HMAC_RECEIVE_ONLY);
	unsigned behind = is_signed ? VRRP_SIGNATURE_SIZE : 0;
	unsigned mtu = looker_mtu_of(instance->interface), named = 0, fit = 0,
		 size;
	char key[40];

	for (unsigned i = 0; i < instance->address_count; i++)
		named += !list[i].excluded;
	size = vrrp_packet_size(instance->version, is_v6, named) + behind;
	if (mtu == 0 || size <= mtu ||
	    (instance->sign && instance->version == 3))
		return;
	while (vrrp_packet_size(instance->version, is_v6, fit + 1) + behind <=
	       mtu)
		fit++;
	snprintf(key, sizeof(key), "instances[%u].addresses", index);
	looker_tell(looker, false, settings_where(settings, list), key,
		    "adverts that name %u addresses have %u bytes, and the MTU "
		    "of %s is %u: they leave in pieces, which the other node "
		    "does not hear; move all but %u to excluded, or to further "
		    "instances, or set a larger MTU",
		    named, size, instance->interface, mtu, fit);
}

int settings_check_environment(const struct settings *settings,
			       struct settings_report *report)
{
	struct looker looker = {.settings = settings, .report = report};

	if (report->self_unknown)
		return 0;
	look_at_key(&looker);
	look_at_hmac_keys(&looker);
	look_at_links(&looker);
	look_at_interfaces(&looker);
	look_at_addresses(&looker);
	settings_look_at_host(settings, tell_of_host, &looker);
	look_at_devices(&looker);
	look_at_notify(&looker);
	looker_see_director(&looker);
	looker_see_programs(&looker);
	look_at_watchdog(&looker);
	looker_see_user(&looker);
	for (unsigned i = 0; i < settings->instance_count; i++) {
		look_at_source(&looker, i);
		look_at_length(&looker, i);
		look_at_checks(&looker, i);
	}
	return looker.errors == 0 ? 0 : -1;
}
