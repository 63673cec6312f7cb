/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any bytes as bulk frames, of a node that knows the key and says
 * what it likes, in any order. The first byte of the input says which node we
 * are and whether we offer; then, for each frame, one byte of kind and flags
 * (bit 4: as it stands, no MAC of ours; bit 5: time passes; bit 6: our edge has
 * done what it was told; bit 7: other numbers), one of size, and its bytes.
 */
#include <string.h>

#include "../../src/daemon/push.h"
#include "../../src/wire/bytes.h"
#include "fuzz.h"

static const uint8_t key[BEAT_KEY_SIZE] = "0123456789abcdef0123456789abcde";
static const uint32_t generations[2] = {11, 22};
static int64_t now_us;

static void act(struct push *push, enum push_news news, const struct bulk *bulk)
{
	uint32_t have = push->have;

	switch (news) {
	case PUSH_HAS_BYTES:
	case PUSH_IS_WHOLE:
		demand(bulk->number + bulk->size == have);
		demand(have <= push->size && push->size <= PUSH_SIZE_MAX);
		demand((news == PUSH_IS_WHOLE) == (have == push->size));
		break;
	case PUSH_IS_READY:
		push_commit(push, now_us);
		break;
	case PUSH_IS_DONE:
		push_tell_taken(push, now_us);
		break;
	case PUSH_IS_REFUSED:
		demand(strnlen(push->text, PUSH_TEXT_MAX) < PUSH_TEXT_MAX);
		break;
	case PUSH_IS_CROSSED:
		push_stop(push, now_us);
		break;
	default:
		break;
	}
}

static void say_all(struct push *push, size_t room)
{
	uint8_t wire[BEAT_WIRE_MAX];
	struct bulk bulk, again;

	for (unsigned i = 0; i < 20; i++) {
		size_t size;

		if (!push_next(push, room, now_us, &bulk))
			return;
		if (bulk.kind == BULK_DATA)
			demand(bulk.number + bulk.size <= push->size);
		size = bulk_encode(&bulk, &push->keys, wire);
		demand(size <= room && size <= sizeof(wire));
		demand(bulk_is_one(wire, size - 1));
		demand(bulk_decode(wire, size - 1, &push->keys, &again) ==
		       BULK_OK);
	}
}

static void settle(struct push *push)
{
	if (push->phase == PUSH_CHECKING)
		push_ready(push);
	else if (push->phase == PUSH_COMMITTING)
		push_done(push);
	else if (push_takes(push))
		push_refuse(push, "no");
	else if (push_sends(push))
		push_stop(push, now_us);
}

static void play(struct push *push, const uint8_t *data, size_t size)
{
	uint8_t wire[BEAT_WIRE_MAX];
	struct bulk bulk, heard;
	bool is_noise;

	while (size >= 2) {
		uint8_t how = data[0];
		size_t length = data[1] < size - 2 ? data[1] : size - 2;
		const uint8_t *frame = data + 2;
		size_t frame_size = length;

		data += 2 + length;
		size -= 2 + length;
		if (how & 0x20)
			now_us += 300000 * (int64_t)(1 + (how & 0xf));
		if (how & 0x40)
			settle(push);
		memset(&bulk, 0, sizeof(bulk));
		if (!(how & 0x10)) {
			bulk.kind = how & 0xf;
			if (bulk.kind < BULK_OFFER || bulk.kind >= BULK_KINDS)
				bulk.kind = BULK_OFFER;
			bulk.sender = 1 - push->self;
			bulk.session = push->session;
			bulk.number = push->have;
			if ((how & 0x80) && length >= 3) {
				bulk.number = (uint32_t)bytes_get(frame, 3);
				frame += 3;
				length -= 3;
			}
			bulk.size = (uint8_t)(length < BULK_BYTES_MAX
						      ? length
						      : BULK_BYTES_MAX);
			memcpy(bulk.bytes, frame, bulk.size);
			frame_size = bulk_encode(&bulk, &push->keys, wire) - 1;
			frame = wire;
		}
		act(push,
		    push_heard(push, frame, frame_size, 99, generations, now_us,
			       &heard, &is_noise),
		    &heard);
		act(push, push_passed(push, now_us), NULL);
		say_all(push, 40 + how);
		demand(push->have <= push->size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct push push;

	if (size == 0)
		return 0;
	now_us = 1000000;
	push_init(&push, key, data[0] & 1);
	if (data[0] & 2)
		push_offer(&push, 7, 1 + data[0] * 100u, generations, now_us);
	say_all(&push, BEAT_WIRE_MAX);
	play(&push, data + 1, size - 1);
	return 0;
}
