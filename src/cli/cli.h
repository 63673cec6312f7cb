/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_H
#define CLI_H
/*
 * What the commands of twinbeat(8) share: where things are, the table of
 * commands, how options are read, how an error is said. Exit codes and the
 * command line are fixed by the design, section 6: scripts rely on them.
 */
#include <stdbool.h>
#include <stddef.h>

enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,	     /* refused, or tried and failed, or not known */
	CLI_USAGE = 2,	     /* the command line makes no sense */
	CLI_UNREACHABLE = 3, /* no daemon answers */
	/* status --check alone */
	CLI_ALERTS = 4,	    /* served, and something wants to be looked at */
	CLI_NO_STANDBY = 5, /* served, and nobody could take over */
	CLI_NOT_SERVED = 6, /* by nobody, or by both */
};

/* The options before the command. */
struct cli {
	const char *run_dir;
	const char *state_dir;
	const char *file; /* -c, or the default */
	const char *node; /* --node, or NULL: the host name decides */
	const char *command;
	const struct command *entry;
};

struct command {
	const char *name;
	const char *usage;   /* what follows the name, "" = nothing */
	const char *summary; /* one line for the list of commands */
	const char *help;    /* the rest of COMMAND --help, ends in newline */
	int (*run)(const struct cli *cli, int argc, char **argv);
};

/* An option of one command: either a flag or one with a value. */
struct cli_option {
	const char *name; /* "--yes" */
	bool *flag;
	const char **value;
};

/*
 * Reads the words after the command: options in any place, at most
 * operand_max others. Returns -1 to go on, else the exit code: --help was
 * asked for and printed, or an error was said. argv[0] is the command.
 */
int cli_parse(const struct cli *cli, int argc, char **argv,
	      const struct cli_option *options, unsigned option_count,
	      const char **operands, unsigned operand_max,
	      unsigned *operand_count);

/* "twinbeat: COMMAND: sentence" on stderr. Control characters become '?'. */
void cli_error(const struct cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "; say it as root" where that would have helped, else "". */
const char *cli_as_root(int error);

int command_status(const struct cli *cli, int argc, char **argv);
int command_fence(const struct cli *cli, int argc, char **argv);
int command_confirm(const struct cli *cli, int argc, char **argv);
int command_handover(const struct cli *cli, int argc, char **argv);
int command_standby(const struct cli *cli, int argc, char **argv);
int command_online(const struct cli *cli, int argc, char **argv);
int command_reload(const struct cli *cli, int argc, char **argv);
int command_push(const struct cli *cli, int argc, char **argv);
int command_maintenance(const struct cli *cli, int argc, char **argv);
int command_answer(const struct cli *cli, int argc, char **argv);
int command_director(const struct cli *cli, int argc, char **argv);
int command_check(const struct cli *cli, int argc, char **argv);
int command_history(const struct cli *cli, int argc, char **argv);
int command_import(const struct cli *cli, int argc, char **argv);
int command_timeline(const struct cli *cli, int argc, char **argv);
int command_watch(const struct cli *cli, int argc, char **argv);
int command_doctor(const struct cli *cli, int argc, char **argv);
int command_metrics(const struct cli *cli, int argc, char **argv);
int command_keygen(const struct cli *cli, int argc, char **argv);
#endif
