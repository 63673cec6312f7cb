/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SETTINGS_SERVICES_H
#define SETTINGS_SERVICES_H
/*
 * The settings of the director (LVS): its services, their servers and the
 * checks of these, as part of struct settings (settings.h).
 */
#include <stdbool.h>
#include <stdint.h>

#include "../wire/ip.h"
#include "check_kinds.h"
#include "limits.h"

enum settings_method { METHOD_NAT, METHOD_DR, METHOD_TUN };
enum settings_protocol { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP };
enum settings_tunnel { TUNNEL_IPIP, TUNNEL_GUE, TUNNEL_GRE };
enum settings_http_method { HTTP_GET_IT, HTTP_HEAD_OF_IT };
enum settings_family { FAMILY_IPV4, FAMILY_IPV6 };
enum settings_on_remove { ON_REMOVE_DRAIN, ON_REMOVE_CUT };
enum settings_on_stop { ON_STOP_KEEP, ON_STOP_REMOVE };
enum settings_table { TABLE_BOTH, TABLE_OWNER };
enum settings_via { VIA_SERVER, VIA_VIP };
enum settings_sync_role { SYNC_ROLE_BOTH, SYNC_ROLE_FOLLOW };
/* Bits of scheduler_flags; only sh and mh know them. */
enum { SCHEDULER_FALLBACK = 1, SCHEDULER_PORT = 2 };

struct settings_listen {
	struct ip ip;
	uint16_t port;	  /* 0: every port, with persistence */
	uint8_t protocol; /* 0: the service's, else 1 + enum settings_... */
};

/* How often, and how many results in a row decide. In a check, 0 is what
 * director.check says. */
struct settings_check_timing {
	uint32_t inter_ms, fastinter_ms, downinter_ms, timeout_ms;
	uint8_t rise, fall;
};

#define CHECK_STATUS_MAX 8

/* One question to each of the servers that it is for. */
struct settings_check {
	uint8_t type;
	uint16_t port;	   /* 0: the server's, else the listener's */
	struct ip address; /* none: the server's */
	struct ip source;  /* none: as the kernel routes */
	uint8_t via;	   /* enum settings_via */
	struct settings_check_timing timing;
	/* tcp, udp; "" = not at all; dns: expect is an address */
	char send[192], expect[64];
	bool hex;			  /* both are hex digits */
	char host[96], path[128];	  /* http, as all up to tls */
	char status[CHECK_STATUS_MAX][8]; /* "200", "200-299" */
	uint8_t status_count;		  /* 0: 200-299 */
	char body[96];			  /* base/pattern.h */
	bool body_absent;
	char digest[36]; /* MD5 in hex digits; "": any */
	uint8_t method;	 /* enum settings_http_method */
	bool keepalive;
	struct settings_check_tls {
		bool configured, verify;
		char ca_file[96], sni[96];
	} tls;
	char helo[96];		   /* smtp; "": the host name */
	char query[96], record[8]; /* dns */
	uint8_t rcodes;		   /* bits 1 << rcode; 0: NOERROR */
	char command[SETTINGS_COMMAND_MAX];
	bool dynamic;	/* its exit status may be a percent */
	char file[128]; /* whose first line is the result */
};

/* Is it one of these types, as CHECKS_LIKE() gives them? */
static inline bool settings_check_is(const struct settings_check *check,
				     uint32_t types)
{
	return types >> check->type & 1;
}

struct settings_server {
	char name[SETTINGS_NAME_MAX];
	struct ip address;
	uint16_t port;	/* 0: the listener's */
	uint8_t method; /* 0: the service's, else 1 + enum settings_method */
	uint32_t weight, max_connections, resume_connections; /* 0: none */
	/* in settings.checks; none: those of the service */
	uint16_t first_check, check_count;
	/* It says itself how much it wants (HAProxy's agent protocol). */
	struct settings_agent {
		bool configured;
		uint16_t port;
		uint32_t inter_ms;
		char send[64];
	} agent;
};

/* Gets what is new when too few of the servers are left. */
struct settings_fallback {
	bool configured;
	struct ip address;
	uint16_t port;	/* 0: the listener's */
	uint8_t method; /* 0: the service's, else 1 + enum settings_method */
};

struct settings_service {
	char name[SETTINGS_NAME_MAX];
	uint8_t instance;	  /* index */
	uint8_t protocol, method; /* enum settings_... */
	uint8_t tunnel;		  /* method tun, as the rest of these */
	bool tunnel_csum, tunnel_remcsum;
	uint16_t tunnel_port;
	struct ip gateway; /* method nat: of the servers; none: not said */
	uint16_t first_listen, listen_count; /* in settings.listens */
	uint32_t fwmark; /* 0: by the listeners, else without any */
	uint8_t family;	 /* of fwmark */
	char scheduler[16];
	uint8_t scheduler_flags;
	bool one_packet, follow_health;
	uint32_t sticky_s;     /* persistence; 0: none */
	uint8_t sticky_prefix; /* 0: the whole address */
	char sticky_engine[8]; /* "none", "sip" */
	uint8_t on_remove;
	uint32_t drain_s;
	uint8_t on_down, on_empty; /* as enum pool_on_... (director/pool.h) */
	uint8_t panic_percent, slow_start_min_percent;
	uint32_t quorum, hysteresis, slow_start_s;
	struct settings_fallback fallback;
	uint16_t first_check, check_count;   /* in settings.checks */
	uint16_t first_server, server_count; /* in settings.servers */
};

struct settings_director {
	bool configured;
	uint8_t table; /* who has it, but see settings_has_owner_table() */
	uint8_t on_stop;
	uint32_t audit_s;
	uint32_t fwmark_base; /* with via, a mark for each server from here */
	bool expire_nodest, expire_quiescent_template, sloppy_tcp, conntrack;
	uint32_t tcp_s, tcp_fin_s, udp_s;
	struct settings_check_timing check; /* of checks that say nothing */
	uint8_t spread_percent;
	uint16_t parallel;
	uint32_t standby_inter_ms; /* where the other node serves */
	struct settings_flap {
		uint8_t changes;
		uint32_t window_s, hold_s, hold_max_s;
	} flap;
	struct settings_director_sync {
		bool configured;
		char interface[SETTINGS_INTERFACE_MAX];
		uint8_t role;
		char group[48];
		uint16_t port, maxlen;
		uint8_t ttl, threshold;
		uint32_t period, refresh_s;
	} sync;
	struct settings_service services[SERVICES_MAX];
	uint16_t service_count;
};

#endif
