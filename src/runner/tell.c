/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Receivers that take a notice at once or not at all: named pipes and systemd's
 * journal. Neither is waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "../base/log.h"
#include "runner.h"

/* ---- named pipes ---- */

/*
 * Open for reading, too, as keepalived does: what nobody reads yet waits in the
 * pipe (64 KB), and a reader that is started again misses nothing.
 */
static int pipe_open(const char *path)
{
	struct stat stat;
	int fd;

	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return -1;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && (fstat(fd, &stat) < 0 || !S_ISFIFO(stat.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

/* Another one may stand there by now: then it is opened. */
static bool pipe_is_there(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 &&
	       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

static int pipe_write(struct pipes *pipes, unsigned i, const char *path,
		      const char *line, size_t size)
{
	if (pipes->fd[i] > 0 && !pipe_is_there(pipes->fd[i], path)) {
		close(pipes->fd[i]);
		pipes->fd[i] = 0;
	}
	if (pipes->fd[i] <= 0)
		pipes->fd[i] = pipe_open(path);
	if (pipes->fd[i] <= 0)
		return -1;
	/* below PIPE_BUF: whole or not at all */
	return write(pipes->fd[i], line, size) == (ssize_t)size ? 0 : -1;
}

static void pipe_tell(struct pipes *pipes, unsigned i, const char *path,
		      const char *line, size_t size)
{
	if (pipe_write(pipes, i, path, line, size) == 0) {
		if (pipes->is_told[i])
			runner_log(LOG_NOTICE,
				   "notify: %s takes events again; %llu were "
				   "lost to it",
				   path, (unsigned long long)pipes->lost[i]);
		pipes->is_told[i] = false;
		pipes->lost[i] = 0;
		return;
	}
	pipes->lost[i]++;
	if (!pipes->is_told[i])
		runner_log(LOG_WARNING, "notify: %s takes no events: %s", path,
			   errno == EAGAIN   ? "it is full and nobody reads it"
			   : errno == EINVAL ? "it is no named pipe"
					     : strerror(errno));
	pipes->is_told[i] = true;
}

/* Its place in old, that nobody has taken yet; -1. */
static int find_pipe(const struct pipes *pipes, const struct settings *old,
		     const char *path)
{
	for (unsigned i = 0; i < old->notify_count; i++)
		if (pipes->fd[i] > 0 && strcmp(old->notify[i].fifo, path) == 0)
			return (int)i;
	return -1;
}

void pipes_change(struct pipes *pipes, const struct settings *old,
		  const struct settings *settings)
{
	struct pipes kept = {.fd = {0}};

	for (unsigned i = 0; i < settings->notify_count; i++) {
		const char *path = settings->notify[i].fifo;
		int from = path[0] ? find_pipe(pipes, old, path) : -1;

		if (from < 0)
			continue;
		kept.fd[i] = pipes->fd[from];
		kept.is_told[i] = pipes->is_told[from];
		kept.lost[i] = pipes->lost[from];
		pipes->fd[from] = 0;
	}
	for (unsigned i = 0; i < NOTIFY_MAX; i++)
		if (pipes->fd[i] > 0)
			close(pipes->fd[i]);
	*pipes = kept;
}

void pipes_tell(struct pipes *pipes, const struct settings *settings,
		const struct notice *notice, const char *text, size_t size)
{
	const struct settings_told told = notice_told(notice);
	struct notice_arguments words;
	char line[NOTICE_JSON_MAX + 1];

	for (unsigned i = 0; i < settings->notify_count; i++) {
		const struct settings_notify *notify = &settings->notify[i];
		int length;

		if (notify->fifo[0] == '\0' ||
		    !settings_notify_wants(notify, &told))
			continue;
		if (notify->arguments != ARGUMENTS_KEEPALIVED)
			length = snprintf(line, sizeof(line), "%.*s\n",
					  (int)size, text);
		else if (notice_keepalived(notice, &words))
			length = snprintf(line, sizeof(line),
					  "%s \"%s\" %s %s\n", words.type,
					  words.name, words.state,
					  words.priority);
		else
			continue;
		pipe_tell(pipes, i, notify->fifo, line, (size_t)length);
	}
}

/* ---- systemd's journal: its native protocol, a datagram of fields ---- */

#define JOURNALD "/run/systemd/journal/socket"

static int journald_send(const char *text, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX,
				      .sun_path = JOURNALD};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ssize_t sent;

	if (fd < 0)
		return -1;
	sent = sendto(fd, text, size, MSG_NOSIGNAL, (struct sockaddr *)&address,
		      sizeof(address));
	close(fd);
	return sent == (ssize_t)size ? 0 : -1;
}

static size_t journald_format(const struct notice *notice, const char *headline,
			      char *text, size_t room)
{
	char names[NOTICE_ROOM], *variables[NOTICE_VARIABLES_MAX + 1];
	unsigned count = notice_variables(notice, names, variables);
	size_t used = (size_t)snprintf(
		text, room, "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n",
		headline, notice_priority(notice), "twinbeat");

	for (unsigned i = 0; i < count; i++) {
		log_clean(variables[i]); /* a line is a field */
		used += (size_t)snprintf(text + used, room - used, "%s\n",
					 variables[i]);
	}
	return used;
}

void journald_tell(const struct settings *settings, const struct notice *notice)
{
	char text[NOTICE_ROOM + 1024], headline[NOTICE_REASON_MAX + 200];
	const struct settings_told told = notice_told(notice);
	bool wanted = false;

	for (unsigned i = 0; i < settings->notify_count; i++)
		wanted = wanted ||
			 (settings->notify[i].journal &&
			  settings_notify_wants(&settings->notify[i], &told));
	if (!wanted)
		return;
	notice_headline(notice, headline, sizeof(headline));
	log_clean(headline);
	if (journald_send(text, journald_format(notice, headline, text,
						sizeof(text))) < 0)
		runner_log(notice_priority(notice), "event %llu: %s",
			   (unsigned long long)notice->seq, headline);
}
