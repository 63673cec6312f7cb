/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The null-modem cable of the tests: two ptys, what goes in at one end comes
 * out at the other, at once or at the speed of a line. Commands come by a
 * datagram socket and do to it what happens to cables; see usage below.
 * It never blocks: a receiver that does not read loses bytes, as with a UART.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* A 16550 wakes its driver at 8 of 16 bytes, or when the line falls silent. */
#define FIFO_TRIGGER 8
#define LINE_MOST    4096
#define RECORD_MOST  16384

static const char usage[] =
	"cable A B CONTROL          A, B: symlinks to make; CONTROL: a socket\n"
	"cable --tell CONTROL COMMAND\n"
	"\n"
	"join           all is well again; the speed stays\n"
	"cut            nothing passes\n"
	"cut-a, cut-b   what A (B) sends is lost\n"
	"loop           each end hears itself and nobody else\n"
	"garble         every byte is changed, as between unequal baud rates\n"
	"noise N        N random bytes to both ends\n"
	"drop N         N of 1000 bytes are lost\n"
	"corrupt N      N of 1000 bytes have one wrong bit\n"
	"pace BAUD      ten bits a byte; 0: at once\n"
	"record         keep what is sent from now on\n"
	"replay-a, -b   what A (B) sent while recording is sent once more\n"
	"hangup-a, -b   the tty is lost and is there again, as a new one\n"
	"unplug-a, -b   the tty is lost and its name with it\n"
	"plug-a, -b     it is back\n";

struct end {
	const char *link;
	int master, slave; /* -1: unplugged */
	bool cut;	   /* what this end sends is lost */
	/* on the line: sent by this end, not yet at the other */
	unsigned char line[LINE_MOST];
	size_t size;
	int64_t free_us; /* when the line has carried all that was before */
	unsigned char record[RECORD_MOST];
	size_t recorded;
};

static struct end ends[2];
static bool loop, garble, recording;
static int dropped, corrupted; /* per mille */
static long baud;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "cable: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void end_open(struct end *end)
{
	struct termios raw;
	char name[64];

	if (end->master >= 0)
		return;
	end->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (end->master < 0 || grantpt(end->master) < 0 ||
	    unlockpt(end->master) < 0 ||
	    ptsname_r(end->master, name, sizeof(name)) != 0)
		fail("pty");
	/* held open: a master without a slave reads EIO for ever */
	end->slave = open(name, O_RDWR | O_NOCTTY);
	if (end->slave < 0 || tcgetattr(end->slave, &raw) < 0)
		fail(name);
	cfmakeraw(&raw); /* a fresh pty echoes */
	tcsetattr(end->slave, TCSANOW, &raw);
	unlink(end->link);
	if (symlink(name, end->link) < 0)
		fail(end->link);
}

static void end_unplug(struct end *end)
{
	if (end->master < 0)
		return;
	unlink(end->link);
	close(end->slave);
	close(end->master);
	end->master = end->slave = -1;
	end->size = 0;
}

/* A full receiver loses bytes; one that is unplugged loses all. */
static void put(const struct end *to, const unsigned char *bytes, size_t size)
{
	if (to->master >= 0 && size > 0)
		(void)!write(to->master, bytes, size);
}

static bool unlucky(int per_mille)
{
	return per_mille > 0 && rand() % 1000 < per_mille;
}

static size_t spoil(unsigned char *bytes, size_t size)
{
	size_t left = 0;

	for (size_t i = 0; i < size; i++) {
		unsigned char byte = bytes[i];

		if (unlucky(dropped))
			continue;
		if (unlucky(corrupted))
			byte ^= (unsigned char)(1U << rand() % 8);
		if (garble)
			byte = (unsigned char)(byte * 37 + 11);
		bytes[left++] = byte;
	}
	return left;
}

static void deliver(unsigned from, unsigned char *bytes, size_t size)
{
	size = spoil(bytes, size);
	if (loop)
		put(&ends[from], bytes, size);
	if (!ends[from].cut)
		put(&ends[1 - from], bytes, size);
}

static int64_t carry_us(size_t size)
{
	return (int64_t)size * 10 * 1000000 / baud;
}

static size_t chunk_size(const struct end *end)
{
	return end->size < FIFO_TRIGGER ? end->size : FIFO_TRIGGER;
}

/* When the next bytes of this end are at the other; INT64_MAX: never. */
static int64_t due_us(const struct end *end)
{
	if (end->size == 0)
		return INT64_MAX;
	return baud == 0 ? 0 : end->free_us + carry_us(chunk_size(end));
}

static void carry(unsigned from)
{
	struct end *end = &ends[from];

	while (due_us(end) <= now_us()) {
		size_t size = baud == 0 ? end->size : chunk_size(end);
		unsigned char bytes[LINE_MOST];

		if (baud > 0)
			end->free_us += carry_us(size);
		memcpy(bytes, end->line, size);
		end->size -= size;
		memmove(end->line, end->line + size, end->size);
		deliver(from, bytes, size);
	}
}

static void send_on(unsigned from, const unsigned char *bytes, size_t size)
{
	struct end *end = &ends[from];

	if (size > LINE_MOST - end->size)
		size = LINE_MOST - end->size;
	if (end->size == 0 && end->free_us < now_us())
		end->free_us = now_us();
	memcpy(end->line + end->size, bytes, size);
	end->size += size;
	carry(from);
}

static void hear(unsigned from)
{
	struct end *end = &ends[from];
	unsigned char bytes[512];
	ssize_t size = read(end->master, bytes, sizeof(bytes));

	if (size <= 0)
		return;
	if (recording && end->recorded + (size_t)size <= RECORD_MOST) {
		memcpy(end->record + end->recorded, bytes, (size_t)size);
		end->recorded += (size_t)size;
	}
	send_on(from, bytes, (size_t)size);
}

static void noise(int count)
{
	while (count-- > 0) {
		unsigned char byte = (unsigned char)rand();

		put(&ends[0], &byte, 1);
		byte = (unsigned char)rand();
		put(&ends[1], &byte, 1);
	}
}

static void replay(unsigned from)
{
	struct end *end = &ends[from];

	for (size_t at = 0; at < end->recorded; at += LINE_MOST) {
		size_t size = end->recorded - at;

		send_on(from, end->record + at,
			size < LINE_MOST ? size : LINE_MOST);
	}
}

/* "VERB-a" or "VERB-b" of one end. */
static bool obey_end(const char *verb, unsigned which)
{
	struct end *end = &ends[which];

	if (strcmp(verb, "cut") == 0) {
		end->cut = true;
	} else if (strcmp(verb, "hangup") == 0) {
		end_unplug(end);
		end_open(end);
	} else if (strcmp(verb, "unplug") == 0) {
		end_unplug(end);
	} else if (strcmp(verb, "plug") == 0) {
		end_open(end);
	} else if (strcmp(verb, "replay") == 0) {
		recording = false;
		replay(which);
	} else {
		return false;
	}
	return true;
}

static bool obey(const char *command)
{
	char verb[16] = "", end = '\0';
	long number = 0;

	if (sscanf(command, "%15[a-z]-%c", verb, &end) == 2)
		return (end == 'a' || end == 'b') && obey_end(verb, end == 'b');
	sscanf(command, "%15s %ld", verb, &number);
	if (strcmp(verb, "join") == 0) {
		ends[0].cut = ends[1].cut = loop = garble = false;
		dropped = corrupted = 0;
	} else if (strcmp(verb, "cut") == 0) {
		ends[0].cut = ends[1].cut = true;
	} else if (strcmp(verb, "loop") == 0) {
		ends[0].cut = ends[1].cut = loop = true;
	} else if (strcmp(verb, "garble") == 0) {
		garble = true;
	} else if (strcmp(verb, "noise") == 0) {
		noise((int)number);
	} else if (strcmp(verb, "drop") == 0) {
		dropped = (int)number;
	} else if (strcmp(verb, "corrupt") == 0) {
		corrupted = (int)number;
	} else if (strcmp(verb, "pace") == 0 && number >= 0) {
		baud = number;
	} else if (strcmp(verb, "record") == 0) {
		ends[0].recorded = ends[1].recorded = 0;
		recording = true;
	} else {
		return false;
	}
	return true;
}

static int control_socket(const char *path, bool serve)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (serve)
		unlink(path);
	if (fd < 0 ||
	    (serve ? bind(fd, (void *)&address, sizeof(address))
		   : connect(fd, (void *)&address, sizeof(address))) < 0)
		fail(path);
	return fd;
}

static void wait_for_something(struct pollfd *fds)
{
	int64_t due = due_us(&ends[0]), other = due_us(&ends[1]);
	int64_t wait_us;
	struct timespec wait;

	due = other < due ? other : due;
	wait_us = due == INT64_MAX ? 0 : due - now_us();
	if (wait_us < 0)
		wait_us = 0;
	wait = (struct timespec){wait_us / 1000000, wait_us % 1000000 * 1000};
	if (ppoll(fds, 3, due == INT64_MAX ? NULL : &wait, NULL) < 0 &&
	    errno != EINTR)
		fail("poll");
}

int main(int argc, char **argv)
{
	struct sched_param priority = {.sched_priority = 5};
	int control;

	if (argc == 4 && strcmp(argv[1], "--tell") == 0) {
		control = control_socket(argv[2], false);
		return send(control, argv[3], strlen(argv[3]), 0) < 0;
	}
	if (argc != 4) {
		fputs(usage, stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	(void)sched_setscheduler(0, SCHED_RR, &priority);
	for (unsigned i = 0; i < 2; i++) {
		ends[i].link = argv[1 + i];
		ends[i].master = -1;
		end_open(&ends[i]);
	}
	control = control_socket(argv[3], true);
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd fds[3] = {{ends[0].master, POLLIN, 0},
					{ends[1].master, POLLIN, 0},
					{control, POLLIN, 0}};
		char command[64];
		ssize_t size;

		wait_for_something(fds);
		for (unsigned i = 0; i < 2; i++) {
			if (fds[i].revents)
				hear(i);
			carry(i);
		}
		if (!(fds[2].revents & POLLIN))
			continue;
		size = recv(control, command, sizeof(command) - 1, 0);
		command[size > 0 ? size : 0] = '\0';
		if (!obey(command))
			fprintf(stderr, "cable: unknown command: %s\n",
				command);
	}
}
