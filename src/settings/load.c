/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the file to the snapshot: join the text, let libconfig parse it, read
 * every part by the table, then judge the parts against each other. All that
 * is wrong is noted on the way and told at the end; a snapshot comes out only
 * when nothing is.
 */
#include <stdlib.h>

#include "internal.h"
#include "push.h"
#include "snapshot.h"

static void settings_read_all(struct reader *reader, const char *node,
			      struct settings_report *report)
{
	reader_read_group(reader, reader->root, settings_rows, NULL,
			  reader->settings);
	settings_read_devices(reader);
	settings_complete_nodes(reader);
	settings_complete_links(reader);
	settings_complete_instances(reader);
	settings_complete_director(reader);

	settings_verify_nodes(reader, node, report);
	settings_verify_links(reader);
	settings_verify_instances(reader);
	settings_verify_fence(reader);
	settings_verify_notify(reader);
	settings_verify_director(reader);
}

/* Tells the one error that ends it before there is a tree to walk. */
static void settings_tell_one(const struct source *source, unsigned file,
			      unsigned line, const char *text,
			      struct settings_report *report)
{
	char message[SETTINGS_LINE_MAX + 64];

	snprintf(message, sizeof(message), "%s:%u: error: %s",
		 source->files[file], line, text);
	findings_clean(message);
	report->errors++;
	if (report->tell != NULL)
		report->tell(report->arg, true, message);
}

/*
 * Characters that no eye tells, each with what is wrong. What stands in strings
 * matters less, and not at all while libconfig would refuse the others.
 */
static void settings_tell_strange(struct reader *reader, bool in_strings)
{
	const struct source *source = &reader->source;

	for (unsigned i = 0; i < source->strange_count; i++) {
		const struct source_strange *strange = &source->stranges[i];

		if (in_strings || !strange->in_string)
			reader_note_line(reader, !strange->in_string,
					 strange->line, strange->key,
					 "column %u: %s", strange->column,
					 strange->text);
	}
}

static int settings_parse(struct reader *reader, struct settings_report *report)
{
	const struct source *source = &reader->source;
	struct source_line where = {0, 1};
	char text[SETTINGS_LINE_MAX / 2];
	int line;

	if (source->strange_errors > 0 && syntax_is_keepalived(source)) {
		syntax_tell(source, 1, "", text, sizeof(text));
		settings_tell_one(source, 0, 1, text, report);
		return -1;
	}
	settings_tell_strange(reader, source->strange_errors == 0);
	if (source->strange_errors > 0)
		return -1;
	if (config_read_string(&reader->config, source->text) == CONFIG_TRUE) {
		reader->root = config_root_setting(&reader->config);
		return 0;
	}
	line = config_error_line(&reader->config);
	if (line > 0 && (unsigned)line <= source->line_count)
		where = source->lines[line - 1];
	syntax_tell(source, line > 0 ? (unsigned)line : 0,
		    config_error_text(&reader->config), text, sizeof(text));
	settings_tell_one(source, where.file, where.line, text, report);
	return -1;
}

static int settings_digest_all(struct reader *reader,
			       struct settings_report *report)
{
	struct settings *settings = reader->settings;

	settings->magic = SETTINGS_MAGIC;
	settings->size = sizeof(*settings);
	for (unsigned i = 0; i < reader->source.file_count; i++)
		memcpy(settings->files[i], reader->source.files[i],
		       SETTINGS_FILE_MAX);
	if (settings_make_digests(settings) == 0)
		return 0;
	settings_tell_one(&reader->source, 0, 0, "file: no memory", report);
	return -1;
}

/* path: read it; else text is it and name what to call it. */
static int settings_run(const char *path, const char *text, const char *name,
			const char *node, struct settings *settings,
			struct settings_report *report)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct source *source;
	int result = -1;

	memset(settings, 0, sizeof(*settings));
	if (reader == NULL) {
		struct source nowhere = {.files = {"memory"}};

		settings_tell_one(&nowhere, 0, 0, "file: no memory", report);
		return -1;
	}
	source = &reader->source;
	reader->settings = settings;
	config_init(&reader->config);
	if ((path != NULL ? source_read(source, path)
			  : source_take(source, text, name)) < 0) {
		/* a quote that is none leaves a string open somewhere else */
		settings_tell_strange(reader, true);
		reader_tell_all(reader, report);
		settings_tell_one(source, source->error_file,
				  source->error_line, source->error, report);
		goto out;
	}
	if (settings_parse(reader, report) < 0) {
		reader_tell_all(reader, report);
		goto out;
	}
	settings_read_all(reader, node, report);
	settings->file_at_s = source->changed_at_s;
	if (reader->errors == 0)
		result = settings_digest_all(reader, report);
	if (reader->errors > 1)
		report->self_late = false;
	reader_tell_all(reader, report);
out:
	if (result < 0)
		memset(settings, 0, sizeof(*settings));
	config_destroy(&reader->config);
	source_free(source);
	free(reader);
	return result;
}

int settings_load(const char *path, const char *node, struct settings *settings,
		  struct settings_report *report)
{
	return settings_run(path, NULL, NULL, node, settings, report);
}

int settings_load_string(const char *text, const char *name, const char *node,
			 struct settings *settings,
			 struct settings_report *report)
{
	return settings_run(NULL, text, name, node, settings, report);
}

char *settings_join(const char *path, size_t *size, char *error,
		    size_t error_size)
{
	struct source *source = calloc(1, sizeof(*source));
	char *text = NULL;

	if (source == NULL) {
		snprintf(error, error_size, "%s: no memory", path);
		return NULL;
	}
	if (source_read(source, path) == 0 && source->text != NULL) {
		text = source->text;
		*size = source->size;
		source->text = NULL;
	} else {
		snprintf(error, error_size, "%s:%u: error: %s",
			 source->files[source->error_file], source->error_line,
			 source->error);
		findings_clean(error);
	}
	source_free(source);
	free(source);
	return text;
}
