/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the programs that carry notifications ask of the settings: words of a
 * command, and who is told, each with a number. No libconfig, no allocation.
 */
#include <string.h>

#include "settings.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* One word from *at into to; false: a quote is open at the end, or no room. */
static bool take_word(const char **at, char *to, size_t room, size_t *used)
{
	char quote = '\0';

	for (; **at != '\0' && (quote || !is_blank(**at)); (*at)++) {
		char c = **at;

		if (c == quote && quote) {
			quote = '\0';
			continue;
		}
		if (!quote && (c == '\'' || c == '"')) {
			quote = c;
			continue;
		}
		if (c == '\\' && quote != '\'' && (*at)[1] != '\0')
			c = *++*at;
		if (*used + 2 > room)
			return false;
		to[(*used)++] = c;
	}
	to[(*used)++] = '\0';
	return quote == '\0';
}

int settings_split_command(const char *command, char room[SETTINGS_COMMAND_MAX],
			   char *words[COMMAND_WORDS_MAX + 1])
{
	size_t used = 0;
	int count = 0;

	for (;;) {
		while (is_blank(*command))
			command++;
		words[count] = NULL;
		if (*command == '\0')
			return count;
		if (count == COMMAND_WORDS_MAX || used >= SETTINGS_COMMAND_MAX)
			return -1;
		words[count++] = room + used;
		if (!take_word(&command, room, SETTINGS_COMMAND_MAX, &used))
			return -1;
	}
}

/* A reload and a metric know a receiver by its name: no two have the same. */
static void name_once(struct settings_receiver *list, unsigned count)
{
	char *name = list[count].name, first[RECEIVER_NAME_MAX - 8];
	unsigned number = 1, i = 0;

	snprintf(first, sizeof(first), "%.*s", (int)sizeof(first) - 1, name);
	while (i < count)
		if (strcmp(list[i++].name, name) == 0) {
			snprintf(name, RECEIVER_NAME_MAX, "%s (%u)", first,
				 ++number);
			i = 0;
		}
}

/* The host alone: what stands before and after it may be a secret. */
static void name_webhook(const char *host, char name[RECEIVER_NAME_MAX])
{
	size_t length = strcspn(host, "/?#");
	const char *login = memchr(host, '@', length);

	if (login != NULL) {
		length -= (size_t)(login + 1 - host);
		host = login + 1;
	}
	snprintf(name, RECEIVER_NAME_MAX, "webhook:%.*s", (int)length, host);
}

unsigned settings_receivers(const struct settings *settings,
			    struct settings_receiver list[RECEIVERS_MAX])
{
	bool by_mail = false;
	unsigned count = 0;

	for (unsigned i = 0; i < settings->notify_count; i++)
		by_mail = by_mail || settings->notify[i].mail;
	for (unsigned i = 0; by_mail && i < settings->mail.to_count; i++) {
		list[count] =
			(struct settings_receiver){.is_mail = true, .index = i};
		snprintf(list[count++].name, RECEIVER_NAME_MAX, "mail:%s",
			 settings->mail.to[i]);
	}
	for (unsigned i = 0; i < settings->notify_count; i++) {
		const struct settings_notify *notify = &settings->notify[i];
		const char *host = strstr(notify->webhook, "://");

		if (host == NULL || count == RECEIVERS_MAX)
			continue;
		list[count] = (struct settings_receiver){.index = i};
		name_webhook(host + 3, list[count].name);
		name_once(list, count++);
	}
	return count;
}

unsigned
settings_all_receivers(const struct settings *settings,
		       struct settings_receiver list[RECEIVERS_ALL_MAX])
{
	unsigned count = settings_receivers(settings, list);

	for (unsigned i = 0; i < settings->notify_count; i++) {
		char room[SETTINGS_COMMAND_MAX];
		char *words[COMMAND_WORDS_MAX + 1];

		if (settings->notify[i].command[0] == '\0')
			continue;
		settings_split_command(settings->notify[i].command, room,
				       words);
		list[count] = (struct settings_receiver){.index = i};
		/* the program alone: an argument may be a secret */
		snprintf(list[count].name, RECEIVER_NAME_MAX, "program:%s",
			 words[0] ? words[0] : "");
		name_once(list, count++);
	}
	return count;
}

bool settings_receiver_wants(const struct settings *settings,
			     const struct settings_receiver *receiver,
			     const struct settings_told *told)
{
	for (unsigned i = 0; i < settings->notify_count; i++)
		if (receiver->is_mail ? settings->notify[i].mail
				      : i == receiver->index)
			if (settings_notify_wants(&settings->notify[i], told))
				return true;
	return false;
}

static bool is_meant(const char *wanted, const char *told)
{
	return wanted[0] == '\0' || told[0] == '\0' ||
	       strcmp(wanted, told) == 0;
}

bool settings_notify_wants(const struct settings_notify *notify,
			   const struct settings_told *told)
{
	return (notify->on & told->on) &&
	       is_meant(notify->instance, told->instance) &&
	       is_meant(notify->service, told->service) &&
	       is_meant(notify->server, told->server);
}
