/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMPORT_SERVICE_H
#define IMPORT_SERVICE_H
/* A virtual_server as it counts; for write_service.c and write_check.c. */
#include "model.h"

#define LISTENERS_MAX 256
#define MARKS_MAX     32

struct service {
	struct item *item;
	const char *name, *protocol, *method, *scheduler;
	struct instance *instance; /* that holds the address; NULL */
	struct {
		const char *ip;
		long port;
	} listen[LISTENERS_MAX];
	unsigned count;
	long port, fwmark;     /* the mark: 0 if it has none */
	long marks[MARKS_MAX]; /* of a group, beside its addresses */
	unsigned mark_count;
	long weight; /* of servers that say none */
	bool v6, has_family;
	/* notify_up, ...: written once, for all servers */
	bool shared[4];
};

struct server {
	const struct service *service;
	struct item *item;
	long port;	 /* where packets go, 0: where they were sent to */
	long check_port; /* where it is asked */
};

/* write_director.c: the group, begun if need be, and what no service has. */
struct doc *director_open(struct import *import);
void director_write(struct import *import);
/* The programs that owner, the service or a server of it, has told; server: its
 * name, NULL for the service. */
void service_notify(struct import *import, struct service *service,
		    struct item *owner, const char *server);
/* Remembers what the service sends by mail, for services_write_mail(). */
void service_note_mail(struct import *import, const struct service *service);

#define DELAY_LOOP_S  60
#define AS_DELAY_LOOP 0 /* delay_s of a kind */

struct check_kind {
	const char *name, *type;
	long retry, delay_s; /* keepalived's defaults */
	bool connects;	     /* it has connect_timeout */
};

/* write_times.c: the keys of its pace. */
void times_write(struct import *import, const struct server *server,
		 struct item *check, const struct check_kind *kind,
		 struct doc *group);
/* One of them in ms: the checker's, the server's, the service's. */
long times_one(struct import *import, const struct server *server,
	       struct item *check, const char *name, long fallback_s);

/* What keepalived checks of the server, or type none. */
void checks_write(struct import *import, const struct server *server,
		  struct doc *list);
#endif
