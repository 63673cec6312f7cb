/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether this machine has what the director's services name, as environment.c
 * looks for the rest.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../base/sysctl.h"
#include "environment.h"

/* What is not there yet, like a share that is mounted later, is no reason not
 * to start: its servers are out, and the log says so. */
static void look_at_server_checks(struct looker *looker)
{
	static const char key[] = "director.services.checks";
	const struct settings *settings = looker->settings;
	char room[SETTINGS_COMMAND_MAX], *words[COMMAND_WORDS_MAX + 1];

	for (unsigned i = 0; i < settings->check_count; i++) {
		const struct settings_check *check = &settings->checks[i];

		if (check->type == TYPE_COMMAND &&
		    settings_split_command(check->command, room, words) > 0)
			looker_see_program(looker,
					   settings_where(settings, check), key,
					   words[0], false,
					   "would say which servers are up");
		if (check->tls.configured && check->tls.ca_file[0] != '\0' &&
		    access(check->tls.ca_file, R_OK) < 0)
			looker_tell(looker, false,
				    settings_where(settings, check), key,
				    "tls.ca_file: %s: %s", check->tls.ca_file,
				    strerror(errno));
	}
}

/* IPv4 and UDP, before the message. */
#define SYNC_HEADERS 28u

static void look_at_sync(struct looker *looker)
{
	const struct settings_director_sync *sync =
		&looker->settings->director.sync;
	struct settings_place place = settings_where(looker->settings, sync);
	unsigned mtu;

	if (!sync->configured)
		return;
	if (if_nametoindex(sync->interface) == 0) {
		looker_tell(looker, false, place, "director.sync.interface",
			    "there is no interface %s (yet): no connection is "
			    "told to the other node",
			    sync->interface);
		return;
	}
	mtu = looker_mtu_of(sync->interface);
	if (mtu > 0 && sync->maxlen + SYNC_HEADERS > mtu)
		looker_tell(looker, false, place, "director.sync.maxlen",
			    "%u bytes and %u of headers are more than the MTU "
			    "of %s, %u: each message would go in pieces",
			    (unsigned)sync->maxlen, SYNC_HEADERS,
			    sync->interface, mtu);
}

/*
 * A check via vip: the answer of a server of dr or tun bears the virtual
 * address, which is this node's own where it serves. The kernel takes the
 * larger of an interface's word and that of all.
 */
static void look_at_via(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	bool is_told[INSTANCES_MAX] = {false};

	for (unsigned i = 0; i < settings->director.service_count; i++) {
		const struct settings_service *service =
			&settings->director.services[i];
		const char *interface =
			settings->instances[service->instance].interface;
		bool has_via = false;

		for (unsigned s = 0; s < service->server_count; s++)
			has_via = has_via ||
				  settings_has_via(settings, service,
						   service->first_server + s);
		if (!has_via || is_told[service->instance])
			continue;
		if ((sysctl_read_conf("ipv4", interface, "accept_local") == 0 &&
		     sysctl_read_conf("ipv4", "all", "accept_local") == 0) ||
		    sysctl_larger_conf(interface, "rp_filter") == 1) {
			looker_tell(looker, false,
				    settings_where(settings, service),
				    "director.services.checks",
				    "via = \"vip\": where this node serves it "
				    "would drop the answers on %s, and take "
				    "all servers for dead: set "
				    "net.ipv4.conf.%s.accept_local = 1 and "
				    "rp_filter = 2",
				    interface, interface);
			is_told[service->instance] = true;
		}
	}
}

/* ---- addresses ---- */

/* The kernel takes a network's last address for one (fib_add_ifaddr()), and
 * what was set by hand. */
static bool is_broadcast_of(const struct ifaddrs *at, uint32_t ip)
{
	struct sockaddr_in own, mask, set = {.sin_family = AF_UNSPEC};
	uint32_t hosts;

	if (at->ifa_addr == NULL || at->ifa_netmask == NULL ||
	    at->ifa_addr->sa_family != AF_INET ||
	    !(at->ifa_flags & IFF_BROADCAST))
		return false;
	memcpy(&own, at->ifa_addr, sizeof(own));
	memcpy(&mask, at->ifa_netmask, sizeof(mask));
	if (at->ifa_broadaddr != NULL)
		memcpy(&set, at->ifa_broadaddr, sizeof(set));
	hosts = ~ntohl(mask.sin_addr.s_addr);
	return (hosts > 1 && (ntohl(own.sin_addr.s_addr) | hosts) == ip) ||
	       (set.sin_family == AF_INET && ntohl(set.sin_addr.s_addr) == ip);
}

static void look_at_broadcast(struct looker *looker, struct ifaddrs *list,
			      const struct settings_server *server)
{
	const struct settings *settings = looker->settings;
	char text[IP_TEXT_MAX];

	if (!ip_is_v4(&server->address) ||
	    settings_broadcast_of(settings, &server->address) != NULL)
		return;
	for (struct ifaddrs *at = list; at != NULL; at = at->ifa_next) {
		if (!is_broadcast_of(at, ip_to_v4(&server->address)))
			continue;
		looker_tell(looker, false,
			    settings_where(settings, &server->address),
			    "director.services.servers.address",
			    "%s is the broadcast address of %s, and of no "
			    "server",
			    ip_format(&server->address, text), at->ifa_name);
		return;
	}
}

static void look_at_servers(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	struct ifaddrs *list = NULL;

	if (settings->server_count == 0 || getifaddrs(&list) < 0)
		return;
	for (unsigned i = 0; i < settings->server_count; i++)
		look_at_broadcast(looker, list, &settings->servers[i]);
	freeifaddrs(list);
}

/* ---- the running kernel ---- */

/* modules.dep has "kernel/net/netfilter/ipvs/ip_vs_mh.ko[.xz]: ...". */
static bool is_listed(const char *list, const char *module, bool *is_read)
{
	struct utsname kernel;
	char path[300], line[4096], name[64];
	bool found = false;
	FILE *file;

	if (uname(&kernel) < 0)
		return false;
	snprintf(path, sizeof(path), "/lib/modules/%s/%s", kernel.release,
		 list);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	*is_read = true;
	snprintf(name, sizeof(name), "/%s.ko", module);
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = strstr(line, name) != NULL;
	fclose(file);
	return found;
}

/* A kernel whose modules are not to be seen, as in a container, may have it. */
static bool kernel_lacks(const char *scheduler)
{
	char module[40], path[80];
	bool is_read = false;

	snprintf(module, sizeof(module), "ip_vs_%s", scheduler);
	snprintf(path, sizeof(path), "/sys/module/%s", module);
	return access(path, F_OK) < 0 &&
	       !is_listed("modules.builtin", module, &is_read) &&
	       !is_listed("modules.dep", module, &is_read) && is_read;
}

static void look_at_schedulers(struct looker *looker)
{
	const struct settings *settings = looker->settings;
	const struct settings_service *all = settings->director.services;

	for (unsigned i = 0; i < settings->director.service_count; i++) {
		bool is_told = false;

		for (unsigned k = 0; k < i && !is_told; k++)
			is_told =
				strcmp(all[k].scheduler, all[i].scheduler) == 0;
		if (!is_told && kernel_lacks(all[i].scheduler))
			looker_tell(
				looker, false,
				settings_where(settings, all[i].scheduler),
				"director.services.scheduler",
				"the running kernel has no module ip_vs_%s: "
				"\"%s\" would forward nothing",
				all[i].scheduler, all[i].name);
	}
}

void looker_see_director(struct looker *looker)
{
	if (!looker->settings->director.configured)
		return;
	look_at_server_checks(looker);
	look_at_servers(looker);
	look_at_schedulers(looker);
	look_at_sync(looker);
	look_at_via(looker);
}
