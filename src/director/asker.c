/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-checker, seen from the director: started for these settings, given
 * what is due, ended when an answer is overdue. While there is none, nothing is
 * known anew and all stays as it is (D10).
 */
#include "director.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/message.h"
#include "../base/spawn.h"

#define BACK_OFF_FIRST_US INT64_C(100000)
#define BACK_OFF_LAST_US  INT64_C(5000000)
#define READY_WITHIN_US	  INT64_C(30000000)
#define MESSAGES_A_TURN	  8

static void forget_running(struct asker *asker, struct probes *probes,
			   int64_t now_us)
{
	for (unsigned i = 0; i < probes->count; i++)
		if (probes->list[i].is_running)
			probe_lost(probes, &probes->list[i], now_us);
	asker->round++;
}

static void plan_restart(struct asker *asker, int64_t now_us)
{
	asker->again_us = now_us + asker->back_off_us;
	asker->back_off_us *= 2;
	if (asker->back_off_us > BACK_OFF_LAST_US)
		asker->back_off_us = BACK_OFF_LAST_US;
}

void asker_begin(struct asker *asker)
{
	*asker = (struct asker){
		.socket = -1,
		.pidfd = -1,
		.ping_fds = {asker->ping_fds[0], asker->ping_fds[1]},
		.back_off_us = BACK_OFF_FIRST_US};
}

static int start(struct asker *asker, const struct settings *settings,
		 int64_t now_us, char *error, size_t error_size)
{
	struct spawn spawn = {.argv = {settings_checker(settings)},
			      .stderr_fd = STDERR_FILENO,
			      .fd_count = 5};
	int pair[2], self;

	if (spawn_find(spawn.argv[0], spawn.path, sizeof(spawn.path), error,
		       error_size) < 0)
		return -1;
	self = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (self < 0 || message_pair(pair) < 0) {
		snprintf(error, error_size, "%s cannot be started: %s",
			 spawn.argv[0], strerror(errno));
		if (self >= 0)
			close(self);
		return -1;
	}
	spawn.fds[0] = pair[1];
	spawn.fds[1] = asker->settings_fd;
	spawn.fds[2] = self;
	spawn.fds[3] = asker->ping_fds[0];
	spawn.fds[4] = asker->ping_fds[1];
	asker->pid = spawn_start(&spawn, &asker->pidfd, error, error_size);
	close(pair[1]);
	close(self);
	if (asker->pid < 0) {
		close(pair[0]);
		asker->pid = 0;
		return -1;
	}
	asker->socket = pair[0];
	asker->ready_by_us = now_us + READY_WITHIN_US;
	return 0;
}

/* Is it gone? */
static void reap(struct asker *asker, struct probes *probes, int64_t now_us)
{
	char how[80];
	int status;

	if (asker->pid == 0 || !asker->is_ended ||
	    spawn_reap(asker->pidfd, how, sizeof(how), &status) < 0)
		return;
	if (!asker->is_replaced)
		fprintf(stderr,
			"twinbeat-director: twinbeat-checker %s%s; it is "
			"started again, what it has found stays\n",
			asker->is_dying ? "did not answer and was ended: " : "",
			how);
	close(asker->pidfd);
	close(asker->socket);
	asker->pid = 0;
	asker->pidfd = asker->socket = -1;
	forget_running(asker, probes, now_us);
	if (asker->is_replaced)
		asker->again_us = now_us;
	else
		plan_restart(asker, now_us);
	asker->is_ready = asker->is_replaced = asker->is_dying = false;
}

void asker_renew(struct asker *asker, int settings_fd)
{
	if (asker->settings_fd > 0 && asker->settings_fd != settings_fd)
		close(asker->settings_fd);
	asker->settings_fd = settings_fd;
	asker->round++;
	if (asker->pid > 0) {
		asker->is_replaced = true;
		kill(asker->pid, SIGKILL);
	}
}

/* As clients come: to the virtual address, where the mark leads to this one. */
static void ask_via(struct checker_order *order,
		    const struct settings *settings)
{
	const struct ip *own = settings_own_address(settings, true);
	int i = settings_service_of(settings, order->server);

	if (i < 0)
		return;
	order->ip =
		settings->listens[settings->director.services[i].first_listen]
			.ip;
	order->mark = settings_via_mark(settings, order->server);
	if (own != NULL)
		order->source = *own;
}

static struct checker_order make_order(const struct asker *asker,
				       const struct farm *farm,
				       const struct probe *probe)
{
	struct checker_order order = {.id = (asker->round & 0xffff) << 16 |
					    (uint32_t)(probe - farm->list),
				      .check = probe->check,
				      .server = probe->server,
				      .ip = farm->ips[probe->address],
				      .port = probe->port};

	if (probe->check != CHECK_OF_AGENT &&
	    farm->settings->checks[probe->check].via == VIA_VIP)
		ask_via(&order, farm->settings);
	return order;
}

static void give(struct asker *asker, struct farm *farm, int64_t now_us)
{
	struct checker_order orders[CHECKER_ORDERS];
	struct probe *asked[CHECKER_ORDERS];
	unsigned count;

	do {
		count = probes_ask_some(&farm->probes, asked, CHECKER_ORDERS,
					now_us);
		for (unsigned i = 0; i < count; i++)
			orders[i] = make_order(asker, farm, asked[i]);
		if (count == 0 ||
		    message_send(asker->socket, orders,
				 count * sizeof(orders[0])) == MESSAGE_OK)
			continue;
		for (unsigned i = 0; i < count; i++)
			probe_lost(&farm->probes, asked[i], now_us);
		return; /* no room: it is busy */
	} while (count == CHECKER_ORDERS);
}

void asker_step(struct asker *asker, struct farm *farm, int64_t now_us)
{
	char error[240];

	reap(asker, &farm->probes, now_us);
	if (asker->pid > 0 && !asker->is_dying && !asker->is_replaced &&
	    (asker->is_ready ? probes_are_overdue(&farm->probes, now_us)
			     : now_us >= asker->ready_by_us)) {
		asker->is_dying = true;
		kill(asker->pid, SIGKILL);
		forget_running(asker, &farm->probes, now_us);
	}
	if (farm->probes.count == 0)
		return;
	if (asker->pid == 0 && now_us >= asker->again_us &&
	    start(asker, farm->settings, now_us, error, sizeof(error)) < 0) {
		if (!asker->is_told)
			fprintf(stderr, "twinbeat-director: %s\n", error);
		asker->is_told = true;
		plan_restart(asker, now_us);
	}
	if (asker->is_ready && !asker->is_dying && !asker->is_replaced)
		give(asker, farm, now_us);
}

/* D2: once for each silence. */
static void doubt_its_way(const struct farm *farm, struct probe *probe,
			  const struct checker_answer *answer)
{
	bool was_silent = probe->is_silent;

	probe->is_silent =
		answer->result == CHECK_FAILED_L4 && answer->is_heard == 0;
	if (probe->is_silent && !was_silent)
		neighbour_doubt(&farm->ips[probe->address]);
}

static void take(struct asker *asker, struct farm *farm,
		 struct checker_answer *answer, int64_t now_us)
{
	unsigned index = answer->id & 0xffff;
	struct probe *probe = &farm->list[index];

	if (index >= farm->probes.count || !probe->is_running ||
	    answer->id >> 16 != (asker->round & 0xffff) ||
	    answer->result > CHECK_UNASKED || answer->percent > 100)
		return;
	answer->text[sizeof(answer->text) - 1] = '\0';
	snprintf(probe->text, sizeof(probe->text), "%s", answer->text);
	probe->took_us = answer->took_us;
	probe->connected_us = answer->connected_us;
	probe->tls_us = answer->tls_us;
	probe->first_byte_us = answer->first_byte_us;
	if (answer->result == CHECK_UNASKED) {
		probe_unasked(&farm->probes, probe, now_us);
	} else if (probe->place == PROBE_IS_AGENT) {
		farm_take_agent(farm, probe, answer->said, answer->percent,
				now_us);
	} else {
		doubt_its_way(farm, probe, answer);
		farm_take_result(farm, probe, (enum check_result)answer->result,
				 answer->percent, answer->is_heard != 0,
				 now_us);
	}
	asker->back_off_us = BACK_OFF_FIRST_US;
}

static void asker_is_there(struct asker *asker)
{
	asker->is_ready = true;
	asker->is_told = false;
}

bool asker_read(struct asker *asker, struct farm *farm, int64_t now_us)
{
	struct checker_answer answers[CHECKER_ANSWERS];
	bool any = false;
	size_t size = sizeof(answers);

	/* behind one that is not full there is mostly no other */
	for (unsigned i = 0; i < MESSAGES_A_TURN && asker->socket >= 0 &&
			     size == sizeof(answers);
	     i++) {
		if (message_receive_some(asker->socket, answers,
					 sizeof(answers[0]), sizeof(answers),
					 &size) != MESSAGE_OK)
			break;
		for (size_t k = 0; k < size / sizeof(answers[0]); k++)
			if (answers[k].id == CHECKER_READY)
				asker_is_there(asker);
			else
				take(asker, farm, &answers[k], now_us);
		any = true;
	}
	return any;
}

int64_t asker_due_us(const struct asker *asker, const struct farm *farm)
{
	if (farm->probes.count == 0)
		return INT64_MAX;
	if (asker->pid == 0)
		return asker->again_us;
	if (asker->is_dying || asker->is_replaced)
		return INT64_MAX; /* its pidfd will tell */
	return asker->is_ready ? probes_due_us(&farm->probes)
			       : asker->ready_by_us;
}
