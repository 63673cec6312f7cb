/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_IMAGES_H
#define BASE_IMAGES_H
/*
 * The program and its libraries as they are mapped: what of them stays
 * resident in this process. Only code and constants are given back, never what
 * was written or relocated: it comes back unchanged when it is used.
 */

/* So long after its begin a program has done what it does once. */
#define IMAGES_START_US 6000000

/*
 * What only the start has used of the program and its libraries leaves this
 * process. What is used later costs a minor page fault, no read of a disk: the
 * kernel's one copy of libc is locked as a whole by the keeper.
 * Not in a program that has locked its memory.
 */
void images_forget_start(void);

/*
 * The same for some libraries of a program that has locked all of its memory:
 * those whose file names begin with one of names, which ends with NULL. What is
 * used of them from now on is locked as it is used. Only where that costs no
 * read of a disk: another process has locked them as a whole, or only the start
 * has used them. What the kernel refuses is used without a lock.
 */
void images_lock_used(const char *const *names);

/* The opposite: what the kernel has of the program and its libraries is mapped
 * here now. (Linux 5.14; before, each page is when it is used.) */
void images_touch(void);

/* The program itself, without its libraries, locked as a whole: 0, or -1 with
 * errno. */
int images_lock_program(void);
#endif
