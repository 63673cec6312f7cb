/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_XML_H
#define BASE_XML_H
/* Text in HTML and SVG. */
#include <stdio.h>

/* Nothing of it is taken for markup; of control characters none is left. */
void xml_put(FILE *out, const char *text);
#endif
