/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's desk: who waits there leaves room for who only asks. */
#include "settings_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/director/desk.h"

#define SEC  INT64_C(1000000)
#define LAST "fence = { required = true; };\n"
#define FARM                                                                   \
	LAST "director = { services = ( { name = \"web\"; instance = "         \
	     "\"VI_1\"; scheduler = \"rr\"; listen = ( { ip = "                \
	     "\"192.0.2.100\"; port = 80; } ); checks = ( { type = \"tcp\"; "  \
	     "} ); servers = ( { name = \"a\"; address = \"192.0.2.21\"; } "   \
	     "); "                                                             \
	     "} ); };\n"
#define DRAIN "{\"command\":\"drain\",\"server\":\"web/a\"}\n"
#define LIST  "{\"command\":\"list\"}\n"

static struct loaded *loaded;
static struct farm farm;
static struct pair pair;
static struct plan plan;
static struct desk desk;
static const struct desk_view view = {
	.farm = &farm, .plan = &plan, .pair = &pair};
static char directory[] = "/tmp/twinbeat-desk-XXXXXX";
static char socket_path[60], words_path[60];
static int64_t now_us = 1000 * SEC;

static int begin(void **state)
{
	(void)state;
	loaded = load_edited(LAST, FARM);
	assert_string_equal(loaded->text, "");
	farm_begin(&farm, &loaded->settings, NULL, now_us);
	pair_begin(&pair);
	pair.peer.counts = true; /* it is heard, and never agrees */
	if (!mkdtemp(directory))
		return -1;
	snprintf(socket_path, sizeof(socket_path), "%s/s", directory);
	snprintf(words_path, sizeof(words_path), "%s/w", directory);
	return desk_begin(&desk, socket_path, words_path);
}

static int end(void **state)
{
	(void)state;
	close(desk.listener);
	unlink(socket_path);
	unlink(words_path);
	rmdir(directory);
	free(loaded);
	return 0;
}

static void turn(void)
{
	struct pollfd polled[1 + DESK_CLIENTS_MAX];

	for (unsigned i = 0; i < 4; i++) {
		poll(polled, desk_poll(&desk, polled), 0);
		desk_turn(&desk, polled, &view, now_us);
		/* whoever runs this test */
		for (unsigned k = 0; k < DESK_CLIENTS_MAX; k++)
			desk.clients[k].may_command = true;
	}
}

static int come(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, socket_path, sizeof(socket_path));
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void say(int fd, const char *request)
{
	turn();
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL),
			 (ssize_t)strlen(request));
	turn();
}

/* "": nothing yet */
static const char *heard(int fd)
{
	static char text[4096];
	ssize_t size = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[size > 0 ? size : 0] = '\0';
	return text;
}

static void test_who_comes_when_eight_wait_is_told_so(void **state)
{
	int waiting[DESK_WAITING_MAX], more;

	(void)state;
	for (unsigned i = 0; i < DESK_WAITING_MAX; i++) {
		waiting[i] = come();
		say(waiting[i], DRAIN);
		assert_string_equal(heard(waiting[i]), "");
	}
	more = come();
	say(more, DRAIN);
	assert_non_null(strstr(heard(more), "nothing is done: 8 others wait"));
	close(more);
	/* how it stands can be asked for all the same */
	more = come();
	say(more, LIST);
	assert_non_null(strstr(heard(more), "\"director\""));
	close(more);
	/* their time is over, and each has an answer */
	now_us += 11 * SEC;
	turn();
	for (unsigned i = 0; i < DESK_WAITING_MAX; i++) {
		assert_non_null(strstr(heard(waiting[i]), "\"here\":true"));
		close(waiting[i]);
	}
	more = come();
	say(more, DRAIN);
	assert_string_equal(heard(more), "");
	close(more);
	now_us += 11 * SEC;
	turn();
}

static void test_who_finds_no_place_waits_for_one(void **state)
{
	int silent[DESK_CLIENTS_MAX], more;

	(void)state;
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++) {
		silent[i] = come();
		turn();
	}
	more = come();
	say(more, LIST);
	assert_string_equal(heard(more), "");
	/* who says nothing loses his place */
	now_us += 6 * SEC;
	turn();
	turn();
	assert_non_null(strstr(heard(more), "\"director\""));
	close(more);
	for (unsigned i = 0; i < DESK_CLIENTS_MAX; i++)
		close(silent[i]);
}

static unsigned asked_for(void)
{
	struct pollfd polled[1 + DESK_CLIENTS_MAX];
	unsigned count = desk_poll(&desk, polled);

	return polled[0].fd >= 0 ? (unsigned)poll(polled, count, 0) : 0;
}

/* Who waits at the door would wake the director over and over. */
static void test_who_comes_when_no_descriptor_is_left_waits(void **state)
{
	/* poll(2) refuses more places than there may be descriptors */
	int held[2 * DESK_CLIENTS_MAX];
	struct rlimit limit, none;
	int more = come();

	(void)state;
	for (unsigned i = 0; i < 2 * DESK_CLIENTS_MAX; i++)
		held[i] = dup(more);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)held[2 * DESK_CLIENTS_MAX - 1] + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	turn();
	assert_int_equal(asked_for(), 0);
	assert_true(desk_due_us(&desk) <= now_us + SEC);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	now_us += SEC;
	turn();
	say(more, LIST);
	assert_non_null(strstr(heard(more), "\"director\""));
	close(more);
	for (unsigned i = 0; i < 2 * DESK_CLIENTS_MAX; i++)
		close(held[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_comes_when_eight_wait_is_told_so),
		cmocka_unit_test(test_who_finds_no_place_waits_for_one),
		cmocka_unit_test(
			test_who_comes_when_no_descriptor_is_left_waits),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
