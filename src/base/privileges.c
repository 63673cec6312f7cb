/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "privileges.h"
#include "filter.h"

#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIGHEST	  63
#define CAP(name) (UINT64_C(1) << (CAP_##name))

/* On time, and in memory. */
#define PROMPT (CAP(IPC_LOCK) | CAP(SYS_NICE))
/* Files of others, such as a port or a FIFO; and of root where it is not. */
#define FILES (CAP(DAC_OVERRIDE) | CAP(DAC_READ_SEARCH))

/*
 * What a program hands on to those that it executes. One that starts what is
 * not ours (a notification, a script) must hold what these may do, since nobody
 * hands on what he lacks: as permitted, not in effect.
 */
enum hands_on { NOTHING, ITS_OWN, EVERYTHING };

static const struct {
	uint64_t needs;
	enum hands_on hands_on;
} rows[] = {
	/* packet sockets of what it hears; a socket for the group */
	[PRIVILEGES_MAIN] = {PROMPT | CAP(NET_RAW) | CAP(CHOWN), EVERYTHING},
	/* addresses; gratuitous ARP */
	[PRIVILEGES_KEEPER] = {PROMPT | CAP(NET_ADMIN) | CAP(NET_RAW), NOTHING},
	/* agents: ping, IPMI's port, ssh and sudo; one that hangs is killed */
	[PRIVILEGES_FENCER] = {PROMPT | FILES | CAP(SYS_RESOURCE) |
				       CAP(NET_RAW) | CAP(NET_BIND_SERVICE) |
				       CAP(SETUID) | CAP(SETGID) | CAP(KILL),
			       ITS_OWN},
	/* FIFOs; a program that hangs and has become another user's */
	[PRIVILEGES_RUNNER] = {FILES | CAP(KILL), EVERYTHING},
	/* pings; the kernel's word of processes; scripts of a user */
	[PRIVILEGES_CHECKS] = {FILES | CAP(KILL) | CAP(NET_RAW) |
				       CAP(NET_ADMIN) | CAP(SETUID) |
				       CAP(SETGID),
			       EVERYTHING},
	[PRIVILEGES_NOTIFIER] = {0, NOTHING},
	/* IPVS; marks, for its checker */
	[PRIVILEGES_DIRECTOR] = {CAP(NET_ADMIN) | CAP(NET_RAW), ITS_OWN},
	[PRIVILEGES_CHECKER] = {0, NOTHING},
	/* marks: SO_MARK, with Linux 5.17 or newer */
	[PRIVILEGES_CHECKER_VIA] = {CAP(NET_RAW), NOTHING},
	/* ports; packet sockets, and a priority of theirs */
	[PRIVILEGES_OPENER] = {FILES | CAP(NET_RAW) | CAP(NET_ADMIN), NOTHING},
	/* scripts in folders of others are looked at */
	[PRIVILEGES_LOADER] = {FILES, NOTHING},
	/* a file keeps its owner */
	[PRIVILEGES_PLACER] = {FILES | CAP(CHOWN), NOTHING},
	/* its device is root's */
	[PRIVILEGES_WATCHDOG] = {PROMPT, NOTHING},
	/* it was given its port open */
	[PRIVILEGES_LINES] = {0, NOTHING},
};

/*
 * capset(2) and prctl(2), and not libcap-ng, for these few lines: it costs each
 * program that locks its memory 130 kB.
 */
static bool get_permitted(uint64_t *permitted)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) != 0)
		return false;
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return true;
}

/*
 * Root hands on what it may; another user only what he has as ambient, which
 * has to be inheritable. It goes by itself where that or permitted is taken
 * away.
 */
static bool set(uint64_t effective, uint64_t permitted, uint64_t handed_on)
{
	uint64_t inheritable = geteuid() == 0 ? 0 : handed_on;
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{.effective = (uint32_t)effective,
		 .permitted = (uint32_t)permitted,
		 .inheritable = (uint32_t)inheritable},
		{.effective = (uint32_t)(effective >> 32),
		 .permitted = (uint32_t)(permitted >> 32),
		 .inheritable = (uint32_t)(inheritable >> 32)}};

	return syscall(SYS_capset, &header, data) == 0;
}

/* What a program of root's that is executed gets at most. */
static bool bound(uint64_t kept)
{
	bool done = true;

	for (unsigned i = 0; i <= HIGHEST; i++)
		if (!(kept & (UINT64_C(1) << i)) &&
		    prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 &&
		    prctl(PR_CAPBSET_DROP, i, 0, 0, 0) != 0)
			done = false;
	return done;
}

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
/* Its search for leaks at the end stops the process by ptrace. */
#define IS_FILTERED false
#else
#define IS_FILTERED true
#endif

bool privileges_are_loose(void)
{
	return !IS_FILTERED;
}

/* For good; what is started has it, too. */
static bool enter_filter(enum privileges of)
{
	return !IS_FILTERED || filters[of].count == 0 ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filters[of], 0, 0) ==
		       0;
}

bool privileges_enter(enum privileges of)
{
	enum hands_on hands_on = rows[of].hands_on;
	uint64_t has, needs, handed_on;
	bool done = get_permitted(&has);

	if (!done)
		has = 0;
	needs = has & rows[of].needs;
	handed_on = hands_on == EVERYTHING ? has
		    : hands_on == ITS_OWN  ? needs
					   : 0;
	/*
	 * Bounds first: that takes a capability, which only root needs. Where
	 * who started us has given it up there are no new privileges either,
	 * and what we execute gets no more than we have.
	 */
	if (geteuid() == 0 && hands_on != EVERYTHING && !bound(handed_on) &&
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		done = false;
	if (!set(needs, hands_on == EVERYTHING ? has : needs, handed_on))
		done = false;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       enter_filter(of) && done;
}

void privileges_settle(enum privileges of, const char *name)
{
	if (!privileges_enter(of))
		fprintf(stderr,
			"%s: runs with more rights than it needs: they could "
			"not be given up\n",
			name);
}

void privileges_raise(bool raise)
{
	uint64_t has;

	/* refused: there is less room, as on a machine that gives us nothing */
	if (get_permitted(&has))
		(void)set(raise ? has : has & rows[PRIVILEGES_MAIN].needs, has,
			  has);
}
