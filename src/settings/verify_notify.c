/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Judges who is told and how: what could never arrive is an error. */
#include "mailbox.h"
#include "internal.h"

static bool text_is_host(const char *text)
{
	return text[0] != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyz"
					       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					       "0123456789.:-") == strlen(text);
}

bool settings_is_mailbox(const char *text)
{
	const char *at = strrchr(text, '@');

	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("<>\"\\(),;", *c))
			return false;
	return at != NULL && at != text && text_is_host(at + 1);
}

static void verify_mail(struct reader *reader)
{
	const struct settings_mail *mail = &reader->settings->mail;
	const config_setting_t *at = reader_at(reader, mail);
	bool used = false;

	if (!mail->configured || at == NULL)
		return;
	if (reader_is_good(reader, at, "server") && !text_is_host(mail->server))
		reader_error(reader, at, "server",
			     "\"%.64s\" is no name or address of a server",
			     mail->server);
	if (mail->from[0] != '\0' && !settings_is_mailbox(mail->from))
		reader_error(reader, at, "from",
			     "\"%.64s\" is no address like lb@example.net",
			     mail->from);
	for (unsigned i = 0; i < mail->to_count; i++)
		if (!settings_is_mailbox(mail->to[i]))
			reader_error(
				reader, at, "to",
				"\"%.64s\" is no address like ops@example.net",
				mail->to[i]);
	if ((mail->user[0] != '\0') != (mail->password_file[0] != '\0'))
		reader_error(reader, at,
			     mail->user[0] ? "password_file" : "user",
			     "a login needs user and password_file");
	if (mail->user[0] != '\0' && mail->tls == TLS_NONE)
		reader_error(reader, at, "tls",
			     "\"none\" would send the password for everybody "
			     "to read; \"starttls\" or \"tls\", or no login");
	for (unsigned i = 0; i < reader->settings->notify_count; i++)
		used |= reader->settings->notify[i].mail;
	if (!used)
		reader_warn(reader, at, NULL,
			    "no mail is ever sent: no entry of notify has "
			    "mail = true");
}

static void verify_webhook(struct reader *reader,
			   const struct settings_notify *notify,
			   const config_setting_t *at)
{
	const char *url = notify->webhook;
	bool is_plain = strncmp(url, "http://", 7) == 0;

	if (url[0] == '\0') {
		if (notify->key_file[0] != '\0' || notify->ca_file[0] != '\0')
			reader_error(reader, at,
				     notify->key_file[0] ? "key_file"
							 : "ca_file",
				     "is for a webhook, and there is none");
		return;
	}
	if (!is_plain && strncmp(url, "https://", 8) != 0)
		reader_error(reader, at, "webhook",
			     "must begin with https:// or http://");
	else if (strpbrk(url, " \t\r\n\"<>") != NULL)
		reader_error(reader, at, "webhook",
			     "has a character that no URL has");
	else if (is_plain)
		reader_warn(reader, at, "webhook",
			    "http:// is neither secret nor safe from changes; "
			    "https://, where the server has it");
}

/* Of that service, or of any. */
static bool server_is_known(const struct settings *settings,
			    const struct settings_service *service,
			    const char *name)
{
	unsigned first = service ? service->first_server : 0;
	unsigned end = service ? first + service->server_count
			       : settings->server_count;

	for (unsigned i = first; i < end; i++)
		if (strcmp(settings->servers[i].name, name) == 0)
			return true;
	return false;
}

/* What could never be told, because nothing has this name. */
static void verify_of(struct reader *reader, const struct settings *settings,
		      const struct settings_notify *notify,
		      const config_setting_t *at)
{
	int found = settings_find_service(settings, notify->service);
	const struct settings_service *service =
		found < 0 ? NULL : &settings->director.services[found];

	if (notify->service[0] != '\0' && service == NULL)
		reader_error(reader, at, "service",
			     "there is no service \"%s\" in director",
			     notify->service);
	else if (notify->server[0] != '\0' &&
		 !server_is_known(settings, service, notify->server))
		reader_error(reader, at, "server",
			     "there is no server \"%s\" in %s%s",
			     notify->server,
			     service ? "service " : "any service",
			     service ? service->name : "");
	else if (notify->service[0] != '\0' &&
		 !(notify->on & (NOTIFY_SERVERS | NOTIFY_QUORUMS)))
		reader_error(reader, at, "service",
			     "is for on = ( \"server-down\", \"quorum-down\", "
			     "... ), and on has none of them");
	else if (notify->server[0] != '\0' && !(notify->on & NOTIFY_SERVERS))
		reader_error(reader, at, "server",
			     "is for on = ( \"server-up\", \"server-down\" ), "
			     "and on has none of them");
	else if ((notify->on & (NOTIFY_SERVERS | NOTIFY_QUORUMS)) &&
		 !settings->director.configured &&
		 !reader_has(reader->root, "director"))
		reader_warn(reader, at, "on",
			    "there is no director, so no server of it is ever "
			    "told of");
}

static void verify_command(struct reader *reader,
			   const struct settings_notify *notify,
			   const config_setting_t *at, const char *key)
{
	char room[SETTINGS_COMMAND_MAX], *words[COMMAND_WORDS_MAX + 1];
	int count = settings_split_command(notify->command, room, words);

	if (notify->command[0] == '\0')
		return;
	if (count < 0)
		reader_error(reader, at, key,
			     "a quotation mark is not closed, or it has more "
			     "than %d words",
			     COMMAND_WORDS_MAX);
	else if (count == 0 || words[0][0] != '/')
		reader_error(reader, at, key,
			     "must begin with an absolute path, it starts "
			     "with /");
}

static void verify_one(struct reader *reader, unsigned i)
{
	const struct settings *settings = reader->settings;
	const struct settings_notify *notify = &settings->notify[i];
	const config_setting_t *at = reader_at(reader, notify);

	if (at == NULL) { /* notify = "/path" */
		verify_command(reader, notify, reader->root, "notify");
		return;
	}
	verify_command(reader, notify, at, "command");
	verify_webhook(reader, notify, at);
	if (!notify->command[0] && !notify->fifo[0] && !notify->webhook[0] &&
	    !notify->journal && !notify->mail)
		reader_error(reader, at, NULL,
			     "tells nobody: it needs command, fifo, journal, "
			     "mail or webhook");
	if (notify->on == 0 &&
	    reader_length(config_setting_get_member(at, "on")) == 0)
		reader_error(reader, at, "on",
			     "is empty, so it is never told of anything");
	if (notify->arguments != ARGUMENTS_NONE && !notify->command[0] &&
	    !notify->fifo[0])
		reader_error(reader, at, "arguments",
			     "are for a command or a fifo, and there is none");
	if (notify->mail && !settings->mail.configured &&
	    !reader_has(reader->root, "mail"))
		reader_error(reader, at, "mail",
			     "there is no group mail = { } that says where to");
	if (notify->instance[0] != '\0' &&
	    reader_is_good(reader, reader->root, "instances") &&
	    settings_find_instance(settings, notify->instance) < 0)
		reader_error(reader, at, "instance",
			     "there is no instance \"%s\"", notify->instance);
	if (!reader_has(reader->root, "director") ||
	    reader_is_good(reader, reader->root, "director"))
		verify_of(reader, settings, notify, at);
}

void settings_verify_notify(struct reader *reader)
{
	const struct settings *settings = reader->settings;
	unsigned webhooks = 0;

	for (unsigned i = 0; i < settings->notify_count; i++) {
		verify_one(reader, i);
		webhooks += settings->notify[i].webhook[0] != '\0';
	}
	if (webhooks > WEBHOOKS_MAX)
		reader_error(reader, reader->root, "notify",
			     "%u webhooks; at most %d are allowed", webhooks,
			     WEBHOOKS_MAX);
	verify_mail(reader);
}
