/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * R4: table_row() against the lines of RULES.md, for everything that can be
 * seen. Each line stands here as the text has it, beside what it means; the
 * first that fits is the row.
 */
#include "../../src/core/internal.h"
#include "incident.h"

static bool is_up(const struct table_sight *s)
{
	return s->two_way == LINK_UP && s->is_fresh;
}

static bool is_half(const struct table_sight *s)
{
	return s->two_way == LINK_HALF;
}

static bool up_free(const struct table_sight *s)
{
	return is_up(s) && !s->says_own;
}

static bool up_unfit(const struct table_sight *s)
{
	return is_up(s) && s->says_own && !s->says_fit;
}

static bool up_silent(const struct table_sight *s)
{
	return is_up(s) && s->says_own && s->says_fit && s->adverts_fell_silent;
}

static bool up_served(const struct table_sight *s)
{
	return is_up(s) && s->says_own && s->says_fit &&
	       !s->adverts_fell_silent;
}

static bool half_alive(const struct table_sight *s)
{
	return is_half(s) && !s->is_unserved && s->is_heard;
}

static bool half_unserved(const struct table_sight *s)
{
	return is_half(s) && s->is_unserved;
}

static bool down_heard(const struct table_sight *s)
{
	return !is_up(s) && !is_half(s) && s->is_heard;
}

static bool silent(const struct table_sight *s)
{
	return !s->is_heard && s->was_heard && !s->is_thin;
}

static bool silent_thin(const struct table_sight *s)
{
	return !s->is_heard && s->was_heard && s->is_thin;
}

static bool never_heard(const struct table_sight *s)
{
	return !s->is_heard && !s->was_heard;
}

static const struct line {
	const char *text;
	enum table_row row;
	bool (*fits)(const struct table_sight *sight);
} lines[] = {
	{"| up, peer does not own | any |", R4_FREE, up_free},
	{"| up, peer owns and is unfit | any |", R4_UNFIT_OWNER, up_unfit},
	{"| up, peer owns and is fit | silent after having been heard |",
	 R4_DISAGREE, up_silent},
	{"| up, peer owns and is fit | heard, or never heard |", R4_SERVED,
	 up_served},
	{"| half | heard |", R4_HALF_ALIVE, half_alive},
	{"| half | silent after having been heard, or the peer says",
	 R4_HALF_UNSERVED, half_unserved},
	{"| down, never, broken or none | heard |", R4_ALIVE, down_heard},
	{"| the peer was heard since start, is now heard on no link,",
	 R4_SILENT, silent},
	{"| the same, but some configured link is", R4_SILENT_THIN,
	 silent_thin},
	{"| the peer was never heard |", R4_NEVER_HEARD, never_heard},
};

#define LINES (sizeof(lines) / sizeof(lines[0]))

static void test_R4_rows_are_the_lines_of_the_rules(void **state)
{
	FILE *file = fopen("src/core/RULES.md", "r");
	char text[2000];
	bool is_table = false;
	unsigned n = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(text, sizeof(text), file)) {
		if (!strncmp(text, "| two-way links", 15))
			is_table = true;
		else if (is_table && text[0] != '|')
			break;
		else if (is_table && text[1] != '-') {
			assert_true(n < LINES);
			if (strncmp(text, lines[n].text, strlen(lines[n].text)))
				fail_msg("line %u of R4 is: %s", n + 1, text);
			n++;
		}
	}
	fclose(file);
	assert_int_equal(n, LINES);
}

/* Every bit of a number is one thing that is seen or not. */
static struct table_sight sight_of(unsigned number)
{
	static const enum link_state states[] = {LINK_NEVER, LINK_UP, LINK_HALF,
						 LINK_DOWN, LINK_BROKEN};
	bool bits[10];

	for (unsigned i = 0; i < 10; i++)
		bits[i] = number >> i & 1;
	return (struct table_sight){.two_way = states[number >> 10],
				    .is_fresh = bits[0],
				    .says_own = bits[1],
				    .says_fit = bits[2],
				    .is_stuck = bits[3],
				    .adverts_fell_silent = bits[4],
				    .is_unserved = bits[5],
				    .is_heard = bits[6],
				    .was_heard = bits[7],
				    .is_proven = bits[8],
				    .is_thin = bits[9]};
}

static enum table_row by_the_rules(const struct table_sight *sight)
{
	bool is_word = sight->is_fresh && (sight->two_way == LINK_UP ||
					   sight->two_way == LINK_HALF);
	unsigned n = 0;

	/* R10 */
	if (is_word && sight->says_own && sight->is_stuck)
		return R4_STUCK;
	while (n < LINES && !lines[n].fits(sight))
		n++;
	assert_true(n < LINES);
	/* R1: no power is cut for what is proven */
	if (sight->is_proven && lines[n].row >= R4_SILENT)
		return R4_PROVEN;
	return lines[n].row;
}

static void test_R4_every_sight_has_its_row(void **state)
{
	unsigned seen[R4_PROVEN + 1] = {0};

	(void)state;
	for (unsigned number = 0; number < 5u << 10; number++) {
		struct table_sight sight = sight_of(number);
		enum table_row row = table_row(&sight);

		if (row != by_the_rules(&sight))
			fail_msg("sight %#x: row %u, by the rules %u", number,
				 row, by_the_rules(&sight));
		seen[row]++;
	}
	for (unsigned row = 0; row <= R4_PROVEN; row++)
		assert_true(seen[row] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_R4_rows_are_the_lines_of_the_rules),
		cmocka_unit_test(test_R4_every_sight_has_its_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
