/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A relay board on a Modbus RTU line for tests: libmodbus serves one end of a
 * pty pair, the driver gets the other. Answers that a shared RS-485 line or a
 * bad adapter gives are made here.
 *
 *   power_line --link PATH [--unit N] [--coils N]
 *
 * PATH becomes a symlink to the driver's end. Commands on stdin, one a line,
 * each answered by one line:
 *   fault KIND [COUNT]   of the next COUNT requests (for ever if left out):
 *       none, silent, crc (a garbled answer), echo (the adapter hears itself),
 *       other (the answer another master was given: the coil is 0; ours comes
 *       to nothing), unit (another unit answers), trailing, chatter (another
 *       master speaks before the answer), half, late (COUNT: each question
 *       gets the answer of so many questions before)
 *   weld N               confirms, and stays
 *   state                {"coils": [1, ...], "requests": N}
 * All coils are on at the start. The current of plug N, mA, is in input
 * registers 1000 + 2 * (N - 1), high word first.
 */
#include <errno.h>
#include <fcntl.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define COILS_MOST 64

static const char *const faults[] = {"none",  "silent", "crc",	    "echo",
				     "other", "unit",	"trailing", "chatter",
				     "half",  "late",	NULL};
enum fault {
	NONE,
	SILENT,
	CRC,
	ECHO_ALL,
	OTHER,
	UNIT,
	TRAILING,
	CHATTER,
	HALF,
	LATE
};

/* LATE: a question is answered with the answer of fault_count questions ago. */
#define LATE_MOST     8
#define CURRENT_FIRST 1000 /* input registers, two per plug: mA */
#define CURRENT_MA    70000

struct frame {
	uint8_t bytes[MODBUS_RTU_MAX_ADU_LENGTH];
	int size;
};

static struct {
	modbus_t *modbus;
	modbus_mapping_t *map;
	int line;
	int unit, coils;
	enum fault fault;
	long fault_count; /* < 0: for ever */
	unsigned requests;
	bool welded[COILS_MOST];
	struct frame late[LATE_MOST + 1];
	int late_count;
} board = {.unit = 1, .coils = 8, .fault_count = -1};

static void send_bytes(const uint8_t *bytes, int size)
{
	(void)!write(board.line, bytes, (size_t)size);
}

/* CRC-16 of Modbus over serial line V1.02 6.2.2, low byte first. */
static void send_with_crc(uint8_t *frame, int size)
{
	unsigned crc = 0xffff;

	for (int i = 0; i < size; i++) {
		crc ^= frame[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
	}
	frame[size] = (uint8_t)crc;
	frame[size + 1] = (uint8_t)(crc >> 8);
	send_bytes(frame, size + 2);
}

/* The right answer, by libmodbus; a welded relay stays what it was. */
static void answer(const uint8_t *request, int size)
{
	int address = request[2] << 8 | request[3];
	bool keep = request[1] == 5 && address < board.coils &&
		    board.welded[address];
	uint8_t was = keep ? board.map->tab_bits[address] : 0;

	modbus_reply(board.modbus, request, size, board.map);
	if (keep)
		board.map->tab_bits[address] = was;
}

/* Current flows through each relay that is on. */
static void measure(void)
{
	for (int i = 0; i < board.coils; i++) {
		uint32_t ma = board.map->tab_bits[i] ? CURRENT_MA : 0;
		uint16_t *at =
			board.map->tab_input_registers + CURRENT_FIRST + 2 * i;

		at[0] = (uint16_t)(ma >> 16);
		at[1] = (uint16_t)ma;
	}
}

/* The right answer joins the others; the oldest goes out if there are enough
 * of them. */
static void answer_late(const uint8_t *request, int size)
{
	struct frame *frame = &board.late[board.late_count];
	int ends[2];

	if (pipe(ends) < 0)
		return;
	modbus_set_socket(board.modbus, ends[1]);
	answer(request, size);
	modbus_set_socket(board.modbus, board.line);
	frame->size = (int)read(ends[0], frame->bytes, sizeof(frame->bytes));
	close(ends[0]);
	close(ends[1]);
	board.late_count++;
	if (board.late_count <= board.fault_count)
		return;
	send_bytes(board.late[0].bytes, board.late[0].size);
	board.late_count--;
	memmove(board.late, board.late + 1,
		(size_t)board.late_count * sizeof(board.late[0]));
}

static void misbehave(enum fault fault, const uint8_t *request, int size)
{
	uint8_t off[8] = {(uint8_t)board.unit, 1, 1, 0};
	static const uint8_t noise[] = {0x00, 0x01};

	switch (fault) {
	case SILENT:
		break;
	case CRC:
		send_with_crc(off, 4);
		send_bytes(noise, 0);
		break;
	case ECHO_ALL:
		send_bytes(request, size);
		answer(request, size);
		break;
	case OTHER:
		send_with_crc(off, 4);
		break;
	case UNIT:
		off[0]++;
		send_with_crc(off, 4);
		break;
	case TRAILING:
		answer(request, size);
		send_bytes(noise, sizeof(noise));
		break;
	case CHATTER:
		send_bytes(request, size / 2);
		answer(request, size);
		break;
	case HALF:
		send_bytes(off, 2);
		break;
	case LATE:
		answer_late(request, size);
		break;
	case NONE:
		answer(request, size);
	}
}

static void serve(void)
{
	uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
	int size = modbus_receive(board.modbus, request);
	bool faulty = board.fault != NONE && board.fault_count != 0;

	if (size <= 0)
		return;
	board.requests++;
	measure();
	if (faulty && board.fault != LATE && board.fault_count > 0)
		board.fault_count--;
	if (faulty && board.fault == CRC) { /* the right answer, garbled */
		uint8_t off[] = {request[0], 1, 1, 0, 0x12, 0x34};

		send_bytes(off, sizeof(off));
		return;
	}
	misbehave(faulty ? board.fault : NONE, request, size);
}

static void tell_state(void)
{
	printf("{\"coils\": [");
	for (int i = 0; i < board.coils; i++)
		printf("%s%u", i > 0 ? ", " : "", board.map->tab_bits[i]);
	printf("], \"requests\": %u}\n", board.requests);
}

static void obey(char *line)
{
	char word[16] = "", name[16] = "";
	long count = -1;
	int got = sscanf(line, "%15s %15s %ld", word, name, &count);

	if (strcmp(word, "state") == 0) {
		tell_state();
		return;
	}
	if (strcmp(word, "weld") == 0 && atoi(name) >= 1 &&
	    atoi(name) <= board.coils) {
		board.welded[atoi(name) - 1] = true;
		puts("ok");
		return;
	}
	for (int i = 0; got >= 2 && faults[i] != NULL; i++)
		if (strcmp(name, faults[i]) == 0) {
			board.fault = (enum fault)i;
			board.fault_count = count;
			board.late_count = 0;
			if (board.fault == LATE &&
			    (count < 1 || count > LATE_MOST))
				board.fault_count = 1;
			puts("ok");
			return;
		}
	puts("error");
}

static int open_line(const char *link)
{
	struct termios raw;
	char name[64];
	int slave;

	if (openpty(&board.line, &slave, name, NULL, NULL) < 0)
		return -1;
	tcgetattr(slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	/* slave stays open: a master without one reads EIO */
	unlink(link);
	if (symlink(name, link) < 0)
		return -1;
	board.modbus = modbus_new_rtu(name, 9600, 'N', 8, 1);
	board.map = modbus_mapping_new(board.coils, 0, 0,
				       CURRENT_FIRST + 2 * COILS_MOST);
	if (board.modbus == NULL || board.map == NULL)
		return -1;
	memset(board.map->tab_bits, 1, (size_t)board.coils);
	modbus_set_slave(board.modbus, board.unit);
	return modbus_set_socket(board.modbus, board.line);
}

int main(int argc, char **argv)
{
	const char *link = NULL;
	char line[128];

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--link") == 0)
			link = argv[i + 1];
		else if (strcmp(argv[i], "--unit") == 0)
			board.unit = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--coils") == 0)
			board.coils = atoi(argv[i + 1]);
	}
	if (link == NULL || board.coils < 1 || board.coils > COILS_MOST) {
		fputs("usage: power_line --link PATH [--unit N] [--coils N]\n",
		      stderr);
		return 2;
	}
	if (open_line(link) < 0) {
		perror("power_line");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	puts("ready");
	for (;;) {
		struct pollfd polled[] = {{.fd = board.line, .events = POLLIN},
					  {.fd = 0, .events = POLLIN}};

		poll(polled, 2, -1);
		if (polled[0].revents != 0)
			serve();
		if (polled[1].revents == 0)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL)
			return 0;
		obey(line);
	}
}
