/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a program can no longer do once it has entered its privileges: tried in
 * a child, as the kernel judges it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/base/privileges.h"

#define NO_FILTER 99
#define MADE	  "/tmp/twinbeat-made-by-a-test"

/* 0, or the line of the first thing that was not as wanted. */
#define WANT(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			return __LINE__ % 250 + 1;                             \
	} while (0)
#define REFUSED(call) (errno = 0, (call) < 0 && errno == EPERM)

static bool is_filtered(void)
{
	char text[4096];
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, "Seccomp:\t2") != NULL;
}

/* What may be done by nobody that we start. */
static int try_never(void)
{
	WANT(REFUSED(mount("none", "/tmp", "tmpfs", 0, NULL)));
	WANT(REFUSED(unshare(CLONE_NEWUSER)));
	WANT(REFUSED(syscall(SYS_setns, -1, 0)));
	WANT(REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
	WANT(REFUSED(syscall(SYS_bpf, 0, NULL, 0)));
	WANT(REFUSED(syscall(SYS_init_module, NULL, 0, "")));
	WANT(REFUSED(
		syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0)));
	WANT(REFUSED(syscall(SYS_io_uring_setup, 1, NULL)));
	return 0;
}

static int try_no_start(void)
{
	char *words[] = {(char[]){"true"}, NULL};

	WANT(REFUSED(execv("/bin/true", words)));
	WANT(REFUSED(fork()));
	return 0;
}

static int try_keeper(void)
{
	int fd, result = try_never();

	if (result == 0)
		result = try_no_start();
	WANT(result == 0);
	/* what the kernel says is read; nothing is made or taken away */
	fd = open("/proc/net/if_inet6", O_RDONLY | O_CLOEXEC);
	WANT(fd >= 0 || errno == ENOENT);
	close(fd);
	WANT(REFUSED(open(MADE, O_WRONLY | O_CREAT, 0600)));
	WANT(REFUSED(open("/dev/null", O_WRONLY | O_TRUNC)));
	WANT(REFUSED(unlink(MADE)));
	WANT(REFUSED(rename(MADE, MADE "2")));
	WANT(REFUSED(chmod("/tmp", 01777)));
	WANT(REFUSED(chown("/tmp", 0, 0)));
	WANT(REFUSED(mkdir(MADE, 0700)));
	/* its sockets, and no other */
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	WANT(fd >= 0);
	close(fd);
	WANT(REFUSED(socket(AF_ALG, SOCK_SEQPACKET, 0)));
	WANT(REFUSED(socket(AF_VSOCK, SOCK_STREAM, 0)));
	/* what it lives by works still */
	WANT(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	     MAP_FAILED);
	WANT(memfd_create("one", MFD_CLOEXEC) >= 0);
	return 0;
}

static int try_main(void)
{
	int status = -1, result = try_never();
	pid_t pid;

	WANT(result == 0);
	/* it starts programs, which are bound by the same */
	pid = fork();
	if (pid == 0)
		_exit(try_never());
	WANT(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	return 0;
}

static int try_loader(void)
{
	int fd, result = try_never();

	if (result == 0)
		result = try_no_start();
	WANT(result == 0);
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	WANT(fd >= 0);
	close(fd);
	WANT(REFUSED(open(MADE, O_WRONLY | O_CREAT, 0600)));
	WANT(REFUSED(socket(AF_PACKET, SOCK_RAW, 0)));
	return 0;
}

static int try_notifier(void)
{
	int result = try_never();
	char *words[] = {(char[]){"true"}, NULL};

	WANT(result == 0);
	WANT(REFUSED(execv("/bin/true", words)));
	WANT(REFUSED(socket(AF_PACKET, SOCK_RAW, 0)));
	return 0;
}

static void assert_bound(enum privileges of, int (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)privileges_enter(of);
		_exit(is_filtered() ? attempt() : NO_FILTER);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	/* only where leaks are looked for (privileges.c) */
	if (WEXITSTATUS(status) == NO_FILTER && privileges_are_loose())
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_keeper_makes_no_file_and_starts_nothing(void **state)
{
	(void)state;
	assert_bound(PRIVILEGES_KEEPER, try_keeper);
}

static void test_what_main_starts_is_bound_as_it_is(void **state)
{
	(void)state;
	assert_bound(PRIVILEGES_MAIN, try_main);
	assert_bound(PRIVILEGES_FENCER, try_main);
	assert_bound(PRIVILEGES_RUNNER, try_main);
	assert_bound(PRIVILEGES_DIRECTOR, try_main);
}

static void test_loader_and_opener_start_nothing(void **state)
{
	(void)state;
	assert_bound(PRIVILEGES_LOADER, try_loader);
	assert_bound(PRIVILEGES_OPENER, try_no_start);
}

static void test_notifier_starts_nothing(void **state)
{
	(void)state;
	assert_bound(PRIVILEGES_NOTIFIER, try_notifier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeper_makes_no_file_and_starts_nothing),
		cmocka_unit_test(test_what_main_starts_is_bound_as_it_is),
		cmocka_unit_test(test_loader_and_opener_start_nothing),
		cmocka_unit_test(test_notifier_starts_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
