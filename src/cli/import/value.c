/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as keepalived 2.2.7 takes them. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../settings/settings.h"
#include "../../base/pattern.h"
#include "model.h"

void refuse(struct import *import, const struct item *item, const char *format,
	    ...)
{
	struct refusal *refusal = arena_alloc(&import->arena, sizeof(*refusal));
	va_list args;

	va_start(args, format);
	refusal->text = arena_print(&import->arena, "%s:%u: %s", item->file,
				    item->number,
				    arena_vprint(&import->arena, format, args));
	va_end(args);
	*import->last_refusal = refusal;
	import->last_refusal = &refusal->next;
}

bool value_number(const char *text, long min, long max, long *value)
{
	char *end;
	long number;

	if (!isdigit((unsigned char)text[text[0] == '+']))
		return false;
	errno = 0;
	number = strtol(text, &end, 10);
	if (*end != '\0' || errno != 0 || number < min || number > max)
		return false;
	*value = number;
	return true;
}

bool value_thousandths(const char *text, long *value)
{
	long whole = 0, part = 0, unit = 100;
	const char *at = text + (text[0] == '+');

	if (!isdigit((unsigned char)at[at[0] == '.']))
		return false;
	for (; isdigit((unsigned char)*at); at++)
		if ((whole = 10 * whole + (*at - '0')) > 1000000)
			return false;
	if (*at == '.')
		for (at++; isdigit((unsigned char)*at); at++) {
			part += unit * (*at - '0');
			unit /= 10;
		}
	if (*at != '\0')
		return false;
	*value = 1000 * whole + part;
	return true;
}

long value_of(struct import *import, struct model *model,
	      const struct item *parent, const char *name, long min, long max,
	      long fallback)
{
	struct item *item = item_only(&model->tree, parent, name);
	long value;

	(void)import;
	if (item == NULL)
		return fallback;
	if (value_number(item_word(item, 1), min, max, &value)) {
		item_carry(item);
		return value;
	}
	item_mark(&model->tree, item, CHANGED,
		  "\"%s\" is no whole number from %ld to %ld: keepalived uses "
		  "%ld",
		  item_word(item, 1), min, max, fallback);
	return fallback;
}

bool value_is_address(const char *text, bool *v6)
{
	unsigned char bytes[16];

	*v6 = strchr(text, ':') != NULL;
	return inet_pton(*v6 ? AF_INET6 : AF_INET, text, bytes) == 1;
}

const char *value_address(struct arena *arena, const char *text)
{
	unsigned char bytes[16];
	char plain[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET6, text, bytes) != 1 ||
	    inet_ntop(AF_INET6, bytes, plain, sizeof(plain)) == NULL)
		return text;
	return arena_copy(arena, plain, strlen(plain));
}

bool value_ipv4(const char *text, unsigned char bytes[4])
{
	return inet_pton(AF_INET, text, bytes) == 1;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || (c != '\0' && strchr("._:-", c));
}

bool value_is_name(const char *text)
{
	size_t size = strlen(text);

	for (const char *at = text; *at != '\0'; at++)
		if (!is_name_char(*at))
			return false;
	return size > 0 && size < SETTINGS_NAME_MAX;
}

const char *value_name(struct arena *arena, const char *text)
{
	size_t size = strlen(text);
	char *name;

	if (size >= SETTINGS_NAME_MAX)
		size = SETTINGS_NAME_MAX - 1;
	name = arena_copy(arena, text, size);
	for (char *at = name; *at != '\0'; at++)
		if (!is_name_char(*at))
			*at = '_';
	return name;
}

/* '...' holds a command together, as "..." does everywhere. */
/* *at stands behind a \ . */
static char escaped_byte(const char **at)
{
	static const char letters[] = "abEfnrtv",
			  bytes[] = "\a\b\033\f\n\r\t\v";
	const char *found = strchr(letters, **at);
	unsigned value = 0;
	int size = 0;

	if (**at == 'x' && sscanf(*at + 1, "%x%n", &value, &size) == 1)
		size++;
	else if (**at >= '0' && **at <= '7')
		sscanf(*at, "%3o%n", &value, &size);
	else
		value = found != NULL ? (unsigned char)bytes[found - letters]
				      : (unsigned char)**at;
	*at += size > 0 ? size : 1;
	return (char)value;
}

/* One word of what keepalived splits by quotation marks and \ ; *at is behind
 * it then. */
static const char *escaped_word(struct arena *arena, const char **at)
{
	const char *from = *at;
	char *text = arena_alloc(arena, strlen(from) + 1);
	size_t size = 0;
	char quote = '\0';

	while (*from != '\0') {
		if (*from == '\\' && from[1] != '\0') {
			from++;
			text[size++] = escaped_byte(&from);
		} else if (*from == quote) {
			quote = '\0';
			from++;
		} else if (quote == '\0' && (*from == '"' || *from == '\'')) {
			quote = *from++;
		} else if (quote == '\0' && (*from == ' ' || *from == '\t')) {
			break;
		} else {
			text[size++] = *from++;
		}
	}
	text[size] = '\0';
	*at = from;
	return text;
}

/* The same words for who has quotation marks and no \ (base/words.h). */
static const char *without_backslashes(struct arena *arena, const char *text)
{
	const char *plain = "";

	if (strchr(text, '\\') == NULL)
		return text;
	for (text += strspn(text, " \t"); *text != '\0';
	     text += strspn(text, " \t")) {
		const char *word = escaped_word(arena, &text);
		const char *mark =
			word[0] != '\0' && strpbrk(word, " \t'\"") == NULL ? ""
			: strchr(word, '\'') == NULL			   ? "'"
						     : "\"";

		plain = arena_print(arena, "%s%s%s%s%s", plain,
				    plain[0] != '\0' ? " " : "", mark, word,
				    mark);
	}
	return plain;
}

const char *value_command(struct arena *arena, const struct item *item,
			  const char **rest)
{
	const char *at = item->text + strcspn(item->text, " \t\"'");
	const char *command;

	at += strspn(at, " \t");
	*rest = item_word(item, 2);
	if (*at != '"' && *at != '\'')
		return item_word(item, 1);
	command = escaped_word(arena, &at);
	*rest = at + strspn(at, " \t");
	return without_backslashes(arena, command);
}

/* Words of a shell, which no search finds. */
static bool is_shell_word(const char *word)
{
	static const char *const words[] = {
		"!",	"if", "for",  "while",	  "until",
		"case", "cd", "exit", "eval",	  "export",
		"set",	"{",  "[[",   "function", "return"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return word[0] == '(' || word[0] == '>' || strchr(word, '=') != NULL;
}

const char *value_program(struct import *import, struct tree *tree,
			  struct item *item, const char *command,
			  const char *what)
{
	size_t size = strcspn(command, " \t");
	const char *name = arena_copy(tree->arena, command, size), *path = NULL;

	if (name[0] == '/' || name[0] == '\0')
		return command;
	if (name[0] == '<') {
		item_warn(tree, item, LOST,
			  "keepalived gives what begins with < to /bin/sh, "
			  "which is no bash on Debian: /dev/tcp always failed "
			  "there. Write a script of its own");
		return NULL;
	}
	if (is_shell_word(name)) {
		item_warn(tree, item, IGNORED,
			  "no shell reads this, and keepalived finds no "
			  "program \"%s\": %s",
			  name, what);
		return NULL;
	}
	if (import->files->find != NULL)
		path = import->files->find(import->files->arg, tree->arena,
					   name);
	if (path == NULL) {
		item_warn(tree, item, LOST,
			  "keepalived searches for \"%s\", and it is not on "
			  "this machine: write its whole path. If it was not "
			  "on the nodes: %s",
			  name, what);
		return NULL;
	}
	item_mark(tree, item, NOTED, "\"%s\" is %s here: is it on the nodes?",
		  name, path);
	return arena_print(tree->arena, "%s%s", path, command + size);
}

bool value_is_shell(const char *command)
{
	static const char *const shells[] = {"sh",  "bash", "dash",
					     "ash", "ksh",  "zsh"};
	size_t size = strcspn(command, " \t");
	const char *name = command;

	for (size_t i = 0; i < size; i++)
		if (command[i] == '/')
			name = command + i + 1;
	size -= (size_t)(name - command);
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strlen(shells[i]) == size &&
		    memcmp(shells[i], name, size) == 0)
			return true;
	return false;
}

long value_prefix(const char *text)
{
	unsigned char bytes[4];
	long prefix = 0;

	if (value_number(text, 1, 128, &prefix))
		return prefix;
	if (!value_ipv4(text, bytes))
		return 0;
	while (prefix < 32 && (bytes[prefix / 8] & (0x80 >> (prefix % 8))) != 0)
		prefix++;
	return prefix;
}

const char *value_refused_pattern(const char *text)
{
	static struct pattern pattern;
	const char *why;

	if (strlen(text) >= sizeof(((struct settings_check *)NULL)->body))
		return "it is too long";
	return pattern_compile(&pattern, text, &why) ? NULL : why;
}

const char *value_escaped(struct arena *arena, const struct item *item)
{
	const char *at = item->text + strcspn(item->text, " \t");

	at += strspn(at, " \t");
	return escaped_word(arena, &at);
}
