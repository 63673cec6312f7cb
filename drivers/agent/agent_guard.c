/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The process between a driver and a foreign program. It decides when the
 * program ends, and that nothing of it is left: being a child subreaper, it
 * inherits whatever the program forks, daemons in sessions of their own too,
 * and kills all of it before it says how the program ended.
 *
 * It lives in a session of its own, so that the SIGKILL with which the fencer
 * ends an attempt's process group does not end it: an agent that outlived the
 * attempt could cut power after somebody was told that nothing is known. It
 * learns of that by the end of file on its leash.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../src/base/clock.h"
#include "agent_run.h"

/* From the word to end to the end: a switch with one session wants to be
 * logged out of. */
#define GRACE_MS 200
/* A process that the kernel cannot kill (a dead disk) is not waited for. */
#define SWEEP_MS 2000

/* Real time is for us, who wait; a foreign program may spin. It still has to
 * be quick on a machine at its worst, so it comes before all else ordinary. */
static void become_ordinary(void)
{
	struct sched_param none = {.sched_priority = 0};
	struct rlimit no_core = {0, 0};

	sched_setscheduler(0, SCHED_OTHER, &none);
	setpriority(PRIO_PROCESS, 0, -20);
	setrlimit(RLIMIT_CORE, &no_core); /* its memory holds a password */
}

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * In the child. No argument but the name, so that the agent reads its options
 * from stdin. PCMK_service is not set: with it the agents of ClusterLabs drop
 * their own time-outs.
 */
static void __attribute__((noreturn))
become_agent(const struct agent_guard *guard, pid_t parent)
{
	char *const environment[] = {
		(char[]){"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
		(char[]){"LANG=C"},
		(char[]){"LC_ALL=C"},
		NULL,
	};
	char path[256];
	char *const argv[] = {path, NULL};

	snprintf(path, sizeof(path), "%s", guard->path);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	become_ordinary();
	reset_signals();
	umask(077);
	if (chdir("/") < 0 || dup2(guard->in, STDIN_FILENO) < 0 ||
	    dup2(guard->out, STDOUT_FILENO) < 0 ||
	    dup2(guard->err, STDERR_FILENO) < 0)
		_exit(127);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	execve(path, argv, environment);
	dprintf(STDERR_FILENO, "cannot be started: %s\n", strerror(errno));
	_exit(127);
}

/* SIGKILL to each of our children; theirs become ours when they die. */
static void kill_children(void)
{
	char path[64], list[4096];
	char *at = list, *end;
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children",
		 (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	size = read(fd, list, sizeof(list) - 1);
	close(fd);
	list[size > 0 ? size : 0] = '\0';
	for (;;) {
		long pid = strtol(at, &end, 10);

		/* The last number of a full page may be cut short: a wrong
		 * process. It comes again in the next round. */
		if (end == at || *end != ' ')
			return;
		kill((pid_t)pid, SIGKILL);
		at = end;
	}
}

/* Until there is nothing left to kill. */
static void sweep(pid_t group)
{
	static const struct timespec pause = {.tv_nsec = 1000000};
	int64_t until = clock_now_ms() + SWEEP_MS;

	kill(-group, SIGKILL);
	while (clock_now_ms() < until) {
		pid_t pid;

		kill_children();
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return;
		nanosleep(&pause, NULL);
	}
}

/* True: the agent ended; false: the time is over, or nobody waits for it. */
static bool wait_for_end(int pidfd, int leash, int64_t until, bool *cut)
{
	struct pollfd polled[] = {{.fd = pidfd, .events = POLLIN},
				  {.fd = leash, .events = POLLIN}};

	for (;;) {
		int64_t left = until - clock_now_ms();

		if (left < 0)
			return false;
		if (poll(polled, 2, (int)left) <= 0)
			continue; /* EINTR, or time to look at the clock */
		if (polled[0].revents != 0)
			return true;
		*cut = true;
		return false;
	}
}

static void tell(const struct agent_guard *guard, const struct agent_end *end)
{
	(void)!send(guard->leash, end, sizeof(*end), MSG_NOSIGNAL);
}

void agent_guard(const struct agent_guard *guard)
{
	uint32_t grace =
		guard->limit_ms / 4 < GRACE_MS ? guard->limit_ms / 4 : GRACE_MS;
	int64_t until = clock_now_ms() + guard->limit_ms;
	struct agent_end end = {.late = 0};
	pid_t self, agent;
	bool cut = false;
	int pidfd;

	setsid();
	self = getpid();
	/* Without this a daemon of the agent's would be nobody's. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		_exit(EXIT_FAILURE);
	agent = fork();
	if (agent < 0)
		_exit(EXIT_FAILURE);
	if (agent == 0)
		become_agent(guard, self);
	setpgid(agent, agent); /* both sides: whoever comes first */
	close(guard->in);
	close(guard->out);
	close(guard->err);
	pidfd = (int)syscall(SYS_pidfd_open, agent, 0);
	if (pidfd < 0) {
		sweep(agent);
		_exit(EXIT_FAILURE);
	}
	if (!wait_for_end(pidfd, guard->leash, until - grace, &cut)) {
		end.late = 1;
		if (!cut) {
			kill(-agent, SIGTERM);
			wait_for_end(pidfd, guard->leash, until, &cut);
		}
		kill(-agent, SIGKILL);
		kill(agent, SIGKILL); /* it may have left its group */
	}
	waitpid(agent, &end.status, 0);
	sweep(agent);
	tell(guard, &end);
	_exit(EXIT_SUCCESS);
}
