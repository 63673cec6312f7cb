/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any messages as what keeper, fencer and runner tell the main
 * process, read by its edges and fed into a real core. Every index is inside,
 * every text ends and is clean, and a VIP is claimed with a permit only.
 * Input: for each message 1 byte (bits 0-1: keeper, fencer, runner, or
 * something else that happens; bit 2: another size, the next 2 bytes; bit 3:
 * in the fencer's and the runner's words the number is that of the newest
 * request; bits 4-6: the type), then the message.
 */
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/daemon/checks_edge.h"
#include "../../src/daemon/claim_edge.h"
#include "../../src/daemon/core_settings.h"
#include "../../src/daemon/control.h"
#include "../../src/daemon/daemon.h"
#include "../../src/daemon/director_edge.h"
#include "../../src/daemon/fencer_edge.h"
#include "../../src/daemon/helpers.h"
#include "../../src/daemon/keeper_edge.h"
#include "../../src/daemon/life.h"
#include "../../src/daemon/link_edge.h"
#include "../../src/daemon/notices.h"
#include "../../src/daemon/reload.h"
#include "../../src/daemon/runner_edge.h"
#include "../../src/daemon/vrrp_edge.h"
#include "../../src/ipc/director_msg.h"
#include "../../src/ipc/fencer_msg.h"
#include "../../src/base/log.h"
#include "../../src/base/message.h"
#include "fuzz.h"

static struct daemon daemon_;
static struct settings settings;
static struct core_settings core_settings;
static struct helper helpers[HELPERS];
static int other_side[HELPERS];
static int64_t now_us;
static uint32_t newest_fence;

/* ---- what the edges call ---- */

static void judge_text(const char *text, size_t size)
{
	demand(text != NULL && strnlen(text, size) < size);
	for (; *text; text++)
		demand(*text >= ' ' && *text <= '~');
}

static void judge_event(const struct event *event)
{
	switch (event->type) {
	case EVENT_CARRIER_CHANGED:
		demand(event->carrier.interface <
		       daemon_.core_settings->interface_count);
		break;
	case EVENT_CLAIM_DONE:
	case EVENT_RELEASE_DONE:
	case EVENT_VIP_MENDED:
	case EVENT_VIP_ANSWERED:
		demand(event->vip.instance < settings.instance_count);
		judge_text(event->vip.text,
			   sizeof(((struct keeper_event *)0)->text));
		break;
	case EVENT_VIP_ALIEN:
		demand(event->alien.instance < settings.instance_count);
		judge_text(event->alien.text,
			   sizeof(((struct keeper_event *)0)->text));
		break;
	case EVENT_CHECKS_TOLD:
		demand(event->checks.instance < settings.instance_count);
		demand((unsigned)event->checks.is < CORE_CHECKS);
		judge_text(event->checks.text, RUNNER_TEXT_MAX);
		break;
	case EVENT_STORE_CHANGED:
		if (event->store.text)
			judge_text(event->store.text, CORE_TEXT_MAX);
		break;
	case EVENT_FENCE_STEPPED:
		judge_text(event->step.text, FENCE_TEXT_MAX);
		break;
	case EVENT_FENCE_DONE:
		demand((unsigned)event->fence.outcome <= CORE_OUTCOME_OUTRUN);
		demand(event->fence.level <= LEVELS_MAX);
		for (unsigned i = 0; i < CORE_PLUGS_MAX; i++)
			demand(event->fence.plugs[i] <= CORE_PLUG_OFF);
		judge_text(event->fence.text, FENCE_TEXT_MAX);
		break;
	default:
		break;
	}
}

void daemon_feed(struct daemon *daemon, struct event *event)
{
	judge_event(event);
	event->now_us = now_us;
	event->realtime_s = now_us / 1000000;
	core_step(&daemon->core, event, &daemon->actions);
	core_check_invariants(&daemon->core);
	for (unsigned i = 0; i < daemon->actions.count; i++) {
		const struct action *action = &daemon->actions.list[i];

		demand(strnlen(action->text, CORE_TEXT_MAX) < CORE_TEXT_MAX);
		if (action->type == ACTION_CLAIM)
			demand(action->permit.proof > PROOF_NONE &&
			       action->permit.proof < PROOFS);
		if (action->type == ACTION_FENCE)
			newest_fence = action->fence.id;
		if (action->type == ACTION_SAVE)
			runner_save(daemon);
	}
}

void vrrp_edge_carrier(struct daemon *daemon, unsigned interface, bool up)
{
	demand(interface < daemon->core_settings->interface_count);
	(void)up;
}

void vrrp_edge_forget_words(struct daemon *daemon)
{
	(void)daemon; /* no keeper here takes any */
}

void life_ready(struct daemon *daemon)
{
	demand(keeper_edge_is_ready(daemon));
}

void control_saved(struct daemon *daemon, bool ok)
{
	(void)daemon;
	(void)ok; /* nobody waits */
}

void helper_kill(struct helper *helper)
{
	(void)helper;
	abort(); /* what it says is no reason to end it */
}

void link_edge_carrier(struct daemon *daemon, const char *interface, bool up)
{
	(void)daemon;
	(void)up;
	demand(strnlen(interface, SETTINGS_INTERFACE_MAX) <
	       SETTINGS_INTERFACE_MAX);
}

int link_edge_sign(struct daemon *daemon, unsigned link,
		   const struct beat *beat, uint8_t *frame, size_t *size)
{
	(void)daemon;
	(void)beat;
	(void)frame;
	(void)size;
	demand(link < LINKS_MAX);
	return -1; /* no link is open */
}

static void take_line(void *arg, int priority, const char *line)
{
	(void)arg;
	demand(priority >= 0 && priority <= 7);
	judge_text(line, LOG_LINE_SIZE);
}

/* ---- the other side ---- */

static void ignore(void *arg, bool is_error, const char *line)
{
	(void)arg;
	(void)line;
	demand(!is_error);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char text[] =
		"pair = \"web\"; key_file = \"/etc/twinbeat/key\";\n"
		"nodes = (\n"
		"{ name = \"lb01\"; priority = 150; address = \"192.0.2.11\";"
		"  serial = \"/dev/twinbeat0\";"
		"  fence = ( { level = 1; device = \"pdu\"; plug = 1; } ); },\n"
		"{ name = \"lb02\"; priority = 100; address = \"192.0.2.12\";"
		"  serial = \"/dev/twinbeat0\";"
		"  fence = ( { level = 1; device = \"pdu\"; plug = 2; } ); }"
		");\n"
		"links = { serial = { }; };\n"
		"instances = ( { name = \"VI_1\"; interface = \"eth0\";"
		"  vrid = 55; addresses = ( { ip = \"192.0.2.100/32\"; } ); },"
		"  { name = \"VI_2\"; interface = \"eth1\";"
		"  vrid = 56; addresses = ( { ip = \"192.0.2.101/32\"; } ); "
		"});\n"
		"devices = (\n"
		"{ name = \"pdu\"; driver = \"modbus\"; transport = \"tcp\";"
		"  host = \"203.0.113.20\"; profile = \"generic-coil\"; });\n";
	static const struct options options = {.run_dir = "/nonexistent",
					       .state_dir = "/nonexistent"};
	struct settings_report report = {.tell = ignore};

	(void)argc;
	(void)argv;
	demand(settings_load_string(text, "fuzz.conf", "lb01", &settings,
				    &report) == 0);
	daemon_.options = &options;
	daemon_.settings = &settings;
	settings_to_core(&settings, &core_settings);
	daemon_.core_settings = &core_settings;
	daemon_.helpers = helpers;
	demand(keeper_edge_init(&daemon_) == 0 &&
	       checks_edge_init(&daemon_) == 0 && reload_init(&daemon_) == 0 &&
	       notices_init(&daemon_) == 0 && claim_edge_init(&daemon_) == 0 &&
	       director_edge_init(&daemon_) == 0);
	/* else no word of theirs is any instance's */
	for (unsigned i = 0; i < settings.instance_count; i++)
		core_settings.instances[i].has_checks = true;
	for (unsigned i = 0; i < HELPERS; i++) {
		int pair[2];

		demand(message_pair(pair) == 0);
		daemon_.helpers[i].name = "twinbeat-helper";
		daemon_.helpers[i].socket.fd = pair[0];
		other_side[i] = pair[1];
	}
	log_set_carrier(take_line, NULL);
	return 0;
}

static void beat_comes(uint8_t byte)
{
	struct event event = {.type = EVENT_BEAT_HEARD};
	struct beat *beat = &event.beat.beat;
	const struct core *core = &daemon_.core;

	beat->sender = 1;
	beat->generation = 99;
	beat->sequence = core->peer.heard_sequence + 1;
	beat->ack_generation = core->generation;
	beat->ack_sequence = core->sequence;
	beat->fit = set_first(2);
	beat->heard = 1;
	beat->own.words[0] = byte & 3;
	beat->want.words[0] = byte >> 2 & 3;
	beat->slot_tag = byte >> 4 & 1;
	beat->slot_value = (uint16_t)(beat->slot_tag ? settings.digest >> 16
						     : settings.digest);
	daemon_feed(&daemon_, &event);
}

static void helper_says(enum helper_id id, uint8_t flags, struct input *input)
{
	static const size_t sizes[HELPERS] = {
		[HELPER_KEEPER] = sizeof(struct keeper_event),
		[HELPER_FENCER] = sizeof(struct fence_event),
		[HELPER_RUNNER] = sizeof(struct runner_event),
		[HELPER_DIRECTOR] = sizeof(struct director_event),
	};
	uint32_t words[256], known;
	size_t size = sizes[id];

	if (flags & 4)
		size = 1 + input_word(input) % sizeof(words);
	input_take(input, words, size);
	/* type and number are the first two words of all three */
	if (flags >> 4)
		words[0] = flags >> 4 & 7;
	known = id == HELPER_RUNNER ? daemon_.runner->save_id : newest_fence;
	if ((flags & 8) && id != HELPER_KEEPER)
		words[1] = known;
	demand(message_send(other_side[id], words, size) == MESSAGE_OK);
	if (id == HELPER_KEEPER)
		keeper_read(&daemon_);
	else if (id == HELPER_FENCER)
		fencer_read(&daemon_);
	else if (id == HELPER_DIRECTOR)
		director_edge_read(&daemon_);
	else
		runner_read(&daemon_);
}

/* The rest of the world, so that the core is in more than its first state. */
static void something_happens(struct input *input)
{
	struct event event = {.type = EVENT_TICK};
	uint8_t what = input_byte(input), byte = input_byte(input);

	if (what % 8 == 6) {
		helper_says(HELPER_DIRECTOR, byte, input);
		return;
	}
	switch (what % 8) {
	case 0:
		event.type = EVENT_LINK_OPENED;
		break;
	case 1:
	case 2:
		beat_comes(byte);
		return;
	case 3:
		event.type = EVENT_OPERATOR_ASKED;
		event.operator_.command = (enum core_command)(
			byte % (COMMAND_MAINTENANCE_OFF + 1));
		event.operator_.token = 1 + byte;
		event.operator_.node = byte >> 4 & 1;
		event.operator_.device = -1;
		break;
	case 4:
		event.type = EVENT_FENCER_LOST;
		event.process.text = "twinbeat-fencer died";
		break;
	case 5:
		event.type = EVENT_KEEPER_LOST;
		event.process.text = "twinbeat-keeper died";
		break;
	default:
		now_us += (int64_t)byte * byte * 100;
		break;
	}
	daemon_feed(&daemon_, &event);
}

static void drain(void)
{
	struct runner_request request;
	size_t got;

	for (unsigned i = 0; i < HELPERS; i++)
		while (message_receive_some(other_side[i], &request, 1,
					    sizeof(request),
					    &got) != MESSAGE_NONE)
			continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct core_memory memory = {.clean_end = true,
						  .links_worked = true};
	static const enum helper_id ids[] = {HELPER_KEEPER, HELPER_FENCER,
					     HELPER_RUNNER};
	struct input input = {.at = data, .left = size};

	now_us = 1000000;
	newest_fence = 0;
	keeper_started(&daemon_);
	free(daemon_.fencer);
	if (daemon_.runner)
		free(daemon_.runner->outbox.room);
	free(daemon_.runner);
	demand(fencer_edge_init(&daemon_) == 0 &&
	       runner_edge_init(&daemon_) == 0);
	core_init(&daemon_.core, daemon_.core_settings, &memory, 5, now_us);
	for (unsigned n = 0; input.left > 0 && n < 256; n++) {
		uint8_t flags = input_byte(&input);

		now_us += 1000;
		if ((flags & 3) == 3)
			something_happens(&input);
		else
			helper_says(ids[flags & 3], flags, &input);
		drain();
	}
	return 0;
}
