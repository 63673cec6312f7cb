/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The director's services judged against the instances, each other and what
 * IPVS can do. Most of what is refused here the kernel would take, and then
 * forward nowhere.
 */
#include "internal.h"

struct judge {
	struct reader *reader;
	const struct settings *settings;
	const struct settings_service *service;
	const config_setting_t *at; /* the service's group */
};

static const struct settings_listen *listen_of(const struct judge *judge,
					       unsigned i)
{
	return &judge->settings->listens[judge->service->first_listen + i];
}

static const struct settings_server *server_of(const struct judge *judge,
					       unsigned i)
{
	return &judge->settings->servers[judge->service->first_server + i];
}

static bool scheduler_is(const struct judge *judge, const char *name)
{
	return strcmp(judge->service->scheduler, name) == 0;
}

static uint8_t method_of(const struct judge *judge,
			 const struct settings_server *server)
{
	return settings_method_of(judge->service, server->method);
}

/* ---- whose it is ---- */

static void read_instance(struct reader *reader,
			  struct settings_service *service)
{
	const config_setting_t *group = reader_at(reader, service);
	const config_setting_t *member =
		group ? config_setting_get_member(group, "instance") : NULL;
	const char *name = member ? reader_string(reader, member) : NULL;
	int index;

	if (name == NULL)
		return;
	index = settings_find_instance(reader->settings, name);
	if (index < 0)
		reader_error(reader, group, "instance",
			     "there is no instance \"%.32s\"", name);
	else
		service->instance = (uint8_t)index;
}

void settings_complete_director(struct reader *reader)
{
	struct settings_director *director = &reader->settings->director;

	for (unsigned i = 0; i < director->service_count; i++)
		read_instance(reader, &director->services[i]);
}

static bool is_vip(const struct settings *settings, const struct ip *ip,
		   int instance)
{
	for (int i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *one = &settings->instances[i];

		if (instance >= 0 && i != instance)
			continue;
		for (unsigned a = 0; a < one->address_count; a++)
			if (ip_compare(
				    &settings->addresses[one->first_address + a]
					     .ip,
				    ip) == 0)
				return true;
	}
	return false;
}

/* ---- listeners ---- */

static void verify_listens(const struct judge *judge)
{
	const struct settings_service *service = judge->service;
	struct reader *reader = judge->reader;
	char text[IP_TEXT_MAX];

	if ((service->listen_count > 0) == (service->fwmark > 0) &&
	    reader_is_good(reader, judge->at, "listen") &&
	    reader_is_good(reader, judge->at, "fwmark"))
		reader_error(reader, judge->at, "listen",
			     service->fwmark > 0
				     ? "listen and fwmark exclude each other"
				     : "is missing; give listen, or fwmark for "
				       "packets that a firewall marks");
	for (unsigned i = 0; i < service->listen_count; i++) {
		const struct settings_listen *listen = listen_of(judge, i);
		const config_setting_t *at = reader_at(reader, listen);

		if (!reader_is_good(reader, at, "ip"))
			continue;
		if (reader_is_good(reader, judge->at, "instance") &&
		    !is_vip(judge->settings, &listen->ip, service->instance))
			reader_error(
				reader, at, "ip",
				"%s is not an address of the instance "
				"\"%s\"; add it there",
				ip_format(&listen->ip, text),
				judge->settings->instances[service->instance]
					.name);
		if (listen->port == 0 && service->sticky_s == 0 &&
		    reader_is_good(reader, at, "port"))
			reader_error(reader, at, "port",
				     "0 is every port, and needs persistence: "
				     "set persistence.timeout_s");
	}
}

/* The kernel has one service for each mark. */
static void verify_mark(const struct judge *judge)
{
	const struct settings_director *director = &judge->settings->director;
	uint32_t mark = judge->service->fwmark;

	if (mark >= director->fwmark_base &&
	    mark - director->fwmark_base < SERVERS_MAX &&
	    reader_is_good(judge->reader, judge->at, "fwmark"))
		reader_error(judge->reader, judge->at, "fwmark",
			     "%u is within fwmark_base = %u and the %u that "
			     "follow, which are of checks via vip",
			     mark, director->fwmark_base, SERVERS_MAX - 1);
}

static bool same_service(const struct settings_service *a,
			 const struct settings_service *b)
{
	return a->fwmark > 0 && a->fwmark == b->fwmark &&
	       a->family == b->family;
}

static void verify_against_others(const struct judge *judge, unsigned index)
{
	const struct settings_director *director = &judge->settings->director;

	for (unsigned i = 0; i < index; i++) {
		const struct settings_service *other = &director->services[i];

		if (other->name[0] != '\0' &&
		    strcmp(other->name, judge->service->name) == 0)
			reader_error(judge->reader, judge->at, "name",
				     "services[%u] is called \"%s\" too", i,
				     other->name);
		if (same_service(other, judge->service))
			reader_error(judge->reader, judge->at, "fwmark",
				     "%u is the mark of \"%s\" too",
				     other->fwmark, other->name);
	}
}

/* Whose listener i is. */
static const struct settings_service *owner_of(const struct settings *settings,
					       unsigned listen)
{
	for (unsigned i = 0; i < settings->director.service_count; i++) {
		const struct settings_service *service =
			&settings->director.services[i];

		if (listen >= service->first_listen &&
		    listen < service->first_listen +
				     (unsigned)service->listen_count)
			return service;
	}
	return NULL;
}

static void verify_listens_of_all(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	char text[IP_TEXT_MAX];

	for (unsigned i = 0; i < settings->listen_count; i++) {
		const struct settings_listen *a = &settings->listens[i];
		const struct settings_service *mine = owner_of(settings, i);

		for (unsigned k = 0; k < i && mine != NULL; k++) {
			const struct settings_listen *b = &settings->listens[k];
			const struct settings_service *its;

			if (a->port != b->port || ip_is_none(&a->ip) ||
			    ip_compare(&a->ip, &b->ip) != 0)
				continue;
			its = owner_of(settings, k);
			if (its == NULL ||
			    settings_protocol_of(its, b) !=
				    settings_protocol_of(mine, a))
				continue;
			reader_error(reader, reader_at(reader, a), "ip",
				     "%s port %u is a listener of \"%s\" too",
				     ip_format(&a->ip, text), a->port,
				     its->name);
			break;
		}
	}
}

/* ---- servers ---- */

static void verify_server_port(const struct judge *judge,
			       const struct settings_server *server,
			       const config_setting_t *at)
{
	const struct settings_service *service = judge->service;

	if (server->port == 0 || method_of(judge, server) == METHOD_NAT)
		return;
	if (service->fwmark > 0) {
		reader_error(judge->reader, at, "port",
			     "with fwmark and dr or tun packets arrive as they "
			     "were; leave port out");
		return;
	}
	for (unsigned i = 0; i < service->listen_count; i++)
		if (listen_of(judge, i)->port != server->port) {
			reader_error(judge->reader, at, "port",
				     "%u, but packets come for port %u: only "
				     "nat can change it; leave port out",
				     server->port, listen_of(judge, i)->port);
			return;
		}
}

static void verify_server_family(const struct judge *judge,
				 const struct settings_server *server,
				 const config_setting_t *at)
{
	const struct settings_service *service = judge->service;
	bool is_v4 = ip_is_v4(&server->address);
	bool mixed = service->fwmark > 0 &&
		     is_v4 != (service->family == FAMILY_IPV4);
	char text[IP_TEXT_MAX];

	for (unsigned i = 0; i < service->listen_count; i++)
		mixed = mixed || (!ip_is_none(&listen_of(judge, i)->ip) &&
				  ip_is_v4(&listen_of(judge, i)->ip) != is_v4);
	if (!mixed)
		return;
	ip_format(&server->address, text);
	if (method_of(judge, server) != METHOD_TUN)
		reader_error(judge->reader, at, "address",
			     "%s is of another family than the service: only "
			     "method = \"tun\" can mix them",
			     text);
	else if (judge->settings->director.sync.configured)
		reader_error(judge->reader, at, "address",
			     "%s is of another family than the service: the "
			     "kernel does not allow that together with sync",
			     text);
}

static void verify_broadcast(const struct judge *judge,
			     const struct settings_server *server)
{
	const struct settings_address *vip =
		settings_broadcast_of(judge->settings, &server->address);
	char text[IP_TEXT_MAX], its[IP_TEXT_MAX];

	if (vip != NULL)
		reader_warn(judge->reader, reader_at(judge->reader, server),
			    "address",
			    "%s is the broadcast address of the network of "
			    "%s/%u, and of no server",
			    ip_format(&server->address, text),
			    ip_format(&vip->ip, its), vip->prefix);
}

static void verify_server(const struct judge *judge, unsigned index)
{
	const struct settings_server *server = server_of(judge, index);
	struct reader *reader = judge->reader;
	const config_setting_t *at = reader_at(reader, server);
	char text[IP_TEXT_MAX];

	if (server->resume_connections > server->max_connections)
		reader_error(reader, at, "resume_connections",
			     "%u is more than max_connections = %u",
			     server->resume_connections,
			     server->max_connections);
	for (unsigned i = 0; i < index; i++) {
		const struct settings_server *other = server_of(judge, i);

		if (other->name[0] != '\0' &&
		    strcmp(other->name, server->name) == 0)
			reader_error(reader, at, "name",
				     "servers[%u] is called \"%s\" too", i,
				     other->name);
		if (!ip_is_none(&server->address) &&
		    ip_compare(&other->address, &server->address) == 0 &&
		    other->port == server->port)
			reader_error(reader, at, "address",
				     "%s is servers[%u] already",
				     ip_format(&server->address, text), i);
	}
	if (!reader_is_good(reader, at, "address") ||
	    ip_is_none(&server->address))
		return;
	ip_format(&server->address, text);
	if (is_vip(judge->settings, &server->address, -1))
		reader_error(reader, at, "address",
			     "%s is a virtual address; packets for it would "
			     "come back to the director",
			     text);
	else if (settings_is_node(judge->settings, &server->address) &&
		 method_of(judge, server) == METHOD_NAT)
		reader_error(reader, at, "address",
			     "%s is a node of the pair, and what it answers "
			     "does not pass the owner: a director can be a "
			     "server by dr or tun only",
			     text);
	else if (ip_is_link_local(&server->address))
		reader_error(reader, at, "address",
			     "%s is link-local: IPVS does not know on which "
			     "interface it is",
			     text);
	else
		verify_server_family(judge, server, at);
	verify_broadcast(judge, server);
	verify_server_port(judge, server, at);
}

/* ---- what goes together ---- */

/* 256 buckets, each server takes as many as its weight. */
#define SH_BUCKETS 256

static void verify_scheduler(const struct judge *judge)
{
	const struct settings_service *service = judge->service;
	bool hashes = scheduler_is(judge, "sh") || scheduler_is(judge, "mh");
	unsigned weights = 0;

	if (!reader_is_good(judge->reader, judge->at, "scheduler"))
		return;
	if (!hashes && service->scheduler_flags != 0)
		reader_error(judge->reader, judge->at, "scheduler_flags",
			     "only sh and mh have flags, %s has none",
			     service->scheduler);
	if (hashes && !(service->scheduler_flags & SCHEDULER_FALLBACK))
		reader_error(judge->reader, judge->at, "scheduler_flags",
			     "%s without \"fallback\" refuses the clients of a "
			     "server that is drained or down; add it",
			     service->scheduler);
	for (unsigned i = 0; i < service->server_count; i++)
		weights += server_of(judge, i)->weight;
	if (scheduler_is(judge, "sh") && weights > SH_BUCKETS)
		reader_error(judge->reader, judge->at, "scheduler",
			     "the weights are %u together; sh has %d places, "
			     "and who comes last would get none: use mh, or "
			     "smaller weights",
			     weights, SH_BUCKETS);
}

static void verify_protocol(const struct judge *judge)
{
	const struct settings_service *service = judge->service;
	bool is_udp = true;

	for (unsigned i = 0; i < service->listen_count; i++)
		is_udp = is_udp &&
			 settings_protocol_of(service, listen_of(judge, i)) ==
				 PROTOCOL_UDP;
	if (service->one_packet && !is_udp)
		reader_error(judge->reader, judge->at, "one_packet",
			     "is for protocol = \"udp\" only");
	if (strcmp(service->sticky_engine, "sip") == 0 && !is_udp)
		reader_error(judge->reader, judge->at, "persistence",
			     "the engine sip is for protocol = \"udp\" only");
	if (strcmp(service->sticky_engine, "sip") == 0 &&
	    service->sticky_s == 0)
		reader_error(judge->reader, judge->at, "persistence",
			     "an engine needs timeout_s");
}

static bool service_is_v4(const struct judge *judge)
{
	if (judge->service->listen_count > 0)
		return ip_is_v4(&listen_of(judge, 0)->ip);
	return judge->service->family == FAMILY_IPV4;
}

static void verify_persistence(const struct judge *judge)
{
	const struct settings_service *service = judge->service;

	if (service->sticky_prefix > 32 && service_is_v4(judge))
		reader_error(judge->reader, judge->at, "persistence",
			     "prefix = %u: an IPv4 address has 32 bits",
			     service->sticky_prefix);
	if (service->sticky_prefix > 0 && service->sticky_s == 0)
		reader_error(judge->reader, judge->at, "persistence",
			     "prefix needs timeout_s");
}

/* What is answered by another way has the server's address, not ours; one that
 * is not of this instance is not where its packets arrive. */
static void verify_gateway(const struct judge *judge)
{
	const struct settings_service *service = judge->service;
	char text[IP_TEXT_MAX];

	if (ip_is_none(&service->gateway) ||
	    !reader_is_good(judge->reader, judge->at, "gateway"))
		return;
	if (!settings_has_method(judge->settings, service, METHOD_NAT))
		reader_error(judge->reader, judge->at, "gateway",
			     "is for method = \"nat\" only: by dr and tun the "
			     "servers answer clients themselves");
	else if (reader_is_good(judge->reader, judge->at, "instance") &&
		 !is_vip(judge->settings, &service->gateway, service->instance))
		reader_error(
			judge->reader, judge->at, "gateway",
			"%s is not an address of the instance \"%s\": what "
			"the servers answer must pass the owner; add it there",
			ip_format(&service->gateway, text),
			judge->settings->instances[service->instance].name);
}

static void verify_tunnel(const struct judge *judge)
{
	const struct settings_service *service = judge->service;
	const config_setting_t *at = judge->at;
	bool is_gue = service->tunnel == TUNNEL_GUE;

	if (!settings_has_method(judge->settings, service, METHOD_TUN) &&
	    settings_method_of(service, service->fallback.method) !=
		    METHOD_TUN) {
		/* its defaults may stand there, as in a printed file */
		if (service->tunnel != TUNNEL_IPIP ||
		    service->tunnel_port != 0 || service->tunnel_csum ||
		    service->tunnel_remcsum)
			reader_error(judge->reader, at, "tunnel",
				     "is for method = \"tun\" only");
		return;
	}
	if (is_gue && service->tunnel_port == 0)
		reader_error(judge->reader, at, "tunnel",
			     "gue needs a port, as in type = \"gue\"; "
			     "port = 6080");
	if (!is_gue && service->tunnel_port != 0)
		reader_error(judge->reader, at, "tunnel",
			     "only gue has a port");
	if (!is_gue && service->tunnel_remcsum)
		reader_error(judge->reader, at, "tunnel",
			     "only gue has remcsum");
	if (service->tunnel == TUNNEL_IPIP && service->tunnel_csum)
		reader_error(judge->reader, at, "tunnel",
			     "only gue and gre have csum");
	if (service->tunnel_csum && service->tunnel_remcsum)
		reader_error(judge->reader, at, "tunnel",
			     "csum and remcsum exclude each other");
}

/* ---- the rest ---- */

static unsigned preferred_of(const struct settings_instance *instance)
{
	return instance->priority[1] > instance->priority[0];
}

/* The one that tells hears nothing, and the other way round: with an owner on
 * each side nobody would hear. */
static void verify_sync_role(struct reader *reader, const config_setting_t *at)
{
	const struct settings *settings = reader->settings;
	const struct settings_service *services = settings->director.services;

	for (unsigned i = 1; settings->director.sync.role == SYNC_ROLE_FOLLOW &&
			     i < settings->director.service_count;
	     i++) {
		const struct settings_instance *one =
			&settings->instances[services[0].instance];
		const struct settings_instance *other =
			&settings->instances[services[i].instance];

		if (preferred_of(one) == preferred_of(other))
			continue;
		reader_error(reader, at, "role",
			     "\"follow\" is for one owner of all services, but "
			     "\"%s\" belongs to \"%s\" and \"%s\" to \"%s\": "
			     "use \"both\"",
			     one->name, settings->nodes[preferred_of(one)].name,
			     other->name,
			     settings->nodes[preferred_of(other)].name);
		return;
	}
}

static void verify_sync(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	const struct settings_director_sync *sync = &settings->director.sync;
	const config_setting_t *at = reader_at(reader, sync);
	struct ip group;

	if (!sync->configured)
		return;
	verify_sync_role(reader, at);
	if (reader_is_good(reader, at, "group") &&
	    (!ip_parse(sync->group, &group) ||
	     (ip_is_v4(&group) ? ip_to_v4(&group) >> 28 != 14
			       : group.bytes[0] != 0xff)))
		reader_error(reader, at, "group",
			     "\"%s\" is no multicast address like 224.0.0.81",
			     sync->group);
	if (sync->threshold >= sync->period)
		reader_error(reader, at, "threshold",
			     "%u must be less than period = %u",
			     sync->threshold, sync->period);
	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];

		if (strcmp(instance->interface, sync->interface) == 0) {
			reader_warn(reader, at, "interface",
				    "%s is the interface of \"%s\" too: sync "
				    "messages are not signed, and whoever is "
				    "on that network can forge connections; "
				    "use a cable or a VLAN of its own",
				    sync->interface, instance->name);
			break;
		}
	}
	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];

		if (instance->preempt &&
		    instance->preempt_delay_ms < sync->refresh_s * 1000)
			reader_warn(reader, instance_at(reader, i),
				    "preempt_delay_ms",
				    "%u ms is less than director.sync.refresh_s"
				    " = %u: a node that returns takes over "
				    "before it knows the connections",
				    instance->preempt_delay_ms,
				    sync->refresh_s);
	}
}

static void verify_kernel(struct reader *reader)
{
	const config_setting_t *at =
		reader_at(reader, &reader->settings->director);

	if (reader->settings->director.conntrack)
		reader_warn(reader, at, "kernel",
			    "conntrack = true: a client that uses a port again "
			    "waits a second for its connection (the kernel "
			    "drops the first SYN); leave it out unless the "
			    "firewall needs it");
}

void settings_verify_director(struct reader *reader)
{
	const struct settings_director *director = &reader->settings->director;

	if (!director->configured)
		return;
	for (unsigned i = 0; i < director->service_count; i++) {
		struct judge judge = {
			.reader = reader,
			.settings = reader->settings,
			.service = &director->services[i],
			.at = reader_at(reader, &director->services[i])};

		verify_against_others(&judge, i);
		verify_listens(&judge);
		verify_mark(&judge);
		verify_scheduler(&judge);
		verify_protocol(&judge);
		verify_persistence(&judge);
		verify_tunnel(&judge);
		verify_gateway(&judge);
		for (unsigned s = 0; s < judge.service->server_count; s++)
			verify_server(&judge, s);
	}
	verify_listens_of_all(reader);
	settings_verify_checks(reader);
	verify_sync(reader);
	verify_kernel(reader);
}
