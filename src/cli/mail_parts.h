/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_MAIL_PARTS_H
#define CLI_MAIL_PARTS_H
#include <stddef.h>

/*
 * The parts of a mail that are in base64, as many phones send a reply, decoded
 * and one after the other, into text (of size bytes, as many as mail has). The
 * bytes written; 0 = there is none. What is no base64 ends its part.
 */
size_t mail_decode_parts(const char *mail, size_t size, char *text);
#endif
