/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What this machine has that the settings do not know of: VIPs that are there
 * already, other programs that move addresses, further names of interfaces.
 * Reads, and changes nothing.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/sysctl.h"
#include "machine_list.h"
#include "internal.h"

#define TAG	 0x7b /* KEEPER_ADDRESS_PROTOCOL */
#define LOOPBACK 1
#define HERE_MAX 8192

struct host {
	const struct settings *settings;
	settings_host_tell tell;
	void *arg;
	unsigned count;
	struct machine_address *list;
};

static void __attribute__((format(printf, 5, 6)))
host_tell(const struct host *host, bool is_error, unsigned instance,
	  const char *key, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	host->tell(host->arg, is_error, instance, key, text);
}

/* ---- the addresses that are here ---- */

static void forget_addresses(void *arg)
{
	struct host *host = arg;

	host->count = 0;
}

static void take_address(void *arg, const struct machine_address *here)
{
	struct host *host = arg;

	if (host->count < HERE_MAX)
		host->list[host->count++] = *here;
}

/* False: not a whole answer, and nothing is said of what may be wrong. */
static bool list_addresses(struct host *host)
{
	const struct machine_list_taker taker = {forget_addresses, take_address,
						 host};

	return machine_list(&taker);
}

/* On lo, and not answered for: IPv6 answers for none of another interface. */
static bool is_silent(const struct machine_address *here, const char *interface)
{
	return here->index == LOOPBACK &&
	       (!ip_is_v4(&here->ip) ||
		sysctl_larger_conf(interface, "arp_ignore") > 0);
}

static bool is_ours(const struct host *host, const struct machine_address *here)
{
	return here->protocol == TAG ||
	       (here->protocol == 0 && host->settings->lease_s > 0 &&
		here->valid_s <= host->settings->lease_s);
}

static void look_at_vip(const struct host *host, unsigned instance,
			const struct machine_address *here)
{
	char name[IF_NAMESIZE], text[IP_TEXT_MAX];

	if (is_ours(host, here) ||
	    is_silent(here, host->settings->instances[instance].interface))
		return;
	if (if_indextoname(here->index, name) == NULL)
		snprintf(name, sizeof(name), "#%u", here->index % 100000);
	ip_format(&here->ip, text);
	if (machine_address_is_own(host->settings, host->list, host->count,
				   (unsigned)(here - host->list)))
		host_tell(
			host, true, instance, "addresses",
			"%s is this machine's own: %s/%u is how it is in that "
			"network on %s, and twinbeat has not put it there; "
			"take another one",
			text, text, here->prefix, name);
	else
		host_tell(
			host, false, instance, "addresses",
			"%s is here already, as %s/%u on %s, and twinbeat has "
			"not put it there: twinbeatd removes it while this "
			"node does not own it; take it out of the network's "
			"files and of other programs",
			text, text, here->prefix, name);
}

/* ---- the networks that they are in ---- */

/* By an address as this, is the machine in a network with others? */
static bool is_of_a_network(const struct host *host,
			    const struct machine_address *here)
{
	unsigned most = ip_is_v4(&here->ip) ? 31 : 127;

	return here->prefix > 0 && here->prefix <= most &&
	       !ip_is_link_local(&here->ip) &&
	       !settings_is_virtual(host->settings, &here->ip);
}

/* Those that are of a network, moved to the front; how many. */
static unsigned keep_networks(struct host *host)
{
	unsigned kept = 0;

	for (unsigned n = 0; n < host->count; n++)
		if (is_of_a_network(host, &host->list[n]))
			host->list[kept++] = host->list[n];
	return kept;
}

/* True: ip is in a network of the interface, or none of its family is known
 * there; else text names one. */
static bool is_in_a_network(const struct host *host, unsigned networks,
			    unsigned index, const struct ip *ip,
			    char text[IP_TEXT_MAX + 4])
{
	char one[IP_TEXT_MAX];
	bool is_known = false;

	for (unsigned n = 0; n < networks; n++) {
		const struct machine_address *here = &host->list[n];

		if (here->index != index || ip_is_v4(&here->ip) != ip_is_v4(ip))
			continue;
		if (ip_same_network(&here->ip, ip, here->prefix))
			return true;
		is_known = true;
		snprintf(text, IP_TEXT_MAX + 4, "%s/%u",
			 ip_format(&here->ip, one), here->prefix);
	}
	return !is_known;
}

/* One warning for each instance: of its first address outside. */
static void look_at_networks(const struct host *host, unsigned networks,
			     unsigned i)
{
	const struct settings *settings = host->settings;
	const struct settings_instance *instance = &settings->instances[i];
	const struct settings_address *address, *first = NULL;
	char network[IP_TEXT_MAX + 4], of[IP_TEXT_MAX + 4], text[IP_TEXT_MAX];
	const char *dev = "";
	unsigned outside = 0, index = 0;

	for (unsigned a = 0; a < instance->address_count; a++) {
		address = &settings->addresses[instance->first_address + a];
		if (strcmp(address->dev, dev) != 0) {
			dev = address->dev;
			index = if_nametoindex(dev);
		}
		if (index == 0 || index == LOOPBACK ||
		    is_in_a_network(host, networks, index, &address->ip,
				    network))
			continue;
		if (outside++ > 0)
			continue;
		first = address;
		memcpy(of, network, sizeof(of));
	}
	if (first == NULL)
		return;
	snprintf(network, sizeof(network), " and %u more", outside - 1);
	host_tell(host, false, i, "addresses",
		  "%s%s: in no network that %s is in (%s): its neighbours do "
		  "not ask for it there, only a router with a route to it "
		  "does; is it mistyped?",
		  ip_format(&first->ip, text), outside > 1 ? network : "",
		  first->dev, of);
}

static void look_at_vips(struct host *host, bool with_networks)
{
	const struct settings *settings = host->settings;
	unsigned networks;

	host->list = calloc(HERE_MAX, sizeof(*host->list));
	if (host->list == NULL || !list_addresses(host)) {
		free(host->list);
		return;
	}
	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];

		for (unsigned a = 0; a < instance->address_count; a++) {
			const struct ip *ip =
				&settings->addresses[instance->first_address +
						     a]
					 .ip;

			for (unsigned n = 0; n < host->count; n++)
				if (ip_compare(&host->list[n].ip, ip) == 0)
					look_at_vip(host, i, &host->list[n]);
		}
	}
	networks = with_networks ? keep_networks(host) : 0;
	for (unsigned i = 0; i < settings->instance_count; i++)
		look_at_networks(host, networks, i);
	free(host->list);
}

/* ---- other programs that move addresses (N01) ---- */

static const char *const daemons[] = {"keepalived", "ucarp",	  "vrrpd",
				      "corosync",   "pacemakerd", "heartbeat"};
static const char *const units[] = {"keepalived", "ucarp", "vrrpd", "corosync",
				    "pacemaker"};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool read_word(const char *path, char *word, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, word, size - 1);

	if (fd >= 0)
		close(fd);
	word[n > 0 ? n : 0] = '\0';
	word[strcspn(word, "\n")] = '\0';
	return n > 0;
}

/* In another network namespace it moves other addresses. */
static bool is_in_our_network(const char *pid)
{
	char path[300], mine[64], its[64];
	ssize_t a, b;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	a = readlink("/proc/self/ns/net", mine, sizeof(mine));
	b = readlink(path, its, sizeof(its));
	return a > 0 && a == b && memcmp(mine, its, (size_t)a) == 0;
}

static void look_at_process(const struct host *host, const char *pid,
			    bool *told)
{
	char path[300], comm[32];

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (!read_word(path, comm, sizeof(comm)))
		return;
	for (size_t i = 0; i < COUNT(daemons); i++)
		if (!told[i] && strcmp(comm, daemons[i]) == 0 &&
		    is_in_our_network(pid)) {
			told[i] = true;
			host_tell(
				host, false, 0, "instances",
				"%s runs here (process %s): two programs must "
				"not move the same addresses; stop and disable "
				"it, unless it has nothing to do with these",
				comm, pid);
		}
}

static void look_at_daemons(const struct host *host)
{
	bool told[COUNT(daemons)] = {false};
	DIR *folder = opendir("/proc");
	const struct dirent *at;

	while (folder != NULL && (at = readdir(folder)) != NULL)
		if (at->d_name[0] >= '1' && at->d_name[0] <= '9')
			look_at_process(host, at->d_name, told);
	if (folder != NULL)
		closedir(folder);
	/* where systemd does not run, nobody starts its units */
	for (size_t i = 0;
	     access("/run/systemd/system", F_OK) == 0 && i < COUNT(units);
	     i++) {
		char pattern[100];
		glob_t found;

		snprintf(pattern, sizeof(pattern),
			 "/etc/systemd/system/*.wants/%s.service", units[i]);
		if (glob(pattern, 0, NULL, &found) == 0)
			host_tell(
				host, false, 0, "instances",
				"%s.service is enabled and starts with this "
				"machine: two programs must not move the same "
				"addresses; systemctl disable %s, unless it "
				"has nothing to do with these",
				units[i], units[i]);
		globfree(&found);
	}
}

/* ---- alternative names (B06) ---- */

/* True if the kernel's own name for it is another one: into real[]. */
static bool find_real_name(const char *name, char *real)
{
	unsigned index = name[0] == '\0' ? 0 : if_nametoindex(name);

	return index != 0 && if_indextoname(index, real) != NULL &&
	       strcmp(real, name) != 0;
}

static void look_at_name(const struct host *host, unsigned instance,
			 const char *key, const char *name, const char *last)
{
	char real[IF_NAMESIZE];

	if (strcmp(name, last) != 0 && find_real_name(name, real))
		host_tell(host, false, instance, key,
			  "%s is another name of %s, which is what status and "
			  "log will say: write %s",
			  name, real, real);
}

static void look_at_names(const struct host *host)
{
	const struct settings *settings = host->settings;

	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];
		const char *last = instance->interface;

		look_at_name(host, i, "interface", last, "");
		for (unsigned t = 0; t < instance->track_count; t++)
			look_at_name(host, i, "track.interfaces",
				     instance->track[t], instance->interface);
		for (unsigned a = 0; a < instance->address_count; a++) {
			const char *dev =
				settings->addresses[instance->first_address + a]
					.dev;

			if (strcmp(dev, instance->interface) != 0)
				look_at_name(host, i, "addresses", dev, last);
			last = dev;
		}
	}
}

static void resolve(char *name)
{
	char real[IF_NAMESIZE];

	if (find_real_name(name, real))
		snprintf(name, SETTINGS_INTERFACE_MAX, "%s", real);
}

void settings_resolve_interfaces(struct settings *settings,
				 settings_host_tell tell, void *arg)
{
	const struct host host = {
		.settings = settings, .tell = tell, .arg = arg};

	look_at_names(&host);
	for (unsigned i = 0; i < settings->instance_count; i++) {
		struct settings_instance *instance = &settings->instances[i];

		resolve(instance->interface);
		for (unsigned t = 0; t < instance->track_count; t++)
			resolve(instance->track[t]);
		for (unsigned a = 0; a < instance->address_count; a++)
			resolve(settings->addresses[instance->first_address + a]
					.dev);
	}
}

void settings_look_at_host(const struct settings *settings,
			   settings_host_tell tell, void *arg)
{
	struct host host = {.settings = settings, .tell = tell, .arg = arg};

	look_at_names(&host);
	look_at_vips(&host, true);
	look_at_daemons(&host);
}

void settings_look_at_vips(const struct settings *settings,
			   settings_host_tell tell, void *arg)
{
	struct host host = {.settings = settings, .tell = tell, .arg = arg};

	look_at_vips(&host, false);
}
