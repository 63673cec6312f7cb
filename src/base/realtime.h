/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_REALTIME_H
#define BASE_REALTIME_H
/*
 * Real-time priority and locked memory, for the programs that must act while
 * the machine is at its worst.
 */

#include <stddef.h>

/* What the kernel refused; each only costs promptness, never safety. */
enum realtime_refusal {
	REALTIME_MEMORY = 1 << 0,   /* needs CAP_IPC_LOCK */
	REALTIME_PRIORITY = 1 << 1, /* needs CAP_SYS_NICE */
};

/*
 * Locks all memory, faults the stack in, and asks for SCHED_RR at priority
 * (children start at SCHED_OTHER again). Call once, after start-up has
 * allocated what it needs. Returns refusals or-ed together, 0 = all granted;
 * errno says why the last one was refused.
 */
unsigned realtime_enter(int priority);

/*
 * The same for a program that needs little, or whose work is done by children
 * that it forks (a child has no locks, and faults in every page): locked are
 * the program itself as a whole, of its libraries what it uses from now on.
 * What it has not used yet costs a minor page fault, not a read (images.h).
 */
unsigned realtime_enter_on_fault(int priority);

/* After work that is done once: what it took of the heap, but for some spare
 * room, is given back. */
void realtime_give_back_heap(void);

/*
 * The end of an array that is as large as the largest pair needs, and which
 * this one does not use: its whole pages are given back. They are zeros
 * from then on; who uses them all the same gets them, only not locked.
 */
void realtime_give_back(const void *from, size_t size);

/* One of the two again, after a refusal: 0, or -1 with errno. */
int realtime_lock_memory(void);
int realtime_set_priority(int priority);
#endif
