/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sequences of signed adverts beside a plain VRRP router. Compared by serial
 * arithmetic (RFC 1982), as keepalived does: the seconds wrap in 2106.
 */
#include <string.h>

#include "vrrp_hmac.h"

uint64_t vrrp_hmac_clock(const struct timespec *utc)
{
	uint64_t fraction = ((uint64_t)utc->tv_nsec << 16) / 1000000000u;

	return (uint64_t)(uint32_t)utc->tv_sec << 32 | fraction << 16;
}

static bool is_after(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

/* In whole seconds, as keepalived counts them. */
static bool is_within(uint64_t sequence, uint64_t clock, uint32_t window_s)
{
	int32_t apart_s =
		(int32_t)((uint32_t)(sequence >> 32) - (uint32_t)(clock >> 32));

	return apart_s <= (int32_t)window_s && apart_s >= -(int32_t)window_s;
}

/*
 * A clock that was set back is followed at once where the other node goes by
 * the time: it would find what we go on with too far ahead of its own.
 */
uint64_t vrrp_hmac_next(struct vrrp_hmac *hmac,
			const struct vrrp_hmac_options *options, uint64_t clock)
{
	bool is_lost = !options->is_monotonic &&
		       !is_within(hmac->sent, clock, options->window_s);

	hmac->sent = hmac->sent == 0 || is_lost || is_after(clock, hmac->sent)
			     ? clock
			     : hmac->sent + 1;
	return hmac->sent;
}

/* Its place; that of whom we have not heard for the longest time, if it has
 * none. Only who signs gets one. */
static struct vrrp_hmac_sender *sender_of(struct vrrp_hmac *hmac,
					  const struct ip *source)
{
	struct vrrp_hmac_sender *sender = NULL, *oldest = hmac->senders;

	for (unsigned i = 0; i < VRRP_HMAC_SENDERS && sender == NULL; i++) {
		if (hmac->senders[i].used > 0 &&
		    ip_compare(&hmac->senders[i].source, source) == 0)
			sender = &hmac->senders[i];
		if (hmac->senders[i].used < oldest->used)
			oldest = &hmac->senders[i];
	}
	if (sender == NULL) {
		sender = oldest;
		*sender = (struct vrrp_hmac_sender){.source = *source};
	}
	return sender;
}

static enum vrrp_verdict judge_signed(struct vrrp_hmac *hmac,
				      const struct vrrp_hmac_options *options,
				      const struct ip *source,
				      const struct vrrp_advert *advert,
				      uint64_t clock)
{
	uint64_t sequence = advert->signature.sequence;
	struct vrrp_hmac_sender *sender;
	bool is_known;

	sender = sender_of(hmac, source);
	hmac->is_news = false;
	if (!options->is_monotonic &&
	    !is_within(sequence, clock, options->window_s)) {
		hmac->is_news =
			sender->stale == 0 || is_after(sequence, sender->stale);
		if (hmac->is_news) {
			sender->stale = sequence;
			sender->used = ++hmac->uses;
		}
		return VRRP_STALE;
	}
	/* A mark outside the window is of a time before a clock was set. */
	is_known = sender->mark != 0 &&
		   (options->is_monotonic ||
		    is_within(sender->mark, clock, options->window_s));
	if (is_known && !is_after(sequence, sender->mark))
		return VRRP_REPLAY;
	sender->mark = sequence;
	sender->stale = 0;
	sender->used = ++hmac->uses;
	/* Who lets go may come back with another file. */
	hmac->peer_signs = advert->priority != 0;
	return VRRP_OK;
}

enum vrrp_verdict vrrp_hmac_judge(struct vrrp_hmac *hmac,
				  const struct vrrp_hmac_options *options,
				  const struct ip *source,
				  const struct vrrp_advert *advert,
				  uint64_t clock)
{
	if (advert->is_signed)
		return judge_signed(hmac, options, source, advert, clock);
	if (options->mode == VRRP_HMAC_ENFORCE ||
	    (options->mode == VRRP_HMAC_PERMISSIVE && hmac->peer_signs))
		return VRRP_UNSIGNED;
	return VRRP_OK;
}

const char *vrrp_hmac_reason(const struct vrrp_hmac_options *options,
			     enum vrrp_verdict verdict)
{
	switch (verdict) {
	case VRRP_SIGNATURE:
		return "the key of its signature (hmac.keys here, auth_hmac "
		       "there)";
	case VRRP_STALE:
		return "the time in its signature (compare the two clocks; "
		       "hmac.window_s)";
	case VRRP_REPLAY:
		return "the sequence of its signature (a copy of an earlier "
		       "advert, or its clock was set back)";
	case VRRP_UNSIGNED:
		return options->mode == VRRP_HMAC_ENFORCE
			       ? "auth_hmac, which it lacks (hmac.mode is "
				 "enforce here),"
			       : "auth_hmac, which it had and lacks now "
				 "(somebody else sends in its name?),";
	default:
		return NULL;
	}
}
