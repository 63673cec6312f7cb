/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a check of the director means, for who reads the file and who asks. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

#define CHECK_WORD(arg, name, word, like, says) #word,
const char *const settings_check_type_names[] = {
	CHECK_KINDS(CHECK_WORD, ) "none", NULL};

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
	return value > 0 ? value : otherwise;
}

struct settings_check_timing
settings_check_timing(const struct settings *settings,
		      const struct settings_check *check)
{
	const struct settings_check_timing *rest = &settings->director.check;
	const struct settings_check_timing *its = &check->timing;

	return (struct settings_check_timing){
		.inter_ms = or_default(its->inter_ms, rest->inter_ms),
		.fastinter_ms =
			or_default(its->fastinter_ms, rest->fastinter_ms),
		.downinter_ms =
			or_default(its->downinter_ms, rest->downinter_ms),
		.timeout_ms = or_default(its->timeout_ms, rest->timeout_ms),
		.rise = (uint8_t)or_default(its->rise, rest->rise),
		.fall = (uint8_t)or_default(its->fall, rest->fall),
	};
}

bool settings_check_status(const char *text, unsigned *from, unsigned *to)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	*from = *to = (unsigned)strtoul(text, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1]))
		*to = (unsigned)strtoul(end + 1, &end, 10);
	return *end == '\0' && *from >= 100 && *to <= 599 && *from <= *to;
}

int settings_check_bytes(const struct settings_check *check, const char *text,
			 char *bytes)
{
	size_t size = strlen(text);
	unsigned byte;

	_Static_assert(sizeof(check->send) <= CHECK_BYTES_MAX &&
			       sizeof(check->expect) <= CHECK_BYTES_MAX,
		       "each has room");
	if (!check->hex) {
		memcpy(bytes, text, size);
		return (int)size;
	}
	for (size_t i = 0; i < size; i += 2) {
		if (!isxdigit((unsigned char)text[i]) ||
		    !isxdigit((unsigned char)text[i + 1]) ||
		    sscanf(text + i, "%2x", &byte) != 1)
			return -1;
		bytes[i / 2] = (char)byte;
	}
	return (int)(size / 2);
}

bool settings_check_is_same(const struct settings_check *a,
			    const struct settings_check *b)
{
	const struct settings_check_timing *of = &a->timing, *to = &b->timing;

	if (a->status_count != b->status_count ||
	    of->inter_ms != to->inter_ms ||
	    of->fastinter_ms != to->fastinter_ms ||
	    of->downinter_ms != to->downinter_ms ||
	    of->timeout_ms != to->timeout_ms || of->rise != to->rise ||
	    of->fall != to->fall || a->type != b->type || a->port != b->port ||
	    a->via != b->via || a->tls.configured != b->tls.configured ||
	    a->tls.verify != b->tls.verify || a->dynamic != b->dynamic ||
	    a->hex != b->hex || a->body_absent != b->body_absent ||
	    a->method != b->method || a->keepalive != b->keepalive ||
	    a->rcodes != b->rcodes ||
	    ip_compare(&a->address, &b->address) != 0 ||
	    ip_compare(&a->source, &b->source) != 0)
		return false;
	for (unsigned i = 0; i < a->status_count; i++)
		if (strcmp(a->status[i], b->status[i]) != 0)
			return false;
	return strcmp(a->send, b->send) == 0 &&
	       strcmp(a->expect, b->expect) == 0 &&
	       strcmp(a->host, b->host) == 0 && strcmp(a->path, b->path) == 0 &&
	       strcmp(a->body, b->body) == 0 &&
	       strcasecmp(a->digest, b->digest) == 0 &&
	       strcmp(a->tls.ca_file, b->tls.ca_file) == 0 &&
	       strcmp(a->tls.sni, b->tls.sni) == 0 &&
	       strcmp(a->helo, b->helo) == 0 &&
	       strcmp(a->query, b->query) == 0 &&
	       strcmp(a->record, b->record) == 0 &&
	       strcmp(a->file, b->file) == 0 &&
	       strcmp(a->command, b->command) == 0;
}
