/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thompson's way: the pattern becomes steps (Russ Cox, "Regular Expression
 * Matching: the Virtual Machine Approach", 2009), and all that could come next
 * are followed at once. A step that is reached twice is one.
 */
#include "pattern.h"

#include <ctype.h>
#include <string.h>

enum { CHAR, ANY, SET, SPLIT, JUMP, BEGIN, END, MATCH };

#define REPEAT_MAX 255
#define DEPTH_MAX  32

/* ---- from text to steps ---- */

struct parser {
	struct pattern *pattern;
	const char *at;
	const char *why; /* NULL: all is well */
	unsigned depth;
};

static bool refuse(struct parser *parser, const char *why)
{
	if (parser->why == NULL)
		parser->why = why;
	return false;
}

static bool add(struct parser *parser, uint8_t op, uint8_t arg, int to,
		int other)
{
	struct pattern *pattern = parser->pattern;

	/* the last one is MATCH */
	if (pattern->step_count == PATTERN_STEPS - 1)
		return refuse(parser, "it has too many steps");
	pattern->steps[pattern->step_count++] =
		(struct pattern_step){op, arg, (int16_t)to, (int16_t)other};
	return true;
}

/* In front of what begins at first: its jumps are relative and stay. */
static bool add_before(struct parser *parser, unsigned first, uint8_t op,
		       int to, int other)
{
	struct pattern *pattern = parser->pattern;

	if (!add(parser, op, 0, to, other))
		return false;
	for (unsigned i = pattern->step_count - 1; i > first; i--) {
		struct pattern_step step = pattern->steps[i];

		pattern->steps[i] = pattern->steps[i - 1];
		pattern->steps[i - 1] = step;
	}
	return true;
}

static void set_put(uint8_t *set, unsigned byte, bool any_case)
{
	set[byte / 8] |= (uint8_t)(1u << byte % 8);
	if (any_case) {
		unsigned lower = (unsigned)tolower((int)byte);
		unsigned upper = (unsigned)toupper((int)byte);

		set[lower / 8] |= (uint8_t)(1u << lower % 8);
		set[upper / 8] |= (uint8_t)(1u << upper % 8);
	}
}

static bool set_has(const uint8_t *set, unsigned byte)
{
	return (set[byte / 8] >> byte % 8 & 1u) != 0;
}

/* \d and the like; false: it is none of these. */
static bool set_of_class(char letter, uint8_t *set)
{
	char kind = (char)tolower((unsigned char)letter);

	if (letter == '\0' || strchr("dws", kind) == NULL)
		return false;
	for (unsigned byte = 0; byte < 256; byte++) {
		/* of ASCII alone, as with PCRE */
		bool is = byte < 128 &&
			  (kind == 'd' ? isdigit((int)byte) != 0
			   : kind == 's'
				   ? isspace((int)byte) != 0
				   : isalnum((int)byte) != 0 || byte == '_');

		if (is == (letter == kind))
			set_put(set, byte, false);
	}
	return true;
}

static int hex_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = (char)tolower((unsigned char)digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* What stands behind \ for one byte; -1: it is refused. */
static int escaped(struct parser *parser)
{
	static const char letters[] = "nrtfe", bytes[] = "\n\r\t\f\033";
	char letter = *parser->at;
	const char *found = letter ? strchr(letters, letter) : NULL;

	if (letter == '\0') {
		refuse(parser, "\\ stands at its end");
		return -1;
	}
	parser->at++;
	if (found != NULL)
		return bytes[found - letters];
	if (letter == 'x') {
		int high = hex_of(parser->at[0]);
		int low = high < 0 ? -1 : hex_of(parser->at[1]);

		if (low >= 0) {
			parser->at += 2;
			return 16 * high + low;
		}
		refuse(parser, "\\x wants two hex digits");
		return -1;
	}
	if (isalnum((unsigned char)letter)) {
		refuse(parser, "a \\ with this letter or digit behind it is "
			       "not known here");
		return -1;
	}
	return (unsigned char)letter;
}

static uint8_t *new_set(struct parser *parser)
{
	struct pattern *pattern = parser->pattern;

	if (pattern->set_count == PATTERN_SETS) {
		refuse(parser, "it has too many [ ]");
		return NULL;
	}
	memset(pattern->sets[pattern->set_count], 0, sizeof(pattern->sets[0]));
	return pattern->sets[pattern->set_count++];
}

/* One end of a range; -1: a class, which is in the set now, or refused. */
static int set_member(struct parser *parser, uint8_t *set)
{
	if (*parser->at != '\\')
		return (unsigned char)*parser->at++;
	parser->at++;
	if (set_of_class(*parser->at, set)) {
		parser->at++;
		return -1;
	}
	return escaped(parser);
}

static void take_members(struct parser *parser, uint8_t *set)
{
	bool any_case = parser->pattern->any_case;

	do {
		int from, to;

		if (parser->at[0] == '[' && parser->at[1] != '\0' &&
		    strchr(":.=", parser->at[1]) != NULL) {
			refuse(parser, "[: is not known here");
			return;
		}
		from = to = set_member(parser, set);
		if (from >= 0 && parser->at[0] == '-' && parser->at[1] != ']' &&
		    parser->at[1] != '\0') {
			parser->at++;
			to = set_member(parser, set);
			if (to < from) {
				refuse(parser, "a range in [ ] goes backwards");
				return;
			}
		}
		for (int byte = from; byte >= 0 && byte <= to; byte++)
			set_put(set, (unsigned)byte, any_case);
	} while (parser->why == NULL && *parser->at != ']' &&
		 *parser->at != '\0');
}

static bool parse_set(struct parser *parser)
{
	uint8_t *set = new_set(parser);
	bool is_not = *parser->at == '^';

	if (set == NULL)
		return false;
	parser->at += is_not;
	if (*parser->at != '\0') /* a ] in front is itself */
		take_members(parser, set);
	if (*parser->at != ']')
		return refuse(parser, "a [ is not closed");
	parser->at++;
	for (unsigned i = 0; is_not && i < sizeof(parser->pattern->sets[0]);
	     i++)
		set[i] = (uint8_t)~set[i];
	return add(parser, SET, (uint8_t)(parser->pattern->set_count - 1), 1,
		   0);
}

static bool add_byte(struct parser *parser, int byte)
{
	uint8_t *set;

	if (byte < 0)
		return false;
	if (!parser->pattern->any_case || !isalpha(byte))
		return add(parser, CHAR, (uint8_t)byte, 1, 0);
	set = new_set(parser);
	if (set == NULL)
		return false;
	set_put(set, (unsigned)byte, true);
	return add(parser, SET, (uint8_t)(parser->pattern->set_count - 1), 1,
		   0);
}

static bool parse_escape(struct parser *parser)
{
	uint8_t set[sizeof(parser->pattern->sets[0])] = {0}, *kept;

	if (!set_of_class(*parser->at, set))
		return add_byte(parser, escaped(parser));
	parser->at++;
	kept = new_set(parser);
	if (kept == NULL)
		return false;
	memcpy(kept, set, sizeof(set));
	return add(parser, SET, (uint8_t)(parser->pattern->set_count - 1), 1,
		   0);
}

static bool parse_any_of(struct parser *parser);

static bool parse_group(struct parser *parser)
{
	bool is_good;

	if (parser->at[0] == '?' && parser->at[1] == ':')
		parser->at += 2;
	else if (*parser->at == '?' || *parser->at == '*')
		return refuse(parser, "(? and (* are not known here, but for "
				      "(?: and a (?i) in front");
	if (++parser->depth > DEPTH_MAX)
		return refuse(parser, "its ( ) lie too deep in each other");
	is_good = parse_any_of(parser);
	parser->depth--;
	if (!is_good)
		return false;
	if (*parser->at != ')')
		return refuse(parser, "a ( is not closed");
	parser->at++;
	return true;
}

static bool parse_atom(struct parser *parser)
{
	char letter = *parser->at++;

	switch (letter) {
	case '(':
		return parse_group(parser);
	case '[':
		return parse_set(parser);
	case '\\':
		return parse_escape(parser);
	case '.':
		return add(parser, ANY, 0, 1, 0);
	case '^':
		return add(parser, BEGIN, 0, 1, 0);
	case '$':
		/* behind it comes nothing, or the last newline */
		return add(parser, SPLIT, 0, 2, 1) &&
		       add(parser, CHAR, '\n', 1, 0) &&
		       add(parser, END, 0, 1, 0);
	default:
		return add_byte(parser, (unsigned char)letter);
	}
}

/* "{2}", "{2,}", "{2,5}"; false: the { is itself. most < 0: without end. */
static bool read_braces(const char *at, int *least, int *most,
			const char **behind)
{
	int *value = least;

	*least = *most = 0;
	if (*at++ != '{' || !isdigit((unsigned char)*at))
		return false;
	for (; *at != '}'; at++) {
		if (*at == ',' && value == least) {
			value = most;
			*most = isdigit((unsigned char)at[1]) ? 0 : -1;
		} else if (isdigit((unsigned char)*at) && *value >= 0) {
			*value = 10 * *value + (*at - '0');
			if (*value > REPEAT_MAX)
				*value = REPEAT_MAX + 1;
		} else {
			return false;
		}
	}
	if (value == least)
		*most = *least;
	*behind = at + 1;
	return true;
}

static bool is_repeat(const char *at)
{
	const char *behind;
	int least, most;

	return (*at != '\0' && strchr("*+?", *at) != NULL) ||
	       read_braces(at, &least, &most, &behind);
}

/* How often what stands before it; false: once, and nothing was read. */
static bool read_repeat(struct parser *parser, int *least, int *most)
{
	char letter = *parser->at;

	if (letter == '*' || letter == '+' || letter == '?') {
		*least = letter == '+';
		*most = letter == '?' ? 1 : -1;
		parser->at++;
	} else if (!read_braces(parser->at, least, most, &parser->at)) {
		return false;
	}
	if (*parser->at == '?')
		parser->at++; /* lazy: the same for yes or no */
	else if (*parser->at == '+')
		return refuse(parser, "a + behind a repeat is not known here");
	return true;
}

static bool add_block(struct parser *parser, const struct pattern_step *block,
		      unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		if (!add(parser, block[i].op, block[i].arg, block[i].to,
			 block[i].other))
			return false;
	return true;
}

/* What begins at first, so often. */
static bool repeat(struct parser *parser, unsigned first, int least, int most)
{
	struct pattern *pattern = parser->pattern;
	struct pattern_step block[PATTERN_STEPS];
	unsigned size = pattern->step_count - first;
	int back = (int)size;

	if (least > REPEAT_MAX || most > REPEAT_MAX)
		return refuse(parser, "a { } asks for more than 255");
	if (most >= 0 && most < least)
		return refuse(parser, "a { } goes backwards");
	memcpy(block, pattern->steps + first, size * sizeof(block[0]));
	pattern->step_count = first;
	for (int i = 0; i < least; i++)
		if (!add_block(parser, block, size))
			return false;
	if (most < 0)
		return add(parser, SPLIT, 0, 1, back + 2) &&
		       add_block(parser, block, size) &&
		       add(parser, JUMP, 0, -(back + 1), 0);
	for (int left = most - least; left > 0; left--)
		/* none of the rest: over all of them */
		if (!add(parser, SPLIT, 0, 1, left * (back + 1)) ||
		    !add_block(parser, block, size))
			return false;
	return true;
}

static bool parse_row(struct parser *parser)
{
	while (*parser->at != '\0' && *parser->at != '|' &&
	       *parser->at != ')') {
		unsigned first = parser->pattern->step_count;
		int least, most;

		if (is_repeat(parser->at))
			return refuse(parser, "a repeat has nothing before it");
		if (!parse_atom(parser))
			return false;
		if (read_repeat(parser, &least, &most) &&
		    (parser->why != NULL ||
		     !repeat(parser, first, least, most)))
			return false;
		if (is_repeat(parser->at))
			return refuse(parser,
				      "two repeats stand behind each other");
	}
	return true;
}

static bool parse_any_of(struct parser *parser)
{
	struct pattern *pattern = parser->pattern;
	unsigned ends[128], count = 0, first = pattern->step_count;

	while (parse_row(parser)) {
		if (*parser->at != '|') {
			for (unsigned i = 0; i < count; i++)
				pattern->steps[ends[i]].to =
					(int16_t)(pattern->step_count -
						  ends[i]);
			return true;
		}
		parser->at++;
		if (count == sizeof(ends) / sizeof(ends[0]))
			return refuse(parser, "it has too many |");
		if (!add_before(parser, first, SPLIT, 1,
				(int)(pattern->step_count - first) + 2) ||
		    !add(parser, JUMP, 0, 0, 0))
			return false;
		ends[count++] = pattern->step_count - 1;
		first = pattern->step_count;
	}
	return false;
}

bool pattern_compile(struct pattern *pattern, const char *text,
		     const char **why)
{
	struct parser parser = {.pattern = pattern, .at = text};

	pattern->step_count = pattern->set_count = 0;
	pattern->any_case = strncmp(text, "(?i)", 4) == 0;
	parser.at += pattern->any_case ? 4 : 0;
	if (parse_any_of(&parser) && *parser.at == ')')
		refuse(&parser, "a ) closes nothing");
	pattern->steps[pattern->step_count++] =
		(struct pattern_step){MATCH, 0, 0, 0};
	*why = parser.why;
	return parser.why == NULL;
}

bool pattern_is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (strchr("\\.[()*+?|^$", *text) != NULL ||
		    (*text == '{' && isdigit((unsigned char)text[1])))
			return false;
	return true;
}

/* ---- looked for ---- */

struct place {
	bool is_begin, is_end;
};

/* The step, and all that follow without a byte. True: it is found. */
static bool reach(const struct pattern *pattern, uint64_t *reached,
		  unsigned step, struct place place)
{
	unsigned stack[PATTERN_STEPS + 1], count = 0;

	stack[count++] = step;
	while (count > 0) {
		unsigned at = stack[--count];
		const struct pattern_step *its = &pattern->steps[at];

		if (reached[at / 64] >> at % 64 & 1u)
			continue;
		reached[at / 64] |= UINT64_C(1) << at % 64;
		if (its->op == MATCH)
			return true;
		if (its->op == JUMP || its->op == SPLIT ||
		    (its->op == BEGIN && place.is_begin) ||
		    (its->op == END && place.is_end))
			stack[count++] = (unsigned)((int)at + its->to);
		if (its->op == SPLIT)
			stack[count++] = (unsigned)((int)at + its->other);
	}
	return false;
}

static bool takes(const struct pattern *pattern,
		  const struct pattern_step *step, uint8_t byte)
{
	switch (step->op) {
	case CHAR:
		return step->arg == byte;
	case ANY:
		return byte != '\n';
	case SET:
		return set_has(pattern->sets[step->arg], byte);
	default:
		return false;
	}
}

/* From all that is reached to all that is reached behind this byte. */
static bool follow(const struct pattern *pattern, const uint64_t *reached,
		   uint64_t *next, uint8_t byte)
{
	for (unsigned i = 0; i < PATTERN_STEPS / 64; i++)
		for (uint64_t left = reached[i]; left != 0; left &= left - 1) {
			unsigned at = 64 * i + (unsigned)__builtin_ctzll(left);

			if (takes(pattern, &pattern->steps[at], byte) &&
			    reach(pattern, next, at + 1, (struct place){0}))
				return true;
		}
	/* it may begin anywhere */
	return reach(pattern, next, 0, (struct place){0});
}

static bool begin(const struct pattern *pattern, struct pattern_run *run)
{
	if (run->is_begun)
		return false;
	run->is_begun = true;
	return reach(pattern, run->reached, 0,
		     (struct place){.is_begin = true});
}

bool pattern_take(const struct pattern *pattern, struct pattern_run *run,
		  const char *piece, size_t size)
{
	if (begin(pattern, run))
		return true;
	for (size_t i = 0; i < size; i++) {
		uint64_t next[PATTERN_STEPS / 64] = {0};

		if (follow(pattern, run->reached, next, (uint8_t)piece[i]))
			return true;
		memcpy(run->reached, next, sizeof(next));
	}
	return false;
}

bool pattern_end(const struct pattern *pattern, struct pattern_run *run)
{
	const struct place place = {.is_begin = !run->is_begun, .is_end = true};
	uint64_t next[PATTERN_STEPS / 64] = {0};

	if (begin(pattern, run) || reach(pattern, next, 0, place))
		return true;
	for (unsigned at = 0; at < pattern->step_count; at++)
		if ((run->reached[at / 64] >> at % 64 & 1u) &&
		    pattern->steps[at].op == END &&
		    reach(pattern, next, at + 1, place))
			return true;
	return false;
}
