/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "../base/log.h"
#include "letter.h"
#include "send.h"

#define TALK_MS		   60000 /* beyond the time to connect */
#define WEBHOOK_CONNECT_MS 10000

struct
try {
	CURL *curl;		 /* NULL: none is under way */
	struct curl_slist *list; /* recipients, or headers */
	size_t size, sent;
	struct sender *sender;
	char answer[RUNNER_TEXT_MAX]; /* the last line that says no */
	char text[LETTER_MAX];
};

struct sender {
	const struct settings *settings;
	const struct settings_receiver *receivers;
	CURLM *multi;
	unsigned flying;
	bool is_login_offered; /* by the mail server, when last greeted */
	struct try tries[RECEIVERS_MAX];
};

struct sender *sender_make(const struct settings *settings,
			   const struct settings_receiver *receivers)
{
	struct sender *sender = calloc(1, sizeof(*sender));

	if (sender == NULL)
		return NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == 0)
		sender->multi = curl_multi_init();
	if (sender->multi == NULL) {
		free(sender);
		return NULL;
	}
	sender->settings = settings;
	sender->receivers = receivers;
	return sender;
}

unsigned sender_flying(const struct sender *sender)
{
	return sender->flying;
}

/* ---- what libcurl asks of us ---- */

static size_t give(char *buffer, size_t size, size_t count, void *arg)
{
	struct try *try = arg;
	size_t room = size * count, left = try->size - try->sent;

	if (room > left)
		room = left;
	memcpy(buffer, try->text + try->sent, room);
	try->sent += room;
	return room;
}

/* 220 begins anew, after STARTTLS, too (RFC 3207 4.2); a connection that is
 * used again has none. */
static void take_offer(struct try *try, const char *line, size_t length)
{
	if (length > 3 && strncmp(line, "220", 3) == 0)
		try->sender->is_login_offered = false;
	if (length > 8 && strncmp(line, "250", 3) == 0 &&
	    strncasecmp(line + 4, "AUTH", 4) == 0 &&
	    (line[8] == ' ' || line[8] == '='))
		try->sender->is_login_offered = true;
}

/* What the server answers: the reason why not, for people. */
static size_t take_line(char *line, size_t size, size_t count, void *arg)
{
	struct try *try = arg;
	size_t length = size * count;
	bool is_http = length > 9 && strncmp(line, "HTTP/", 5) == 0;
	size_t used = 0;

	take_offer(try, line, length);
	/* no zero ends it (CURLOPT_HEADERFUNCTION(3)) */
	while (used < length && used < sizeof(try->answer) - 1 &&
	       strchr("\r\n", line[used]) == NULL)
		used++;
	if (is_http || (length > 3 && (line[0] == '4' || line[0] == '5'))) {
		memcpy(try->answer, line, used);
		try->answer[used] = '\0';
		log_clean(try->answer);
	}
	return length;
}

static size_t ignore(char *line, size_t size, size_t count, void *arg)
{
	(void)line;
	(void)arg;
	return size * count;
}

static void set_common(CURL *curl, struct try *try, unsigned receiver,
		       uint32_t connect_ms)
{
	curl_easy_setopt(curl, CURLOPT_PRIVATE, (void *)(uintptr_t)receiver);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)connect_ms + TALK_MS);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_line);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, try);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
}

/* ---- mail ---- */

static unsigned mail_port(const struct settings_mail *mail)
{
	static const unsigned usual[] = {
		[TLS_STARTTLS] = 587, [TLS_WHOLE] = 465, [TLS_NONE] = 25};

	return mail->port ? mail->port : usual[mail->tls];
}

static int set_login(CURL *curl, const struct settings_mail *mail, char *error,
		     size_t error_size)
{
	char password[SETTINGS_PASSWORD_MAX + 1];

	if (mail->user[0] == '\0')
		return 0;
	if (settings_load_password(mail->password_file, "", password,
				   sizeof(password), error, error_size) < 0)
		return -1;
	curl_easy_setopt(curl, CURLOPT_USERNAME, mail->user);
	curl_easy_setopt(curl, CURLOPT_PASSWORD, password);
	explicit_bzero(password, sizeof(password));
	return 0;
}

static void write_letter(struct sender *sender, struct queue *queue, unsigned r,
			 const char *from, const char *to)
{
	const struct settings *settings = sender->settings;
	struct try *try = &sender->tries[r];
	const char *texts[QUEUE_MAX];
	char date[64];
	time_t now = time(NULL);
	struct tm tm;
	unsigned count = queue_take(queue, r, texts, QUEUE_MAX);
	const struct letter letter = {
		.from = from,
		.to = to,
		.pair = settings->pair,
		.node = settings->nodes[settings->self].name,
		.date = date,
		.texts = texts,
		.count = count,
		.given = count,
		.lost = queue->receivers[r].lost,
	};

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	try->size = letter_write(&letter, try->text);
}

static int set_mail(struct sender *sender, struct queue *queue, unsigned r,
		    CURL *curl, char *error, size_t error_size)
{
	const struct settings *settings = sender->settings;
	const struct settings_mail *mail = &settings->mail;
	const char *node = settings->nodes[settings->self].name;
	const char *to = mail->to[sender->receivers[r].index];
	bool is_v6 = strchr(mail->server, ':') != NULL;
	struct try *try = &sender->tries[r];
	char url[256], from[SETTINGS_MAIL_MAX + 16], path[160];

	snprintf(from, sizeof(from), "%s", mail->from);
	if (from[0] == '\0')
		snprintf(from, sizeof(from), "twinbeat@%s", node);
	write_letter(sender, queue, r, from, to);
	/* its last part is what we call ourselves (HELO) */
	snprintf(url, sizeof(url), "%s://%s%s%s:%u/%s",
		 mail->tls == TLS_WHOLE ? "smtps" : "smtp", is_v6 ? "[" : "",
		 mail->server, is_v6 ? "]" : "", mail_port(mail), node);
	set_common(curl, try, r, mail->connect_ms);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
			 (long)(mail->tls == TLS_NONE ? CURLUSESSL_NONE
						      : CURLUSESSL_ALL));
	if (mail->ca_file[0])
		curl_easy_setopt(curl, CURLOPT_CAINFO, mail->ca_file);
	snprintf(path, sizeof(path), "<%s>", from);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, path);
	/* one recipient each: one that is refused would stop the others' */
	snprintf(path, sizeof(path), "<%s>", to);
	try->list = curl_slist_append(NULL, path);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, try->list);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(curl, CURLOPT_READDATA, try);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	return set_login(curl, mail, error, error_size);
}

/* ---- webhook ---- */

static int set_signature(const struct settings_notify *notify, struct try *try,
			 char *error, size_t error_size)
{
	char key[SETTINGS_PASSWORD_MAX + 1], signature[SIGNATURE_TEXT_MAX],
		header[SIGNATURE_TEXT_MAX + 32];

	if (notify->key_file[0] == '\0')
		return 0;
	if (settings_load_password(notify->key_file, "", key, sizeof(key),
				   error, error_size) < 0)
		return -1;
	webhook_sign(key, try->text, signature);
	explicit_bzero(key, sizeof(key));
	snprintf(header, sizeof(header), "X-Twinbeat-Signature: %s", signature);
	try->list = curl_slist_append(try->list, header);
	return 0;
}

static int set_webhook(struct sender *sender, struct queue *queue, unsigned r,
		       CURL *curl, char *error, size_t error_size)
{
	const struct settings_notify *notify =
		&sender->settings->notify[sender->receivers[r].index];
	struct try *try = &sender->tries[r];
	const char *text = "";

	queue_take(queue, r, &text, 1);
	try->size = (size_t)snprintf(try->text, sizeof(try->text), "%s", text);
	set_common(curl, try, r, WEBHOOK_CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_URL, notify->webhook);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	if (notify->ca_file[0])
		curl_easy_setopt(curl, CURLOPT_CAINFO, notify->ca_file);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "twinbeat/" TWINBEAT_VERSION);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)try->size);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, try->text);
	try->list = curl_slist_append(NULL, "Content-Type: application/json");
	try->list = curl_slist_append(try->list, "Expect:");
	if (set_signature(notify, try, error, error_size) < 0)
		return -1;
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, try->list);
	return 0;
}

/* ---- a try ---- */

static void try_end(struct sender *sender, struct try *try)
{
	curl_multi_remove_handle(sender->multi, try->curl);
	curl_easy_cleanup(try->curl);
	curl_slist_free_all(try->list);
	try->curl = NULL;
	try->list = NULL;
	sender->flying--;
}

void sender_start(struct sender *sender, struct queue *queue, unsigned r,
		  int64_t now_us)
{
	struct try *try = &sender->tries[r];
	char error[RUNNER_TEXT_MAX] = "no memory";
	const char *unused;
	int result = -1;

	try->curl = curl_easy_init();
	try->list = NULL;
	try->sent = 0;
	try->sender = sender;
	try->answer[0] = '\0';
	sender->flying++;
	if (try->curl == NULL)
		queue_take(queue, r, &unused, 1);
	else if (sender->receivers[r].is_mail)
		result = set_mail(sender, queue, r, try->curl, error,
				  sizeof(error));
	else
		result = set_webhook(sender, queue, r, try->curl, error,
				     sizeof(error));
	if (result == 0 &&
	    curl_multi_add_handle(sender->multi, try->curl) == CURLM_OK)
		return;
	try_end(sender, try);
	queue_done(queue, r, QUEUE_UNHEARD, error, now_us);
}

/* By the server's own word where there is one; else it was not reached. */
static enum queue_outcome judge(bool is_mail, CURLcode result, long code)
{
	/* a login or a certificate that is wrong says nothing of the mail */
	if (result == CURLE_LOGIN_DENIED || result == CURLE_USE_SSL_FAILED ||
	    result == CURLE_PEER_FAILED_VERIFICATION ||
	    result == CURLE_SSL_CACERT_BADFILE ||
	    result == CURLE_SSL_CONNECT_ERROR)
		return QUEUE_UNHEARD;
	if (is_mail) {
		if (result == CURLE_OK)
			return QUEUE_SENT;
		return code >= 500   ? QUEUE_REFUSED
		       : code >= 400 ? QUEUE_LATER
				     : QUEUE_UNHEARD;
	}
	if (result != CURLE_OK)
		return QUEUE_UNHEARD;
	if (code >= 200 && code < 300)
		return QUEUE_SENT;
	return code >= 500 || code == 408 || code == 425 || code == 429
		       ? QUEUE_LATER
		       : QUEUE_REFUSED;
}

/*
 * Where the server offers no login (it has lost who checks passwords), libcurl
 * goes on without one, and what is refused then is a stranger's mail, not this
 * one (findings/libcurl-smtp-no-auth-offered.sh).
 */
static bool is_stranger(const struct sender *sender, unsigned r)
{
	return sender->receivers[r].is_mail &&
	       sender->settings->mail.user[0] != '\0' &&
	       !sender->is_login_offered;
}

static void take_result(struct sender *sender, struct queue *queue,
			const CURLMsg *message, int64_t now_us)
{
	CURLcode result = message->data.result;
	char text[RUNNER_TEXT_MAX] = "";
	enum queue_outcome outcome;
	struct try *try;
	long code = 0;
	void *number;
	unsigned r;

	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &number);
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &code);
	r = (unsigned)(uintptr_t)number;
	try = &sender->tries[r];
	outcome = judge(sender->receivers[r].is_mail, result, code);
	if (outcome == QUEUE_REFUSED && is_stranger(sender, r)) {
		outcome = QUEUE_UNHEARD;
		snprintf(text, sizeof(text), "it offers no login: %s",
			 try->answer);
	} else if (outcome != QUEUE_SENT) {
		bool is_answered =
			outcome != QUEUE_UNHEARD && try->answer[0] != '\0';

		/* a receiver of mail is known by whom it is for, not by where
		 * that was to be handed in */
		snprintf(text, sizeof(text), "%s%s%s",
			 is_answered || !sender->receivers[r].is_mail
				 ? ""
				 : sender->settings->mail.server,
			 is_answered || !sender->receivers[r].is_mail ? ""
								      : ": ",
			 is_answered ? try->answer
				     : curl_easy_strerror(result));
	}
	try_end(sender, try);
	queue_done(queue, r, outcome, text, now_us);
}

bool sender_step(struct sender *sender, struct queue *queue, int64_t now_us)
{
	const CURLMsg *message;
	int running, left;
	bool some = false;

	curl_multi_perform(sender->multi, &running);
	while ((message = curl_multi_info_read(sender->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE) {
			take_result(sender, queue, message, now_us);
			some = true;
		}
	return some;
}

void sender_wait(struct sender *sender, const int *fds, unsigned count,
		 int timeout_ms)
{
	struct curl_waitfd wait[4];
	unsigned used = 0;

	for (unsigned i = 0; i < count && used < 4; i++)
		if (fds[i] >= 0)
			wait[used++] = (struct curl_waitfd){
				.fd = fds[i], .events = CURL_WAIT_POLLIN};
	curl_multi_poll(sender->multi, wait, used, timeout_ms, NULL);
}
