/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_TEXT_H
#define IMPORT_TEXT_H
/* Files of an import that are only texts of the test; what came out, read back
 * by libconfig. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fnmatch.h>
#include <libconfig.h>

#include "../../src/cli/import/import.h"
#include "../../src/settings/settings.h"

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define TEXT_FILES_MAX 8

struct text_files {
	struct {
		const char *path, *text;
	} at[TEXT_FILES_MAX];
};

static inline const char *text_read(void *arg, struct arena *arena,
				    const char *path, size_t *size,
				    const char **error)
{
	const struct text_files *files = arg;

	for (unsigned i = 0; i < TEXT_FILES_MAX && files->at[i].path; i++)
		if (strcmp(files->at[i].path, path) == 0) {
			*size = strlen(files->at[i].text);
			return arena_copy(arena, files->at[i].text, *size);
		}
	*error = "no such file";
	return NULL;
}

static inline unsigned text_list(void *arg, struct arena *arena,
				 const char *pattern, const char ***paths)
{
	const struct text_files *files = arg;
	unsigned count = 0;

	*paths = arena_alloc(arena, TEXT_FILES_MAX * sizeof(**paths));
	for (unsigned i = 0; i < TEXT_FILES_MAX && files->at[i].path; i++)
		if (fnmatch(pattern, files->at[i].path, FNM_PATHNAME) == 0)
			(*paths)[count++] = files->at[i].path;
	return count;
}

/* The machine has one program that is searched for. */
static inline const char *text_find(void *arg, struct arena *arena,
				    const char *name)
{
	(void)arg;
	(void)arena;
	return strcmp(name, "logger") == 0 ? "/usr/bin/logger" : NULL;
}

struct value {
	const char *path, *value; /* "-": it is not there */
};

/* As it stands in the file, strings without quotes. */
static inline const char *value_at(const config_t *config, const char *path)
{
	static char text[256];
	const config_setting_t *at = config_lookup(config, path);

	if (at == NULL)
		return "-";
	switch (config_setting_type(at)) {
	case CONFIG_TYPE_STRING:
		return config_setting_get_string(at);
	case CONFIG_TYPE_BOOL:
		return config_setting_get_bool(at) ? "true" : "false";
	case CONFIG_TYPE_INT:
		snprintf(text, sizeof(text), "%d", config_setting_get_int(at));
		return text;
	default:
		snprintf(text, sizeof(text), "%d elements",
			 config_setting_length(at));
		return text;
	}
}

struct run {
	struct arena arena;
	struct import_result result;
	config_t config;
};

static inline void run_request(struct run *run, struct import_files files,
			       struct import_request request)
{
	memset(run, 0, sizeof(*run));
	import_translate(&run->arena, &files, &request, &run->result);
	config_init(&run->config);
	if (run->result.text == NULL)
		return;
	if (config_read_string(&run->config, run->result.text) != CONFIG_TRUE)
		fail_msg("line %d: %s\n%s", config_error_line(&run->config),
			 config_error_text(&run->config), run->result.text);
}

/* With every setting of the contract. */
static inline void run_text(struct run *run, struct import_files files,
			    const char *path, const char *peer)
{
	run_request(run, files,
		    (struct import_request){path, peer, .takes_all = true});
}

static inline void run_end(struct run *run)
{
	config_destroy(&run->config);
	arena_free(&run->arena);
}

static inline void check_values(struct run *run, const struct value *values,
				size_t count)
{
	if (run->result.text == NULL)
		fail_msg("refused: %s", run->result.summary);
	for (size_t i = 0; i < count; i++) {
		const char *is = value_at(&run->config, values[i].path);

		if (strcmp(is, values[i].value) != 0)
			fail_msg("%s is %s, not %s\n%s", values[i].path, is,
				 values[i].value, run->result.text);
	}
}

static inline void check_said(struct run *run, const char *const *said,
			      size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(run->result.summary, said[i]) == NULL)
			fail_msg("not said: %s\n%s", said[i],
				 run->result.summary);
}

/* ---- what one directive becomes ---- */

/* An instance with all that it needs, and then some. */
#define WITH(more)                                                             \
	"vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"             \
	"priority 150\nvirtual_ipaddress {\n192.0.2.1\n}\n" more "\n}\n"
#define LOWER(more)                                                            \
	"vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"             \
	"priority 100\nvirtual_ipaddress {\n192.0.2.1\n}\n" more "\n}\n"

struct directive {
	const char *name, *first;
	const char *path, *value; /* NULL: only what is said */
	const char *said;
	const char *second; /* the peer's file */
};

/* What no keepalived.conf says, and the result asks for in a comment. */
static inline bool is_asked_for(const char *error)
{
	static const char *const keys[] = {
		"*: error: nodes[[][01]].address*",
		"*: error: nodes[[][01]].serial*",
		"*: error: nodes[[][01]].fence*",
		"*: error: nodes[[][01]]: *",
		"*: error: fence*",
		"*must be link-local (RFC 9568 5.2.9)*",
		"*: error: key_file*",
	};

	for (size_t i = 0; i < COUNT(keys); i++)
		if (fnmatch(keys[i], error, 0) == 0)
			return true;
	return false;
}

struct strict {
	const char *name, *text;
};

static inline void tell_strict(void *arg, bool is_error, const char *line)
{
	const struct strict *strict = arg;

	if (is_error && !is_asked_for(line))
		fail_msg("%s: twinbeat check: %s\n%s", strict->name, line,
			 strict->text);
}

/* As the command writes it: `twinbeat check` takes it, or it is refused. */
static inline void check_is_taken(const char *name, struct import_files files,
				  const char *path, const char *peer)
{
	static struct settings settings; /* too large for a stack */
	const struct import_request request = {path, peer, .takes_all = false};
	struct strict strict = {name, NULL};
	struct settings_report report = {.tell = tell_strict, .arg = &strict};
	struct import_result result;
	struct arena arena;
	config_t config;

	memset(&arena, 0, sizeof(arena));
	import_translate(&arena, &files, &request, &result);
	strict.text = result.text;
	if (result.text == NULL) {
		if (strstr(result.summary, "refused") == NULL)
			fail_msg("%s: %s", name, result.summary);
	} else {
		config_init(&config);
		assert_int_equal(config_read_string(&config, result.text),
				 CONFIG_TRUE);
		(void)settings_load_string(result.text, "result",
					   value_at(&config, "nodes.[0].name"),
					   &settings, &report);
		config_destroy(&config);
	}
	arena_free(&arena);
}

/* What the command writes is the same, or it says that it is not there yet. */
static inline void check_is_written(const struct directive *at,
				    struct import_files files)
{
	struct run run;

	run_request(&run, files,
		    (struct import_request){"a.conf",
					    at->second ? "b.conf" : NULL,
					    .takes_all = false});
	if (at->path != NULL && run.result.text != NULL &&
	    strcmp(value_at(&run.config, at->path), at->value) != 0 &&
	    strstr(run.result.summary, "not carried: ") == NULL)
		fail_msg("%s: %s is %s, not %s\n%s", at->name, at->path,
			 value_at(&run.config, at->path), at->value,
			 run.result.text);
	run_end(&run);
}

static inline void check_directives(const struct directive *directives,
				    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct directive *at = &directives[i];
		struct text_files texts = {
			{{"a.conf", at->first}, {"b.conf", at->second}}};
		struct import_files files = {text_read, text_list, &texts,
					     text_find};
		struct value value = {at->path, at->value};
		struct run run;

		if (at->second == NULL)
			texts.at[1].path = NULL;
		run_text(&run, files, "a.conf", at->second ? "b.conf" : NULL);
		if (at->path != NULL)
			check_values(&run, &value, 1);
		if (at->said != NULL &&
		    strstr(run.result.summary, at->said) == NULL)
			fail_msg("%s: not said: %s\n%s", at->name, at->said,
				 run.result.summary);
		run_end(&run);
		check_is_written(at, files);
		check_is_taken(at->name, files, "a.conf",
			       at->second ? "b.conf" : NULL);
	}
}

/* As check_directives(), of what the command writes: a setting that is left out
 * as one that this version lacks fails, too. */
static inline void check_written(const struct directive *directives,
				 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct directive *at = &directives[i];
		struct text_files texts = {{{"a.conf", at->first}}};
		struct import_files files = {text_read, text_list, &texts,
					     text_find};
		struct value value = {at->path, at->value};
		struct run run;

		run_request(&run, files,
			    (struct import_request){"a.conf", NULL,
						    .takes_all = false});
		check_values(&run, &value, 1);
		if (at->said != NULL)
			check_said(&run, &at->said, 1);
		if (strstr(run.result.summary, "does not take this") != NULL)
			fail_msg("%s: %s", at->name, run.result.summary);
		run_end(&run);
	}
}
#endif
