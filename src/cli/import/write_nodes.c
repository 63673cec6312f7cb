/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The nodes. What no keepalived.conf says is asked for and never invented:
 * serial port, power switch, often name and address.
 */
#include <string.h>

#include "model.h"

static bool are_names(const char *a, const char *b)
{
	return a != NULL && b != NULL && value_is_name(a) && value_is_name(b) &&
	       strcmp(a, b) != 0;
}

static void name_nodes(struct import *import)
{
	struct model *models = import->models;
	const char *a = models[0].router_id, *b = models[1].router_id;

	import->names[0] = "node1";
	import->names[1] = "node2";
	if (import->node_count == MODEL_NODES && models[0].id != NULL) {
		import->names[0] = value_name(&import->arena, models[0].id);
		/* @lb01 alone: the other node is any other. */
		import->names_unknown = models[1].id == NULL;
		if (models[1].id != NULL)
			import->names[1] =
				value_name(&import->arena, models[1].id);
	} else if (import->node_count == MODEL_NODES && are_names(a, b)) {
		import->names[0] = a;
		import->names[1] = b;
	} else {
		import->names_unknown = true;
	}
}

/* Of the node itself, and what the other one calls it. */
static const char *addresses_of(struct import *import, unsigned node)
{
	const char *list = NULL;
	struct model *own = &import->models[node];
	struct model *other = &import->models[1 - node];

	for (unsigned pass = 0; pass < 2; pass++) {
		struct model *model = pass == 0 ? own : other;

		if (model->tree.root == NULL)
			continue;
		for (unsigned i = 0; i < model->instance_count; i++) {
			const char *ip = pass == 0 ? model->instances[i].source
						   : model->instances[i].peer;
			const char *quoted;

			if (ip == NULL)
				continue;
			quoted = arena_print(&import->arena, "\"%s\"", ip);
			if (list == NULL || strstr(list, quoted) == NULL)
				list = doc_strings(&import->arena, list, ip);
		}
	}
	return list;
}

static void write_address(struct import *import, struct doc *group,
			  unsigned node)
{
	const char *list = addresses_of(import, node);
	size_t size;

	if (list == NULL) {
		doc_comment(group,
			    "The own address of this node on %s, which no "
			    "keepalived.conf says:",
			    import->models[0].instances[0].interface);
		doc_comment(group, "address = \"192.0.2.1%u\";", node + 1);
		return;
	}
	size = strlen(list);
	if (strchr(list, ',') == NULL) /* "( "a" )" */
		doc_value(group, "address", "%.*s", (int)size - 4, list + 2);
	else
		doc_value(group, "address", "%s", list);
}

static void write_node(struct import *import, struct doc *list, unsigned node)
{
	struct model *model = &import->models[node];
	struct doc *group = doc_group(list, NULL);

	if (node == 1 && import->names_unknown)
		doc_comment(group,
			    "node1 and node2 stand for host names, which "
			    "keepalived does not know: put them in (in "
			    "priorities, too), or start twinbeatd with --node");
	doc_string(group, "name", import->names[node]);
	if (node < import->node_count && model->instance_count > 0)
		doc_value(group, "priority", "%u",
			  model->instances[0].priority);
	else
		doc_comment(group,
			    "Not known, the other node's file was not given "
			    "(--peer):\npriority = 100;");
	write_address(import, group, node);
	doc_comment(group, "The port of the null-modem cable, and what cuts "
			   "this node's power:");
	doc_comment(group, "serial = \"/dev/twinbeat0\";");
	doc_comment(group,
		    "fence = ( { level = 1; device = \"pdu\"; plug = %u; } );",
		    node + 1);
}

void write_nodes(struct import *import)
{
	struct doc *list, *links;

	name_nodes(import);
	list = doc_list(import->root, "nodes");
	list->blank = true;
	for (unsigned node = 0; node < MODEL_NODES; node++)
		write_node(import, list, node);
	doc_comment(import->root,
		    "The switch that cuts power, in a network of its own:");
	doc_comment(import->root,
		    "devices = ( { name = \"pdu\"; driver = \"modbus\"; host = "
		    "\"203.0.113.20\"; } );");
	links = doc_group(import->root, "links");
	links->blank = true;
	doc_value(links, "serial", "{ }");
}
