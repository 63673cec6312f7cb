/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is wrong with a settings file: collected while it is read, told at the
 * end in the order of the file, so that one run shows everything.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "../base/word_distance.h"
#include "internal.h"

#define PATH_TEXT_MAX 160
#define NAME_TEXT_MAX 48

/* instances[0].vrid: the way a person would point at it. */
static void finding_path(const config_setting_t *at, char *path, size_t size)
{
	const config_setting_t *parent = at == NULL ? NULL : at->parent;
	size_t used;

	if (parent == NULL) {
		path[0] = '\0';
		return;
	}
	finding_path(parent, path, size);
	used = strlen(path);
	if (config_setting_is_group(parent))
		snprintf(path + used, size - used, "%s%.*s", used ? "." : "",
			 NAME_TEXT_MAX, at->name ? at->name : "");
	else
		snprintf(path + used, size - used, "[%d]",
			 config_setting_index(at));
}

static const config_setting_t *finding_target(const config_setting_t *at,
					      const char *key)
{
	const config_setting_t *member = NULL;

	if (at != NULL && key != NULL && config_setting_is_group(at))
		member = config_setting_get_member(at, key);
	return member != NULL ? member : at;
}

static void __attribute__((format(printf, 6, 0)))
reader_keep(struct reader *reader, bool is_error, const config_setting_t *at,
	    unsigned line, const char *key, const char *format, va_list args)
{
	struct finding *finding;

	if (is_error)
		reader->errors++;
	else
		reader->warnings++;
	if (reader->finding_count == FINDINGS_MAX) {
		reader->findings_lost++;
		return;
	}
	finding = &reader->findings[reader->finding_count];
	finding->number = reader->finding_count++;
	finding->is_error = is_error;
	finding->line = line;
	finding->at = at;
	snprintf(finding->key, sizeof(finding->key), "%s", key ? key : "");
	vsnprintf(finding->text, sizeof(finding->text), format, args);
}

static void __attribute__((format(printf, 5, 0)))
reader_note(struct reader *reader, bool is_error, const config_setting_t *at,
	    const char *key, const char *format, va_list args)
{
	const config_setting_t *target = finding_target(at, key);

	reader_keep(reader, is_error, at, target != NULL ? target->line : 0,
		    key, format, args);
}

void reader_note_line(struct reader *reader, bool is_error, unsigned line,
		      const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reader_keep(reader, is_error, NULL, line, key, format, args);
	va_end(args);
}

void reader_error(struct reader *reader, const config_setting_t *at,
		  const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reader_note(reader, true, at, key, format, args);
	va_end(args);
}

void reader_warn(struct reader *reader, const config_setting_t *at,
		 const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reader_note(reader, false, at, key, format, args);
	va_end(args);
}

bool reader_is_good(const struct reader *reader, const config_setting_t *at,
		    const char *key)
{
	for (unsigned i = 0; i < reader->finding_count; i++) {
		const struct finding *finding = &reader->findings[i];

		if (finding->is_error && finding->at == at &&
		    strcmp(finding->key, key ? key : "") == 0)
			return false;
	}
	return reader->findings_lost == 0;
}

static int finding_compare(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;

	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	return left->number < right->number ? -1 : 1;
}

void findings_clean(char *line)
{
	const char *end = line + strlen(line);
	char text[128];
	uint32_t code;
	unsigned size;

	for (; *line != '\0'; line += size) {
		size = character_decode(line, end, &code);
		if ((unsigned char)*line < ' ' || *line == 0x7f ||
		    (*line & 0x80 &&
		     character_tell(code, true, text, sizeof(text))))
			memset(line, '?', size);
	}
}

static void finding_tell(const struct reader *reader,
			 const struct finding *finding,
			 struct settings_report *report)
{
	const struct source *source = &reader->source;
	struct source_line where = {0, 1};
	char path[PATH_TEXT_MAX], line[SETTINGS_LINE_MAX];

	if (finding->line > 0 && finding->line <= source->line_count)
		where = source->lines[finding->line - 1];
	finding_path(finding->at, path, sizeof(path));
	if (finding->key[0] != '\0') {
		size_t used = strlen(path);

		snprintf(path + used, sizeof(path) - used, "%s%s",
			 used ? "." : "", finding->key);
	}
	snprintf(line, sizeof(line), "%s:%u: %s: %s%s%s",
		 source->files[where.file], where.line,
		 finding->is_error ? "error" : "warning", path,
		 path[0] ? ": " : "", finding->text);
	findings_clean(line);
	if (report->tell != NULL)
		report->tell(report->arg, finding->is_error, line);
}

void reader_tell_all(struct reader *reader, struct settings_report *report)
{
	char line[SETTINGS_LINE_MAX];

	qsort(reader->findings, reader->finding_count,
	      sizeof(reader->findings[0]), finding_compare);
	for (unsigned i = 0; i < reader->finding_count; i++)
		finding_tell(reader, &reader->findings[i], report);
	report->errors += reader->errors;
	report->warnings += reader->warnings;
	if (reader->findings_lost == 0 || report->tell == NULL)
		return;
	snprintf(line, sizeof(line),
		 "%s:0: error: file: %u more findings are not shown; mend "
		 "these first",
		 reader->source.files[0], reader->findings_lost);
	report->tell(report->arg, true, line);
}

const char *findings_nearest(const char *written,
			     const char *(*name)(const void *arg, unsigned i),
			     const void *arg)
{
	const char *best = NULL, *candidate;
	/* More edits than a third of the word is no slip of the fingers. */
	unsigned allowed = (unsigned)strnlen(written, NAME_TEXT_MAX) / 3;

	if (allowed < 2)
		allowed = 2;
	for (unsigned i = 0; (candidate = name(arg, i)) != NULL; i++) {
		unsigned distance = word_distance(written, candidate);

		if (distance > allowed || distance >= strlen(candidate))
			continue;
		allowed = distance - (distance > 0);
		best = candidate;
		if (distance == 0)
			break;
	}
	return best;
}
