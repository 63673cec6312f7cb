/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A power switch with Modbus/TCP for tests and the demo: a coil per plug, and
 * every way of misbehaving that a real one has shown. Written by hand, not on
 * libmodbus, because a library would not send wrong frames.
 *
 * When plug N goes off, each process listed in KILL_DIR/plugN.pids gets SIGKILL
 * and each interface in KILL_DIR/plugN.links (the node's ends of its cables, in
 * the namespace of the switch) is taken down before the request is answered:
 * the power is gone, then the switch says so. A machine with two supplies:
 * KILL_DIR/plugN.with lists the other plugs; it dies with the last of them.
 * Each request and each change is a JSON line with its CLOCK_BOOTTIME.
 * The text of --help, below, lists options and control commands.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "modbus_faults.h"
#include "panel.h"
#include "power_cut.h"

#define PLUGS_MOST   64
#define CLIENTS_MOST 32
#define FRAME_MOST   260
#define LATE	     INT64_MAX
#define CURRENT_BASE 1000 /* input registers, two per plug: mA */
#define CURRENT_MA   70000

enum scope { SCOPE_ALL, SCOPE_READ, SCOPE_WRITE, SCOPE_CURRENT };

struct plug {
	bool coil;  /* what the switch says */
	bool power; /* what is so */
	bool welded, lying;
	uint32_t leak_ma; /* flows without power */
};

struct client {
	int fd; /* -1: free */
	char name[64];
	uint8_t in[FRAME_MOST];
	size_t in_size;
	uint8_t out[2 * FRAME_MOST];
	size_t out_size, out_sent;
	int64_t due_us, drip_us; /* when to send; pause between bytes */
	bool close_after, reset_after;
};

static struct {
	struct sockaddr_storage address;
	socklen_t address_size;
	int listener, control;
	struct plug plugs[PLUGS_MOST + 1]; /* from 1 */
	unsigned plug_count, read_base, unit, shift;
	uint16_t register_on, register_off;
	const char *kill_dir;
	FILE *log;
	struct client clients[CLIENTS_MOST];
	bool one_client;
	enum fault_kind fault;
	enum scope fault_scope;
	unsigned fault_plug;		  /* 0: any */
	long fault_argument, fault_count; /* count < 0: for ever */
	int64_t back_us;		  /* end of a reboot; 0: none */
} sw = {.listener = -1, .control = -1, .plug_count = 8, .register_on = 1};

static const char usage[] =
	"power_switch --listen ADDRESS:PORT [--coils N] [--kill-dir DIR]\n"
	"    [--log FILE] [--control PATH] [--read-base N]\n"
	"    [--register-on N] [--register-off N] [--unit N]\n"
	"power_switch --tell PATH COMMAND...\n"
	"\n"
	"Serves Modbus/TCP. Plug N (from 1) is coil N-1: 5 writes, 1 reads;\n"
	"2 reads whether the plug really has power. Registers: 6 writes\n"
	"--register-on or -off, 3 reads 1 or 0, 4 the real power. Reads may\n"
	"be shifted by --read-base. 15 and 16 write one plug. The current of\n"
	"plug N, mA, is in input registers 1000 + 2 * (N - 1), high word\n"
	"first. All plugs are on at the start. Other units are not answered.\n"
	"A plug that loses power: SIGKILL to each pid in DIR/plugN.pids,\n"
	"then the answer. JSON lines: changes on stdout, all in FILE.\n"
	"\n"
	"Commands, one per connection to PATH, answered \"ok\" or \"error "
	"...\":\n"
	"  fault KIND [ARG] [read|write|current] [plug=N] [count=N]\n"
	"      none, silent, exception CODE, slow MS, garbage, zeros, half,\n"
	"      half-close, rst, fin, drip MS, wrong-tid, wrong-protocol,\n"
	"      wrong-length, wrong-unit, wrong-function, wrong-exception,\n"
	"      wrong-address, wrong-value, wrong-count, padding, trailing,\n"
	"      twice; for ever, or count requests\n"
	"  weld N    confirms, but coil and power stay as they are\n"
	"  lie N     confirms and says so, but power stays as it is\n"
	"  mend N    the plug works again\n"
	"  leak N MA current flows though it has no power\n"
	"  shift N   it takes each plug for the one N further\n"
	"  reboot MS no connection for so long, then all plugs as at power-on\n"
	"  on N, off N        by hand, at the front panel\n"
	"  one-client on|off  a second connection is reset\n"
	"  refuse on|off      the port is closed\n"
	"  state              one JSON line\n";

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void __attribute__((format(printf, 2, 3)))
record(bool change, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (sw.log != NULL) {
		fprintf(sw.log, "%s\n", line);
		fflush(sw.log);
	}
	if (change) {
		printf("%s\n", line);
		fflush(stdout);
	}
}

/* ---- power ---- */

/* Does another plug feed the same machine (KILL_DIR/plugN.with)? */
static bool is_fed_otherwise(unsigned number)
{
	char path[512];
	unsigned other;
	bool is_fed = false;
	FILE *file;

	snprintf(path, sizeof(path), "%s/plug%u.with",
		 sw.kill_dir ? sw.kill_dir : ".", number);
	file = sw.kill_dir ? fopen(path, "re") : NULL;
	while (file != NULL && fscanf(file, "%u", &other) == 1)
		if (other >= 1 && other <= sw.plug_count)
			is_fed = is_fed || sw.plugs[other].power;
	if (file != NULL)
		fclose(file);
	return is_fed;
}

static void set_power(unsigned number, bool on)
{
	int64_t at_us = now_us();
	unsigned killed = 0;
	bool is_fed;

	if (sw.plugs[number].power == on)
		return;
	sw.plugs[number].power = on;
	is_fed = is_fed_otherwise(number);
	if (!on && !is_fed) {
		killed = kill_listed(sw.kill_dir, number);
		darken_listed(sw.kill_dir, number);
	}
	record(true,
	       "{\"at_us\": %lld, \"event\": \"power\", \"plug\": %u, "
	       "\"on\": %s, \"fed\": %s, \"killed\": %u, \"took_us\": %lld}",
	       (long long)at_us, number, on ? "true" : "false",
	       is_fed ? "true" : "false", killed,
	       (long long)(now_us() - at_us));
}

static void switch_plug(unsigned number, bool on)
{
	struct plug *plug = &sw.plugs[number];

	if (plug->welded)
		return;
	plug->coil = on;
	if (!plug->lying)
		set_power(number, on);
}

/* ---- Modbus ---- */

static bool is_write(uint8_t function)
{
	return function == 5 || function == 6 || function == 15 ||
	       function == 16;
}

static bool is_current(uint8_t function, unsigned address)
{
	return function == 4 && address >= CURRENT_BASE;
}

/* The plug at a wire address; 0: none. */
static unsigned plug_at(uint8_t function, unsigned address)
{
	if (is_current(function, address))
		return (address - CURRENT_BASE) / 2 < sw.plug_count
			       ? (address - CURRENT_BASE) / 2 + 1
			       : 0;
	address += sw.shift;
	if (!is_write(function)) {
		if (address < sw.read_base)
			return 0;
		address -= sw.read_base;
	}
	return address < sw.plug_count ? address + 1 : 0;
}

static size_t answer_exception(uint8_t *answer, uint8_t code)
{
	answer[7] |= 0x80;
	answer[8] = code;
	return 9;
}

/* The value of a plug as functions 1 to 4 show it. */
static bool plug_value(uint8_t function, unsigned number)
{
	return function == 2 || function == 4 ? sw.plugs[number].power
					      : sw.plugs[number].coil;
}

static size_t answer_read(const uint8_t *request, uint8_t *answer)
{
	uint8_t function = request[7];
	unsigned count = get16(request + 10), first;
	bool bits = function <= 2;

	first = plug_at(function, get16(request + 8));
	if (count == 0 || count > 100)
		return answer_exception(answer, 3);
	if (first == 0 || first + count - 1 > sw.plug_count)
		return answer_exception(answer, 2);
	answer[8] = (uint8_t)(bits ? (count + 7) / 8 : 2 * count);
	memset(answer + 9, 0, answer[8]);
	for (unsigned i = 0; i < count; i++) {
		bool on = plug_value(function, first + i);

		if (bits)
			answer[9 + i / 8] |= (uint8_t)(on << i % 8);
		else
			put16(answer + 9 + 2 * i, on);
	}
	return 9U + answer[8];
}

static size_t answer_current(const uint8_t *request, uint8_t *answer)
{
	unsigned number = plug_at(4, get16(request + 8));
	uint32_t ma;

	if (number == 0 || get16(request + 10) != 2)
		return answer_exception(answer, 2);
	ma = sw.plugs[number].power ? CURRENT_MA : sw.plugs[number].leak_ma;
	answer[8] = 4;
	put16(answer + 9, ma >> 16);
	put16(answer + 11, ma);
	return 13;
}

static size_t answer_write(const uint8_t *request, uint8_t *answer)
{
	uint16_t value = get16(request + 10);
	uint16_t on = sw.register_on, off = sw.register_off;
	unsigned number = plug_at(request[7], get16(request + 8));

	if (request[7] == 5 || request[7] == 15) {
		on = request[7] == 5 ? 0xff00 : 1;
		off = 0;
	}
	if (request[7] > 6) { /* one plug: a count of 1, then its value */
		if (value != 1)
			return answer_exception(answer, 3);
		value = request[7] == 15 ? request[13] : get16(request + 13);
	}
	if (number == 0)
		return answer_exception(answer, 2);
	if (value != on && value != off)
		return answer_exception(answer, 3);
	switch_plug(number, value == on);
	memcpy(answer + 8, request + 8, 4);
	return 12;
}

/* The right answer to a request. */
static size_t answer_right(const uint8_t *request, uint8_t *answer)
{
	size_t size;

	memcpy(answer, request, 8);
	if (is_current(request[7], get16(request + 8)))
		size = answer_current(request, answer);
	else if (request[7] >= 1 && request[7] <= 4)
		size = answer_read(request, answer);
	else if (is_write(request[7]))
		size = answer_write(request, answer);
	else
		size = answer_exception(answer, 1);
	put16(answer + 4, (unsigned)size - 6);
	return size;
}

static bool fault_applies(const uint8_t *request)
{
	bool write = is_write(request[7]);

	if (sw.fault == FAULT_NONE || sw.fault_count == 0)
		return false;
	if (sw.fault_scope == SCOPE_CURRENT &&
	    !is_current(request[7], get16(request + 8)))
		return false;
	if (sw.fault_scope == SCOPE_READ && write)
		return false;
	if (sw.fault_scope == SCOPE_WRITE && !write)
		return false;
	if (sw.fault_plug != 0 &&
	    plug_at(request[7], get16(request + 8)) != sw.fault_plug)
		return false;
	if (sw.fault_count > 0)
		sw.fault_count--;
	return true;
}

/* Faults that stay away from the plugs: nothing is read, nothing switched. */
static bool spoil_before(struct client *client, enum fault_kind fault)
{
	static const char garbage[] = "HTTP/1.0 400 Bad Request\r\n\r\n";

	switch (fault) {
	case FAULT_SILENT:
		client->due_us = LATE;
		return true;
	case FAULT_EXCEPTION:
		memcpy(client->out, client->in, 8);
		answer_exception(client->out, (uint8_t)sw.fault_argument);
		put16(client->out + 4, 3);
		client->out_size = 9;
		return true;
	case FAULT_GARBAGE:
		client->out_size = sizeof(garbage) - 1;
		memcpy(client->out, garbage, client->out_size);
		return true;
	case FAULT_ZEROS:
		client->out_size = 12;
		memset(client->out, 0, client->out_size);
		return true;
	case FAULT_RST:
		client->reset_after = true;
		client->close_after = true;
		return true;
	case FAULT_FIN:
		client->close_after = true;
		return true;
	default:
		return false;
	}
}

/* Faults of an answer whose request was carried out. */
static void spoil_after(struct client *client, enum fault_kind fault)
{
	switch (fault) {
	case FAULT_SLOW:
		client->due_us += sw.fault_argument * 1000;
		break;
	case FAULT_DRIP:
		client->drip_us = sw.fault_argument * 1000;
		break;
	default:
		client->close_after = fault == FAULT_HALF_CLOSE;
		client->out_size =
			fault_spoil(fault, client->out, client->out_size);
	}
}

static void answer_request(struct client *client)
{
	const uint8_t *in = client->in;
	bool faulty = fault_applies(in);
	enum fault_kind fault = faulty ? sw.fault : FAULT_NONE;
	int64_t at_us = now_us();

	client->out_size = client->out_sent = 0;
	client->due_us = at_us;
	client->drip_us = 0;
	if (sw.unit != 0 && in[6] != sw.unit)
		client->due_us = LATE;
	else if (!faulty || !spoil_before(client, fault)) {
		client->out_size = answer_right(in, client->out);
		if (faulty)
			spoil_after(client, fault);
	}
	record(false,
	       "{\"at_us\": %lld, \"event\": \"request\", \"client\": \"%s\", "
	       "\"unit\": %u, \"function\": %u, \"address\": %u, \"value\": "
	       "%u, \"plug\": %u, \"answer\": %d, \"fault\": \"%s\"}",
	       (long long)at_us, client->name, in[6], in[7], get16(in + 8),
	       get16(in + 10), plug_at(in[7], get16(in + 8)),
	       client->out_size >= 10 && !is_write(in[7]) ? client->out[9] : -1,
	       fault_names[fault]);
}

/* ---- connections ---- */

static void drop(struct client *client)
{
	struct linger now = {.l_onoff = 1};

	if (client->reset_after)
		setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now,
			   sizeof(now));
	close(client->fd);
	*client = (struct client){.fd = -1};
}

static void send_due(struct client *client)
{
	int64_t now = now_us();
	size_t size = client->out_size - client->out_sent;
	ssize_t sent;

	if (client->fd < 0 || client->due_us > now)
		return;
	if (size > 0) {
		if (client->drip_us > 0)
			size = 1;
		sent = send(client->fd, client->out + client->out_sent, size,
			    MSG_NOSIGNAL);
		if (sent <= 0) {
			drop(client);
			return;
		}
		client->out_sent += (size_t)sent;
		client->due_us = now + client->drip_us;
	}
	if (client->out_sent == client->out_size && client->close_after)
		drop(client);
}

static void hear(struct client *client)
{
	ssize_t got = recv(client->fd, client->in + client->in_size,
			   sizeof(client->in) - client->in_size, 0);

	if (got <= 0) {
		drop(client);
		return;
	}
	client->in_size += (size_t)got;
	for (;;) {
		size_t size = client->in_size < 6 ? sizeof(client->in)
						  : 6U + get16(client->in + 4);

		if (client->fd < 0 || size < 12 || client->in_size < size)
			break;
		answer_request(client);
		client->in_size -= size;
		memmove(client->in, client->in + size, client->in_size);
		send_due(client);
	}
}

static void welcome(void)
{
	struct sockaddr_in peer = {0};
	socklen_t size = sizeof(peer);
	int fd = accept4(sw.listener, (struct sockaddr *)&peer, &size,
			 SOCK_CLOEXEC);
	struct client *client = NULL;
	bool busy = false;
	int one = 1;

	if (fd < 0)
		return;
	for (unsigned i = 0; i < CLIENTS_MOST; i++) {
		if (sw.clients[i].fd < 0)
			client = &sw.clients[i];
		else
			busy = true;
	}
	if (client == NULL || (busy && sw.one_client)) {
		struct client refused = {.fd = fd, .reset_after = true};

		drop(&refused);
		record(false, "{\"at_us\": %lld, \"event\": \"refused\"}",
		       (long long)now_us());
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*client = (struct client){.fd = fd};
	snprintf(client->name, sizeof(client->name), "%s:%u",
		 peer.sin_family == AF_INET ? inet_ntoa(peer.sin_addr) : "v6",
		 ntohs(peer.sin_port));
}

static int open_listener(void)
{
	int one = 1;

	sw.listener =
		socket(sw.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sw.listener < 0)
		return -1;
	setsockopt(sw.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(sw.listener, (struct sockaddr *)&sw.address,
		 sw.address_size) == 0 &&
	    listen(sw.listener, 16) == 0)
		return 0;
	close(sw.listener);
	sw.listener = -1;
	return -1;
}

/* ---- control ---- */

static const char *set_fault(char *words)
{
	char *word, *save = NULL;
	unsigned long value;

	sw.fault = FAULT_NONE;
	sw.fault_scope = SCOPE_ALL;
	sw.fault_plug = 0;
	sw.fault_argument = 0;
	sw.fault_count = -1;
	word = strtok_r(words, " ", &save);
	for (int i = 0; word != NULL && i < FAULT_KINDS; i++)
		if (strcmp(word, fault_names[i]) == 0)
			sw.fault = (enum fault_kind)i;
	if (word == NULL || strcmp(word, fault_names[sw.fault]) != 0)
		return "error unknown fault";
	while ((word = strtok_r(NULL, " ", &save)) != NULL) {
		if (strcmp(word, "read") == 0) {
			sw.fault_scope = SCOPE_READ;
		} else if (strcmp(word, "write") == 0) {
			sw.fault_scope = SCOPE_WRITE;
		} else if (strcmp(word, "current") == 0) {
			sw.fault_scope = SCOPE_CURRENT;
		} else if (strncmp(word, "plug=", 5) == 0) {
			sw.fault_plug = (unsigned)atoi(word + 5);
		} else if (strncmp(word, "count=", 6) == 0) {
			sw.fault_count = atol(word + 6);
		} else {
			value = strtoul(word, NULL, 10);
			sw.fault_argument = (long)value;
		}
	}
	return "ok";
}

static const char *command_plug(const char *word, unsigned number)
{
	struct plug *plug = &sw.plugs[number];

	if (number == 0 || number > sw.plug_count)
		return "error no such plug";
	if (strcmp(word, "weld") == 0) {
		plug->welded = true;
	} else if (strcmp(word, "lie") == 0) {
		plug->lying = true;
	} else if (strcmp(word, "mend") == 0) {
		plug->welded = plug->lying = false;
	} else {
		plug->coil = strcmp(word, "on") == 0;
		set_power(number, plug->coil);
	}
	return "ok";
}

static const char *command_state(void)
{
	static char text[4096];
	size_t n = 0;

	n += (size_t)snprintf(text, sizeof(text), "{\"plugs\": [");
	for (unsigned i = 1; i <= sw.plug_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s{\"coil\": %d, \"power\": %d}",
				      i > 1 ? ", " : "", sw.plugs[i].coil,
				      sw.plugs[i].power);
	snprintf(text + n, sizeof(text) - n, "]}");
	return text;
}

/* As when its supply fails for a moment: connections vanish, relays drop. */
static const char *begin_reboot(int ms)
{
	for (unsigned i = 0; i < CLIENTS_MOST; i++)
		if (sw.clients[i].fd >= 0) {
			sw.clients[i].reset_after = true;
			drop(&sw.clients[i]);
		}
	if (sw.listener >= 0)
		close(sw.listener);
	sw.listener = -1;
	sw.back_us = now_us() + ms * 1000LL;
	return "ok";
}

/* Boards come up with every relay in its power-on state: here, on. */
static void end_reboot(void)
{
	sw.back_us = 0;
	for (unsigned i = 1; i <= sw.plug_count; i++) {
		sw.plugs[i].coil = true;
		set_power(i, true);
	}
	if (open_listener() < 0)
		record(true, "{\"event\": \"cannot listen again\"}");
}

static const char *obey(char *line)
{
	char word[16] = "", argument[16] = "";
	unsigned ma = 0;
	bool on;

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "fault ", 6) == 0)
		return set_fault(line + 6);
	sscanf(line, "%15s %15s %u", word, argument, &ma);
	on = strcmp(argument, "on") == 0;
	if (strcmp(word, "state") == 0)
		return command_state();
	if (strcmp(word, "one-client") == 0) {
		sw.one_client = on;
		return "ok";
	}
	if (strcmp(word, "refuse") == 0) {
		if (on && sw.listener >= 0) {
			close(sw.listener);
			sw.listener = -1;
		} else if (!on && sw.listener < 0 && open_listener() < 0) {
			return "error cannot listen again";
		}
		return "ok";
	}
	if (strcmp(word, "shift") == 0) {
		sw.shift = (unsigned)atoi(argument);
		return "ok";
	}
	if (strcmp(word, "reboot") == 0)
		return begin_reboot(atoi(argument));
	if (strcmp(word, "leak") == 0 && atoi(argument) >= 1 &&
	    atoi(argument) <= (int)sw.plug_count) {
		sw.plugs[atoi(argument)].leak_ma = ma;
		return "ok";
	}
	if (strcmp(word, "weld") == 0 || strcmp(word, "lie") == 0 ||
	    strcmp(word, "mend") == 0 || strcmp(word, "on") == 0 ||
	    strcmp(word, "off") == 0)
		return command_plug(word, (unsigned)atoi(argument));
	return "error unknown command";
}

static void serve_control(void)
{
	struct timeval most = {.tv_sec = 1};
	char line[256], answer[4200];
	int fd = accept4(sw.control, NULL, NULL, SOCK_CLOEXEC), n;
	ssize_t got;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
	got = recv(fd, line, sizeof(line) - 1, 0);
	if (got > 0) {
		line[got] = '\0';
		n = snprintf(answer, sizeof(answer), "%s\n", obey(line));
		(void)!send(fd, answer, (size_t)n, MSG_NOSIGNAL);
	}
	close(fd);
}

/* ---- loop ---- */

static int wait_timeout(void)
{
	int64_t now = now_us(), next = sw.back_us > 0 ? sw.back_us : INT64_MAX;

	for (unsigned i = 0; i < CLIENTS_MOST; i++) {
		const struct client *client = &sw.clients[i];

		if (client->fd >= 0 && client->due_us != LATE &&
		    (client->out_sent < client->out_size ||
		     client->close_after) &&
		    client->due_us < next)
			next = client->due_us;
	}
	if (next == INT64_MAX)
		return -1;
	return next <= now ? 0 : (int)((next - now + 999) / 1000);
}

static void turn(void)
{
	struct pollfd polled[CLIENTS_MOST + 2];

	polled[0] = (struct pollfd){.fd = sw.listener, .events = POLLIN};
	polled[1] = (struct pollfd){.fd = sw.control, .events = POLLIN};
	for (unsigned i = 0; i < CLIENTS_MOST; i++)
		polled[2 + i] = (struct pollfd){.fd = sw.clients[i].fd,
						.events = POLLIN};
	if (poll(polled, CLIENTS_MOST + 2, wait_timeout()) < 0)
		return;
	if (sw.back_us > 0 && now_us() >= sw.back_us)
		end_reboot();
	for (unsigned i = 0; i < CLIENTS_MOST; i++) {
		if (polled[2 + i].revents != 0)
			hear(&sw.clients[i]);
		send_due(&sw.clients[i]);
	}
	if (polled[1].revents != 0)
		serve_control();
	if (polled[0].revents != 0 && sw.listener >= 0)
		welcome();
}

static int read_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		const char *name = argv[i];
		char *value = argv[i + 1];

		if (value == NULL)
			return -1;
		if (strcmp(name, "--listen") == 0) {
			if (panel_parse_address(value, &sw.address,
						&sw.address_size) != 0)
				return -1;
		} else if (strcmp(name, "--coils") == 0) {
			sw.plug_count = (unsigned)atoi(value);
		} else if (strcmp(name, "--read-base") == 0) {
			sw.read_base = (unsigned)atoi(value);
		} else if (strcmp(name, "--register-on") == 0) {
			sw.register_on = (uint16_t)atoi(value);
		} else if (strcmp(name, "--register-off") == 0) {
			sw.register_off = (uint16_t)atoi(value);
		} else if (strcmp(name, "--unit") == 0) {
			sw.unit = (unsigned)atoi(value);
		} else if (strcmp(name, "--kill-dir") == 0) {
			sw.kill_dir = value;
		} else if (strcmp(name, "--log") == 0) {
			sw.log = fopen(value, "ae");
		} else if (strcmp(name, "--control") == 0) {
			sw.control = panel_open(value, true);
			if (sw.control < 0)
				return -1;
		} else {
			return -1;
		}
	}
	return sw.address_size > 0 && sw.plug_count >= 1 &&
			       sw.plug_count <= PLUGS_MOST
		       ? 0
		       : -1;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc >= 4 && strcmp(argv[1], "--tell") == 0)
		return panel_tell(argv + 2);
	if (read_options(argc, argv) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	for (unsigned i = 1; i <= sw.plug_count; i++)
		sw.plugs[i].coil = sw.plugs[i].power = true;
	for (unsigned i = 0; i < CLIENTS_MOST; i++)
		sw.clients[i].fd = -1;
	if (open_listener() < 0) {
		fprintf(stderr, "power_switch: cannot listen: %s\n",
			strerror(errno));
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	record(true, "{\"at_us\": %lld, \"event\": \"ready\"}",
	       (long long)now_us());
	for (;;)
		turn();
}
