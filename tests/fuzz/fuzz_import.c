/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer: any text as a keepalived.conf, which may include itself. It is
 * read to its end or refused with a sentence, as each of three nodes; what is
 * made of it, alone and as its own peer, is text that libconfig reads.
 */
#include <libconfig.h>
#include <stdio.h>

#include "fuzz.h"
#include "../../src/cli/import/import.h"
#include "../../src/cli/import/tree.h"

struct blob {
	const char *text;
	size_t size;
};

static const char *blob_read(void *arg, struct arena *arena, const char *path,
			     size_t *size, const char **error)
{
	const struct blob *blob = arg;

	(void)path;
	(void)error;
	*size = blob->size;
	return arena_copy(arena, blob->text, blob->size);
}

static unsigned blob_list(void *arg, struct arena *arena, const char *pattern,
			  const char ***paths)
{
	(void)arg;
	*paths = arena_alloc(arena, sizeof(**paths));
	(*paths)[0] = "k.conf";
	return strstr(pattern, "k.conf") != NULL;
}

static void judge(const struct item *parent, unsigned depth)
{
	demand(depth < 8);
	for (const struct item *item = parent->first; item; item = item->next) {
		demand(item->parent == parent && item->number > 0);
		demand(item->text != NULL);
		demand(item->outcome != IGNORED || item->why || item->told);
		judge(item, depth + 1);
	}
}

static void translate(const struct import_files *files, const char *peer)
{
	struct import_request request = {"k.conf", peer, .takes_all = true};
	struct import_result result;
	struct arena arena = {0};
	config_t config;

	import_translate(&arena, files, &request, &result);
	demand(result.summary != NULL && result.summary[0] != '\0');
	demand(result.text != NULL || !result.complete);
	config_init(&config);
	if (result.text != NULL)
		demand(config_read_string(&config, result.text) == CONFIG_TRUE);
	config_destroy(&config);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ids[] = {NULL, "lb01", "lb02"};
	struct blob blob = {(const char *)data, size};
	struct import_files files = {blob_read, blob_list, &blob};

	if (size > 8192)
		return 0;
	for (unsigned i = 0; i < 3; i++) {
		struct arena arena = {0};
		struct tree tree;

		import_tree_read(&tree, &arena, &files, "k.conf", ids[i]);
		if (tree.error == NULL)
			judge(tree.root, 0);
		else
			demand(strncmp(tree.error, "k.conf:", 7) == 0);
		arena_free(&arena);
	}
	translate(&files, NULL);
	translate(&files, "k.conf");
	return 0;
}
