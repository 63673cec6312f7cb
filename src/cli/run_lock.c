/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is there a daemon? Its lock says so, not its socket: a daemon that hangs
 * still holds its addresses' leases and its fencer, and nobody may work
 * behind its back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../ipc/control_msg.h"
#include "run_lock.h"
#include "terminal.h"

/* The last daemon's keeper needs milliseconds, its fencer a whole attempt. */
#define RUN_LOCK_WAIT_MS 60000

/* Made by root where the daemon is not: it must be able to open it, too. */
static void give_to_the_daemon(const struct cli *cli, int fd)
{
	struct stat folder, file;

	if (geteuid() == 0 && stat(cli->run_dir, &folder) == 0 &&
	    folder.st_uid != 0 && fstat(fd, &file) == 0 && file.st_uid == 0 &&
	    file.st_nlink == 1)
		(void)!fchown(fd, folder.st_uid, folder.st_gid);
}

static int open_file(const struct cli *cli, const char *name)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cli->run_dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		cli_error(cli,
			  "no daemon answers, and its lock cannot be "
			  "looked at: %s: %s%s",
			  path, strerror(errno), cli_as_root(errno));
	else
		give_to_the_daemon(cli, fd);
	return fd;
}

static int say_held(const struct cli *cli, int fd)
{
	char pid[16] = "", path[600];
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	snprintf(path, sizeof(path), "%s/" CONTROL_SOCKET, cli->run_dir);
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		cli_error(cli,
			  "twinbeatd (pid %s) works, and its %s was removed: "
			  "it makes it anew within two seconds: ask again; if "
			  "that lasts, its log says why",
			  pid[0] ? pid : "unknown", path);
		return CLI_UNREACHABLE;
	}
	cli_error(cli,
		  "twinbeatd (pid %s) holds %s but does not answer: end "
		  "it (kill -9 %s; its addresses go with it), then fence again",
		  pid[0] ? pid : "unknown", cli->run_dir, pid[0] ? pid : "PID");
	return CLI_UNREACHABLE;
}

/*
 * The run directory may have been swept away under a daemon, its locks with it:
 * the folder of the state is locked as well (run_dir.c), and nobody may fence
 * behind the back of a daemon that works.
 */
static int take_state_folder(const struct cli *cli, struct run_lock *lock)
{
	lock->state_fd =
		open(cli->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock->state_fd < 0 || !flock(lock->state_fd, LOCK_SH | LOCK_NB) ||
	    errno != EWOULDBLOCK)
		return -1;
	cli_error(cli,
		  "a twinbeatd works with %s, and what it had in %s was "
		  "removed: it makes it anew within two seconds: ask again; if "
		  "that lasts, its log says why",
		  cli->state_dir, cli->run_dir);
	return CLI_UNREACHABLE;
}

/* The helpers of a daemon that has just ended may still hold this one. */
static int wait_for_helpers(const struct cli *cli, int fd)
{
	const struct timespec nap = {.tv_nsec = 50000000};
	int64_t limit_ms = clock_now_ms() + RUN_LOCK_WAIT_MS;
	bool is_said = false;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (terminal_interrupted() || clock_now_ms() >= limit_ms) {
			cli_error(cli,
				  "a keeper or fencer of the last daemon "
				  "still works (%s/" RUN_LOCK_FILE
				  " is locked): nothing was done",
				  cli->run_dir);
			return CLI_FAILED;
		}
		if (!is_said)
			fprintf(stderr, "waiting for the keeper and the fencer "
					"of the last daemon to finish\n");
		is_said = true;
		nanosleep(&nap, NULL);
	}
	return -1;
}

int run_lock_take(const struct cli *cli, struct run_lock *lock)
{
	char pid[24];
	int result;

	*lock = (struct run_lock){.pid_fd = -1, .lock_fd = -1, .state_fd = -1};
	/* who may not ask cannot know whether one runs */
	if (access(cli->run_dir, R_OK | W_OK | X_OK) != 0 && errno == EACCES) {
		cli_error(cli, "whether a daemon runs cannot be seen: %s: %s%s",
			  cli->run_dir, strerror(errno), cli_as_root(errno));
		return CLI_UNREACHABLE;
	}
	/* First: a daemon that mends its folder must not find us in it. */
	result = take_state_folder(cli, lock);
	if (result >= 0) {
		run_lock_release(lock);
		return result;
	}
	/* As the daemon does: only if the parent exists. */
	if (mkdir(cli->run_dir, 0750) && errno != EEXIST) {
		cli_error(cli, "no daemon answers, and %s cannot be made: %s%s",
			  cli->run_dir, strerror(errno), cli_as_root(errno));
		return CLI_FAILED;
	}
	lock->pid_fd = open_file(cli, RUN_PID_FILE);
	if (lock->pid_fd < 0)
		return CLI_FAILED;
	if (flock(lock->pid_fd, LOCK_EX | LOCK_NB)) {
		result = say_held(cli, lock->pid_fd);
		run_lock_release(lock);
		return result;
	}
	/* Whom a starting daemon names as the holder. */
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(lock->pid_fd, 0) ||
	    pwrite(lock->pid_fd, pid, strlen(pid), 0) < 0)
		pid[0] = '\0';
	lock->lock_fd = open_file(cli, RUN_LOCK_FILE);
	result = lock->lock_fd < 0 ? CLI_FAILED
				   : wait_for_helpers(cli, lock->lock_fd);
	if (result >= 0)
		run_lock_release(lock);
	return result;
}

void run_lock_release(struct run_lock *lock)
{
	if (lock->pid_fd >= 0)
		close(lock->pid_fd);
	if (lock->lock_fd >= 0)
		close(lock->lock_fd);
	if (lock->state_fd >= 0)
		close(lock->state_fd);
	lock->pid_fd = lock->lock_fd = lock->state_fd = -1;
}

static long read_pid(const struct cli *cli, const char *name)
{
	char path[600], pid[16] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cli->run_dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && pread(fd, pid, sizeof(pid) - 1, 0) < 0)
		pid[0] = '\0';
	if (fd >= 0)
		close(fd);
	return strtol(pid, NULL, 10);
}

/* 0: taken, or there is nothing to take; its number stays open. */
static int take_file(const struct cli *cli, const char *name)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", cli->run_dir, name);
	fd = open(path, O_RDWR | O_NOFOLLOW);
	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK
		       ? -1
		       : 0;
}

int run_lock_take_directors(const struct cli *cli)
{
	if (take_file(cli, RUN_PID_FILE)) {
		cli_error(cli,
			  "twinbeatd (pid %ld) works, and a director of it "
			  "would make the table again: stop it first",
			  read_pid(cli, RUN_PID_FILE));
		return -1;
	}
	if (take_file(cli, DIRECTOR_LOCK_FILE)) {
		cli_error(cli,
			  "the twinbeat-director of the last daemon (pid %ld) "
			  "has not ended, it may hang in the kernel: nothing "
			  "was done",
			  read_pid(cli, DIRECTOR_LOCK_FILE));
		return -1;
	}
	return 0;
}
