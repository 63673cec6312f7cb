/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * instances[].waiting_for of the status: what has to happen before this node
 * serves an instance, told from the core's state. It explains decisions and
 * makes none; "" says that all is as it should be.
 */
#include <stdio.h>

#include "status.h"

static long long left_ms(int64_t until_us, int64_t now_us)
{
	return until_us > now_us ? (until_us - now_us) / 1000 : 0;
}

static void tell_owned(const struct core *core, unsigned i, char *text,
		       size_t size)
{
	const struct core_instance *instance = &core->instances[i];

	if (instance->stuck)
		snprintf(text, size,
			 "its addresses to be removed, which fails: see the "
			 "alert release-failed");
	else if (instance->releasing)
		snprintf(text, size, "its addresses to be removed");
	else if (instance->ask)
		snprintf(text, size, "%s to take it over", peer_name(core));
}

/* True when the fence says why. */
static bool tell_fence(const struct core *core, int64_t now_us, char *text,
		       size_t size)
{
	const struct core_fence *fence = &core->fence;
	const char *peer = peer_name(core);

	switch (fence->state) {
	case FENCE_STATE_IDLE:
		return false;
	case FENCE_STATE_DELAY:
		snprintf(text, size, "%lld ms more before %s is fenced",
			 left_ms(fence->due_us, now_us), peer);
		return true;
	case FENCE_STATE_RUNNING:
		snprintf(text, size, "the fence of %s", peer);
		return true;
	case FENCE_STATE_VERIFY:
		snprintf(text, size,
			 "%s, which reads off, to be silent for long enough",
			 peer);
		return true;
	case FENCE_STATE_CONFIRMED:
		snprintf(text, size, "the claim: %s is off", peer);
		return true;
	case FENCE_STATE_FAILED:
		snprintf(text, size,
			 "the next attempt to fence %s, in %lld ms (%u failed: "
			 "%s), or for: twinbeat confirm %s",
			 peer, left_ms(fence->retry_us, now_us),
			 fence->failures, fence->last.text, peer);
		return true;
	case FENCE_STATE_HELD:
		snprintf(text, size, "an operator: %s", fence->hold_text);
		return true;
	}
	return false;
}

static void tell_peer_alive(const struct core *core, unsigned i, int64_t now_us,
			    char *text, size_t size)
{
	const struct core_instance *instance = &core->instances[i];
	bool known = core->peer.statement_us != 0;
	bool its = known && peer_says_own(core, i);

	if (its && instance->want)
		snprintf(text, size, "%s to release it", peer_name(core));
	else if (its && instance->preempt_from_us != 0)
		snprintf(text, size, "%lld ms more before it is preempted",
			 left_ms(preempt_due_us(core, i), now_us));
	else if (its)
		return; /* a standby beside its owner waits for nothing */
	else if (instance->want)
		snprintf(text, size, "%s to acknowledge that we want it",
			 peer_name(core));
	else if (known && peer_says_want(core, i))
		snprintf(text, size, "%s, which wants it first",
			 peer_name(core));
	else if (!known && instance->vrrp.state != LINK_UP)
		snprintf(text, size, "a statement of %s by a two-way link",
			 peer_name(core));
}

const char *status_waiting_for(const struct core *core, unsigned i,
			       int64_t now_us, char *text, size_t size)
{
	const struct core_instance *instance = &core->instances[i];

	text[0] = '\0';
	if (instance->own)
		tell_owned(core, i, text, size);
	else if (core->stopping)
		snprintf(text, size, "the end of this daemon");
	else if (!core->keeper_ready)
		snprintf(text, size,
			 "twinbeat-keeper to remove what was left over");
	else if (!instance->fit)
		snprintf(text, size, "this node to be fit: %s",
			 instance->unfit_why[0] ? instance->unfit_why
						: "not known yet");
	else if (peer_is_heard_at(core, now_us))
		tell_peer_alive(core, i, now_us, text, size);
	else if (!tell_fence(core, now_us, text, size) &&
		 now_us < core->startup_until_us && !core->peer.heard_ever)
		snprintf(text, size,
			 "%s to be heard; %lld s left of the start-up wait",
			 peer_name(core),
			 left_ms(core->startup_until_us, now_us) / 1000);
	else if (text[0] == '\0')
		snprintf(text, size, "proof that %s does not hold it",
			 peer_name(core));
	return text;
}
