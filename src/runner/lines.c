/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What other programs write to their stderr, line by line into the log. Nothing
 * they write may flood it, forge a line or hold anybody up.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/log.h"
#include "runner.h"

#define READS_MAX    16
#define WINDOW_US    100000
#define WINDOW_BYTES (128 * 1024)

bool bucket_take(struct bucket *bucket, int64_t now_us, uint64_t *told)
{
	unsigned full = bucket->burst * 1000;
	int64_t gained;

	*told = 0;
	if (!bucket->started) {
		bucket->started = true;
		bucket->tokens = full;
		bucket->refilled_us = now_us;
	}
	gained = (now_us - bucket->refilled_us) * bucket->per_second / 1000;
	if (gained > 0) {
		bucket->refilled_us = now_us;
		bucket->tokens = gained > full - bucket->tokens
					 ? full
					 : bucket->tokens + (unsigned)gained;
	}
	if (bucket->tokens < 1000) {
		bucket->dropped++;
		return false;
	}
	bucket->tokens -= 1000;
	*told = bucket->dropped;
	bucket->dropped = 0;
	return true;
}

static void log_one(struct lines *lines)
{
	uint64_t told;

	if (lines->used == 0 ||
	    !bucket_take(&lines->bucket, clock_now_us(), &told))
		return;
	if (told)
		runner_log(LOG_WARNING, "%s%llu lines were dropped: too many",
			   lines->prefix, (unsigned long long)told);
	runner_log(LOG_NOTICE, "%s%.*s", lines->prefix, (int)lines->used,
		   lines->text);
}

static void take_byte(struct lines *lines, char byte)
{
	if (byte == '\n') {
		if (!lines->skipping)
			log_one(lines);
		lines->skipping = false;
		lines->used = 0;
		return;
	}
	if (lines->skipping)
		return;
	lines->text[lines->used++] = byte;
	if (lines->used == sizeof(lines->text)) {
		log_one(lines);
		lines->used = 0;
		lines->skipping = true;
	}
}

bool lines_rest(const struct lines *lines)
{
	return lines->taken >= WINDOW_BYTES &&
	       clock_now_us() - lines->window_us < WINDOW_US;
}

void lines_read(struct lines *lines)
{
	char bytes[512];
	int64_t now_us = clock_now_us();

	if (now_us - lines->window_us >= WINDOW_US) {
		lines->window_us = now_us;
		lines->taken = 0;
	}

	for (unsigned i = 0; i < READS_MAX && lines->fd >= 0; i++) {
		ssize_t n = read(lines->fd, bytes, sizeof(bytes));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			/* every writer is gone */
			close(lines->fd);
			lines->fd = -1;
			return;
		}
		lines->taken += (size_t)n;
		for (ssize_t b = 0; b < n; b++)
			take_byte(lines, bytes[b]);
	}
}
