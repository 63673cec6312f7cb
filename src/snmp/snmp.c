/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twinbeat-snmp(8): VRRPV3-MIB (RFC 6527) and its notifications, as an AgentX
 * subagent (RFC 2741) of the snmpd on this node. It can ask the daemon and can
 * change nothing.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>

#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/options.h"
#include "../base/standard_fds.h"
#include "../client/asker.h"
#include "../ipc/control_msg.h"
#include "mib.h"
#include "router.h"

#define AGENTX_DEFAULT "/var/agentx/master"
#define POLL_S	       1
#define PING_S	       5     /* to see that snmpd is there, or again */
#define ERROR_TICKS    6000u /* of a kind of error, once in a minute */
#define NAME_MAX_ALL   (BASE + MIB_NAME_MAX)
#define BASE	       7

enum exit_code { EXIT_OK, EXIT_FAILED };

static const oid vrrpv3_mib[BASE] = {1, 3, 6, 1, 2, 1, 207};
static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};

/* libnetsnmp calls back with nothing of ours: one of each. */
static struct asker asker;
static struct mib mib;
static struct routers routers;
static struct router_told told[ROUTERS_MAX];
static bool is_connected, is_silent;
static volatile sig_atomic_t is_asked_to_end;

static const char help[] =
	"usage: twinbeat-snmp [--agentx ADDRESS] [--run-dir DIR]\n\n"
	"Shows the virtual routers of twinbeatd on this node to the snmpd "
	"there, as\nVRRPV3-MIB (RFC 6527), and sends its notifications.\n\n"
	"  --agentx ADDRESS  where snmpd waits for subagents (" AGENTX_DEFAULT
	"),\n                    or as tcp:127.0.0.1:705\n"
	"  --run-dir DIR     where the daemon's socket is (" RUN_DIR ")\n";

/* ---- requests ---- */

static unsigned short type_of(enum mib_type type)
{
	static const unsigned short types[] = {
		[MIB_INTEGER] = ASN_INTEGER,   [MIB_UNSIGNED] = ASN_UNSIGNED,
		[MIB_COUNTER32] = ASN_COUNTER, [MIB_COUNTER64] = ASN_COUNTER64,
		[MIB_TICKS] = ASN_TIMETICKS,   [MIB_OCTETS] = ASN_OCTET_STR,
	};

	return types[type];
}

static size_t full_name(const uint32_t *name, unsigned length,
			oid full[NAME_MAX_ALL])
{
	memcpy(full, vrrpv3_mib, sizeof(vrrpv3_mib));
	for (unsigned i = 0; i < length; i++)
		full[BASE + i] = name[i];
	return BASE + length;
}

static void give(netsnmp_variable_list *to, const struct mib_object *object)
{
	unsigned char type = (unsigned char)type_of(object->type);

	if (object->type == MIB_OCTETS) {
		snmp_set_var_typed_value(to, type, object->octets,
					 object->size);
	} else if (object->type == MIB_COUNTER64) {
		struct counter64 value = {
			.high = (u_long)(object->number >> 32),
			.low = (u_long)(object->number & 0xffffffff)};

		snmp_set_var_typed_value(to, type, &value, sizeof(value));
	} else {
		u_long value = (u_long)(object->number & 0xffffffff);

		snmp_set_var_typed_value(to, type, &value, sizeof(value));
	}
}

/* What is asked for, without the name of the MIB; length of what fits. */
static unsigned cut_name(const netsnmp_variable_list *asked,
			 uint32_t name[MIB_NAME_MAX])
{
	unsigned length = 0;

	for (size_t i = BASE; i < asked->name_length && length < MIB_NAME_MAX;
	     i++)
		name[length++] = (uint32_t)asked->name[i];
	return length;
}

static void answer(netsnmp_agent_request_info *info,
		   netsnmp_request_info *request)
{
	netsnmp_variable_list *asked = request->requestvb;
	uint32_t name[MIB_NAME_MAX];
	unsigned length = cut_name(asked, name);
	const struct mib_object *object;
	oid full[NAME_MAX_ALL];

	if (info->mode == MODE_GET) {
		object = asked->name_length <= NAME_MAX_ALL
				 ? mib_find(&mib, name, length)
				 : NULL;
		if (object)
			give(asked, object);
		else
			netsnmp_set_request_error(info, request,
						  SNMP_NOSUCHINSTANCE);
		return;
	}
	/* before the first of ours, all of ours follow */
	if (snmp_oid_compare(asked->name, asked->name_length, vrrpv3_mib,
			     BASE) <= 0)
		length = 0;
	object = mib_next(&mib, name, length, request->inclusive);
	if (!object)
		return; /* snmpd goes on behind us */
	snmp_set_var_objid(asked, full,
			   full_name(object->name, object->length, full));
	give(asked, object);
}

static int handle(netsnmp_mib_handler *handler,
		  netsnmp_handler_registration *registration,
		  netsnmp_agent_request_info *info,
		  netsnmp_request_info *requests)
{
	(void)handler;
	(void)registration;
	for (netsnmp_request_info *one = requests; one; one = one->next)
		if (!one->processed)
			answer(info, one);
	return SNMP_ERR_NOERROR;
}

/* ---- notifications ---- */

static void add_object(netsnmp_variable_list **list, const uint32_t *name,
		       unsigned length)
{
	const struct mib_object *object = mib_find(&mib, name, length);
	oid full[NAME_MAX_ALL];
	netsnmp_variable_list *added;

	if (!object)
		return;
	added = snmp_varlist_add_variable(
		list, full, full_name(name, length, full),
		(unsigned char)type_of(object->type), NULL, 0);
	if (added)
		give(added, object);
}

static netsnmp_variable_list *begin(uint32_t number)
{
	netsnmp_variable_list *list = NULL;
	oid full[NAME_MAX_ALL];
	const uint32_t name[] = {0, number};
	size_t length = full_name(name, 2, full);

	snmp_varlist_add_variable(&list, trap_oid, OID_LENGTH(trap_oid),
				  ASN_OBJECT_ID, full, length * sizeof(oid));
	return list;
}

static void send_all(netsnmp_variable_list *list)
{
	send_v2trap(list);
	snmp_free_varbind(list);
}

static void tell_new_master(const struct router *router)
{
	netsnmp_variable_list *list = begin(1);
	uint32_t name[MIB_NAME_MAX];

	add_object(&list, name, mib_name_master(router, name));
	add_object(&list, name, mib_name_reason(router, name));
	snmp_log(LOG_INFO, "vrrpv3NewMaster: %s\n", router->name);
	send_all(list);
}

static void tell_error(const struct router *router)
{
	netsnmp_variable_list *list = begin(2);
	uint32_t name[MIB_NAME_MAX];

	add_object(&list, name, mib_name_error(router, name));
	send_all(list);
}

/* ---- the daemon ---- */

static void tell_news(struct routers *now, uint32_t ticks)
{
	for (unsigned i = 0; i < now->count; i++) {
		const struct router *router = &now->list[i];

		if (!router->interface)
			continue;
		if (router->is_new_master)
			tell_new_master(router);
		/* a flood of bad adverts is no flood of notifications */
		if (router->has_new_error &&
		    (!told[i].has_error ||
		     ticks - told[i].error_ticks > ERROR_TICKS)) {
			tell_error(router);
			told[i].has_error = true;
			told[i].error_ticks = ticks;
		}
	}
}

/* A row is found by its interface's number: without one there is no row. */
static void tell_missing(const struct routers *now)
{
	for (unsigned i = 0; i < now->count; i++) {
		const struct router *router = &now->list[i];

		if (!router->interface && !told[i].is_missing)
			snmp_log(LOG_WARNING,
				 "%s: there is no interface %s: no rows\n",
				 router->name, router->interface_name);
		told[i].is_missing = !router->interface;
	}
}

static unsigned interface_number(const char *name)
{
	return if_nametoindex(name);
}

/* The daemon has answered, or not in time. */
static void look(int fd, void *context)
{
	static struct routers now;
	static const struct routers none;
	const json_t *status = asker_status_end(&asker);
	uint32_t ticks = (uint32_t)netsnmp_get_agent_uptime();

	(void)fd;
	(void)context;
	if (!status) {
		if (!is_silent)
			snmp_log(LOG_WARNING,
				 "no virtual routers to show: %s\n",
				 asker.error);
		is_silent = true;
		mib_make(&mib, &none);
		return;
	}
	if (is_silent)
		snmp_log(LOG_NOTICE, "twinbeatd answers\n");
	is_silent = false;
	routers_read(&now, status, &routers, ticks, interface_number);
	routers_follow(told, &now);
	tell_missing(&now);
	if (!mib_make(&mib, &now))
		snmp_log(LOG_ERR, "no memory for all virtual routers\n");
	/* what snmpd could not pass on is news still when it is there again */
	if (!is_connected && routers.is_known)
		return;
	if (is_connected)
		tell_news(&now, ticks);
	routers = now;
	for (unsigned i = 0; i < routers.count; i++)
		routers.list[i].addresses = NULL; /* of a status that ends */
}

static void poll_again(unsigned id, void *context)
{
	(void)id;
	(void)context;
	asker_status_begin(&asker);
}

/* ---- snmpd ---- */

static int connection_changed(int major, int minor, void *server, void *client)
{
	(void)major;
	(void)server;
	(void)client;
	is_connected = minor == SNMPD_CALLBACK_INDEX_START;
	return 0;
}

static void set_up_library(const char *agentx)
{
	/* nothing from files: neither MIBs nor somebody's snmp.conf */
	setenv("MIBS", "", 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
			       NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID,
			       NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE,
			       1);
	netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID,
			      NETSNMP_DS_AGENT_X_SOCKET, agentx);
	snmp_enable_stderrlog();
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
			       SNMPD_CALLBACK_INDEX_START, connection_changed,
			       NULL);
	snmp_register_callback(SNMP_CALLBACK_APPLICATION,
			       SNMPD_CALLBACK_INDEX_STOP, connection_changed,
			       NULL);
	init_agent("twinbeat-snmp");
	/* after it: it sets 15 s */
	netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID,
			   NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, PING_S);
}

static int offer_mib(void)
{
	netsnmp_handler_registration *registration =
		netsnmp_create_handler_registration("vrrpv3MIB", handle,
						    vrrpv3_mib, BASE,
						    HANDLER_CAN_RONLY);

	return registration && netsnmp_register_handler(registration) ==
				       MIB_REGISTERED_OK
		       ? 0
		       : -1;
}

static void take_signal(int number)
{
	(void)number;
	is_asked_to_end = 1;
}

static int serve(const char *agentx)
{
	struct sigaction action = {.sa_handler = take_signal};

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	set_up_library(agentx);
	if (offer_mib()) {
		fprintf(stderr,
			"twinbeat-snmp: libnetsnmp does not take the MIB\n");
		return EXIT_FAILED;
	}
	init_snmp("twinbeat-snmp");
	/* snmpd is not kept waiting for a daemon that hangs */
	if (register_readfd(asker.fd, look, NULL) != FD_REGISTERED_OK) {
		fprintf(stderr,
			"twinbeat-snmp: libnetsnmp does not wait for it\n");
		return EXIT_FAILED;
	}
	asker_status_begin(&asker);
	snmp_alarm_register(POLL_S, SA_REPEAT, poll_again, NULL);
	while (!is_asked_to_end && !asker.is_gone)
		agent_check_and_process(1);
	snmp_shutdown("twinbeat-snmp");
	mib_free(&mib);
	/* why was told by look() */
	return asker.is_gone ? EXIT_FAILED : EXIT_OK;
}

int main(int argc, char **argv)
{
	const char *agentx = AGENTX_DEFAULT;
	struct asker_words words = {.run_dir = RUN_DIR};
	const struct option_value options[] = {{"--agentx", &agentx},
					       {"--run-dir", &words.run_dir},
					       {NULL, NULL}};
	int result;

	standard_fds_open();
	result = options_parse(argc, argv, "twinbeat-snmp", help, options);
	if (result >= 0)
		return result;
	/* for both processes: the other end may be gone */
	signal(SIGPIPE, SIG_IGN);
	/* before the library, which reads what snmpd sends, has any rights */
	if (asker_start(&asker, &words)) {
		fprintf(stderr, "twinbeat-snmp: %s\n", asker.error);
		return EXIT_FAILED;
	}
	return serve(agentx);
}
