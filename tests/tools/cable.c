/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The null-modem cable of the tests: two ptys, what goes in at one end comes
 * out at the other. Commands come by a FIFO-like datagram socket and can do to
 * it what happens to cables.
 *
 *   cable A B CONTROL      A, B: symlinks to make; CONTROL: unix datagram path
 *   cable --tell CONTROL COMMAND
 *
 * Commands: join, cut, cut-a (what A sends is lost), cut-b, loop (each end
 * hears itself), noise N (N random bytes to both ends), garble (every byte is
 * changed, as with unequal baud rates), hangup-a, hangup-b (the tty is lost and
 * comes back as a new one).
 */
#include <errno.h>
#include <fcntl.h>
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

static struct end {
	const char *link;
	int master, slave;
	bool cut; /* what this end sends is lost */
} ends[2];
static bool loop, garble;

static void fail(const char *what)
{
	fprintf(stderr, "cable: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void end_open(struct end *end)
{
	struct termios raw;
	char name[64];

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

static void end_hang_up(struct end *end)
{
	close(end->slave);
	close(end->master);
	end_open(end);
}

static void forward(unsigned from)
{
	unsigned char bytes[512];
	ssize_t size = read(ends[from].master, bytes, sizeof(bytes));

	if (size <= 0)
		return;
	if (garble)
		for (ssize_t i = 0; i < size; i++)
			bytes[i] = (unsigned char)(bytes[i] * 37 + 11);
	/* a full receiver loses bytes, as a UART does */
	if (loop)
		(void)!write(ends[from].master, bytes, (size_t)size);
	if (!ends[from].cut)
		(void)!write(ends[1 - from].master, bytes, (size_t)size);
}

static void noise(int count)
{
	while (count-- > 0) {
		unsigned char byte = (unsigned char)rand();

		(void)!write(ends[0].master, &byte, 1);
		byte = (unsigned char)rand();
		(void)!write(ends[1].master, &byte, 1);
	}
}

static void obey(const char *command)
{
	if (strcmp(command, "join") == 0) {
		ends[0].cut = ends[1].cut = loop = garble = false;
	} else if (strcmp(command, "cut") == 0) {
		ends[0].cut = ends[1].cut = true;
	} else if (strcmp(command, "cut-a") == 0) {
		ends[0].cut = true;
	} else if (strcmp(command, "cut-b") == 0) {
		ends[1].cut = true;
	} else if (strcmp(command, "loop") == 0) {
		ends[0].cut = ends[1].cut = loop = true;
	} else if (strcmp(command, "garble") == 0) {
		garble = true;
	} else if (strncmp(command, "noise ", 6) == 0) {
		noise(atoi(command + 6));
	} else if (strcmp(command, "hangup-a") == 0) {
		end_hang_up(&ends[0]);
	} else if (strcmp(command, "hangup-b") == 0) {
		end_hang_up(&ends[1]);
	} else {
		fprintf(stderr, "cable: unknown command: %s\n", command);
	}
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

int main(int argc, char **argv)
{
	struct sched_param priority = {.sched_priority = 5};
	int control;

	if (argc == 4 && strcmp(argv[1], "--tell") == 0) {
		control = control_socket(argv[2], false);
		return send(control, argv[3], strlen(argv[3]), 0) < 0;
	}
	if (argc != 4) {
		fprintf(stderr, "usage: cable A B CONTROL\n"
				"       cable --tell CONTROL COMMAND\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	(void)sched_setscheduler(0, SCHED_RR, &priority);
	ends[0].link = argv[1];
	ends[1].link = argv[2];
	end_open(&ends[0]);
	end_open(&ends[1]);
	control = control_socket(argv[3], true);
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd fds[3] = {{ends[0].master, POLLIN, 0},
					{ends[1].master, POLLIN, 0},
					{control, POLLIN, 0}};

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			fail("poll");
		for (unsigned i = 0; i < 2; i++)
			if (fds[i].revents)
				forward(i);
		if (fds[2].revents & POLLIN) {
			char command[64];
			ssize_t size =
				recv(control, command, sizeof(command) - 1, 0);

			if (size > 0) {
				command[size] = '\0';
				obey(command);
			}
		}
	}
}
