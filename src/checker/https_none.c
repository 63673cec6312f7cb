/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In the place of https.c where no server is asked by TLS: twinbeat-checker,
 * which has none of its libraries. */
#include "check.h"

int https_begin(void)
{
	return 0;
}

int64_t https_due_us(void)
{
	return INT64_MAX;
}

void https_step(void)
{
}

struct attempt *https_next(void)
{
	return NULL;
}

/* The director knows which of the two it needs. */
static bool refuse(struct attempt *attempt)
{
	return answer_is(attempt, ANSWER_WRONG, true,
			 "https: asked of twinbeat-checker, which is without "
			 "TLS");
}

static void nothing(struct attempt *attempt)
{
	(void)attempt;
}

const struct check_kind check_https = {"https", refuse, NULL, nothing, nothing};
