/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any request under any settings: what is accepted must name plugs that exist,
 * and never this node's own for off (R13). Nothing is carried out here.
 */
#include <assert.h>
#include <string.h>

#include "../../drivers/modbus/modbus.h"
#include "../../fence/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Settings with plugs as the input has them; strings stay strings. */
static size_t fill_settings(struct settings *settings, const uint8_t *data,
			    size_t size)
{
	static const char *const hosts[] = {"192.0.2.20", "2001:db8::20", "pdu",
					    ""};
	size_t used = 0;

	memset(settings, 0, sizeof(*settings));
	settings->self = data[used++] & 1;
	settings->device_count = data[used++] % (DEVICES_MAX + 1);
	for (unsigned i = 0; i < settings->device_count; i++) {
		struct settings_device *device = &settings->devices[i];

		if (size - used < 4)
			break;
		strcpy(device->driver, "modbus");
		device->private_size = sizeof(struct modbus_settings);
		strcpy(device->host, hosts[data[used] & 3]);
		modbus_edit(device)->write_kind = data[used] >> 2 & 7;
		modbus_edit(device)->read_kind = data[used++] >> 5;
		modbus_edit(device)->unit = data[used++];
		modbus_edit(device)->port = 502;
		modbus_edit(device)->write_on = data[used] & 3;
		modbus_edit(device)->read_on = data[used] >> 2 & 3;
		modbus_edit(device)->write_base = (uint16_t)(data[used++] << 8);
		modbus_edit(device)->connect_ms = data[used++];
	}
	for (unsigned n = 0; n < NODES && used < size; n++) {
		struct settings_node *node = &settings->nodes[n];

		node->plug_count = data[used++] % (PLUGS_MAX + 1);
		for (unsigned i = 0; i < node->plug_count; i++) {
			if (size - used < 4)
				return used;
			node->plugs[i].level = data[used++];
			node->plugs[i].device = data[used++];
			memcpy(node->plugs[i].plug, data + used, 2);
			used += 2;
		}
	}
	return used;
}

static void check_plan(const struct settings *settings,
		       const struct fence_request *request,
		       const struct fence_plan *plan)
{
	assert(plan->count >= 1 && plan->count <= PLUGS_MAX);
	for (unsigned i = 0; i < plan->count; i++) {
		const struct settings_plug *plug =
			plan_plug(settings, request->node, plan, i);

		assert(plan->plugs[i] <
		       settings->nodes[request->node].plug_count);
		assert(plug->device < settings->device_count);
		assert((request->levels & 1u << plug->level) != 0);
		assert(request->device < 0 || plug->device == request->device);
		assert(plan->level == 0 || plug->level == plan->level);
	}
	assert(plan_times(settings, request->kind, request->node, plan)
		       .hard_ms > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings settings;
	struct fence_request request;
	struct fence_plan plan;
	char error[FENCE_TEXT_MAX];
	uint32_t level = 0;

	if (size < sizeof(request) + 2)
		return 0;
	memcpy(&request, data, sizeof(request));
	fill_settings(&settings, data + sizeof(request),
		      size - sizeof(request));
	error[0] = '\0';
	if (plan_check_request(&settings, &request, error, sizeof(error)) < 0) {
		assert(error[0] != '\0');
		return 0;
	}
	assert(request.id != 0 && request.node < NODES);
	assert(request.kind != FENCE_OFF || request.node != settings.self);
	assert(plan_all_levels(&settings, &request, &plan));
	check_plan(&settings, &request, &plan);
	while (plan_next_level(&settings, &request, level, &plan)) {
		assert(plan.level > level);
		level = plan.level;
		check_plan(&settings, &request, &plan);
	}
	return 0;
}
