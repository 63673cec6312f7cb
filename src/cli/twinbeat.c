/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat(8): the operator's hand. This file reads the options before the
 * command, finds the command and runs it; what a command does is in its own
 * file. It never decides anything about the pair: the daemon does, or, when
 * there is none, the person at the keyboard.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/word_distance.h"
#include "../ipc/control_msg.h"
#include "../settings/settings.h"
#include "cli.h"
#include "text.h"
#include "../base/standard_fds.h"

static const struct command commands[] = {
	{"status", "[--json] [--check]", "show the state of the pair",
	 "Shows what this node knows: who serves, the links, the fence path,\n"
	 "and each alert with what to do about it.\n"
	 "  --json   the same as one JSON object, for programs\n"
	 "  --check  only the first line, and the exit status: 0 all well,\n"
	 "           4 served with alerts, 5 served but no standby can take\n"
	 "           over (or it is not heard whether one could), 6 nobody\n"
	 "           is known to serve, or both nodes claim\n",
	 command_status},
	{"fence",
	 "NODE [--action off|on|reboot|status] [--device NAME]\n"
	 "                      [--yes] [--json] [--dry-run]\n"
	 "       twinbeat fence --drill NODE [--wait SECONDS] [--yes] [--json]",
	 "cut the power of NODE, or switch it on",
	 "Switches every plug that feeds NODE and reads each one back.\n"
	 "  --action off     cut the power (the default)\n"
	 "  --action on      switch it on\n"
	 "  --action reboot  off, read back, wait fence.off_ms, on\n"
	 "  --action status  only read the plugs; needs no --yes\n"
	 "  --device NAME    only the plugs of this device\n"
	 "  --yes            do not ask for the node's name to be typed\n"
	 "  --json           one JSON object on stdout instead of steps\n"
	 "  --dry-run        switch nothing: read the plugs, print what would\n"
	 "                   be switched and whether it would prove anything\n"
	 "  --drill          rehearse on the standby: maintenance on both "
	 "nodes,\n"
	 "                   cut, verify, switch on, wait until it is heard; "
	 "never\n"
	 "                   on a node that owns addresses\n"
	 "  --wait SECONDS   with --drill: how long the node may take to boot\n"
	 "                   (600)\n"
	 "Also works without a daemon, from the configuration file alone.\n"
	 "Exit status 0 means that the state was read back.\n",
	 command_fence},
	{"confirm", "NODE [--yes] [--force]",
	 "confirm that NODE is down: its addresses are taken over",
	 "Switches no hardware. Refused while NODE is heard on any link.\n"
	 "If NODE still runs, both nodes will hold the same addresses.\n"
	 "  --yes     do not ask for the node's name to be typed\n"
	 "  --force   also when a plug of NODE reads on\n",
	 command_confirm},
	{"handover", "[--to NODE]",
	 "move the addresses to the other node, by agreement",
	 "What this node owns goes to the peer. If this node owns nothing,\n"
	 "it takes what the peer owns. Nothing is fenced.\n"
	 "  --to NODE  move them to NODE; nothing moves if NODE owns them\n"
	 "             already\n",
	 command_handover},
	{"standby", "", "take this node out of service: it hands over",
	 "Lasts until 'twinbeat online' or a restart of twinbeatd.\n",
	 command_standby},
	{"online", "", "end standby: this node may serve again",
	 "It returns as standby of the peer and takes nothing by itself,\n"
	 "unless it is configured to preempt or the peer is unfit.\n",
	 command_online},
	{"maintenance", "on|off",
	 "suspend automatic fencing and takeover by fencing, on both nodes",
	 "Survives restarts, until 'maintenance off'. Exit status 1: the\n"
	 "peer has not acknowledged, so it may still fence.\n",
	 command_maintenance},
	{"answer", "CODE NUMBER | --stdin",
	 "answer the question of an alert, by the code in it",
	 "1 cut the other node and take over, 2 hold, 3 it is off, by my "
	 "hand:\nas 'confirm'. A code is good once, for its event, until its "
	 "time is\nover.\n"
	 "  --stdin  find both in the text on standard input, as a gateway of\n"
	 "           mail or SMS has it; nothing else in it counts\n"
	 "Exit status 1: nothing was done.\n",
	 command_answer},
	{"director",
	 "[list [SERVICE]] [--stats] [--json]\n"
	 "       twinbeat director drain SERVICE/SERVER [--wait SECONDS] "
	 "[--cut]\n"
	 "       twinbeat director disable|enable SERVICE/SERVER [--wait "
	 "SECONDS]\n"
	 "       twinbeat director weight SERVICE/SERVER PERCENT|auto\n"
	 "       twinbeat director probe SERVICE/SERVER [--json]\n"
	 "       twinbeat director diff [--json]\n"
	 "       twinbeat director flush",
	 "show LVS services and real servers; take a server out, or back",
	 "What is said of a server holds on both nodes, over restarts, "
	 "reloads\n"
	 "and takeovers. Exit status 1: only on this one so far.\n"
	 "  drain    it gets nothing new, its connections go on\n"
	 "  disable  its connections end, too\n"
	 "  enable   as its checks say\n"
	 "  weight   1 to 100 percent of its weight; auto: all of it\n"
	 "  --wait SECONDS\n"
	 "           wait until its last connection has ended; exit status 1 "
	 "if\n"
	 "           one is left then\n"
	 "  --cut    what is left then (without --wait: at once) is ended: it "
	 "is\n"
	 "           disabled\n"
	 "  --stats  also what the kernel has counted for each server\n"
	 "  probe    ask its checks now, and show each step with its time; "
	 "they\n"
	 "           count as always. Exit status 1: one failed\n"
	 "  diff     what the kernel's table lacks; exit status 1 if it does\n"
	 "  flush    where no daemon runs: take out of the kernel what is of\n"
	 "           twinbeat\n"
	 "  --json   as JSON\n",
	 command_director},
	{"reload", "[--force]",
	 "read the settings of this node again, while it runs",
	 "Checks the whole file first, prints each finding as FILE:LINE, and\n"
	 "changes nothing if one is an error. What is the same in the old "
	 "file\n"
	 "and the new goes on undisturbed. Waits while a fence is carried "
	 "out.\n"
	 "  --force  also if this node serves addresses that the new file "
	 "gives "
	 "to\n"
	 "           another instance, so that nobody serves them until the "
	 "other\n"
	 "           node has it, too\n"
	 "Exit status 1: refused, all is as it was.\n",
	 command_reload},
	{"push", "",
	 "send the settings of this node to the other one; both take them",
	 "The file of this node, with all that it includes in place, goes to "
	 "the\n"
	 "other node by a serial or udp link, signed with the pair's key. "
	 "There it\n"
	 "is checked, too; then both nodes take it, or neither. The file "
	 "there\n"
	 "keeps its owner and mode, and what it was is kept as FILE.old.\n"
	 "Who the nodes are, how they are cut off and which way the links go\n"
	 "cannot be pushed; the key is never sent.\n"
	 "Exit status 1: refused, with the findings of both nodes; all is as "
	 "it\n"
	 "was.\n",
	 command_push},
	{"check", "[FILE] [--against FILE|--print|--keys]",
	 "print everything that is wrong with a configuration",
	 "Without FILE: the file of -c, else " SETTINGS_FILE ".\n"
	 "Prints FILE:LINE: error|warning: key: what is wrong, and a count.\n"
	 "Exit status 1 if there is an error.\n"
	 "  --against FILE  print instead each key that differs from the "
	 "other\n"
	 "                  node's file; exit status 1 if there is one\n"
	 "  --print         print instead the whole configuration in force, "
	 "as\n"
	 "                  a file; a comment marks each default\n"
	 "  --keys          print instead all keys, one per line\n",
	 command_check},
	{"import", "FILE [--peer FILE]",
	 "write a keepalived.conf as a twinbeat.conf to standard output",
	 "Imports what keepalived 2.2.7 really runs. What it ignores or\n"
	 "changes, and what twinbeat cannot do, becomes a comment with its\n"
	 "line and the reason; standard error has a summary. The virtual\n"
	 "servers of an ldirectord.cf are imported, too.\n"
	 "  --peer FILE  the other node's keepalived.conf; not needed if one\n"
	 "               file serves both nodes by @host lines\n"
	 "Exit status 1: something that keepalived runs is not imported, the\n"
	 "other node's file is missing, or the import was refused and nothing\n"
	 "was written (three nodes, or two files that do not agree).\n",
	 command_import},
	{"keygen", "FILE", "make a key for the pair; never overwrites",
	 "FILE gets 32 random bytes in hex, mode 0600. Both nodes need the\n"
	 "same key: copy it over a safe channel.\n",
	 command_keygen},
	{"history", "[--json] [-n N]",
	 "show what happened on this node, with reasons, newest last",
	 "State changes, proofs, fences, drills and alerts, from the journal\n"
	 "in the state directory. It survives restarts. No daemon is needed.\n"
	 "  --json   one JSON object per line, for programs\n"
	 "  -n N     only the newest N events (20)\n",
	 command_history},
	{"timeline", "[--since WHEN] [--peer FILE] [--svg FILE]",
	 "draw the last failover: both nodes, links, fence, owner",
	 "From the journal in the state directory, as 'history'. Times are in\n"
	 "milliseconds from where the service ended; the first line says how\n"
	 "long nobody owned the addresses. No daemon is needed.\n"
	 "  --since WHEN   all since then instead: 90s, 10m, 2h, 3d ago, or a\n"
	 "                 time as 2026-11-29T03:12:44Z\n"
	 "  --peer FILE    with the other node's history: its journal, its\n"
	 "                 state directory, or what history --json printed\n"
	 "                 there. The beats that both nodes name place the "
	 "one\n"
	 "                 beside the other; clocks need not agree\n"
	 "  --svg FILE     draw it there instead, - is the standard output\n",
	 command_timeline},
	{"watch", "", "show the state live, until q is pressed",
	 "The picture of 'status' twice a second, in words, as large as the\n"
	 "window; arrows and space show the rest. In a pipe, or with "
	 "TERM=dumb,\n"
	 "a line for each change.\n",
	 command_watch},
	{"doctor", "[--json] [--quick]", "look for what could fail tonight",
	 "A line for each check, with what to do: the settings on this "
	 "machine,\nalerts, links, the fence path and its way, the last "
	 "drill, programs\nthat hold the addresses or the port, too, or start "
	 "at boot, network\nfiles with a virtual address, kernel switches, "
	 "firewall, USB adapter,\nclock, the daemon's priority. For 3 s it "
	 "listens: what the cables\nlose, who else answers for the addresses "
	 "or uses the VRIDs. Changes\nnothing.\n"
	 "  --json    an array of {check, verdict, text, remedy}\n"
	 "  --quick   without the 3 s\n"
	 "Exit status: 0 all is well, 1 something is bad, 4 a warning.\n",
	 command_doctor},
	{"metrics", "[--format openmetrics|prometheus] [--output FILE]",
	 "print the state as metrics, for Prometheus",
	 "Each series has the labels pair and node. Without a daemon there is\n"
	 "only twinbeat_up 0, and exit status 3.\n"
	 "  --output FILE  write FILE, whole or not at all, mode 0644: for "
	 "the\n"
	 "                 textfile collector of node_exporter\n"
	 "  --format F     openmetrics (the default), or prometheus, the "
	 "older\n"
	 "                 text format (the default with --output)\n",
	 command_metrics},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char usage_line[] =
	"usage: twinbeat [--run-dir DIR] [--state-dir DIR] [-c FILE]\n"
	"                [--node NAME] COMMAND ...\n"
	"       twinbeat help [COMMAND]\n";

void cli_error(const struct cli *cli, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	text_clean(line);
	fflush(stdout);
	if (cli && cli->command)
		fprintf(stderr, "twinbeat: %s: %s\n", cli->command, line);
	else
		fprintf(stderr, "twinbeat: %s\n", line);
}

const char *cli_as_root(int error)
{
	return (error == EACCES || error == EPERM) && geteuid() != 0
		       ? "; say it as root"
		       : "";
}

static void print_help(void)
{
	printf("twinbeat %s: a virtual IP on a pair of load balancers, never\n"
	       "on both.\n\n%s\ncommands:\n",
	       TWINBEAT_VERSION, usage_line);
	for (unsigned i = 0; i < COMMANDS; i++)
		printf("  %-12s %s\n", commands[i].name, commands[i].summary);
	printf("\noptions:\n"
	       "  --run-dir DIR    where the daemon's socket is (" RUN_DIR ")\n"
	       "  --state-dir DIR  where its state is (" STATE_DIR ")\n"
	       "  -c FILE          configuration, for check and doctor, and "
	       "for\n"
	       "                   fence without a daemon\n"
	       "                   (" SETTINGS_FILE ")\n"
	       "  --node NAME      which node this is (the host name)\n"
	       "  --version        print the version; the same as -V\n"
	       "All but --version may stand behind the command, too.\n"
	       "\nEach command has --help. Exit status: 0 done, 1 refused or\n"
	       "failed, 2 wrong usage, 3 the daemon cannot be reached;\n"
	       "status --check has more.\n");
}

static void print_command_help(const struct command *command)
{
	printf("usage: twinbeat %s%s%s\n\n%s%c%s.\n\n%s", command->name,
	       command->usage[0] ? " " : "", command->usage, "",
	       command->summary[0] -
		       ('a' <= command->summary[0] && command->summary[0] <= 'z'
				? 'a' - 'A'
				: 0),
	       command->summary + 1, command->help);
}

static const struct cli_option *find_option(const struct cli_option *options,
					    unsigned count, const char *word)
{
	size_t length = strcspn(word, "=");

	for (unsigned i = 0; i < count; i++)
		if (strlen(options[i].name) == length &&
		    !strncmp(options[i].name, word, length))
			return &options[i];
	return NULL;
}

static int unknown_option(const struct cli *cli, const char *word)
{
	cli_error(cli, "there is no option %s, see twinbeat %s --help", word,
		  cli->command);
	return CLI_USAGE;
}

/* One option at argv[*at], perhaps with its value in the next word. */
static int take_option(const struct cli *cli, int argc, char **argv, int *at,
		       const struct cli_option *option)
{
	const char *word = argv[*at], *equals = strchr(word, '=');

	if (option->flag) {
		if (equals) {
			cli_error(cli, "%s takes no value", option->name);
			return CLI_USAGE;
		}
		*option->flag = true;
		return -1;
	}
	if (equals) {
		*option->value = equals + 1;
	} else if (*at + 1 < argc) {
		*option->value = argv[++*at];
	} else {
		cli_error(cli, "%s needs a value", option->name);
		return CLI_USAGE;
	}
	return -1;
}

int cli_parse(const struct cli *cli, int argc, char **argv,
	      const struct cli_option *options, unsigned option_count,
	      const char **operands, unsigned operand_max,
	      unsigned *operand_count)
{
	const struct cli_option *option;
	bool only_operands = false;
	unsigned count = 0;
	int result;

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];

		if (!only_operands && !strcmp(word, "--")) {
			only_operands = true;
		} else if (!only_operands &&
			   (!strcmp(word, "--help") || !strcmp(word, "-h"))) {
			print_command_help(cli->entry);
			return CLI_OK;
		} else if (!only_operands && word[0] == '-' && word[1]) {
			option = find_option(options, option_count, word);
			if (!option)
				return unknown_option(cli, word);
			result = take_option(cli, argc, argv, &i, option);
			if (result >= 0)
				return result;
		} else if (count < operand_max) {
			operands[count++] = word;
		} else {
			cli_error(cli,
				  "'%s' is one word too many, see "
				  "twinbeat %s --help",
				  word, cli->command);
			return CLI_USAGE;
		}
	}
	if (operand_count)
		*operand_count = count;
	return -1;
}

static int unknown_command(const char *word)
{
	unsigned best = 99, at = 0;

	for (unsigned i = 0; i < COMMANDS; i++) {
		unsigned distance = word_distance(word, commands[i].name);

		if (strlen(word) >= 3 &&
		    !strncmp(word, commands[i].name, strlen(word)))
			distance = 0;
		if (distance < best) {
			best = distance;
			at = i;
		}
	}
	if (best <= 2 && best < strlen(word))
		cli_error(NULL, "there is no command '%s'; did you mean '%s'?",
			  word, commands[at].name);
	else
		cli_error(NULL, "there is no command '%s', see twinbeat --help",
			  word);
	return CLI_USAGE;
}

/* The option of all commands at argv[*at], taken. -1 to go on, else the exit
 * code; *found: was there one? */
static int take_common(struct cli *cli, int argc, char **argv, int *at,
		       bool *found)
{
	const struct cli_option options[] = {
		{"--run-dir", NULL, &cli->run_dir},
		{"--state-dir", NULL, &cli->state_dir},
		{"--node", NULL, &cli->node},
		{"-c", NULL, &cli->file},
	};
	const struct cli_option *option = find_option(
		options, sizeof(options) / sizeof(options[0]), argv[*at]);

	*found = option != NULL;
	return option ? take_option(cli, argc, argv, at, option) : -1;
}

/*
 * The options before the command; *at is left at the command. -1 to go on,
 * else the exit code.
 */
static int parse_before(struct cli *cli, int argc, char **argv, int *at)
{
	bool found;
	int result;

	for (*at = 1; *at < argc && argv[*at][0] == '-'; ++*at) {
		const char *word = argv[*at];

		if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
			print_help();
			return CLI_OK;
		}
		if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
			printf("twinbeat %s\n", TWINBEAT_VERSION);
			return CLI_OK;
		}
		result = take_common(cli, argc, argv, at, &found);
		if (result >= 0)
			return result;
		if (!found) {
			cli_error(cli,
				  "there is no option %s before the "
				  "command, see twinbeat --help",
				  word);
			return CLI_USAGE;
		}
	}
	return -1;
}

/* The same options behind the command, where they are typed as well: taken out
 * of argv, so that the command sees its own words alone. */
static int parse_behind(struct cli *cli, int *argc, char **argv)
{
	int kept = 1, result, at;
	bool found;

	for (at = 1; at < *argc && strcmp(argv[at], "--") != 0; at++) {
		char *word = argv[at];

		result = take_common(cli, *argc, argv, &at, &found);
		if (result >= 0)
			return result;
		if (!found)
			argv[kept++] = word;
	}
	while (at < *argc)
		argv[kept++] = argv[at++];
	*argc = kept;
	return -1;
}

static const struct command *find_command(const char *name)
{
	for (unsigned i = 0; i < COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

/* twinbeat help [COMMAND]: the same as --help. */
static int help(int argc, char **argv)
{
	const struct command *command;

	if (argc > 2) {
		cli_error(NULL,
			  "'%s' is one word too many: twinbeat help COMMAND",
			  argv[2]);
		return CLI_USAGE;
	}
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return CLI_OK;
	}
	command = find_command(argv[1]);
	if (command == NULL)
		return unknown_command(argv[1]);
	print_command_help(command);
	return CLI_OK;
}

static int run(struct cli *cli, int argc, char **argv)
{
	int result;

	if (!strcmp(argv[0], "help"))
		return help(argc, argv);
	cli->entry = find_command(argv[0]);
	if (cli->entry == NULL)
		return unknown_command(argv[0]);
	cli->command = cli->entry->name;
	result = parse_behind(cli, &argc, argv);
	return result >= 0 ? result : cli->entry->run(cli, argc, argv);
}

int main(int argc, char **argv)
{
	struct cli cli = {.run_dir = RUN_DIR,
			  .state_dir = STATE_DIR,
			  .file = SETTINGS_FILE};
	int at, result;

	standard_fds_open();
	result = parse_before(&cli, argc, argv, &at);

	if (result < 0 && at >= argc) {
		fputs(usage_line, stderr);
		fputs("twinbeat: a command is missing, see twinbeat --help\n",
		      stderr);
		return CLI_USAGE;
	}
	if (result < 0)
		result = run(&cli, argc - at, argv + at);
	/* A full disk or a closed pipe must not look like success. */
	if (fflush(stdout) && result == CLI_OK) {
		cli_error(&cli, "the answer could not be written to stdout");
		result = CLI_FAILED;
	}
	return result;
}
