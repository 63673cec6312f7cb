/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * virtual_server: what clients connect to. The key names are those of the
 * director (twinbeat.conf(5)); what keepalived makes of a missing protocol, an
 * unknown method or scheduler is measured on 2.2.7.
 */
#include <string.h>
#include <strings.h>

#include "service.h"

#define PERSISTENCE_DEFAULT_S 360
#define WEIGHT_MOST	      10000 /* of a server, twinbeat.conf(5) */

static const char *const schedulers[] = {"rr",	  "wrr", "lc", "wlc", "lblc",
					 "lblcr", "sh",	 "mh", "dh",  "fo",
					 "ovf",	  "sed", "nq", "twos"};
static const char *const methods[] = {"NAT", "DR", "TUN"};
static const char *const method_names[] = {"nat", "dr", "tun"};
static const char *const protocols[] = {"tcp", "udp", "sctp"};

/* Of two words that mean the same, the one that stands last. */
static struct item *last_of(struct tree *tree, struct item *block,
			    const char *a, const char *b)
{
	struct item *first = item_only(tree, block, a);
	struct item *second = item_only(tree, block, b);

	if (first == NULL || second == NULL)
		return first != NULL ? first : second;
	return first->number > second->number ? first : second;
}

static const char *find_word(const char *word, const char *const *list,
			     size_t count, const char *const *names,
			     bool any_case)
{
	for (size_t i = 0; i < count; i++)
		if (any_case ? strcasecmp(word, list[i]) == 0
			     : strcmp(word, list[i]) == 0)
			return names[i];
	return NULL;
}
#define FIND_WORD(word, list, names, any_case)                                 \
	find_word(word, list, sizeof(list) / sizeof((list)[0]), names, any_case)

static void read_method(struct tree *tree, struct service *service)
{
	struct item *item =
		last_of(tree, service->item, "lb_kind", "lvs_method");

	service->method = "nat";
	if (item == NULL) {
		item_mark(tree, service->item, NOTED,
			  "there is no lb_kind: keepalived takes NAT");
		return;
	}
	item_carry(item);
	service->method =
		FIND_WORD(item_word(item, 1), methods, method_names, false);
	if (service->method != NULL)
		return;
	service->method = "nat";
	item_warn(tree, item, CHANGED,
		  "\"%s\" is no method (NAT, DR and TUN are): keepalived takes "
		  "NAT",
		  item_word(item, 1));
}

/* TUN [type ipip|gue port N|gre] [nocsum|csum|remcsum] */
static void write_tunnel(struct tree *tree, const struct service *service,
			 struct doc *group)
{
	struct item *item =
		last_of(tree, service->item, "lb_kind", "lvs_method");
	struct doc *tunnel = NULL;

	for (unsigned i = 2; item != NULL && i < item->count &&
			     strcmp(service->method, "tun") == 0;
	     i++) {
		const char *word = item->words[i],
			   *next = item_word(item, i + 1);
		long port;

		if (strcmp(word, "nocsum") == 0)
			continue;
		if (tunnel == NULL) {
			tunnel = doc_optional(doc_group(group, "tunnel"), item);
			tunnel->inlined = true;
		}
		if (strcmp(word, "type") == 0)
			doc_string(tunnel, "type", next), i++;
		else if (strcmp(word, "port") == 0 &&
			 value_number(next, 1, 65535, &port))
			doc_value(tunnel, "port", "%ld", port), i++;
		else if (strcmp(word, "csum") == 0 ||
			 strcmp(word, "remcsum") == 0)
			doc_value(tunnel, word, "true");
		else
			item_mark(tree, item, CHANGED,
				  "keepalived does not know \"%s\" here, and "
				  "ignores it",
				  word);
	}
}

/* Of one server: the tunnel is the service's. */
static void tell_tunnel(struct tree *tree, struct item *item)
{
	if (item != NULL && item->count > 2)
		item_warn(tree, item, LOST,
			  "\"%s\": what wraps packets is the service's "
			  "(tunnel) and not a server's",
			  item->text);
}

static void read_scheduler(struct tree *tree, struct service *service)
{
	struct item *item =
		last_of(tree, service->item, "lb_algo", "lvs_sched");

	service->scheduler = "wlc";
	if (item == NULL)
		return;
	item_carry(item);
	service->scheduler =
		FIND_WORD(item_word(item, 1), schedulers, schedulers, false);
	if (service->scheduler != NULL)
		return;
	service->scheduler = "wlc";
	item_mark(tree, item, CHANGED,
		  "\"%s\" is no scheduler: keepalived takes wlc",
		  item_word(item, 1));
}

/* keepalived has each flag as a word of its own. */
static void write_scheduler_flags(struct tree *tree,
				  const struct service *service,
				  struct doc *group)
{
	struct arena *arena = tree->arena;
	const char *flags = doc_strings(arena, NULL, "fallback");
	const char *name = service->scheduler;
	struct item *fallback, *port;

	if (strcmp(name, "sh") != 0 && strcmp(name, "mh") != 0)
		return;
	fallback = item_last(service->item,
			     arena_print(arena, "%s-fallback", name));
	port = item_last(service->item, arena_print(arena, "%s-port", name));
	if (fallback != NULL)
		item_carry(fallback);
	else
		item_mark(tree, service->item, CHANGED,
			  "%s-fallback is not set: %s then refuses the clients "
			  "of a server that is drained or full; here it is set",
			  name, name);
	if (port != NULL) {
		flags = doc_strings(arena, flags, "port");
		item_carry(port);
	}
	doc_value(group, "scheduler_flags", "%s", flags);
}

static void read_protocol(struct tree *tree, struct service *service)
{
	struct item *item = item_only(tree, service->item, "protocol");

	service->protocol = "udp";
	if (service->fwmark > 0)
		service->protocol = NULL;
	if (item == NULL) {
		if (service->fwmark == 0)
			item_warn(tree, service->item, CHANGED,
				  "there is no protocol: keepalived takes UDP");
		return;
	}
	item_carry(item);
	service->protocol =
		FIND_WORD(item_word(item, 1), protocols, protocols, true);
	if (service->protocol != NULL)
		return;
	service->protocol = "udp";
	item_warn(tree, item, CHANGED,
		  "\"%s\" is no protocol: keepalived takes UDP",
		  item_word(item, 1));
}

static void write_persistence(struct tree *tree, struct service *service,
			      struct doc *group)
{
	struct item *item =
		item_only(tree, service->item, "persistence_timeout");
	struct item *mask =
		item_only(tree, service->item, "persistence_granularity");
	struct item *engine;
	long timeout_s = PERSISTENCE_DEFAULT_S, prefix = 0;
	struct doc *persistence;

	if (item == NULL)
		return;
	if (item->count > 1 &&
	    !value_number(item_word(item, 1), 1, 2147483, &timeout_s)) {
		item_mark(tree, item, IGNORED,
			  "\"%s\" is no time for it: keepalived runs without "
			  "persistence",
			  item_word(item, 1));
		return;
	}
	item_carry(item);
	if (item->count == 1)
		item_mark(tree, item, NOTED, "without a number it is 360 s");
	persistence = doc_group(group, "persistence");
	persistence->inlined = true;
	doc_value(persistence, "timeout_s", "%ld", timeout_s);
	engine = item_only(tree, service->item, "persistence_engine");
	if (engine != NULL) {
		doc_optional(
			doc_string(persistence, "engine", item_word(engine, 1)),
			engine);
		item_carry(engine);
	}
	if (mask != NULL && (prefix = value_prefix(item_word(mask, 1))) > 0) {
		doc_value(persistence, "prefix", "%ld", prefix);
		item_carry(mask);
	}
}

static long weight_of(struct import *import, const struct service *service,
		      const struct item *item)
{
	struct model *model = &import->models[0];
	long weight = value_of(import, model, item, "weight", 0, 2147483647,
			       service->weight);

	if (weight > WEIGHT_MOST) {
		struct item *own = item_last(item, "weight");

		item_warn(&model->tree,
			  own ? own : item_last(service->item, "weight"),
			  CHANGED,
			  "%d is the most here: divide all weights of the "
			  "service by one number",
			  WEIGHT_MOST);
		weight = WEIGHT_MOST;
	}
	return weight;
}

static const char *refuse_server(struct service *service, struct item *item);

static long all_weights(struct import *import, struct service *service)
{
	long sum = 0;

	for (struct item *at = item_first(service->item, "real_server"); at;
	     at = item_again(at))
		if (refuse_server(service, at) == NULL)
			sum += weight_of(import, service, at);
	return sum;
}

static void write_quorum(struct import *import, struct service *service,
			 struct doc *group)
{
	struct model *model = &import->models[0];
	struct item *item = item_last(service->item, "hysteresis");
	long most = all_weights(import, service);
	long quorum =
		value_of(import, model, service->item, "quorum", 1, 1000000, 1);
	long hysteresis = value_of(import, model, service->item, "hysteresis",
				   0, 1000000, 0);

	if (quorum > 1 && quorum > most) {
		quorum = most > 0 ? most : 1;
		item_mark(&model->tree, item_last(service->item, "quorum"),
			  CHANGED,
			  "all servers weigh less: keepalived takes %ld",
			  quorum);
	}
	if (hysteresis >= quorum && item != NULL) {
		hysteresis = quorum - 1;
		item_mark(&model->tree, item, CHANGED,
			  "it must be below the quorum: keepalived takes %ld",
			  hysteresis);
	}
	if (quorum > 1)
		doc_value(group, "quorum", "%ld", quorum);
	if (hysteresis > 0)
		doc_value(group, "hysteresis", "%ld", hysteresis);
}

static bool has_several_ports(const struct service *service)
{
	for (unsigned i = 1; i < service->count; i++)
		if (service->listen[i].port != service->listen[0].port)
			return true;
	return false;
}

static void write_fallback(struct tree *tree, struct service *service,
			   struct doc *group)
{
	struct item *item = item_only(tree, service->item, "sorry_server");
	struct item *method =
		item_only(tree, service->item, "sorry_server_lvs_method");
	const char *own = service->method;
	struct doc *fallback;
	long port;
	bool v6;

	if (item == NULL)
		return;
	if (!value_is_address(item_word(item, 1), &v6)) {
		item_mark(tree, item, IGNORED,
			  "\"%s\" is no address: keepalived skips it",
			  item_word(item, 1));
		return;
	}
	item_carry(item);
	fallback = doc_group(group, "fallback");
	fallback->inlined = true;
	doc_string(fallback, "address", item_word(item, 1));
	tell_tunnel(tree, method);
	if (method != NULL) {
		item_carry(method);
		own = FIND_WORD(item_word(method, 1), methods, method_names,
				false);
		if (own == NULL)
			own = "nat";
	}
	if (!value_number(item_word(item, 2), 1, 65535, &port))
		port = 0;
	if (port > 0 && strcmp(own, "nat") == 0)
		doc_value(fallback, "port", "%ld", port);
	else if (port > 0 && port != service->port &&
		 !has_several_ports(service))
		item_warn(tree, item, CHANGED,
			  "only NAT can change the port: it gets packets for "
			  "%ld, not %ld",
			  service->port, port);
	if (method != NULL)
		doc_string(fallback, "method", own);
}

/* ---- servers ---- */

static bool is_known_server(struct service *service, struct item *item)
{
	for (struct item *at = item_first(service->item, "real_server");
	     at != item; at = item_again(at))
		if (strcmp(item_word(at, 1), item_word(item, 1)) == 0 &&
		    strcmp(item_word(at, 2), item_word(item, 2)) == 0)
			return true;
	return false;
}

/* NULL: keepalived takes it; else why it drops it. */
static const char *refuse_server(struct service *service, struct item *item)
{
	bool v6;

	if (!value_is_address(item_word(item, 1), &v6))
		return "an address is wanted: keepalived drops this server";
	if (service->has_family && v6 != service->v6 &&
	    strcmp(service->method, "tun") != 0)
		return "another family than the service's: keepalived drops "
		       "this server";
	if (is_known_server(service, item))
		return "it stands here twice: keepalived drops the second";
	return NULL;
}

/* A service by mark has no port, and takes that of its servers off; their
 * checks keep it (keepalived -t says "clearing"). So it is with listeners of
 * several ports where packets arrive as they were sent. */
static long server_port(struct tree *tree, struct service *service,
			struct item *item, long *check_port)
{
	bool same = strcmp(service->method, "nat") != 0;
	long port = service->port;

	*check_port = port;
	if (!value_number(item_word(item, 2), 1, 65535, &port))
		return service->port;
	*check_port = port;
	if (service->fwmark > 0) {
		item_mark(tree, item, NOTED,
			  "a service by fwmark has no port: keepalived clears "
			  "%ld, and packets go where the client sent them; "
			  "%ld is asked by the checks",
			  port, port);
		return 0;
	}
	if (same && has_several_ports(service))
		return 0;
	if (!same || port == service->port)
		return port;
	item_warn(tree, item, CHANGED,
		  "with %s the port is the service's: keepalived takes %ld, "
		  "not %ld, and %ld is asked by the checks alone",
		  strcmp(service->method, "dr") == 0 ? "DR" : "TUN",
		  service->port, port, port);
	return service->port;
}

static void write_limits(struct import *import, struct item *item,
			 struct doc *group)
{
	static const char *const names[][2] = {
		{"uthreshold", "max_connections"},
		{"lthreshold", "resume_connections"}};

	for (unsigned i = 0; i < 2; i++) {
		long value = value_of(import, &import->models[0], item,
				      names[i][0], 0, 1000000000L, 0);

		if (value > 0)
			doc_value(group, names[i][1], "%ld", value);
	}
}

static void write_server(struct import *import, struct service *service,
			 struct item *item, struct doc *list)
{
	struct model *model = &import->models[0];
	const char *why = refuse_server(service, item), *name;
	struct server server = {.service = service, .item = item};
	struct item *method = item_last(item, "lvs_method");
	struct doc *group;

	if (why != NULL) {
		item_mark_all(item, IGNORED);
		item_mark(&model->tree, item, IGNORED, "%s", why);
		return;
	}
	item_carry(item);
	server.port =
		server_port(&model->tree, service, item, &server.check_port);
	name = item_word(item, 1);
	if (server.port > 0)
		name = arena_print(&import->arena, "%s:%ld", name, server.port);
	name = doc_name_in(list, value_name(&import->arena, name));
	group = doc_optional(doc_group(list, NULL), item);
	doc_string(group, "name", name);
	doc_string(group, "address", item_word(item, 1));
	if (server.port > 0)
		doc_value(group, "port", "%ld", server.port);
	doc_value(group, "weight", "%ld", weight_of(import, service, item));
	write_limits(import, item, group);
	tell_tunnel(&model->tree, method);
	if (method != NULL &&
	    FIND_WORD(item_word(method, 1), methods, method_names, false)) {
		doc_string(group, "method",
			   FIND_WORD(item_word(method, 1), methods,
				     method_names, false));
		item_carry(method);
	}
	checks_write(import, &server, doc_list(group, "checks"));
	service_notify(import, service, item, name);
}

/* ---- one service ---- */

/* The instance that holds this address; NULL: none. */
static struct instance *holder_of(struct import *import, const char *ip)
{
	struct model *model = &import->models[0];
	size_t size = strlen(ip);

	for (unsigned i = 0; i < model->instance_count; i++) {
		struct instance *instance = &model->instances[i];
		const struct vips *lists[] = {&instance->vips,
					      &instance->excluded};

		for (unsigned l = 0; l < 2; l++)
			for (unsigned v = 0; v < lists[l]->count; v++)
				if (strcspn(lists[l]->at[v].ip, "/") == size &&
				    strncmp(lists[l]->at[v].ip, ip, size) == 0)
					return instance;
	}
	return NULL;
}

static struct item *find_server_group(struct model *model, const char *name)
{
	struct item *group =
		item_first(model->tree.root, "virtual_server_group");

	while (group != NULL && strcmp(item_word(group, 1), name) != 0)
		group = item_again(group);
	return group;
}

/* One address and port; false: keepalived skips it, or nobody holds it. */
static bool take_listener(struct import *import, struct service *service,
			  struct item *item, const char *ip, const char *port)
{
	struct tree *tree = &import->models[0].tree;
	struct instance *holder;
	long number = 0;
	bool v6;

	if (!value_is_address(ip, &v6) ||
	    (port[0] != '\0' && !value_number(port, 0, 65535, &number))) {
		item_mark(tree, item, IGNORED,
			  "\"%s %s\" is no address and port: keepalived skips "
			  "it",
			  ip, port);
		return false;
	}
	ip = value_address(&import->arena, ip);
	holder = holder_of(import, ip);
	if (holder == NULL && import->models[0].instance_count > 0) {
		item_warn(tree, item, LOST,
			  "%s is no virtual address of this file: say which "
			  "instance holds it",
			  ip);
		return false;
	}
	if (service->count == LISTENERS_MAX) {
		item_mark(tree, item, LOST, "more than %d addresses",
			  LISTENERS_MAX);
		return false;
	}
	service->listen[service->count].ip = ip;
	service->listen[service->count++].port = number;
	service->instance = holder;
	service->port = number;
	service->v6 = v6;
	service->has_family = true;
	return true;
}

/* "192.0.2.1-5 80" is five of them. */
static bool take_range(struct import *import, struct service *service,
		       struct item *item)
{
	const char *word = item_word(item, 0), *dash = strchr(word, '-');
	const char *dot = strrchr(word, '.');
	long first, last;

	if (dash == NULL || dot == NULL || dot > dash ||
	    !value_number(dash + 1, 0, 255, &last) ||
	    !value_number(arena_copy(&import->arena, dot + 1,
				     (size_t)(dash - dot) - 1),
			  0, last, &first))
		return take_listener(import, service, item, word,
				     item_word(item, 1));
	for (long i = first; i <= last; i++)
		if (!take_listener(import, service, item,
				   arena_print(&import->arena, "%.*s%ld",
					       (int)(dot - word) + 1, word, i),
				   item_word(item, 1)))
			return false;
	return true;
}

/* A service of its own here. */
static void take_mark(struct import *import, struct service *service,
		      struct item *item)
{
	struct model *model = &import->models[0];
	long mark;

	if (service->mark_count == MARKS_MAX ||
	    !value_number(item_word(item, 1), 1, 4294967295L, &mark)) {
		item_mark(&model->tree, item, IGNORED,
			  "\"%s\" is no mark: keepalived skips it",
			  item_word(item, 1));
		return;
	}
	if (service->instance == NULL && model->instance_count > 0)
		service->instance = &model->instances[0];
	service->marks[service->mark_count++] = mark;
	item_mark(&model->tree, item, NOTED,
		  "the mark is a service of its own here, fwmark-%ld, with the "
		  "same servers",
		  mark);
}

static bool read_group(struct import *import, struct service *service)
{
	struct model *model = &import->models[0];
	struct item *group =
		find_server_group(model, item_word(service->item, 2));

	if (group == NULL) {
		item_mark(&model->tree, service->item, IGNORED,
			  "there is no virtual_server_group %s: keepalived "
			  "skips it",
			  item_word(service->item, 2));
		return false;
	}
	item_carry(group);
	for (struct item *item = group->first; item; item = item->next) {
		if (strcmp(item_word(item, 0), "fwmark") == 0) {
			take_mark(import, service, item);
			continue;
		}
		if (take_range(import, service, item))
			item_carry(item);
	}
	return service->count > 0 || service->mark_count > 0;
}

static bool read_listeners(struct import *import, struct service *service)
{
	struct model *model = &import->models[0];
	struct item *item = service->item;
	const char *first = item_word(item, 1);

	if (strcmp(first, "group") == 0)
		return read_group(import, service);
	if (strcmp(first, "fwmark") != 0)
		return take_listener(import, service, item, first,
				     item_word(item, 2));
	if (!value_number(item_word(item, 2), 1, 4294967295L,
			  &service->fwmark)) {
		item_mark(&model->tree, item, IGNORED,
			  "\"%s\" is no mark: keepalived skips it",
			  item_word(item, 2));
		return false;
	}
	if (model->instance_count > 0)
		service->instance = &model->instances[0];
	if (model->instance_count > 1)
		item_mark(&model->tree, item, NOTED,
			  "which instance holds what is marked %s no "
			  "keepalived.conf says: %s is taken",
			  item_word(item, 2), service->instance->name);
	return true;
}

static const char *name_service(struct import *import,
				const struct service *service)
{
	struct arena *arena = &import->arena;
	const char *end = "";

	if (service->fwmark > 0)
		return arena_print(arena, "fwmark-%ld", service->fwmark);
	if (service->count > 1)
		return value_name(arena, item_word(service->item, 2));
	if (service->protocol != NULL && strcmp(service->protocol, "udp") == 0)
		end = "-udp";
	return value_name(arena,
			  arena_print(arena, "%s:%ld%s", service->listen[0].ip,
				      service->port, end));
}

static void write_head(struct tree *tree, struct service *service,
		       struct doc *group)
{
	struct doc *list, *at;

	doc_string(group, "name", service->name);
	if (service->instance != NULL)
		doc_string(group, "instance", service->instance->name);
	else
		doc_comment(group, "The instance that holds the address:\n"
				   "instance = \"VI_1\";");
	if (service->protocol != NULL)
		doc_string(group, "protocol", service->protocol);
	doc_string(group, "method", service->method);
	write_tunnel(tree, service, group);
	doc_string(group, "scheduler", service->scheduler);
	write_scheduler_flags(tree, service, group);
	if (service->fwmark > 0) {
		doc_value(group, "fwmark", "%ld%s", service->fwmark,
			  service->fwmark > 2147483647L ? "L" : "");
		return;
	}
	list = doc_list(group, "listen");
	for (unsigned i = 0; i < service->count; i++) {
		at = doc_group(list, NULL);
		at->inlined = true;
		doc_string(at, "ip", service->listen[i].ip);
		doc_value(at, "port", "%ld", service->listen[i].port);
	}
}

/* keepalived asks each server for it; here it is of the service. */
static void write_on_down(struct tree *tree, struct service *service,
			  struct doc *group)
{
	struct item *inhibit = item_last(service->item, "inhibit_on_failure");
	bool is_quiet = inhibit != NULL;
	unsigned with = 0, servers = 0;

	item_carry(inhibit);
	for (struct item *at = item_first(service->item, "real_server"); at;
	     at = item_again(at)) {
		struct item *own = item_last(at, "inhibit_on_failure");

		servers++;
		if (own == NULL)
			continue;
		with++;
		item_carry(own);
	}
	if (!is_quiet && with > 0 && with < servers)
		item_warn(tree, service->item, CHANGED,
			  "inhibit_on_failure stands at %u of %u servers; "
			  "on_down = \"quiesce\" is of all of them",
			  with, servers);
	doc_string(group, "on_down", is_quiet || with > 0 ? "quiesce" : "cut");
}

static void write_rest(struct import *import, struct service *service,
		       struct doc *group)
{
	struct tree *tree = &import->models[0].tree;
	struct item *ops = item_last(service->item, "ops");
	struct item *alpha = item_last(service->item, "alpha");

	write_persistence(tree, service, group);
	write_quorum(import, service, group);
	write_fallback(tree, service, group);
	write_on_down(tree, service, group);
	if (ops != NULL) {
		doc_value(group, "one_packet", "true");
		item_carry(ops);
	}
	if (alpha != NULL)
		item_mark(tree, alpha, NOTED,
			  "that a server is down until a check passed is the "
			  "rule in twinbeat");
	service_notify(import, service, service->item, NULL);
}

static void write_one(struct import *import, struct service *service)
{
	struct item *item = service->item;
	struct doc *group, *servers;

	if (import->services == NULL)
		import->services = doc_optional(
			doc_list(director_open(import), "services"), NULL);
	service->name =
		doc_name_in(import->services, name_service(import, service));
	group = doc_optional(doc_group(import->services, NULL), item);
	if (item->doc == NULL)
		item->doc = group;
	write_head(&import->models[0].tree, service, group);
	write_rest(import, service, group);
	servers = doc_list(group, "servers");
	for (struct item *at = item_first(item, "real_server"); at;
	     at = item_again(at))
		write_server(import, service, at, servers);
	service_note_mail(import, service);
}

static void write_service(struct import *import, struct item *item)
{
	struct service service = {.item = item};
	struct model *model = &import->models[0];

	if (item_first(item, "real_server") == NULL) {
		item_mark_all(item, IGNORED);
		item_mark(&model->tree, item, IGNORED,
			  "it has no real_server: keepalived skips it");
		return;
	}
	item_carry(item);
	if (!read_listeners(import, &service)) {
		item_mark_all(item, item->outcome == LOST ? LOST : IGNORED);
		for (struct item *at = item->first; at; at = at->next)
			item_mark_all(at, item->outcome);
		return;
	}
	read_protocol(&model->tree, &service);
	read_method(&model->tree, &service);
	read_scheduler(&model->tree, &service);
	service.weight =
		value_of(import, model, item, "weight", 0, 2147483647, 1);
	if (service.count > 0 || service.fwmark > 0)
		write_one(import, &service);
	for (unsigned i = 0; i < service.mark_count; i++) {
		struct service marked = service;

		marked.count = 0;
		marked.port = 0;
		marked.fwmark = service.marks[i];
		marked.protocol = NULL;
		write_one(import, &marked);
	}
}

/* ---- all of them ---- */

void write_services(struct import *import)
{
	struct item *root = import->models[0].tree.root;

	director_write(import);
	for (struct item *item = item_first(root, "virtual_server"); item;
	     item = item_again(item))
		write_service(import, item);
}
