/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CHECKER_CHECK_H
#define CHECKER_CHECK_H
/*
 * One question to one server, from its order to its answer. A kind of check is
 * a file behind struct check_kind; checker.c has the loop, the deadline and the
 * director. Nothing here waits, and nothing that a server sends ends the
 * program or keeps it busy beyond the deadline.
 */
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "answer.h"
#include "../settings/settings.h"

/* The first places to wait at: director, parent, ping for both families. */
#define CHECKER_FIRST 4

/* The same values as enum check_result (director/server.h). */
enum answer {
	ANSWER_PASSED,
	ANSWER_DRAIN,
	ANSWER_WRONG,
	ANSWER_NONE,
	ANSWER_UNASKED
};

struct attempt {
	const struct check_kind *kind; /* NULL: free */
	const struct settings *settings;
	const struct settings_check *check;
	struct checker_order order;
	unsigned place; /* in the checker's list */
	int64_t begun_us, limit_us;
	/* What to wait for; -1: nothing, or its kind has a place of its own. */
	int fd;
	short events;
	bool is_reused; /* it was there before (http.c) */
	bool is_plain;	/* of TCP, bound to nothing: may be kept (socket.c) */
	/* The server is the first to speak: it must know at once that somebody
	 * is there. Said before socket_begin(). */
	bool is_greeted;
	/* Of the kind: */
	void *curl;
	void *list, *route;
	int child;
	unsigned step; /* 0 at first */
	size_t seen, sent;
	union {
		struct search search;
		struct smtp_reply smtp;
		struct http_answer http;
		struct dns_question dns;
		struct {
			char text[AGENT_LINE_MAX];
		} line;
	};
	/* What came of it. */
	struct checker_answer answer;
};

struct check_kind {
	const char *name;
	/* All of these return true when the answer is there. */
	bool (*begin)(struct attempt *attempt);
	bool (*ready)(struct attempt *attempt, short revents);
	/* The deadline has passed: says what was missing. */
	void (*late)(struct attempt *attempt);
	/* Frees what it holds, whatever came of it. */
	void (*end)(struct attempt *attempt);
};

#define CHECK_DECLARE(arg, name, word, like, says)                             \
	extern const struct check_kind check_##word;
CHECK_KINDS(CHECK_DECLARE, )
#undef CHECK_DECLARE
extern const struct check_kind check_https, check_agent;

/* As of this turn of the loop: where the clock is a system call, it costs as
 * much as a check. */
int64_t turn_now_us(void);

/* Returns true, for whoever has nothing more to do. */
bool answer_is(struct attempt *attempt, enum answer answer, bool is_heard,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A step of the answer is reached now, if it was not before. */
void step_is_reached(const struct attempt *attempt, uint32_t *step_us);
/* Its time, for people. */
long long limit_ms(const struct attempt *attempt);

/* ---- socket.c: what the kinds with a socket of their own share ---- */

struct sockaddr_storage;
unsigned socket_address(const struct ip *ip, uint16_t port,
			struct sockaddr_storage *to);
/* Connects, from source (NULL: by the route). True: it has failed, and the
 * answer says so. */
bool socket_begin(struct attempt *attempt, int type, const struct ip *source);
/* Leads through a hidden service of IPVS; false with errno: not allowed. */
bool socket_mark(int fd, uint32_t mark);
/* ANSWER_UNASKED where this node has none left of what asking takes (D5), as
 * errno says: no fault of the server. Else the answer given. */
enum answer answer_unless_lack(int error, enum answer otherwise);
/* The answer is what errno says: nobody is there, or only the network. True. */
bool socket_failed(struct attempt *attempt, int error);
/* It can be written to for the first time, as revents says. True: there is no
 * connection. */
bool socket_has_failed(struct attempt *attempt, short revents);
/* Sends the rest of these bytes. True: all are sent, or it has failed and
 * *failed says so. */
bool socket_say(struct attempt *attempt, const char *bytes, size_t size,
		bool *failed);
/* What is asked once, and then heard: say() once there is a connection, until
 * it has set STEP_READ, and hear() from then on. */
enum { STEP_CONNECT, STEP_SEND, STEP_READ };
bool socket_talk(struct attempt *attempt, short revents,
		 bool (*say)(struct attempt *attempt),
		 bool (*hear)(struct attempt *attempt));
/* As recv(). */
ssize_t socket_hear(struct attempt *attempt, void *bytes, size_t size);
/* Has the server's kernel taken what was sent? Then somebody is there. */
bool socket_is_heard(const struct attempt *attempt);
/* Nothing came within its time; was there a connection? */
void socket_late(struct attempt *attempt, bool is_connected);
void socket_end(struct attempt *attempt);

/* ---- command.c: a process whose exit status is the result ---- */

/* Its pid is attempt->child. True: it cannot be watched. */
bool child_watch(struct attempt *attempt);
/* Has it ended? True; is_exited with its status, else with a signal. */
bool child_has_ended(struct attempt *attempt, bool *is_exited, int *status);
void child_late(struct attempt *attempt);
void child_end(struct attempt *attempt);

/* ---- ping.c: one socket for all ---- */

void ping_begin_all(void);
/* Its places of polled[], 2 of them. */
void ping_wait(struct pollfd *polled);
/* An attempt that has its answer now, or NULL; polled as ping_wait() made it.
 */
struct attempt *ping_next(const struct pollfd *polled);

/* ---- http.c: what is judged with TLS and without ---- */

void http_begin_all(void);
/* The whole answer is there: its status, and whether it has the text. True. */
bool http_judge(struct attempt *attempt, unsigned status,
		const struct http_page *page);
/* As a URL has it: an address of IPv6 in brackets. Returns text. */
const char *http_bracketed(const struct ip *ip, char text[IP_TEXT_MAX + 2]);

/* ---- https.c: what libcurl waits for is waited for here. It is in
 * twinbeat-checker-tls; twinbeat-checker has https_none.c instead ---- */

int https_begin(void);
/* When it wants to go on by its clock; INT64_MAX: not. */
int64_t https_due_us(void);
/* Lets it go on, if it is time. */
void https_step(void);
/* An attempt that has its answer now, or NULL. */
struct attempt *https_next(void);
#endif
