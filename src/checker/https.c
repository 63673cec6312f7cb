/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP with TLS by libcurl: the protocols, chunked bodies, certificates. The
 * address is that of the order and never asked of a name server; no proxy of
 * the environment, no redirection, and a new connection for
 * each check that has no keepalive.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "check.h"

#define KEPT_MAX 512L /* with keepalive */

static CURLM *multi;
static int64_t due_us = INT64_MAX;

/* ---- what libcurl waits for (libcurl-multi(3)) ---- */

/* One address, and so one socket for each question. */
static int watch_socket(CURL *curl, curl_socket_t fd, int what, void *arg,
			void *of_socket)
{
	char *private = NULL;
	struct attempt *attempt;

	(void)arg;
	(void)of_socket;
	curl_easy_getinfo(curl, CURLINFO_PRIVATE, &private);
	attempt = (struct attempt *)(void *)private;
	if (attempt == NULL) /* a handle of its own, which closes */
		return 0;
	if (what != CURL_POLL_REMOVE) {
		attempt->fd = fd;
		attempt->events = (short)((what & CURL_POLL_IN ? POLLIN : 0) |
					  (what & CURL_POLL_OUT ? POLLOUT : 0));
	} else if (attempt->fd == fd) {
		attempt->fd = -1;
	}
	return 0;
}

static int set_timer(CURLM *of, long wait_ms, void *arg)
{
	(void)of;
	(void)arg;
	due_us = wait_ms < 0 ? INT64_MAX
			     : turn_now_us() + INT64_C(1000) * wait_ms;
	return 0;
}

int https_begin(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == 0)
		multi = curl_multi_init();
	if (multi == NULL)
		return -1;
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, KEPT_MAX);
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
	return 0;
}

int64_t https_due_us(void)
{
	return due_us;
}

void https_step(void)
{
	int running;

	if (due_us > turn_now_us())
		return;
	/* set anew by set_timer(), if there is more */
	due_us = INT64_MAX;
	curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

/* ---- what libcurl asks of us ---- */

static size_t take_body(char *piece, size_t size, size_t count, void *arg)
{
	struct http_page *page = arg;

	http_page_take(page, piece, size * count);
	return page->is_enough ? 0 : size * count;
}

/* A close is a reset: no TIME_WAIT here, no half-open connection there. */
static int set_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	const struct linger linger = {.l_onoff = 1};

	const struct attempt *attempt = arg;

	(void)purpose;
	if (attempt->order.mark != 0 && !socket_mark(fd, attempt->order.mark))
		return CURL_SOCKOPT_ERROR;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return CURL_SOCKOPT_OK;
}

/* ---- a question ---- */

/* The name in the URL is the one that TLS asks for and verifies. */
static void set_names(struct attempt *attempt, CURL *curl)
{
	const struct settings_check *check = attempt->check;
	const char *name = check->tls.sni[0] ? check->tls.sni : check->host;
	char ip[IP_TEXT_MAX + 2], url[400], route[80], header[128];

	http_bracketed(&attempt->order.ip, ip);
	snprintf(url, sizeof(url), "https://%s:%u%s", name[0] ? name : ip,
		 attempt->order.port, check->path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	snprintf(route, sizeof(route), "::%s:%u", ip, attempt->order.port);
	attempt->route = curl_slist_append(NULL, route);
	curl_easy_setopt(curl, CURLOPT_CONNECT_TO, attempt->route);
	if (check->host[0] != '\0') {
		/* as a browser has it: the port of a redirection is not ours */
		snprintf(header, sizeof(header), "Host: %s", check->host);
		attempt->list = curl_slist_append(NULL, header);
	}
	if (!check->keepalive)
		attempt->list =
			curl_slist_append(attempt->list, "Connection: close");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, attempt->list);
}

static void set_tls(const struct settings_check_tls *tls, CURL *curl)
{
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, (long)tls->verify);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, tls->verify ? 2L : 0L);
	/* libcurl reads all that is there anew for each connection: a folder
	 * of 140 authorities takes it half a second */
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	if (!tls->verify)
		curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
	if (tls->ca_file[0] != '\0')
		curl_easy_setopt(curl, CURLOPT_CAINFO, tls->ca_file);
}

static bool begin(struct attempt *attempt)
{
	char ip[IP_TEXT_MAX], source[IP_TEXT_MAX + 8];
	const struct settings_check *check = attempt->check;
	CURL *curl = curl_easy_init();
	bool is_kept = check->keepalive;

	attempt->curl = curl;
	http_page_begin(&attempt->http.page, check->body, check->digest);
	if (curl == NULL)
		return answer_is(attempt, ANSWER_UNASKED, false,
				 "https: no memory for the question");
	curl_easy_setopt(curl, CURLOPT_PRIVATE, attempt);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_1_1);
	/* else a path like /a/../b is another one */
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "twinbeat/" TWINBEAT_VERSION);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, (long)!is_kept);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, (long)!is_kept);
	curl_easy_setopt(curl, CURLOPT_NOBODY,
			 (long)(check->method == HTTP_HEAD_OF_IT));
	curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, set_socket);
	curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, attempt);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &attempt->http.page);
	if (!ip_is_none(&attempt->check->source) || attempt->order.mark != 0) {
		const struct ip *from = ip_is_none(&attempt->check->source)
						? &attempt->order.source
						: &attempt->check->source;

		snprintf(source, sizeof(source), "host!%s",
			 ip_format(from, ip));
		curl_easy_setopt(curl, CURLOPT_INTERFACE, source);
	}
	set_names(attempt, curl);
	set_tls(&attempt->check->tls, curl);
	if (curl_multi_add_handle(multi, curl) != CURLM_OK)
		return answer_is(attempt, ANSWER_UNASKED, false,
				 "https: libcurl does not take the question");
	return false;
}

/* ---- the answer ---- */

static uint32_t reached_us(CURL *curl, CURLINFO step)
{
	curl_off_t us = 0;

	curl_easy_getinfo(curl, step, &us);
	return us > 0 ? (uint32_t)us : 0;
}

/* Asked by a connection that was there before? libcurl tries it again by a new
 * one, if the server has closed it meanwhile. */
static bool is_reused(CURL *curl)
{
	return reached_us(curl, CURLINFO_CONNECT_TIME_T) == 0 &&
	       reached_us(curl, CURLINFO_PRETRANSFER_TIME_T) > 0;
}

static bool has_connected(CURL *curl)
{
	return reached_us(curl, CURLINFO_CONNECT_TIME_T) > 0 || is_reused(curl);
}

static void note_steps(struct attempt *attempt)
{
	struct checker_answer *answer = &attempt->answer;
	CURL *curl = attempt->curl;

	answer->connected_us = reached_us(curl, CURLINFO_CONNECT_TIME_T);
	answer->tls_us = reached_us(curl, CURLINFO_APPCONNECT_TIME_T);
	answer->first_byte_us = reached_us(curl, CURLINFO_STARTTRANSFER_TIME_T);
}

/*
 * What CURLINFO_SSL_VERIFYRESULT says of the dates of a certificate: of OpenSSL
 * X509_V_ERR_..., a small number; of GnuTLS GNUTLS_CERT_..., bits above those.
 */
#define OPENSSL_NOT_YET_VALID 9
#define OPENSSL_EXPIRED	      10
#define GNUTLS_NOT_ACTIVATED  0x200
#define GNUTLS_EXPIRED	      0x400

/*
 * One that is not valid yet says nothing of its server: this node's clock is
 * behind, as after a boot without a battery. One that has expired is as bad for
 * clients.
 */
static void judge_certificate(struct attempt *attempt)
{
	long is = 0;

	curl_easy_getinfo(attempt->curl, CURLINFO_SSL_VERIFYRESULT, &is);
	if (is == OPENSSL_NOT_YET_VALID || (is & GNUTLS_NOT_ACTIVATED))
		answer_is(attempt, ANSWER_UNASKED, false,
			  "https port %u: its certificate is not valid yet: is "
			  "the clock of this node behind?",
			  attempt->order.port);
	else
		answer_is(attempt, ANSWER_WRONG, true, "https port %u: %s",
			  attempt->order.port,
			  is == OPENSSL_EXPIRED || (is & GNUTLS_EXPIRED)
				  ? "its certificate has expired"
				  : curl_easy_strerror(
					    CURLE_PEER_FAILED_VERIFICATION));
}

static void judge(struct attempt *attempt, CURLcode code)
{
	CURL *curl = attempt->curl;
	long status = 0, error = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
	note_steps(attempt);
	/* we said that it is enough */
	if (code == CURLE_WRITE_ERROR && attempt->http.page.is_enough)
		code = CURLE_OK;
	if (code == CURLE_OK) {
		http_page_end(&attempt->http.page);
		http_judge(attempt, (unsigned)status, &attempt->http.page);
	} else if (code == CURLE_PEER_FAILED_VERIFICATION) {
		judge_certificate(attempt);
	} else if (has_connected(curl) && code != CURLE_OUT_OF_MEMORY) {
		answer_is(attempt, ANSWER_WRONG, true, "https port %u: %s",
			  attempt->order.port, curl_easy_strerror(code));
	} else {
		answer_is(attempt,
			  code == CURLE_OUT_OF_MEMORY
				  ? ANSWER_UNASKED
				  : answer_unless_lack((int)error, ANSWER_NONE),
			  error == ECONNREFUSED, "https port %u: %s",
			  attempt->order.port,
			  error != 0 ? strerror((int)error)
				     : curl_easy_strerror(code));
	}
}

struct attempt *https_next(void)
{
	struct attempt *attempt;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(multi, &left)) != NULL) {
		char *private = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  &private);
		attempt = (struct attempt *)(void *)private;
		judge(attempt, message->data.result);
		return attempt;
	}
	return NULL;
}

/* https_next() has its answer, if it is there. */
static bool ready(struct attempt *attempt, short revents)
{
	int what = (revents & POLLIN ? CURL_CSELECT_IN : 0) |
		   (revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
		   (revents & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR : 0);
	int running;

	curl_multi_socket_action(multi, attempt->fd, what, &running);
	return false;
}

static void late(struct attempt *attempt)
{
	note_steps(attempt);
	socket_late(attempt, is_reused(attempt->curl)
				     ? socket_is_heard(attempt)
				     : has_connected(attempt->curl));
}

static void end(struct attempt *attempt)
{
	if (attempt->curl == NULL)
		return;
	curl_multi_remove_handle(multi, attempt->curl);
	curl_easy_cleanup(attempt->curl);
	curl_slist_free_all(attempt->list);
	curl_slist_free_all(attempt->route);
}

const struct check_kind check_https = {"https", begin, ready, late, end};
