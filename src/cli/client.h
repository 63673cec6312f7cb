/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H
/*
 * What a command of twinbeat(8) does around one question to the daemon
 * (client/control_client.h): the steps shown as they come, an error said.
 */
#include "../client/control_client.h"
#include "cli.h"
#include "terminal.h"

/* What to do while the answer is on its way; all of it may be absent. */
struct client_watch {
	struct progress *progress;
	json_t *steps;	    /* every step is appended: {"step", "elapsed_ms"} */
	int silence_ms;	    /* longest time without a line; 0 = 10 s */
	const char *socket; /* NULL: the daemon's */
	bool is_quiet;	    /* the caller says what failed */
	bool is_interruptible; /* and what an interrupt means */
};

/*
 * Sends request (a new reference, taken) and waits for the last line, given
 * in *answer as a new reference. Returns CLI_OK when there is a last line,
 * whatever it says; else CLI_UNREACHABLE (nobody answers) or CLI_FAILED (the
 * answer broke off, or we were interrupted), *answer NULL and the reason
 * said unless is_quiet.
 */
int client_ask(const struct cli *cli, json_t *request,
	       const struct client_watch *watch, json_t **answer);

/* The status object of the daemon, or NULL with *result as client_ask's. */
json_t *client_status(const struct cli *cli, bool is_quiet, int *result);

/* What twinbeat-director knows of services and servers, a new reference; NULL:
 * there is no director, or it does not answer. */
json_t *director_ask(const struct cli *cli);
/* A line for each service, one for each server that is not plainly up. */
void director_print(const json_t *list);

/* The last sentence of an answer, which it takes; the exit code. */
int client_tell(const struct cli *cli, json_t *answer);

/*
 * Asks, shows the steps and the last sentence: on stdout when it went well,
 * as an error otherwise. Returns the exit code of the program.
 */
int client_run(const struct cli *cli, json_t *request, const char *what);
#endif
