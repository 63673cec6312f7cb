/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a running daemon cannot take from a new file: who the pair and its nodes
 * are (what is remembered, signed and locked is by these names), and what was
 * settled with the kernel at the start.
 */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "push.h"

struct changer {
	const struct settings *new;
	const char *remedy;
	struct settings_report *report;
	unsigned count;
};

static void __attribute__((format(printf, 4, 5)))
change_tell(struct changer *changer, const void *value, const char *key,
	    const char *format, ...)
{
	struct settings_place place = settings_where(changer->new, value);
	char line[SETTINGS_LINE_MAX];
	va_list args;
	int n = snprintf(line, sizeof(line),
			 "%s:%u: error: %s: ", changer->new->files[place.file],
			 place.line, key);

	if (n > 0 && (size_t)n < sizeof(line)) {
		va_start(args, format);
		n += vsnprintf(line + n, sizeof(line) - (size_t)n, format,
			       args);
		va_end(args);
	}
	if (n > 0 && (size_t)n < sizeof(line))
		snprintf(line + n, sizeof(line) - (size_t)n, ": %s",
			 changer->remedy);
	changer->count++;
	changer->report->errors++;
	if (changer->report->tell != NULL)
		changer->report->tell(changer->report->arg, true, line);
}

static void change_text(struct changer *changer, const char *key,
			const char *old, const char *new)
{
	if (strcmp(old, new) != 0)
		change_tell(changer, new, key, "\"%s\" instead of \"%s\"", new,
			    old);
}

unsigned settings_check_change(const struct settings *old,
			       const struct settings *new,
			       struct settings_report *report)
{
	struct changer changer = {.new = new,
				  .report = report,
				  .remedy = "this needs a restart of "
					    "twinbeatd"};
	char key[24];

	change_text(&changer, "pair", old->pair, new->pair);
	for (unsigned n = 0; n < NODES; n++) {
		snprintf(key, sizeof(key), "nodes[%u].name", n);
		change_text(&changer, key, old->nodes[n].name,
			    new->nodes[n].name);
		/* R16: what is proof, and who is fenced, hangs on it */
		snprintf(key, sizeof(key), "nodes[%u].kind", n);
		if (old->nodes[n].kind != new->nodes[n].kind)
			change_tell(&changer, &new->nodes[n], key,
				    "another one than before");
	}
	change_text(&changer, "user", old->user, new->user);
	if (old->realtime != new->realtime)
		change_tell(&changer, &new->realtime, "realtime",
			    "%s instead of %s",
			    new->realtime ? "true" : "false",
			    old->realtime ? "true" : "false");
	/* whoever feeds it has it open, and a close may reset the machine */
	change_text(&changer, "watchdog.device", old->watchdog.device,
		    new->watchdog.device);
	if (old->watchdog.timeout_s != new->watchdog.timeout_s)
		change_tell(&changer, &new->watchdog.timeout_s,
			    "watchdog.timeout_s", "%u instead of %u",
			    new->watchdog.timeout_s, old->watchdog.timeout_s);
	return changer.count;
}

bool settings_are_same(const struct settings *a, const struct settings *b)
{
	const char *one = (const char *)a, *other = (const char *)b;
	const size_t before = offsetof(struct settings, file_at_s);
	const size_t after = before + sizeof(a->file_at_s);

	return memcmp(one, other, before) == 0 &&
	       memcmp(one + after, other + after, sizeof(*a) - after) == 0;
}

static bool is_same_plug(const struct settings *old,
			 const struct settings_plug *a,
			 const struct settings *new,
			 const struct settings_plug *b)
{
	return a->level == b->level && strcmp(a->plug, b->plug) == 0 &&
	       strcmp(old->devices[a->device].name,
		      new->devices[b->device].name) == 0;
}

static bool has_same_plugs(const struct settings *old,
			   const struct settings *new, unsigned n)
{
	const struct settings_node *a = &old->nodes[n], *b = &new->nodes[n];

	if (a->plug_count != b->plug_count)
		return false;
	for (unsigned i = 0; i < a->plug_count; i++)
		if (!is_same_plug(old, &a->plugs[i], new, &b->plugs[i]))
			return false;
	return true;
}

static void push_check_node(struct changer *changer, const struct settings *old,
			    const struct settings *new, unsigned n)
{
	const struct settings_node *a = &old->nodes[n], *b = &new->nodes[n];
	char key[32];

	snprintf(key, sizeof(key), "nodes[%u].address", n);
	if (a->address_count != b->address_count ||
	    memcmp(a->addresses, b->addresses,
		   a->address_count * sizeof(a->addresses[0])) != 0)
		change_tell(changer, b, key, "another one than before");
	snprintf(key, sizeof(key), "nodes[%u].serial", n);
	change_text(changer, key, a->serial, b->serial);
	snprintf(key, sizeof(key), "nodes[%u].fence", n);
	if (!has_same_plugs(old, new, n))
		change_tell(changer, b, key, "other plugs than before");
}

/* Where its frames go; how often, and after which silence, may change. */
static bool is_same_way(const struct settings_link *a,
			const struct settings_link *b)
{
	return strcmp(a->type, b->type) == 0 && a->baud == b->baud &&
	       strcmp(a->interface, b->interface) == 0 && a->port == b->port &&
	       memcmp(a->addresses, b->addresses, sizeof(a->addresses)) == 0;
}

static void push_check_link(struct changer *changer, const struct settings *new,
			    const struct settings_link *link)
{
	for (unsigned k = 0; k < LINKS_MAX; k++)
		if (new->links[k].configured &&
		    strcmp(new->links[k].name, link->name) == 0) {
			if (!is_same_way(link, &new->links[k]))
				change_tell(changer, &new->links[k], "links",
					    "%s goes another way than before",
					    link->name);
			return;
		}
	change_tell(changer, new, "links", "%s is not there any more",
		    link->name);
}

unsigned settings_check_push(const struct settings *old,
			     const struct settings *new,
			     struct settings_report *report)
{
	struct changer changer = {
		.new = new,
		.report = report,
		.remedy = "twinbeat push does not change it; copy the file to "
			  "both nodes, then twinbeat reload on each"};

	for (unsigned n = 0; n < NODES; n++)
		push_check_node(&changer, old, new, n);
	for (unsigned i = 0; i < LINKS_MAX; i++)
		if (old->links[i].configured)
			push_check_link(&changer, new, &old->links[i]);
	return changer.count;
}
