/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Field by field, never the bytes of a struct: those hold padding. A field that
 * is added to an action is added here.
 */
#include "digest.h"

/* One round of splitmix64's mixing: any bit of value reaches all of them. */
void digest_add(uint64_t *digest, uint64_t value)
{
	uint64_t x = (*digest ^ value) + 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	*digest = x ^ x >> 31;
}

static void add_text(uint64_t *digest, const char *text)
{
	for (; text && *text; text++)
		digest_add(digest, (uint8_t)*text);
	digest_add(digest, text ? 0x100 : 0x101);
}

/* Of the words after the first, those that are used. */
static void add_set(uint64_t *digest, const struct instance_set *set)
{
	digest_add(digest, set->words[0]);
	for (unsigned w = 1; w < INSTANCE_SET_WORDS; w++)
		if (set->words[w])
			digest_add(digest, set->words[w]);
}

static void add_beat(uint64_t *digest, const struct beat *beat)
{
	digest_add(digest, (uint64_t)beat->type << 8 | beat->sender);
	digest_add(digest, (uint64_t)beat->generation << 32 | beat->sequence);
	digest_add(digest,
		   (uint64_t)beat->ack_generation << 32 | beat->ack_sequence);
	digest_add(digest, beat->clock_ms);
	add_set(digest, &beat->own);
	add_set(digest, &beat->want);
	add_set(digest, &beat->ask);
	add_set(digest, &beat->fit);
	digest_add(digest, (uint64_t)beat->flags << 8 | beat->heard);
	/* the tag as in a frame of up to 64 instances */
	digest_add(digest, (uint64_t)(beat_slot_kind(beat->slot_tag) >> 2 |
				      beat_slot_instance(beat->slot_tag))
					   << 16 |
				   beat->slot_value);
}

static void add_permit(uint64_t *digest, const struct permit *permit)
{
	digest_add(digest, (uint64_t)permit->instance << 32 | permit->proof);
	digest_add(digest, (uint64_t)permit->peer_generation << 32 |
				   permit->peer_sequence);
	digest_add(digest, permit->own_generation);
	digest_add(digest, (uint64_t)permit->at_us);
}

void digest_action(void *observer, unsigned node, const struct action *action)
{
	uint64_t *digest = observer;

	digest_add(digest, (uint64_t)node << 32 | action->type);
	switch (action->type) {
	case ACTION_SEND_BEAT:
	case ACTION_OBITUARY:
		digest_add(digest, action->send.link);
		add_beat(digest, action->send.beat);
		break;
	case ACTION_SEND_ADVERT:
		digest_add(digest,
			   (uint64_t)action->instance << 8 | action->priority);
		break;
	case ACTION_CLAIM:
		add_permit(digest, &action->permit);
		break;
	case ACTION_RELEASE:
	case ACTION_LOOK:
	case ACTION_ANNOUNCE:
		digest_add(digest, action->instance);
		break;
	case ACTION_FENCE:
		digest_add(digest, (uint64_t)action->fence.id << 32 |
					   action->fence.kind);
		digest_add(digest, (uint64_t)action->fence.node << 32 |
					   action->fence.levels);
		digest_add(digest, (uint64_t)action->fence.guard << 32 |
					   (uint32_t)action->fence.device);
		digest_add(digest, action->fence.digest);
		break;
	case ACTION_PROBE:
		digest_add(digest, (uint64_t)action->probe.interface << 1 |
					   action->probe.on);
		break;
	case ACTION_TRACE:
		digest_add(digest, (uint64_t)action->instance << 32 |
					   action->trace.severity);
		add_text(digest, action->trace.kind);
		add_text(digest, action->trace.from);
		add_text(digest, action->trace.to);
		add_text(digest, action->trace.proof);
		add_text(digest, action->text);
		break;
	case ACTION_ALERT:
		digest_add(digest, (uint64_t)action->alert.raised << 32 |
					   action->alert.severity);
		add_text(digest, action->alert.name);
		add_text(digest, action->text);
		break;
	case ACTION_NOTIFY:
		digest_add(digest, action->instance);
		add_text(digest, action->text);
		break;
	case ACTION_REPLY:
		digest_add(digest, (uint64_t)action->reply.token << 2 |
					   (uint64_t)action->reply.done << 1 |
					   action->reply.ok);
		add_text(digest, action->text);
		break;
	case ACTION_DISCARD_LINKS:
	case ACTION_SAVE:
	case ACTION_LAST_WORD:
	case ACTION_MAKE_CODE:
	case ACTION_TELL_DIRECTOR: /* beats show what it is told */
	case ACTION_EXIT:
		break;
	}
}
