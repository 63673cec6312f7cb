/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays twinbeatd for one twinbeat-keeper: starts it with its descriptors,
 * turns lines on stdin into requests and events into JSON lines on stdout. The
 * main process that the keeper watches is a child that does nothing and can be
 * killed.
 *
 *   keeper_tool KEEPER
 *
 * First the settings, one thing a line, words KEY=VALUE:
 *   node address=192.0.2.11    (its own; before the instances)
 *   instance name=VI_1 interface=eth0 vrid=55 version=3 advert_ms=100 [track=x]
 *   address ip=192.0.2.100 prefix=32 dev=eth0 [label=eth0:1] [count=N]
 *           (of the instance before; N addresses from ip on)
 *   route to=10.0.0.0/8 [via=] [dev=] [source=] [table=0] [metric=0] [type=0]
 *   rule from=192.0.2.100 [to=] table=100 [priority=16384]   (of it, likewise)
 *   vip lease_s=3 garp_repeat=5 garp_refresh_s=60         realtime
 *           (or garp_... of an instance alone, on its line)
 *   start
 * then:  tick      ticking ms=300 (0 = no more)
 *   claim instance=0 proof=1 [age_ms=0]   release instance=0   announce ...
 *   obituary link=0 path=/dev/pts/1 frame=HEX  (no path: forget)   quit
 *   raw N     N bytes of 0xff      type N   a request of that type
 *   close     closes the socket    kill     kills the main process
 *   deaf      a tick whose answer, and all that follows, is never read
 * The end of stdin kills the main process and ends the tool.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/base/clock.h"
#include "../../src/base/message.h"
#include "../../src/settings/row.h"
#include "../../src/settings/snapshot.h"
#include "../../src/ipc/keeper_msg.h"
#include "line_words.h"

static struct settings settings = {
	.magic = SETTINGS_MAGIC,
	.size = sizeof(settings),
};

static struct tool {
	int fd; /* -1 = closed */
	pid_t keeper, main;
	int keeper_pidfd;
	int64_t tick_us, next_tick_us; /* tick_us 0 = none */
	bool is_deaf;
} tool;

static void add_node_address(const char *line)
{
	struct settings_node *self = &settings.nodes[settings.self];
	char literal[IP_TEXT_MAX] = "";

	text(line, "address", literal, sizeof(literal));
	if (!ip_parse(literal, &self->addresses[self->address_count++]))
		exit(2);
}

static void read_garp(const char *line, struct settings_garp *garp)
{
	garp->repeat = (uint32_t)number(line, "garp_repeat", 5);
	garp->delay_ms = (uint32_t)number(line, "garp_delay_ms", 0);
	garp->refresh_s = (uint32_t)number(line, "garp_refresh_s", 60);
	garp->refresh_repeat = (uint32_t)number(line, "garp_refresh_repeat", 1);
}

static void add_instance(const char *line)
{
	struct settings_instance *instance =
		&settings.instances[settings.instance_count++];

	instance->vrid = (uint8_t)number(line, "vrid", 55);
	instance->version = (uint8_t)number(line, "version", 3);
	instance->advert_ms = (uint32_t)number(line, "advert_ms", 100);
	instance->unicast_min_ttl = 255;
	memset(instance->priority, 100, sizeof(instance->priority));
	instance->first_address = settings.address_count;
	text(line, "name", instance->name, sizeof(instance->name));
	text(line, "interface", instance->interface,
	     sizeof(instance->interface));
	text(line, "auth_pass", instance->auth_pass,
	     sizeof(instance->auth_pass));
	text(line, "track", instance->track[0], sizeof(instance->track[0]));
	instance->track_count = instance->track[0][0] != '\0';
	instance->garp.configured = strstr(line, "garp_") != NULL;
	read_garp(line, &instance->garp);
}

static void add_addresses(const char *line)
{
	struct settings_instance *instance =
		&settings.instances[settings.instance_count - 1];
	long count = number(line, "count", 1);
	char literal[IP_TEXT_MAX] = "";
	struct ip ip;

	text(line, "ip", literal, sizeof(literal));
	if (!ip_parse(literal, &ip))
		exit(2);
	for (long i = 0; i < count && settings.address_count < ADDRESSES_MAX;
	     i++) {
		struct settings_address *address =
			&settings.addresses[settings.address_count++];

		address->ip = ip;
		if (ip_is_v4(&ip)) {
			address->ip = ip_from_v4(ip_to_v4(&ip) + (uint32_t)i);
		} else {
			address->ip.bytes[14] += (uint8_t)(i >> 8);
			address->ip.bytes[15] += (uint8_t)i;
		}
		address->prefix = (uint8_t)number(line, "prefix",
						  ip_is_v4(&ip) ? 32 : 128);
		address->excluded = number(line, "excluded", 0) != 0;
		text(line, "dev", address->dev, sizeof(address->dev));
		text(line, "label", address->label, sizeof(address->label));
		instance->address_count++;
	}
}

/* Of the instance before. */
static void add_route(const char *line)
{
	struct settings_instance *instance =
		&settings.instances[settings.instance_count - 1];
	struct settings_route *route = &settings.routes[settings.route_count];

	if (instance->route_count++ == 0)
		instance->first_route = settings.route_count;
	settings.route_count++;
	text(line, "to", route->to, sizeof(route->to));
	text(line, "via", route->via, sizeof(route->via));
	text(line, "dev", route->dev, sizeof(route->dev));
	text(line, "source", route->source, sizeof(route->source));
	route->table = (uint32_t)number(line, "table", 0);
	route->metric = (uint32_t)number(line, "metric", 0);
	route->type = (uint8_t)number(line, "type", 0);
}

static void add_rule(const char *line)
{
	struct settings_instance *instance =
		&settings.instances[settings.instance_count - 1];
	struct settings_rule *rule = &settings.rules[settings.rule_count];

	if (instance->rule_count++ == 0)
		instance->first_rule = settings.rule_count;
	settings.rule_count++;
	text(line, "from", rule->from, sizeof(rule->from));
	text(line, "to", rule->to, sizeof(rule->to));
	rule->table = (uint32_t)number(line, "table", 100);
	rule->priority = (uint32_t)number(line, "priority", 16384);
}

static void set_defaults(void)
{
	rows_set_defaults(settings_rows, &settings);
	for (unsigned n = 0; n < NODES; n++) {
		snprintf(settings.nodes[n].name, SETTINGS_NAME_MAX, "lb0%u",
			 n + 1);
		settings.nodes[n].priority = 100;
	}
	settings.realtime = false;
}

static void read_settings(void)
{
	char line[512];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strncmp(line, "node", 4) == 0) {
			add_node_address(line);
		} else if (strncmp(line, "instance", 8) == 0) {
			add_instance(line);
		} else if (strncmp(line, "address", 7) == 0) {
			add_addresses(line);
		} else if (strncmp(line, "route", 5) == 0) {
			add_route(line);
		} else if (strncmp(line, "rule", 4) == 0) {
			add_rule(line);
		} else if (strncmp(line, "vip", 3) == 0) {
			settings.lease_s = (uint32_t)number(line, "lease_s", 3);
			read_garp(line, &settings.garp);
		} else if (strncmp(line, "realtime", 8) == 0) {
			settings.realtime = true;
		} else if (strncmp(line, "start", 5) == 0) {
			return;
		}
	}
	exit(2);
}

/* In the child: descriptors 3 to 6 as keeper_msg.h has them. */
static void __attribute__((noreturn))
become_keeper(char **argv, int socket, int sealed, int parent)
{
	int fds[] = {socket, sealed, parent, open("/dev/null", O_RDONLY)};

	for (int i = 0; i < 4; i++) /* out of the way of each other */
		fds[i] = fcntl(fds[i], F_DUPFD, 20);
	for (int i = 0; i < 4; i++)
		dup2(fds[i], KEEPER_FD_SOCKET + i);
	syscall(SYS_close_range, KEEPER_FD_LOCK + 1, ~0U, 0);
	execv(argv[1], argv + 1);
	perror(argv[1]);
	_exit(127);
}

static pid_t start_main(void)
{
	pid_t tool_pid = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == tool_pid)
			pause();
		_exit(0); /* the tool ended before prctl() */
	}
	return pid;
}

static void start_keeper(char **argv)
{
	int pair[2], sealed = settings_seal(&settings), main_pidfd;

	tool.main = start_main();
	main_pidfd = (int)syscall(SYS_pidfd_open, tool.main, 0);
	if (sealed < 0 || main_pidfd < 0 || message_pair(pair) != 0) {
		perror("keeper_tool");
		exit(1);
	}
	tool.keeper = fork();
	if (tool.keeper == 0)
		become_keeper(argv, pair[1], sealed, main_pidfd);
	close(pair[1]);
	tool.fd = pair[0];
	tool.keeper_pidfd = (int)syscall(SYS_pidfd_open, tool.keeper, 0);
	printf("{\"event\": \"started\", \"pid\": %d, \"main\": %d}\n",
	       (int)tool.keeper, (int)tool.main);
}

static void print_event(const struct keeper_event *event)
{
	static const char *const types[] = {
		"?",	    "ready", "alive",  "claimed", "released",
		"restored", "alien", "silent", "answers", "carrier"};

	printf("{\"event\": \"%s\", \"instance\": %u, \"added\": %u, "
	       "\"failed\": %u, \"up\": %s, \"interface\": \"%.15s\", "
	       "\"at_us\": %lld, \"now_us\": %lld, \"text\": \"",
	       event->type <= KEEPER_CARRIER ? types[event->type] : "?",
	       event->instance, event->added, event->failed,
	       event->up ? "true" : "false", event->interface,
	       (long long)event->at_us, (long long)clock_now_us());
	for (const char *at = event->text; *at != '\0'; at++)
		printf(*at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
	printf("\"}\n");
}

static void send_tick(void)
{
	struct keeper_request request = {.type = KEEPER_TICK};

	message_send(tool.fd, &request, sizeof(request));
}

static void send_obituary(const char *line)
{
	struct keeper_request request = {
		.type = KEEPER_OBITUARY,
		.link = (uint32_t)number(line, "link", 0),
	};
	char path[128] = "", hex[2 * BEAT_WIRE_MAX + 1] = "", byte[3] = "";
	int fd = -1;

	text(line, "path", path, sizeof(path));
	text(line, "frame", hex, sizeof(hex));
	for (size_t i = 0; hex[2 * i] != '\0'; i++) {
		memcpy(byte, hex + 2 * i, 2);
		request.frame[i] = (uint8_t)strtoul(byte, NULL, 16);
		request.frame_size = (uint32_t)(i + 1);
	}
	if (path[0] != '\0')
		fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	message_send_fd(tool.fd, &request, sizeof(request), fd);
	if (fd >= 0)
		close(fd);
}

static void send_order(const char *line)
{
	struct keeper_request request = {
		.instance = (uint32_t)number(line, "instance", 0)};

	if (strncmp(line, "claim", 5) == 0) {
		int64_t now_us = clock_now_us();

		request.type = KEEPER_CLAIM;
		request.permit.instance = request.instance;
		request.permit.proof = (uint32_t)number(line, "proof", 1);
		request.permit.at_us =
			now_us - 1000 * number(line, "age_ms", 0);
		printf("{\"event\": \"asked\", \"at_us\": %lld}\n",
		       (long long)now_us);
	} else if (strncmp(line, "release", 7) == 0) {
		request.type = KEEPER_RELEASE;
	} else if (strncmp(line, "announce", 8) == 0) {
		request.type = KEEPER_ANNOUNCE;
	} else if (strncmp(line, "quit", 4) == 0) {
		request.type = KEEPER_QUIT;
	} else if (strncmp(line, "type", 4) == 0) {
		request.type = (uint32_t)strtoul(line + 4, NULL, 10);
	}
	message_send(tool.fd, &request, sizeof(request));
}

static void become_deaf(void)
{
	struct pollfd answer = {.fd = tool.fd, .events = POLLIN};

	tool.is_deaf = true;
	send_tick();
	poll(&answer, 1, 5000);
	printf("{\"event\": \"deaf\"}\n");
}

static void obey(const char *line)
{
	uint8_t noise[1024];

	if (strncmp(line, "kill", 4) == 0) {
		printf("{\"event\": \"killed\", \"at_us\": %lld}\n",
		       (long long)clock_now_us());
		kill(tool.main, SIGKILL);
		waitpid(tool.main, NULL, 0);
	} else if (strncmp(line, "ticking", 7) == 0) {
		tool.tick_us = 1000 * number(line, "ms", 300);
		tool.next_tick_us = clock_now_us();
	} else if (tool.fd < 0) {
		return;
	} else if (strncmp(line, "close", 5) == 0) {
		close(tool.fd);
		tool.fd = -1;
	} else if (strncmp(line, "raw ", 4) == 0) {
		memset(noise, 0xff, sizeof(noise));
		(void)!send(tool.fd, noise,
			    strtoul(line + 4, NULL, 10) % sizeof(noise),
			    MSG_NOSIGNAL);
	} else if (strncmp(line, "tick", 4) == 0) {
		send_tick();
	} else if (strncmp(line, "deaf", 4) == 0) {
		become_deaf();
	} else if (strncmp(line, "obituary", 8) == 0) {
		send_obituary(line);
	} else {
		send_order(line);
	}
}

static void read_events(void)
{
	struct keeper_event event;

	for (;;) {
		switch (message_receive(tool.fd, &event, sizeof(event))) {
		case MESSAGE_OK:
			print_event(&event);
			continue;
		case MESSAGE_GONE:
			printf("{\"event\": \"gone\"}\n");
			close(tool.fd);
			tool.fd = -1;
			return;
		case MESSAGE_NONE:
		case MESSAGE_WRONG:
			return;
		}
	}
}

static void reap_keeper(void)
{
	int status;

	waitpid(tool.keeper, &status, 0);
	printf("{\"event\": \"exited\", \"status\": %d, \"at_us\": %lld}\n",
	       WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
	       (long long)clock_now_us());
	close(tool.keeper_pidfd);
	tool.keeper_pidfd = -1;
}

int main(int argc, char **argv)
{
	char line[512];

	if (argc != 2) {
		fputs("usage: keeper_tool KEEPER\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* stdio would keep lines that poll() then cannot see */
	setvbuf(stdin, NULL, _IONBF, 0);
	set_defaults();
	read_settings();
	start_keeper(argv);
	for (;;) {
		struct pollfd polled[] = {
			{.fd = tool.is_deaf ? -1 : tool.fd, .events = POLLIN},
			{.fd = 0, .events = POLLIN},
			{.fd = tool.keeper_pidfd, .events = POLLIN}};
		int64_t left_us = tool.next_tick_us - clock_now_us();

		poll(polled, 3,
		     tool.tick_us == 0 ? -1
		     : left_us > 0     ? (int)(left_us / 1000) + 1
				       : 0);
		if (tool.fd >= 0 && !tool.is_deaf && polled[0].revents != 0)
			read_events();
		if (polled[2].revents != 0)
			reap_keeper();
		if (tool.fd >= 0 && tool.tick_us > 0 &&
		    clock_now_us() >= tool.next_tick_us) {
			tool.next_tick_us = clock_now_us() + tool.tick_us;
			send_tick();
		}
		if (polled[1].revents == 0)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL) {
			kill(tool.main, SIGKILL);
			return 0;
		}
		obey(line);
	}
}
