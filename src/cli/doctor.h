/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H
/*
 * twinbeat doctor: what could fail tonight, one finding per check. doctor.c
 * asks the settings and the daemon and prints; doctor_machine.c looks at the
 * machine. Nothing is changed and nothing sent, so it may run at any time.
 */
#include <jansson.h>

#include "../settings/settings.h"

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARN, DOCTOR_BAD };

struct doctor {
	json_t *findings; /* {"check", "verdict", "text", "remedy"} */
	enum doctor_verdict worst;
};

/* remedy: what to do, "" where all is well. */
void doctor_say(struct doctor *doctor, enum doctor_verdict verdict,
		const char *check, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Other programs that want the addresses or the port, clock, files. */
void doctor_machine(struct doctor *doctor, const struct settings *settings);
/* Of the daemon of this number: does it run as it wants to? */
void doctor_process(struct doctor *doctor, const struct settings *settings,
		    int pid);
#endif
