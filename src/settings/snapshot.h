/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_SNAPSHOT_H
#define SETTINGS_SNAPSHOT_H
/* "TBS1"; a snapshot of another build has another size. */
#define SETTINGS_MAGIC 0x54425331u
#endif
