/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See signals.h: one list for all programs. */
#include "signals.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>

static bool is_left_alone(int number)
{
	static const int alone[] = {
		SIGSEGV, SIGBUS,  SIGFPE,   SIGILL, SIGABRT, SIGTRAP, SIGSYS,
		SIGCHLD, SIGCONT, SIGWINCH, SIGURG, SIGKILL, SIGSTOP, SIGPIPE};

	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (alone[i] == number)
			return true;
	return false;
}

void signals_refusable(sigset_t *set)
{
	sigemptyset(set);
	/* glibc keeps two for itself and refuses them here */
	for (int number = 1; number < NSIG; number++)
		if (!is_left_alone(number))
			sigaddset(set, number);
}

void signals_hold(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	signals_refusable(&set);
	sigdelset(&set, SIGTERM);
	sigdelset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void signals_ignore(void)
{
	sigset_t set;

	signals_refusable(&set);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&set, number) == 1)
			signal(number, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGCONT, 0, 0, 0);
}
