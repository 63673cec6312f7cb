/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines to a case. Strict: an unknown word, a window that ends before it
 * begins, an end that is not said are errors with FILE:LINE, because a case
 * that is misread proves nothing.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"

bool case_error(struct case_file *file, int line, const char *format, ...)
{
	va_list list;
	int n;

	if (file->error[0])
		return false;
	n = snprintf(file->error, sizeof(file->error), "%s:%d: ", file->path,
		     line);
	va_start(list, format);
	vsnprintf(file->error + n, sizeof(file->error) - (size_t)n, format,
		  list);
	va_end(list);
	return false;
}

bool case_node(const char *word, int *node)
{
	if (strcmp(word, "lb01") != 0 && strcmp(word, "lb02") != 0)
		return false;
	*node = word[3] - '1';
	return true;
}

bool case_number(const char *word, int64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(word, &end, 10);
	return *word >= '0' && *word <= '9' && *end == '\0' && errno == 0;
}

/* 250ms, 1.5s, 5m, 0 */
bool case_time(const char *word, int64_t *ms)
{
	char *end;
	double value;

	if (*word < '0' || *word > '9')
		return false;
	value = strtod(word, &end);
	if (strcmp(end, "s") == 0)
		value *= 1000;
	else if (strcmp(end, "m") == 0)
		value *= 60000;
	else if (strcmp(end, "ms") != 0 && (*end != '\0' || value > 0))
		return false;
	*ms = (int64_t)(value + 0.5);
	return value <= 24 * 3600e3;
}

static bool cut_into_words(struct case_file *file, int line, char *text,
			   struct words *words)
{
	memset(words, 0, sizeof(*words));
	for (;;) {
		bool quoted;

		text += strspn(text, " \t\r\n");
		if (*text == '\0' || *text == '#')
			return true;
		if (words->count == CASE_WORDS_MAX)
			return case_error(file, line, "too many words");
		quoted = *text == '"';
		words->quoted[words->count] = quoted;
		words->word[words->count++] = quoted ? ++text : text;
		text += strcspn(text, quoted ? "\"" : " \t\r\n");
		if (quoted && *text == '\0')
			return case_error(file, line, "a \" without its end");
		if (*text)
			*text++ = '\0';
	}
}

/* at TIME | at TIME..TIME | before TIME | after TIME | within TIME */
static bool parse_window(struct case_file *file, int line, struct words *words,
			 struct expectation *expect)
{
	const char *word, *how;
	char from[40];
	char *dots;
	bool ok;

	if (words->next == words->count)
		return true;
	if (words->count - words->next != 2)
		return case_error(file, line,
				  "after the pattern comes nothing, or: at "
				  "TIME[..TIME], before TIME, after TIME, "
				  "within TIME");
	how = words->word[words->next++];
	word = words->word[words->next++];
	if (strcmp(how, "before") == 0) {
		ok = case_time(word, &expect->to_ms);
	} else if (strcmp(how, "after") == 0) {
		ok = case_time(word, &expect->from_ms);
	} else if (strcmp(how, "within") == 0) {
		ok = case_time(word, &expect->within_ms) &&
		     expect->kind == EXPECT_SEE;
	} else if (strcmp(how, "at") == 0) {
		snprintf(from, sizeof(from), "%s", word);
		dots = strstr(from, "..");
		if (dots)
			*dots = '\0';
		ok = case_time(from, &expect->from_ms) &&
		     case_time(dots ? dots + 2 : from, &expect->to_ms) &&
		     expect->from_ms <= expect->to_ms;
	} else {
		return case_error(file, line, "\"%s\" is no window", how);
	}
	if (!ok)
		return case_error(file, line, "%s \"%s\" makes no window", how,
				  word);
	return true;
}

static bool parse_expect(struct case_file *file, int line, struct words *words,
			 enum expect_kind kind)
{
	struct expectation *expect = &file->expects[file->expect_count];
	const char *node, *text;

	if (file->expect_count == CASE_EXPECT_MAX)
		return case_error(file, line, "too many expectations");
	*expect = (struct expectation){
		.kind = kind, .line = line, .to_ms = INT64_MAX};
	expect->within_ms = -1;
	words->next = 1;
	if (kind == EXPECT_COUNT &&
	    (words->count < 2 ||
	     !case_number(words->word[words->next++], &expect->value)))
		return case_error(file, line, "count NUMBER NODE \"TEXT\"");
	if (words->count < words->next + 2 || !words->quoted[words->next + 1])
		return case_error(file, line, "%s NODE \"TEXT\" [window]",
				  words->word[0]);
	node = words->word[words->next++];
	expect->node = CASE_ANY;
	if (strcmp(node, "any") != 0 && !case_node(node, &expect->node))
		return case_error(file, line,
				  "\"%s\" is no node: lb01, lb02, any", node);
	text = words->word[words->next++];
	/* ^ stands for the beginning of the line */
	snprintf(expect->pattern, sizeof(expect->pattern), "%s%s*",
		 *text == '^' ? "" : "*", text + (*text == '^'));
	file->expect_count++;
	return parse_window(file, line, words, expect);
}

/* owner [INSTANCE] NODE|none, proof [INSTANCE] PROOF */
static bool parse_of_instance(struct case_file *file, int line,
			      struct words *words, struct case_end *ends)
{
	const struct core_settings *settings = &file->settings[0];
	const char *word = words->word[words->count - 1];
	bool found = false, is_owner = ends == file->owner;
	int node = CASE_ANY;

	if (words->count < 2 || words->count > 3)
		return case_error(file, line, "%s [INSTANCE] WORD",
				  words->word[0]);
	if (is_owner && strcmp(word, "none") != 0 && !case_node(word, &node))
		return case_error(file, line,
				  "owner \"%s\": lb01, lb02 or none", word);
	for (unsigned i = 0; i < settings->instance_count; i++) {
		if (words->count == 3 &&
		    strcmp(words->word[1], settings->instances[i].name) != 0)
			continue;
		found = true;
		ends[i].line = line;
		ends[i].node = node;
		snprintf(ends[i].text, sizeof(ends[i].text), "%s", word);
	}
	if (!found)
		return case_error(file, line, "\"%s\" is no instance",
				  words->word[1]);
	for (int p = PROOF_NONE + 1; !is_owner; p++) {
		if (p == PROOFS)
			return case_error(file, line, "\"%s\" is no proof",
					  word);
		if (strcmp(word, proof_name((enum proof)p)) == 0)
			break;
	}
	return true;
}

static bool parse_dark(struct case_file *file, int line, struct words *words)
{
	const char *word = words->count == 2 ? words->word[1] : "";

	file->dark = (struct case_end){.line = line, .node = CASE_ANY};
	file->dark.both = strcmp(word, "both") == 0;
	if (file->dark.both || strcmp(word, "none") == 0 ||
	    case_node(word, &file->dark.node))
		return true;
	return case_error(file, line, "dark lb01|lb02|both|none");
}

static bool is_alert(const char *word)
{
	for (int a = 0; a < ALERT_NAMES; a++)
		if (strcmp(word, alert_name_text((enum alert_name)a)) == 0)
			return true;
	return strcmp(word, "none") == 0 || strcmp(word, "stopped") == 0;
}

/* alerts NODE NAME...: exactly these stand at the end */
static bool parse_alerts(struct case_file *file, int line, struct words *words)
{
	struct case_end *end;
	int node;

	if (words->count < 3 || !case_node(words->word[1], &node))
		return case_error(file, line,
				  "alerts NODE NAME...|none|stopped");
	end = &file->alerts[node];
	if (end->line)
		return case_error(file, line, "alerts %s is said twice",
				  words->word[1]);
	end->line = line;
	for (unsigned i = 2; i < words->count; i++) {
		size_t used = strlen(end->text);

		if (!is_alert(words->word[i]))
			return case_error(file, line, "\"%s\" is no alert",
					  words->word[i]);
		snprintf(end->text + used, sizeof(end->text) - used, " %s",
			 words->word[i]);
	}
	return true;
}

static bool parse_shots(struct case_file *file, int line, struct words *words)
{
	int64_t value;
	int node;

	if (words->count != 3 || !case_node(words->word[1], &node) ||
	    !case_number(words->word[2], &value))
		return case_error(file, line, "shots NODE NUMBER");
	file->shots[node] = value;
	file->shots_line[node] = line;
	return true;
}

static bool parse_start(struct case_file *file, int line, struct words *words)
{
	const char *word = words->count == 2 ? words->word[1] : "";

	if (strcmp(word, "pair") == 0)
		file->start = START_PAIR;
	else if (strcmp(word, "none") == 0)
		file->start = START_NONE;
	else if (strcmp(word, "dark") == 0)
		file->start = START_DARK;
	else
		return case_error(file, line, "start pair|none|dark");
	return true;
}

static bool parse_one_time(struct case_file *file, int line,
			   struct words *words, int64_t *ms)
{
	if (words->count == 2 && case_time(words->word[1], ms))
		return true;
	return case_error(file, line, "%s TIME", words->word[0]);
}

static bool parse_text(struct case_file *file, int line, struct words *words,
		       char *text, size_t size)
{
	if (words->count != 2 || !words->quoted[1])
		return case_error(file, line, "%s \"TEXT\"", words->word[0]);
	snprintf(text, size, "%s", words->word[1]);
	return true;
}

static bool parse_line(struct case_file *file, int line, struct words *words)
{
	const char *first = words->word[0];

	if (strcmp(first, "set") == 0)
		return case_set(file, line, words);
	if (strcmp(first, "start") == 0)
		return parse_start(file, line, words);
	if (strcmp(first, "at") == 0)
		return case_act(file, line, words);
	if (strcmp(first, "end") == 0)
		return parse_one_time(file, line, words, &file->end_ms);
	if (strcmp(first, "see") == 0)
		return parse_expect(file, line, words, EXPECT_SEE);
	if (strcmp(first, "also") == 0)
		return parse_expect(file, line, words, EXPECT_ALSO);
	if (strcmp(first, "never") == 0)
		return parse_expect(file, line, words, EXPECT_NEVER);
	if (strcmp(first, "count") == 0)
		return parse_expect(file, line, words, EXPECT_COUNT);
	if (strcmp(first, "owner") == 0)
		return parse_of_instance(file, line, words, file->owner);
	if (strcmp(first, "proof") == 0)
		return parse_of_instance(file, line, words, file->proof);
	if (strcmp(first, "dark") == 0)
		return parse_dark(file, line, words);
	if (strcmp(first, "alerts") == 0)
		return parse_alerts(file, line, words);
	if (strcmp(first, "shots") == 0)
		return parse_shots(file, line, words);
	file->outage_line =
		strcmp(first, "outage") == 0 ? line : file->outage_line;
	if (strcmp(first, "outage") == 0)
		return parse_one_time(file, line, words, &file->outage_ms);
	file->excused.line =
		strcmp(first, "excused") == 0 ? line : file->excused.line;
	if (strcmp(first, "excused") == 0)
		return parse_text(file, line, words, file->excused.text,
				  sizeof(file->excused.text));
	if (strcmp(first, "fails") == 0 && strstr(file->path, "/self/"))
		return parse_text(file, line, words, file->fails,
				  sizeof(file->fails));
	return case_error(file, line, "\"%s\" is not a word of a case", first);
}

/* What every case must say, or it could not fail. */
static bool check_whole(struct case_file *file, int last)
{
	if (!file->has_header)
		return case_error(file, 1,
				  "the first line must be a comment that "
				  "tells the story");
	if (file->end_ms < 0)
		return case_error(file, last, "no \"end TIME\"");
	for (unsigned i = 0; i < file->act_count; i++)
		if (file->acts[i].at_ms > file->end_ms)
			return case_error(file, file->acts[i].line,
					  "happens after the end");
	if (!file->expect_count)
		return case_error(file, last,
				  "nothing is expected: see, "
				  "also, never or count");
	for (unsigned i = 0; i < file->settings[0].instance_count; i++) {
		if (!file->owner[i].line)
			return case_error(file, last, "no owner of %s",
					  file->settings[0].instances[i].name);
		if (file->owner[i].node != CASE_ANY && !file->proof[i].line)
			return case_error(file, last, "no proof for %s",
					  file->settings[0].instances[i].name);
	}
	if (!file->dark.line)
		return case_error(file, last, "no \"dark NODE|both|none\"");
	for (int n = 0; n < 2; n++)
		if (!file->alerts[n].line)
			return case_error(file, last, "no alerts of lb0%d",
					  n + 1);
	return true;
}

bool case_parse(const char *path, struct case_file *file)
{
	static struct world defaults;
	char text[1024];
	struct words words;
	int line = 0;
	FILE *stream;

	memset(file, 0, sizeof(*file));
	snprintf(file->path, sizeof(file->path), "%s", path);
	file->end_ms = file->outage_ms = -1;
	world_init(&defaults);
	for (unsigned n = 0; n < 2; n++)
		file->settings[n] = defaults.nodes[n].settings;
	stream = fopen(path, "re");
	if (!stream)
		return case_error(file, 0, "%s", strerror(errno));
	while (!file->error[0] && fgets(text, sizeof(text), stream)) {
		line++;
		if (line == 1 && text[0] == '#' && strlen(text) > 10)
			file->has_header = true;
		if (!strchr(text, '\n') && !feof(stream))
			case_error(file, line, "the line is too long");
		else if (cut_into_words(file, line, text, &words) &&
			 words.count)
			parse_line(file, line, &words);
	}
	if (ferror(stream))
		case_error(file, line, "%s", strerror(errno));
	fclose(stream);
	return !file->error[0] && check_whole(file, line);
}
