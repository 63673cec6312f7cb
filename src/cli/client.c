/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See client.h: what a command shows while it waits, and how it ends. */
#include "client.h"
#include "text.h"

#define COMMAND_SILENCE_MS 10000
#define STATUS_WAIT_MS	   5000

static void take_step(void *context, json_t *line)
{
	const struct client_watch *watch = context;

	if (watch->progress)
		progress_step(watch->progress, client_string(line, "step"),
			      client_number(line, "elapsed_ms", -1));
	if (watch->steps)
		json_array_append(watch->steps, line);
}

static void take_tick(void *context)
{
	const struct client_watch *watch = context;

	if (watch->progress)
		progress_tick(watch->progress);
}

static int exit_code(enum client_result result)
{
	if (result == CLIENT_OK)
		return CLI_OK;
	return result == CLIENT_BROKEN ? CLI_FAILED : CLI_UNREACHABLE;
}

int client_ask(const struct cli *cli, json_t *request,
	       const struct client_watch *watch, json_t **answer)
{
	struct client_watch used = {0};
	struct client_listener listener = {.step = take_step,
					   .tick = take_tick,
					   .is_stopped = terminal_interrupted,
					   .context = &used,
					   .silence_ms = COMMAND_SILENCE_MS};
	char error[CLIENT_ERROR_MAX] = "";
	enum client_result result;

	if (watch)
		used = *watch;
	listener.socket = used.socket;
	if (used.silence_ms)
		listener.silence_ms = used.silence_ms;
	result =
		client_request(cli->run_dir, request, &listener, answer, error);
	if (used.progress)
		progress_end(used.progress);
	if (result != CLIENT_OK && !used.is_quiet &&
	    !(used.is_interruptible && terminal_interrupted()))
		cli_error(cli, "%s", error);
	return exit_code(result);
}

json_t *client_status(const struct cli *cli, bool is_quiet, int *result)
{
	char error[CLIENT_ERROR_MAX] = "";
	enum client_result got;
	json_t *status =
		client_fetch_status(cli->run_dir, STATUS_WAIT_MS, &got, error);

	if (!status && !is_quiet)
		cli_error(cli, "%s", error);
	*result = exit_code(got);
	return status;
}

int client_tell(const struct cli *cli, json_t *answer)
{
	bool is_ok = client_true(answer, "ok");

	if (is_ok)
		text_wrap(stdout, "", 0, client_string(answer, "text"));
	else
		cli_error(cli, "%s", client_string(answer, "text"));
	json_decref(answer);
	return is_ok ? CLI_OK : CLI_FAILED;
}

int client_run(const struct cli *cli, json_t *request, const char *what)
{
	struct progress progress;
	struct client_watch watch = {.progress = &progress,
				     .silence_ms = 60000};
	json_t *answer;
	int result;

	terminal_catch_interrupt();
	progress_begin(&progress, stdout, what);
	result = client_ask(cli, request, &watch, &answer);
	return result == CLI_OK ? client_tell(cli, answer) : result;
}
