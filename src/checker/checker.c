/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-checker, and the same with TLS, twinbeat-checker-tls: asks real
 * servers whether they work, as twinbeat-director orders it, and says what came
 * back. It knows neither why nor how often. It has no rights and no state: it
 * may be killed at any moment.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/privileges.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../base/message.h"
#include "../base/signals.h"
#include "../base/standard_fds.h"
#include "../settings/snapshot.h"
#include "check.h"

/* Who has passed waits so long for others to be told together with. */
#define TOGETHER_US INT64_C(20000)

/* Those that are free come behind those that are not. */
static struct attempt attempts[CHECKER_PARALLEL];
static struct attempt *places[CHECKER_PARALLEL];
static unsigned running;
static const struct settings *settings;
static int64_t now_us;

static struct {
	struct checker_answer answers[CHECKER_ANSWERS];
	unsigned count;
	bool is_urgent;
	int64_t until_us;
} untold;

int64_t turn_now_us(void)
{
	return now_us;
}

void step_is_reached(const struct attempt *attempt, uint32_t *step_us)
{
	if (*step_us == 0)
		*step_us = (uint32_t)(now_us - attempt->begun_us);
}

long long limit_ms(const struct attempt *attempt)
{
	return (long long)(attempt->limit_us - attempt->begun_us) / 1000;
}

bool answer_is(struct attempt *attempt, enum answer answer, bool is_heard,
	       const char *format, ...)
{
	va_list list;

	attempt->answer.result = (uint8_t)answer;
	attempt->answer.is_heard = is_heard;
	va_start(list, format);
	vsnprintf(attempt->answer.text, sizeof(attempt->answer.text), format,
		  list);
	va_end(list);
	log_clean(attempt->answer.text);
	return true;
}

/* ---- answers ---- */

/* No room: the director misses the answer, and starts another checker. */
static void tell(void)
{
	if (untold.count > 0)
		message_send(CHECKER_FD_SOCKET, untold.answers,
			     untold.count * sizeof(untold.answers[0]));
	untold.count = 0;
	untold.is_urgent = false;
}

static void add_answer(const struct checker_answer *answer)
{
	if (untold.count == CHECKER_ANSWERS)
		tell();
	if (untold.count == 0)
		untold.until_us = now_us + TOGETHER_US;
	/* the first to fail, and the first of whoever comes back */
	if (answer->result != ANSWER_PASSED)
		untold.is_urgent = true;
	untold.answers[untold.count++] = *answer;
}

static bool is_time_to_tell(void)
{
	return untold.is_urgent || running == 0 || now_us >= untold.until_us;
}

static void finish(struct attempt *attempt)
{
	struct attempt *last = places[--running];

	attempt->answer.id = attempt->order.id;
	attempt->answer.took_us = (uint32_t)(now_us - attempt->begun_us);
	add_answer(&attempt->answer);
	attempt->kind->end(attempt);
	attempt->kind = NULL;
	places[attempt->place] = last;
	last->place = attempt->place;
	places[running] = attempt;
}

/* ---- orders ---- */

static void take_order(const struct checker_order *order)
{
#define KIND(arg, name, word, like, says) &check_##word,
	static const struct check_kind *const kinds[] = {CHECK_KINDS(KIND, )};
	static const struct settings_check none;
	struct attempt *attempt;
	bool is_agent = order->check == CHECK_OF_AGENT;

	if (running == CHECKER_PARALLEL ||
	    order->server >= settings->server_count ||
	    (!is_agent && (order->check >= settings->check_count ||
			   settings->checks[order->check].type >= TYPE_NONE)))
		return;
	attempt = places[running];
	*attempt = (struct attempt){
		.place = running++,
		.settings = settings,
		.check = is_agent ? &none : &settings->checks[order->check],
		.order = *order,
		.begun_us = now_us,
		.fd = -1,
		.answer = {.percent = 100},
	};
	attempt->kind = is_agent ? &check_agent
			: attempt->check->tls.configured
				? &check_https
				: kinds[attempt->check->type];
	attempt->limit_us =
		attempt->begun_us +
		INT64_C(1000) * settings_check_timing(settings, attempt->check)
					.timeout_ms;
	if (attempt->kind->begin(attempt))
		finish(attempt);
}

static void take_orders(void)
{
	struct checker_order orders[CHECKER_ORDERS];
	size_t size;

	if (message_receive_some(CHECKER_FD_SOCKET, orders, sizeof(orders[0]),
				 sizeof(orders), &size) != MESSAGE_OK)
		return;
	now_us = clock_now_us();
	for (size_t i = 0; i < size / sizeof(orders[0]); i++)
		take_order(&orders[i]);
	https_step();
}

/* ---- time ---- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int wait_ms(void)
{
	int64_t due_us = earlier(now_us + 60000000, https_due_us());

	for (unsigned i = 0; i < running; i++)
		due_us = earlier(due_us, places[i]->limit_us);
	if (untold.count > 0)
		due_us = earlier(due_us, untold.until_us);
	return due_us < now_us ? 0 : (int)((due_us - now_us + 999) / 1000);
}

static void end_late(void)
{
	/* from behind: the last one takes the place of one that has ended */
	for (unsigned i = running; i-- > 0;)
		if (now_us >= places[i]->limit_us) {
			places[i]->kind->late(places[i]);
			finish(places[i]);
		}
}

static bool turn(void)
{
	struct pollfd polled[CHECKER_PARALLEL + CHECKER_FIRST];
	struct attempt *of[CHECKER_PARALLEL + CHECKER_FIRST], *attempt;
	unsigned count = CHECKER_FIRST;

	polled[0] = (struct pollfd){.fd = CHECKER_FD_SOCKET, .events = POLLIN};
	polled[1] = (struct pollfd){.fd = CHECKER_FD_PARENT, .events = POLLIN};
	ping_wait(polled + 2);
	for (unsigned i = 0; i < running; i++) {
		if (places[i]->fd < 0)
			continue;
		of[count] = places[i];
		polled[count++] = (struct pollfd){.fd = places[i]->fd,
						  .events = places[i]->events};
	}
	if (poll(polled, count, wait_ms()) < 0)
		return true;
	now_us = clock_now_us();
	if (polled[1].revents)
		return false;
	for (unsigned i = CHECKER_FIRST; i < count; i++)
		if (polled[i].revents &&
		    of[i]->kind->ready(of[i], polled[i].revents))
			finish(of[i]);
	https_step();
	while ((attempt = https_next()) != NULL ||
	       (attempt = ping_next(polled + 2)) != NULL)
		finish(attempt);
	end_late();
	if (polled[0].revents)
		take_orders();
	if (is_time_to_tell())
		tell();
	return true;
}

static void end_all(void)
{
	for (unsigned i = 0; i < running; i++)
		places[i]->kind->end(places[i]);
}

/* A mark is only for who may. */
static bool has_via(void)
{
	for (unsigned i = 0; i < settings->check_count; i++)
		if (settings->checks[i].via == VIA_VIP)
			return true;
	return false;
}

int main(void)
{
	const struct checker_answer ready = {.id = CHECKER_READY};

	standard_fds_open();
	settings = settings_map_again(CHECKER_FD_SETTINGS);
	if (settings == NULL) {
		fprintf(stderr, "twinbeat-checker: it is started by "
				"twinbeat-director, not by hand\n");
		return 2;
	}
	for (int fd = CHECKER_FD_SOCKET; fd <= CHECKER_FD_PING_V6; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	http_begin_all();
	signals_ignore();
	privileges_settle(has_via() ? PRIVILEGES_CHECKER_VIA
				    : PRIVILEGES_CHECKER,
			  "twinbeat-checker");
	if (https_begin() != 0) {
		fprintf(stderr, "twinbeat-checker: libcurl cannot be used\n");
		return 1;
	}
	ping_begin_all();
	for (unsigned i = 0; i < CHECKER_PARALLEL; i++)
		places[i] = &attempts[i];
	now_us = clock_now_us();
	message_send(CHECKER_FD_SOCKET, &ready, sizeof(ready));
	while (turn())
		continue;
	end_all();
	return 0;
}
