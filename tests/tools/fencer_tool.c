/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays twinbeatd for one twinbeat-fencer: starts it with its descriptors,
 * turns lines on stdin into requests and events into JSON lines on stdout.
 *
 *   fencer_tool FENCER
 *
 * First the settings, one thing a line, words KEY=VALUE:
 *   device name=pdu host=127.0.0.1 port=1502 ... (fields of settings_device)
 *   device driver=ipmi host=127.0.0.1 port=623 user=fence password_file=...
 *   device driver=agent agent=/tmp/fence_x agent_ms=500 ...
 *   option KEY=VALUE              (of the last device's agent; VALUE to the
 *                                 end of the line, \n in it is a line break)
 *   plug node=1 level=1 device=0 plug=1
 *   fence timeout_ms=20000        realtime
 *   start
 * then requests:  off|on|read node=1 [levels=2] [device=-1] [id=N] [digest=N]
 *                 [node, levels and the rest may be wrong on purpose]
 *   ready        a power command may come (no answer)
 *   raw N        N bytes of 0xff       close   closes the socket
 * The end of stdin ends the tool at once, as a daemon is killed. The settings
 * are made here and not read from a file: tests want impossible ones too.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../drivers/agent/agent.h"
#include "../../drivers/ipmi/ipmi.h"
#include "../../drivers/modbus/modbus.h"
#include "../../src/ipc/fencer_msg.h"
#include "../../src/settings/row.h"
#include "../../src/settings/snapshot.h"
#include "line_words.h"

static struct settings settings = {
	.magic = SETTINGS_MAGIC,
	.size = sizeof(settings),
	.fence_digest = 0x5eed,
};
static uint32_t next_id = 1;

static void fill_host(struct settings_device *device, const char *line,
		      unsigned port)
{
	char host[sizeof(device->host)] = "127.0.0.1";

	text(line, "host", host, sizeof(host));
	memcpy(device->host, host, sizeof(device->host));
	snprintf(device->place, sizeof(device->place),
		 strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

static void read_agent(struct settings_device *device, const char *line)
{
	struct agent_settings *agent = agent_edit(device);

	device->private_size = sizeof(*agent);
	strcpy(agent->plug_key, "plug");
	text(line, "agent", agent->agent, sizeof(agent->agent));
	text(line, "plug_key", agent->plug_key, sizeof(agent->plug_key));
	text(line, "password_file", agent->password_file,
	     sizeof(agent->password_file));
	agent->agent_ms = (uint32_t)number(line, "agent_ms", 2000);
	device->answer_ms = 2 * agent->agent_ms;
	device->command_ms = agent->agent_ms;
	snprintf(device->place, sizeof(device->place), "%.79s", agent->agent);
}

static void read_ipmi(struct settings_device *device, const char *line)
{
	struct ipmi_settings *ipmi = ipmi_edit(device);

	device->private_size = sizeof(*ipmi);
	*ipmi = (struct ipmi_settings){
		.port = (uint16_t)number(line, "port", 623),
		.cipher = (uint8_t)number(line, "cipher", 17),
		.privilege = (uint8_t)number(line, "privilege", IPMI_OPERATOR),
		.workarounds = (uint32_t)number(line, "workarounds", 0),
		.session_ms = (uint32_t)number(line, "session_ms", 1000),
		.retransmit_ms = (uint32_t)number(line, "retransmit_ms", 250),
		.off_ms = (uint32_t)number(line, "off_ms", 2000),
	};
	text(line, "user", ipmi->user, sizeof(ipmi->user));
	text(line, "password_file", ipmi->password_file,
	     sizeof(ipmi->password_file));
	text(line, "password_credential", ipmi->password_credential,
	     sizeof(ipmi->password_credential));
	text(line, "kg_file", ipmi->kg_file, sizeof(ipmi->kg_file));
	device->answer_ms = ipmi->session_ms;
	device->switch_ms = ipmi->off_ms;
	fill_host(device, line, ipmi->port);
}

static void read_modbus(struct settings_device *device, const char *line)
{
	struct modbus_settings *modbus = modbus_edit(device);

	device->private_size = sizeof(*modbus);
	*modbus = (struct modbus_settings){
		.port = (uint16_t)number(line, "port", 502),
		.unit = (uint8_t)number(line, "unit", 1),
		.write_kind = (uint8_t)number(line, "write_kind", 0),
		.read_kind = (uint8_t)number(line, "read_kind", 0),
		.write_base = (uint16_t)number(line, "write_base", 0),
		.read_base = (uint16_t)number(line, "read_base", 0),
		.write_on = (uint16_t)number(line, "write_on", 1),
		.write_off = (uint16_t)number(line, "write_off", 0),
		.read_on = (uint16_t)number(line, "read_on", 1),
		.read_off = (uint16_t)number(line, "read_off", 0),
		.write_multiple = number(line, "write_multiple", 0) != 0,
		.current = {.kind = (uint8_t)number(line, "current_kind",
						    MODBUS_INPUT),
			    .base = (uint16_t)number(line, "current_base",
						     1000),
			    .step = (uint16_t)number(line, "current_step", 2),
			    .width = (uint8_t)number(line, "current_width", 2),
			    .low_word_first = number(line, "current_low", 0),
			    .unit_ua = (uint32_t)number(line, "current_unit_ua",
							1000),
			    .off_below_ma = (uint32_t)number(
				    line, "current_off_below_ma", 0)},
		.connect_ms = (uint32_t)number(line, "connect_ms", 500),
		.response_ms = (uint32_t)number(line, "response_ms", 500),
		.read_count = (uint16_t)number(line, "read_count", 1),
		.transaction_id = (uint8_t)number(line, "transaction_id", 0),
		.connect_wait_ms = (uint32_t)number(line, "connect_wait_ms", 0),
		.off_ms = (uint32_t)number(line, "off_ms", 0),
	};
	text(line, "line", modbus->line.path, sizeof(modbus->line.path));
	if (modbus->line.path[0] != '\0') {
		modbus->transport = MODBUS_RTU;
		modbus->line.baud = (uint32_t)number(line, "baud", 9600);
		modbus->line.stop_bits = 1;
		modbus->line.rs485 = (uint8_t)number(line, "rs485", 0);
	}
	device->answer_ms = modbus_answer_ms(modbus);
	device->command_ms = modbus_command_ms(modbus);
	device->switch_ms = modbus->off_ms;
	fill_host(device, line, modbus->port);
	if (modbus->transport == MODBUS_RTU)
		memcpy(device->place, modbus->line.path,
		       sizeof(device->place) - 1);
}

static void add_device(const char *line)
{
	struct settings_device *device =
		&settings.devices[settings.device_count++];

	*device = (struct settings_device){
		.name = "pdu",
		.driver = "modbus",
		.settle_ms = (uint32_t)number(line, "settle_ms", 50),
		.power_wait_ms = (uint32_t)number(line, "power_wait_ms", 1000),
	};
	text(line, "name", device->name, sizeof(device->name));
	text(line, "driver", device->driver, sizeof(device->driver));
	if (strcmp(device->driver, "ipmi") == 0)
		read_ipmi(device, line);
	else if (strcmp(device->driver, "agent") == 0)
		read_agent(device, line);
	else
		read_modbus(device, line);
}

static void add_option(const char *line)
{
	struct agent_settings *agent =
		agent_edit(&settings.devices[settings.device_count - 1]);
	const char *value = strchr(line, '=');
	char *at;

	if (settings.device_count == 0 || value == NULL ||
	    agent->option_count == AGENT_OPTIONS_MAX)
		exit(2);
	snprintf(agent->options[agent->option_count].key,
		 sizeof(agent->options[0].key), "%.*s", (int)(value - line - 7),
		 line + 7);
	at = agent->options[agent->option_count].value;
	for (value++; *value != '\0' && *value != '\n'; value++) {
		if (value[0] == '\\' && value[1] == 'n') {
			*at++ = '\n';
			value++;
		} else {
			*at++ = *value;
		}
	}
	agent->option_count++;
}

static void add_plug(const char *line)
{
	struct settings_node *node =
		&settings.nodes[number(line, "node", 1) & 1];
	struct settings_plug *plug = &node->plugs[node->plug_count++];

	plug->level = (uint8_t)number(line, "level", 1);
	plug->device = (uint8_t)number(line, "device", 0);
	text(line, "plug", plug->plug, sizeof(plug->plug));
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
		if (strncmp(line, "device", 6) == 0 &&
		    settings.device_count < DEVICES_MAX)
			add_device(line);
		else if (strncmp(line, "plug", 4) == 0 &&
			 settings.nodes[0].plug_count < PLUGS_MAX &&
			 settings.nodes[1].plug_count < PLUGS_MAX)
			add_plug(line);
		else if (strncmp(line, "option", 6) == 0)
			add_option(line);
		else if (strncmp(line, "fence", 5) == 0)
			settings.fence.timeout_ms =
				(uint32_t)number(line, "timeout_ms", 20000);
		else if (strncmp(line, "realtime", 8) == 0)
			settings.realtime = true;
		else if (strncmp(line, "start", 5) == 0)
			return;
	}
	exit(2);
}

/* In the child: descriptors 3 to 6 as fencer_msg.h has them. */
static void __attribute__((noreturn))
become_fencer(char **argv, int socket, int sealed, int parent)
{
	int fds[] = {socket, sealed, parent, open("/dev/null", O_RDONLY)};

	for (int i = 0; i < 4; i++) /* out of the way of each other */
		fds[i] = fcntl(fds[i], F_DUPFD, 20);
	for (int i = 0; i < 4; i++)
		dup2(fds[i], FENCER_FD_SOCKET + i);
	syscall(SYS_close_range, FENCER_FD_LOCK + 1, ~0U, 0);
	execv(argv[1], argv + 1);
	perror(argv[1]);
	_exit(127);
}

static int start_fencer(char **argv, pid_t *pid)
{
	int pair[2], sealed = settings_seal(&settings);
	int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (sealed < 0 || self < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		perror("fencer_tool");
		exit(1);
	}
	*pid = fork();
	if (*pid == 0)
		become_fencer(argv, pair[1], sealed, self);
	close(pair[1]);
	printf("{\"event\": \"started\", \"pid\": %d}\n", (int)*pid);
	return pair[0];
}

static void print_event(const struct fence_event *event)
{
	static const char *const types[] = {"?", "step", "writing", "done"};
	static const char *const outcomes[] = {"unknown",     "failed", "off",
					       "already-off", "on",	"read",
					       "outrun"};
	static const char *const states[] = {"unknown", "on", "off"};

	printf("{\"event\": \"%s\", \"id\": %u, \"outcome\": \"%s\", "
	       "\"level\": %u, \"digest\": %u, \"ok\": %u, \"tried\": %u, "
	       "\"wrote\": %u, \"at_us\": %lld, \"took_us\": %lld, "
	       "\"power_wait_ms\": %u, \"plugs\": [",
	       event->type <= FENCE_DONE ? types[event->type] : "?", event->id,
	       event->outcome <= FENCE_OUTRUN ? outcomes[event->outcome] : "?",
	       event->level, event->digest, event->device_ok,
	       event->device_tried, event->wrote, (long long)event->at_us,
	       (long long)event->took_us, event->power_wait_ms);
	for (unsigned i = 0; i < PLUGS_MAX; i++)
		printf("%s\"%s\"", i > 0 ? ", " : "",
		       event->plugs[i] <= PLUG_OFF ? states[event->plugs[i]]
						   : "?");
	printf("], \"text\": \"");
	for (const char *at = event->text; *at != '\0'; at++)
		printf(*at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
	printf("\"}\n");
}

static void send_request(int fd, const char *line)
{
	struct fence_request request = {
		.id = (uint32_t)number(line, "id", (long)next_id),
		.kind = (uint32_t)number(line, "kind", 0),
		.node = (uint32_t)number(line, "node", 1),
		.levels = (uint32_t)number(line, "levels", 0x3fe),
		.device = (int32_t)number(line, "device", -1),
		.digest = (uint32_t)number(line, "digest", 0x5eed),
		.guard = (uint32_t)number(line, "guard", 0),
	};

	next_id = request.id + 1;
	if (strncmp(line, "off", 3) == 0)
		request.kind = FENCE_OFF;
	else if (strncmp(line, "on", 2) == 0)
		request.kind = FENCE_ON;
	else if (strncmp(line, "ready", 5) == 0)
		request.kind = FENCE_READY;
	else if (strncmp(line, "read", 4) == 0)
		request.kind = FENCE_READ;
	(void)!send(fd, &request, sizeof(request), MSG_NOSIGNAL);
}

/* False: close the socket. */
static bool obey(int fd, const char *line)
{
	uint8_t noise[512];
	long size;

	if (strncmp(line, "close", 5) == 0)
		return false;
	if (strncmp(line, "raw ", 4) == 0) {
		size = strtol(line + 4, NULL, 10);
		memset(noise, 0xff, sizeof(noise));
		(void)!send(fd, noise, (size_t)size & 511, MSG_NOSIGNAL);
	} else {
		send_request(fd, line);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct fence_event event;
	char line[512];
	pid_t pid;
	int fd;

	if (argc != 2) {
		fputs("usage: fencer_tool FENCER\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* stdio would keep lines that poll() then cannot see */
	setvbuf(stdin, NULL, _IONBF, 0);
	set_defaults();
	read_settings();
	fd = start_fencer(argv, &pid);
	for (;;) {
		struct pollfd polled[] = {{.fd = fd, .events = POLLIN},
					  {.fd = 0, .events = POLLIN}};

		poll(polled, 2, -1);
		if (fd >= 0 && polled[0].revents != 0) {
			ssize_t got = recv(fd, &event, sizeof(event), 0);

			if (got == (ssize_t)sizeof(event)) {
				print_event(&event);
			} else {
				printf("{\"event\": \"gone\"}\n");
				close(fd);
				fd = -1;
			}
		}
		if (polled[1].revents == 0)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL)
			return 0;
		if (fd >= 0 && !obey(fd, line)) {
			close(fd);
			fd = -1;
		}
	}
}
