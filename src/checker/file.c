/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file whose first line says how it is, in the words of an agent: "up",
 * "50%", "drain", "down"; or in a number: 0 is up, any other down. One that is
 * missing, empty or says something else fails. A process reads it: the disk may
 * hang, and then nothing else does.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

/* Exit statuses, as those of a command. */
enum { STATUS_DOWN = 1, STATUS_DRAIN = 2, STATUS_WRONG, STATUS_PERCENT_0 = 10 };
#define STATUS_ERRNO 120 /* + errno */

static size_t line_size(const char *text, size_t size)
{
	const char *end = memchr(text, '\n', size);

	return end != NULL ? (size_t)(end - text) : size;
}

static int read_status(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	char text[AGENT_LINE_MAX];
	uint8_t percent = 100;
	struct stat st;
	ssize_t got;
	unsigned said;

	if (fd < 0)
		return STATUS_ERRNO + errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return STATUS_WRONG;
	got = read(fd, text, sizeof(text));
	if (got < 0)
		return STATUS_ERRNO + errno;
	said = agent_parse(text, line_size(text, (size_t)got), &percent);
	if (said == 0)
		said = agent_parse_number(text, line_size(text, (size_t)got));
	if (said & (AGENT_DOWN | AGENT_MAINT))
		return STATUS_DOWN;
	if ((said & AGENT_DRAIN) || percent == 0)
		return STATUS_DRAIN;
	return said == 0 ? STATUS_WRONG : STATUS_PERCENT_0 + percent;
}

static bool file_begin(struct attempt *attempt)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid(); /* it is ended as one */
		_exit(read_status(attempt->check->file));
	}
	if (pid < 0)
		return answer_is(attempt, ANSWER_UNASKED, false, "file: %s",
				 strerror(errno));
	attempt->child = pid;
	return child_watch(attempt);
}

static bool file_ready(struct attempt *attempt, short revents)
{
	const char *path = attempt->check->file;
	bool is_exited;
	int status;

	(void)revents;
	if (!child_has_ended(attempt, &is_exited, &status))
		return false;
	if (is_exited && status >= STATUS_PERCENT_0 &&
	    status <= STATUS_PERCENT_0 + 100) {
		attempt->answer.percent = (uint8_t)(status - STATUS_PERCENT_0);
		return answer_is(attempt, ANSWER_PASSED, true, "file: %d %%",
				 status - STATUS_PERCENT_0);
	}
	if (is_exited && status == STATUS_DRAIN)
		return answer_is(attempt, ANSWER_DRAIN, true, "file: drain");
	if (is_exited && status == STATUS_DOWN)
		return answer_is(attempt, ANSWER_WRONG, true, "file: down");
	if (is_exited && status > STATUS_ERRNO)
		return answer_is(attempt, ANSWER_WRONG, true, "file %.48s: %s",
				 path, strerror(status - STATUS_ERRNO));
	return answer_is(attempt, ANSWER_WRONG, true,
			 "file %.48s: its first line is no word like up, 50%%, "
			 "drain, down, and no number",
			 path);
}

const struct check_kind check_file = {"file", file_begin, file_ready,
				      child_late, child_end};
