/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FENCE_AGENT_FENCE_TWINBEAT_H
#define FENCE_AGENT_FENCE_TWINBEAT_H
/*
 * fence_twinbeat_modbus and fence_twinbeat_ipmi: our drivers as a fence agent
 * of ClusterLabs, for Pacemaker. What its files share; FenceAgentAPI.md of
 * fence-agents is what they obey.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../src/settings/settings.h"

/* Which driver, as a set: a parameter may be for several. */
#define FOR_MODBUS 1u
#define FOR_IPMI   2u
#define FOR_ALL	   (FOR_MODBUS | FOR_IPMI)

/* Every parameter; one row each in fence_twinbeat_parameters.c. */
enum parameter_id {
	P_ACTION,
	P_IP,
	P_IPPORT,
	P_USERNAME,
	P_PASSWORD,
	P_PASSWORD_SCRIPT,
	P_CIPHER,
	P_PRIVLVL,
	P_WORKAROUND,
	P_PLUG,
	P_PLUG_SEPARATOR,
	P_PLUGS,
	P_SEPARATOR,
	P_PROFILE,
	P_UNIT,
	P_BASE,
	P_WRITE_KIND,
	P_WRITE_BASE,
	P_WRITE_ON,
	P_WRITE_OFF,
	P_WRITE_MULTIPLE,
	P_READ_KIND,
	P_READ_BASE,
	P_READ_ON,
	P_READ_OFF,
	P_READ_COUNT,
	P_TRANSACTION_ID,
	P_CURRENT_OFF_BELOW_MA,
	P_CURRENT_KIND,
	P_CURRENT_BASE,
	P_CURRENT_STEP,
	P_CURRENT_WIDTH,
	P_CURRENT_ORDER,
	P_CURRENT_UNIT_UA,
	P_DELAY,
	P_LOGIN_TIMEOUT,
	P_CONNECT_WAIT,
	P_OFF_TIMEOUT,
	P_SHELL_TIMEOUT,
	P_POWER_TIMEOUT,
	P_POWER_WAIT,
	P_STATUS_SLEEP,
	P_VERBOSE,
	P_VERBOSE_LEVEL,
	P_QUIET,
	P_NODENAME,
	P_VERSION,
	P_HELP,
	PARAMETERS
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
	unsigned drivers;
	bool required, hidden;
	const char *text;	    /* default, or NULL */
	uint32_t min, max;	    /* INTEGER; SECOND in milliseconds */
	const char *const *choices; /* SELECT, ends with NULL */
	const char *about;
};
extern const struct parameter parameters[PARAMETERS];

/* What one run of the agent was told. */
struct given {
	unsigned driver;	  /* FOR_MODBUS or FOR_IPMI */
	const char *name;	  /* of the agent, as it was called */
	char *values[PARAMETERS]; /* as given, NULL = not */
	char *other_plug;	  /* a second one, not the same; NULL = none */
	unsigned unknown;	  /* options that nobody knows */
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

/* What a SELECT may be, the i-th; NULL: there are no more. */
const char *parameter_choice_name(enum parameter_id id, unsigned i);

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
