/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The history: one JSON line for each thing that happened, appended to
 * STATE_DIR/journal, numbered without end. Of bounded size: a full file
 * becomes journal.1, the one before it is gone. It decides nothing; a line
 * that cannot be written is lost, and counted: the next one that can be says
 * so.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"
#include "runner.h"
#include "../base/file_place.h"

#define JOURNAL_SIZE (1024 * 1024)
#define TAIL_SIZE    8192
#define TAIL_OVERLAP 64 /* holds {"seq":NUMBER, */

static int journal_path(const struct journal *journal, char *path, size_t size,
			const char *suffix)
{
	const char *slash = strrchr(journal->state_path, '/');
	int folder = (int)(slash - journal->state_path);
	int length = snprintf(path, size, "%.*s/" JOURNAL_FILE "%s", folder,
			      journal->state_path, suffix);

	return length > 0 && (size_t)length < size ? 0 : -1;
}

/* The number of the last line of ours in text, or 0. */
static uint64_t last_number(char *text)
{
	uint64_t number = 0;
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (sscanf(line, "{\"seq\":%" SCNu64 ",", &number) == 1)
			continue;
	return number;
}

/*
 * The number of the last line, from the end back: a power cut may leave
 * thousands of zeros where lines were to be, and no number may come twice.
 * One that stands across two pieces is whole in their overlap.
 */
static uint64_t read_tail(const char *path, bool *is_torn)
{
	static char text[TAIL_SIZE + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint64_t number = 0;
	struct stat stat;
	off_t from;
	ssize_t got;

	*is_torn = false;
	if (fd < 0)
		return 0;
	from = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) ? stat.st_size
							      : 0;
	while (from > 0 && !number) {
		bool is_end = from == stat.st_size;

		from = from > TAIL_SIZE ? from - TAIL_SIZE : 0;
		got = pread(fd, text, TAIL_SIZE, from);
		if (got <= 0)
			break;
		if (is_end)
			*is_torn = text[got - 1] != '\n';
		for (ssize_t i = 0; i < got; i++)
			if (!text[i])
				text[i] = '\n';
		text[got] = '\0';
		number = last_number(text);
		if (from > 0)
			from += TAIL_OVERLAP;
	}
	close(fd);
	return number;
}

static int journal_open(struct journal *journal)
{
	char path[600], older[600];
	bool is_torn, ignored;
	struct stat stat;

	if (journal_path(journal, path, sizeof(path), "") < 0 ||
	    journal_path(journal, older, sizeof(older), ".1") < 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!journal->number) {
		journal->number = read_tail(path, &is_torn);
		if (!journal->number)
			journal->number = read_tail(older, &ignored);
	}
	journal->fd = open(path,
			   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
				   O_NONBLOCK | O_NOFOLLOW,
			   0640);
	if (journal->fd < 0)
		return -1;
	if (fstat(journal->fd, &stat) < 0 || !S_ISREG(stat.st_mode)) {
		close(journal->fd);
		journal->fd = -1;
		errno = EINVAL;
		return -1;
	}
	journal->size = stat.st_size;
	/* a power cut in the middle of a line: the next one begins afresh */
	read_tail(path, &is_torn);
	if (is_torn && write(journal->fd, "\n", 1) == 1)
		journal->size++;
	return 0;
}

static void journal_close(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	journal->fd = -1;
}

/* A full one that cannot be set aside takes no line: it would grow for ever. */
static int journal_turn(struct journal *journal)
{
	char path[600], older[600];
	int kept;

	if (journal->size < JOURNAL_SIZE)
		return 0;
	if (journal_path(journal, path, sizeof(path), "") == 0 &&
	    journal_path(journal, older, sizeof(older), ".1") == 0 &&
	    rename(path, older) == 0) {
		journal_close(journal);
		return journal_open(journal);
	}
	kept = errno;
	journal_close(journal);
	errno = kept;
	return -1;
}

/* It, or its folder, may have been moved or removed: what is written to a file
 * that has no name any more is lost, and nobody is told. */
static bool is_in_place(const struct journal *journal)
{
	char path[600];

	return journal_path(journal, path, sizeof(path), "") == 0 &&
	       file_is_at(journal->fd, path);
}

static int append(struct journal *journal, const char *rest)
{
	char line[RUNNER_BODY_MAX + 64];
	int length;

	if (journal->fd >= 0 && !is_in_place(journal))
		journal_close(journal);
	if ((journal->fd < 0 && journal_open(journal) < 0) ||
	    journal_turn(journal) < 0)
		return -1;
	length = snprintf(line, sizeof(line), "{\"seq\":%" PRIu64 ",%s\n",
			  journal->number + 1, rest);
	if (length < 0 || (size_t)length >= sizeof(line)) {
		errno = EMSGSIZE;
		return -1;
	}
	errno = ENOSPC; /* what a write that is short means */
	if (write(journal->fd, line, (size_t)length) != length) {
		int kept = errno;

		/* half a line may stand there: look again before the next */
		close(journal->fd);
		journal->fd = -1;
		errno = kept;
		return -1;
	}
	journal->number++;
	journal->size += length;
	return 0;
}

/* As a string of JSON has it: a command of the settings may stand in it. */
static void quote(const char *text, char *quoted, size_t size)
{
	size_t used = 0;

	for (; *text != '\0' && used + 3 <= size; text++) {
		if (*text == '"' || *text == '\\')
			quoted[used++] = '\\';
		quoted[used++] =
			(char)(*text < ' ' || *text > '~' ? '?' : *text);
	}
	quoted[used] = '\0';
}

/* R13: a gap in the history is told by the history itself. */
static int append_told(struct journal *journal, const char *reason)
{
	char quoted[2 * SETTINGS_COMMAND_MAX + 200];
	char rest[sizeof(quoted) + 200], at[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm);
	quote(reason, quoted, sizeof(quoted));
	snprintf(rest, sizeof(rest),
		 "\"at\":\"%s\",\"boottime_ms\":%" PRId64
		 ",\"kind\":\"history\",\"instance\":null,"
		 "\"from\":\"lost\",\"to\":\"kept\",\"proof\":null,"
		 "\"reason\":\"%s\"}",
		 at, clock_now_us() / 1000, quoted);
	return append(journal, rest);
}

static int append_lost(struct journal *journal)
{
	char reason[200];

	if (journal->lost == 0)
		return 0;
	snprintf(reason, sizeof(reason),
		 "history: %" PRIu64
		 " lines before this one could not be written: %s",
		 journal->lost, strerror(journal->error));
	if (append_told(journal, reason) < 0)
		return -1;
	journal->lost = 0;
	return 0;
}

void journal_try(struct journal *journal)
{
	if (journal->error == 0)
		return;
	if (append_lost(journal) < 0) {
		journal->error = errno;
		return;
	}
	runner_log(LOG_NOTICE, "history: written again");
	journal->error = 0;
}

void journal_tell(struct journal *journal, const char *reason)
{
	journal_try(journal);
	if (journal->error != 0 || append_told(journal, reason) < 0)
		journal->lost++;
}

static void tell_dropped(struct journal *journal, uint64_t dropped)
{
	char why[100];

	if (dropped == 0)
		return;
	snprintf(why, sizeof(why),
		 "history: %" PRIu64
		 " lines were dropped: too many in a short time",
		 dropped);
	runner_log(LOG_WARNING, "%s", why);
	journal_tell(journal, why);
}

void journal_work(struct journal *journal)
{
	uint64_t dropped = journal->bucket.dropped, told = 0;

	if (dropped == 0)
		return;
	if (bucket_take(&journal->bucket, clock_now_us(), &told))
		tell_dropped(journal, told);
	else
		journal->bucket.dropped = dropped; /* we are no line */
}

void journal_add(struct journal *journal, const char *rest)
{
	uint64_t dropped = 0;

	if (!bucket_take(&journal->bucket, clock_now_us(), &dropped))
		return;
	tell_dropped(journal, dropped);
	journal_try(journal);
	if (journal->error == 0 && append(journal, rest) == 0)
		return;
	if (journal->error == 0) {
		journal->error = errno ? errno : EIO;
		runner_log(LOG_ERR,
			   "history: the journal beside %s cannot be written: "
			   "%s; what happens is lost for twinbeat history",
			   journal->state_path, strerror(journal->error));
	}
	journal->lost++;
}
