/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

/* "--name VALUE". A list of them ends with a name of NULL. */
struct option_value {
	const char *name;
	const char **value; /* set to the argument; keeps its default else */
};

/*
 * The command line of a program that takes such options, --help, -h, --version
 * and nothing else. -1: go on. Else all is said, and it is the exit code: 0, or
 * 2 for what is not understood.
 */
int options_parse(int argc, char **argv, const char *program, const char *help,
		  const struct option_value *options);

#endif
