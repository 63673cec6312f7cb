/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial link on ptys, both ways of opening it: termios as for any pty,
 * and libserialport by a pty that is mounted over the name of a real port (in
 * a mount namespace of this process alone), with modem lines by the shim.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/link/serial/serial.h"
#include "../../src/link/serial/serial_backend.h"
#include "../tools/preload/modem_shim.c"

#define PORT_NAME "/dev/tty63" /* mounted over in this process only */

static const uint8_t test_key[BEAT_KEY_SIZE] = "serial test";

/* One cable: the link holds the slave, the test plays the peer. */
struct cable {
	int master, slave;
	char path[64];
	struct serial *serial;
	char error[256];
	/* What take() got. */
	unsigned frames;
	uint8_t last[BEAT_WIRE_MAX];
	size_t last_size;
};

static void cable_make(struct cable *cable)
{
	memset(cable, 0, sizeof(*cable));
	assert_int_equal(
		openpty(&cable->master, &cable->slave, NULL, NULL, NULL), 0);
	assert_int_equal(
		ttyname_r(cable->slave, cable->path, sizeof(cable->path)), 0);
	assert_int_equal(fcntl(cable->master, F_SETFL, O_NONBLOCK), 0);
}

static struct serial *cable_link(const char *path, uint32_t baud)
{
	struct serial_options options = {.baud = baud};
	struct serial *serial;

	snprintf(options.path, sizeof(options.path), "%s", path);
	serial = serial_new(&options);
	assert_non_null(serial);
	return serial;
}

static int setup_cable(void **state)
{
	struct cable *cable = malloc(sizeof(*cable));

	cable_make(cable);
	cable->serial = cable_link(cable->path, 115200);
	if (serial_open(cable->serial, cable->error, sizeof(cable->error)) != 0)
		fail_msg("%s", cable->error);
	*state = cable;
	return 0;
}

static int teardown_cable(void **state)
{
	struct cable *cable = *state;

	serial_free(cable->serial);
	close(cable->master);
	close(cable->slave);
	free(cable);
	modem_shim_queued = -1;
	return 0;
}

static void cable_take(void *arg, const uint8_t *frame, size_t size)
{
	struct cable *cable = arg;

	cable->frames++;
	memcpy(cable->last, frame, size);
	cable->last_size = size;
}

/* A pty hands bytes over by a kernel worker: wait until they are there. */
static int cable_receive(struct cable *cable)
{
	struct pollfd fd = {.fd = serial_fd(cable->serial), .events = POLLIN};

	poll(&fd, 1, 1000);
	return serial_receive(cable->serial, cable_take, cable, cable->error,
			      sizeof(cable->error));
}

static size_t test_frame(uint32_t sequence, uint8_t *wire)
{
	struct beat beat = {
		.generation = 1, .sequence = sequence, .own = set_of(0)};

	return beat_encode(&beat, 1, test_key, wire);
}

static void peer_send(struct cable *cable, uint32_t sequence)
{
	uint8_t wire[BEAT_WIRE_MAX];
	size_t size = test_frame(sequence, wire);

	assert_int_equal(write(cable->master, wire, size), size);
}

static int link_send(struct cable *cable, uint32_t sequence)
{
	uint8_t wire[BEAT_WIRE_MAX];

	return serial_send(cable->serial, wire, test_frame(sequence, wire));
}

/* Reads all that came out at the peer's end; returns the last sequence. */
static uint32_t peer_receive(struct cable *cable, unsigned *frames,
			     unsigned *bad)
{
	struct pollfd fd = {.fd = cable->master, .events = POLLIN};
	struct beat_stream stream = {.used = 0};
	struct beat beat = {.generation = 1, .sequence = 0};
	uint64_t overlong = 0;
	uint8_t byte;
	size_t size;

	*frames = *bad = 0;
	while (poll(&fd, 1, 100) == 1 && read(cable->master, &byte, 1) == 1) {
		if (!beat_stream_push(&stream, byte, &size, &overlong))
			continue;
		if (beat_decode(stream.bytes, size, 1, test_key, &beat) ==
		    BEAT_OK)
			(*frames)++;
		else
			(*bad)++;
	}
	return beat.sequence;
}

static void test_frames_go_both_ways(void **state)
{
	struct cable *cable = *state;
	unsigned frames, bad;
	struct beat beat;

	assert_int_equal(link_send(cable, 1), 0);
	assert_int_equal(link_send(cable, 2), 0);
	assert_int_equal(peer_receive(cable, &frames, &bad), 2);
	assert_int_equal(frames, 2);
	assert_int_equal(bad, 0);
	peer_send(cable, 7);
	assert_int_equal(cable_receive(cable), 0);
	assert_int_equal(cable->frames, 1);
	assert_int_equal(
		beat_decode(cable->last, cable->last_size, 1, test_key, &beat),
		BEAT_OK);
	assert_int_equal(beat.sequence, 7);
	assert_int_equal(serial_counters(cable->serial)->tx, 2);
	assert_int_equal(serial_counters(cable->serial)->rx, 1);
	assert_int_equal(cable_receive(cable), 0);
	assert_int_equal(cable->frames, 1);
}

static void test_a_frame_in_pieces_is_put_together(void **state)
{
	struct cable *cable = *state;
	uint8_t wire[BEAT_WIRE_MAX];
	size_t size = test_frame(3, wire);

	for (size_t i = 0; i < size; i++) {
		assert_int_equal(cable->frames, 0);
		assert_int_equal(write(cable->master, wire + i, 1), 1);
		assert_int_equal(cable_receive(cable), 0);
	}
	assert_int_equal(cable->frames, 1);
}

static void test_noise_is_counted_and_passes(void **state)
{
	struct cable *cable = *state;
	uint8_t noise[400];

	memset(noise, 0x13, sizeof(noise)); /* XOFF: must not stop anything */
	noise[sizeof(noise) - 1] = 0;
	assert_int_equal(write(cable->master, noise, sizeof(noise)),
			 sizeof(noise));
	peer_send(cable, 1);
	while (cable->frames == 0)
		assert_true(cable_receive(cable) >= 0);
	assert_int_equal(serial_counters(cable->serial)->framing, 1);
	assert_int_equal(link_send(cable, 1), 0);
}

static void test_a_busy_line_drops_the_frame(void **state)
{
	struct cable *cable = *state;
	unsigned frames, bad;

	modem_shim_queued = 1;
	assert_int_equal(link_send(cable, 1), 1);
	modem_shim_queued = 0;
	assert_int_equal(link_send(cable, 2), 0);
	assert_int_equal(peer_receive(cable, &frames, &bad), 2);
	assert_int_equal(frames, 1);
	assert_int_equal(serial_counters(cable->serial)->dropped, 1);
	assert_int_equal(serial_counters(cable->serial)->tx, 1);
}

/* Nobody reads at the other end: never blocks, loses frames, then recovers. */
static void test_a_full_line_never_blocks_and_resyncs(void **state)
{
	struct cable *cable = *state;
	unsigned frames, bad, sent = 0;

	while (link_send(cable, sent) == 0)
		sent++;
	assert_int_equal(link_send(cable, sent), 1);
	peer_receive(cable, &frames, &bad);
	assert_int_equal(frames, sent);
	assert_int_equal(link_send(cable, 12345), 0);
	assert_int_equal(peer_receive(cable, &frames, &bad), 12345);
	assert_int_equal(frames, 1);
	assert_true(bad <= 1);
}

static void test_a_hung_up_line_is_lost(void **state)
{
	struct cable *cable = *state;

	close(cable->master);
	assert_int_equal(cable_receive(cable), -1);
	assert_non_null(strstr(cable->error, cable->path));
	assert_non_null(strstr(cable->error, "hung up"));
	assert_int_equal(link_send(cable, 1), -1);
	serial_close(cable->serial);
	assert_int_equal(serial_fd(cable->serial), -1);
	assert_int_equal(link_send(cable, 1), -1);
	assert_int_equal(cable_receive(cable), -1);
	cable->master = open("/dev/null", O_RDONLY);
}

/* By a udev symlink: first it leads nowhere, then to the adapter. */
static void test_it_can_be_opened_again_when_it_is_back(void **state)
{
	struct cable *cable = *state;
	char folder[] = "/tmp/twinbeat-serial-XXXXXX", link[64], error[256];
	struct serial *serial;

	assert_non_null(mkdtemp(folder));
	snprintf(link, sizeof(link), "%s/port", folder);
	assert_int_equal(symlink("/dev/twinbeat-no-such", link), 0);
	serial = cable_link(link, 9600);
	assert_int_equal(serial_open(serial, error, sizeof(error)), -1);
	assert_int_equal(serial_fd(serial), -1);

	serial_close(cable->serial);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(cable->path, link), 0);
	assert_int_equal(serial_open(serial, error, sizeof(error)), 0);
	assert_true(serial_fd(serial) >= 0);
	serial_free(serial);
	unlink(link);
	rmdir(folder);
}

static void test_a_second_opener_is_refused(void **state)
{
	struct cable *cable = *state;
	struct serial *second = cable_link(cable->path, 115200);

	assert_int_equal(
		serial_open(second, cable->error, sizeof(cable->error)), -1);
	assert_non_null(strstr(cable->error, "locked"));
	assert_int_equal(serial_fd(second), -1);
	/* The first is none the worse, and the lock goes with it. */
	assert_int_equal(link_send(cable, 1), 0);
	serial_close(cable->serial);
	assert_int_equal(
		serial_open(second, cable->error, sizeof(cable->error)), 0);
	serial_free(second);
}

static void test_what_was_buffered_before_opening_is_discarded(void **state)
{
	struct cable *cable = *state;

	serial_close(cable->serial);
	for (uint32_t i = 0; i < 300; i++)
		peer_send(cable, i);
	assert_int_equal(
		serial_open(cable->serial, cable->error, sizeof(cable->error)),
		0);
	peer_send(cable, 1000);
	assert_int_equal(cable_receive(cable), 0);
	assert_int_equal(cable->frames, 1);
}

static void test_R11_discard_empties_the_line(void **state)
{
	struct cable *cable = *state;
	const uint8_t half[] = {9, 9, 9};

	for (uint32_t i = 0; i < 300; i++)
		peer_send(cable, i);
	assert_int_equal(write(cable->master, half, sizeof(half)),
			 sizeof(half));
	usleep(20000);
	serial_discard(cable->serial);
	peer_send(cable, 1000);
	assert_int_equal(cable_receive(cable), 0);
	assert_int_equal(cable->frames, 1);
	assert_int_equal(serial_counters(cable->serial)->framing, 0);
}

static void test_one_call_reads_a_bounded_amount(void **state)
{
	struct cable *cable = *state;
	int more;

	for (uint32_t i = 0; i < 100; i++)
		peer_send(cable, i);
	usleep(20000);
	more = cable_receive(cable);
	assert_int_equal(more, 1);
	assert_in_range(cable->frames, 1, 99);
	while (cable->frames < 100)
		assert_true(cable_receive(cable) >= 0);
}

static void assert_raw_without_flow_control(int fd, speed_t speed)
{
	struct termios got;

	assert_int_equal(tcgetattr(fd, &got), 0);
	assert_int_equal(got.c_iflag, IGNBRK);
	assert_int_equal(got.c_oflag, 0);
	assert_int_equal(got.c_lflag, 0);
	assert_int_equal(got.c_cflag & (CRTSCTS | CSTOPB | PARENB), 0);
	assert_int_equal(got.c_cflag & (CSIZE | CLOCAL | CREAD),
			 CS8 | CLOCAL | CREAD);
	assert_int_equal(cfgetospeed(&got), speed);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

/* As a getty or stty may have left it. */
static void leave_flow_control(int fd)
{
	struct termios bad;

	assert_int_equal(tcgetattr(fd, &bad), 0);
	bad.c_iflag |= IXON | IXOFF | ICRNL | ISTRIP;
	bad.c_lflag |= ECHO | ICANON | ISIG;
	bad.c_cflag |= CRTSCTS | CSTOPB;
	bad.c_cflag &= ~(tcflag_t)CLOCAL;
	assert_int_equal(tcsetattr(fd, TCSANOW, &bad), 0);
}

static void test_no_flow_control_is_left_on_a_pty(void **state)
{
	struct cable *cable = *state;

	serial_close(cable->serial);
	leave_flow_control(cable->slave);
	assert_int_equal(
		serial_open(cable->serial, cable->error, sizeof(cable->error)),
		0);
	assert_raw_without_flow_control(serial_fd(cable->serial), B115200);
}

static void test_an_unusual_speed_is_refused(void **state)
{
	struct cable *cable = *state;
	struct serial *odd = cable_link(cable->path, 12345);

	serial_close(cable->serial);
	assert_int_equal(serial_open(odd, cable->error, sizeof(cable->error)),
			 -1);
	assert_non_null(strstr(cable->error, "12345 baud"));
	serial_free(odd);
}

/* ---- what is refused before it is opened ---- */

static void test_inspect_missing_and_no_tty(void **state)
{
	char reason[256], fifo[] = "/tmp/twinbeat-inspect-XXXXXX";
	struct serial *serial;

	(void)state;
	assert_int_equal(serial_inspect("/dev/twinbeat-no-such", reason, 256),
			 SERIAL_MISSING);
	assert_non_null(strstr(reason, "/dev/twinbeat-no-such"));
	assert_int_equal(serial_inspect("/etc/passwd", reason, 256),
			 SERIAL_NOT_TTY);
	assert_int_equal(serial_inspect("/dev/null", reason, 256),
			 SERIAL_NOT_TTY);
	assert_int_equal(serial_inspect("/dev", reason, 256), SERIAL_NOT_TTY);
	/* Opening a FIFO would wait for a writer: inspecting must not open. */
	close(mkstemp(fifo));
	unlink(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(serial_inspect(fifo, reason, 256), SERIAL_NOT_TTY);
	serial = cable_link(fifo, 9600);
	assert_int_equal(serial_open(serial, reason, 256), -1);
	serial_free(serial);
	unlink(fifo);
}

/* A name with blanks, ranges, and lines that are none. */
static void test_C07_inspect_reads_driver_names_with_blanks(void **state)
{
	static const char list[] =
		"/dev/tty             /dev/tty        5       0 "
		"system:/dev/tty\n"
		"UML serial line      /dev/ttyS      64 0-15 serial\n"
		"virtual console driver 2 /dev/vc/0  65 3 console\n"
		"short\n"
		"\n"
		"serial               /dev/ttyS       4 64-67 serial";
	char path[] = "/tmp/twinbeat-drivers-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, list, sizeof(list) - 1), sizeof(list) - 1);
	close(fd);
	assert_true(serial_inspect_is_tty(path, makedev(64, 0)));
	assert_true(serial_inspect_is_tty(path, makedev(64, 15)));
	assert_false(serial_inspect_is_tty(path, makedev(64, 16)));
	assert_true(serial_inspect_is_tty(path, makedev(65, 3)));
	assert_false(serial_inspect_is_tty(path, makedev(65, 2)));
	assert_true(serial_inspect_is_tty(path, makedev(4, 67)));
	assert_false(serial_inspect_is_tty(path, makedev(4, 63)));
	assert_true(serial_inspect_is_tty(path, makedev(5, 0)));
	assert_false(serial_inspect_is_tty(path, makedev(2, 0)));
	unlink(path);
	/* no list: the open will tell */
	assert_true(serial_inspect_is_tty(path, makedev(2, 0)));
}

/* B10: whatever another program changes is seen, and named. */
static void test_B10_changed_settings_are_named(void **state)
{
	static const struct {
		tcflag_t iflag, oflag, cflag, lflag;
		const char *named;
	} changes[] = {
		{0, 0, 0, ECHO, "echo"},
		{0, 0, 0, ICANON, "line mode"},
		{IXOFF, 0, 0, 0, "XON/XOFF"},
		{ICRNL, 0, 0, 0, "input translated"},
		{0, OPOST, 0, 0, "output translated"},
		{0, 0, CSTOPB, 0, "2 stop bits"},
		{0, 0, CRTSCTS, 0, "RTS/CTS"},
	};
	struct cable *cable = *state;
	struct termios fine, now;
	char what[200];

	assert_int_equal(tcgetattr(cable->slave, &fine), 0);
	assert_false(serial_is_changed(cable->serial, what, sizeof(what)));
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		now = fine;
		now.c_iflag |= changes[i].iflag;
		now.c_oflag |= changes[i].oflag;
		now.c_cflag |= changes[i].cflag;
		now.c_lflag |= changes[i].lflag;
		assert_int_equal(tcsetattr(cable->slave, TCSANOW, &now), 0);
		assert_true(
			serial_is_changed(cable->serial, what, sizeof(what)));
		assert_non_null(strstr(what, changes[i].named));
	}
	now = fine;
	cfsetospeed(&now, B9600);
	cfsetispeed(&now, B9600);
	assert_int_equal(tcsetattr(cable->slave, TCSANOW, &now), 0);
	assert_true(serial_is_changed(cable->serial, what, sizeof(what)));
	assert_string_equal(what, "another speed");
	assert_int_equal(tcsetattr(cable->slave, TCSANOW, &fine), 0);
	assert_false(serial_is_changed(cable->serial, what, sizeof(what)));
}

/* Opened by one process, used by another: the lock goes along. */
static void test_port_is_given_and_taken(void **state)
{
	struct cable *cable = *state;
	struct serial *user = cable_link(cable->path, 115200);
	int fds[SERIAL_FDS], none[SERIAL_FDS];
	unsigned count;

	count = serial_give(cable->serial, fds);
	assert_int_equal(count, 1);
	assert_int_equal(serial_fd(cable->serial), -1);
	assert_int_equal(serial_give(cable->serial, none), 0);
	serial_take(user, fds, count);
	assert_int_equal(serial_fd(user), fds[0]);
	assert_int_equal(
		serial_open(cable->serial, cable->error, sizeof(cable->error)),
		-1);
	assert_non_null(strstr(cable->error, "locked"));
	assert_int_equal(serial_send(user, (const uint8_t *)"x", 1), 0);
	serial_free(user);
}

static void test_inspect_terminals_of_the_machine(void **state)
{
	char reason[256];

	(void)state;
	if (access("/dev/console", F_OK) == 0)
		assert_int_equal(serial_inspect("/dev/console", reason, 256),
				 SERIAL_CONSOLE);
	assert_int_equal(serial_inspect("/dev/tty", reason, 256),
			 SERIAL_NOT_TTY);
	if (access("/dev/tty7", F_OK) == 0)
		assert_int_not_equal(serial_inspect("/dev/tty7", reason, 256),
				     SERIAL_FINE);
}

/* The console is known by its number, so by whatever name; never opened. */
static void test_inspect_console_also_behind_a_symlink(void **state)
{
	FILE *file = fopen("/sys/class/tty/console/active", "r");
	char name[32] = "", path[64], link[] = "/tmp/twinbeat-console-XXXXXX";
	char reason[256];
	struct serial *serial;

	(void)state;
	if (file != NULL) {
		assert_true(fscanf(file, "%31s", name) <= 1);
		fclose(file);
	}
	snprintf(path, sizeof(path), "/dev/%s", name);
	if (name[0] == '\0' || access(path, F_OK) != 0)
		skip();
	assert_int_equal(serial_inspect(path, reason, 256), SERIAL_CONSOLE);
	assert_non_null(strstr(reason, name));
	close(mkstemp(link));
	unlink(link);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(serial_inspect(link, reason, 256), SERIAL_CONSOLE);
	serial = cable_link(link, 9600);
	assert_int_equal(serial_open(serial, reason, 256), -1);
	assert_non_null(strstr(reason, "console"));
	serial_free(serial);
	unlink(link);
}

static pid_t start_session(const char *path, const char *name)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int fd;

		setsid();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		fd = open(path, O_RDWR | O_NOCTTY);
		if (fd >= 0 && ioctl(fd, TIOCSCTTY, 0) == 0 &&
		    write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void test_inspect_names_who_has_it_as_terminal(void **state)
{
	static const struct {
		const char *name;
		enum serial_refusal refusal;
	} cases[] = {{"a) shell (x", SERIAL_CONTROLLING},
		     {"agetty", SERIAL_GETTY}};
	struct cable cable;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char pid_text[32];
		pid_t pid;

		cable_make(&cable);
		assert_int_equal(serial_inspect(cable.path, cable.error, 256),
				 SERIAL_FINE);
		pid = start_session(cable.path, cases[i].name);
		assert_int_equal(serial_inspect(cable.path, cable.error, 256),
				 cases[i].refusal);
		snprintf(pid_text, sizeof(pid_text), "process %d", pid);
		assert_non_null(strstr(cable.error, pid_text));
		assert_non_null(strstr(cable.error, cases[i].name));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(cable.master);
		close(cable.slave);
	}
}

/* ---- real ports, by libserialport ---- */

static int setup_port(void **state)
{
	struct cable *cable;

	*state = NULL;
	if (access(PORT_NAME, F_OK) != 0 || unshare(CLONE_NEWNS) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return 0;
	cable = malloc(sizeof(*cable));
	cable_make(cable);
	if (mount(cable->path, PORT_NAME, NULL, MS_BIND, NULL) != 0) {
		close(cable->master);
		close(cable->slave);
		free(cable);
		return 0;
	}
	cable->serial = cable_link(PORT_NAME, 19200);
	*state = cable;
	return 0;
}

static int teardown_port(void **state)
{
	if (*state == NULL)
		return 0;
	umount2(PORT_NAME, MNT_DETACH);
	return teardown_cable(state);
}

static void test_port_through_libserialport(void **state)
{
	struct cable *cable = *state;
	unsigned frames, bad;
	struct serial *second;
	char reason[256];

	if (cable == NULL)
		skip(); /* needs root and the port's name */
	modem_shim_asked = 0;
	leave_flow_control(cable->slave);
	assert_int_equal(serial_inspect(PORT_NAME, reason, 256), SERIAL_FINE);
	if (serial_open(cable->serial, cable->error, 256) != 0)
		fail_msg("%s", cable->error);
	/* Only libserialport asks for modem lines: it was really used. */
	assert_true(modem_shim_asked > 0);
	assert_raw_without_flow_control(serial_fd(cable->serial), B19200);

	assert_int_equal(link_send(cable, 5), 0);
	assert_int_equal(peer_receive(cable, &frames, &bad), 5);
	assert_int_equal(frames, 1);
	assert_int_equal(bad, 0);
	peer_send(cable, 6);
	assert_int_equal(cable_receive(cable), 0);
	assert_int_equal(cable->frames, 1);

	/* The lock holds whichever name the port is reached by. */
	second = cable_link(cable->path, 19200);
	assert_int_equal(serial_open(second, reason, 256), -1);
	assert_non_null(strstr(reason, "locked"));
	serial_close(cable->serial);
	assert_int_equal(serial_open(second, reason, 256), 0);
	serial_free(second);

	assert_int_equal(serial_open(cable->serial, cable->error, 256), 0);
	close(cable->master);
	assert_int_equal(cable_receive(cable), -1);
	serial_close(cable->serial);
	cable->master = open("/dev/null", O_RDONLY);
}

static void test_port_that_libserialport_cannot_open(void **state)
{
	struct cable *cable = *state;

	if (cable == NULL)
		skip();
	close(cable->master);
	cable->master = open("/dev/null", O_RDONLY);
	close(cable->slave);
	cable->slave = open("/dev/null", O_RDONLY);
	assert_int_equal(serial_open(cable->serial, cable->error, 256), -1);
	assert_non_null(strstr(cable->error, PORT_NAME));
	assert_int_equal(serial_fd(cable->serial), -1);
}

#define cable_test(test)                                                       \
	cmocka_unit_test_setup_teardown(test, setup_cable, teardown_cable)
#define port_test(test)                                                        \
	cmocka_unit_test_setup_teardown(test, setup_port, teardown_port)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cable_test(test_frames_go_both_ways),
		cable_test(test_a_frame_in_pieces_is_put_together),
		cable_test(test_noise_is_counted_and_passes),
		cable_test(test_a_busy_line_drops_the_frame),
		cable_test(test_a_full_line_never_blocks_and_resyncs),
		cable_test(test_a_hung_up_line_is_lost),
		cable_test(test_it_can_be_opened_again_when_it_is_back),
		cable_test(test_a_second_opener_is_refused),
		cable_test(test_what_was_buffered_before_opening_is_discarded),
		cable_test(test_R11_discard_empties_the_line),
		cable_test(test_one_call_reads_a_bounded_amount),
		cable_test(test_no_flow_control_is_left_on_a_pty),
		cable_test(test_an_unusual_speed_is_refused),
		cmocka_unit_test(test_inspect_missing_and_no_tty),
		cmocka_unit_test(
			test_C07_inspect_reads_driver_names_with_blanks),
		cable_test(test_B10_changed_settings_are_named),
		cable_test(test_port_is_given_and_taken),
		cmocka_unit_test(test_inspect_terminals_of_the_machine),
		cmocka_unit_test(test_inspect_console_also_behind_a_symlink),
		cmocka_unit_test(test_inspect_names_who_has_it_as_terminal),
		port_test(test_port_through_libserialport),
		port_test(test_port_that_libserialport_cannot_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
