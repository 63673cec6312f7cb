/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_MODEL_H
#define IMPORT_MODEL_H
/*
 * What keepalived 2.2.7 runs on one node: the values as they count, not as they
 * are written. Reading marks each item with what came of it; what keepalived
 * would not start with, or what twinbeat must not guess, is a refusal.
 */
#include "doc.h"
#include "tree.h"

#define MODEL_NODES 2

struct vip {
	struct item *item;
	const char *ip;		 /* with its prefix */
	const char *dev, *label; /* NULL: none */
};

struct vips {
	struct vip *at;
	unsigned count;
};

/* A script, process, file or interface that an instance tracks. */
struct tracked {
	struct item *use;
	/* vrrp_script, vrrp_track_process, track_file; NULL: an interface */
	struct item *object;
	const char *name;
	int weight; /* 0: a failure is a fault; of a file: times its number */
	bool reverse;
};

struct tracks {
	struct tracked *at;
	unsigned count;
};

struct instance {
	struct item *item;
	const char *name; /* as twinbeat can have it */
	const char *interface;
	unsigned vrid, version, priority;
	bool owner; /* priority 255 there */
	bool state_master, v6;
	unsigned advert_ms;
	const char *auth_pass; /* NULL: none */
	bool nopreempt;	       /* in force */
	unsigned preempt_delay_s;
	bool unicast;
	const char *source; /* unicast_src_ip, mcast_src_ip; NULL */
	const char *peer;   /* the only one of unicast_peer */
	unsigned min_ttl;   /* of its adverts; 0: not said */
	struct vips vips, excluded;
	struct tracks scripts, processes, files, interfaces;
	struct item *group;	/* vrrp_sync_group, or NULL */
	struct instance *other; /* the same router on the other node */
	struct doc *doc;
};

struct model {
	struct tree tree;
	const char *path, *id;
	struct item *globals;
	unsigned version;
	const char *router_id;
	struct instance *instances;
	unsigned instance_count;
	struct doc *doc; /* for what is no instance's */
};

struct refusal {
	const char *text; /* "FILE:LINE: sentence" */
	struct refusal *next;
};

struct import {
	struct arena arena;
	const struct import_files *files;
	struct model models[MODEL_NODES];
	unsigned node_count; /* 1: the other node's file is not known */
	const char *names[MODEL_NODES];
	bool names_unknown;
	struct refusal *refusals, **last_refusal;
	struct doc *root;
	struct doc *rest;   /* comments that belong to no instance */
	struct doc *notify; /* the list, once something is in it */
	struct doc *director, *services; /* the same */
	struct service_mail *service_mails;
	bool sends_mail;
	bool only_services; /* an ldirectord.cf: no nodes, no instances */
	bool many;	    /* lines: too many to compare each with each */
	/* Every setting of the contract counts as built; for tests. */
	bool takes_all;
};

void refuse(struct import *import, const struct item *item, const char *format,
	    ...) __attribute__((format(printf, 3, 4)));

/* ---- values: value.c ---- */

/* Digits with an optional +, as keepalived takes them; value is left alone if
 * they are none. */
bool value_number(const char *text, long min, long max, long *value);
/* "1.5" in thousandths. */
bool value_thousandths(const char *text, long *value);
/* 255.255.255.0, or 24; 0: neither. */
long value_prefix(const char *text);
/* The number of the keyword that counts; fallback and a note if it is none. */
long value_of(struct import *import, struct model *model,
	      const struct item *parent, const char *name, long min, long max,
	      long fallback);
/* The word behind the name, as keepalived takes a regex: quotes anywhere, and a
 * \ with what stands behind it is one byte. */
const char *value_escaped(struct arena *arena, const struct item *item);
/* NULL, or why a check cannot look for it in a page. */
const char *value_refused_pattern(const char *text);
bool value_is_address(const char *text, bool *v6);
/* An address of IPv6 as inet_ntop() writes it; anything else as it is. */
const char *value_address(struct arena *arena, const char *text);
bool value_ipv4(const char *text, unsigned char bytes[4]);
/* Letters, digits, . _ : - and 31 of them at most. */
const char *value_name(struct arena *arena, const char *text);
bool value_is_name(const char *text);
/* script, notify: the command that is run; quotes taken off. */
const char *value_command(struct arena *arena, const struct item *item,
			  const char **rest);
/* The same with the whole path of its program; where that is not found, the
 * item is marked, and the result NULL. what: what keepalived does then. */
const char *value_program(struct import *import, struct tree *tree,
			  struct item *item, const char *command,
			  const char *what);
/* It begins with a shell, which reads its |, ; and >. */
bool value_is_shell(const char *command);

/* ---- one node: instance.c, vips.c, track.c ---- */

void model_read(struct import *import, struct model *model);
void vips_read(struct import *import, struct model *model,
	       struct instance *instance);
/* Whatever prefix it has there. */
bool vips_have(const struct vips *vips, const char *ip);
void tracks_read(struct import *import, struct model *model,
		 struct instance *instance);
/* Puts what has no setting here where it belongs. */
void model_mark_rest(struct import *import, struct model *model);

/* ---- the pair: pair.c ---- */

/* Finds instance->other; what differs and must not is a refusal. */
void pair_join(struct import *import);
/* What decides who serves; after pair_join. */
struct instance *pair_higher(struct instance *instance);

/* ---- writing ---- */

void write_nodes(struct import *import);     /* write_nodes.c */
void write_instances(struct import *import); /* write_instance.c */
void write_tracks(struct import *import, struct instance *instance,
		  struct doc *group); /* write_track.c */
/* write_notify.c; notify_open: the list of hooks, begun if need be. */
void write_notify(struct import *import);
struct doc *notify_open(struct import *import);
/* Of several global_defs the last one that says it. */
struct item *notify_global(const struct model *model, const char *name);
/* What an smtp_alert says: 1 or 0, with item; -1: it is not there (NULL). */
int notify_alert(struct item *at, struct item **item);
/* write_service_notify.c: what services send by mail, after write_services. */
bool services_have_mail(const struct import *import);
void services_write_mail(struct import *import);
/* The command of a notify_... as twinbeat runs it, or NULL: it is marked why
 * not. */
const char *notify_command(struct import *import, struct item *item);
void write_globals(struct import *import);  /* write_global.c */
void write_debounce(struct import *import); /* write_debounce.c */
void write_garp(struct import *import);	    /* after write_instances */
void write_services(struct import *import); /* write_service.c */
/* Turns into comments what this version's settings refuse: settle.c. */
void import_settle(struct import *import);
#endif
