/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-notifier: carries notices to people, by mail and by web. What it was
 * given is on disk before it says that it has it. It decides nothing about the
 * pair, and ends when it has nothing to do. Ordinary priority.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "../base/privileges.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../base/replace_file.h"
#include "../base/signals.h"
#include "../base/standard_fds.h"
#include "../ipc/notifier_msg.h"
#include "send.h"
#include "../settings/snapshot.h"

#define IDLE_US	      5000000
#define LAST_WORDS_US 20000000 /* after the parent's end, or its last word */
/* Who ends closes his sockets first: only then is it no end of the parent's. */
#define ALONE_US	 300000
#define NOTICES_PER_TURN 64
#define LOCK_WAIT_MS	 200

struct notifier {
	const struct settings *settings;
	const char *path; /* of the queue */
	struct settings_receiver receivers[RECEIVERS_MAX];
	struct queue queue;
	struct sender *sender;
	struct notifier_event told[RECEIVERS_MAX];
	bool is_told[RECEIVERS_MAX], was_bad[RECEIVERS_MAX];
	bool parent_gone, is_unwritten, is_failing;
	bool socket_gone; /* is_replaced(), or the parent's end is near */
	int64_t gone_us, busy_us; /* it had something to do last */
	char text[QUEUE_TEXT_MAX];
};

/* ---- the disk ---- */

/* One at a time: that of a daemon before may still say its last words. */
static bool lock_queue(const struct notifier *notifier)
{
	struct pollfd parent = {.fd = NOTIFIER_FD_PARENT, .events = POLLIN};
	char path[700];
	int fd;

	snprintf(path, sizeof(path), "%s.lock", notifier->path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return true; /* a folder that cannot be written: go on all the
				same */
	while (flock(fd, LOCK_EX | LOCK_NB) < 0)
		if (poll(&parent, 1, LOCK_WAIT_MS) > 0)
			return false;
	return true;
}

static void load(struct notifier *notifier)
{
	int fd = open(notifier->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t used = 0;
	unsigned dropped;
	ssize_t got;

	if (fd < 0)
		return;
	while (used + 1 < sizeof(notifier->text) &&
	       (got = read(fd, notifier->text + used,
			   sizeof(notifier->text) - 1 - used)) > 0)
		used += (size_t)got;
	close(fd);
	notifier->text[used] = '\0';
	dropped = queue_load(&notifier->queue, notifier->text, clock_now_us());
	if (dropped)
		fprintf(stderr,
			"%u lines of %s are left out: their receivers are not "
			"in the settings, or they cannot be read\n",
			dropped, notifier->path);
}

/* Nothing waits, and nobody is to be told of what was lost. */
static bool is_forgettable(const struct queue *queue)
{
	for (unsigned r = 0; r < queue->receiver_count; r++)
		if (queue->receivers[r].lost > 0)
			return false;
	return queue_is_empty(queue);
}

/* Without a file there is nothing to do: so whoever looks knows it. */
static void save(struct notifier *notifier)
{
	size_t size;
	int result;

	notifier->is_unwritten = false;
	if (is_forgettable(&notifier->queue)) {
		unlink(notifier->path);
		return;
	}
	size = queue_store(&notifier->queue, notifier->text,
			   sizeof(notifier->text));
	result = store_file(notifier->path, notifier->text, size);
	if (result < 0 && !notifier->is_failing)
		fprintf(stderr,
			"%s cannot be written: %s; what waits is lost if this "
			"process ends\n",
			notifier->path, strerror(errno));
	notifier->is_failing = result < 0;
}

/* ---- the runner ---- */

static uint32_t wanted_by(const struct notifier *notifier, const char *text)
{
	struct settings_told told;
	struct notice notice;
	uint32_t wanted = 0;

	if (!notice_decode(text, strlen(text), &notice))
		return 0;
	told = notice_told(&notice);
	for (unsigned r = 0; r < notifier->queue.receiver_count; r++)
		if (settings_receiver_wants(notifier->settings,
					    &notifier->receivers[r], &told))
			wanted |= UINT32_C(1) << r;
	return wanted;
}

static void take_notices(struct notifier *notifier)
{
	struct notifier_event answer = {.type = NOTIFIER_TAKEN};
	char text[NOTICE_JSON_MAX + 1];
	size_t size;

	while (answer.count < NOTICES_PER_TURN) {
		enum message_result result = message_receive_some(
			NOTIFIER_FD_SOCKET, text, 1, NOTICE_JSON_MAX, &size);

		if (result == MESSAGE_GONE) {
			notifier->socket_gone = true;
			notifier->gone_us = clock_now_us();
		}
		if (result == MESSAGE_GONE || result == MESSAGE_NONE)
			break;
		answer.count++;
		if (result != MESSAGE_OK)
			continue;
		text[size] = '\0';
		queue_add(&notifier->queue, text, wanted_by(notifier, text),
			  clock_now_us());
	}
	if (answer.count == 0)
		return;
	save(notifier);
	message_send(NOTIFIER_FD_SOCKET, &answer, sizeof(answer));
}

/* A try of this process has ended: the receiver's state says something. */
static bool is_tried(const struct queue_receiver *receiver)
{
	return receiver->sent_us != 0 || receiver->attempts > 0;
}

/* How it goes with each receiver, where that is news. */
static void tell_receivers(struct notifier *notifier)
{
	for (unsigned r = 0; r < notifier->queue.receiver_count; r++) {
		const struct queue_receiver *receiver =
			&notifier->queue.receivers[r];
		struct notifier_event event = {
			.type = NOTIFIER_RECEIVER,
			.receiver = r,
			.state = is_tried(receiver) ? receiver->state
						    : RECEIVER_UNTRIED,
			.waiting = receiver->waiting};
		struct notifier_event *told = &notifier->told[r];

		snprintf(event.text, sizeof(event.text), "%s", receiver->text);
		if (notifier->is_told[r] &&
		    memcmp(&event, told, sizeof(event)) == 0)
			continue;
		/* that the first try of this process went well is no news */
		if (is_tried(receiver) && told->state != event.state &&
		    (notifier->was_bad[r] || event.state != RECEIVER_FINE)) {
			notifier->was_bad[r] = event.state != RECEIVER_FINE;
			fprintf(stderr, "%s: %s%s%s\n", receiver->name,
				receiver->state == RECEIVER_FINE ? "works"
				: receiver->state == RECEIVER_REFUSED
					? "refused for good"
					: "tried again",
				event.text[0] ? ": " : "", event.text);
		}
		if (message_send(NOTIFIER_FD_SOCKET, &event, sizeof(event)) ==
		    MESSAGE_OK) {
			*told = event;
			notifier->is_told[r] = true;
		}
	}
}

/* ---- the loop ---- */

static bool is_done(struct notifier *notifier, int64_t now_us)
{
	struct queue *queue = &notifier->queue;
	bool waits_for_later = queue_deadline(queue) > now_us;

	if (sender_flying(notifier->sender) > 0)
		return (notifier->parent_gone || notifier->socket_gone) &&
		       now_us - notifier->gone_us > LAST_WORDS_US;
	if (notifier->parent_gone)
		return waits_for_later;
	/* what waits is on disk, for the next one */
	if (notifier->socket_gone)
		return now_us - notifier->gone_us > ALONE_US;
	if (!queue_is_empty(queue))
		notifier->busy_us = now_us;
	return now_us - notifier->busy_us > IDLE_US;
}

/* Another one goes on, by new settings: nothing is begun here any more. */
static bool is_replaced(const struct notifier *notifier)
{
	return notifier->socket_gone && !notifier->parent_gone;
}

static int wait_ms(const struct notifier *notifier, int64_t now_us)
{
	int64_t until_us = queue_deadline(&notifier->queue);

	if (is_replaced(notifier))
		return ALONE_US / 1000;
	if (until_us > now_us + IDLE_US)
		until_us = now_us + IDLE_US;
	return until_us <= now_us ? 0 : (int)((until_us - now_us) / 1000) + 1;
}

static void look_at_parent(struct notifier *notifier)
{
	struct pollfd parent = {.fd = NOTIFIER_FD_PARENT, .events = POLLIN};

	if (notifier->parent_gone || poll(&parent, 1, 0) <= 0)
		return;
	notifier->parent_gone = true;
	notifier->gone_us = clock_now_us();
	queue_hurry(&notifier->queue, notifier->gone_us);
}

static void turn(struct notifier *notifier)
{
	int64_t now_us = clock_now_us();
	int fds[2] = {-1, -1}, receiver;

	while (!is_replaced(notifier) &&
	       (receiver = queue_due(&notifier->queue, now_us)) >= 0)
		sender_start(notifier->sender, &notifier->queue,
			     (unsigned)receiver, now_us);
	if (sender_step(notifier->sender, &notifier->queue, clock_now_us()))
		notifier->is_unwritten = true;
	if (!notifier->socket_gone)
		fds[0] = NOTIFIER_FD_SOCKET;
	if (!notifier->parent_gone)
		fds[1] = NOTIFIER_FD_PARENT;
	if (notifier->is_unwritten)
		save(notifier);
	tell_receivers(notifier);
	sender_wait(notifier->sender, fds, 2,
		    wait_ms(notifier, clock_now_us()));
	if (!notifier->socket_gone)
		take_notices(notifier);
	look_at_parent(notifier);
}

static int start(struct notifier *notifier)
{
	const struct settings *settings =
		settings_map_again(NOTIFIER_FD_SETTINGS);
	struct queue *queue = &notifier->queue;

	if (settings == NULL)
		return -1;
	for (int fd = NOTIFIER_FD_SOCKET; fd <= NOTIFIER_FD_PARENT; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	notifier->settings = settings;
	queue->receiver_count =
		settings_receivers(settings, notifier->receivers);
	for (unsigned r = 0; r < queue->receiver_count; r++) {
		struct queue_receiver *receiver = &queue->receivers[r];

		memcpy(receiver->name, notifier->receivers[r].name,
		       sizeof(receiver->name));
		receiver->one_by_one = !notifier->receivers[r].is_mail;
		if (receiver->one_by_one)
			continue;
		receiver->gather_us = (int64_t)settings->mail.gather_ms * 1000;
		receiver->interval_us =
			(int64_t)settings->mail.interval_s * 1000000;
	}
	notifier->busy_us = clock_now_us();
	notifier->sender = sender_make(settings, notifier->receivers);
	return notifier->sender ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct notifier notifier;

	standard_fds_open();
	if (argc != 2 || argv[1][0] != '/' || start(&notifier) < 0) {
		fprintf(stderr, "twinbeat-notifier: it is started by "
				"twinbeat-runner, not by hand\n");
		return 2;
	}
	signals_ignore();
	/* it reads what servers answer, and needs no more than its files */
	privileges_settle(PRIVILEGES_NOTIFIER, "twinbeat-notifier");
	notifier.path = argv[1];
	if (!lock_queue(&notifier))
		return 0;
	load(&notifier);
	while (!is_done(&notifier, clock_now_us()))
		turn(&notifier);
	save(&notifier);
	return 0;
}
