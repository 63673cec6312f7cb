/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single values of the file: what they are, and whether a text can be a name,
 * an interface, a host. */
#include <stdlib.h>

#include "internal.h"

static const char *const type_names[] = {
	[CONFIG_TYPE_NONE] = "nothing",
	[CONFIG_TYPE_GROUP] = "a group { }",
	[CONFIG_TYPE_INT] = "a number",
	[CONFIG_TYPE_INT64] = "a number",
	[CONFIG_TYPE_FLOAT] = "a number with a fraction",
	[CONFIG_TYPE_STRING] = "a string",
	[CONFIG_TYPE_BOOL] = "true or false",
	[CONFIG_TYPE_ARRAY] = "an array [ ]",
	[CONFIG_TYPE_LIST] = "a list ( )",
};

const char *reader_type_name(const config_setting_t *setting)
{
	return type_names[config_setting_type(setting)];
}

bool text_is_name(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (!((*text >= 'a' && *text <= 'z') ||
		      (*text >= 'A' && *text <= 'Z') ||
		      (*text >= '0' && *text <= '9') ||
		      strchr("._:-", *text) != NULL))
			return false;
	return true;
}

/* dev_valid_name() of the kernel, and nothing that a terminal would eat. */
bool text_is_interface(const char *text)
{
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c == '/' || *c == 0x7f)
			return false;
	return true;
}

bool reader_has(const config_setting_t *group, const char *key)
{
	return group != NULL && config_setting_get_member(group, key) != NULL;
}

const config_setting_t *reader_member(const struct reader *reader,
				      const config_setting_t *group,
				      const char *key)
{
	const config_setting_t *member =
		group != NULL ? config_setting_get_member(group, key) : NULL;

	if (member != NULL && !reader_is_good(reader, group, key))
		return NULL;
	return member;
}

unsigned reader_length(const config_setting_t *list)
{
	return list != NULL ? (unsigned)config_setting_length(list) : 0;
}

const config_setting_t *reader_group_element(struct reader *reader,
					     const config_setting_t *list,
					     unsigned i)
{
	const config_setting_t *element = config_setting_get_elem(list, i);

	if (config_setting_is_group(element))
		return element;
	reader_error(reader, element, NULL, "is %s, but must be a group { }",
		     reader_type_name(element));
	return NULL;
}

const char *reader_string(struct reader *reader,
			  const config_setting_t *setting)
{
	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		return config_setting_get_string(setting);
	if (setting->name != NULL)
		reader_error(reader, setting->parent, setting->name,
			     "is %s, but must be a string in quotes",
			     reader_type_name(setting));
	else
		reader_error(reader, setting, NULL,
			     "is %s, but must be a string in quotes",
			     reader_type_name(setting));
	return NULL;
}

/* RFC 1122 3.2.1.3: this host, multicast and reserved, broadcast; RFC 4291
 * 2.4: unspecified, multicast. */
static bool is_of_a_host(const struct ip *ip)
{
	uint32_t v4;

	if (!ip_is_v4(ip))
		return !ip_is_none(ip) && ip->bytes[0] != 0xff;
	v4 = ip_to_v4(ip);
	return v4 >> 24 != 0 && v4 >> 28 < 0xe;
}

bool reader_parse_address(struct reader *reader, const config_setting_t *at,
			  const char *key, const char *text, struct ip *ip)
{
	if (!ip_parse(text, ip)) {
		reader_error(reader, at, key,
			     "\"%.64s\" is no IP address like 192.0.2.11 or "
			     "2001:db8::11 (names are never looked up)",
			     text);
		return false;
	}
	if (!is_of_a_host(ip)) {
		reader_error(reader, at, key,
			     "%s cannot be the address of a host", text);
		return false;
	}
	return true;
}

bool reader_parse_host(struct reader *reader, const config_setting_t *at,
		       const char *key, const char *text, struct ip *ip)
{
	if (ip_parse(text, ip) && ip_is_v4(ip))
		return reader_parse_address(reader, at, key, text, ip);
	if (!ip_parse(text, ip)) {
		reader_error(reader, at, key,
			     "\"%.64s\" is no IPv4 address like 192.0.2.11 "
			     "(names are never looked up)",
			     text);
		return false;
	}
	reader_error(reader, at, key,
		     "%s: power switches are spoken to over IPv4 only in this "
		     "version; use an IPv4 address",
		     text);
	return false;
}

bool reader_is_loopback(const struct ip *ip)
{
	static const struct ip loopback = {.bytes = {[15] = 1}};

	return ip_is_v4(ip) ? ip_to_v4(ip) >> 24 == 127
			    : ip_compare(ip, &loopback) == 0;
}

/* "192.0.2.100/32"; the prefix may be left out: /32, as keepalived takes it,
 * and /128. */
static bool parse_prefix(struct reader *reader, const config_setting_t *at,
			 const char *key, const char *slash, long most,
			 uint8_t *prefix)
{
	char *end;
	long value;

	*prefix = (uint8_t)most;
	if (slash == NULL)
		return true;
	value = strtol(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || value < 1 ||
	    value > most) {
		reader_error(reader, at, key,
			     "\"%.8s\" is no prefix length, /1 to /%ld is "
			     "allowed",
			     slash, most);
		return false;
	}
	*prefix = (uint8_t)value;
	return true;
}

bool reader_parse_subnet(struct reader *reader, const config_setting_t *at,
			 const char *key, const char *text, struct ip *ip,
			 uint8_t *prefix)
{
	const char *slash = strchr(text, '/');
	char host[IP_TEXT_MAX];
	uint32_t v4, mask;

	snprintf(host, sizeof(host), "%.*s",
		 slash != NULL ? (int)(slash - text) : (int)strlen(text), text);
	if (!reader_parse_address(reader, at, key, host, ip) ||
	    !parse_prefix(reader, at, key, slash, ip_is_v4(ip) ? 32 : 128,
			  prefix))
		return false;
	if (reader_is_loopback(ip)) {
		reader_error(reader, at, key,
			     "%s is a loopback address; nobody could reach it",
			     text);
		return false;
	}
	if (!ip_is_v4(ip))
		return true;
	v4 = ip_to_v4(ip);
	mask = *prefix < 31 ? UINT32_MAX >> *prefix : 0;
	if (mask != 0 && ((v4 & mask) == 0 || (v4 & mask) == mask))
		reader_warn(reader, at, key,
			    "%s is the %s address of its own network", text,
			    (v4 & mask) == 0 ? "network" : "broadcast");
	return true;
}
