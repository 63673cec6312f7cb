/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SIM_DIGEST_H
#define SIM_DIGEST_H
/*
 * A number for all that the cores of a run have ordered and said, in order.
 * Two builds that print the same one for the same seeds decide alike: so a
 * change of the core's form is shown to have changed nothing else.
 */
#include "world.h"

/* As world.observe; digest: a uint64_t. */
void digest_action(void *digest, unsigned node, const struct action *action);
/* Any other fact of the run. */
void digest_add(uint64_t *digest, uint64_t value);
#endif
