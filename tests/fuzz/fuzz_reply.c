/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any text as what a gateway of mail or SMS pipes in. What is found
 * in it is a code with a number behind it, and stands there; what follows the
 * text in memory is not read.
 */
#include <strings.h>

#include "fuzz.h"
#include "../../src/base/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct code_reply reply;
	bool stands = false;

	if (code_find_reply(text, size, &reply) == CODE_NONE)
		return 0;
	demand(code_is_one(reply.code));
	demand(reply.number >= 1 && reply.number <= 3);
	for (size_t i = 0; i + CODE_SIZE < size; i++)
		stands = stands ||
			 strncasecmp(text + i, reply.code, CODE_SIZE - 1) == 0;
	demand(stands);
	return 0;
}
