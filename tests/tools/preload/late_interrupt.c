/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Ctrl-C in the last moment before a person is waited for, for LD_PRELOAD:
 * after the program has looked whether there was one, before the kernel waits.
 */
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	  const sigset_t *mask)
{
	int (*real)(struct pollfd *, nfds_t, const struct timespec *,
		    const sigset_t *);

	*(void **)&real = dlsym(RTLD_NEXT, "ppoll");
	if (count == 1 && fds[0].fd == STDIN_FILENO)
		raise(SIGINT);
	return real(fds, count, timeout, mask);
}

char *fgets(char *line, int size, FILE *file)
{
	char *(*real)(char *, int, FILE *);

	*(void **)&real = dlsym(RTLD_NEXT, "fgets");
	if (file == stdin)
		raise(SIGINT);
	return real(line, size, file);
}
