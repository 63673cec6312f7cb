/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The run directory and its two locks (control_msg.h). One says that there is
 * a daemon; the other, which keeper and fencer inherit, that one of its family
 * still works. A new daemon speaks only when it has both (R12).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "run_dir.h"
#include "service.h"
#include "../base/account.h"
#include "../base/file_place.h"
#include "../base/log.h"
#include "../ipc/control_msg.h"

#define WAIT_SLACK_US 5000000
#define TELL_EACH_US  2000000
#define NAP_US	      20000

static int open_file(const struct daemon *daemon, const char *name, char *error,
		     size_t error_size)
{
	char path[DAEMON_PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", daemon->options->run_dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		snprintf(error, error_size, "%s: cannot be opened: %s", path,
			 strerror(errno));
	return fd;
}

/* Nobody but root reads the state; the group comes to the socket. */
static int make_folder(const char *path, mode_t mode, const char *option,
		       char *error, size_t error_size)
{
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return 0;
	snprintf(error, error_size,
		 "%s: cannot be made: %s; make it, or name another with %s",
		 path, strerror(errno), option);
	return -1;
}

static int make_run_dir(struct daemon *daemon, char *error, size_t error_size)
{
	const char *path = daemon->options->run_dir;
	gid_t group;

	if (make_folder(path, 0750, "--run-dir", error, error_size) < 0)
		return -1;
	if (account_find_group(ACCOUNT_GROUP, &group) &&
	    !account_give(path, group, ACCOUNT_SAME_MODE))
		log_line(LOG_WARNING,
			 "%s cannot be given to group " ACCOUNT_GROUP
			 ": %s; only root can command",
			 path, strerror(errno));
	return 0;
}

/* Nothing that is a link is followed, nothing deeper than our own folders. */
static void take_over_in(int folder, unsigned depth)
{
	DIR *dir = fdopendir(folder);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		int below;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		(void)!fchownat(folder, name, 0, (gid_t)-1,
				AT_SYMLINK_NOFOLLOW);
		below = depth == 0 ? -1
				   : openat(folder, name,
					    O_RDONLY | O_DIRECTORY |
						    O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			take_over_in(below, depth - 1);
	}
	if (dir != NULL)
		closedir(dir);
	else
		close(folder);
}

static bool is_the_accounts(uid_t uid)
{
	char name[64];

	account_name(uid, name, sizeof(name));
	return strcmp(name, ACCOUNT_GROUP) == 0;
}

/*
 * What a daemon that ran as a user has left: root, once it has given up the
 * right to files of others, could not go on with it. systemd does the same,
 * both ways (StateDirectory=); this is for who starts it by hand.
 */
static void take_over(const char *path)
{
	int fd = geteuid() == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				: -1;
	struct stat folder;

	if (fd < 0)
		return;
	if (fstat(fd, &folder) == 0 && is_the_accounts(folder.st_uid)) {
		(void)!fchown(fd, 0, (gid_t)-1);
		take_over_in(fd, 2);
	} else {
		close(fd);
	}
}

static int say_taken(struct daemon *daemon, char *error, size_t error_size)
{
	char pid[16] = "";
	ssize_t n = pread(daemon->pid_fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	snprintf(error, error_size,
		 "another twinbeatd (pid %s) works in %s: stop it, or give "
		 "this one its own --run-dir and --state-dir",
		 pid[0] ? pid : "unknown", daemon->options->run_dir);
	return -1;
}

/*
 * The run directory may be swept away under a daemon (rm, a cleaner of /run),
 * and its locks with it. Two daemons of one node fight over its addresses, so
 * the folder of the state is locked as well: who removes that loses his state.
 * A file system that knows no locks is no reason not to start.
 */
static int take_state_folder(struct daemon *daemon, char *error,
			     size_t error_size)
{
	const char *path = daemon->options->state_dir;

	daemon->state_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (daemon->state_fd < 0 ||
	    flock(daemon->state_fd, LOCK_EX | LOCK_NB) == 0 ||
	    errno != EWOULDBLOCK)
		return 0;
	snprintf(error, error_size,
		 "another twinbeatd works with %s, though its run directory is "
		 "not, or no longer, %s: stop it (see: fuser %s), or give this "
		 "one its own --state-dir",
		 path, daemon->options->run_dir, path);
	return -1;
}

static int write_pid(struct daemon *daemon, char *error, size_t error_size)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(daemon->pid_fd, 0) == 0 &&
	    pwrite(daemon->pid_fd, pid, strlen(pid), 0) >= 0)
		return 0;
	snprintf(error, error_size, "%s/%s: cannot be written: %s",
		 daemon->options->run_dir, RUN_PID_FILE, strerror(errno));
	return -1;
}

int run_dir_take(struct daemon *daemon, char *error, size_t error_size)
{
	if (make_run_dir(daemon, error, error_size) < 0 ||
	    make_folder(daemon->options->state_dir, 0700, "--state-dir", error,
			error_size) < 0)
		return -1;
	daemon->pid_fd = open_file(daemon, RUN_PID_FILE, error, error_size);
	if (daemon->pid_fd < 0)
		return -1;
	if (flock(daemon->pid_fd, LOCK_EX | LOCK_NB) < 0)
		return say_taken(daemon, error, error_size);
	if (take_state_folder(daemon, error, error_size) < 0)
		return -1;
	take_over(daemon->options->run_dir);
	take_over(daemon->options->state_dir);
	if (write_pid(daemon, error, error_size) < 0)
		return -1;
	daemon->lock_fd = open_file(daemon, RUN_LOCK_FILE, error, error_size);
	return daemon->lock_fd < 0 ? -1 : 0;
}

/* The last daemon's keeper needs milliseconds, its fencer a whole attempt. */
int run_dir_wait(struct daemon *daemon, char *error, size_t error_size)
{
	int64_t begun_us = clock_now_us(), told_us = begun_us, now_us;
	int64_t limit_us = begun_us + WAIT_SLACK_US +
			   (int64_t)daemon->settings->fence.timeout_ms * 1000;

	while (flock(daemon->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		now_us = clock_now_us();
		if (now_us >= limit_us) {
			snprintf(error, error_size,
				 "%s/%s is still locked after %lld s: a keeper "
				 "or fencer of the last daemon still works; "
				 "see: fuser %s/%s",
				 daemon->options->run_dir, RUN_LOCK_FILE,
				 (long long)(now_us - begun_us) / 1000000,
				 daemon->options->run_dir, RUN_LOCK_FILE);
			return -1;
		}
		if (now_us >= told_us) {
			log_line(LOG_NOTICE,
				 "waiting for the keeper and the fencer of the "
				 "last daemon to end");
			service_tell("STATUS=waiting for the keeper and the "
				     "fencer of the last daemon to end");
			told_us = now_us + TELL_EACH_US;
		}
		usleep(NAP_US);
	}
	return 0;
}

/* Of the one that holds it, for whoever must find it. */
static pid_t read_director(int fd)
{
	char pid[16] = "";

	if (pread(fd, pid, sizeof(pid) - 1, 0) < 0)
		return 0;
	return (pid_t)strtol(pid, NULL, 10);
}

/*
 * Its own open file each time: what was lent is locked until the last process
 * that has it is gone, and not a moment longer. A file that cannot be opened or
 * locked is no reason not to serve.
 */
int run_dir_lend_director(struct daemon *daemon, int *lent, char *error,
			  size_t error_size)
{
	char ignored[DAEMON_PATH_MAX + 100];
	int pid;

	*lent = open_file(daemon, DIRECTOR_LOCK_FILE, ignored, sizeof(ignored));
	if (*lent < 0 || flock(*lent, LOCK_EX | LOCK_NB) == 0 ||
	    errno != EWOULDBLOCK)
		return 0;
	pid = (int)read_director(*lent);
	snprintf(error, error_size,
		 "the twinbeat-director of an earlier daemon (pid %d) has not "
		 "ended, it may hang in the kernel (see: cat /proc/%d/stack): "
		 "until it has, the kernel forwards with the last weights and "
		 "no server is checked",
		 pid, pid);
	close(*lent);
	*lent = -1;
	return -1;
}

void run_dir_note_director(int lent, pid_t pid)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", (int)pid);

	/* for people: what cannot be written is not known */
	if (lent >= 0 && ftruncate(lent, 0) == 0)
		(void)!pwrite(lent, text, (size_t)length, 0);
}

/* Is it still the file that we hold open? */
static bool is_in_place(const struct daemon *daemon, const char *name, int fd)
{
	char path[DAEMON_PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", daemon->options->run_dir, name);
	return file_is_at(fd, path);
}

/* Another file of that name, locked, in place of the one that was removed. */
static int mend_lock(struct daemon *daemon, const char *name, int *held,
		     char *error, size_t error_size)
{
	int fd;

	if (is_in_place(daemon, name, *held))
		return 0;
	fd = open_file(daemon, name, error, error_size);
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		snprintf(error, error_size, "%s/%s is locked by another: %s",
			 daemon->options->run_dir, name, strerror(errno));
		close(fd);
		return -1;
	}
	/* the number stays: helpers are given it */
	if (dup3(fd, *held, O_CLOEXEC) < 0) {
		snprintf(error, error_size, "%s/%s: %s",
			 daemon->options->run_dir, name, strerror(errno));
		close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

int run_dir_mend(struct daemon *daemon, char *error, size_t error_size)
{
	if (make_run_dir(daemon, error, error_size) < 0 ||
	    mend_lock(daemon, RUN_PID_FILE, &daemon->pid_fd, error,
		      error_size) < 0 ||
	    mend_lock(daemon, RUN_LOCK_FILE, &daemon->lock_fd, error,
		      error_size) < 0)
		return -1;
	return write_pid(daemon, error, error_size);
}

void run_dir_check(struct daemon *daemon)
{
	char error[DAEMON_PATH_MAX + 200];

	if (is_in_place(daemon, RUN_PID_FILE, daemon->pid_fd) &&
	    is_in_place(daemon, RUN_LOCK_FILE, daemon->lock_fd))
		return;
	if (run_dir_mend(daemon, error, sizeof(error)) == 0)
		log_line(LOG_WARNING,
			 "a lock in %s was removed by another hand: made anew; "
			 "see what cleans that folder",
			 daemon->options->run_dir);
}

/*
 * The files stay: a lock on a file that was unlinked excludes nobody who opens
 * the name a moment later. An empty pid file says that there is no daemon.
 */
void run_dir_release(struct daemon *daemon)
{
	if (daemon->pid_fd >= 0 && ftruncate(daemon->pid_fd, 0) < 0)
		log_line(LOG_WARNING, "%s/%s: cannot be emptied: %s",
			 daemon->options->run_dir, RUN_PID_FILE,
			 strerror(errno));
}
