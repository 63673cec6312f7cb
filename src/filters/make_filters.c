/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which system calls each program may make, as the kernel's seccomp wants it:
 * prints C source, while twinbeat is built. libseccomp knows numbers and
 * names, and none of its pages is in a program that locks its memory.
 *
 * A call that is not allowed fails with EPERM: nothing that holds an address is
 * ended by a mistake in this table. clone3 and openat2 fail with ENOSYS, as on
 * a kernel without them: their arguments cannot be seen, and the C library then
 * makes the call that can be judged.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "../base/privileges.h"

/*
 * A name that this architecture does not have is left out. Words, by blanks.
 */
#define LIFE                                                                   \
	"read write readv writev pread64 pwrite64 close close_range fcntl "    \
	"fstat newfstatat lseek poll ppoll select pselect6 epoll_create1 "     \
	"epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd2 "              \
	"timerfd_create timerfd_settime timerfd_gettime signalfd4 pipe pipe2 " \
	"dup dup2 dup3 mmap munmap mremap mprotect madvise brk mlock mlock2 "  \
	"munlock mlockall munlockall memfd_create futex set_robust_list "      \
	"get_robust_list set_tid_address rseq membarrier sched_yield "         \
	"sched_setscheduler sched_getscheduler sched_setparam "                \
	"sched_getparam sched_getaffinity getpid gettid getppid getpgid "      \
	"getsid getuid geteuid getgid getegid getgroups getresuid getresgid "  \
	"getrandom clock_gettime clock_getres clock_nanosleep nanosleep "      \
	"gettimeofday time restart_syscall rt_sigaction rt_sigprocmask "       \
	"rt_sigreturn rt_sigtimedwait rt_sigpending sigaltstack exit "         \
	"exit_group tgkill uname sysinfo prlimit64 getrlimit setrlimit "       \
	"getrusage prctl capget capset ioctl pidfd_open pidfd_send_signal "    \
	"wait4 waitid kill setsid setpgid umask arch_prctl seccomp "           \
	"sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg getsockopt "        \
	"setsockopt getsockname getpeername shutdown socketpair bind "         \
	"connect listen accept accept4 "                                       \
	"access faccessat faccessat2 readlink readlinkat getdents64 stat "     \
	"lstat statx statfs fstatfs getcwd "

/* Files of its own: made, written, replaced. */
#define FILES                                                                  \
	"open openat creat unlink unlinkat rename renameat renameat2 mkdir "   \
	"mkdirat rmdir fsync fdatasync ftruncate fallocate fchmod chmod "      \
	"fchmodat fchown fchownat lchown chown flock chdir utimensat "         \
	"sync_file_range "

/*
 * What nobody needs who is started by us, be it a fence agent, a script or a
 * program that is told of changes: other kernels, other namespaces, other
 * processes' memory.
 */
static const char never[] =
	"mount umount umount2 pivot_root chroot move_mount open_tree fsopen "
	"fsconfig fsmount fspick mount_setattr swapon swapoff reboot "
	"kexec_load kexec_file_load init_module finit_module delete_module "
	"create_module get_kernel_syms query_module iopl ioperm "
	"pciconfig_iobase pciconfig_read pciconfig_write settimeofday "
	"clock_settime clock_settime64 clock_adjtime clock_adjtime64 adjtimex "
	"stime ptrace process_vm_readv process_vm_writev process_madvise "
	"kcmp pidfd_getfd bpf perf_event_open userfaultfd add_key keyctl "
	"request_key unshare setns open_by_handle_at name_to_handle_at "
	"fanotify_init lookup_dcookie quotactl quotactl_fd acct vhangup "
	"nfsservctl uselib ustat sysfs _sysctl modify_ldt vm86 vm86old "
	"sethostname setdomainname io_uring_setup io_uring_enter "
	"io_uring_register move_pages migrate_pages mbind set_mempolicy "
	"syslog ";

enum opens { OPEN_NONE, OPEN_THERE, OPEN_ALL };

#define FAMILIES_MAX 6
static const struct rule {
	const char *name;    /* one is made once; NULL: what it inherits */
	const char *allowed; /* NULL: all but never */
	enum opens opens;
	int families[FAMILIES_MAX]; /* of its sockets; 0 ends them */
} rules[] = {
	/* What they start may be any program, and inherits it. So do checks,
	 * from the runner, and checker, from the director. */
	[PRIVILEGES_MAIN] = {"others", .allowed = NULL},
	[PRIVILEGES_FENCER] = {"others", .allowed = NULL},
	[PRIVILEGES_RUNNER] = {"others", .allowed = NULL},
	[PRIVILEGES_DIRECTOR] = {"others", .allowed = NULL},
	/* /proc says what the kernel holds and how it is set: no file is made,
	 * no program started */
	[PRIVILEGES_KEEPER] = {"keeper",
			       LIFE,
			       OPEN_THERE,
			       {AF_NETLINK, AF_PACKET, AF_INET, AF_INET6,
				AF_UNIX}},
	/* ports and sockets */
	[PRIVILEGES_OPENER] = {"opener",
			       LIFE "flock ",
			       OPEN_THERE,
			       {AF_NETLINK, AF_PACKET, AF_INET, AF_INET6,
				AF_UNIX}},
	/* a name service may answer where a script's user is looked up */
	[PRIVILEGES_LOADER] = {"loader",
			       LIFE,
			       OPEN_THERE,
			       {AF_NETLINK, AF_INET, AF_INET6, AF_UNIX}},
	/* the same, and writes the file that the peer has pushed */
	[PRIVILEGES_PLACER] = {"placer",
			       LIFE FILES "link linkat ",
			       OPEN_ALL,
			       {AF_NETLINK, AF_INET, AF_INET6, AF_UNIX}},
	/* a device, and nothing else */
	[PRIVILEGES_WATCHDOG] = {"watchdog", LIFE, OPEN_THERE, {0}},
	/* a port that is open */
	[PRIVILEGES_LINES] = {"lines", LIFE "setitimer ", OPEN_NONE, {0}},
	/* libcurl resolves names in a thread */
	[PRIVILEGES_NOTIFIER] = {"notifier",
				 LIFE FILES "clone ",
				 OPEN_ALL,
				 {AF_NETLINK, AF_INET, AF_INET6, AF_UNIX}},
	[PRIVILEGES_LAST] = {.name = NULL},
};
#define RULES (sizeof(rules) / sizeof(rules[0]))

static void must(const char *what, int result)
{
	if (result == 0)
		return;
	fprintf(stderr, "make_filters: %s: %s\n", what, strerror(-result));
	exit(1);
}

static void each(scmp_filter_ctx filter, uint32_t action, const char *words)
{
	char copy[4096], *rest = copy, *word;

	if (strlen(words) >= sizeof(copy))
		must("the list is too long", -ENOSPC);
	memcpy(copy, words, strlen(words) + 1);
	while ((word = strsep(&rest, " ")) != NULL) {
		int number = seccomp_syscall_resolve_name(word);

		/* below zero: another architecture's */
		if (*word != '\0' && number >= 0)
			must(word, seccomp_rule_add(filter, action, number, 0));
		if (*word != '\0' && number == __NR_SCMP_ERROR)
			must(word, -ENOSYS);
	}
}

/* What is there already, for reading or writing; nothing is made. */
static void add_opens(scmp_filter_ctx filter)
{
	must("openat",
	     seccomp_rule_add(
		     filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		     SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT | O_TRUNC, 0)));
#ifdef __NR_open
	must("open", seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
				      SCMP_A1(SCMP_CMP_MASKED_EQ,
					      O_CREAT | O_TRUNC, 0)));
#endif
}

static scmp_filter_ctx make(const struct rule *rule)
{
	uint32_t otherwise =
		rule->allowed ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW;
	scmp_filter_ctx filter = seccomp_init(otherwise);

	if (filter == NULL)
		must("a filter", -ENOMEM);
	/* calls of 32 bits, say: as those that are not allowed */
	must("other architectures",
	     seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
			      SCMP_ACT_ERRNO(EPERM)));
	must("a tree", seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2));
	if (rule->allowed == NULL) {
		each(filter, SCMP_ACT_ERRNO(EPERM), never);
		return filter;
	}
	each(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3 openat2 ");
	each(filter, SCMP_ACT_ALLOW, rule->allowed);
	if (rule->opens == OPEN_THERE)
		add_opens(filter);
	for (unsigned i = 0; i < FAMILIES_MAX && rule->families[i] != 0; i++)
		must("socket",
		     seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket),
				      1,
				      SCMP_A0(SCMP_CMP_EQ,
					      (uint64_t)rule->families[i])));
	return filter;
}

static void print(const struct rule *rule)
{
	scmp_filter_ctx filter = make(rule);
	int fd = memfd_create("filter", 0);
	struct sock_filter one;
	unsigned count = 0;

	must("seccomp_export_bpf",
	     fd < 0 ? -errno : seccomp_export_bpf(filter, fd));
	seccomp_release(filter);
	lseek(fd, 0, SEEK_SET);
	printf("static const struct sock_filter %s[] = {\n", rule->name);
	while (read(fd, &one, sizeof(one)) == (ssize_t)sizeof(one)) {
		printf("\t{0x%02x, %u, %u, 0x%08x},\n", one.code, one.jt,
		       one.jf, one.k);
		count++;
	}
	printf("};\n\n");
	close(fd);
	if (count == 0)
		must("an empty filter", -EINVAL);
}

static bool is_first(unsigned rule)
{
	for (unsigned i = 0; i < rule; i++)
		if (rules[i].name != NULL &&
		    strcmp(rules[i].name, rules[rule].name) == 0)
			return false;
	return true;
}

int main(void)
{
	printf("/* made by src/filters/make_filters.c */\n"
	       "#include \"src/base/filter.h\"\n\n");
	for (unsigned i = 0; i < RULES; i++)
		if (rules[i].name != NULL && is_first(i))
			print(&rules[i]);
	printf("const struct filter filters[] = {\n");
	for (unsigned i = 0; i < RULES; i++)
		if (rules[i].name != NULL)
			printf("\t[%u] = {sizeof(%s) / sizeof(%s[0]), %s},\n",
			       i, rules[i].name, rules[i].name, rules[i].name);
		else
			printf("\t[%u] = {0, 0},\n", i);
	printf("};\n");
	return fflush(stdout) == 0 ? 0 : 1;
}
