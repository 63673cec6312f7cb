/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Servers with a BMC, over IPMI 2.0 LAN. A BMC has one plug, the server it
 * sits in. It decides only what an answer is worth; how a conversation goes,
 * ipmi_session.c knows.
 *
 * A conversation is a process of its own: libfreeipmi gives each exchange of
 * packets the whole time, and there are eight, so a slow BMC could stretch one
 * question to a multiple of it. Given up at answer_ms, it costs this plug alone
 * and not the attempt; what is left of it closes its session. Where no process
 * can be made it is had in the attempt itself: an attempt that may end with it
 * is better than a node that cannot be cut.
 *
 * A silent BMC must never read off. It is silent too when the cable is pulled,
 * and when the server has lost the power that both live on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/base/clock.h"
#include "ipmi_session.h"
#include "../kept.h"

/* How long a conversation may go on by itself to close its session, and then
 * how often it is reminded: a signal may come between two waits. */
#define LINGER_MOST_MS 4000
#define REMIND_MS      20
#define REMINDERS      20

static volatile sig_atomic_t ending, reminders;

static void take_signal(int number)
{
	ending = 1;
	if (number == SIGALRM && ++reminders > REMINDERS)
		_exit(EXIT_FAILURE);
}

bool ipmi_session_ending(void)
{
	sigset_t pending;

	sigpending(&pending);
	return ending != 0 || sigismember(&pending, SIGTERM) == 1;
}

bool ipmi_session_may_switch(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &term, NULL);
	return ending == 0;
}

/*
 * The SIGKILL with which the fencer ends an attempt's process group does not
 * end a conversation: it leaves the group. SIGTERM tells it that nobody waits
 * any more, or that its parent is dead. That interrupts nothing but a power
 * command, which the library would else send again and again: who is in the
 * middle of a log-in could not close what the BMC has opened for it. When it
 * lingers too long, SIGALRM makes all that it waits for fail.
 */
static void outlive_the_parent(uint32_t answer_ms, pid_t parent)
{
	struct sigaction action = {.sa_handler = take_signal};
	struct itimerval linger = {.it_interval.tv_usec = REMIND_MS * 1000};
	uint32_t ms = answer_ms;
	sigset_t term;

	ms += 2 * answer_ms < LINGER_MOST_MS ? 2 * answer_ms : LINGER_MOST_MS;
	linger.it_value.tv_sec = ms / 1000;
	linger.it_value.tv_usec = (long)(ms % 1000) * 1000 + 1;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &linger, NULL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
}

static void __attribute__((noreturn))
speaker_main(const struct settings_device *device,
	     const struct ipmi_secrets *secrets, enum ipmi_command command,
	     int fd, pid_t parent)
{
	struct ipmi_reply reply;

	outlive_the_parent(device->answer_ms, parent);
	ipmi_session_run(device, secrets, command, device->answer_ms, &reply);
	/* One write below PIPE_BUF: whole or not at all. */
	_exit(write(fd, &reply, sizeof(reply)) == (ssize_t)sizeof(reply)
		      ? EXIT_SUCCESS
		      : EXIT_FAILURE);
}

/*
 * Without a process of its own: SIGALRM ends it, as one that lingers, and in
 * the end all of the attempt, which proves nothing then.
 */
static void speak_here(const struct settings_device *device,
		       const struct ipmi_secrets *secrets,
		       enum ipmi_command command, struct ipmi_reply *reply)
{
	struct sigaction action = {.sa_handler = take_signal}, before;
	struct itimerval limit = {.it_interval.tv_usec = REMIND_MS * 1000};
	const struct itimerval none = {.it_value = {0, 0}};

	limit.it_value.tv_sec = device->answer_ms / 1000;
	limit.it_value.tv_usec = (long)(device->answer_ms % 1000) * 1000 + 1;
	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &limit, NULL);
	ipmi_session_run(device, secrets, command, device->answer_ms, reply);
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &before, NULL);
	ending = reminders = 0;
	reply->error[sizeof(reply->error) - 1] = '\0';
}

/* 0: *reply is whole; -1: ended without one; 1: too late. */
static int await_reply(int fd, int64_t until_ms, struct ipmi_reply *reply)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int64_t left_ms = until_ms - clock_now_ms();
	ssize_t n;
	int ready;

	do {
		ready = poll(&polled, 1, left_ms > 0 ? (int)left_ms : 0);
		left_ms = until_ms - clock_now_ms();
	} while ((ready < 0 && errno == EINTR) || (ready == 0 && left_ms > 0));
	if (ready <= 0)
		return 1;
	do
		n = read(fd, reply, sizeof(*reply));
	while (n < 0 && errno == EINTR);
	reply->error[sizeof(reply->error) - 1] = '\0';
	return n == (ssize_t)sizeof(*reply) && reply->state <= PLUG_OFF ? 0
									: -1;
}

/* The conversation that was given up last, as a pidfd among the connections
 * that outlive an attempt. */
static void name_lingering(const struct settings_device *device, char *name,
			   size_t size)
{
	snprintf(name, size, "ipmi %.70s", device->place);
}

static void let_linger(const struct settings_device *device, pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	char name[KEPT_PLACE];

	kill(pid, SIGTERM);
	name_lingering(device, name, sizeof(name));
	if (pidfd >= 0)
		kept_put(name, pidfd);
}

/* A BMC that is slow with one conversation is slower with two: the last one is
 * left to close its session first, but for half of our own time at most. */
static void await_lingering(const struct settings_device *device)
{
	char name[KEPT_PLACE];
	struct pollfd polled = {.events = POLLIN};

	name_lingering(device, name, sizeof(name));
	polled.fd = kept_take(name);
	if (polled.fd < 0)
		return;
	poll(&polled, 1, (int)(device->answer_ms / 2));
	close(polled.fd);
}

/* Read now and not at the start: a new password takes effect without a
 * restart, and none lies in the memory of a process that waits. */
static int load_secrets(const struct ipmi_settings *ipmi,
			struct ipmi_secrets *secrets, char *why, size_t size)
{
	int kg_size;

	if (settings_load_password(ipmi->password_file,
				   ipmi->password_credential, secrets->password,
				   sizeof(secrets->password), why, size) < 0)
		return -1;
	if (ipmi->kg_file[0] == '\0')
		return 0;
	kg_size = ipmi_load_kg(ipmi->kg_file, secrets->kg, why, size);
	if (kg_size < 0)
		return -1;
	secrets->kg_size = (unsigned)kg_size;
	return 0;
}

/* 0 and a reply that is done, or -1 with a sentence. */
static int converse(const struct settings_device *device,
		    enum ipmi_command command, struct ipmi_reply *reply,
		    char *error, size_t error_size)
{
	int64_t until_ms = clock_now_ms() + device->answer_ms;
	struct ipmi_secrets secrets = {.kg_size = 0};
	char why[FENCE_TEXT_MAX];
	pid_t parent = getpid(), pid;
	int fds[2], got;

	if (load_secrets(ipmi_of(device), &secrets, why, sizeof(why)) < 0)
		return ipmi_complain(device, error, error_size, "%s", why);
	await_lingering(device);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return ipmi_complain(device, error, error_size, "no pipe: %s",
				     strerror(errno));
	pid = fork();
	if (pid == 0)
		speaker_main(device, &secrets, command, fds[1], parent);
	if (pid < 0)
		speak_here(device, &secrets, command, reply);
	explicit_bzero(&secrets, sizeof(secrets));
	close(fds[1]);
	got = pid < 0 ? 0 : await_reply(fds[0], until_ms, reply);
	close(fds[0]);
	if (got > 0) {
		let_linger(device, pid);
		return ipmi_complain(device, error, error_size, IPMI_SILENT,
				     device->answer_ms);
	}
	if (pid > 0)
		kill(pid, SIGKILL);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (got < 0)
		return ipmi_complain(device, error, error_size,
				     "the conversation died without a result");
	if (!reply->done)
		return ipmi_complain(device, error, error_size, "%s",
				     reply->error);
	return 0;
}

static enum plug_state ipmi_read(const struct settings_device *device,
				 const char *plug, char *error,
				 size_t error_size)
{
	struct ipmi_reply reply;

	if (ipmi_check(device, plug, error, error_size) < 0 ||
	    converse(device, IPMI_STATUS, &reply, error, error_size) < 0)
		return PLUG_UNKNOWN;
	return (enum plug_state)reply.state;
}

static int ipmi_write(const struct settings_device *device, const char *plug,
		      int on, char *error, size_t error_size)
{
	struct ipmi_reply reply;

	if (ipmi_check(device, plug, error, error_size) < 0)
		return -1;
	return converse(device, on ? IPMI_POWER_ON : IPMI_POWER_OFF, &reply,
			error, error_size);
}

const struct driver_io driver_io_ipmi = {
	.name = "ipmi",
	.read = ipmi_read,
	.write = ipmi_write,
};
