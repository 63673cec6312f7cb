/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs without libfreeipmi: they know the driver's settings, and speak
 * with no BMC. twinbeat-fencer becomes twinbeat-fencer-ipmi where one is
 * configured; this is what is left if that is not installed, so that the
 * devices of other drivers work still.
 */
#include <stdio.h>

#include "ipmi_session.h"

const bool ipmi_session_built = false;

void ipmi_session_run(const struct settings_device *device,
		      const struct ipmi_secrets *secrets,
		      enum ipmi_command command, uint32_t limit_ms,
		      struct ipmi_reply *reply)
{
	(void)device;
	(void)secrets;
	(void)command;
	(void)limit_ms;
	*reply = (struct ipmi_reply){.done = false};
	snprintf(reply->error, sizeof(reply->error),
		 "twinbeat-fencer-ipmi could not be started; install it again "
		 "and restart twinbeat");
}
