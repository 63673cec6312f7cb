/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any text as a settings file. It is either refused with at least
 * one finding, each a clean line of the promised form, or it gives a snapshot
 * that a helper would map, the other node's view has the same digest, and what
 * is printed of it reads back as the same.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/settings/settings.h"
#include "fuzz.h"

/* libconfig 1.5 forgets a string that stands where a syntax error is. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void judge_line(void *arg, bool is_error, const char *line)
{
	unsigned *errors = arg;
	const char *kind = strstr(line, is_error ? ": error: " : ": warning: ");

	demand(kind != NULL && kind > line);
	demand(strlen(line) < SETTINGS_LINE_MAX);
	for (; *line != '\0'; line++)
		demand((unsigned char)*line >= ' ' && *line != 0x7f);
	*errors += is_error;
}

static int load(const char *text, const char *node, struct settings *settings)
{
	unsigned told = 0;
	struct settings_report report = {.tell = judge_line, .arg = &told};
	int result = settings_load_string(text, "fuzz.conf", node, settings,
					  &report);

	demand((result < 0) == (report.errors > 0));
	/* What is over the limit is counted, and told as one line. */
	demand(told <= report.errors + 1 && (told > 0) == (report.errors > 0));
	return result;
}

static void judge_snapshot(const struct settings *settings)
{
	int fd = settings_seal(settings);
	const struct settings *mapped = settings_map(fd);

	demand(fd >= 0 && mapped != NULL);
	demand(memcmp(mapped, settings, sizeof(*settings)) == 0);
	munmap((void *)(uintptr_t)mapped, sizeof(*mapped));
	close(fd);
}

/* Where in the file something stood is all that may differ. */
static void forget_places(struct settings *settings)
{
	memset(settings->files, 0, sizeof(settings->files));
	memset(settings->marks, 0, sizeof(settings->marks));
	settings->mark_count = 0;
}

static void judge_print(struct settings *settings)
{
	static struct settings again;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	demand(out != NULL);
	settings_print(settings, out);
	fclose(out);
	demand(load(text, settings->nodes[settings->self].name, &again) == 0);
	free(text);
	forget_places(settings);
	forget_places(&again);
	demand(memcmp(settings, &again, sizeof(again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings one, two;
	char *text = malloc(size + 1);

	demand(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (load(text, "lb01", &one) == 0) {
		judge_snapshot(&one);
		demand(load(text, one.nodes[1 - one.self].name, &two) == 0);
		demand(one.digest == two.digest && one.self != two.self);
		judge_print(&one);
	}
	free(text);
	return 0;
}
