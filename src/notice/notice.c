/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A notice as JSON and back, as variables, as a line for people. */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "notice.h"

/* Every text of a notice: its name in JSON, in a hook's environment (NULL:
 * not there), and where it is. */
static const struct text_row {
	const char *key, *variable;
	size_t offset, size;
	bool is_always; /* "" is written as such, not as null */
} rows[] = {
#define ROW(key, variable, always)                                             \
	{                                                                      \
#key, variable, offsetof(struct notice, key),                  \
			sizeof(((struct notice *)0)->key), always              \
	}
	ROW(run, "RUN", true),	      ROW(at, "AT", true),
	ROW(pair, "PAIR", true),      ROW(node, "NODE", true),
	ROW(peer, "PEER", true),      ROW(event, "EVENT", true),
	ROW(kind, "KIND", false),     ROW(instance, "INSTANCE", false),
	ROW(from, "FROM", false),     ROW(to, "TO", false),
	ROW(proof, "PROOF", false),   ROW(alert, "ALERT", false),
	ROW(state, "STATE", false),   ROW(service, "SERVICE", false),
	ROW(server, "SERVER", false), ROW(address, "ADDRESS", false),
	ROW(reason, "TEXT", true),
#undef ROW
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *text_of(const struct notice *notice,
			   const struct text_row *row)
{
	return (const char *)notice + row->offset;
}

size_t notice_encode(const struct notice *notice, char *text, size_t size)
{
	json_t *object = json_pack(
		"{s:I, s:I, s:o}", "seq", (json_int_t)notice->seq,
		"boottime_ms", (json_int_t)notice->boottime_ms, "priority",
		notice->priority ? json_integer(notice->priority)
				 : json_null());
	size_t used = 0;

	for (unsigned i = 0; i < ROWS; i++) {
		const char *value = text_of(notice, &rows[i]);

		json_object_set_new(object, rows[i].key,
				    value[0] || rows[i].is_always
					    ? json_string(value)
					    : json_null());
	}
	if (json_object_size(object) == ROWS + 3)
		used = json_dumpb(object, text, size,
				  JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(object);
	if (used == 0 || used >= size)
		return 0;
	text[used] = '\0';
	return used;
}

bool notice_decode(const char *text, size_t size, struct notice *notice)
{
	json_t *object = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	json_int_t seq = json_integer_value(json_object_get(object, "seq"));

	memset(notice, 0, sizeof(*notice));
	for (unsigned i = 0; seq > 0 && i < ROWS; i++) {
		const char *value =
			json_string_value(json_object_get(object, rows[i].key));

		if (value != NULL)
			snprintf((char *)notice + rows[i].offset, rows[i].size,
				 "%s", value);
	}
	notice->boottime_ms =
		json_integer_value(json_object_get(object, "boottime_ms"));
	notice->priority = (unsigned)json_integer_value(
		json_object_get(object, "priority"));
	if (notice->event[0] != '\0')
		notice->seq = (uint64_t)seq;
	json_decref(object);
	return notice->seq > 0;
}

/* ---- what it is ---- */

static bool event_is(const struct notice *notice, const char *event)
{
	return strcmp(notice->event, event) == 0;
}

uint32_t notice_class(const struct notice *notice)
{
	static const struct {
		const char *event;
		uint32_t is;
	} classes[] = {{"master", NOTIFY_MASTER},
		       {"backup", NOTIFY_BACKUP},
		       {"fault", NOTIFY_FAULT},
		       {"server-up", NOTIFY_SERVER_UP},
		       {"server-down", NOTIFY_SERVER_DOWN},
		       {"quorum-up", NOTIFY_QUORUM_UP},
		       {"quorum-down", NOTIFY_QUORUM_DOWN}};

	for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (event_is(notice, classes[i].event))
			return classes[i].is;
	return strncmp(notice->event, "alert-", 6) == 0 ? NOTIFY_ALERT
							: NOTIFY_FENCE;
}

struct settings_told notice_told(const struct notice *notice)
{
	return (struct settings_told){.on = notice_class(notice),
				      .instance = notice->instance,
				      .service = notice->service,
				      .server = notice->server};
}

int notice_priority(const struct notice *notice)
{
	if (event_is(notice, "alert-raised") ||
	    event_is(notice, "fence-failed"))
		return 2;
	if (event_is(notice, "fault") || event_is(notice, "fence-started") ||
	    event_is(notice, "server-down") || event_is(notice, "quorum-down"))
		return 4;
	return 5;
}

/* ---- variables ---- */

__attribute__((format(printf, 4, 5))) static unsigned
put(char *room, size_t *used, char **list, const char *format, ...)
{
	size_t left = NOTICE_ROOM - *used;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(room + *used, left, format, arguments);
	va_end(arguments);
	/* with its closing zero, or not at all */
	if (length < 0 || (size_t)length >= left)
		return 0;
	*list = room + *used;
	*used += (size_t)length + 1;
	return 1;
}

unsigned notice_variables(const struct notice *notice, char room[NOTICE_ROOM],
			  char *list[NOTICE_VARIABLES_MAX + 1])
{
	unsigned count = 0;
	size_t used = 0;

	for (unsigned i = 0; i < ROWS; i++) {
		const char *value = text_of(notice, &rows[i]);

		if (value[0] || rows[i].is_always)
			count += put(room, &used, &list[count],
				     "TWINBEAT_%s=%s", rows[i].variable, value);
	}
	count += put(room, &used, &list[count], "TWINBEAT_SEQUENCE=%llu",
		     (unsigned long long)notice->seq);
	if (notice->priority)
		count += put(room, &used, &list[count], "TWINBEAT_PRIORITY=%u",
			     notice->priority);
	list[count] = NULL;
	return count;
}

/* ---- words ---- */

void notice_headline(const struct notice *notice, char *text, size_t size)
{
	if (event_is(notice, "alert-raised"))
		snprintf(text, size, "ALERT %s: %s", notice->alert,
			 notice->reason);
	else if (event_is(notice, "alert-cleared"))
		snprintf(text, size, "RESOLVED %s: %s", notice->alert,
			 notice->reason);
	else if (notice_class(notice) &
		 (NOTIFY_FENCE | NOTIFY_SERVERS | NOTIFY_QUORUMS))
		snprintf(text, size, "%s: %s", notice->event, notice->reason);
	else if (notice->proof[0])
		snprintf(text, size, "%s is %s on %s (proof: %s): %s",
			 notice->instance, notice->state, notice->node,
			 notice->proof, notice->reason);
	else
		snprintf(text, size, "%s is %s on %s: %s", notice->instance,
			 notice->state, notice->node, notice->reason);
}

bool notice_keepalived(const struct notice *notice,
		       struct notice_arguments *arguments)
{
	uint32_t class = notice_class(notice);

	if (notice->instance[0] == '\0' ||
	    !(class & (NOTIFY_MASTER | NOTIFY_BACKUP | NOTIFY_FAULT)))
		return false;
	snprintf(arguments->type, sizeof(arguments->type), "INSTANCE");
	snprintf(arguments->name, sizeof(arguments->name), "%s",
		 notice->instance);
	/* a node that has just begun is a standby to keepalived's scripts */
	snprintf(arguments->state, sizeof(arguments->state), "%s",
		 class == NOTIFY_MASTER	 ? "MASTER"
		 : class == NOTIFY_FAULT ? "FAULT"
					 : "BACKUP");
	snprintf(arguments->priority, sizeof(arguments->priority), "%u",
		 notice->priority);
	return true;
}
