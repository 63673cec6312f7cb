/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any text on the stdin of the fence agent, for each driver. It is
 * refused with a sentence, or it gives settings that a fencer would carry out
 * as they are.
 */
#include <stdio.h>

#include "../../drivers/driver.h"
#include "../../fence/agent/fence_twinbeat.h"
#include "fuzz.h"

/* What is ignored is told; here it would be all that is done. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	stderr = fopen("/dev/null", "w");
	demand(stderr != NULL);
	return 0;
}

static void judge(const struct settings *settings)
{
	const struct settings_device *device = &settings->devices[0];
	const struct settings_node *node = &settings->nodes[1];
	const struct driver *driver = driver_find(device->driver);
	char error[FENCE_TEXT_MAX] = "";

	demand(driver != NULL && device->answer_ms >= 1);
	demand(settings->fence.timeout_ms >= 100 &&
	       settings->fence.timeout_ms <= 3600000);
	demand(device->power_wait_ms <= 3600000 && node->plug_count <= 8);
	for (unsigned i = 0; i < node->plug_count; i++)
		demand(driver->check(device, node->plugs[i].plug, error,
				     sizeof(error)) == 0);
	demand(memchr(node->name, '\0', sizeof(node->name)) != NULL &&
	       memchr(device->place, '\0', sizeof(device->place)) != NULL);
}

static void run(const char *name, const uint8_t *data, size_t size)
{
	static struct settings settings;
	char argv0[32], error[FENCE_TEXT_MAX] = "";
	char *argv[] = {argv0, NULL};
	FILE *real = stdin;
	struct given given;

	snprintf(argv0, sizeof(argv0), "fence_twinbeat_%s", name);
	stdin = fmemopen((void *)(uintptr_t)data, size, "r");
	demand(stdin != NULL);
	if (parameters_read(&given, 1, argv) == 0) {
		if (target_fill(&given, NULL, &settings, error,
				sizeof(error)) == 0)
			judge(&settings);
		else
			demand(error[0] != '\0');
	}
	parameters_free(&given);
	fclose(stdin);
	stdin = real;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0; /* fmemopen() wants a byte */
	run("modbus", data, size);
	run("ipmi", data, size);
	return 0;
}
