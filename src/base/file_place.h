/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_FILE_PLACE_H
#define BASE_FILE_PLACE_H
#include <stdbool.h>

/*
 * Does the name path stand for the open file fd still? What has been moved,
 * removed or replaced has lost its name, though it can be written and locked.
 * A link of that name is not it.
 */
bool file_is_at(int fd, const char *path);
#endif
