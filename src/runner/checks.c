/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that checks: its start, its end, and its start again. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "../base/privileges.h"
#include "../base/spawn.h"
#include "checks.h"
#include "tracker.h"

#define AGAIN_US   1000000
#define TO_KILL_US 2000000

static bool is_anything_to_check(const struct settings *settings)
{
	for (unsigned i = 0; i < settings->instance_count; i++)
		if (settings_instance_has_checks(&settings->instances[i]))
			return true;
	return false;
}

static void end_this_one(struct checks *checks)
{
	if (checks->pidfd < 0 || checks->is_ending)
		return;
	kill(checks->pid, SIGTERM);
	checks->is_ending = true;
	checks->kill_us = clock_now_us() + TO_KILL_US;
}

void checks_begin(struct checks *checks, const struct settings *settings)
{
	*checks = (struct checks){
		.settings = settings,
		.pidfd = -1,
		.start_us = is_anything_to_check(settings) ? 0 : INT64_MAX};
}

void checks_change(struct checks *checks, const struct settings *settings,
		   uint32_t commit)
{
	end_this_one(checks);
	checks->settings = settings;
	checks->commit = commit;
	checks->start_us = is_anything_to_check(settings) ? 0 : INT64_MAX;
}

void checks_end(struct checks *checks)
{
	end_this_one(checks);
	checks->start_us = INT64_MAX;
}

static void __attribute__((noreturn))
become_tracker(const struct checks *checks, pid_t runner)
{
	prctl(PR_SET_NAME, "twinbeat-checks");
	/* not SIGKILL: it ends what its scripts have started */
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != runner)
		_exit(1);
	/* its log opens anew; the helpers' lines, say, are not its to read */
	closelog();
	privileges_settle(PRIVILEGES_CHECKS, "twinbeat-checks");
	syscall(SYS_close_range, RUNNER_FD_SOCKET + 1, ~0u, 0);
	tracker_run(checks->settings, checks->commit, checks->was_there);
}

static void start(struct checks *checks)
{
	pid_t runner = getpid();
	pid_t pid = fork();

	if (pid == 0)
		become_tracker(checks, runner);
	checks->start_us = clock_now_us() + AGAIN_US;
	if (pid < 0) {
		runner_log(LOG_ERR, "the checks cannot be started: %s",
			   strerror(errno));
		return;
	}
	checks->pid = pid;
	checks->is_ending = false;
	checks->was_there = true;
	checks->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (checks->pidfd < 0) {
		/* nobody else would: one a second while descriptors lack */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

void checks_step(struct checks *checks)
{
	if (checks->pidfd >= 0 && checks->is_ending &&
	    clock_now_us() >= checks->kill_us)
		kill(checks->pid, SIGKILL);
	if (checks->pidfd < 0 && checks->start_us <= clock_now_us())
		start(checks);
}

void checks_reap(struct checks *checks)
{
	char how[100];
	int status;

	if (spawn_reap(checks->pidfd, how, sizeof(how), &status) < 0)
		return;
	close(checks->pidfd);
	checks->pidfd = -1;
	if (checks->is_ending)
		return;
	checks->start_us = clock_now_us() + AGAIN_US;
	runner_log(LOG_ERR,
		   "the process that runs the checks (pid %d) %s; it "
		   "is started again",
		   (int)checks->pid, how);
}
