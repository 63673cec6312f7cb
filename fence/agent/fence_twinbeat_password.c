/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The password of an agent comes from stdin or a script and not from a file,
 * so this takes the place of settings_secret.c: the driver asks for it by the
 * same function as in the fencer.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../src/base/clock.h"
#include "fence_twinbeat.h"

#define SCRIPT_MS   5000
#define GRACE_STEPS 100 /* of 10 ms */

static char kept[SETTINGS_PASSWORD_MAX + 1];

int settings_load_password(const char *file, const char *credential,
			   char *password, size_t room, char *error,
			   size_t error_size)
{
	size_t length = strlen(kept);

	(void)file;
	(void)credential;
	if (length == 0 || length >= room) {
		snprintf(error, error_size,
			 "password: 1 to %zu characters are allowed", room - 1);
		return -1;
	}
	memcpy(password, kept, length + 1);
	return 0;
}

/* Everything it prints until it closes its end, or the time is over. */
static ssize_t read_in_time(int fd, char *text, size_t room)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int64_t until = clock_now_ms() + SCRIPT_MS;
	size_t used = 0;

	while (used < room) {
		int64_t left = until - clock_now_ms();
		ssize_t got;

		if (left <= 0)
			return -1;
		if (poll(&polled, 1, (int)left) <= 0)
			continue;
		got = read(fd, text + used, room - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

static void __attribute__((noreturn)) become_script(const char *script, int out)
{
	setpgid(0, 0);
	dup2(out, STDOUT_FILENO);
	execl("/bin/sh", "sh", "-c", script, (char *)NULL);
	_exit(127);
}

/* As the other agents run it: by a shell. */
static int run_script(const char *script, char *text, size_t room, char *error,
		      size_t error_size)
{
	static const struct timespec step = {.tv_nsec = 10000000};
	int fds[2], status = -1;
	pid_t pid, ended = 0;
	ssize_t used;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		snprintf(error, error_size, "password_script: %s",
			 strerror(errno));
		return -1;
	}
	if (pid == 0)
		become_script(script, fds[1]);
	setpgid(pid, pid);
	close(fds[1]);
	used = read_in_time(fds[0], text, room - 1);
	close(fds[0]);
	/* It has closed its output: it ends now, or is ended. */
	for (int i = 0; i < GRACE_STEPS && used >= 0 && ended != pid; i++) {
		ended = waitpid(pid, &status, WNOHANG);
		if (ended != pid)
			nanosleep(&step, NULL);
	}
	if (ended != pid) {
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0); /* killed: comes at once */
	}
	if (used < 0) {
		snprintf(error, error_size,
			 "password_script: timed out after %d ms", SCRIPT_MS);
		return -1;
	}
	if (status != 0) {
		snprintf(error, error_size,
			 WIFSIGNALED(status)
				 ? "password_script: ended by signal %d"
				 : "password_script: failed, exit code %d",
			 WIFSIGNALED(status) ? WTERMSIG(status)
					     : WEXITSTATUS(status));
		return -1;
	}
	text[used] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return 0;
}

int password_keep(const struct given *given, char *error, size_t error_size)
{
	const char *script = parameter_text(given, P_PASSWORD_SCRIPT);
	const char *password = parameter_text(given, P_PASSWORD);
	unsigned most = given->driver->as_agent->password_most;
	char text[256] = "";

	if (script != NULL) {
		if (run_script(script, text, sizeof(text), error, error_size) <
		    0)
			return -1;
		password = text;
	}
	if (password == NULL || password[0] == '\0') {
		snprintf(error, error_size,
			 "password or password_script is missing");
		return -1;
	}
	if (strlen(password) > most || most >= sizeof(kept)) {
		snprintf(error, error_size,
			 "the password has more than %u characters", most);
		return -1;
	}
	memcpy(kept, password, strlen(password) + 1);
	explicit_bzero(text, sizeof(text));
	return 0;
}
