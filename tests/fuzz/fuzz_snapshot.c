/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: a sealed snapshot of the settings whose bytes are anything: a
 * good one, changed in places. settings_map() refuses it, or everything that
 * the helpers do with settings afterwards stays inside (ASan, UBSan watch).
 * Input: 1 byte (bit 0: damage the seals, bit 1: the size), then patches of
 * offset (4), length (1), bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../fence/plan.h"
#include "../../src/daemon/core_settings.h"
#include "../../src/settings/settings.h"
#include "fuzz.h"

static struct settings good, patched;

static void ignore(void *arg, bool is_error, const char *line)
{
	(void)arg;
	if (is_error)
		fprintf(stderr, "%s\n", line);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char text[] =
		"pair = \"web\"; key_file = \"/etc/twinbeat/key\";\n"
		"nodes = (\n"
		"{ name = \"lb01\"; priority = 150; address = \"192.0.2.11\";"
		"  serial = \"/dev/twinbeat0\";"
		"  fence = ( { level = 1; device = \"pdu\"; plug = 1; },"
		"            { level = 2; device = \"pdb\"; plug = 1; } ); },\n"
		"{ name = \"lb02\"; priority = 100; address = \"192.0.2.12\";"
		"  serial = \"/dev/twinbeat0\";"
		"  fence = ( { level = 1; device = \"pdu\"; plug = 2; } ); }"
		");\n"
		"links = { serial = { }; };\n"
		"instances = ( { name = \"VI_1\"; interface = \"eth0\";"
		"  vrid = 55; addresses = ( { ip = \"192.0.2.100/32\"; },"
		"  { ip = \"192.0.2.101/32\"; } );"
		"  track = { interfaces = ( \"eth1\" ); }; } );\n"
		"devices = (\n"
		"{ name = \"pdu\"; driver = \"modbus\"; transport = \"tcp\";"
		"  host = \"203.0.113.20\"; profile = \"generic-coil\"; },\n"
		"{ name = \"pdb\"; driver = \"modbus\"; transport = \"tcp\";"
		"  host = \"203.0.113.21\"; profile = \"generic-coil\"; }"
		");\n";
	struct settings_report report = {.tell = ignore};

	(void)argc;
	(void)argv;
	demand(settings_load_string(text, "fuzz.conf", "lb01", &good,
				    &report) == 0);
	return 0;
}

static int make_memfd(const struct settings *settings, size_t size, int seals)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	demand(fd >= 0 && write(fd, settings, size) == (ssize_t)size);
	/* busy: a page is held for a moment, see settings_seal() */
	for (int i = 0; seals && fcntl(fd, F_ADD_SEALS, seals) < 0; i++)
		demand(errno == EBUSY && i < 20);
	return fd;
}

/* What fencer, keeper, runner and the main process do with the settings. */
static void use(const struct settings *settings)
{
	static struct core_settings core;
	static struct settings copy;
	struct fence_plan plan;
	char error[FENCE_TEXT_MAX];
	size_t length = 0;

	copy = *settings;
	demand(settings_make_digests(&copy) == 0);
	settings_to_core(settings, &core);
	demand(core.instance_count <= CORE_INSTANCES_MAX);
	demand(core.interface_count <= CORE_INTERFACES_MAX);
	for (unsigned i = 0; i < core.instance_count; i++)
		demand(core.instances[i].interface < core.interface_count);
	for (uint32_t kind = FENCE_READ; kind <= FENCE_ON; kind++)
		for (uint32_t node = 0; node < NODES; node++) {
			struct fence_request request = {
				.id = 1,
				.kind = kind,
				.node = node,
				.levels = (1u << (LEVELS_MAX + 1)) - 2,
				.device = -1,
				.digest = settings->fence_digest};

			if (plan_check_request(settings, &request, error,
					       sizeof(error)) == 0 &&
			    plan_all_levels(settings, &request, &plan))
				plan_times(settings, kind, node, &plan);
		}
	for (unsigned i = 0; i < settings->instance_count; i++) {
		const struct settings_instance *instance =
			&settings->instances[i];

		for (unsigned a = 0; a < instance->address_count; a++)
			length += strlen(
				settings->addresses[instance->first_address + a]
					.dev);
	}
	length += strlen(settings->nodes[settings->self].name);
	length += settings_find_node(settings, "lb02") >= 0;
	demand(length > 0 || settings->instance_count < 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int every_seal =
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	struct input input = {.at = data, .left = size};
	uint8_t flags = input_byte(&input);
	size_t used = sizeof(patched) - (flags & 2 ? 1 : 0);
	int seals =
		flags & 1 ? every_seal & ~(1 << (flags >> 2 & 3)) : every_seal;
	const struct settings *mapped;
	int fd;

	patched = good;
	while (input.left > 0) {
		uint32_t offset;
		uint8_t length;

		input_take(&input, &offset, sizeof(offset));
		length = input_byte(&input);
		offset %= sizeof(patched);
		if (length > sizeof(patched) - offset)
			length = (uint8_t)(sizeof(patched) - offset);
		input_take(&input, (uint8_t *)&patched + offset, length);
	}
	fd = make_memfd(&patched, used, seals);
	mapped = settings_map(fd);
	if (flags & 3)
		demand(mapped == NULL);
	if (mapped) {
		use(mapped);
		munmap((void *)(uintptr_t)mapped, sizeof(*mapped));
	}
	close(fd);
	return 0;
}
