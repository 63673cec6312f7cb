/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "set KEY VALUE [NODE]": the keys are those of twinbeat.conf, as far as the
 * core knows them. Without a node both get the value; with one, the two files
 * differ, and so do their digests, as they would (R15).
 */
#include <stdio.h>
#include <string.h>

#include "case.h"

enum key_kind {
	KEY_MS,
	KEY_MS_US, /* kept in us */
	KEY_S,
	KEY_NUMBER,
	KEY_BYTE,
	KEY_YES,
	KEY_NO, /* the core's word is the opposite of the key's */
	KEY_POLICY,
	KEY_ACTION
};

struct key {
	const char *name;
	enum key_kind kind;
	size_t offset;
	size_t each; /* size of an element when there is one for each instance
		      */
};

#define AT(field)	    offsetof(struct core_settings, field)
#define OF_INSTANCES(field) AT(field), sizeof(struct core_instance_settings)

static const struct key keys[] = {
	{"links.serial.interval_ms", KEY_MS_US, AT(links[0].interval_us), 0},
	{"links.serial.dead_ms", KEY_MS, AT(links[0].dead_ms), 0},
	{"instances.advert_ms", KEY_MS, OF_INSTANCES(instances[0].advert_ms)},
	{"instances.vrid", KEY_BYTE, OF_INSTANCES(instances[0].vrid)},
	{"instances.checks", KEY_YES, OF_INSTANCES(instances[0].has_checks)},
	{"instances.servers", KEY_YES, OF_INSTANCES(instances[0].has_servers)},
	{"instances.preempt", KEY_YES, OF_INSTANCES(instances[0].preempt)},
	{"instances.sign", KEY_NO, OF_INSTANCES(instances[0].is_plain)},
	{"instances.preempt_delay_ms", KEY_MS,
	 OF_INSTANCES(instances[0].preempt_delay_ms)},
	{"fence.required", KEY_YES, AT(fence.required), 0},
	{"fence.disagree_probe", KEY_YES, AT(fence.disagree_probe), 0},
	{"fence.defend", KEY_YES, AT(fence.defend), 0},
	{"fence.action", KEY_ACTION, AT(fence.reboot), 0},
	{"fence.on_disagreement", KEY_POLICY, AT(fence.on_disagreement), 0},
	{"fence.on_failure", KEY_POLICY, AT(fence.on_failure), 0},
	{"fence.on_startup_silence", KEY_POLICY, AT(fence.on_startup_silence),
	 0},
	{"fence.on_no_answer", KEY_POLICY, AT(fence.on_no_answer), 0},
	{"fence.ask_ms", KEY_MS, AT(fence.ask_ms), 0},
	{"fence.delay_ms", KEY_MS, AT(fence.delay_ms), 0},
	{"fence.tie_ms", KEY_MS, AT(fence.tie_ms), 0},
	{"fence.disagree_ms", KEY_MS, AT(fence.disagree_ms), 0},
	{"fence.lone_link_ms", KEY_MS, AT(fence.lone_link_ms), 0},
	{"fence.yield_ms", KEY_MS, AT(fence.yield_ms), 0},
	{"fence.off_ms", KEY_MS, AT(fence.off_ms), 0},
	{"fence.monitor_s", KEY_S, AT(fence.monitor_ms), 0},
	{"fence.max_per_window", KEY_NUMBER, AT(fence.max_per_window), 0},
	{"fence.window_s", KEY_S, AT(fence.window_ms), 0},
	{"debounce.down_ms", KEY_MS, AT(debounce[0].down_ms), 0}, /* eth0 */
	{"debounce.up_ms", KEY_MS, AT(debounce[0].up_ms), 0},
	{"links.hurry_ms", KEY_MS, AT(hurry_ms), 0},
	{"startup_ms", KEY_MS, AT(startup_ms), 0},
	{"unclean_startup_ms", KEY_MS, AT(unclean_startup_ms), 0},
	{"vip.lease_s", KEY_S, AT(lease_ms), 0},
};

static const struct {
	const char *word;
	enum core_policy policy;
} policies[] = {
	{"fence", CORE_FENCE}, {"yield", CORE_YIELD},	    {"hold", CORE_HOLD},
	{"wait", CORE_WAIT},   {"takeover", CORE_TAKEOVER}, {"ask", CORE_ASK},
};

static bool key_value(const struct key *key, const char *word, uint32_t *value)
{
	int64_t number;

	switch (key->kind) {
	case KEY_MS:
	case KEY_MS_US:
	case KEY_S:
	case KEY_NUMBER:
		if (!case_number(word, &number) || number > 3600000)
			return false;
		*value = (uint32_t)number *
			 (key->kind == KEY_S || key->kind == KEY_MS_US ? 1000
								       : 1);
		return true;
	case KEY_BYTE:
		if (!case_number(word, &number) || number < 1 || number > 255)
			return false;
		*value = (uint32_t)number;
		return true;
	case KEY_YES:
		*value = strcmp(word, "true") == 0;
		return *value || strcmp(word, "false") == 0;
	case KEY_NO:
		*value = strcmp(word, "false") == 0;
		return *value || strcmp(word, "true") == 0;
	case KEY_ACTION:
		*value = strcmp(word, "reboot") == 0;
		return *value || strcmp(word, "off") == 0;
	case KEY_POLICY:
		for (size_t i = 0; i < sizeof(policies) / sizeof(*policies);
		     i++)
			if (strcmp(word, policies[i].word) == 0) {
				*value = policies[i].policy;
				return true;
			}
		return false;
	}
	return false;
}

static void key_write(struct core_settings *settings, const struct key *key,
		      uint32_t value)
{
	unsigned count = key->each ? settings->instance_count : 1;

	for (unsigned i = 0; i < count; i++) {
		char *at = (char *)settings + key->offset + i * key->each;

		if (key->kind == KEY_YES || key->kind == KEY_NO ||
		    key->kind == KEY_ACTION)
			*(bool *)at = value != 0;
		else if (key->kind == KEY_BYTE)
			*(uint8_t *)at = (uint8_t)value;
		else if (key->kind == KEY_POLICY)
			*(enum core_policy *)(void *)at =
				(enum core_policy)value;
		else
			*(uint32_t *)(void *)at = value;
	}
}

/* set instances VI_2 100 200: one more, with the two nodes' priorities */
static bool set_instance(struct case_file *file, int line, struct words *words)
{
	int64_t priority[2];

	if (words->count != 5 || !case_number(words->word[3], &priority[0]) ||
	    !case_number(words->word[4], &priority[1]) || priority[0] < 1 ||
	    priority[0] > 255 || priority[1] < 1 || priority[1] > 255)
		return case_error(file, line,
				  "set instance NAME PRIORITY PRIORITY: of "
				  "lb01 and of lb02, 1 to 255");
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *settings = &file->settings[n];
		unsigned i = settings->instance_count;
		struct core_instance_settings *instance =
			&settings->instances[i];

		if (i >= CORE_INSTANCES_MAX)
			return case_error(file, line, "at most %d instances",
					  CORE_INSTANCES_MAX);
		*instance = settings->instances[0];
		snprintf(instance->name, sizeof(instance->name), "%s",
			 words->word[2]);
		instance->vrid = (uint8_t)(55 + i);
		instance->priority[0] = (uint8_t)priority[0];
		instance->priority[1] = (uint8_t)priority[1];
		settings->instance_count++;
	}
	return true;
}

/* set plug NODE LEVEL DEVICE: one more plug of NODE */
static bool set_plug(struct case_file *file, int line, struct words *words)
{
	int64_t level;
	int node;

	if (words->count != 5 || !case_node(words->word[2], &node) ||
	    !case_number(words->word[3], &level) || level < 1 || level > 9)
		return case_error(file, line,
				  "set plug NODE LEVEL DEVICE: "
				  "level 1 to 9");
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *settings = &file->settings[n];
		struct core_node *target = &settings->nodes[node];
		unsigned device = 0;

		while (device < settings->device_count &&
		       strcmp(settings->devices[device], words->word[4]) != 0)
			device++;
		if (device == CORE_DEVICES_MAX ||
		    target->plug_count == CORE_PLUGS_MAX)
			return case_error(file, line, "too many plugs");
		if (device == settings->device_count)
			snprintf(settings->devices[settings->device_count++],
				 CORE_NAME_MAX, "%s", words->word[4]);
		target->plugs[target->plug_count].level = (uint8_t)level;
		target->plugs[target->plug_count++].device = (uint8_t)device;
	}
	return true;
}

/* set own-pdu: each node's plugs on a switch of its own */
static bool set_own_pdu(struct case_file *file, int line, struct words *words)
{
	if (words->count != 2)
		return case_error(file, line, "set own-pdu");
	for (unsigned n = 0; n < 2; n++)
		if (!settings_own_pdu(&file->settings[n]))
			return case_error(file, line,
					  "set own-pdu stands before set plug");
	return true;
}

/* set udp INTERVAL_MS DEAD_MS [eth0]: a second two-way link, beside serial;
 * with eth0, over the interface of the service */
static bool set_udp(struct case_file *file, int line, struct words *words)
{
	int64_t interval_ms, dead_ms;

	bool is_shared =
		words->count == 5 && strcmp(words->word[4], "eth0") == 0;

	if (words->count != (is_shared ? 5 : 4) ||
	    !case_number(words->word[2], &interval_ms) ||
	    !case_number(words->word[3], &dead_ms) || interval_ms < 1 ||
	    interval_ms >= dead_ms || dead_ms > 60000)
		return case_error(file, line,
				  "set udp INTERVAL_MS DEAD_MS [eth0], the "
				  "larger time last");
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *settings = &file->settings[n];

		settings->links[1].configured = true;
		settings->links[1].interval_us = (uint32_t)interval_ms * 1000;
		settings->links[1].dead_ms = (uint32_t)dead_ms;
		settings->links[1].interfaces = is_shared;
		snprintf(settings->links[1].name,
			 sizeof(settings->links[1].name), "direct");
	}
	return true;
}

/* set sync: all instances so far are one group (R21) */
static bool set_sync(struct case_file *file, int line, struct words *words)
{
	if (words->count != 2)
		return case_error(file, line, "set sync: no more words");
	for (unsigned n = 0; n < 2; n++)
		for (unsigned i = 0; i < file->settings[n].instance_count; i++)
			file->settings[n].instances[i].group = 1;
	return true;
}

/* set track INTERFACE [INSTANCE]: that one, or every instance, tracks it */
static bool set_track(struct case_file *file, int line, struct words *words)
{
	if (words->count != 3 && words->count != 4)
		return case_error(file, line, "set track INTERFACE [INSTANCE]");
	for (unsigned n = 0; n < 2; n++) {
		struct core_settings *settings = &file->settings[n];

		if (settings->interface_count != 1)
			return case_error(file, line, "one is tracked already");
		settings->interface_count = 2;
		snprintf(settings->interfaces[1],
			 sizeof(settings->interfaces[1]), "%s", words->word[2]);
		for (unsigned i = 0; i < settings->instance_count; i++) {
			if (words->count == 4 &&
			    strcmp(settings->instances[i].name,
				   words->word[3]) != 0)
				continue;
			settings->instances[i].track_count = 1;
			settings->instances[i].track[0] = 1;
		}
	}
	return true;
}

bool case_set(struct case_file *file, int line, struct words *words)
{
	const struct key *key = NULL;
	uint32_t value;
	int node = CASE_ANY;

	if (words->count >= 2 && strcmp(words->word[1], "instance") == 0)
		return set_instance(file, line, words);
	if (words->count >= 2 && strcmp(words->word[1], "plug") == 0)
		return set_plug(file, line, words);
	if (words->count >= 2 && strcmp(words->word[1], "own-pdu") == 0)
		return set_own_pdu(file, line, words);
	if (words->count >= 2 && strcmp(words->word[1], "udp") == 0)
		return set_udp(file, line, words);
	if (words->count >= 2 && strcmp(words->word[1], "track") == 0)
		return set_track(file, line, words);
	if (words->count >= 2 && strcmp(words->word[1], "sync") == 0)
		return set_sync(file, line, words);
	if (words->count < 3 || words->count > 4)
		return case_error(file, line, "set KEY VALUE [NODE]");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(words->word[1], keys[i].name) == 0)
			key = &keys[i];
	if (!key)
		return case_error(file, line, "set: \"%s\" is no key",
				  words->word[1]);
	if (!key_value(key, words->word[2], &value))
		return case_error(file, line, "set %s: \"%s\" is no value",
				  key->name, words->word[2]);
	if (words->count == 4 && !case_node(words->word[3], &node))
		return case_error(file, line, "set: \"%s\" is no node",
				  words->word[3]);
	for (int n = 0; n < 2; n++) {
		if (node != CASE_ANY && node != n)
			continue;
		key_write(&file->settings[n], key, value);
		if (node != CASE_ANY)
			file->settings[n].digest ^= 0x5a5a0000u + (unsigned)n;
	}
	return true;
}
