/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLIENT_CONTROL_CLIENT_H
#define CLIENT_CONTROL_CLIENT_H
/*
 * One question to the daemon over its control socket (ipc/control_msg.h), for
 * every program that asks: twinbeat(8), check_twinbeat, the exporter. Every
 * wait has an end, and nothing is printed: the caller says what went wrong.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define CLIENT_ERROR_MAX 400

enum client_result {
	CLIENT_OK,	    /* there is a last line, whatever it says */
	CLIENT_FORBIDDEN,   /* this user may not ask */
	CLIENT_UNREACHABLE, /* nobody answers */
	CLIENT_BROKEN,	    /* the answer broke off or makes no sense */
};

/* Who is told while the answer is on its way. Any function may be NULL. */
struct client_listener {
	void (*step)(void *context, json_t *line); /* {"step","elapsed_ms"} */
	void (*tick)(void *context);		   /* ten times a second */
	bool (*is_stopped)(void);		   /* true: wait no longer */
	void *context;
	int silence_ms;	    /* the longest time without a line */
	const char *socket; /* in the run directory; NULL: the daemon's */
};

/*
 * Sends request (a new reference, taken) and waits for the last line, given
 * in *answer as a new reference. Else *answer is NULL, and error has a
 * sentence.
 */
enum client_result client_request(const char *run_dir, json_t *request,
				  const struct client_listener *listener,
				  json_t **answer,
				  char error[CLIENT_ERROR_MAX]);

/* The status object as a new reference; else NULL, and error says why. */
json_t *client_fetch_status(const char *run_dir, int wait_ms,
			    enum client_result *result,
			    char error[CLIENT_ERROR_MAX]);

/*
 * What twinbeat-director knows of services and servers, as a new reference;
 * NULL where there is none (then at once, and *is_there is false) or it does
 * not answer. is_there may be NULL.
 */
json_t *client_fetch_director(const char *run_dir, int wait_ms, bool *is_there);

/* Members with a default, for objects that a daemon sent. */
const char *client_string(const json_t *object, const char *key);
int64_t client_number(const json_t *object, const char *key, int64_t absent);
bool client_true(const json_t *object, const char *key);
#endif
