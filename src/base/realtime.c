/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks the kernel for real-time priority and locked memory. A refusal is told
 * and lived with: R11 and the lease make a late program safe, not this.
 */
#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "images.h"
#include "realtime.h"

/* Deeper than any call chain of ours goes. */
#define STACK_SIZE (128 * 1024)

/* Of the heap, free and locked: what is allocated later grows it by no page. */
#define HEAP_SPARE (64 * 1024)

/* mlockall() locks the stack's pages, but only those that exist. */
static void __attribute__((noinline)) realtime_touch_stack(void)
{
	volatile char stack[STACK_SIZE];

	for (unsigned i = 0; i < sizeof(stack); i += 1024)
		stack[i] = 1;
}

int realtime_lock_memory(void)
{
	return mlockall(MCL_CURRENT | MCL_FUTURE);
}

int realtime_set_priority(int priority)
{
	struct sched_param param = {.sched_priority = priority};

	return sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
}

void realtime_give_back(const void *from, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)from + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)from + size) & ~(page - 1);
	char *at = (char *)first; /* by a number: who only reads it may, too */

	if (first >= end)
		return;
	/* a refusal costs memory, nothing else */
	if (munlock(at, end - first) == 0)
		(void)madvise(at, end - first, MADV_DONTNEED);
}

void realtime_give_back_heap(void)
{
	malloc_trim(HEAP_SPARE);
}

/* What is freed stays ours: no page fault when it is needed again. */
static void keep_heap(void)
{
	realtime_give_back_heap();
	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_MMAP_MAX, 0);
}

/* Locking is over, with result; now the priority. */
static unsigned finish(int result, int priority)
{
	unsigned refused = 0;
	int why = 0;

	if (result != 0) {
		refused |= REALTIME_MEMORY;
		why = errno;
	}
	if (realtime_set_priority(priority) != 0) {
		refused |= REALTIME_PRIORITY;
		why = errno;
	}
	errno = why;
	return refused;
}

unsigned realtime_enter(int priority)
{
	int result;

	keep_heap();
	result = realtime_lock_memory();
	realtime_touch_stack();
	return finish(result, priority);
}

unsigned realtime_enter_on_fault(int priority)
{
	int result;

	keep_heap();
	images_forget_start();
	result = mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
	if (result == 0)
		result = images_lock_program();
	return finish(result, priority);
}
