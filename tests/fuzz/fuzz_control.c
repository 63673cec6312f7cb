/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as a line on the control socket. It is refused with one
 * clean sentence, or it gives a request all of whose indexes point inside.
 */
#include <stdlib.h>
#include <string.h>

#include "../../src/ipc/control_msg.h"
#include "../../src/daemon/control_request.h"
#include "fuzz.h"

static void prepare(struct settings *settings)
{
	settings->device_count = 2;
	snprintf(settings->devices[0].name, SETTINGS_NAME_MAX, "pdu");
	snprintf(settings->devices[1].name, SETTINGS_NAME_MAX, "bmc");
	for (unsigned i = 0; i < NODES; i++) {
		snprintf(settings->nodes[i].name, SETTINGS_NAME_MAX, "lb0%u",
			 i + 1);
		settings->nodes[i].plug_count = 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings settings;
	struct control_request request;
	char error[64] = "";
	char *line = malloc(size ? size : 1); /* exact: overreads are seen */

	demand(line != NULL);
	memcpy(line, data, size);
	prepare(&settings);
	if (control_request_parse(line, size, &settings, &request, error,
				  sizeof(error)) < 0) {
		demand(error[0] != '\0' && strlen(error) < sizeof(error));
		for (const char *c = error; *c; c++)
			demand(*c >= ' ' && *c <= '~');
	} else {
		demand(size <= CONTROL_REQUEST_MAX);
		demand(request.node < NODES);
		demand(request.device >= -1 && request.device < 2);
		demand(request.is_status || request.is_reload ||
		       request.is_push ||
		       (request.command != COMMAND_NONE &&
			request.command <= COMMAND_ANSWER));
		demand(memchr(request.code, 0, sizeof(request.code)) != NULL);
	}
	free(line);
	return 0;
}
