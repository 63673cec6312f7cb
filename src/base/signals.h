/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H
/*
 * Which signals may end or stop a program of ours: after the start none but
 * those that say so on purpose. What is left alone are the faults (SIGSEGV,
 * SIGABRT and their like: a core is wanted, and the keeper is the last will),
 * what does nothing by default (SIGCHLD, SIGCONT, SIGWINCH, SIGURG), and
 * SIGKILL and SIGSTOP, which nobody can refuse.
 */
#include <signal.h>

/* All that would end or stop us and can be refused, SIGPIPE excepted. */
void signals_refusable(sigset_t *set);

/*
 * From here on only SIGTERM and SIGINT end the process: the rest is held back
 * until a signalfd takes it; SIGPIPE is ignored, and an ignored SIGCHLD that
 * we were started with (children nobody could reap) is none any more.
 */
void signals_hold(void);

/*
 * For a helper, which ends with its parent: all of them are ignored. One that
 * somebody has stopped is woken when its parent ends: it has its last will to
 * carry out, and the run lock, for which the next daemon waits.
 */
void signals_ignore(void);
#endif
