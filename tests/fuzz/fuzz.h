/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FUZZ_H
#define FUZZ_H
/*
 * What the fuzzers share: taking the input apart, and demanding. For one
 * program each, hence static.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* errno: where the kernel was asked, its answer. */
#define demand(holds) demand_at((holds), #holds, __FILE__, __LINE__)
static inline void demand_at(int holds, const char *what, const char *file,
			     int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: demanded: %s (errno: %s)\n", file, line, what,
		strerror(errno));
	abort();
}

struct input {
	const uint8_t *at;
	size_t left;
};

/* At most size bytes; what is missing is 0. */
static inline void input_take(struct input *input, void *bytes, size_t size)
{
	size_t n = size < input->left ? size : input->left;

	memset(bytes, 0, size);
	if (n == 0)
		return;
	memcpy(bytes, input->at, n);
	input->at += n;
	input->left -= n;
}

static inline uint8_t input_byte(struct input *input)
{
	uint8_t byte;

	input_take(input, &byte, sizeof(byte));
	return byte;
}

static inline uint16_t input_word(struct input *input)
{
	uint16_t word;

	input_take(input, &word, sizeof(word));
	return word;
}
#endif
