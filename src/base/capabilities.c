/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capabilities.h"

#include <sys/prctl.h>

#include <cap-ng.h>

bool capabilities_keep(const unsigned *needed, size_t count)
{
	bool have[64] = {false};

	capng_get_caps_process();
	for (size_t i = 0; i < count; i++)
		have[needed[i]] =
			capng_have_capability(CAPNG_PERMITTED, needed[i]);
	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned i = 0; i < 64; i++)
		if (have[i])
			capng_update(CAPNG_ADD,
				     CAPNG_EFFECTIVE | CAPNG_PERMITTED, i);
	/* a program of root's would have them all again */
	return capng_apply(CAPNG_SELECT_BOTH) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}
