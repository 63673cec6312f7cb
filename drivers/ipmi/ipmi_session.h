/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVERS_IPMI_SESSION_H
#define DRIVERS_IPMI_SESSION_H
/*
 * One conversation with a BMC: log in, one command, log out, by libfreeipmi.
 * The library locks 8 MB into memory, so only twinbeat-fencer-ipmi has it, and
 * only pairs with a BMC run that.
 */
#include <stdbool.h>

#include "ipmi.h"

enum ipmi_command { IPMI_STATUS, IPMI_POWER_ON, IPMI_POWER_OFF };

/* Told of it wherever it shows: that is not off. */
#define IPMI_SILENT                                                            \
	"no whole answer within %u ms: its state is unknown; check its power " \
	"and network, or raise session_ms"

struct ipmi_secrets {
	char password[IPMI_PASSWORD_MAX + 1];
	uint8_t kg[IPMI_PASSWORD_MAX];
	unsigned kg_size; /* 0: none */
};

struct ipmi_reply {
	bool done;	/* the command was carried out; STATUS: state is told */
	uint32_t state; /* enum plug_state, of STATUS */
	char error[FENCE_TEXT_MAX]; /* why not; no address in it */
};

/*
 * Nobody waits for the end of this conversation: no further command is sent,
 * and the session is closed. A BMC has 4 to 15 of them, and keeps for a minute
 * or more what nobody closes.
 */
bool ipmi_session_ending(void);

/* Asked just before a power command, which from now on ends with whoever waits
 * for it: a library that sends it once more would cut power too late. */
bool ipmi_session_may_switch(void);

/*
 * Blocks; may take longer than limit_ms, which each single exchange gets: the
 * caller has to end it. Fills in *reply in any case.
 */
void ipmi_session_run(const struct settings_device *device,
		      const struct ipmi_secrets *secrets,
		      enum ipmi_command command, uint32_t limit_ms,
		      struct ipmi_reply *reply);
#endif
