/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Forking, so that a driver may block, loop or crash and costs one attempt at
 * most: own process group (a kill never reaches the fencer itself), own
 * descriptors, and nothing that outlives the fencer.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../drivers/kept.h"
#include "../src/base/images.h"
#include "child.h"

/* Above all that a program which starts attempts has by number. */
#define KEPT_FD_LEAST 32

#define REPORT_FD 3

/* A driver that spins in real time would take its processor from everything
 * ordinary; waiting for a device costs nothing of this. */
#define SPIN_LIMIT_US 500000

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

static void set_default_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* libmodbus sends with MSG_NOSIGNAL; other drivers may not. */
	signal(SIGPIPE, SIG_IGN);
}

static void enter_realtime(pid_t pid)
{
	struct sched_param priority = {.sched_priority = FENCER_PRIORITY};

	sched_setscheduler(pid, SCHED_RR, &priority);
}

/* What a child is told: an attempt, and what is kept, by its places. */
struct order {
	struct attempt attempt;
	uint32_t owed, kept;
	char places[KEPT_MOST][KEPT_PLACE];
};

union rights {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(KEPT_MOST * sizeof(int))];
};

/* ---- in the child ---- */

/* The descriptors of an order go into the store. */
static void take_kept(const struct order *order, struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int fds[KEPT_MOST];
	size_t count;

	if (head == NULL || head->cmsg_level != SOL_SOCKET ||
	    head->cmsg_type != SCM_RIGHTS)
		return;
	count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(head), count * sizeof(int));
	for (size_t i = 0; i < count; i++)
		kept_put(order->places[i], fds[i]);
}

/* Waits for it. False: the parent is gone, or says what is no order. */
static bool receive_order(int fd, struct order *order)
{
	union rights rights = {.bytes = {0}};
	struct iovec bytes = {.iov_base = order, .iov_len = sizeof(*order)};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = rights.bytes,
				 .msg_controllen = sizeof(rights.bytes)};
	ssize_t size;

	/* by syscall(), as all since images_forget_start() */
	do
		size = syscall(SYS_recvmsg, fd, &message, MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	if (size != (ssize_t)sizeof(*order))
		return false;
	take_kept(order, &message);
	if (order->owed > kept_owed())
		kept_owe(order->owed - kept_owed());
	return true;
}

/*
 * From here on in the child. Only stderr and the reports stay open: libmodbus
 * 3.1.6 aborts on a descriptor of 1024 or more, and no device session may hold
 * the daemon's socket or the run lock.
 *
 * All that can be done before the order comes is done before: it may wait for
 * months, and then a client waits for it. So what only its beginning has used
 * of program and libraries is given back, and nothing is touched on suspicion.
 */
static void __attribute__((noreturn))
child_main(const struct settings *settings, int fd, pid_t parent)
{
	struct rlimit spin = {SPIN_LIMIT_US, SPIN_LIMIT_US};
	struct order order;

	/* Neither locks nor priority are inherited; being refused them is no
	 * reason not to fence. */
	if (settings->realtime) {
		setrlimit(RLIMIT_RTTIME, &spin);
		enter_realtime(0);
	}
	setpgid(0, 0);
	/* An attempt that outlived the fencer could cut power after a new one
	 * was told that nothing is known. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	set_default_signals();
	kept_close_all(); /* they come with an order */
	if (fd != REPORT_FD && dup2(fd, REPORT_FD) < 0)
		_exit(EXIT_FAILURE);
	syscall(SYS_close_range, REPORT_FD + 1, ~0U, 0);
	images_forget_start();
	if (settings->realtime)
		syscall(SYS_mlockall, MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	/* Orders by other settings mean other plugs: there are none. */
	while (receive_order(REPORT_FD, &order) &&
	       order.attempt.digest == settings->fence_digest)
		if (order.attempt.kind == FENCE_READY)
			attempt_rehearse(settings);
		else
			attempt_run(&order.attempt, settings, REPORT_FD);
	_exit(EXIT_SUCCESS);
}

/* ---- in the parent ---- */

int child_prepare(struct child *child, const struct settings *settings,
		  char *error, size_t error_size)
{
	pid_t parent = getpid(), pid;
	int pair[2], pidfd;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		snprintf(error, error_size, "no socket for an attempt: %s",
			 strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid < 0) {
		snprintf(error, error_size,
			 "no process for an attempt: %s; the machine is out of "
			 "memory or processes",
			 strerror(errno));
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	if (pid == 0)
		child_main(settings, pair[1], parent);
	/* Both sides, whoever comes first. On a busy machine an ordinary
	 * process waits many milliseconds for the turn in which it would ask.
	 */
	if (settings->realtime)
		enter_realtime(pid);
	setpgid(pid, pid);
	close(pair[1]);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0) {
		snprintf(error, error_size, "no pidfd for an attempt: %s",
			 strerror(errno));
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0); /* killed: comes at once */
		close(pair[0]);
		return -1;
	}
	*child = (struct child){.pid = pid, .pidfd = pidfd, .fd = pair[0]};
	return 0;
}

static int send_order(int fd, struct order *order, const int *fds)
{
	union rights rights = {.bytes = {0}};
	size_t size = order->kept * sizeof(int);
	struct iovec bytes = {.iov_base = order, .iov_len = sizeof(*order)};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

	if (order->kept > 0) {
		message.msg_control = rights.bytes;
		message.msg_controllen = CMSG_SPACE(size);
		rights.head.cmsg_level = SOL_SOCKET;
		rights.head.cmsg_type = SCM_RIGHTS;
		rights.head.cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(&rights.head), fds, size);
	}
	return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) ==
			       (ssize_t)sizeof(*order)
		       ? 0
		       : -1;
}

/* What it says unasked would pass for an attempt's. */
static bool is_silent(const struct child *child)
{
	char word;

	return recv(child->fd, &word, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
	       errno == EAGAIN;
}

int child_rehearse(struct child *child, const struct settings *settings)
{
	struct order order = {.attempt = {.kind = FENCE_READY,
					  .digest = settings->fence_digest}};

	return is_silent(child) ? send_order(child->fd, &order, NULL) : -1;
}

int child_order(struct child *child, const struct attempt *attempt)
{
	struct order order = {.attempt = *attempt, .owed = kept_owed()};
	int fds[KEPT_MOST] = {0}, result;
	unsigned count = 0;
	struct kept kept;

	if (!is_silent(child))
		return -1;
	while (count < KEPT_MOST && kept_take_any(&kept)) {
		fds[count] = kept.fd;
		memcpy(order.places[count++], kept.place, KEPT_PLACE);
	}
	order.kept = count;
	result = send_order(child->fd, &order, fds);
	for (unsigned i = 0; i < count; i++) {
		if (result < 0)
			kept_put(order.places[i], fds[i]);
		else
			close(fds[i]); /* the child's now */
	}
	if (result == 0 || count == 0)
		return result;
	/* the kernel passes no descriptors on for now */
	kept_close_all();
	order.kept = 0;
	return send_order(child->fd, &order, NULL);
}

/* The descriptor that came with a message, out of the way of those that have
 * fixed numbers; -1: none. */
static int take_descriptor(struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	int fd, high;

	if (head == NULL || head->cmsg_level != SOL_SOCKET ||
	    head->cmsg_type != SCM_RIGHTS ||
	    head->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	high = fcntl(fd, F_DUPFD_CLOEXEC, KEPT_FD_LEAST);
	close(fd);
	return high;
}

static ssize_t receive_message(int fd, struct report *report, int *came)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec bytes = {.iov_base = report, .iov_len = sizeof(*report)};
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t size = recvmsg(fd, &message,
			       MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	*came = size >= 0 ? take_descriptor(&message) : -1;
	return size;
}

int child_receive(struct child *child, struct report *report)
{
	int fd;
	ssize_t size = receive_message(child->fd, report, &fd);

	/* without one, for we had no number free: it is closed, no more */
	for (unsigned i = 0;
	     i < KEPT_MOST && size == (ssize_t)sizeof(*report) &&
	     report->type == REPORT_KEPT &&
	     memchr(report->text, '\0', KEPT_PLACE) != NULL;
	     i++) {
		if (fd >= 0)
			kept_put(report->text, fd);
		size = receive_message(child->fd, report, &fd);
	}
	if (fd >= 0)
		close(fd); /* not asked for */
	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (size != (ssize_t)sizeof(*report) || report->type < REPORT_STEP ||
	    report->type > REPORT_END || report->type == REPORT_KEPT ||
	    report->outcome > FENCE_OUTRUN ||
	    memchr(report->text, '\0', sizeof(report->text)) == NULL)
		return -1;
	for (unsigned i = 0; i < PLUGS_MAX; i++)
		if (report->plugs[i] > PLUG_OFF)
			return -1;
	if (report->owed > kept_owed())
		kept_owe(report->owed - kept_owed());
	return 1;
}

int child_permit(struct child *child)
{
	const char go = ATTEMPT_GO;

	return send(child->fd, &go, 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0
									 : -1;
}

void child_kill(struct child *child)
{
	if (child->pid > 0)
		kill(-child->pid, SIGKILL);
	if (child->fd >= 0)
		close(child->fd);
	child->fd = -1;
}

bool child_reap(struct child *child)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	pid_t got = waitpid(child->pid, NULL, WNOHANG);

	/* -1: another has reaped it; gone it is, as its pidfd says */
	if (got == 0 || (got < 0 && errno != ECHILD)) {
		/* a debugger holds the dead: not asked at full speed */
		nanosleep(&pause, NULL);
		return false;
	}
	if (child->fd >= 0)
		close(child->fd);
	close(child->pidfd);
	*child = (struct child)CHILD_NONE;
	return true;
}
