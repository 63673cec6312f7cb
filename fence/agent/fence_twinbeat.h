/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FENCE_AGENT_FENCE_TWINBEAT_H
#define FENCE_AGENT_FENCE_TWINBEAT_H
/*
 * fence_twinbeat_NAME: a driver of ours as a fence agent of ClusterLabs, for
 * Pacemaker. What its files share; FenceAgentAPI.md of fence-agents is what
 * they obey. Which driver it is makes no difference here: its parameters are
 * the rows of its settings, and struct driver_agent says how they are called.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../drivers/driver.h"

/* The parameters that every agent has; the driver's come after them. */
enum parameter_id {
	P_ACTION,
	P_PASSWORD,
	P_PASSWORD_SCRIPT,
	P_PLUG,
	P_PLUG_SEPARATOR,
	P_PLUGS,
	P_SEPARATOR,
	P_DELAY,
	P_POWER_TIMEOUT,
	P_VERBOSE,
	P_VERBOSE_LEVEL,
	P_QUIET,
	P_NODENAME,
	P_VERSION,
	P_HELP,
	P_DRIVER,
	PARAMETERS_MAX = P_DRIVER + 64
};

enum parameter_type {
	TYPE_STRING,
	TYPE_INTEGER,
	TYPE_SECOND,
	TYPE_BOOLEAN,
	TYPE_SELECT
};

struct parameter {
	const char *name;     /* on stdin; on the command line - for _ */
	const char *obsolete; /* its older name, or NULL */
	char letter;	      /* on the command line, or 0 */
	enum parameter_type type;
	bool required, hidden;
	const char *text;	    /* default, or NULL */
	uint32_t min, max;	    /* INTEGER; SECOND in milliseconds */
	const char *const *choices; /* SELECT, ends with NULL; "" is none */
	const char *about;
	const char *open; /* what it is when left out, in words; or NULL */
	const struct setting_row *row; /* of the driver's; else NULL */
};

/* What this driver's agent takes; one whose name is NULL: it does not. */
extern struct parameter parameters[PARAMETERS_MAX];
extern unsigned parameter_count;
/* Fills them in. */
void parameters_make(const struct driver *driver);
/* The i-th as they are shown, the driver's after the action; NULL: no more. */
const struct parameter *parameter_shown(unsigned i);
/* The parameter of a key of the driver's; NULL: there is none, and then
 * whether the key counts as given. */
const struct parameter *parameter_of_key(const char *key);
/* By what a number of a parameter is multiplied for its row. */
uint32_t parameter_row_scale(const struct setting_row *row);
bool parameter_is_fixed(const struct driver *driver, const char *key);

/* What one run of the agent was told. */
struct given {
	const struct driver *driver;
	const char *name;	      /* of the agent, as it was called */
	char *values[PARAMETERS_MAX]; /* as given, NULL = not */
	char *other_plug; /* a second one, not the same; NULL = none */
	unsigned unknown; /* options that nobody knows */
	char first_unknown[64];
};

/*
 * With arguments from them, without from stdin to its end; 0, or -1 and it was
 * said why on stderr. Unknown options on stdin are ignored and counted, as the
 * API demands; one option with two values is an error. argv[0] or --driver says
 * which driver.
 */
int parameters_read(struct given *given, int argc, char **argv);

/* Gives the values back. */
void parameters_free(struct given *given);

/* The value that counts: as given, else the default, else NULL. */
const char *parameter_text(const struct given *given, enum parameter_id id);

bool parameter_is_true(const struct given *given, enum parameter_id id);

/* 0 and the value, or -1 with a sentence. SECOND comes in milliseconds. */
int parameter_number(const struct given *given, enum parameter_id id,
		     uint32_t *value, char *error, size_t error_size);
int parameter_choice(const struct given *given, enum parameter_id id,
		     uint32_t *index, char *error, size_t error_size);

/*
 * Keeps the password for the driver, which asks for it by
 * settings_load_password(). May run password_script, and waits for it. 0, or
 * -1 with a sentence.
 */
int password_keep(const struct given *given, char *error, size_t error_size);

/* Metadata and help, on stdout. */
void metadata_print(const struct given *given);
void help_print(const struct given *given);

/*
 * The settings that a fencer would have: one device, the plugs named in
 * separators of P_PLUG_SEPARATOR (plugs NULL: those given). 0, or -1 with a
 * sentence.
 */
int target_fill(const struct given *given, const char *plugs,
		struct settings *settings, char *error, size_t error_size);
#endif
