/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat answer (R20): a person's reply to an alert, typed here, or piped in
 * by a gateway of mail or SMS as whatever text came.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../base/code.h"
#include "client.h"
#include "mail_parts.h"

#define TEXT_MAX (1024 * 1024)

/* As it is; else in the parts of a mail that are not for the eye. */
static enum code_found find_reply(const char *text, size_t size,
				  struct code_reply *reply)
{
	enum code_found found = code_find_reply(text, size, reply);
	char *parts = found == CODE_NONE && size > 0 ? malloc(size) : NULL;

	if (parts)
		found = code_find_reply(
			parts, mail_decode_parts(text, size, parts), reply);
	free(parts);
	return found;
}

static bool read_reply(const struct cli *cli, struct code_reply *reply)
{
	char *text = malloc(TEXT_MAX);
	size_t size = text ? fread(text, 1, TEXT_MAX, stdin) : 0;
	enum code_found found = find_reply(text, size, reply);

	/* the rest is read, so that the gateway's pipe does not break */
	while (getchar() != EOF)
		continue;
	free(text);
	if (found == CODE_NONE)
		cli_error(cli, "there is no code with 1, 2 or 3 behind it in "
			       "this text; nothing is done");
	else if (found == CODE_SEVERAL)
		cli_error(cli, "the text has two answers that differ; "
			       "nothing is done");
	return found == CODE_ONE;
}

static bool take_words(const struct cli *cli, const char *code,
		       const char *number, struct code_reply *reply)
{
	char line[80];
	int length = snprintf(line, sizeof(line), "%s %s", code, number);

	if (length < (int)sizeof(line) &&
	    code_find_reply(line, (size_t)length, reply) == CODE_ONE)
		return true;
	cli_error(cli,
		  "\"%.20s %.20s\" is no code of eight letters and digits with "
		  "1, 2 or 3",
		  code, number);
	return false;
}

int command_answer(const struct cli *cli, int argc, char **argv)
{
	bool is_stdin = false;
	const struct cli_option options[] = {{"--stdin", &is_stdin, NULL}};
	const char *words[2] = {NULL, NULL};
	struct code_reply reply;
	unsigned count = 0;
	int result = cli_parse(cli, argc, argv, options, 1, words, 2, &count);

	if (result >= 0)
		return result;
	if (count != (is_stdin ? 0 : 2)) {
		cli_error(cli, "say the code of the alert and 1, 2 or 3; or "
			       "--stdin");
		return CLI_USAGE;
	}
	if (is_stdin && !read_reply(cli, &reply))
		return CLI_FAILED;
	if (!is_stdin && !take_words(cli, words[0], words[1], &reply))
		return CLI_USAGE;
	return client_run(cli,
			  json_pack("{s:s, s:s, s:i}", "command", cli->command,
				    "code", reply.code, "answer",
				    (int)reply.number),
			  "twinbeatd");
}
