/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as a regular expression, and the rest as the text. What
 * is found in pieces is found in the whole, and a plain one where it stands.
 */
#include <string.h>

#include "../../src/base/pattern.h"
#include "fuzz.h"

static bool is_found(const struct pattern *pattern, const char *text,
		     size_t size, size_t piece)
{
	struct pattern_run run = {.is_begun = false};

	for (size_t at = 0; at < size; at += piece)
		if (pattern_take(pattern, &run, text + at,
				 size - at < piece ? size - at : piece))
			return true;
	return pattern_end(pattern, &run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {.at = data, .left = size};
	size_t piece = 1 + input_byte(&input) % 7, text_size;
	static struct pattern pattern;
	const char *why = NULL;
	char text[96];
	bool is;

	text_size = input_byte(&input) % sizeof(text);
	if (text_size > input.left)
		text_size = input.left;
	input_take(&input, text, text_size);
	text[text_size] = '\0';
	if (!pattern_compile(&pattern, text, &why)) {
		demand(why != NULL && !pattern_is_plain(text));
		return 0;
	}
	demand(why == NULL && pattern.step_count <= PATTERN_STEPS &&
	       pattern.set_count <= PATTERN_SETS);
	is = is_found(&pattern, (const char *)input.at, input.left, piece);
	demand(is == is_found(&pattern, (const char *)input.at, input.left,
			      input.left + 1));
	if (pattern_is_plain(text))
		demand(is == (memmem(input.at, input.left, text,
				     strlen(text)) != NULL));
	return 0;
}
