/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-exporter(8): what the daemon on this node says, over HTTP, for
 * Prometheus and for people. It can ask and can change nothing; a flood of
 * scrapers costs the daemon one question a second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/options.h"
#include "../base/standard_fds.h"
#include "../ipc/control_msg.h"
#include "../status/metrics.h"
#include "../status/verdict.h"
#include "../client/asker.h"
#include "history.h"
#include "page.h"

#define LISTEN_DEFAULT	"127.0.0.1:9694"
#define CONNECTIONS_MAX 256u
#define IDLE_S		10u /* a scraper that never reads */

enum exit_code { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

static const char help[] =
	"usage: twinbeat-exporter [--listen ADDRESS:PORT] [--run-dir DIR] "
	"[--state-dir DIR]\n\n"
	"Serves what twinbeatd on this node says, over HTTP:\n"
	"  /metrics      OpenMetrics, or the older text format\n"
	"  /status.json  as twinbeat status --json\n"
	"  /healthz      200 while every address has one owner, else 503\n"
	"  /             the pair as a picture, and what happened\n\n"
	"  --listen ADDRESS:PORT  where (" LISTEN_DEFAULT "); [::1]:9694 for "
	"IPv6\n"
	"  --run-dir DIR          where the daemon's socket is (" RUN_DIR ")\n"
	"  --state-dir DIR        where its history is (" STATE_DIR ")\n";

/* ---- what is served ---- */

struct answer {
	unsigned code;
	const char *type;
	const char *policy; /* Content-Security-Policy, or NULL */
	char *text;
	size_t size;
};

static bool wants_openmetrics(struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(
		connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);

	return accept && strstr(accept, "application/openmetrics-text");
}

static void answer_metrics(struct MHD_Connection *connection,
			   const json_t *status, struct answer *answer,
			   FILE *out)
{
	bool is_open = wants_openmetrics(connection);

	answer->type = is_open ? "application/openmetrics-text; version=1.0.0; "
				 "charset=utf-8"
			       : "text/plain; version=0.0.4; charset=utf-8";
	metrics_write(out, status,
		      is_open ? METRICS_OPENMETRICS : METRICS_PROMETHEUS);
}

static void answer_health(const struct asker *asker, const json_t *status,
			  struct answer *answer, FILE *out)
{
	char text[VERDICT_TEXT_MAX];

	answer->type = "text/plain; charset=utf-8";
	if (!status) {
		answer->code = MHD_HTTP_SERVICE_UNAVAILABLE;
		fprintf(out, "%s\n", asker->error);
		return;
	}
	if (verdict_make(status, text, sizeof(text)) > VERDICT_NO_STANDBY)
		answer->code = MHD_HTTP_SERVICE_UNAVAILABLE;
	fprintf(out, "%s\n", text);
}

static void answer_json(const struct asker *asker, const json_t *status,
			struct answer *answer, FILE *out)
{
	json_t *none = NULL;

	answer->type = "application/json";
	if (!status) {
		answer->code = MHD_HTTP_SERVICE_UNAVAILABLE;
		none = json_pack("{s:s}", "error", asker->error);
	}
	json_dumpf(status ? status : none, out,
		   JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putc('\n', out);
	json_decref(none);
}

/* Drawn when it has changed: what is given is kept for the next page. */
static const char *draw_history(struct asker *asker)
{
	static char *drawn; /* one thread serves */
	char *lines, *text = NULL;
	size_t size = 0;
	FILE *out;

	if (asker_take_history(asker, &lines) || !drawn) {
		out = open_memstream(&text, &size);
		if (out) {
			history_write(out, lines, asker->history_error);
			if (fclose(out) == 0) {
				free(drawn);
				drawn = text;
			} else {
				free(text);
			}
		}
		free(lines);
	}
	return drawn ? drawn : "";
}

static void answer_page(struct asker *asker, const json_t *status,
			struct answer *answer, FILE *out)
{
	static char policy[200]; /* one thread serves */
	unsigned char random[16];
	char nonce[2 * sizeof(random) + 1] = "";

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		memset(random, 0, sizeof(random)); /* then nothing runs */
	for (unsigned i = 0; i < sizeof(random); i++)
		snprintf(nonce + 2 * (size_t)i, 3, "%02x", random[i]);
	snprintf(policy, sizeof(policy),
		 "default-src 'none'; connect-src 'self'; style-src "
		 "'nonce-%s'; script-src 'nonce-%s'; frame-ancestors 'self'",
		 nonce, nonce);
	answer->policy = policy;
	answer->type = "text/html; charset=utf-8";
	page_write(out, status, asker->error, draw_history(asker), nonce);
}

static void fill(struct asker *asker, struct MHD_Connection *connection,
		 const char *path, struct answer *answer, FILE *out)
{
	if (!strcmp(path, "/metrics")) {
		answer_metrics(connection, asker_status(asker), answer, out);
	} else if (!strcmp(path, "/healthz")) {
		answer_health(asker, asker_status(asker), answer, out);
	} else if (!strcmp(path, "/status.json")) {
		answer_json(asker, asker_status(asker), answer, out);
	} else if (!strcmp(path, "/")) {
		answer_page(asker, asker_status(asker), answer, out);
	} else {
		answer->code = MHD_HTTP_NOT_FOUND;
		answer->type = "text/plain";
		fputs("there is /metrics, /status.json, /healthz and /\n", out);
	}
	if (asker->is_gone)
		kill(getpid(), SIGTERM); /* serve() ends */
}

static enum MHD_Result send_answer(struct MHD_Connection *connection,
				   const struct answer *answer)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		answer->size, answer->text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!response) {
		free(answer->text);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				answer->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
				"no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->policy)
		MHD_add_response_header(response, "Content-Security-Policy",
					answer->policy);
	result = MHD_queue_response(connection, answer->code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection,
			      const char *path, const char *method,
			      const char *version, const char *upload,
			      size_t *upload_size, void **seen)
{
	static int first;
	struct answer answer = {.code = MHD_HTTP_OK, .type = "text/plain"};
	FILE *out;

	(void)version;
	(void)upload;
	if (!*seen) {
		*seen = &first; /* the headers are here; a body may follow */
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0; /* nobody wants it */
		return MHD_YES;
	}
	out = open_memstream(&answer.text, &answer.size);
	if (!out)
		return MHD_NO;
	if (!strcmp(method, "GET") || !strcmp(method, "HEAD")) {
		fill(context, connection, path, &answer, out);
	} else {
		answer.code = MHD_HTTP_METHOD_NOT_ALLOWED;
		fputs("only GET\n", out);
	}
	if (fclose(out)) {
		free(answer.text);
		return MHD_NO;
	}
	return send_answer(connection, &answer);
}

/* ---- where ---- */

/* "127.0.0.1:9694" or "[::1]:9694"; numbers only, there is no DNS here. */
static int read_listen(const char *text, struct sockaddr_storage *address,
		       socklen_t *size)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2], *end;
	size_t length = colon ? (size_t)(colon - text) : 0;
	unsigned long port;

	memset(address, 0, sizeof(*address));
	if (!length || length >= sizeof(host))
		return -1;
	port = strtoul(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end || port < 1 ||
	    port > 65535)
		return -1;
	memcpy(host, text, length);
	host[length] = '\0';
	if (host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		*size = sizeof(*v6);
		return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1 ? 0
									  : -1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	*size = sizeof(*v4);
	return inet_pton(AF_INET, host, &v4->sin_addr) == 1 ? 0 : -1;
}

/* Bound while the rights are there: a port below 1024 needs them. */
static int open_listener(const char *text)
{
	struct sockaddr_storage address;
	socklen_t size = 0;
	int fd, one = 1;

	if (read_listen(text, &address, &size)) {
		fprintf(stderr,
			"twinbeat-exporter: --listen %s: an address and a "
			"port, as " LISTEN_DEFAULT " or [::1]:9694\n",
			text);
		return -1;
	}
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, (struct sockaddr *)&address, size) &&
	    !listen(fd, CONNECTIONS_MAX))
		return fd;
	fprintf(stderr, "twinbeat-exporter: cannot listen on %s: %s\n", text,
		strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int serve(struct asker *asker, int fd, const char *where)
{
	struct MHD_Daemon *web;
	sigset_t ends;
	int number = 0;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	/* blocked before there is a second thread */
	sigprocmask(SIG_BLOCK, &ends, NULL);
	web = MHD_start_daemon(
		MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL,
		handle, asker, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_END);
	if (!web) {
		fprintf(stderr, "twinbeat-exporter: libmicrohttpd does not "
				"start\n");
		close(fd);
		return EXIT_FAILED;
	}
	fprintf(stderr, "twinbeat-exporter: serves http://%s/\n", where);
	sigwait(&ends, &number);
	MHD_stop_daemon(web);
	if (!asker->is_gone)
		return EXIT_OK;
	fprintf(stderr, "twinbeat-exporter: %s\n", asker->error);
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	const char *where = LISTEN_DEFAULT;
	struct asker_words words = {RUN_DIR, STATE_DIR, true};
	const struct option_value options[] = {
		{"--listen", &where},
		{"--run-dir", &words.run_dir},
		{"--state-dir", &words.state_dir},
		{NULL, NULL}};
	struct asker asker;
	int fd, result;

	standard_fds_open();
	result = options_parse(argc, argv, "twinbeat-exporter", help, options);
	if (result >= 0)
		return result;
	fd = open_listener(where);
	if (fd < 0)
		return EXIT_USAGE;
	/* for both processes: the other end may be gone */
	signal(SIGPIPE, SIG_IGN);
	if (asker_start(&asker, &words)) {
		fprintf(stderr, "twinbeat-exporter: %s\n", asker.error);
		close(fd);
		return EXIT_FAILED;
	}
	return serve(&asker, fd, where);
}
