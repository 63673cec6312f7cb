/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A notice as JSON, variables, words, a mail; the signature of a webhook. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/notice/notice.h"
#include "../../src/notifier/letter.h"

static struct notice make(const char *event)
{
	struct notice notice = {.seq = 7, .boottime_ms = 1234};

	strcpy(notice.run, "9f2c41aa");
	strcpy(notice.at, "2026-11-29T03:04:05Z");
	strcpy(notice.pair, "web");
	strcpy(notice.node, "lb01");
	strcpy(notice.peer, "lb02");
	strcpy(notice.event, event);
	return notice;
}

static struct notice make_state(const char *event, const char *state)
{
	struct notice notice = make(event);

	strcpy(notice.kind, "instance");
	strcpy(notice.instance, "VI_1");
	strcpy(notice.from, "BACKUP");
	strcpy(notice.to, state);
	strcpy(notice.state, state);
	strcpy(notice.proof, strcmp(state, "MASTER") == 0 ? "fenced" : "");
	strcpy(notice.reason, "VI_1: BACKUP -> MASTER: \"quoted\" \\");
	notice.priority = 150;
	return notice;
}

static struct notice make_alert(const char *event, const char *alert)
{
	struct notice notice = make(event);

	strcpy(notice.kind, "alert");
	strcpy(notice.alert, alert);
	strcpy(notice.to, event + 6);
	snprintf(notice.reason, sizeof(notice.reason), "serial is silent");
	return notice;
}

static void test_json_reads_back_as_the_same(void **state)
{
	struct notice notice = make_state("master", "MASTER"), back;
	char text[NOTICE_JSON_MAX];
	size_t size = notice_encode(&notice, text, sizeof(text));

	(void)state;
	assert_int_equal(size, strlen(text));
	assert_non_null(strstr(text, "\"seq\":7"));
	assert_non_null(strstr(text, "\"alert\":null"));
	assert_true(notice_decode(text, size, &back));
	assert_memory_equal(&notice, &back, sizeof(notice));
	/* no room, and what is none */
	assert_int_equal(notice_encode(&notice, text, 100), 0);
	assert_false(notice_decode("{}", 2, &back));
	assert_false(notice_decode("{\"seq\":-1,\"event\":\"x\"}", 22, &back));
	assert_false(notice_decode("[[[[", 4, &back));
	assert_false(notice_decode("{\"seq\":1}", 9, &back));
}

static void test_the_largest_notice_has_room(void **state)
{
	char text[NOTICE_JSON_MAX];
	struct notice notice;

	(void)state;
	memset(&notice, 'x', sizeof(notice));
	notice.seq = UINT32_MAX;
	notice.boottime_ms = INT64_MAX;
	notice.priority = 255;
#define END(field) notice.field[sizeof(notice.field) - 1] = '\0'
	END(run), END(at), END(pair), END(node), END(peer), END(event);
	END(kind), END(instance), END(from), END(to), END(proof), END(alert);
	END(state), END(service), END(server), END(address), END(reason);
#undef END
	assert_true(notice_encode(&notice, text, sizeof(text)) > 0);
}

static void test_variables_of_a_state_and_of_an_alert(void **state)
{
	struct notice notice = make_state("master", "MASTER");
	char room[NOTICE_ROOM], *list[NOTICE_VARIABLES_MAX + 1];
	unsigned count = notice_variables(&notice, room, list);
	unsigned found = 0;

	(void)state;
	assert_null(list[count]);
	for (unsigned i = 0; i < count; i++)
		found += strcmp(list[i], "TWINBEAT_EVENT=master") == 0 ||
			 strcmp(list[i], "TWINBEAT_STATE=MASTER") == 0 ||
			 strcmp(list[i], "TWINBEAT_PROOF=fenced") == 0 ||
			 strcmp(list[i], "TWINBEAT_PRIORITY=150") == 0 ||
			 strcmp(list[i], "TWINBEAT_SEQUENCE=7") == 0;
	assert_int_equal(found, 5);
	notice = make_alert("alert-raised", "link-down");
	count = notice_variables(&notice, room, list);
	for (unsigned i = 0; i < count; i++)
		assert_int_not_equal(strncmp(list[i], "TWINBEAT_STATE", 14), 0);
}

static void test_keepalived_is_told_of_states_alone(void **state)
{
	struct notice notice = make_state("fault", "FAULT");
	struct notice_arguments words;

	(void)state;
	assert_true(notice_keepalived(&notice, &words));
	assert_string_equal(words.type, "INSTANCE");
	assert_string_equal(words.name, "VI_1");
	assert_string_equal(words.state, "FAULT");
	assert_string_equal(words.priority, "150");
	notice = make_alert("alert-cleared", "link-down");
	assert_false(notice_keepalived(&notice, &words));
	notice = make("fence-started");
	assert_false(notice_keepalived(&notice, &words));
	assert_int_equal(notice_class(&notice), NOTIFY_FENCE);
}

static const char *variable_of(char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strncmp(*list, name, strlen(name)) == 0)
			return *list + strlen(name);
	return "";
}

static void test_a_server_and_a_quorum_are_told_by_name(void **state)
{
	static const struct {
		const char *event;
		uint32_t class;
		int priority;
	} events[] = {{"server-up", NOTIFY_SERVER_UP, 5},
		      {"server-down", NOTIFY_SERVER_DOWN, 4},
		      {"quorum-up", NOTIFY_QUORUM_UP, 5},
		      {"quorum-down", NOTIFY_QUORUM_DOWN, 4}};
	char *list[NOTICE_VARIABLES_MAX + 1], room[NOTICE_ROOM], line[400];
	struct settings_notify notify = {.on = NOTIFY_USUAL};
	struct notice_arguments words;
	struct settings_told told;
	struct notice notice;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		notice = make(events[i].event);
		assert_int_equal(notice_class(&notice), events[i].class);
		assert_int_equal(notice_priority(&notice), events[i].priority);
		assert_false(notice_keepalived(&notice, &words));
		told = notice_told(&notice);
		assert_false(settings_notify_wants(&notify, &told));
	}
	notice = make("server-down");
	strcpy(notice.instance, "VI_1");
	strcpy(notice.service, "web");
	strcpy(notice.server, "web1");
	strcpy(notice.address, "192.0.2.21");
	strcpy(notice.reason, "web/web1 is down: http 503");
	notice_variables(&notice, room, list);
	assert_string_equal(variable_of(list, "TWINBEAT_SERVICE="), "web");
	assert_string_equal(variable_of(list, "TWINBEAT_SERVER="), "web1");
	assert_string_equal(variable_of(list, "TWINBEAT_ADDRESS="),
			    "192.0.2.21");
	notice_headline(&notice, line, sizeof(line));
	assert_string_equal(line, "server-down: web/web1 is down: http 503");
	told = notice_told(&notice);
	notify.on = NOTIFY_SERVERS;
	assert_true(settings_notify_wants(&notify, &told));
	strcpy(notify.service, "web");
	strcpy(notify.server, "web1");
	assert_true(settings_notify_wants(&notify, &told));
	strcpy(notify.server, "web2");
	assert_false(settings_notify_wants(&notify, &told));
	strcpy(notify.server, "");
	strcpy(notify.service, "mail");
	assert_false(settings_notify_wants(&notify, &told));
}

/* ---- the mail ---- */

static char mail[LETTER_MAX + 1];

static void write_mail(const struct notice *notices, unsigned count,
		       uint64_t lost)
{
	const char *texts[1024];
	struct letter letter = {.from = "lb@example.net",
				.to = "ops@example.net",
				.pair = "web",
				.node = "lb01",
				.date = "Sun, 29 Nov 2026 03:04:05 +0000",
				.texts = texts,
				.count = count,
				.given = count,
				.lost = lost};
	char *room = malloc(count * NOTICE_JSON_MAX);
	size_t size;

	assert_non_null(room);
	for (unsigned i = 0; i < count; i++) {
		texts[i] = room + i * NOTICE_JSON_MAX;
		assert_true(notice_encode(&notices[i],
					  room + i * NOTICE_JSON_MAX,
					  NOTICE_JSON_MAX) > 0);
	}
	size = letter_write(&letter, mail);
	assert_true(size < LETTER_MAX);
	mail[size] = '\0';
	free(room);
}

static void test_one_event_is_its_subject(void **state)
{
	struct notice notice = make_alert("alert-cleared", "link-down");

	(void)state;
	write_mail(&notice, 1, 0);
	assert_non_null(strstr(mail, "Subject: [twinbeat web] lb01: RESOLVED "
				     "link-down: serial is silent\r\n"));
	assert_non_null(strstr(mail, "To: <ops@example.net>\r\n"));
	assert_non_null(strstr(mail, "\r\n\r\n2026-11-29T03:04:05Z #7 RES"));
	assert_non_null(strstr(mail, "Resolved here: 1\r\n"));
	assert_null(strstr(mail, "not resolved yet"));
}

static void test_a_storm_has_a_count_and_what_stands(void **state)
{
	static struct notice notices[1000];

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		notices[i] =
			make_alert(i % 2 ? "alert-cleared" : "alert-raised",
				   i < 998 ? "link-down" : "disagree");
		notices[i].seq = i + 1;
	}
	strcpy(notices[999].event, "alert-raised");
	strcpy(notices[999].alert, "split-brain");
	write_mail(notices, 1000, 24);
	assert_non_null(strstr(mail, "lb01: 1000 events; ALERT split-brain"));
	assert_non_null(strstr(mail, "24 events before these could not"));
	assert_non_null(strstr(mail, "... 900 events more ..."));
	assert_non_null(strstr(mail, " #50 "));
	assert_null(strstr(mail, " #51 "));
	assert_null(strstr(mail, " #950 "));
	assert_non_null(strstr(mail, " #951 "));
	assert_non_null(strstr(mail, " #1000 "));
	assert_non_null(strstr(mail, "not resolved yet: disagree split-brain"));
	assert_non_null(strstr(mail, "Resolved here: 499"));
}

static void test_no_text_forges_a_header_or_a_line(void **state)
{
	struct notice notice = make_alert("alert-raised", "link-down");

	(void)state;
	strcpy(notice.reason, "a\r\nBcc: x@y\r\n.\r\nz\xc3\xa4");
	write_mail(&notice, 1, 0);
	assert_null(strstr(mail, "\nBcc"));
	assert_non_null(strstr(mail, "a??Bcc: x@y??.??z??\r\n"));
}

static void test_the_signature_is_hmac_sha256(void **state)
{
	char signature[SIGNATURE_TEXT_MAX];

	(void)state;
	/* RFC 4231, test case 2 */
	webhook_sign("Jefe", "what do ya want for nothing?", signature);
	assert_string_equal(signature,
			    "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2"
			    "739839dec58b964ec3843");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_reads_back_as_the_same),
		cmocka_unit_test(test_the_largest_notice_has_room),
		cmocka_unit_test(test_variables_of_a_state_and_of_an_alert),
		cmocka_unit_test(test_keepalived_is_told_of_states_alone),
		cmocka_unit_test(test_a_server_and_a_quorum_are_told_by_name),
		cmocka_unit_test(test_one_event_is_its_subject),
		cmocka_unit_test(test_a_storm_has_a_count_and_what_stands),
		cmocka_unit_test(test_no_text_forges_a_header_or_a_line),
		cmocka_unit_test(test_the_signature_is_hmac_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
