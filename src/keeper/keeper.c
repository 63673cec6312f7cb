/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-keeper: the only process that writes addresses. It adds them with a
 * permit, lets them live only while the main process ticks, removes and checks
 * them, and carries out the last will when the main process has died.
 *
 * It decides nothing about the pair. Nothing from the socket, the kernel or an
 * operator ends it; only KEEPER_QUIT and the end of the main process do.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/privileges.h"
#include "../base/realtime.h"
#include "../base/signals.h"
#include "keeper.h"
#include "../base/standard_fds.h"

/* Above the main process: its ticks and its end must be seen at once. */
#define PRIORITY	20
#define RETRY_MS	50
#define LEFT_OVER_TRIES 5

static void keeper_link(void *arg, const struct netlink_link *link)
{
	interface_change(arg, link);
}

static void keeper_gone(void *arg, const struct netlink_address *address,
			uint32_t port, const struct nlmsghdr *notice)
{
	mend_gone(arg, address, port, notice);
}

static void keeper_came(void *arg, const struct netlink_address *address,
			uint32_t port)
{
	alien_came(arg, address, port);
}

void keeper_take_notices(struct keeper *keeper)
{
	const struct netlink_visitor visitor = {.link = keeper_link,
						.came = keeper_came,
						.gone = keeper_gone,
						.arg = keeper};
	int result = netlink_watch(&keeper->netlink, &visitor);

	keeper->watch_more = result == 1;
	if (result < 0) {
		mend_after_loss(keeper);
		alien_look(keeper);
	}
}

/* KEEPER_QUIT: all gone and checked, each told, then the end. */
static void quit(struct keeper *keeper)
{
	struct sweep sweep;

	for (unsigned i = 0; i < keeper->settings->instance_count; i++)
		if (keeper->instances[i].is_wanted)
			hold_release(keeper, i);
	if (sweep_everything(keeper, &sweep)) {
		keeper_take_notices(keeper);
		promote_restore(keeper);
		event_flush(keeper);
		exit(0);
	}
	keeper_log("cannot end: %s", sweep.text);
	keeper->quit_at_us = clock_now_us() + RETRY_MS * MS_US;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When there is something to do even if nothing happens. */
static void time_left(const struct keeper *keeper, struct timespec *left)
{
	int64_t deadline_us = earliest(
		earliest(hold_deadline_us(keeper), mend_deadline_us(keeper)),
		earliest(announce_deadline_us(keeper),
			 earliest(alien_deadline_us(keeper),
				  answer_deadline_us(keeper))));
	int64_t us;

	deadline_us = earliest(deadline_us, earliest(keeper->interfaces_us,
						     keeper->left_routes_us));
	if (keeper->is_quitting)
		deadline_us = earliest(deadline_us, keeper->quit_at_us);
	if (keeper->watch_more || keeper->tick_due)
		deadline_us = 0;
	us = deadline_us - clock_now_us();
	if (us < 0)
		us = 0;
	if (us > 60 * (int64_t)SECOND_US)
		us = 60 * (int64_t)SECOND_US;
	left->tv_sec = us / SECOND_US;
	left->tv_nsec = us % SECOND_US * 1000;
}

/* One wake-up. The order matters: death first, then the main process's word,
 * then what the kernel did, then what follows from all that. */
static void turn(struct keeper *keeper)
{
	struct pollfd polled[] = {
		{.fd = KEEPER_FD_MAIN, .events = POLLIN},
		{.fd = keeper->socket_closed ? -1 : KEEPER_FD_SOCKET,
		 .events = POLLIN},
		{.fd = keeper->netlink.watch_fd, .events = POLLIN},
	};
	struct timespec left;

	if (keeper->waiting > 0)
		polled[1].events |= POLLOUT;
	time_left(keeper, &left);
	/* What it says is not used: every source is read, none blocks. */
	(void)ppoll(polled, sizeof(polled) / sizeof(polled[0]), &left, NULL);
	keeper->now_us = clock_now_us();
	keeper->knows_routing = false;
	keeper->is_late =
		keeper->lease_us > 0 &&
		keeper->now_us - keeper->turn_us > keeper->lease_us / 2;
	keeper->turn_us = keeper->now_us;
	if (main_has_ended(keeper))
		will_execute(keeper);
	event_flush(keeper);
	requests_take(keeper);
	keeper_take_notices(keeper);
	interfaces_work(keeper);
	interfaces_tell(keeper);
	if (keeper->tick_due && !keeper->watch_more)
		hold_tick(keeper);
	hold_work(keeper);
	mend_work(keeper);
	alien_work(keeper);
	answer_work(keeper);
	announce_work(keeper);
	routes_work(keeper);
	if (keeper->is_quitting && keeper->quit_at_us <= keeper->now_us)
		quit(keeper);
}

/* ---- start ---- */

static void enter_realtime(const struct settings *settings)
{
	unsigned refused = settings->realtime ? realtime_enter(PRIORITY) : 0;

	if (refused != 0)
		keeper_log("no %s%s%s: %s; VIPs may be late under load",
			   refused & REALTIME_PRIORITY ? "real-time priority"
						       : "",
			   refused == (REALTIME_PRIORITY | REALTIME_MEMORY)
				   ? ", no "
				   : "",
			   refused & REALTIME_MEMORY ? "locked memory" : "",
			   strerror(errno));
}

/* R17.1: what stays is told before KEEPER_READY, so that no statement goes out
 * that says otherwise. */
static void tell_left_overs(struct keeper *keeper)
{
	struct sweep sweep;

	for (unsigned i = 0; i < keeper->settings->instance_count; i++)
		if (!sweep_instance(keeper, i, &sweep))
			alien_stays_at_start(keeper, i, sweep.text);
}

/* R8: left-overs go before anything else, whoever added them; until then main
 * hears nothing. */
static void remove_left_overs(struct keeper *keeper)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};
	struct sweep sweep;
	int tries = 0;

	while (!sweep_everything(keeper, &sweep)) {
		keeper_log("left-over addresses are still there: %s",
			   sweep.text);
		if (sweep.is_verified && ++tries >= LEFT_OVER_TRIES) {
			tell_left_overs(keeper);
			break;
		}
		if (main_has_ended(keeper))
			will_execute(keeper);
		nanosleep(&pause, NULL);
	}
}

/* What a pair of so many instances and addresses does not use. */
static void give_back(struct keeper *keeper)
{
	unsigned instances = keeper->settings->instance_count;
	unsigned addresses = keeper->settings->address_count;

	realtime_give_back(&keeper->instances[instances],
			   (INSTANCES_MAX - instances) *
				   sizeof(keeper->instances[0]));
	realtime_give_back(&keeper->aliens[instances],
			   (INSTANCES_MAX - instances) *
				   sizeof(keeper->aliens[0]));
	realtime_give_back(&keeper->addresses[addresses],
			   (ADDRESSES_MAX - addresses) *
				   sizeof(keeper->addresses[0]));
}

static int start(struct keeper *keeper, char *error, size_t error_size)
{
	const struct keeper_event ready = {.type = KEEPER_READY};

	keeper->lease_us = keeper->settings->lease_s * (int64_t)SECOND_US;
	addresses_prepare(keeper);
	aliens_prepare(keeper);
	will_prepare(keeper);
	for (unsigned i = 0; i < INSTANCES_MAX; i++)
		announce_stop(keeper, i);
	if (interfaces_prepare(keeper) != 0) {
		snprintf(error, error_size, "no memory");
		return -1;
	}
	if (netlink_open(&keeper->netlink, keeper->has_v6, error, error_size) !=
	    0)
		return -1;
	if (vip_look_open(&keeper->look) != 0)
		keeper_log("the kernel cannot be asked for its routes: what a "
			   "dump of addresses shows is all that is known");
	if (announce_open(keeper) != 0) {
		snprintf(error, error_size,
			 "cannot open a packet socket for gratuitous ARP: %s%s",
			 strerror(errno),
			 errno == EPERM ? " (needs CAP_NET_RAW)" : "");
		return -1;
	}
	if (interfaces_look(keeper) != 0) {
		snprintf(error, error_size,
			 "the kernel does not say which interfaces there are");
		return -1;
	}
	privileges_settle(PRIVILEGES_KEEPER, "twinbeat-keeper");
	enter_realtime(keeper->settings);
	give_back(keeper);
	keeper->now_us = clock_now_us();
	remove_left_overs(keeper);
	routes_remove_left(keeper);
	alien_look(keeper);	   /* what is on lo and does not count */
	realtime_give_back_heap(); /* the list of this machine's addresses */
	event_send(keeper, &ready);
	interfaces_tell(keeper);
	return 0;
}

int main(void)
{
	static struct keeper keeper;
	char error[200];

	standard_fds_open();
	keeper.settings = settings_map(KEEPER_FD_SETTINGS);
	if (keeper.settings == NULL) {
		fprintf(stderr,
			"twinbeat-keeper: no settings on descriptor %d, or "
			"settings that it refuses; it is started by twinbeatd "
			"of the same version, not by hand\n",
			KEEPER_FD_SETTINGS);
		return 2;
	}
	for (int fd = KEEPER_FD_SOCKET; fd <= KEEPER_FD_LOCK; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	/* Main decides; a Ctrl-C or Ctrl-Z on its terminal, or systemd telling
	 * the whole group, must not take the last will away. */
	signals_ignore();
	if (start(&keeper, error, sizeof(error)) != 0) {
		fprintf(stderr, "twinbeat-keeper: %s\n", error);
		return 1;
	}
	keeper.turn_us = clock_now_us();
	for (;;)
		turn(&keeper);
}
