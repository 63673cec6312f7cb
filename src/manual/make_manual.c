/* SPDX-License-Identifier: GPL-3.0-or-later */
/* make_manual page|conf <SOURCE >RESULT */
#include <stdlib.h>
#include <string.h>

#include "manual.h"

void manual_fail(const char *what, const char *where)
{
	fprintf(stderr, "make_manual: %s: \"%.60s\"\n", what, where);
	exit(1);
}

const struct setting_row *manual_find_group(const char *key)
{
	for (const struct setting_row *row = settings_rows; row->key; row++)
		if (row->rows != NULL && strcmp(row->key, key) == 0)
			return row;
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "page") == 0)
		manual_write_page(stdin, stdout);
	else if (argc == 2 && strcmp(argv[1], "conf") == 0)
		manual_write_example(stdin, stdout);
	else
		manual_fail("page or conf", argc > 1 ? argv[1] : "");
	if (ferror(stdin) || fflush(stdout) != 0)
		manual_fail("cannot read or write", argv[1]);
	return 0;
}
