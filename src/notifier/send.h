/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NOTIFIER_SEND_H
#define NOTIFIER_SEND_H
/*
 * One try at a time for each receiver: a mail by SMTP, a POST by HTTPS. All of
 * it by libcurl; certificates are verified, nothing waits without a limit.
 */
#include "queue.h"

struct sender;

/* NULL: no memory. */
struct sender *sender_make(const struct settings *settings,
			   const struct settings_receiver *receivers);
/* Begins the next try of a receiver (queue_take). One that cannot even begin,
 * for want of a password, say, is done at once. */
void sender_start(struct sender *sender, struct queue *queue, unsigned receiver,
		  int64_t now_us);
/* Goes on with those under way; ends of tries go to the queue. True: some did.
 */
bool sender_step(struct sender *sender, struct queue *queue, int64_t now_us);
unsigned sender_flying(const struct sender *sender);
/* Waits for them, for one of the descriptors, or so long. */
void sender_wait(struct sender *sender, const int *fds, unsigned count,
		 int timeout_ms);
#endif
