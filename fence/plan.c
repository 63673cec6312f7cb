/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests and levels. Whoever asks is treated as hostile: every index is
 * checked here, against this process's own copy of the settings, before
 * anything else looks at it.
 */
#include <stdarg.h>
#include <string.h>

#include "../drivers/driver.h"
#include "plan.h"

/* Time between the soft and the hard end: one conversation that was begun just
 * before the soft one, and a slow machine. */
#define SLACK_MS 250

static int __attribute__((format(printf, 3, 4)))
refuse(char *error, size_t error_size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, error_size, format, args);
	va_end(args);
	return -1;
}

static bool plug_wanted(const struct settings_plug *plug,
			const struct fence_request *request)
{
	return (request->levels & 1u << plug->level) != 0 &&
	       (request->device < 0 || plug->device == request->device);
}

static int check_plug(const struct settings *settings,
		      const struct settings_plug *plug, char *error,
		      size_t error_size)
{
	const struct settings_device *device;
	const struct driver *driver;

	if (plug->level < 1 || plug->level > LEVELS_MAX ||
	    plug->device >= settings->device_count)
		return refuse(error, error_size,
			      "a plug names level %u and device %u, which the "
			      "settings do not have",
			      plug->level, plug->device);
	device = &settings->devices[plug->device];
	driver = driver_find(device->driver);
	if (driver == NULL || !driver_knows(driver, device))
		return refuse(error, error_size,
			      "%s: this build has no driver \"%s\"%s",
			      device->name, device->driver,
			      driver != NULL ? " for such settings" : "");
	return driver->check(device, plug->plug, error, error_size);
}

static int check_plugs(const struct settings *settings,
		       const struct fence_request *request, char *error,
		       size_t error_size)
{
	const struct settings_node *node = &settings->nodes[request->node];
	unsigned wanted = 0;

	if (node->plug_count > PLUGS_MAX ||
	    settings->device_count > DEVICES_MAX)
		return refuse(error, error_size,
			      "the settings have more plugs or devices than "
			      "there is room for");
	for (unsigned i = 0; i < node->plug_count; i++) {
		if (check_plug(settings, &node->plugs[i], error, error_size) <
		    0)
			return -1;
		wanted += plug_wanted(&node->plugs[i], request);
	}
	if (wanted == 0)
		return refuse(error, error_size,
			      "%s has no plug at the levels and device asked "
			      "for",
			      node->name);
	return 0;
}

int plan_check_request(const struct settings *settings,
		       const struct fence_request *request, char *error,
		       size_t error_size)
{
	const uint32_t levels = (1u << (LEVELS_MAX + 1)) - 2;

	if (request->id == 0)
		return refuse(error, error_size, "a request without a number");
	if (request->kind < FENCE_READ || request->kind > FENCE_ON)
		return refuse(error, error_size, "request kind %u is unknown",
			      request->kind);
	if (request->digest != settings->fence_digest)
		return refuse(error, error_size,
			      "asked under other fence settings (digest %08x) "
			      "than the fencer's (%08x); restart so that both "
			      "read one file",
			      request->digest, settings->fence_digest);
	if (request->node >= NODES)
		return refuse(error, error_size, "node %u does not exist",
			      request->node);
	if (request->kind == FENCE_OFF && request->node == settings->self)
		return refuse(error, error_size,
			      "%s is this node; it never switches itself off",
			      settings->nodes[settings->self].name);
	if (request->levels == 0 || (request->levels & ~levels) != 0)
		return refuse(error, error_size,
			      "level set %#x; levels are 1 to %d",
			      request->levels, LEVELS_MAX);
	if (request->device < -1 || request->device >= settings->device_count)
		return refuse(error, error_size, "device %d does not exist",
			      request->device);
	return check_plugs(settings, request, error, error_size);
}

bool plan_next_level(const struct settings *settings,
		     const struct fence_request *request, uint32_t above,
		     struct fence_plan *plan)
{
	const struct settings_node *node = &settings->nodes[request->node];
	uint32_t level;

	for (level = above + 1; level <= LEVELS_MAX; level++) {
		*plan = (struct fence_plan){.level = level, .whole = true};
		for (unsigned i = 0; i < node->plug_count; i++) {
			if (node->plugs[i].level != level)
				continue;
			if (plug_wanted(&node->plugs[i], request))
				plan->plugs[plan->count++] = (uint8_t)i;
			else
				plan->whole = false;
		}
		if (plan->count > 0)
			return true;
	}
	return false;
}

bool plan_all_levels(const struct settings *settings,
		     const struct fence_request *request,
		     struct fence_plan *plan)
{
	struct fence_plan level;

	*plan = (struct fence_plan){.whole = true};
	for (uint32_t above = 0;
	     plan_next_level(settings, request, above, &level);
	     above = level.level) {
		for (unsigned i = 0; i < level.count; i++)
			plan->plugs[plan->count++] = level.plugs[i];
		plan->whole = plan->whole && level.whole;
	}
	return plan->count > 0;
}

/* A BMC or an agent that may take longer than a read should (R14) has its own
 * time and takes none from the others. */
static bool is_slow(const struct settings_device *device)
{
	return device->answer_ms > PLAN_READ_MS;
}

/* The devices of the plan, one bit each. */
static uint32_t plan_devices(const struct settings *settings, uint32_t node,
			     const struct fence_plan *plan)
{
	uint32_t devices = 0;

	for (unsigned i = 0; i < plan->count; i++)
		devices |= 1u << plan_plug(settings, node, plan, i)->device;
	return devices;
}

uint32_t plan_read_ms(const struct settings *settings, uint32_t node,
		      const struct fence_plan *plan, unsigned i)
{
	const struct settings_device *device =
		plan_device(settings, node, plan, i);
	uint32_t devices = plan_devices(settings, node, plan), fast = 0;

	if (is_slow(device))
		return device->answer_ms;
	for (unsigned d = 0; d < settings->device_count; d++)
		if ((devices & 1u << d) != 0 && !is_slow(&settings->devices[d]))
			fast++;
	return PLAN_READ_MS / (fast > 0 ? fast : 1);
}

static uint32_t plan_read_all_ms(const struct settings *settings, uint32_t node,
				 const struct fence_plan *plan)
{
	uint32_t devices = plan_devices(settings, node, plan);
	uint32_t fast_ms = 0, slow_ms = 0;

	for (unsigned d = 0; d < settings->device_count; d++) {
		if ((devices & 1u << d) == 0)
			continue;
		if (is_slow(&settings->devices[d]))
			slow_ms += settings->devices[d].answer_ms;
		else
			fast_ms = PLAN_READ_MS;
	}
	return fast_ms + slow_ms;
}

/*
 * READ has its second, and what slow devices add. Switching: each plug
 * may be read, written and read back at its device's own pace, settles, and
 * may take its time to switch, all at once;
 * `twinbeat check` counts the same when it judges fence.tie_ms (R5).
 */
struct plan_times plan_times(const struct settings *settings, uint32_t kind,
			     uint32_t node, const struct fence_plan *plan)
{
	uint32_t settle = plan_settle_ms(settings, node, plan) +
			  plan_switch_ms(settings, node, plan);
	uint32_t sum = 0, commands = 0;
	struct plan_times times;

	for (unsigned i = 0; i < plan->count; i++) {
		const struct settings_device *device =
			plan_device(settings, node, plan, i);

		sum += device->answer_ms;
		commands += settings_command_ms(device);
	}
	if (kind == FENCE_READ)
		times.soft_ms = plan_read_all_ms(settings, node, plan);
	else
		times.soft_ms = 2 * sum + commands + settle;
	times.hard_ms = times.soft_ms + SLACK_MS;
	if (kind != FENCE_READ)
		times.hard_ms += sum;
	return times;
}

uint32_t plan_power_wait_ms(const struct settings *settings, uint32_t node,
			    const struct fence_plan *plan)
{
	uint32_t most = 0;

	for (unsigned i = 0; i < plan->count; i++) {
		uint32_t ms =
			plan_device(settings, node, plan, i)->power_wait_ms;

		if (ms > most)
			most = ms;
	}
	return most;
}

uint32_t plan_settle_ms(const struct settings *settings, uint32_t node,
			const struct fence_plan *plan)
{
	uint32_t most = 0;

	for (unsigned i = 0; i < plan->count; i++) {
		uint32_t ms = plan_device(settings, node, plan, i)->settle_ms;

		if (ms > most)
			most = ms;
	}
	return most;
}

uint32_t plan_switch_ms(const struct settings *settings, uint32_t node,
			const struct fence_plan *plan)
{
	uint32_t most = 0;

	for (unsigned i = 0; i < plan->count; i++) {
		uint32_t ms = plan_device(settings, node, plan, i)->switch_ms;

		if (ms > most)
			most = ms;
	}
	return most;
}

bool plan_is_fast(const struct settings *settings, uint32_t node,
		  const struct fence_plan *plan)
{
	for (unsigned i = 0; i < plan->count; i++) {
		const struct settings_device *device =
			plan_device(settings, node, plan, i);
		const struct driver *driver = driver_find(device->driver);

		if (driver == NULL || !driver->reads_fast)
			return false;
	}
	return true;
}
