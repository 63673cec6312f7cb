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
#include "../client/control_client.h"
#include "../ipc/control_msg.h"
#include "asker.h"

#define NOBODY	    65534
#define ASKER_FD    3
#define FRESH_MS    1000
#define DAEMON_MS   2000 /* the longest that a page waits for the daemon */
#define ANSWER_MOST (4 * (size_t)CONTROL_ANSWER_MAX)

/* A byte asks; the answer is its length, then the object or a sentence. */
static void answer_for_ever(int fd, const char *run_dir)
{
	char byte;

	while (!read_whole(fd, &byte, 1)) {
		char error[CLIENT_ERROR_MAX] = "";
		enum client_result result;
		json_t *status =
			client_fetch_status(run_dir, DAEMON_MS, &result, error);
		char *text = status ? json_dumps(status, JSON_COMPACT) : NULL;
		const char *say = text ? text : error;
		size_t length = strlen(say);
		int failed = write_whole(fd, &length, sizeof(length)) ||
			     write_whole(fd, say, length);

		free(text);
		json_decref(status);
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

int asker_start(struct asker *asker, const char *run_dir)
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
		/* nothing of the web's */
		if (dup2(ends[1], ASKER_FD) == ASKER_FD &&
		    !close_range(ASKER_FD + 1, ~0u, 0) && getppid() == parent)
			answer_for_ever(ASKER_FD, run_dir);
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

static json_t *ask(struct asker *asker)
{
	json_t *status = NULL;
	size_t length = 0;
	char *text;

	if (write_whole(asker->fd, "?", 1) ||
	    read_whole(asker->fd, &length, sizeof(length)) ||
	    length > ANSWER_MOST) {
		snprintf(asker->error, sizeof(asker->error),
			 "the process that asks twinbeatd is gone");
		return NULL;
	}
	text = malloc(length + 1);
	if (text && !read_whole(asker->fd, text, length)) {
		text[length] = '\0';
		if (text[0] == '{')
			status = json_loads(text, 0, NULL);
		snprintf(asker->error, sizeof(asker->error), "%s",
			 status ? "" : text);
	}
	free(text);
	return status;
}

const json_t *asker_status(struct asker *asker)
{
	int64_t now_ms = clock_now_ms();

	if (asker->asked_ms && now_ms - asker->asked_ms < FRESH_MS)
		return asker->status;
	json_decref(asker->status);
	asker->status = ask(asker);
	/* after it: what took long is fresh nevertheless */
	asker->asked_ms = clock_now_ms();
	return asker->status;
}
