/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Health checks. keepalived: a check each delay_loop; failing, retry times
 * more, delay_before_retry apart, then the server is out; one good answer and
 * it is in again. twinbeat: inter_ms, fall = retry + 1, fastinter_ms, rise = 1.
 */
#include <string.h>
#include <strings.h>

#include "service.h"

static const struct check_kind kinds[] = {
	{"TCP_CHECK", "tcp", 1, 1, true},
	{"HTTP_GET", "http", 1, 3, true},
	{"SSL_GET", "http", 1, 3, true},
	{"SMTP_CHECK", "smtp", 1, 1, true},
	{"DNS_CHECK", "dns", 3, AS_DELAY_LOOP, true},
	{"PING_CHECK", "ping", 1, 1, true},
	{"UDP_CHECK", "udp", 1, 1, true},
	{"MISC_CHECK", "command", 0, 1, false},
};

static const struct check_kind *kind_of(const struct item *item)
{
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (item_is(item, kinds[i].name))
			return &kinds[i];
	return NULL;
}

static void write_text(struct item *check, const char *name, struct doc *group,
		       const char *key)
{
	struct item *item = item_last(check, name);

	if (item == NULL)
		return;
	doc_string(group, key, item_word(item, 1));
	item_carry(item);
}

/* place: the check, or a host block of it. */
static void write_place(struct import *import, const struct server *server,
			struct item *place, struct doc *group)
{
	long port = value_of(import, &import->models[0], place, "connect_port",
			     1, 65535, server->check_port);

	if (port != server->port)
		doc_value(group, "port", "%ld", port);
	write_text(place, "connect_ip", group, "address");
	write_text(place, "bindto", group, "source");
}

/* A ping has no port. */
static void write_machine(struct import *import, struct item *check,
			  struct doc *group)
{
	struct item *port = item_last(check, "connect_port");

	if (port != NULL)
		item_mark(&import->models[0].tree, port, NOTED,
			  "a ping has no port");
	write_text(check, "connect_ip", group, "address");
	write_text(check, "bindto", group, "source");
}

/* What has no setting here, and why that is. */
static void mark_rest(struct tree *tree, struct item *block)
{
	static const struct {
		const char *name;
		enum outcome outcome;
		const char *why;
	} words[] = {
		{"warmup", NOTED,
		 "twinbeat asks at once, spread by spread_percent, and nobody "
		 "serves before a check has passed"},
		{"alpha", NOTED,
		 "that a server is down until a check passed is the rule in "
		 "twinbeat"},
		{"log_all_failures", NOTED,
		 "the log has what changes; twinbeat director list has the "
		 "last answer of each"},
		{"user", LOST,
		 "it is run as the user of the checker, twinbeat"},
		{"fwmark", LOST, "what a check sends has no mark here"},
		{"bind_port", LOST, "the kernel chooses the port of a check"},
		{"bind_if", LOST,
		 "a check goes by the route; source = \"ADDRESS\" says from "
		 "which address"},
		{"icmp_id", NOTED, "twinbeat has an id of its own"},
		{"payload", LOST, "nothing is sent without an answer to it"},
		{"require_reply", LOST, "any reply is enough for it"},
	};

	for (struct item *at = block->first; at; at = at->next)
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (at->outcome == UNSEEN && item_is(at, words[i].name))
				item_mark(tree, at, words[i].outcome, "%s",
					  words[i].why);
}

/* The url's, the checker's, the server's, the service's. */
static void write_host(const struct server *server, struct item *check,
		       struct item *url, struct doc *group)
{
	struct item *owners[] = {url, check, server->item,
				 server->service->item};

	for (unsigned i = 0; i < 4; i++) {
		struct item *item = item_last(owners[i], "virtualhost");

		if (item == NULL)
			continue;
		doc_string(group, "host", item_word(item, 1));
		item_carry(item);
		return;
	}
}

static void write_status(struct import *import, struct item *url,
			 struct doc *group)
{
	struct item *item = item_last(url, "status_code");
	const char *list = NULL;

	if (item == NULL)
		return;
	for (unsigned i = 1; i < item->count; i++)
		list = doc_strings(&import->arena, list, item->words[i]);
	doc_value(group, "status", "%s", list);
	item_carry(item);
}

static void write_digest(struct tree *tree, struct item *url, struct doc *group)
{
	struct item *digest = item_last(url, "digest");
	const char *text = item_word(digest, 1);

	if (digest == NULL)
		return;
	if (strlen(text) != 32 ||
	    strspn(text, "0123456789abcdefABCDEF") != 32) {
		item_warn(tree, digest, IGNORED,
			  "\"%s\" is no MD5 of 32 hex digits", text);
		return;
	}
	doc_string(group, "digest", text);
	item_carry(digest);
}

/* PCRE's "caseless" is (?i) here. NULL: one of them has no setting. */
static const char *options_of(struct item *url)
{
	struct item *item = item_last(url, "regex_options");
	const char *prefix = "";

	for (unsigned i = 1; item != NULL && i < item->count; i++) {
		if (strcmp(item->words[i], "caseless") != 0)
			return NULL;
		prefix = "(?i)";
	}
	if (item != NULL)
		item_carry(item);
	return prefix;
}

/* What looks at a part of the page, or has a stack. */
static void mark_offsets(struct tree *tree, struct item *url)
{
	static const char *const names[] = {"regex_min_offset",
					    "regex_max_offset"};
	struct item *stack = item_last(url, "regex_stack");

	if (stack != NULL)
		item_mark(tree, stack, NOTED,
			  "no page needs a stack here, whatever it is");
	for (unsigned i = 0; i < 2; i++) {
		struct item *item = item_last(url, names[i]);

		if (item != NULL)
			item_warn(tree, item, LOST,
				  "here the first 64 KB of the page are looked "
				  "at, from the first byte on");
	}
}

static void write_regex(struct import *import, struct item *url,
			struct doc *group)
{
	static const char none[] = "the status alone is checked";
	struct tree *tree = &import->models[0].tree;
	struct item *regex = item_last(url, "regex");
	struct item *no_match = item_last(url, "regex_no_match");
	const char *prefix = options_of(url), *text, *why;

	if (regex == NULL)
		return;
	mark_offsets(tree, url);
	if (prefix == NULL) {
		item_warn(tree, regex, LOST,
			  "of regex_options twinbeat has caseless alone: %s",
			  none);
		return;
	}
	text = arena_print(&import->arena, "%s%s", prefix,
			   value_escaped(&import->arena, regex));
	why = value_refused_pattern(text);
	if (why != NULL) {
		item_warn(tree, regex, LOST,
			  "%s: %s; write body = \"...\" for what must be in "
			  "the page",
			  why, none);
		return;
	}
	doc_string(group, "body", text);
	item_carry(regex);
	if (no_match == NULL)
		return;
	doc_value(group, "body_absent", "true");
	item_carry(no_match);
}

/* Who is asked for in TLS: without enable_sni keepalived names nobody. */
static void write_tls(struct import *import, struct item *check,
		      struct doc *group)
{
	struct tree *tree = &import->models[0].tree;
	struct doc *tls = doc_group(group, "tls");
	struct item *sni = item_last(check, "enable_sni");

	tls->inlined = true;
	doc_value(tls, "verify", "false");
	write_text(check, "sni_name", tls, "sni");
	item_mark(tree, check, NOTED,
		  "keepalived never verified the certificate, and so verify = "
		  "false is written");
	if (sni != NULL)
		item_carry(sni);
}

static void mark_http(struct import *import, struct item *check)
{
	struct tree *tree = &import->models[0].tree;
	struct item *protocol = item_last(check, "http_protocol");
	struct item *fast = item_last(check, "fast_recovery");

	if (protocol != NULL)
		item_mark(tree, protocol, NOTED,
			  "twinbeat asks by HTTP/1.1 always, and by a "
			  "connection of its own unless keepalive = true");
	if (fast != NULL)
		item_mark(tree, fast, NOTED,
			  "several urls are asked beside each other here");
}

static void write_url(struct import *import, const struct server *server,
		      struct item *check, struct item *url, struct doc *list)
{
	struct doc *group;

	if (item_last(url, "path") == NULL) {
		item_mark_all(url, IGNORED);
		item_mark(&import->models[0].tree, url, IGNORED,
			  "it has no path: keepalived drops this url");
		return;
	}
	group = doc_group(list, NULL);
	doc_string(group, "type", "http");
	write_place(import, server, check, group);
	write_host(server, check, url, group);
	item_carry(url);
	write_text(url, "path", group, "path");
	write_status(import, url, group);
	write_digest(&import->models[0].tree, url, group);
	write_regex(import, url, group);
	if (item_is(check, "SSL_GET"))
		write_tls(import, check, group);
	times_write(import, server, check, kind_of(check), group);
}

static void write_http(struct import *import, const struct server *server,
		       struct item *check, struct doc *list)
{
	struct item *url = item_first(check, "url");

	if (url == NULL)
		item_mark(&import->models[0].tree, check, IGNORED,
			  "it has no url: keepalived drops this check");
	mark_http(import, check);
	for (; url != NULL; url = item_again(url))
		write_url(import, server, check, url, list);
}

/* As settings/verify_checks.c has it. */
static bool knows_weights(const char *scheduler)
{
	static const char *const none[] = {"rr", "lc", "dh", "sh",
					   "mh", "fo", "ovf"};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (strcmp(none[i], scheduler) == 0)
			return false;
	return true;
}

static const char *write_command(struct import *import,
				 const struct server *server,
				 struct item *check, struct doc *group)
{
	struct tree *tree = &import->models[0].tree;
	struct item *item = item_only(tree, check, "misc_path");
	struct item *dynamic = item_last(check, "misc_dynamic");
	const char *command, *rest;

	if (item == NULL) {
		item_mark(tree, check, IGNORED,
			  "it has no misc_path: keepalived drops this check");
		return "it has no misc_path";
	}
	item_carry(item);
	command = value_command(&import->arena, item, &rest);
	if (rest[0] != '\0')
		item_mark(tree, item, CHANGED,
			  "without quotation marks keepalived runs \"%s\" "
			  "alone, and drops \"%s\"",
			  command, rest);
	command = value_program(import, tree, item, command,
				"it drops the check, and the server is up "
				"without it");
	if (command == NULL)
		return "its program is not found";
	doc_string(group, "command", command);
	if (dynamic == NULL)
		return NULL;
	if (!knows_weights(server->service->scheduler)) {
		item_mark(tree, dynamic, IGNORED,
			  "%s knows no weights: what keepalived changed had no "
			  "effect",
			  server->service->scheduler);
		return NULL;
	}
	doc_value(group, "dynamic", "true");
	item_warn(tree, dynamic, CHANGED,
		  "another scale: keepalived takes exit status 2 to 255 for "
		  "the weight + 2; twinbeat 10 to 110 for 0 to 100 %% of the "
		  "weight, 2 for drained: change the script");
	return NULL;
}

/* The longest run of whole bytes in it: 'x' stands for any half of one. */
static const char *plain_hex(struct arena *arena, const char *pattern)
{
	size_t best = 0, best_at = 0;

	for (size_t at = 0; pattern[at] != '\0'; at += 2) {
		size_t size =
			strspn(pattern + at, "0123456789abcdefABCDEF") & ~1u;

		if (size > best) {
			best = size;
			best_at = at;
		}
		if (pattern[at + 1] == '\0')
			break;
	}
	return arena_copy(arena, pattern + best_at, best);
}

/* The rest of the line: blanks may stand between the bytes. */
static const char *hex_of(struct arena *arena, const struct item *item)
{
	const char *hex = item_word(item, 1);

	for (unsigned i = 2; i < item->count; i++)
		hex = arena_print(arena, "%s%s", hex, item_word(item, i));
	return hex;
}

/* findings/keepalived-udp-payload-ff.sh */
static bool ends_with_ff(const char *hex)
{
	size_t size = strlen(hex);

	return size >= 2 && strcasecmp(hex + size - 2, "ff") == 0;
}

static void write_payload(struct import *import, struct item *payload,
			  struct doc *group)
{
	const char *hex = hex_of(&import->arena, payload);

	doc_string(group, "send", hex);
	item_carry(payload);
	if (ends_with_ff(hex))
		item_mark(&import->models[0].tree, payload, CHANGED,
			  "keepalived 2.2.7 refuses a payload that ends with "
			  "ff; it is sent now");
}

/* Without require_reply keepalived takes silence for an answer: it waits for
 * the "port unreachable" of a machine that lives. False: a ping is written. */
static bool write_udp(struct import *import, struct item *check,
		      struct doc *group)
{
	static const char *const lengths[] = {"min_reply_length",
					      "max_reply_length"};
	struct tree *tree = &import->models[0].tree;
	struct item *payload = item_last(check, "payload");
	struct item *reply = item_last(check, "require_reply");
	const char *pattern, *expect;

	if (reply == NULL || reply->count < 2) {
		doc_string(group, "type", "ping");
		item_warn(tree, check, CHANGED,
			  "%s: twinbeat does not take silence for an answer, "
			  "and asks by ping whether the machine is there",
			  reply == NULL ? "without require_reply it passes "
					  "unless the port is unreachable"
					: "any reply is enough");
		return false;
	}
	pattern = hex_of(&import->arena, reply);
	expect = plain_hex(&import->arena, pattern);
	doc_string(group, "type", "udp");
	doc_value(group, "hex", "true");
	if (payload != NULL)
		write_payload(import, payload, group);
	doc_string(group, "expect", expect);
	item_carry(reply);
	if (strcmp(expect, pattern) != 0)
		item_mark(tree, reply, CHANGED,
			  "x has no setting here: %s, the longest part "
			  "without it, must be in the answer",
			  expect);
	for (unsigned i = 0; i < 2; i++) {
		struct item *length = item_last(check, lengths[i]);

		if (length != NULL)
			item_mark(tree, length, LOST,
				  "the length of an answer has no setting "
				  "here");
	}
	return true;
}

static void write_dns(struct item *check, struct doc *group)
{
	write_text(check, "name", group, "query");
	write_text(check, "type", group, "record");
}

/* What has no setting here is no check that is made. */
static bool is_lost(struct tree *tree, struct item *item)
{
	if (!item_is(item, "BFD_CHECK"))
		return false;
	item_mark_all(item, LOST);
	item_warn(tree, item, LOST, "BFD has no setting here");
	return true;
}

/* ---- files ---- */

/* track_file { }, under its old name, too. */
static struct item *find_tracked(struct tree *tree, const char *name)
{
	static const char *const names[] = {"track_file", "vrrp_track_file"};

	for (unsigned i = 0; i < 2; i++)
		for (struct item *item = item_first(tree->root, names[i]);
		     item != NULL; item = item_again(item))
			if (strcmp(item_word(item, 1), name) == 0)
				return item;
	return NULL;
}

/* A weight of 0 means that of the track_file, where none means 1
 * (keepalived/check/check_file.c). */
static long weight_of(struct item *check, struct item *tracked, bool *reverse)
{
	struct item *owners[] = {check, tracked};
	long weight = 1;

	*reverse = false;
	for (unsigned i = 0; i < 2; i++) {
		struct item *item = item_last(owners[i], "weight");

		if (item == NULL)
			continue;
		item_carry(item);
		if (!value_number(item_word(item, 1), -2147483647L, 2147483647L,
				  &weight))
			weight = 1;
		*reverse = strcmp(item_word(item, 2), "reverse") == 0;
		if (weight != 0)
			return weight;
	}
	return weight;
}

/* NULL: the number says up or down, and nothing of a weight. */
static const char *refuse_file(struct import *import, struct item *check,
			       struct item *tracked)
{
	bool reverse;
	long weight = weight_of(check, tracked, &reverse);

	if (weight != 0)
		return arena_print(
			&import->arena,
			"keepalived adds the file's number times "
			"%ld to the weight, and which numbers are "
			"written is not known here: with type = "
			"\"file\" whoever writes it says 50%%, drain "
			"or down",
			weight);
	return reverse ? "reverse: a file that is up with another number than "
			 "0 has no setting here"
		       : NULL;
}

static void write_file(struct import *import, const struct server *server,
		       struct item *check, struct doc *list)
{
	struct tree *tree = &import->models[0].tree;
	struct item *name = item_last(check, "track_file");
	struct item *tracked = find_tracked(tree, item_word(name, 1));
	struct item *path = tracked ? item_only(tree, tracked, "file") : NULL;
	struct item *init = tracked ? item_last(tracked, "init_file") : NULL;
	const char *why;
	struct doc *group;

	if (name == NULL || path == NULL) {
		item_mark_all(check, IGNORED);
		item_mark(tree, check, IGNORED,
			  "there is no track_file \"%s\" with a file: "
			  "keepalived drops this check",
			  item_word(name, 1));
		return;
	}
	item_carry(check);
	item_carry(name);
	why = refuse_file(import, check, tracked);
	if (why != NULL) {
		item_mark_all(check, LOST);
		item_warn(tree, check, LOST, "%s", why);
		return;
	}
	item_carry(tracked);
	item_carry(path);
	group = doc_group(list, NULL);
	doc_string(group, "type", "file");
	doc_string(group, "file", item_word(path, 1));
	doc_value(group, "inter_ms", "%ld",
		  times_one(import, server, check, "delay_loop", DELAY_LOOP_S));
	doc_value(group, "fall", "1");
	doc_value(group, "rise", "1");
	item_warn(tree, check, NOTED,
		  "keepalived sees a change at once, here it is read every "
		  "inter_ms; and a file that is missing or says no number is 0 "
		  "for keepalived, and down here");
	if (init != NULL)
		item_mark(tree, init, LOST,
			  "twinbeat writes no files: whatever starts before "
			  "it must write 0 to %s",
			  item_word(path, 1));
}

/* Each host block is a check of its own, with the name and times of all. */
static void write_smtp(struct import *import, const struct server *server,
		       struct item *check, const struct check_kind *kind,
		       struct doc *list)
{
	struct item *host = item_first(check, "host");

	do {
		struct doc *group = doc_group(list, NULL);

		doc_string(group, "type", "smtp");
		write_place(import, server, host != NULL ? host : check, group);
		write_text(check, "helo_name", group, "helo");
		times_write(import, server, check, kind, group);
		item_carry(host);
		host = host != NULL ? item_again(host) : NULL;
	} while (host != NULL);
}

static void write_one(struct import *import, const struct server *server,
		      struct item *check, const struct check_kind *kind,
		      struct doc *list)
{
	struct doc *group = doc_group(list, NULL);
	bool is_ping = strcmp(kind->type, "ping") == 0;

	if (strcmp(kind->type, "udp") == 0)
		is_ping = !write_udp(import, check, group);
	else
		doc_string(group, "type", kind->type);
	if (!kind->connects) {
		group->off = write_command(import, server, check, group);
		if (group->off != NULL)
			return;
	} else if (is_ping) {
		write_machine(import, check, group);
	} else {
		write_place(import, server, check, group);
		if (strcmp(kind->type, "dns") == 0)
			write_dns(check, group);
	}
	times_write(import, server, check, kind, group);
}

/* One that is no comment. */
static bool has_check(const struct doc *list)
{
	for (const struct doc *at = list->first; at; at = at->next)
		if (at->off == NULL)
			return true;
	return false;
}

void checks_write(struct import *import, const struct server *server,
		  struct doc *list)
{
	struct tree *tree = &import->models[0].tree;
	unsigned checks = 0;

	for (struct item *item = server->item->first; item; item = item->next) {
		const struct check_kind *kind =
			item->keyword != NULL ? kind_of(item) : NULL;

		if (item->keyword != NULL && is_lost(tree, item)) {
			checks++;
			continue;
		}
		if (item->keyword != NULL && item_is(item, "FILE_CHECK")) {
			checks++;
			write_file(import, server, item, list);
			continue;
		}
		if (kind == NULL)
			continue;
		checks++;
		item_carry(item);
		if (strcmp(kind->type, "http") == 0)
			write_http(import, server, item, list);
		else if (strcmp(kind->type, "smtp") == 0)
			write_smtp(import, server, item, kind, list);
		else
			write_one(import, server, item, kind, list);
		mark_rest(tree, item);
		for (struct item *at = item->first; at; at = at->next)
			mark_rest(tree, at);
	}
	mark_rest(tree, server->item);
	if (has_check(list))
		return;
	doc_string(doc_group(list, NULL), "type", "none");
	list->last->inlined = true;
	if (checks == 0)
		item_warn(tree, server->item, NOTED,
			  "it has no check: keepalived takes it for up always, "
			  "and so does type = \"none\"");
}
