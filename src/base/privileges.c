/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "privileges.h"

#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>

#include <cap-ng.h>

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
	/* IPVS */
	[PRIVILEGES_DIRECTOR] = {CAP(NET_ADMIN), NOTHING},
	[PRIVILEGES_CHECKER] = {0, NOTHING},
	/* ports; packet sockets, and a priority of theirs */
	[PRIVILEGES_OPENER] = {FILES | CAP(NET_RAW) | CAP(NET_ADMIN), NOTHING},
	/* scripts in folders of others are looked at */
	[PRIVILEGES_LOADER] = {FILES, NOTHING},
};

static void put(uint64_t caps, capng_type_t sets)
{
	for (unsigned i = 0; i <= HIGHEST; i++)
		if (caps & (UINT64_C(1) << i))
			capng_update(CAPNG_ADD, sets, i);
}

static uint64_t get(capng_type_t set)
{
	uint64_t caps = 0;

	for (unsigned i = 0; i <= HIGHEST; i++)
		if (capng_have_capability(set, i))
			caps |= UINT64_C(1) << i;
	return caps;
}

bool privileges_enter(enum privileges of)
{
	uint64_t has;
	bool done;

	capng_get_caps_process();
	has = get(CAPNG_PERMITTED);
	if (rows[of].hands_on == EVERYTHING) {
		capng_clear(CAPNG_SELECT_CAPS);
		put(has, CAPNG_PERMITTED);
		put(has & rows[of].needs, CAPNG_EFFECTIVE);
		done = capng_apply(CAPNG_SELECT_CAPS) == 0;
	} else {
		/* a program of root's would have them all again: bounds, too */
		capng_clear(CAPNG_SELECT_BOTH);
		put(has & rows[of].needs, CAPNG_EFFECTIVE | CAPNG_PERMITTED);
		if (rows[of].hands_on == ITS_OWN)
			put(has & rows[of].needs, CAPNG_BOUNDING_SET);
		done = capng_apply(CAPNG_SELECT_BOTH) == 0;
	}
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && done;
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

	capng_get_caps_process();
	has = get(CAPNG_PERMITTED);
	capng_clear(CAPNG_SELECT_CAPS);
	put(has, CAPNG_PERMITTED);
	put(raise ? has : has & rows[PRIVILEGES_MAIN].needs, CAPNG_EFFECTIVE);
	/* refused: there is less room, as on a machine that gives us nothing */
	(void)capng_apply(CAPNG_SELECT_CAPS);
}
