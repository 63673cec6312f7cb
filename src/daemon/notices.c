/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the core's orders to notices, and back how they arrive. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/code.h"
#include "../base/log.h"
#include "daemon.h"
#include "notices.h"
#include "reload.h"
#include "runner_edge.h"
#include "../notice/notice.h"

int notices_init(struct daemon *daemon)
{
	struct notices *notices = calloc(1, sizeof(*notices));

	if (notices == NULL)
		return -1;
	daemon->notices = notices;
	daemon->view.notices = notices->told;
	daemon->view.receivers = notices->receivers;
	notices->count =
		settings_all_receivers(daemon->settings, notices->receivers);
	daemon->view.receiver_count = notices->count;
	return 0;
}

static void put_instance(const struct daemon *daemon, unsigned i,
			 struct notice *notice)
{
	const struct core_instance *instance;

	if (i >= daemon->settings->instance_count)
		return;
	instance = &daemon->core.instances[i];
	snprintf(notice->instance, sizeof(notice->instance), "%s",
		 daemon->settings->instances[i].name);
	snprintf(notice->state, sizeof(notice->state), "%s",
		 instance_state_name(instance->state));
	notice->priority =
		daemon->settings->instances[i].priority[daemon->settings->self];
	if (instance->own)
		snprintf(notice->proof, sizeof(notice->proof), "%s",
			 proof_name((enum proof)instance->permit.proof));
}

static void put_word(char to[NOTICE_WORD_MAX], const char *word)
{
	snprintf(to, NOTICE_WORD_MAX, "%.*s", NOTICE_WORD_MAX - 1,
		 word ? word : "");
}

/* What it is about, told by the order before it. */
static void put_cause(struct notice *notice, const struct action *cause)
{
	if (cause == NULL)
		return;
	if (cause->type == ACTION_ALERT) {
		put_word(notice->kind, "alert");
		put_word(notice->alert, cause->alert.name);
		put_word(notice->to,
			 cause->alert.raised ? "raised" : "cleared");
	} else {
		put_word(notice->kind, cause->trace.kind);
		put_word(notice->from, cause->trace.from);
		put_word(notice->to, cause->trace.to);
	}
	snprintf(notice->reason, sizeof(notice->reason), "%s", cause->text);
}

static void begin(struct daemon *daemon, struct notice *notice)
{
	const struct settings *settings = daemon->settings;
	struct notices *notices = daemon->notices;
	time_t now = time(NULL);
	struct tm tm;

	notice->seq = ++notices->sequence;
	if (notices->run[0] == '\0')
		snprintf(notices->run, sizeof(notices->run), "%08x",
			 daemon->core.generation);
	put_word(notice->run, notices->run);
	if (gmtime_r(&now, &tm))
		strftime(notice->at, sizeof(notice->at), "%Y-%m-%dT%H:%M:%SZ",
			 &tm);
	notice->boottime_ms = clock_now_ms();
	put_word(notice->pair, settings->pair);
	put_word(notice->node, settings->nodes[settings->self].name);
	put_word(notice->peer, settings->nodes[1 - settings->self].name);
}

void notices_tell(struct daemon *daemon, const struct action *action,
		  const struct action *cause)
{
	struct notice notice = {.seq = 0};
	char text[NOTICE_JSON_MAX];

	if (daemon->settings->notify_count == 0)
		return;
	begin(daemon, &notice);
	put_word(notice.event, action->text);
	put_instance(daemon, action->instance, &notice);
	put_cause(&notice, cause);
	runner_notify(daemon, text, notice_encode(&notice, text, sizeof(text)));
}

/* Where nobody wants it, a number is not used up, nor room in the runner. */
static bool is_wanted(const struct settings *settings,
		      const struct notice *notice)
{
	const struct settings_told told = notice_told(notice);

	for (unsigned i = 0; i < settings->notify_count; i++)
		if (settings_notify_wants(&settings->notify[i], &told))
			return true;
	return false;
}

void notices_tell_service(struct daemon *daemon,
			  const struct notices_service *about)
{
	const struct settings *settings = daemon->settings;
	const struct settings_service *service =
		&settings->director.services[about->service];
	const struct settings_server *server =
		&settings->servers[about->server];
	struct notice notice = {.seq = 0};
	char text[NOTICE_JSON_MAX];

	snprintf(notice.event, sizeof(notice.event), "%s-%s", about->kind,
		 about->to);
	put_word(notice.service, service->name);
	if (about->has_server) {
		put_word(notice.server, server->name);
		ip_format(&server->address, notice.address);
	}
	put_instance(daemon, service->instance, &notice);
	if (!is_wanted(settings, &notice))
		return;
	begin(daemon, &notice);
	put_word(notice.kind, about->kind);
	put_word(notice.from, about->from);
	put_word(notice.to, about->to);
	snprintf(notice.reason, sizeof(notice.reason), "%s", about->text);
	runner_notify(daemon, text, notice_encode(&notice, text, sizeof(text)));
}

/* ---- how it arrives ---- */

/* The first that fails is told, and how many more do. */
static void judge(struct daemon *daemon)
{
	struct event event = {.type = EVENT_NOTIFY_CHANGED};
	struct notices *notices = daemon->notices;
	unsigned failing = 0, first = 0;
	char text[RECEIVER_NAME_MAX + RUNNER_TEXT_MAX + 50], more[32] = "";

	for (unsigned i = notices->count; i-- > 0;)
		if (notices->told[i].state >= RECEIVER_FAILING) {
			failing++;
			first = i;
		}
	if (failing == 0 && !notices->is_failing)
		return;
	notices->is_failing = failing > 0;
	if (failing > 1)
		snprintf(more, sizeof(more), " (and %u more)", failing - 1);
	snprintf(text, sizeof(text), "%s%s is not told: %s",
		 notices->receivers[first].name, more,
		 notices->told[first].text);
	event.process.text = failing ? text : NULL;
	daemon_feed(daemon, &event);
}

void notices_heard(struct daemon *daemon, const struct runner_event *heard)
{
	struct notice_receiver *told;

	if (daemon->notices->is_behind || heard->id >= daemon->notices->count)
		return;
	told = &daemon->notices->told[heard->id];
	told->waiting = heard->waiting;
	if (heard->error == RECEIVER_UNTRIED)
		return;
	told->state = (uint32_t)heard->error;
	if (told->state >= RECEIVER_STATES)
		told->state = RECEIVER_FAILING;
	told->at_s = (int64_t)time(NULL);
	snprintf(told->text, sizeof(told->text), "%.*s",
		 (int)strnlen(heard->text, sizeof(heard->text)), heard->text);
	judge(daemon);
}

/* ---- a reload ---- */

/* Known by its name; how it went with one that stays is still true. */
void notices_commit(struct daemon *daemon, const struct reload_change *change)
{
	struct notices *notices = daemon->notices;
	struct settings_receiver receivers[RECEIVERS_ALL_MAX];
	struct notice_receiver told[RECEIVERS_ALL_MAX];
	unsigned count = settings_all_receivers(change->new, receivers);

	memset(told, 0, sizeof(told));
	for (unsigned k = 0; k < count; k++)
		for (unsigned i = 0; i < notices->count; i++)
			if (strcmp(receivers[k].name,
				   notices->receivers[i].name) == 0)
				told[k] = notices->told[i];
	memcpy(notices->receivers, receivers, sizeof(receivers));
	memcpy(notices->told, told, sizeof(told));
	notices->count = daemon->view.receiver_count = count;
	notices->is_owed = true;
}

void notices_make_code(struct daemon *daemon)
{
	daemon->notices->is_code_owed = true;
}

/* R20: not to be guessed. Without one nobody can answer: the fallback. */
static void feed_code(struct daemon *daemon)
{
	struct event event = {.type = EVENT_CODE_MADE};

	_Static_assert(sizeof(event.code.text) == CODE_SIZE, "one length");
	if (code_make(event.code.text))
		daemon_feed(daemon, &event);
	else
		log_line(LOG_ERR, "no random numbers: nobody can be asked");
}

bool notices_feed_owed(struct daemon *daemon)
{
	bool is_owed = daemon->notices->is_owed;

	if (daemon->notices->is_code_owed) {
		daemon->notices->is_code_owed = false;
		feed_code(daemon);
		return true;
	}

	daemon->notices->is_owed = false;
	if (is_owed)
		judge(daemon);
	return is_owed;
}
