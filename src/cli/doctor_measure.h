/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_DOCTOR_MEASURE_H
#define CLI_DOCTOR_MEASURE_H
/*
 * What the doctor measures in a few seconds: the cables, by what the running
 * daemon counts, and beside them who else is on the network (doctor_probe.c).
 */
#include "cli.h"
#include "doctor.h"

/* status: as the daemon gave it a moment ago; its links are looked at again. */
void doctor_measure(const struct cli *cli, struct doctor *doctor,
		    const struct settings *settings, const json_t *status);

/*
 * Asks who has the virtual addresses, and listens for VRRP: begin, then work
 * as often as may be for a second or more, then end, which tells.
 */
struct probe;
struct probe *doctor_probe_begin(struct doctor *doctor,
				 const struct settings *settings);
void doctor_probe_work(struct probe *probe);
void doctor_probe_end(struct probe *probe, const json_t *status);
#endif
