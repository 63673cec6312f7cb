/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Process 1 of a test node: reaps and waits. Its end is the end of everything
 * in the node's PID namespace at once, as when the power is cut.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	sigset_t set;
	int signal_number;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sigwait(&set, &signal_number);
	}
}
