/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The director's checks, quorum and fallback: what could never pass, and what
 * is refused because it would pass whatever the server does. */
#include <ctype.h>

#include "../base/pattern.h"
#include "../wire/hex.h"
#include "internal.h"
#include "rows.h"

#define MD5_BYTES 16

/* ---- one check ---- */

static void verify_timing(struct reader *reader,
			  const struct settings_check *check,
			  const config_setting_t *at)
{
	const struct settings_check_timing timing =
		settings_check_timing(reader->settings, check);

	if (timing.timeout_ms > timing.inter_ms)
		reader_error(reader, at, "timeout_ms",
			     "%u ms is more than inter_ms = %u: the next check "
			     "would be due before this one has ended",
			     timing.timeout_ms, timing.inter_ms);
	if (timing.fastinter_ms > timing.inter_ms)
		reader_error(reader, at, "fastinter_ms",
			     "%u ms is more than inter_ms = %u",
			     timing.fastinter_ms, timing.inter_ms);
}

/* "\"tcp\", \"udp\" and \"dns\"" */
static void list_types(uint32_t types, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned i = 0; i < TYPE_NONE; i++) {
		uint32_t rest = types & ((1u << TYPE_NONE) - (2u << i));

		if (types & 1u << i)
			used += (size_t)snprintf(text + used, size - used,
						 "%s\"%s\"",
						 used == 0   ? ""
						 : rest == 0 ? " and "
							     : ", ",
						 settings_check_type_names[i]);
	}
}

static void verify_keys(struct reader *reader,
			const struct settings_check *check,
			const config_setting_t *at)
{
	char types[96];

	for (const struct setting_row *row = settings_check_rows;
	     row->key != NULL; row++) {
		if (row_counts(row, check) || !reader_has(at, row->key))
			continue;
		list_types(row->when, types, sizeof(types));
		reader_error(reader, at, row->key, "is for type = %s only",
			     types);
	}
}

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

static void verify_page(struct reader *reader,
			const struct settings_check *check,
			const config_setting_t *at)
{
	static struct pattern pattern;
	bool is_page = check->body[0] != '\0' || check->digest[0] != '\0';
	uint8_t digest[MD5_BYTES];
	const char *why;

	if (!pattern_compile(&pattern, check->body, &why))
		reader_error(reader, at, "body",
			     "\"%s\" is no regular expression: %s; in a "
			     "string of the file a \\ is written twice",
			     check->body, why);
	if (check->body_absent && check->body[0] == '\0')
		reader_error(reader, at, "body_absent",
			     "wants to know in body what must not be there");
	if (check->digest[0] != '\0' &&
	    hex_read(check->digest, strlen(check->digest), digest,
		     sizeof(digest)) != sizeof(digest))
		reader_error(reader, at, "digest",
			     "\"%s\" is no MD5: 32 hex digits, as md5sum "
			     "prints them",
			     check->digest);
	if (check->method == HTTP_HEAD_OF_IT && is_page)
		reader_error(reader, at,
			     check->body[0] != '\0' ? "body" : "digest",
			     "could never pass: HEAD asks for no page; leave "
			     "one of them out");
}

static void verify_http(struct reader *reader,
			const struct settings_check *check,
			const config_setting_t *at)
{
	unsigned from, to;

	for (unsigned i = 0; i < check->status_count; i++)
		if (!settings_check_status(check->status[i], &from, &to))
			reader_error(reader, at, "status",
				     "\"%s\" is no status like \"200\" or "
				     "\"200-299\", from 100 to 599",
				     check->status[i]);
	verify_page(reader, check, at);
	if (check->path[0] != '/' || strpbrk(check->path, " #") != NULL ||
	    has_control(check->path))
		reader_error(reader, at, "path",
			     "must begin with / and have no blanks");
	if (has_control(check->host) || strpbrk(check->host, " /@:") != NULL)
		reader_error(reader, at, "host",
			     "\"%s\" is no name of a web site; the port stands "
			     "in port",
			     check->host);
	if (!check->tls.configured)
		return;
	if (has_control(check->tls.sni) ||
	    strpbrk(check->tls.sni, " /@:") != NULL)
		reader_error(reader, at, "tls", "sni = \"%s\" is no name",
			     check->tls.sni);
	if (!check->tls.verify)
		reader_warn(reader, at, "tls",
			    "verify = false: whoever answers there passes");
	else if (check->host[0] == '\0' && check->tls.sni[0] == '\0')
		reader_error(reader, at, "tls",
			     "verify wants to know for which name the "
			     "certificate must be: give host or tls.sni");
}

static void verify_command(struct reader *reader,
			   const struct settings_check *check,
			   const config_setting_t *at)
{
	char room[SETTINGS_COMMAND_MAX], *words[COMMAND_WORDS_MAX + 1];
	int count = settings_split_command(check->command, room, words);

	if (count < 0)
		reader_error(reader, at, "command",
			     "a quotation mark is not closed, or it has more "
			     "than %d words",
			     COMMAND_WORDS_MAX);
	else if (count == 0 || words[0][0] != '/')
		reader_error(reader, at, "command",
			     "must begin with an absolute path, it starts "
			     "with /");
}

/* What is sent, and what the answer must have. */
static void verify_texts(struct reader *reader,
			 const struct settings_check *check,
			 const config_setting_t *at)
{
	char bytes[CHECK_BYTES_MAX];
	struct ip ip;

	if (settings_check_bytes(check, check->send, bytes) < 0)
		reader_error(reader, at, "send",
			     "with hex it has two digits for each byte");
	if (settings_check_bytes(check, check->expect, bytes) < 0)
		reader_error(reader, at, "expect",
			     "with hex it has two digits for each byte");
	if (check->type == TYPE_UDP && check->expect[0] == '\0')
		reader_error(reader, at, "expect",
			     "is missing: without an answer nothing tells a "
			     "UDP server that works from a dead one; type = "
			     "\"ping\" asks whether the machine is there");
	if (check->type == TYPE_UDP && check->send[0] == '\0')
		reader_error(reader, at, "send",
			     "is missing: nobody answers to nothing");
	if (check->type == TYPE_DNS && check->expect[0] != '\0' &&
	    !ip_parse(check->expect, &ip))
		reader_error(reader, at, "expect",
			     "\"%s\" is no address: of dns, it is one that "
			     "must be in the answer",
			     check->expect);
	if (has_control(check->helo) || strpbrk(check->helo, " <>") != NULL)
		reader_error(reader, at, "helo", "\"%s\" is no name",
			     check->helo);
	if (check->query[0] == '\0' || has_control(check->query) ||
	    strchr(check->query, ' ') != NULL)
		reader_error(reader, at, "query", "\"%s\" is no name",
			     check->query);
}

static void verify_addresses(struct reader *reader,
			     const struct settings_service *service,
			     const struct settings_check *check,
			     const config_setting_t *at)
{
	const struct settings *settings = reader->settings;
	const struct ip *asked = &check->address;

	if (ip_is_none(&check->source))
		return;
	if (settings_is_virtual(settings, &check->source))
		reader_error(reader, at, "source",
			     "is a virtual address: the answer goes to the "
			     "node that has it, and both ask");
	if (ip_is_none(asked) && service->server_count > 0)
		asked = &settings->servers[service->first_server].address;
	if (ip_is_v4(asked) != ip_is_v4(&check->source))
		reader_error(reader, at, "source",
			     "is of another family than who is asked");
}

/* The hidden service of each server forwards as that of clients does. */
static void verify_via(struct reader *reader,
		       const struct settings_service *service,
		       const struct settings_check *check,
		       const config_setting_t *at)
{
	const struct settings *settings = reader->settings;

	char types[96];

	if (check->via != VIA_VIP)
		return;
	list_types(CHECKS_LIKE(CHECK_AS_CLIENT), types, sizeof(types));
	if (!settings_check_is(check, CHECKS_LIKE(CHECK_AS_CLIENT)))
		reader_error(reader, at, "via", "\"vip\" is for type = %s only",
			     types);
	else if (settings_has_method(settings, service, METHOD_NAT))
		reader_error(reader, at, "via",
			     "\"vip\" is for dr and tun: a server of nat knows "
			     "nothing of the virtual address");
	else if (service->listen_count == 0 ||
		 !ip_is_v4(&settings->listens[service->first_listen].ip))
		reader_error(reader, at, "via",
			     "\"vip\" needs an IPv4 address in listen");
	else if (!ip_is_none(&check->address))
		reader_error(reader, at, "via",
			     "\"vip\" asks the virtual address: leave address "
			     "out");
	else if (settings_own_address(settings, true) == NULL)
		reader_error(reader, at, "via",
			     "\"vip\" asks from an address of this node, and "
			     "it has no IPv4 address in nodes");
}

static bool has_tcp(const struct settings *settings,
		    const struct settings_service *service)
{
	return settings_has_listener(settings, service, PROTOCOL_TCP) ||
	       (service->listen_count == 0 &&
		service->protocol == PROTOCOL_TCP);
}

static void verify_check(struct reader *reader,
			 const struct settings_service *service,
			 const struct settings_check *check)
{
	const config_setting_t *at = reader_at(reader, check);

	if (!reader_is_good(reader, at, "type"))
		return;
	verify_keys(reader, check, at);
	verify_timing(reader, check, at);
	if (check->type == TYPE_HTTP)
		verify_http(reader, check, at);
	if (check->type == TYPE_COMMAND)
		verify_command(reader, check, at);
	if (check->type == TYPE_FILE && !reader_has(at, "file"))
		reader_error(reader, at, "file", "is missing");
	verify_texts(reader, check, at);
	verify_addresses(reader, service, check, at);
	verify_via(reader, service, check, at);
	if (settings_check_is(check, CHECKS_LIKE(CHECK_BY_TCP)) &&
	    check->port == 0 && service->fwmark == 0 &&
	    !has_tcp(reader->settings, service))
		reader_warn(reader, at, "port",
			    "asks by TCP for a port that the service has by "
			    "another protocol; give the port that answers");
	if (settings_check_is(check, CHECKS_LIKE(CHECK_AS_CLIENT)) &&
	    check->port == 0 && service->fwmark > 0)
		reader_error(reader, at, "port",
			     "is missing: a service by fwmark has no port that "
			     "could be asked");
}

static void verify_list(struct reader *reader,
			const struct settings_service *service,
			const config_setting_t *at, unsigned first,
			unsigned count)
{
	if (count > SERVICE_CHECKS_MAX)
		reader_error(reader, at, "checks",
			     "at most %u are allowed for one server",
			     SERVICE_CHECKS_MAX);
	for (unsigned i = 0; i < count; i++)
		verify_check(reader, service,
			     &reader->settings->checks[first + i]);
}

/* ---- a service ---- */

#define ON_EMPTY_REFUSES 1 /* as enum pool_on_empty has it */

static bool knows_weights(const char *scheduler)
{
	static const char *const names[] = {"rr", "lc", "dh", "sh",
					    "mh", "fo", "ovf"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], scheduler) == 0)
			return false;
	return true;
}

static bool has_dynamic(const struct settings *settings, unsigned first,
			unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (settings->checks[first + i].dynamic)
			return true;
	return false;
}

static void verify_weights(struct reader *reader,
			   const struct settings_service *service,
			   const config_setting_t *at)
{
	const struct settings *settings = reader->settings;
	uint64_t weights = 0;
	bool dynamic = has_dynamic(settings, service->first_check,
				   service->check_count);

	for (unsigned i = 0; i < service->server_count; i++) {
		const struct settings_server *server =
			&settings->servers[service->first_server + i];

		weights += server->weight;
		dynamic = dynamic || has_dynamic(settings, server->first_check,
						 server->check_count);
	}
	if (service->quorum > weights && weights > 0)
		reader_error(reader, at, "quorum",
			     "%u is more than the weight of all servers, %llu",
			     service->quorum, (unsigned long long)weights);
	if (service->hysteresis >= service->quorum && service->hysteresis > 0)
		reader_error(reader, at, "hysteresis",
			     "%u must be less than quorum = %u",
			     service->hysteresis, service->quorum);
	if (service->panic_percent > 0 && service->on_empty == ON_EMPTY_REFUSES)
		reader_error(reader, at, "panic_percent",
			     "%u with on_empty = \"refuse\": the one uses "
			     "servers that fail, the other none of them; leave "
			     "one out",
			     service->panic_percent);
	if (knows_weights(service->scheduler))
		return;
	if (service->slow_start_s > 0)
		reader_error(reader, at, "slow_start_s",
			     "%s knows no growing weights; use wlc or wrr",
			     service->scheduler);
	if (dynamic)
		reader_error(reader, at, "checks",
			     "dynamic: %s knows no changing weights; use wlc "
			     "or wrr",
			     service->scheduler);
}

static void verify_fallback(struct reader *reader,
			    const struct settings_service *service)
{
	const struct settings *settings = reader->settings;
	const struct settings_fallback *fallback = &service->fallback;
	const config_setting_t *at = reader_at(reader, fallback);
	bool is_nat =
		settings_method_of(service, fallback->method) == METHOD_NAT;
	char text[IP_TEXT_MAX];

	if (!fallback->configured || !reader_is_good(reader, at, "address"))
		return;
	ip_format(&fallback->address, text);
	if (fallback->port > 0 && !is_nat)
		reader_error(reader, at, "port",
			     "only nat can change the port; leave it out");
	if (service->listen_count > 0 && service->method != METHOD_TUN &&
	    ip_is_v4(&fallback->address) !=
		    ip_is_v4(&settings->listens[service->first_listen].ip))
		reader_error(reader, at, "address",
			     "%s is of another family than the service", text);
	if (settings_is_virtual(settings, &fallback->address))
		reader_error(reader, at, "address",
			     "%s is a virtual address; packets for it would "
			     "come back to the director: 127.0.0.1 is the "
			     "owner itself",
			     text);
	for (unsigned i = 0; i < service->server_count; i++)
		if (ip_compare(&settings->servers[service->first_server + i]
					.address,
			       &fallback->address) == 0)
			reader_error(reader, at, "address",
				     "%s is servers[%u] already", text, i);
}

void settings_verify_checks(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	const struct settings_director *director = &settings->director;

	for (unsigned i = 0; i < director->service_count; i++) {
		const struct settings_service *service = &director->services[i];
		const config_setting_t *at = reader_at(reader, service);
		unsigned unchecked = 0;

		verify_list(reader, service, at, service->first_check,
			    service->check_count);
		for (unsigned s = 0; s < service->server_count; s++) {
			const struct settings_server *server =
				&settings->servers[service->first_server + s];

			verify_list(reader, service, reader_at(reader, server),
				    server->first_check, server->check_count);
			unchecked +=
				server->check_count + service->check_count == 0;
		}
		if (unchecked > 0)
			reader_warn(reader, at, "checks",
				    "%u of %u servers are never checked, and "
				    "count as up; type = \"none\" says that it "
				    "is meant",
				    unchecked, service->server_count);
		verify_weights(reader, service, at);
		verify_fallback(reader, service);
	}
	if (director->flap.hold_max_s < director->flap.hold_s)
		reader_error(reader, reader_at(reader, director), "flap",
			     "hold_max_s = %u is less than hold_s = %u",
			     director->flap.hold_max_s, director->flap.hold_s);
}
