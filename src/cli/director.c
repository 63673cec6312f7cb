/* SPDX-License-Identifier: GPL-3.0-or-later */
/* twinbeat director: what is known of LVS services and real servers, and the
 * operator's words about them. twinbeat-director answers, not the daemon. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/spawn.h"
#include "../ipc/director_msg.h"
#include "../settings/settings.h"
#include "cli.h"
#include "client.h"
#include "run_lock.h"

#define WAIT_MOST_S 86400
/* a word is told to the other node first; a check has its own limit */
#define WORD_MS 15000
#define LOOK_MS 75000

/* Nobody listens there: is it the director alone that does not run? */
static bool is_missing(const struct cli *cli)
{
	char path[SETTINGS_PATH_MAX + 32], error[CLIENT_ERROR_MAX];
	enum client_result result;
	json_t *status;
	bool has_daemon;

	snprintf(path, sizeof(path), "%s/" DIRECTOR_DESK_SOCKET, cli->run_dir);
	if (access(path, F_OK) == 0)
		return false;
	status = client_fetch_status(cli->run_dir, 5000, &result, error);
	has_daemon = status != NULL;
	json_decref(status);
	return has_daemon;
}

static int ask(const struct cli *cli, json_t *request, int silence_ms,
	       json_t **answer)
{
	const struct client_watch watch = {.socket = DIRECTOR_DESK_SOCKET,
					   .silence_ms = silence_ms};

	if (!is_missing(cli))
		return client_ask(cli, request, &watch, answer);
	json_decref(request);
	cli_error(cli,
		  "twinbeatd runs, and no twinbeat-director: twinbeat.conf "
		  "has no group director (see twinbeat-director(8)), or it "
		  "is being started");
	return CLI_FAILED;
}

/* The list, a new reference, or NULL with the exit code. */
static json_t *fetch(const struct cli *cli, int *result)
{
	json_t *answer, *list;

	*result = ask(cli, json_pack("{s:s}", "command", "list"), WORD_MS,
		      &answer);
	if (*result != CLI_OK)
		return NULL;
	list = json_incref(json_object_get(answer, "director"));
	json_decref(answer);
	if (list == NULL) {
		cli_error(cli, "the answer makes no sense");
		*result = CLI_FAILED;
	}
	return list;
}

/* ---- for people ---- */

static bool is_plain(const json_t *server)
{
	const char *check = client_string(server, "check");

	return strcmp(client_string(server, "admin"), "ready") == 0 &&
	       client_number(server, "percent", 100) == 100 &&
	       (strcmp(check, "up") == 0 || strcmp(check, "none") == 0);
}

/* One of them is up, and the other is not. */
static bool peer_differs(const json_t *server)
{
	const char *check = client_string(server, "check");
	const char *peer = client_string(server, "peer");
	bool is_up = strcmp(check, "up") == 0 || strcmp(check, "falling") == 0;
	bool is_down =
		strcmp(check, "down") == 0 || strcmp(check, "rising") == 0;

	return (is_up && strcmp(peer, "down") == 0) ||
	       (is_down && strcmp(peer, "up") == 0);
}

static void print_server(const json_t *server)
{
	char name[80];

	snprintf(name, sizeof(name), "%s %s", client_string(server, "name"),
		 client_string(server, "address"));
	printf("  %-32s %-8s %-8s weight %lld  conns %lld+%lld", name,
	       client_string(server, "check"), client_string(server, "admin"),
	       (long long)client_number(server, "kernel_weight", 0),
	       (long long)client_number(server, "active", 0),
	       (long long)client_number(server, "inactive", 0));
	if (!is_plain(server))
		printf("  %lld s: %s",
		       (long long)client_number(server, "since_ms", 0) / 1000,
		       client_string(server, "reason"));
	if (peer_differs(server))
		printf("; the other node sees it %s",
		       client_string(server, "peer"));
	putchar('\n');
}

/* Of all servers, active and not. */
static long long connections_of(const json_t *service)
{
	const json_t *server;
	long long sum = 0;
	size_t i;

	json_array_foreach(json_object_get(service, "servers"), i, server)
		sum += (long long)client_number(server, "active", 0) +
		       (long long)client_number(server, "inactive", 0);
	return sum;
}

/* For status: who is plainly up is counted, the others are named. */
void director_print(const json_t *list)
{
	const json_t *service, *server;
	size_t i, k;

	printf("director: %s\n", client_string(list, "state"));
	json_array_foreach(json_object_get(list, "services"), i, service)
	{
		printf("%s %s  %lld/%lld up  conns %lld  %s\n",
		       client_string(service, "name"),
		       client_string(service, "scheduler"),
		       (long long)client_number(service, "up", 0),
		       (long long)client_number(service, "total", 0),
		       connections_of(service),
		       client_string(service, "state"));
		json_array_foreach(json_object_get(service, "servers"), k,
				   server) if (!is_plain(server) ||
					       peer_differs(server))
			print_server(server);
	}
}

json_t *director_ask(const struct cli *cli)
{
	return client_fetch_director(cli->run_dir, 2000, NULL);
}

static long long stat_of(const json_t *server, const char *key)
{
	return (long long)client_number(json_object_get(server, "stats"), key,
					0);
}

/* As the kernel counts: of dr and tun only what clients send passes here. */
static void print_stats(const json_t *server)
{
	printf("    conns %lld, %lld/s  in %lld packets %lld bytes, %lld/s "
	       "%lld/s  out %lld packets %lld bytes, %lld/s %lld/s\n",
	       stat_of(server, "connections"), stat_of(server, "connections_s"),
	       stat_of(server, "in_packets"), stat_of(server, "in_bytes"),
	       stat_of(server, "in_packets_s"), stat_of(server, "in_bytes_s"),
	       stat_of(server, "out_packets"), stat_of(server, "out_bytes"),
	       stat_of(server, "out_packets_s"),
	       stat_of(server, "out_bytes_s"));
}

static int print_list(const struct cli *cli, const json_t *list,
		      const char *only, bool with_stats)
{
	const json_t *service, *server;
	bool is_found = only == NULL;
	size_t i, k;

	if (strcmp(client_string(list, "state"), "ok") != 0)
		printf("director: %s\n", client_string(list, "state"));
	json_array_foreach(json_object_get(list, "services"), i, service)
	{
		if (only != NULL &&
		    strcmp(only, client_string(service, "name")) != 0)
			continue;
		is_found = true;
		printf("%s %s  %lld/%lld up  %s\n",
		       client_string(service, "name"),
		       client_string(service, "scheduler"),
		       (long long)client_number(service, "up", 0),
		       (long long)client_number(service, "total", 0),
		       client_string(service, "state"));
		json_array_foreach(json_object_get(service, "servers"), k,
				   server)
		{
			print_server(server);
			if (with_stats)
				print_stats(server);
		}
	}
	if (is_found)
		return CLI_OK;
	cli_error(cli, "there is no service \"%s\"", only);
	return CLI_FAILED;
}

static int show(const struct cli *cli, const char *only, bool is_json,
		bool with_stats)
{
	json_t *list;
	int result;

	list = fetch(cli, &result);
	if (list == NULL)
		return result;
	if (is_json) {
		json_dumpf(list, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		putchar('\n');
	} else {
		result = print_list(cli, list, only, with_stats);
	}
	json_decref(list);
	return result;
}

/* ---- words ---- */

static int64_t connections(const json_t *list, const char *name)
{
	const json_t *service, *server;
	char full[160];
	size_t i, k;

	json_array_foreach(json_object_get(list, "services"), i, service)
		json_array_foreach(json_object_get(service, "servers"), k,
				   server)
	{
		snprintf(full, sizeof(full), "%s/%s",
			 client_string(service, "name"),
			 client_string(server, "name"));
		if (strcmp(full, name) == 0)
			return client_number(server, "active", 0) +
			       client_number(server, "inactive", 0);
	}
	return -1;
}

/* Until its last connection has ended. *left: so many it has then. */
static int wait_idle(const struct cli *cli, const char *name, long seconds,
		     int64_t *left)
{
	int64_t until_ms = clock_now_ms() + seconds * 1000;

	for (;;) {
		int result;
		json_t *list = fetch(cli, &result);

		if (list == NULL)
			return result;
		*left = connections(list, name);
		json_decref(list);
		if (*left <= 0)
			return CLI_OK;
		if (clock_now_ms() >= until_ms)
			break;
		usleep(500000);
	}
	return CLI_FAILED;
}

/* *here: it counts on this node, whatever the other one says. */
static int say(const struct cli *cli, const char *word, const char *server,
	       long percent, bool *here)
{
	json_t *answer;
	int result = ask(cli,
			 json_pack("{s:s, s:s, s:I}", "command", word, "server",
				   server, "percent", (json_int_t)percent),
			 WORD_MS, &answer);

	if (result != CLI_OK)
		return result;
	if (client_true(answer, "ok")) {
		puts(client_string(answer, "text"));
	} else {
		cli_error(cli, "%s", client_string(answer, "text"));
		result = CLI_FAILED;
	}
	*here = result == CLI_OK || client_true(answer, "here");
	json_decref(answer);
	return result;
}

/* After a word: its connections have their time, then with cut they end. */
static int end_connections(const struct cli *cli, const char *name,
			   long seconds, bool is_cut)
{
	/* the director cuts at once, and the kernel a tick later */
	static const long cut_s = 3;
	int64_t left = 0;
	bool here = false;
	int result = wait_idle(cli, name, seconds, &left), said = CLI_OK;

	if (result == CLI_FAILED && left > 0 && is_cut) {
		said = say(cli, "disable", name, 100, &here);
		if (here)
			result = wait_idle(cli, name, cut_s, &left);
		seconds += cut_s;
	}
	if (result == CLI_FAILED && left > 0)
		cli_error(cli, "%s has %lld connections still, after %ld s",
			  name, (long long)left, seconds);
	return result == CLI_OK ? said : result;
}

/* ---- one look ---- */

static void print_step(const json_t *check, const char *key, const char *name)
{
	const json_t *value = json_object_get(check, key);

	if (value != NULL)
		printf("    %10.2f ms  %s\n", json_number_value(value), name);
}

static int print_probe(const json_t *probe)
{
	const json_t *check;
	int result = CLI_OK;
	size_t i;

	json_array_foreach(json_object_get(probe, "checks"), i, check)
	{
		bool passed = client_true(check, "passed");

		printf("%s %s port %lld: %s: %s\n",
		       client_string(check, "type"),
		       client_string(check, "address"),
		       (long long)client_number(check, "port", 0),
		       passed ? "passed" : "failed",
		       client_string(check, "text"));
		print_step(check, "connected_ms", "connected");
		print_step(check, "tls_ms", "TLS is up");
		print_step(check, "first_byte_ms", "first byte");
		print_step(check, "took_ms", "done");
		/* an agent that is silent is no failure */
		if (!passed &&
		    strcmp(client_string(check, "type"), "agent") != 0)
			result = CLI_FAILED;
	}
	if (i == 0)
		puts("it has no checks");
	return result;
}

static int look(const struct cli *cli, json_t *request, bool is_json)
{
	const json_t *line, *orders, *probe;
	json_t *answer;
	size_t i;
	int result = ask(cli, request, LOOK_MS, &answer);

	if (result != CLI_OK)
		return result;
	orders = json_object_get(answer, "orders");
	probe = json_object_get(answer, "probe");
	if (is_json) {
		json_dumpf(probe    ? probe
			   : orders ? orders
				    : answer,
			   stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		putchar('\n');
	} else if (probe != NULL) {
		result = print_probe(probe);
	}
	json_array_foreach(orders, i, line) if (!is_json)
		puts(json_string_value(line));
	if (orders != NULL && json_array_size(orders) > 0)
		result = CLI_FAILED;
	if (!client_true(answer, "ok")) {
		cli_error(cli, "%s", client_string(answer, "text"));
		result = CLI_FAILED;
	}
	json_decref(answer);
	return result;
}

/* A director that runs would make it again. */
static int flush(const struct cli *cli)
{
	const struct client_watch watch = {.socket = DIRECTOR_DESK_SOCKET,
					   .is_quiet = true};
	char program[600], list[512], error[240];
	json_t *answer;

	if (client_ask(cli, json_pack("{s:s}", "command", "list"), &watch,
		       &answer) != CLI_UNREACHABLE) {
		json_decref(answer);
		cli_error(cli, "the daemon runs, and its director would make "
			       "the table again: stop it, or take director out "
			       "of the file and reload");
		return CLI_FAILED;
	}
	/* a list that cannot be looked at is not empty */
	snprintf(list, sizeof(list), "%s/director", cli->state_dir);
	if (access(list, R_OK) != 0 && errno != ENOENT && errno != ENOTDIR) {
		cli_error(cli,
			  "the list of what is ours cannot be read: %s: "
			  "%s%s",
			  list, strerror(errno), cli_as_root(errno));
		return CLI_FAILED;
	}
	if (spawn_find("twinbeat-director", program, sizeof(program), error,
		       sizeof(error)) < 0) {
		cli_error(cli, "%s", error);
		return CLI_FAILED;
	}
	if (run_lock_take_directors(cli) < 0)
		return CLI_FAILED;
	execl(program, "twinbeat-director", "--flush", list, (char *)NULL);
	cli_error(cli, "%s: %s", program, strerror(errno));
	return CLI_FAILED;
}

static bool number_of(const char *text, long most, long *number)
{
	char *end;

	*number = strtol(text, &end, 10);
	return *text != '\0' && *end == '\0' && *number >= 0 && *number <= most;
}

/* auto: all of it, as if nobody had said anything. */
static bool percent_of(const char *text, long *percent)
{
	*percent = 100;
	return strcmp(text, "auto") == 0 ||
	       (number_of(text, 100, percent) && *percent > 0);
}

/* What stands behind a word: of whom, and for weight how much. */
#define ONE_SERVER "SERVICE/SERVER, as web/web1: see twinbeat director list"
static const struct director_word {
	const char *name;
	unsigned least, most;
	const char *behind;
} director_words[] = {
	{"list", 0, 1, "nothing, or the name of one service"},
	{"drain", 1, 1, ONE_SERVER},
	{"disable", 1, 1, ONE_SERVER},
	{"enable", 1, 1, ONE_SERVER},
	{"weight", 2, 2, "SERVICE/SERVER and 1 to 100 percent, or auto"},
	{"probe", 1, 1, ONE_SERVER},
	{"diff", 0, 0, "nothing"},
	{"flush", 0, 0, "nothing"},
};

/* -1 to go on, else the exit code. */
static int check_words(const struct cli *cli, const char *const *words,
		       unsigned count, long *percent)
{
	for (size_t i = 0; i < sizeof(director_words) / sizeof(*director_words);
	     i++) {
		const struct director_word *word = &director_words[i];

		if (strcmp(words[0], word->name) != 0)
			continue;
		if (count - 1 >= word->least && count - 1 <= word->most &&
		    (word->least < 1 || strchr(words[1], '/') != NULL) &&
		    (word->least < 2 || percent_of(words[2], percent)))
			return -1;
		cli_error(cli, "behind %s comes %s", word->name, word->behind);
		return CLI_USAGE;
	}
	cli_error(cli,
		  "there is no '%s': say list, drain, disable, enable, weight, "
		  "probe, diff or flush; see twinbeat director --help",
		  words[0]);
	return CLI_USAGE;
}

int command_director(const struct cli *cli, int argc, char **argv)
{
	const char *words[3] = {NULL}, *wait = NULL;
	bool is_json = false, with_stats = false, is_cut = false;
	const struct cli_option options[] = {{"--json", &is_json, NULL},
					     {"--stats", &with_stats, NULL},
					     {"--cut", &is_cut, NULL},
					     {"--wait", NULL, &wait}};
	long seconds = 0, percent = 0;
	bool here = false;
	int waited;
	unsigned count = 0;
	int result = cli_parse(cli, argc, argv, options, 4, words, 3, &count);

	if (result >= 0)
		return result;
	if (is_cut && (count == 0 || strcmp(words[0], "drain") != 0)) {
		cli_error(cli, "--cut is for drain");
		return CLI_USAGE;
	}
	if (count > 0)
		result = check_words(cli, words, count, &percent);
	if (result >= 0)
		return result;
	if (count == 0 || strcmp(words[0], "list") == 0)
		return show(cli, words[1], is_json, with_stats);
	if (with_stats) {
		cli_error(cli, "--stats is for list");
		return CLI_USAGE;
	}
	if (strcmp(words[0], "diff") == 0)
		return look(cli, json_pack("{s:s}", "command", "diff"),
			    is_json);
	if (strcmp(words[0], "probe") == 0)
		return look(cli,
			    json_pack("{s:s, s:s}", "command", "probe",
				      "server", words[1]),
			    is_json);
	if (strcmp(words[0], "flush") == 0)
		return flush(cli);
	if (wait != NULL && !number_of(wait, WAIT_MOST_S, &seconds)) {
		cli_error(cli, "--wait wants seconds, 0 to %d", WAIT_MOST_S);
		return CLI_USAGE;
	}
	result = say(cli, words[0], words[1], percent, &here);
	if (!here || (wait == NULL && !is_cut))
		return result;
	waited = end_connections(cli, words[1], seconds, is_cut);
	return result == CLI_OK ? waited : result;
}
