/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_FILE_PLACE_H
#define BASE_FILE_PLACE_H
#include <stdbool.h>
#include <sys/types.h>

/*
 * Does the name path stand for the open file fd still? What has been moved,
 * removed or replaced has lost its name, though it can be written and locked.
 * A link of that name is not it.
 */
bool file_is_at(int fd, const char *path);

/* Of a socket, whose descriptor does not say which file it is. */
struct file_place {
	bool is_noted;
	dev_t device;
	ino_t inode;
};
/* What stands at path now is ours. */
void file_place_note(struct file_place *place, const char *path);
/*
 * Does it stand there still? Not if nothing was noted. Where nobody lets us
 * look (EACCES, a disk that fails), it is taken to be there: what cannot be
 * seen was not removed, and could not be made anew.
 */
bool file_place_holds(const struct file_place *place, const char *path);
#endif
