/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_CAPABILITIES_H
#define BASE_CAPABILITIES_H
/* What root may do and this program does not need (capabilities(7)). */
#include <stdbool.h>
#include <stddef.h>

/*
 * Keeps what is needed of what this process has; for good: neither it nor what
 * it starts gets more. False: it could not be given up, which costs nothing
 * but defence in depth.
 */
bool capabilities_keep(const unsigned *needed, size_t count);
#endif
