/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-checker: asks real servers whether they work, as twinbeat-director
 * orders it, and says what came back. It knows neither why nor how often. It
 * has no rights and no state: it may be killed at any moment.
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
#include "check.h"

#define ORDERS_A_TURN 64

static struct attempt attempts[CHECKER_PARALLEL];
static const struct settings *settings;

void step_is_reached(const struct attempt *attempt, uint32_t *step_us)
{
	if (*step_us == 0)
		*step_us = (uint32_t)(clock_now_us() - attempt->begun_us);
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

/* No room: the director misses the answer, and starts another checker. */
static void finish(struct attempt *attempt)
{
	attempt->answer.id = attempt->order.id;
	attempt->answer.took_us =
		(uint32_t)(clock_now_us() - attempt->begun_us);
	message_send(CHECKER_FD_SOCKET, &attempt->answer,
		     sizeof(attempt->answer));
	attempt->kind->end(attempt);
	attempt->kind = NULL;
}

static struct attempt *find_free(void)
{
	for (unsigned i = 0; i < CHECKER_PARALLEL; i++)
		if (attempts[i].kind == NULL)
			return &attempts[i];
	return NULL;
}

static void take_order(const struct checker_order *order)
{
	static const struct check_kind *const kinds[] = {
		[TYPE_TCP] = &check_tcp,	 [TYPE_HTTP] = &check_http,
		[TYPE_SMTP] = &check_smtp,	 [TYPE_DNS] = &check_dns,
		[TYPE_UDP] = &check_udp,	 [TYPE_PING] = &check_ping,
		[TYPE_COMMAND] = &check_command, [TYPE_FILE] = &check_file,
	};
	static const struct settings_check none;
	struct attempt *attempt = find_free();
	bool is_agent = order->check == CHECK_OF_AGENT;

	if (attempt == NULL || order->server >= settings->server_count ||
	    (!is_agent && (order->check >= settings->check_count ||
			   settings->checks[order->check].type >= TYPE_NONE)))
		return;
	*attempt = (struct attempt){
		.settings = settings,
		.check = is_agent ? &none : &settings->checks[order->check],
		.order = *order,
		.begun_us = clock_now_us(),
		.fd = -1,
		.answer = {.percent = 100},
	};
	attempt->kind = is_agent ? &check_agent : kinds[attempt->check->type];
	attempt->limit_us =
		attempt->begun_us +
		INT64_C(1000) * settings_check_timing(settings, attempt->check)
					.timeout_ms;
	if (attempt->kind->begin(attempt))
		finish(attempt);
}

static void take_orders(void)
{
	struct checker_order order;

	for (unsigned i = 0; i < ORDERS_A_TURN; i++) {
		enum message_result result = message_receive(
			CHECKER_FD_SOCKET, &order, sizeof(order));

		if (result == MESSAGE_NONE || result == MESSAGE_GONE)
			return;
		if (result == MESSAGE_OK)
			take_order(&order);
	}
}

static int wait_ms(void)
{
	int64_t now_us = clock_now_us(), least_us = 60000000;

	for (unsigned i = 0; i < CHECKER_PARALLEL; i++)
		if (attempts[i].kind != NULL &&
		    attempts[i].limit_us - now_us < least_us)
			least_us = attempts[i].limit_us - now_us;
	return least_us < 0 ? 0 : (int)((least_us + 999) / 1000);
}

static void end_late(void)
{
	int64_t now_us = clock_now_us();

	for (unsigned i = 0; i < CHECKER_PARALLEL; i++)
		if (attempts[i].kind != NULL &&
		    now_us >= attempts[i].limit_us) {
			attempts[i].kind->late(&attempts[i]);
			finish(&attempts[i]);
		}
}

static bool turn(void)
{
	struct pollfd polled[CHECKER_PARALLEL + CHECKER_FIRST] = {
		{.fd = CHECKER_FD_SOCKET, .events = POLLIN},
		{.fd = CHECKER_FD_PARENT, .events = POLLIN},
	};
	struct attempt *of[CHECKER_PARALLEL + CHECKER_FIRST] = {NULL}, *attempt;
	unsigned count = CHECKER_FIRST;

	ping_wait(polled + 2);
	for (unsigned i = 0; i < CHECKER_PARALLEL; i++) {
		if (attempts[i].kind == NULL || attempts[i].fd < 0)
			continue;
		of[count] = &attempts[i];
		polled[count++] = (struct pollfd){.fd = attempts[i].fd,
						  .events = attempts[i].events};
	}
	http_wait(polled, count, wait_ms());
	if (polled[1].revents)
		return false;
	for (unsigned i = CHECKER_FIRST; i < count; i++)
		if (polled[i].revents &&
		    of[i]->kind->ready(of[i], polled[i].revents))
			finish(of[i]);
	while ((attempt = http_next()) != NULL ||
	       (attempt = ping_next()) != NULL)
		finish(attempt);
	end_late();
	if (polled[0].revents)
		take_orders();
	return true;
}

static void end_all(void)
{
	for (unsigned i = 0; i < CHECKER_PARALLEL; i++)
		if (attempts[i].kind != NULL)
			attempts[i].kind->end(&attempts[i]);
}

int main(void)
{
	const struct checker_answer ready = {.id = CHECKER_READY};

	standard_fds_open();
	settings = settings_map(CHECKER_FD_SETTINGS);
	if (settings == NULL) {
		fprintf(stderr, "twinbeat-checker: it is started by "
				"twinbeat-director, not by hand\n");
		return 2;
	}
	for (int fd = CHECKER_FD_SOCKET; fd <= CHECKER_FD_PING_V6; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	signals_ignore();
	privileges_settle(PRIVILEGES_CHECKER, "twinbeat-checker");
	if (http_begin() != 0) {
		fprintf(stderr, "twinbeat-checker: libcurl cannot be used\n");
		return 1;
	}
	message_send(CHECKER_FD_SOCKET, &ready, sizeof(ready));
	while (turn())
		continue;
	end_all();
	return 0;
}
