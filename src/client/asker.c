/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See asker.h. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/whole.h"
#include "control_client.h"
#include "journal_file.h"
#include "../ipc/control_msg.h"
#include "asker.h"

#define NOBODY	  65534
#define ASKER_FD  3
#define FRESH_MS  1000
#define DAEMON_MS 2000 /* the longest that a page waits for the daemon */
/* two files of 1 MiB (runner/journal.c), and the lines that filled them */
#define HISTORY_MOST (3 * 1024 * 1024)
#define ANSWER_MOST  (4 * (size_t)CONTROL_ANSWER_MAX)
#define SENTENCE     '!' /* instead of lines of the history */

/* A byte asks; the answer is its length, then the text: empty = as it was. */
enum question { ASK_STATUS = 's', ASK_HISTORY = 'h' };

static char *say_status(const struct asker_words *words)
{
	char error[CLIENT_ERROR_MAX] = "";
	enum client_result result;
	json_t *status =
		client_fetch_status(words->run_dir, DAEMON_MS, &result, error);
	json_t *director = NULL;
	char *text;

	/* it reads the kernel's table for the answer */
	if (status && words->with_director)
		director =
			client_fetch_director(words->run_dir, DAEMON_MS, NULL);
	if (director)
		json_object_set_new(status, "director", director);
	text = status ? json_dumps(status, JSON_COMPACT) : strdup(error);
	json_decref(status);
	return text;
}

static bool take_line(void *arg, const char *text)
{
	FILE *out = arg;

	fputs(text, out);
	return ftell(out) < HISTORY_MOST;
}

static char *say_history(const char *state_dir, struct journal_stamp *told)
{
	struct journal_stamp stamp;
	char *text = NULL;
	size_t size = 0;
	FILE *out;
	int result;

	journal_file_stamp(state_dir, &stamp);
	if (!memcmp(&stamp, told, sizeof(stamp)))
		return strdup("");
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	result = journal_file_read(state_dir, take_line, out);
	if (result < 0 && errno == ENOENT)
		fprintf(out, "%cthere is no history in %s", SENTENCE,
			state_dir);
	else if (result < 0)
		fprintf(out, "%ccannot read the history in %s: %s", SENTENCE,
			state_dir, strerror(errno));
	else if (ftell(out) == 0) /* no byte would say: as it was */
		fprintf(out,
			stamp.files[0].size + stamp.files[1].size == 0
				? "%cthe history in %s is empty"
				: "%cthe history is damaged: no line of it in "
				  "%s can be read",
			SENTENCE, state_dir);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	*told = stamp;
	return text;
}

static void answer_for_ever(int fd, const struct asker_words *words)
{
	struct journal_stamp told;
	char question;

	memset(&told, 0xff, sizeof(told)); /* as no file is */
	while (!read_whole(fd, &question, 1)) {
		/* who asks may be another program by now */
		char *text = question == ASK_STATUS || !words->state_dir
				     ? say_status(words)
				     : say_history(words->state_dir, &told);
		const char *say = text ? text : "no memory";
		size_t length = strlen(say);
		int failed = write_whole(fd, &length, sizeof(length)) ||
			     write_whole(fd, say, length);

		free(text);
		if (failed)
			break;
	}
}

static int give_up_rights(void)
{
	const struct passwd *user;
	gid_t group = NOBODY;
	uid_t id = NOBODY;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	if (geteuid() != 0)
		return 0;
	user = getpwnam("twinbeat");
	/* not its group, which commands the daemon */
	if (user && user->pw_uid != 0)
		id = user->pw_uid;
	if (setgroups(0, NULL) || setresgid(group, group, group) ||
	    setresuid(id, id, id))
		return -1;
	/* a kernel or a namespace that keeps root is no place to serve from */
	if (setuid(0) == 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int asker_start(struct asker *asker, const struct asker_words *words)
{
	pid_t parent = getpid(), child;
	int ends[2];

	memset(asker, 0, sizeof(*asker));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		snprintf(asker->error, sizeof(asker->error), "socketpair: %s",
			 strerror(errno));
		return -1;
	}
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* meant for both: it ends with its parent, not before it */
		signal(SIGTERM, SIG_IGN);
		signal(SIGINT, SIG_IGN);
		/* nothing of the web's */
		if (dup2(ends[1], ASKER_FD) == ASKER_FD &&
		    !close_range(ASKER_FD + 1, ~0u, 0) && getppid() == parent)
			answer_for_ever(ASKER_FD, words);
		_exit(0);
	}
	close(ends[1]);
	asker->fd = ends[0];
	if (child > 0 && !give_up_rights())
		return 0;
	snprintf(asker->error, sizeof(asker->error), "%s: %s",
		 child > 0 ? "cannot give up root's rights" : "fork",
		 strerror(errno));
	close(ends[0]);
	return -1;
}

static void put_question(struct asker *asker, enum question question)
{
	char byte = (char)question;

	/* whose answer is missing is told so when it is to be taken */
	(void)write_whole(asker->fd, &byte, 1);
}

/* NULL, and asker->error. */
static char *take_answer(struct asker *asker)
{
	size_t length = 0;
	char *text;

	if (read_whole(asker->fd, &length, sizeof(length)) ||
	    length > ANSWER_MOST) {
		asker->is_gone = true;
		snprintf(asker->error, sizeof(asker->error),
			 "the process that asks twinbeatd is gone");
		return NULL;
	}
	text = malloc(length + 1);
	if (text && !read_whole(asker->fd, text, length)) {
		text[length] = '\0';
		return text;
	}
	free(text);
	/* what was not read stands before the next answer */
	asker->is_gone = true;
	snprintf(asker->error, sizeof(asker->error), "no memory");
	return NULL;
}

static json_t *take_status(struct asker *asker)
{
	char *text = take_answer(asker);
	json_t *status = NULL;

	if (!text)
		return NULL;
	if (text[0] == '{')
		status = json_loads(text, 0, NULL);
	snprintf(asker->error, sizeof(asker->error), "%s", status ? "" : text);
	free(text);
	return status;
}

void asker_status_begin(struct asker *asker)
{
	if (!asker->is_asking)
		put_question(asker, ASK_STATUS);
	asker->is_asking = true;
}

const json_t *asker_status_end(struct asker *asker)
{
	json_decref(asker->status);
	asker->status = take_status(asker);
	asker->is_asking = false;
	/* after it: what took long is fresh nevertheless */
	asker->asked_ms = clock_now_ms();
	return asker->status;
}

const json_t *asker_status(struct asker *asker)
{
	int64_t now_ms = clock_now_ms();

	if (asker->asked_ms && now_ms - asker->asked_ms < FRESH_MS)
		return asker->status;
	asker_status_begin(asker);
	return asker_status_end(asker);
}

bool asker_take_history(struct asker *asker, char **lines)
{
	char *text;

	*lines = NULL;
	if (asker->history_ms && clock_now_ms() - asker->history_ms < FRESH_MS)
		return false;
	put_question(asker, ASK_HISTORY);
	text = take_answer(asker);
	asker->history_ms = clock_now_ms();
	if (text && !text[0]) {
		free(text);
		return false;
	}
	if (text && text[0] != SENTENCE) {
		*lines = text;
		return true;
	}
	snprintf(asker->history_error, sizeof(asker->history_error), "%s",
		 text ? text + 1 : asker->error);
	free(text);
	return true;
}
