/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRE_INSTANCE_SET_H
#define WIRE_INSTANCE_SET_H
/*
 * A set of instances, a bit for each by its place in the settings: what a node
 * owns, wants, asks for, is fit for. As many as there are VRIDs on a network.
 * {0} is the empty set. Pure, and small enough to be copied.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define INSTANCE_SET_WORDS 4
#define INSTANCE_SET_MAX   (64 * INSTANCE_SET_WORDS)

struct instance_set {
	uint64_t words[INSTANCE_SET_WORDS];
};

static inline bool set_has(const struct instance_set *set, unsigned i)
{
	assert(i < INSTANCE_SET_MAX);
	return set->words[i / 64] >> i % 64 & 1;
}

static inline void set_add(struct instance_set *set, unsigned i)
{
	assert(i < INSTANCE_SET_MAX);
	set->words[i / 64] |= UINT64_C(1) << i % 64;
}

static inline void set_remove(struct instance_set *set, unsigned i)
{
	assert(i < INSTANCE_SET_MAX);
	set->words[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* i and nothing else. */
static inline struct instance_set set_of(unsigned i)
{
	struct instance_set set = {{0}};

	set_add(&set, i);
	return set;
}

/* 0 to count - 1. */
static inline struct instance_set set_first(unsigned count)
{
	struct instance_set set = {{0}};

	assert(count <= INSTANCE_SET_MAX);
	for (unsigned w = 0; w < count / 64; w++)
		set.words[w] = UINT64_MAX;
	if (count % 64 != 0)
		set.words[count / 64] = (UINT64_C(1) << count % 64) - 1;
	return set;
}

static inline bool set_is_empty(const struct instance_set *set)
{
	return (set->words[0] | set->words[1] | set->words[2] |
		set->words[3]) == 0;
}

static inline struct instance_set set_and(const struct instance_set *a,
					  const struct instance_set *b)
{
	struct instance_set both;

	for (unsigned w = 0; w < INSTANCE_SET_WORDS; w++)
		both.words[w] = a->words[w] & b->words[w];
	return both;
}

/* Those of a that are not in b. */
static inline struct instance_set set_without(const struct instance_set *a,
					      const struct instance_set *b)
{
	struct instance_set rest;

	for (unsigned w = 0; w < INSTANCE_SET_WORDS; w++)
		rest.words[w] = a->words[w] & ~b->words[w];
	return rest;
}

/* Is all of a in b? */
static inline bool set_is_within(const struct instance_set *a,
				 const struct instance_set *b)
{
	struct instance_set rest = set_without(a, b);

	return set_is_empty(&rest);
}

static inline bool set_meets(const struct instance_set *a,
			     const struct instance_set *b)
{
	struct instance_set both = set_and(a, b);

	return !set_is_empty(&both);
}

static inline bool set_equals(const struct instance_set *a,
			      const struct instance_set *b)
{
	return set_is_within(a, b) && set_is_within(b, a);
}

static inline unsigned set_count(const struct instance_set *set)
{
	unsigned count = 0;

	for (unsigned w = 0; w < INSTANCE_SET_WORDS; w++)
		count += (unsigned)__builtin_popcountll(set->words[w]);
	return count;
}

/* The lowest of a set that is not empty. */
static inline unsigned set_lowest(const struct instance_set *set)
{
	unsigned w = 0;

	assert(!set_is_empty(set));
	while (set->words[w] == 0)
		w++;
	return 64 * w + (unsigned)__builtin_ctzll(set->words[w]);
}
#endif
