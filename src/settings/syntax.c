/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a syntax error most likely is. libconfig stops at the first one and says
 * no more than where; the line itself mostly shows which slip it was.
 */
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "internal.h"

/* A line of the joined text, 1 is the first; NULL: there is none. */
static const char *line_at(const struct source *source, unsigned line)
{
	const char *at = source->text;

	for (unsigned n = 1; n < line && at != NULL; n++) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	return line > 0 && at != NULL && *at != '\0' ? at : NULL;
}

/* The last line before line that has more on it than blanks, or NULL. */
static const struct source_line *line_before(const struct source *source,
					     unsigned line)
{
	const char *at = source->text;
	unsigned found = 0;

	for (unsigned n = 1; n < line && *at != '\0'; n++) {
		if (strspn(at, " \t\r") < strcspn(at, "\n"))
			found = n;
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return found > 0 ? &source->lines[found - 1] : NULL;
}

/* ---- another program's file ---- */

/* A line that begins with the word, as a word of its own, and then one of the
 * characters behind. */
static bool has_line(const struct source *source, const char *word,
		     const char *behind)
{
	size_t size = strlen(word);

	for (const char *at = source->text; at != NULL && *at != '\0';) {
		at += strspn(at, " \t\r\n");
		if (strncmp(at, word, size) == 0) {
			const char *next = at + size;

			next += strspn(next, " \t");
			if ((next > at + size && behind[0] == '\0') ||
			    (*next != '\0' && strchr(behind, *next) != NULL))
				return true;
		}
		at = strchr(at, '\n');
	}
	return false;
}

bool syntax_is_keepalived(const struct source *source)
{
	return !has_line(source, "pair", "=:") &&
	       (has_line(source, "vrrp_instance", "") ||
		has_line(source, "virtual_server", "") ||
		has_line(source, "global_defs", "{\r\n"));
}

/* ---- the values of one line ---- */

struct part {
	const char *at;
	size_t size;
};

static bool is_key_character(char c)
{
	return isalnum((unsigned char)c) || strchr("_-*", c) != NULL;
}

/*
 * The next "key = value" of a line from *at on, strings and comments passed
 * over; false: no more.
 */
static bool next_value(const char **at, struct part *key, struct part *value)
{
	const char *c = *at;

	*key = (struct part){NULL, 0};
	while (*c != '\0' && *c != '\n' && *c != '#' &&
	       !(c[0] == '/' && c[1] == '/')) {
		if (*c == '"') {
			for (c++; *c != '"' && *c != '\0' && *c != '\n'; c++)
				c += *c == '\\' && c[1] != '\0';
			c += *c == '"';
		} else if (isalpha((unsigned char)*c)) {
			key->at = c;
			while (is_key_character(*c) && *c != '\0')
				c++;
			key->size = (size_t)(c - key->at);
		} else if ((*c == '=' || *c == ':') && key->at != NULL) {
			c++;
			c += strspn(c, " \t");
			*value = (struct part){c, strcspn(c, " \t\r\n;,{}()[]"
							     "#\"=")};
			*at = c + (*c == '"' ? 0 : value->size);
			return true;
		} else {
			c++;
		}
	}
	return false;
}

static bool part_is(const struct part *part, const char *word)
{
	return strlen(word) == part->size &&
	       strncasecmp(part->at, word, part->size) == 0;
}

static bool part_is_number(const struct part *part)
{
	char text[48], *end;

	if (part->size >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)part->size, part->at);
	strtod(text, &end);
	return *end == '\0' || strcasecmp(end, "l") == 0;
}

/* Behind a number: letters alone, as the s of 3s. */
static bool part_has_unit(const struct part *part)
{
	size_t digits = 0, letters = 0;

	while (digits < part->size && isdigit((unsigned char)part->at[digits]))
		digits++;
	while (digits + letters < part->size &&
	       isalpha((unsigned char)part->at[digits + letters]))
		letters++;
	return digits > 0 && letters > 0 && digits + letters == part->size;
}

/* What is wrong with the value of a key, by itself; false: nothing is seen. */
static bool tell_value(const struct part *key, const struct part *value,
		       char *text, size_t size)
{
	static const char *const yes[] = {"yes", "on"}, *const no[] = {"no",
								       "off"};
	int key_size = (int)(key->size < 40 ? key->size : 40);
	int value_size = (int)(value->size < 40 ? value->size : 40);

	if (value->size == 0 || part_is(value, "true") ||
	    part_is(value, "false") || part_is_number(value))
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (part_is(value, yes[i]) || part_is(value, no[i])) {
			snprintf(text, size,
				 "%.*s = %.*s: write %s, or \"%.*s\" "
				 "in quotes if a word is wanted",
				 key_size, key->at, value_size, value->at,
				 part_is(value, yes[i]) ? "true" : "false",
				 value_size, value->at);
			return true;
		}
	if (part_has_unit(value))
		snprintf(
			text, size,
			"%.*s = %.*s: a number has no unit behind it; the unit "
			"stands in the key: _ms are milliseconds, _s seconds",
			key_size, key->at, value_size, value->at);
	else
		snprintf(text, size, "%.*s = %.*s: text needs quotes: \"%.*s\"",
			 key_size, key->at, value_size, value->at, value_size,
			 value->at);
	return true;
}

/* ---- all of it ---- */

/* Which key stands twice: the only one of the line, else one of them. */
static void tell_twice(const char *line, char *text, size_t size)
{
	struct part key, value, first = {NULL, 0};
	unsigned keys = 0;

	while (line != NULL && next_value(&line, &key, &value))
		if (keys++ == 0)
			first = key;
	if (keys == 1)
		snprintf(text, size, "%.*s stands here twice; take one away",
			 (int)(first.size < 40 ? first.size : 40), first.at);
	else
		snprintf(text, size,
			 "a key of this line stands in its group "
			 "twice; take one away");
}

static bool tell_line(const char *line, char *text, size_t size)
{
	struct part key, value;

	while (line != NULL && next_value(&line, &key, &value))
		if (tell_value(&key, &value, text, size))
			return true;
	return false;
}

/* "; " and where else to look, or nothing. */
static void tell_elsewhere(const struct source *source, unsigned line,
			   char *text, size_t size)
{
	const struct source_line *here, *before;

	text[0] = '\0';
	if (source->string_lines > 0) {
		snprintf(text, size,
			 "; the string that begins at %s:%u has %u lines: is "
			 "its closing \" missing",
			 source->files[source->string_file],
			 source->string_line, source->string_lines);
		return;
	}
	if (line < 2 || line > source->line_count)
		return;
	before = line_before(source, line);
	here = &source->lines[line - 1];
	if (before != NULL && before->file != here->file)
		snprintf(text, size, "; the line before it is %s:%u",
			 source->files[before->file], before->line);
}

void syntax_tell(const struct source *source, unsigned line, const char *error,
		 char *text, size_t size)
{
	char what[300], more[SETTINGS_FILE_MAX];
	const char *here = line_at(source, line);

	if (syntax_is_keepalived(source)) {
		snprintf(text, size,
			 "syntax: this looks like a keepalived.conf; 'twinbeat "
			 "import %.200s' writes it as a twinbeat.conf",
			 source->files[0]);
		return;
	}
	if (strstr(error, "duplicate") != NULL) {
		tell_twice(here, what, sizeof(what));
		snprintf(text, size, "syntax: %s", what);
		return;
	}
	tell_elsewhere(source, line, more, sizeof(more));
	if (more[0] == '\0' && tell_line(here, what, sizeof(what)))
		snprintf(text, size, "syntax: %s", what);
	else
		snprintf(text, size,
			 "syntax: %s; look at this line and the one before it "
			 "(a missing ; or a comma too many? text needs quotes, "
			 "a number has no unit, a boolean is true or false)%s",
			 error, more);
}
