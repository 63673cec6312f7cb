/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_TEXT_H
#define SETTINGS_TEXT_H
/* A good settings text, edits of it, and the findings as one string. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/settings/settings.h"

#define GOOD                                                                   \
	"pair = \"web\";\n"                                                    \
	"nodes = (\n"                                                          \
	"  { name = \"lb01\"; priority = 150; address = \"192.0.2.11\";\n"     \
	"    serial = \"/dev/one\";\n"                                         \
	"    fence = ( { device = \"pdu\"; plug = 1; } ); },\n"                \
	"  { name = \"lb02\"; priority = 100; address = \"192.0.2.12\";\n"     \
	"    serial = \"/dev/two\";\n"                                         \
	"    fence = ( { device = \"pdu\"; plug = 2; } ); } );\n"              \
	"links = { serial = { }; };\n"                                         \
	"instances = ( { name = \"VI_1\"; interface = \"eth0\"; vrid = 55;\n"  \
	"  addresses = ( { ip = \"192.0.2.100/32\"; } );\n"                    \
	"  } );\n"                                                             \
	"devices = ( { name = \"pdu\"; driver = \"modbus\";\n"                 \
	"  host = \"203.0.113.20\"; } );\n"                                    \
	"fence = { required = true; };\n"

struct loaded {
	int result;
	struct settings settings;
	struct settings_report report;
	char text[65536]; /* one finding per line */
};

static void loaded_tell(void *arg, bool is_error, const char *line)
{
	struct loaded *loaded = arg;
	size_t used = strlen(loaded->text);

	assert_non_null(strstr(line, is_error ? ": error: " : ": warning: "));
	snprintf(loaded->text + used, sizeof(loaded->text) - used, "%s\n",
		 line);
}

/* The caller frees; the snapshot is too large for a stack. */
static inline struct loaded *load_text_as(const char *text, const char *node)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));

	assert_non_null(loaded);
	loaded->report.tell = loaded_tell;
	loaded->report.arg = loaded;
	loaded->result = settings_load_string(
		text, "t.conf", node, &loaded->settings, &loaded->report);
	assert_int_equal(loaded->result, loaded->report.errors ? -1 : 0);
	return loaded;
}

static inline struct loaded *load_text(const char *text)
{
	return load_text_as(text, "lb01");
}

static inline struct loaded *load_file(const char *path, const char *node)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));

	assert_non_null(loaded);
	loaded->report.tell = loaded_tell;
	loaded->report.arg = loaded;
	loaded->result =
		settings_load(path, node, &loaded->settings, &loaded->report);
	return loaded;
}

/* GOOD with one piece replaced; the caller frees. */
static inline char *edited(const char *old, const char *new)
{
	const char *at = strstr(GOOD, old);
	size_t size = sizeof(GOOD) + strlen(new);
	char *text = malloc(size);

	if (at == NULL)
		fail_msg("\"%s\" is not in the good text", old);
	assert_non_null(text);
	snprintf(text, size, "%.*s%s%s", (int)(at - (const char *)GOOD), GOOD,
		 new, at + strlen(old));
	return text;
}

static inline struct loaded *load_edited(const char *old, const char *new)
{
	char *text = edited(old, new);
	struct loaded *loaded = load_text(text);

	free(text);
	return loaded;
}

/* One edit of the good text and the one finding that it must give. */
struct edit {
	const char *old, *new, *finding;
};

static inline void assert_edits(const struct edit *edits, size_t count,
				unsigned errors, unsigned warnings)
{
	for (size_t i = 0; i < count; i++) {
		struct loaded *loaded = load_edited(edits[i].old, edits[i].new);

		if (strstr(loaded->text, edits[i].finding) == NULL ||
		    loaded->report.errors != errors ||
		    loaded->report.warnings != warnings)
			fail_msg("edit %zu (%s): wanted %u error(s), %u "
				 "warning(s) and\n%s\ngot\n%s",
				 i, edits[i].new, errors, warnings,
				 edits[i].finding, loaded->text);
		free(loaded);
	}
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#endif
