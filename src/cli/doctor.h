/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H
/*
 * twinbeat doctor: what could fail tonight, one finding per check. doctor.c
 * asks the settings and the daemon and prints; doctor_machine.c, doctor_port.c,
 * doctor_network.c and doctor_listen.c look at the machine, doctor_measure.c at
 * the cables and the network for a few seconds. Nothing is changed, and nothing
 * sent but the question who has a virtual address, so it may run at any time.
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

/* The beginning of a small file, ended by 0; "" = it cannot be read. */
const char *doctor_read(const char *path, char *text, size_t room);

/* Other programs that want the addresses or the port, clock, files. */
void doctor_machine(struct doctor *doctor, const struct settings *settings);
/* The port of the cable (doctor_port.c). */
void doctor_port(struct doctor *doctor, const struct settings *settings);
/* Does udev tell ModemManager to leave it alone? */
bool doctor_port_is_kept(const char *port);
/* Switches of the kernel's network, firewall, the way of a fence. */
void doctor_network(struct doctor *doctor, const struct settings *settings);
/* Programs that listen on a virtual address (doctor_listen.c). */
void doctor_listen(struct doctor *doctor, const struct settings *settings);
/* Of the daemon of this number: does it run as it wants to? */
void doctor_process(struct doctor *doctor, const struct settings *settings,
		    int pid);
#endif
