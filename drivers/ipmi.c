/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Servers with a BMC, over IPMI 2.0 LAN. A BMC has one plug, the server it
 * sits in. It decides only what an answer is worth; how a conversation goes,
 * ipmi_session.c knows.
 *
 * A conversation is a process of its own: libfreeipmi gives each exchange of
 * packets the whole time, and there are eight, so a slow BMC could stretch one
 * question to a multiple of it. Ended at answer_ms, it costs this plug alone
 * and not the attempt.
 *
 * A silent BMC must never read off. It is silent too when the cable is pulled,
 * and when the server has lost the power that both live on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"
#include "ipmi_session.h"

static int __attribute__((format(printf, 4, 5)))
complain(const struct settings_device *device, char *error, size_t error_size,
	 const char *format, ...)
{
	va_list args;
	int n = snprintf(error, error_size, "%s at %s: ", device->name,
			 device->place);

	if (n < 0 || (size_t)n >= error_size)
		return -1;
	va_start(args, format);
	vsnprintf(error + n, error_size - (size_t)n, format, args);
	va_end(args);
	return -1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void __attribute__((noreturn))
speaker_main(const struct settings_device *device,
	     const struct ipmi_secrets *secrets, enum ipmi_command command,
	     int fd, pid_t parent)
{
	struct ipmi_reply reply;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	ipmi_session_run(device, secrets, command, device->answer_ms, &reply);
	/* One write below PIPE_BUF: whole or not at all. */
	_exit(write(fd, &reply, sizeof(reply)) == (ssize_t)sizeof(reply)
		      ? EXIT_SUCCESS
		      : EXIT_FAILURE);
}

/* 0: *reply is whole; -1: ended without one; 1: too late. */
static int await_reply(int fd, int64_t until_ms, struct ipmi_reply *reply)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int64_t left_ms = until_ms - now_ms();
	ssize_t n;
	int ready;

	do {
		ready = poll(&polled, 1, left_ms > 0 ? (int)left_ms : 0);
		left_ms = until_ms - now_ms();
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

/* Read now and not at the start: a new password takes effect without a
 * restart, and none lies in the memory of a process that waits. */
static int load_secrets(const struct settings_ipmi *ipmi,
			struct ipmi_secrets *secrets, char *why, size_t size)
{
	int kg_size;

	if (settings_load_password(ipmi->password_file,
				   ipmi->password_credential, secrets->password,
				   sizeof(secrets->password), why, size) < 0)
		return -1;
	if (ipmi->kg_file[0] == '\0')
		return 0;
	kg_size = settings_load_kg(ipmi->kg_file, secrets->kg, why, size);
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
	int64_t until_ms = now_ms() + device->answer_ms;
	struct ipmi_secrets secrets = {.kg_size = 0};
	char why[FENCE_TEXT_MAX];
	pid_t parent = getpid(), pid;
	int fds[2], got;

	if (load_secrets(&device->ipmi, &secrets, why, sizeof(why)) < 0)
		return complain(device, error, error_size, "%s", why);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return complain(device, error, error_size, "no pipe: %s",
				strerror(errno));
	pid = fork();
	if (pid == 0)
		speaker_main(device, &secrets, command, fds[1], parent);
	explicit_bzero(&secrets, sizeof(secrets));
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return complain(device, error, error_size, "no process: %s",
				strerror(errno));
	}
	got = await_reply(fds[0], until_ms, reply);
	close(fds[0]);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (got > 0)
		return complain(device, error, error_size, IPMI_SILENT,
				device->answer_ms);
	if (got < 0)
		return complain(device, error, error_size,
				"the conversation died without a result");
	if (!reply->done)
		return complain(device, error, error_size, "%s", reply->error);
	return 0;
}

static int ipmi_check(const struct settings_device *device, const char *plug,
		      char *error, size_t error_size)
{
	const struct settings_ipmi *ipmi = &device->ipmi;
	struct ip ip;

	if (!ip_parse(device->host, &ip) || ipmi->port == 0)
		return complain(device, error, error_size,
				"host must be a literal address and port 1 to "
				"65535: a fence never waits for DNS");
	if (plug[0] != '\0' && strcmp(plug, IPMI_PLUG) != 0)
		return complain(device, error, error_size,
				"plug \"%.20s\": a BMC has one plug, the "
				"server it sits in",
				plug);
	if (ipmi->user[0] == '\0' || strlen(ipmi->user) > IPMI_USER_MAX)
		return complain(device, error, error_size,
				"user must have 1 to %d characters",
				IPMI_USER_MAX);
	if (ipmi->cipher == 0)
		return complain(device, error, error_size,
				"cipher suite 0 asks for no password at all");
	if (ipmi->privilege > IPMI_ADMIN)
		return complain(device, error, error_size,
				"privilege %u does not exist", ipmi->privilege);
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

const struct driver driver_ipmi = {
	.name = "ipmi",
	.read = ipmi_read,
	.write = ipmi_write,
	.check = ipmi_check,
};
