/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as what the child of a fence attempt tells the fencer,
 * whole reports or of a wrong size. A driver may have been taken over by its
 * device: still every request gets exactly one answer, and "off" only from a
 * report that read every plug of a whole level off, after leave to write.
 * Input: the kind of request, then for each report 1 byte (bit 2: another
 * size, which is the next byte; bit 3: a sane one, whose time is now), report.
 */
/* Of child.c the receiving is what is fuzzed; starting and ending processes
 * is not for a fuzzer. */
#define child_prepare unused_child_prepare
#define child_order   unused_child_order
#define child_permit  unused_child_permit
#define child_kill    unused_child_kill
#define child_reap    unused_child_reap
#include <poll.h>

#include "../../drivers/modbus/modbus.h"
#include "../../fence/child.c"
#undef child_prepare
#undef child_order
#undef child_permit
#undef child_kill
#undef child_reap

#include <limits.h>

#include "../../fence/operation.h"
#include "../../src/base/clock.h"
#include "fuzz.h"

int child_prepare(struct child *child, const struct settings *by, char *error,
		  size_t error_size);
int child_order(struct child *child, const struct attempt *attempt);
int child_permit(struct child *child);
void child_kill(struct child *child);
bool child_reap(struct child *child);

static struct settings settings;
static struct fence_event answer;
static unsigned answers;
static int child_side = -1;
static bool asked; /* a report asked for leave to write */

/* ---- the child, without a process ---- */

int child_prepare(struct child *child, const struct settings *by, char *error,
		  size_t error_size)
{
	int pair[2];

	(void)by;
	(void)error;
	(void)error_size;
	if (child_side >= 0)
		close(child_side);
	demand(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	*child = (struct child){.pid = INT_MAX, .pidfd = -1, .fd = pair[0]};
	child_side = pair[1];
	return 0;
}

int child_order(struct child *child, const struct attempt *attempt)
{
	(void)attempt;
	demand(child->fd >= 0);
	return 0;
}

int child_permit(struct child *child)
{
	(void)child;
	demand(asked);
	return 0;
}

void child_kill(struct child *child)
{
	if (child->fd >= 0)
		close(child->fd);
	child->fd = -1;
}

bool child_reap(struct child *child)
{
	child_kill(child);
	*child = (struct child)CHILD_NONE;
	return true;
}

/* ---- the asker ---- */

static bool is_whole_level_off(const struct fence_event *event)
{
	const struct settings_node *node = &settings.nodes[1];

	for (unsigned i = 0; i < node->plug_count; i++)
		if (node->plugs[i].level == event->level &&
		    event->plugs[i] != PLUG_OFF)
			return false;
	return true;
}

static bool take_event(void *arg, const struct fence_event *event)
{
	const struct fence_request *request = arg;

	demand(memchr(event->text, 0, sizeof(event->text)) != NULL);
	demand(event->id == request->id);
	if (event->type == FENCE_WRITING)
		demand(request->kind != FENCE_READ && asked);
	if (event->type != FENCE_DONE)
		return true;
	answers++;
	answer = *event;
	switch (event->outcome) {
	case FENCE_IS_OFF:
		demand(request->kind == FENCE_OFF && asked && event->wrote);
		demand(is_whole_level_off(event));
		break;
	case FENCE_ALREADY_OFF:
		demand(request->kind == FENCE_OFF && !event->wrote);
		demand(is_whole_level_off(event));
		break;
	case FENCE_IS_ON:
		demand(request->kind == FENCE_ON);
		break;
	case FENCE_READ_DONE:
		demand(request->kind == FENCE_READ);
		break;
	case FENCE_OUTRUN:
		demand(request->kind != FENCE_READ && request->guard);
		break;
	default:
		demand(event->outcome <= FENCE_FAILED);
	}
	return true;
}

static void add_plug(unsigned i, uint8_t level, const char *name)
{
	struct settings_plug *plug = &settings.nodes[1].plugs[i];

	plug->level = level;
	plug->device = (uint8_t)(i % 2);
	snprintf(plug->plug, sizeof(plug->plug), "%s", name);
}

/* Only this of what operation_poll() asked for is ready. */
static void take(struct fence_work *work, unsigned which)
{
	struct pollfd polled[OPERATION_FDS];

	operation_poll(work, polled);
	polled[which].revents = POLLIN;
	operation_take(work, polled);
}

/* Two plugs on level 1, one on level 2. */
static void prepare(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct settings_device *device = &settings.devices[i];

		snprintf(device->name, sizeof(device->name), "pdu%u", i);
		snprintf(device->driver, sizeof(device->driver), "modbus");
		snprintf(device->host, sizeof(device->host), "192.0.2.20");
		device->private_size = sizeof(struct modbus_settings);
		modbus_edit(device)->port = 502;
		modbus_edit(device)->write_on = modbus_edit(device)->read_on =
			1;
		device->answer_ms = 100;
	}
	settings.device_count = 2;
	settings.nodes[1].plug_count = 3;
	add_plug(0, 1, "1");
	add_plug(1, 1, "2");
	add_plug(2, 2, "3");
	settings.fence.timeout_ms = 3600000;
}

static void child_says(struct fence_work *work, struct input *input)
{
	uint8_t flags = input_byte(input), bytes[sizeof(struct report) * 2];
	struct report *report = (struct report *)(void *)bytes;
	size_t size = sizeof(*report);

	if (flags & 4)
		size = 1 + input_byte(input) * 2u % sizeof(bytes);
	memset(bytes, 0, sizeof(bytes));
	input_take(input, bytes, size);
	if (flags & 8) {
		report->type = 1 + (flags >> 4) % 3;
		report->outcome %= FENCE_OUTRUN + 1;
		for (unsigned i = 0; i < PLUGS_MAX; i++)
			report->plugs[i] %= PLUG_OFF + 1;
		report->at_us = clock_now_us() + (flags & 1);
		report->text[FENCE_TEXT_MAX - 1] = '\0';
	}
	asked = asked || report->type == REPORT_ASK;
	if (work->child.fd < 0)
		return;
	demand(send(child_side, bytes, size, MSG_DONTWAIT) == (ssize_t)size);
	take(work, 0);
	if (work->child.pid > 0 && work->child.fd < 0)
		take(work, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {.at = data, .left = size};
	struct fence_request request = {
		.id = 7, .node = 1, .levels = 0x3fe, .device = -1};
	struct fence_work work;

	prepare();
	answers = 0;
	asked = false;
	request.kind = 1 + input_byte(&input) % 3;
	request.guard = size % 2;
	operation_init(&work, &settings, take_event, &request);
	operation_request(&work, &request);
	for (unsigned n = 0; input.left > 0 && n < 64; n++)
		child_says(&work, &input);
	/* it dies, and so does the one after it */
	for (unsigned n = 0; n < 8 && work.child.pid > 0; n++) {
		if (child_side >= 0)
			close(child_side);
		child_side = -1;
		take(&work, 1);
	}
	demand(operation_idle(&work));
	demand(answers == 1);
	child_kill(&work.spare); /* it went on after its attempt */
	return 0;
}
