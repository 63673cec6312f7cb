/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "import.h"
#include "ldirectord.h"
#include "model.h"
#include "report.h"

/* Beyond it the two files are not compared line by line. */
#define MANY_LINES 4000

static void refuse_text(struct import *import, const char *text)
{
	struct refusal *refusal = arena_alloc(&import->arena, sizeof(*refusal));

	refusal->text = text;
	*import->last_refusal = refusal;
	import->last_refusal = &refusal->next;
}

static void read_model(struct import *import, unsigned node,
		       const struct import_files *files, const char *path,
		       const char *id)
{
	struct model *model = &import->models[node];

	memset(model, 0, sizeof(*model));
	model->path = path;
	model->id = id;
	import_tree_read(&model->tree, &import->arena, files, path, id);
}

/* One file for both nodes: each @id is a host name. */
static void read_by_ids(struct import *import, const struct import_files *files,
			const char *path)
{
	const struct lines *lines = &import->models[0].tree.lines;
	const char *a = lines->ids[0];
	const char *b = lines->id_count > 1 ? lines->ids[1] : NULL;

	if (lines->id_count > MODEL_NODES) {
		refuse_text(import,
			    arena_print(&import->arena,
					"%s: %u nodes are named by @: %s, %s, "
					"%s ... twinbeat joins two nodes: "
					"choose two, or use Pacemaker",
					path, lines->id_count, a, b,
					lines->ids[2]));
		return;
	}
	read_model(import, 0, files, path, a);
	read_model(import, 1, files, path, b);
	import->node_count = MODEL_NODES;
}

/*
 * Two files, and lines for one host of them: which file is of that host, no
 * file says. Left out, a priority may be gone.
 */
static void refuse_ids(struct import *import)
{
	for (unsigned n = 0; n < import->node_count; n++) {
		const struct model *model = &import->models[n];

		if (model->tree.error != NULL ||
		    model->tree.lines.id_count == 0)
			continue;
		refuse_text(import,
			    arena_print(&import->arena,
					"%s: there are lines for @%s, and with "
					"--peer no file says which of the two "
					"is of that host: if both nodes run "
					"this one file, import it without "
					"--peer; else take the @ out of the "
					"lines that are this node's, and "
					"delete those of the other",
					model->path, model->tree.lines.ids[0]));
	}
}

static void read_files(struct import *import, const struct import_files *files,
		       const struct import_request *request)
{
	read_model(import, 0, files, request->path, NULL);
	import->node_count = 1;
	if (import->models[0].tree.error == NULL &&
	    import->models[0].tree.lines.id_count > 0 && request->peer == NULL)
		read_by_ids(import, files, request->path);
	if (request->peer != NULL) {
		read_model(import, 1, files, request->peer, NULL);
		import->node_count = MODEL_NODES;
		refuse_ids(import);
	}
	for (unsigned n = 0; n < import->node_count; n++)
		if (import->models[n].tree.error != NULL)
			refuse_text(import, import->models[n].tree.error);
}

static void write_head(struct import *import,
		       const struct import_request *request)
{
	struct doc *root = import->root;

	doc_comment(
		root,
		"Made by twinbeat import from %s%s%s. What stands as a "
		"comment with a file and a line was not carried, was "
		"changed, or never worked. Fill in what is asked for, then: "
		"twinbeat check",
		request->path, request->peer ? " and " : "",
		request->peer ? request->peer : "");
	doc_comment(root, "A name for the pair, of your choice:");
	doc_string(root, "pair", "pair");
	doc_comment(root, "Make the key with: twinbeat keygen "
			  "/etc/twinbeat/key");
	doc_string(root, "key_file", "/etc/twinbeat/key");
}

/* Of a file with lines for one host. */
static const char *as_node(const struct model *model)
{
	if (model->id != NULL)
		return " on ";
	return model->tree.lines.id_count > 0
		       ? " on a node that no @ of it names"
		       : "";
}

static void read_models(struct import *import)
{
	for (unsigned n = 0; n < import->node_count; n++) {
		struct model *model = &import->models[n];

		model_read(import, model);
		if (model->instance_count == 0)
			refuse_text(
				import,
				arena_print(&import->arena,
					    "%s: there is no vrrp_instance "
					    "that keepalived would run%s%s: "
					    "nothing to keep alive. What is "
					    "imported is a keepalived.conf or "
					    "an ldirectord.cf",
					    model->path, as_node(model),
					    model->id ? model->id : ""));
	}
}

static void write_all(struct import *import,
		      const struct import_request *request)
{
	import->many = import->models[0].tree.lines.count > MANY_LINES;
	write_head(import, request);
	write_nodes(import);
	write_instances(import);
	write_debounce(import);
	write_garp(import);
	write_globals(import);
	write_services(import);
	write_notify(import);
	for (unsigned n = 0; n < import->node_count; n++)
		model_mark_rest(import, &import->models[n]);
}

static void finish(struct import *import, const struct import_request *request,
		   struct import_result *result)
{
	unsigned lost;

	if (!request->takes_all)
		import_settle(import);
	report_place(import);
	result->summary = report_summary(import, &lost);
	result->text =
		arena_print(&import->arena, "%s%s", doc_render(import->root),
			    doc_render(import->rest));
	result->complete = lost == 0 && import->node_count == MODEL_NODES;
}

/* The lines of an ldirectord.cf are no keepalived.conf's. */
static bool take_ldirectord(struct import *import,
			    const struct import_request *request)
{
	if (import->models[0].tree.lines.error != NULL ||
	    !ldirectord_is(&import->models[0].tree.lines))
		return false;
	import->refusals = NULL;
	import->last_refusal = &import->refusals;
	if (request->peer != NULL) {
		refuse_text(import, arena_print(&import->arena,
						"%s: an ldirectord.cf has no "
						"peer: both nodes have the "
						"same",
						request->path));
		return false;
	}
	import->node_count = 1;
	import->only_services = true;
	import->names[0] = "node1";
	ldirectord_write(import);
	return true;
}

void import_translate(struct arena *arena, const struct import_files *files,
		      const struct import_request *request,
		      struct import_result *result)
{
	struct import *import = arena_alloc(arena, sizeof(*import));

	memset(result, 0, sizeof(*result));
	import->files = files;
	import->takes_all = request->takes_all;
	import->last_refusal = &import->refusals;
	read_files(import, files, request);
	import->root = doc_new(&import->arena);
	import->rest = doc_new(&import->arena);
	if (take_ldirectord(import, request)) {
		finish(import, request, result);
		arena_adopt(arena, &import->arena);
		return;
	}
	if (import->refusals == NULL)
		read_models(import);
	if (import->refusals == NULL)
		pair_join(import);
	if (import->refusals != NULL) {
		result->summary = report_refusals(import);
	} else {
		write_all(import, request);
		finish(import, request, result);
	}
	/* All of it is the caller's from here. */
	arena_adopt(arena, &import->arena);
}
