/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_SNAPSHOT_H
#define SETTINGS_SNAPSHOT_H
#include "settings.h"

/* "TBS1"; a snapshot of another build has another size. */
#define SETTINGS_MAGIC 0x54425331u

/* For a program whose parent has mapped this same descriptor, and so has found
 * it whole: sealed, it is as it was. Looks at magic, size and seals alone, and
 * so needs none of what knows all keys. */
const struct settings *settings_map_again(int fd);
#endif
