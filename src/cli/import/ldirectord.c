/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ldirectord.cf: its virtual servers in the director's keys. It has no VRRP,
 * so the result is a piece for a twinbeat.conf that is there. Options before
 * the first virtual hold for all; checks run each checkinterval, failurecount
 * of them fail a server, one good one brings it back.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ldirectord.h"

#define CHECK_INTERVAL_S    10
#define CHECK_TIMEOUT_S	    5
#define NEGOTIATE_TIMEOUT_S 30

struct ldirectord {
	struct import *import;
	struct tree *tree;
	struct item *root;
	struct doc *services;
};

bool ldirectord_is(const struct lines *lines)
{
	for (unsigned i = 0; i < lines->count; i++) {
		const char *text = lines->at[i].text;

		if (lines->at[i].kind != LINE_WORDS ||
		    strncmp(text, "virtual", 7) != 0)
			continue;
		text += text[7] == '6' ? 8 : 7;
		if (text[strspn(text, " \t")] == '=')
			return true;
	}
	return false;
}

/* virtual6, real6, fallback6: the addresses say the same. */
static const char *without_family(const char *key)
{
	static const char *const keys[] = {"virtual", "real", "fallback"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strncmp(key, keys[i], strlen(keys[i])) == 0 &&
		    strcmp(key + strlen(keys[i]), "6") == 0)
			return keys[i];
	return key;
}

/* "key = a b" as the words key, a, b. */
static void split_option(struct arena *arena, struct item *item)
{
	static const char blanks[] = " \t,";
	const char *equals = strchr(item->text, '=');
	const char *at = equals != NULL ? equals + 1 : "";
	size_t size = strcspn(item->text, " \t=");

	item->words = arena_alloc(arena, (strlen(item->text) / 2 + 3) *
						 sizeof(item->words[0]));
	item->words[0] = without_family(arena_copy(arena, item->text, size));
	item->count = 1;
	for (at += strspn(at, blanks); *at != '\0'; at += strspn(at, blanks)) {
		bool quoted = *at == '"';

		at += quoted;
		size = strcspn(at, quoted ? "\"" : blanks);
		item->words[item->count++] = arena_copy(arena, at, size);
		at += size + (quoted && at[size] == '"');
	}
}

static void build(struct ldirectord *ldirectord)
{
	const struct lines *lines = &ldirectord->tree->lines;
	struct arena *arena = ldirectord->tree->arena;
	struct item *virtual = NULL;

	for (unsigned i = 0; i < lines->count; i++) {
		const struct line *line = &lines->at[i];
		struct item *item = arena_alloc(arena, sizeof(*item)), *parent;

		if (line->kind != LINE_WORDS)
			continue;
		item->file = line->file;
		item->number = line->number;
		item->text = line->text;
		split_option(arena, item);
		parent = virtual;
		if (strcmp(item->words[0], "virtual") == 0 || parent == NULL)
			parent = ldirectord->root;
		if (strcmp(item->words[0], "virtual") == 0)
			virtual = item;
		item_append(parent, item);
	}
}

/* The service's, else the one for all; NULL. */
static struct item *option_of(struct ldirectord *ldirectord,
			      struct item *virtual, const char *name)
{
	struct item *owners[] = {virtual, ldirectord->root};

	for (unsigned i = 0; i < 2; i++) {
		struct item *last = NULL;

		for (struct item *at = owners[i]->first; at; at = at->next)
			if (strcmp(at->words[0], name) == 0)
				last = at;
		if (last != NULL) {
			item_carry(last);
			return last;
		}
	}
	return NULL;
}

static const char *text_of(struct ldirectord *ldirectord, struct item *virtual,
			   const char *name, const char *fallback)
{
	struct item *item = option_of(ldirectord, virtual, name);

	return item != NULL && item->count > 1 ? item->words[1] : fallback;
}

static long number_of(struct ldirectord *ldirectord, struct item *virtual,
		      const char *name, long fallback)
{
	struct item *item = option_of(ldirectord, virtual, name);
	long value = fallback;

	if (item != NULL &&
	    !value_number(item_word(item, 1), 0, 2000000, &value))
		item_mark(ldirectord->tree, item, CHANGED,
			  "\"%s\" is no number: %ld is written",
			  item_word(item, 1), fallback);
	return value;
}

/* "192.0.2.1:80", "192.0.2.1:http": false if the port is no number. */
static bool split_place(struct arena *arena, const char *text, const char **ip,
			long *port)
{
	static const char *const names[][2] = {{"http", "80"},
					       {"https", "443"},
					       {"smtp", "25"},
					       {"ftp", "21"},
					       {"domain", "53"}};
	const char *colon = strrchr(text, ':'), *name;

	*port = 0;
	if (colon == NULL) {
		*ip = text;
		return true;
	}
	*ip = arena_copy(arena, text, (size_t)(colon - text));
	if ((*ip)[0] == '[' && strlen(*ip) > 2)
		*ip = arena_copy(arena, *ip + 1, strlen(*ip) - 2);
	name = colon + 1;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i][0], name) == 0)
			name = names[i][1];
	return value_number(name, 1, 65535, port);
}

static const char *method_name(const char *word)
{
	if (strcmp(word, "masq") == 0)
		return "nat";
	return strcmp(word, "ipip") == 0 ? "tun" : "dr";
}

/* ---- checks ---- */

static const char *service_of(struct ldirectord *ldirectord,
			      struct item *virtual, long port)
{
	const char *guess = port == 443	 ? "https"
			    : port == 25 ? "smtp"
			    : port == 53 ? "dns"
			    : port == 80 ? "http"
					 : "none";

	return text_of(ldirectord, virtual, "service", guess);
}

/* It is Perl's there, as it is here. */
static void write_receive(struct ldirectord *ldirectord, struct item *virtual,
			  const char *body, struct doc *check)
{
	const char *method = text_of(ldirectord, virtual, "httpmethod", "GET");
	const char *why;

	if (strcasecmp(method, "HEAD") == 0) {
		doc_string(check, "method", "HEAD");
		if (body != NULL)
			item_warn(ldirectord->tree, virtual, LOST,
				  "receive = \"%s\" with httpmethod = HEAD: no "
				  "page comes that could have it",
				  body);
		return;
	}
	if (body == NULL)
		return;
	why = value_refused_pattern(body);
	if (why == NULL)
		doc_string(check, "body", body);
	else
		item_warn(ldirectord->tree, virtual, LOST,
			  "receive = \"%s\": %s; the status alone is checked",
			  body, why);
}

/* negotiate: what the service speaks; what twinbeat does not is a connection.
 */
static void write_negotiate(struct ldirectord *ldirectord, struct item *virtual,
			    struct item *real, long port, struct doc *check)
{
	const char *service = service_of(ldirectord, virtual, port);
	const char *path = text_of(ldirectord, virtual, "request", NULL);
	const char *body = text_of(ldirectord, virtual, "receive", NULL);
	const char *host = text_of(ldirectord, virtual, "virtualhost", NULL);
	bool tls = strcmp(service, "https") == 0;
	struct doc *group;

	if (real->count > 4) {
		path = real->words[real->count - 2];
		body = real->words[real->count - 1];
	}
	if (tls || strcmp(service, "http") == 0) {
		doc_string(check, "type", "http");
		if (host != NULL)
			doc_string(check, "host", host);
		if (path != NULL)
			doc_string(check, "path",
				   arena_print(ldirectord->tree->arena, "%s%s",
					       path[0] == '/' ? "" : "/",
					       path));
		write_receive(ldirectord, virtual, body, check);
		if (tls) {
			group = doc_group(check, "tls");
			group->inlined = true;
			doc_value(group, "verify", "false");
		}
	} else if (strcmp(service, "smtp") == 0 ||
		   strcmp(service, "dns") == 0) {
		doc_string(check, "type", service);
		if (path != NULL && strcmp(service, "dns") == 0)
			doc_string(check, "query", path);
		if (body != NULL && strcmp(service, "dns") == 0) {
			doc_string(check, "record", "A");
			doc_string(check, "expect", body);
		}
	} else {
		doc_string(check, "type", "tcp");
		item_mark(ldirectord->tree, virtual, LOST,
			  "what is said to %s is not checked, only that it "
			  "takes a connection",
			  service);
	}
}

/* server_port: what the server's key says, 0 where it has none. */
static void write_check(struct ldirectord *ldirectord, struct item *virtual,
			struct item *real, long port, long server_port,
			struct doc *list)
{
	const char *type =
		text_of(ldirectord, virtual, "checktype", "negotiate");
	const char *command =
		text_of(ldirectord, virtual, "checkcommand", NULL);
	long check_port = number_of(ldirectord, virtual, "checkport", port);
	long timeout_s =
		number_of(ldirectord, virtual, "checktimeout", CHECK_TIMEOUT_S);
	struct doc *check = doc_group(list, NULL);
	long inter_s = number_of(ldirectord, virtual, "checkinterval",
				 CHECK_INTERVAL_S);

	/* N: so many connections, and then what the service speaks */
	if (type[0] >= '0' && type[0] <= '9')
		type = "negotiate";
	if (strcmp(type, "off") == 0 || strcmp(type, "on") == 0) {
		doc_string(check, "type", "none");
		return;
	}
	if (strcmp(type, "ping") == 0) {
		doc_string(check, "type", "ping");
	} else if (strncmp(type, "external", 8) == 0 && command != NULL) {
		doc_string(check, "type", "command");
		doc_string(check, "command", command);
		item_warn(ldirectord->tree,
			  option_of(ldirectord, virtual, "checkcommand"),
			  CHANGED,
			  "%sldirectord appends the service's and the server's "
			  "address and port; here they are in the environment: "
			  "TWINBEAT_ADDRESS, TWINBEAT_PORT",
			  strcmp(type, "external-perl") == 0
				  ? "it is Perl that ldirectord runs itself, "
				    "and must be a program; "
				  : "");
	} else if (strcmp(type, "negotiate") == 0) {
		write_negotiate(ldirectord, virtual, real, port, check);
		timeout_s = number_of(ldirectord, virtual, "negotiatetimeout",
				      NEGOTIATE_TIMEOUT_S);
	} else {
		doc_string(check, "type", "tcp");
	}
	/* a ping has no port */
	if (check_port != server_port && strcmp(type, "ping") != 0)
		doc_value(check, "port", "%ld", check_port);
	/* A check that lasts longer than its interval is none. */
	if (timeout_s > inter_s) {
		item_warn(ldirectord->tree, virtual, CHANGED,
			  "a check may last %ld s there, and here no longer "
			  "than the time between two, %ld s: set both as you "
			  "want them",
			  timeout_s, inter_s);
		timeout_s = inter_s;
	}
	doc_value(check, "inter_ms", "%ld", 1000 * inter_s);
	doc_value(check, "timeout_ms", "%ld", 1000 * timeout_s);
	doc_value(check, "fall", "%ld",
		  number_of(ldirectord, virtual, "failurecount", 1));
	doc_value(check, "rise", "1");
}

/* ---- servers and services ---- */

/* virtual = 7: packets by their mark, whatever port they are for. */
static bool is_mark(const struct item *virtual)
{
	long mark;

	return value_number(item_word(virtual, 1), 1, 2147483647, &mark);
}

static void write_real(struct ldirectord *ldirectord, struct item *virtual,
		       struct item *real, const char *ip, long port,
		       const char *method, struct doc *list)
{
	struct arena *arena = ldirectord->tree->arena;
	const char *own = method_name(item_word(real, 2));
	/* by dr and tun they arrive as they were sent */
	long weight = 1,
	     server_port =
		     is_mark(virtual) && strcmp(own, "nat") != 0 ? 0 : port;
	struct doc *group = doc_group(list, NULL);

	doc_string(group, "name",
		   value_name(arena,
			      port > 0 ? arena_print(arena, "%s:%ld", ip, port)
				       : ip));
	doc_string(group, "address", ip);
	if (server_port > 0)
		doc_value(group, "port", "%ld", server_port);
	value_number(item_word(real, 3), 0, 65535, &weight);
	/* off: ldirectord never takes it in */
	if (strcmp(text_of(ldirectord, virtual, "checktype", ""), "off") == 0)
		weight = 0;
	doc_value(group, "weight", "%ld", weight);
	if (strcmp(own, method) != 0)
		doc_string(group, "method", own);
	write_check(ldirectord, virtual, real, port, server_port,
		    doc_list(group, "checks"));
}

/* "192.0.2.1->192.0.2.3:80" is three of them. */
static void write_reals(struct ldirectord *ldirectord, struct item *virtual,
			struct item *real, const char *method, struct doc *list)
{
	struct arena *arena = ldirectord->tree->arena;
	const char *word = item_word(real, 1), *arrow = strstr(word, "->");
	const char *first = word, *last = NULL;
	unsigned char from[4], to[4];
	long port;
	bool v6;

	item_carry(real);
	if (arrow != NULL) {
		first = arena_copy(arena, word, (size_t)(arrow - word));
		word = arrow + 2;
	}
	if (!split_place(arena, word, &last, &port) ||
	    !value_is_address(last, &v6) ||
	    (arrow != NULL &&
	     (!value_ipv4(first, from) || !value_ipv4(last, to) ||
	      memcmp(from, to, 3) != 0 || from[3] > to[3]))) {
		item_mark(ldirectord->tree, real, LOST,
			  "\"%s\" is no address and port, nor a range within "
			  "a /24; a name has no setting here",
			  item_word(real, 1));
		return;
	}
	if (arrow == NULL) {
		write_real(ldirectord, virtual, real, last, port, method, list);
		return;
	}
	for (unsigned i = from[3]; i <= to[3]; i++)
		write_real(ldirectord, virtual, real,
			   arena_print(arena, "%u.%u.%u.%u", from[0], from[1],
				       from[2], i),
			   port, method, list);
}

static void write_fallback(struct ldirectord *ldirectord, struct item *virtual,
			   const char *method, long its_port, struct doc *group)
{
	struct item *item = option_of(ldirectord, virtual, "fallback");
	struct doc *fallback;
	const char *ip;
	long port;

	if (item == NULL || !split_place(ldirectord->tree->arena,
					 item_word(item, 1), &ip, &port))
		return;
	fallback = doc_group(group, "fallback");
	fallback->inlined = true;
	doc_string(fallback, "address", ip);
	if (item->count > 2)
		method = method_name(item_word(item, 2));
	if (port > 0 && strcmp(method, "nat") == 0)
		doc_value(fallback, "port", "%ld", port);
	else if (port > 0 && port != its_port)
		item_mark(ldirectord->tree, item, CHANGED,
			  "only masq can change the port: it gets packets for "
			  "that of the service");
	if (item->count > 2)
		doc_string(fallback, "method", method);
}

static void write_listen(struct item *virtual, const char *ip, long port,
			 struct doc *group)
{
	struct doc *at;
	bool v6;

	doc_comment(group, "The instance that holds the address:\n"
			   "instance = \"VI_1\";");
	if (!value_is_address(ip, &v6)) {
		doc_value(group, "fwmark", "%s", item_word(virtual, 1));
		return;
	}
	at = doc_group(doc_list(group, "listen"), NULL);
	at->inlined = true;
	doc_string(at, "ip", ip);
	doc_value(at, "port", "%ld", port);
}

static void write_persistence(struct ldirectord *ldirectord,
			      struct item *virtual, struct doc *group)
{
	struct item *mask = option_of(ldirectord, virtual, "netmask");
	long seconds = number_of(ldirectord, virtual, "persistent", 0);
	long prefix = mask != NULL ? value_prefix(item_word(mask, 1)) : 0;
	struct doc *persistence;

	if (seconds <= 0)
		return;
	persistence = doc_group(group, "persistence");
	persistence->inlined = true;
	doc_value(persistence, "timeout_s", "%ld", seconds);
	if (prefix > 0)
		doc_value(persistence, "prefix", "%ld", prefix);
}

static void write_virtual(struct ldirectord *ldirectord, struct item *virtual)
{
	struct arena *arena = ldirectord->tree->arena;
	const char *place = item_word(virtual, 1), *ip, *method = "dr";
	const char *protocol;
	struct doc *group, *servers;
	long port, mark;
	bool v6;

	item_carry(virtual);
	if (!split_place(arena, place, &ip, &port) ||
	    (!value_is_address(ip, &v6) &&
	     !value_number(place, 1, 2147483647, &mark))) {
		item_mark_all(virtual, LOST);
		item_mark(ldirectord->tree, virtual, LOST,
			  "\"%s\" is no address and port, and no mark", place);
		return;
	}
	for (struct item *at = virtual->last ? virtual->first : NULL; at;
	     at = at->next)
		if (strcmp(at->words[0], "real") == 0) {
			method = method_name(item_word(at, 2));
			break;
		}
	group = doc_optional(doc_group(ldirectord->services, NULL), virtual);
	virtual->doc = group;
	doc_string(group, "name", value_name(arena, place));
	write_listen(virtual, ip, port, group);
	protocol = text_of(ldirectord, virtual, "protocol",
			   port == 53 ? "udp" : "tcp");
	if (strcmp(protocol, "fwm") != 0)
		doc_string(group, "protocol", protocol);
	doc_string(group, "method", method);
	doc_string(group, "scheduler",
		   text_of(ldirectord, virtual, "scheduler", "wrr"));
	write_persistence(ldirectord, virtual, group);
	if (strcmp(text_of(ldirectord, virtual, "ops", "no"), "yes") == 0)
		doc_value(group, "one_packet", "true");
	write_fallback(ldirectord, virtual, method, port, group);
	doc_string(group, "on_down",
		   strcmp(text_of(ldirectord, virtual, "quiescent", "yes"),
			  "no") == 0
			   ? "cut"
			   : "quiesce");
	servers = doc_list(group, "servers");
	for (struct item *at = virtual->first; at; at = at->next)
		if (strcmp(at->words[0], "real") == 0)
			write_reals(ldirectord, virtual, at, method, servers);
}

static void mark_rest(struct ldirectord *ldirectord, struct item *parent)
{
	static const char *const quiet[] = {
		"autoreload", "logfile",       "fork",	    "supervised",
		"checkcount", "callback",      "cleanstop", "maintenancedir",
		"service",    "readdquiescent"};

	for (struct item *item = parent->first; item; item = item->next) {
		for (unsigned i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
			if (item->outcome == UNSEEN &&
			    strcmp(item->words[0], quiet[i]) == 0)
				item_mark(ldirectord->tree, item, NOTED,
					  "twinbeat has its own way for this");
		if (item->outcome == UNSEEN &&
		    strncmp(item->words[0], "emailalert", 10) == 0)
			item_mark(ldirectord->tree, item, LOST,
				  "mail and notify = ( { mail = true; on = ( "
				  "\"server-up\", \"server-down\" ); } ) do "
				  "this");
		if (item->outcome == UNSEEN)
			item_mark(ldirectord->tree, item, LOST,
				  "twinbeat has no setting for this");
		mark_rest(ldirectord, item);
	}
}

void ldirectord_write(struct import *import)
{
	struct tree *tree = &import->models[0].tree;
	struct ldirectord ldirectord = {.import = import, .tree = tree};
	struct doc *director;

	tree->root = arena_alloc(tree->arena, sizeof(*tree->root));
	ldirectord.root = tree->root;
	build(&ldirectord);
	doc_comment(import->root,
		    "Made by twinbeat import from %s, an ldirectord.cf: a "
		    "piece to put into a twinbeat.conf. Say in each service "
		    "which instance holds its address.",
		    import->models[0].path);
	director = doc_optional(doc_group(import->root, "director"), NULL);
	ldirectord.services =
		doc_optional(doc_list(director, "services"), NULL);
	for (struct item *item = tree->root->first; item; item = item->next)
		if (strcmp(item->words[0], "virtual") == 0)
			write_virtual(&ldirectord, item);
	mark_rest(&ldirectord, tree->root);
}
