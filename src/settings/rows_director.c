/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the director: virtual services, their servers, the kernel. */
#include "rows_director.h"
#include "settings.h"

/* In the order of their enums. */
static const char *const methods[] = {"nat", "dr", "tun", NULL};
static const char *const protocols[] = {"tcp", "udp", "sctp", NULL};
static const char *const tunnels[] = {"ipip", "gue", "gre", NULL};
static const char *const families[] = {"ipv4", "ipv6", NULL};
static const char *const on_remove[] = {"drain", "cut", NULL};
static const char *const on_stop[] = {"keep", "remove", NULL};
static const char *const schedulers[] = {"rr",	  "wrr", "lc",	"wlc", "lblc",
					 "lblcr", "dh",	 "sh",	"mh",  "sed",
					 "nq",	  "fo",	 "ovf", NULL};
static const char *const scheduler_flags[] = {"fallback", "port", NULL};
static const char *const engines[] = {"none", "sip", NULL};
const char *const settings_check_type_names[] = {
	[TYPE_TCP] = "tcp",	    [TYPE_HTTP] = "http", [TYPE_SMTP] = "smtp",
	[TYPE_DNS] = "dns",	    [TYPE_UDP] = "udp",	  [TYPE_PING] = "ping",
	[TYPE_COMMAND] = "command", [TYPE_FILE] = "file", [TYPE_NONE] = "none",
	[TYPE_NONE + 1] = NULL};
static const char *const records[] = {"A",   "AAAA", "CNAME", "MX",  "NS",
				      "PTR", "SOA",  "SRV",   "TXT", NULL};
/* In the order of their numbers (RFC 1035 4.1.1). */
static const char *const rcodes[] = {"NOERROR",	 "FORMERR", "SERVFAIL",
				     "NXDOMAIN", "NOTIMP",  "REFUSED",
				     NULL};
static const char *const on_down[] = {"auto", "quiesce", "cut", NULL};
static const char *const on_empty[] = {"fallback", "refuse", "all", NULL};
static const char *const fallback_methods[] = {"service", "nat", "dr", "tun",
					       NULL};

/* ---- checks ---- */

static const struct setting_row default_rows[] = {
	{"inter_ms", SETTING_INT, FIELD(settings_director, check.inter_ms),
	 .value = 2000, RANGE(50, HOUR_MS), .unit = " ms",
	 .says = "how often a server is asked that is plainly up"},
	{"fastinter_ms", SETTING_INT,
	 FIELD(settings_director, check.fastinter_ms), .value = 500,
	 RANGE(50, HOUR_MS), .unit = " ms",
	 .says = "while the last results say otherwise"},
	{"downinter_ms", SETTING_INT,
	 FIELD(settings_director, check.downinter_ms), .value = 2000,
	 RANGE(50, HOUR_MS), .unit = " ms", .says = "one that is down"},
	{"timeout_ms", SETTING_INT, FIELD(settings_director, check.timeout_ms),
	 .value = 1000, RANGE(10, 60000), .unit = " ms",
	 .says = "from the connection to the last byte"},
	{"rise", SETTING_INT, FIELD(settings_director, check.rise), .value = 2,
	 RANGE(1, 100), .says = "so many passed in a row: up"},
	{"fall", SETTING_INT, FIELD(settings_director, check.fall), .value = 3,
	 RANGE(1, 100), .says = "so many failed in a row: down"},
	{"spread_percent", SETTING_INT,
	 FIELD(settings_director, spread_percent), .value = 10, .max = 50,
	 .says = "times differ by so much, so that checks do not bunch"},
	{"parallel", SETTING_INT, FIELD(settings_director, parallel),
	 .value = 64, RANGE(1, 256), .says = "at most so many at once"},
	END};

static const struct setting_row flap_rows[] = {
	{"changes", SETTING_INT, FIELD(settings_director, flap.changes),
	 .value = 6, .max = 16,
	 .says = "a server that changes so often is held down; 0: never"},
	{"window_s", SETTING_INT, FIELD(settings_director, flap.window_s),
	 .value = 120, RANGE(1, 86400), .unit = " s", .says = "within this"},
	{"hold_s", SETTING_INT, FIELD(settings_director, flap.hold_s),
	 .value = 30, RANGE(1, 86400), .unit = " s",
	 .says = "for so long, twice as long the next time"},
	{"hold_max_s", SETTING_INT, FIELD(settings_director, flap.hold_max_s),
	 .value = 300, RANGE(1, 86400), .unit = " s",
	 .says = "and no longer than this"},
	END};

static const struct setting_row tls_rows[] = {
	{"verify", SETTING_BOOL, FIELD(settings_check_tls, verify),
	 .value = true, .says = "the certificate must be good for sni or host"},
	{"ca_file", SETTING_PATH, FIELD(settings_check_tls, ca_file),
	 .says = "who signs it; none: the system's list"},
	{"sni", SETTING_TEXT, FIELD(settings_check_tls, sni),
	 .says = "the name asked for; none: host"},
	END};

static const struct setting_row check_rows[] = {
	{"type", SETTING_CHOICE, FIELD(settings_check, type),
	 .choices = settings_check_type_names, .says = "what is asked"},
	{"port", SETTING_INT, FIELD(settings_check, port), .max = 65535,
	 .says = "0: the server's"},
	{"address", SETTING_HOST, FIELD(settings_check, address),
	 .says = "who is asked; none: the server"},
	{"source", SETTING_HOST, FIELD(settings_check, source),
	 .says = "the address of this node to ask from; none: by the route"},
	{"inter_ms", SETTING_INT, FIELD(settings_check, timing.inter_ms),
	 .max = HOUR_MS, .unit = " ms", .says = "0: as director.check"},
	{"fastinter_ms", SETTING_INT,
	 FIELD(settings_check, timing.fastinter_ms), .max = HOUR_MS,
	 .unit = " ms", .says = "0: as director.check"},
	{"downinter_ms", SETTING_INT,
	 FIELD(settings_check, timing.downinter_ms), .max = HOUR_MS,
	 .unit = " ms", .says = "0: as director.check"},
	{"timeout_ms", SETTING_INT, FIELD(settings_check, timing.timeout_ms),
	 .max = 60000, .unit = " ms", .says = "0: as director.check"},
	{"rise", SETTING_INT, FIELD(settings_check, timing.rise), .max = 100,
	 .says = "0: as director.check"},
	{"fall", SETTING_INT, FIELD(settings_check, timing.fall), .max = 100,
	 .says = "0: as director.check"},
	{"send", SETTING_TEXT, FIELD(settings_check, send),
	 .says = "tcp, udp: sent to the server"},
	{"expect", SETTING_TEXT, FIELD(settings_check, expect),
	 .says = "tcp, udp: must be in the answer; dns: an address"},
	{"hex", SETTING_BOOL, FIELD(settings_check, hex),
	 .says = "tcp, udp: send and expect are hex digits"},
	{"host", SETTING_TEXT, FIELD(settings_check, host),
	 .says = "http: the name of the web site; none: the address"},
	{"path", SETTING_TEXT, FIELD(settings_check, path), .text = "/",
	 .says = "http: what is asked for"},
	{"status", SETTING_TEXT, COUNTED(settings_check, status, status_count),
	 .single = true, .says = "http: good answers; none: 200-299"},
	{"body", SETTING_TEXT, FIELD(settings_check, body),
	 .says = "http: must be in the first 64 KB of the page"},
	{"tls", SETTING_GROUP, FIELD(settings_check, tls), .rows = tls_rows,
	 .optional = true,
	 .there_offset = offsetof(struct settings_check_tls, configured),
	 .says = "http: it is https"},
	{"helo", SETTING_TEXT, FIELD(settings_check, helo),
	 .says = "smtp: our name; none: that of this machine"},
	{"query", SETTING_TEXT, FIELD(settings_check, query), .text = ".",
	 .says = "dns: the name that is asked for"},
	{"record", SETTING_WORD, FIELD(settings_check, record), .text = "SOA",
	 .choices = records, .says = "dns: what of it"},
	{"rcode", SETTING_FLAGS, FIELD(settings_check, rcodes),
	 .choices = rcodes, .says = "dns: good answers; none: NOERROR"},
	{"command", SETTING_TEXT, FIELD(settings_check, command),
	 .says = "command: its exit status is the result"},
	{"dynamic", SETTING_BOOL, FIELD(settings_check, dynamic),
	 .says = "command: exit 10 to 110 is 0 to 100 % of the weight"},
	{"file", SETTING_PATH, FIELD(settings_check, file),
	 .says = "file: its first line is the result, like up, 50%, drain"},
	END};

/* ---- the kernel ---- */

static const struct setting_row kernel_rows[] = {
	{"expire_nodest", SETTING_BOOL, FIELD(settings_director, expire_nodest),
	 .value = true, .says = "connections of a deleted server end at once"},
	{"expire_quiescent_template", SETTING_BOOL,
	 FIELD(settings_director, expire_quiescent_template), .value = true,
	 .says = "persistent clients leave a drained server"},
	{"sloppy_tcp", SETTING_BOOL, FIELD(settings_director, sloppy_tcp),
	 .value = true,
	 .says = "a connection that is not known is scheduled in its middle"},
	{"conntrack", SETTING_BOOL, FIELD(settings_director, conntrack),
	 .says = "the firewall sees the connections, too"},
	{"tcp_s", SETTING_INT, FIELD(settings_director, tcp_s), .value = 900,
	 RANGE(1, 86400), .unit = " s",
	 .says = "an idle TCP connection is forgotten after this"},
	{"tcp_fin_s", SETTING_INT, FIELD(settings_director, tcp_fin_s),
	 .value = 120, RANGE(1, 86400), .unit = " s",
	 .says = "one that was closed"},
	{"udp_s", SETTING_INT, FIELD(settings_director, udp_s), .value = 300,
	 RANGE(1, 86400), .unit = " s", .says = "a UDP flow"},
	END};

static const struct setting_row sync_rows[] = {
	{"interface", SETTING_INTERFACE,
	 FIELD(settings_director_sync, interface), .required = true,
	 .says = "a cable of its own: the messages are not signed"},
	{"group", SETTING_TEXT, FIELD(settings_director_sync, group),
	 .text = "224.0.0.81", .says = "the multicast address"},
	{"port", SETTING_INT, FIELD(settings_director_sync, port),
	 .value = 8848, RANGE(1, 65535), .says = "the UDP port"},
	{"ttl", SETTING_INT, FIELD(settings_director_sync, ttl), .value = 1,
	 RANGE(1, 255), .says = "how far they go"},
	{"maxlen", SETTING_INT, FIELD(settings_director_sync, maxlen),
	 .value = 1472, RANGE(88, 65507),
	 .says = "the largest message; the MTU less 28"},
	{"threshold", SETTING_INT, FIELD(settings_director_sync, threshold),
	 .value = 3, RANGE(1, 100),
	 .says = "a connection is told at this packet of it"},
	{"period", SETTING_INT, FIELD(settings_director_sync, period),
	 .value = 50, RANGE(2, 10000), .says = "and again every so many"},
	{"refresh_s", SETTING_INT, FIELD(settings_director_sync, refresh_s),
	 .value = 10, .max = 3600, .unit = " s",
	 .says = "and after this time, if packets pass; 0: never"},
	END};

static const struct setting_row listen_rows[] = {
	{"ip", SETTING_HOST, FIELD(settings_listen, ip), .required = true,
	 .says = "an address of the instance"},
	{"port", SETTING_INT, FIELD(settings_listen, port), .max = 65535,
	 .says = "0: every port, with persistence"},
	END};

static const struct setting_row tunnel_rows[] = {
	{"type", SETTING_CHOICE, FIELD(settings_service, tunnel),
	 .choices = tunnels, .says = "how packets are wrapped"},
	{"port", SETTING_INT, FIELD(settings_service, tunnel_port),
	 .max = 65535, .says = "of gue, on the servers"},
	{"csum", SETTING_BOOL, FIELD(settings_service, tunnel_csum),
	 .says = "of gue and gre: with a checksum"},
	{"remcsum", SETTING_BOOL, FIELD(settings_service, tunnel_remcsum),
	 .says = "of gue: with a remote checksum"},
	END};

static const struct setting_row persistence_rows[] = {
	{"timeout_s", SETTING_INT, FIELD(settings_service, sticky_s),
	 .max = 2678400, .unit = " s",
	 .says = "a client keeps its server so long; 0: not at all"},
	{"prefix", SETTING_INT, FIELD(settings_service, sticky_prefix),
	 .max = 128, .says = "clients of one network are one; 0: none is"},
	{"engine", SETTING_WORD, FIELD(settings_service, sticky_engine),
	 .text = "none", .choices = engines,
	 .says = "sip: by the Call-ID, not by the address"},
	END};

static const struct setting_row fallback_rows[] = {
	{"address", SETTING_HOST, FIELD(settings_fallback, address),
	 .required = true, .says = "of the server"},
	{"port", SETTING_INT, FIELD(settings_fallback, port), .max = 65535,
	 .says = "0: the listener's; another one only with nat"},
	{"method", SETTING_CHOICE, FIELD(settings_fallback, method),
	 .choices = fallback_methods, .says = "how packets get there"},
	END};

static const struct setting_row agent_rows[] = {
	{"port", SETTING_INT, FIELD(settings_agent, port), .required = true,
	 RANGE(1, 65535), .says = "where it listens, on the server"},
	{"inter_ms", SETTING_INT, FIELD(settings_agent, inter_ms),
	 .value = 2000, RANGE(50, HOUR_MS), .unit = " ms",
	 .says = "how often it is asked"},
	{"send", SETTING_TEXT, FIELD(settings_agent, send),
	 .says = "sent after the connection"},
	END};

static const struct setting_row server_rows[] = {
	{"name", SETTING_NAME, FIELD(settings_server, name), .required = true,
	 .says = "for people, logs and commands"},
	{"address", SETTING_HOST, FIELD(settings_server, address),
	 .required = true, .says = "of the real server"},
	{"port", SETTING_INT, FIELD(settings_server, port), .max = 65535,
	 .says = "0: the listener's; another one only with nat"},
	{"weight", SETTING_INT, FIELD(settings_server, weight), .value = 1,
	 .max = 10000, .says = "its share; 0: drained from the start"},
	{"max_connections", SETTING_INT,
	 FIELD(settings_server, max_connections), .max = 10000000,
	 .says = "full above this; 0: never"},
	{"resume_connections", SETTING_INT,
	 FIELD(settings_server, resume_connections), .max = 10000000,
	 .says = "again below this; 0: three quarters of it"},
	{"checks", SETTING_GROUP,
	 IN_ARRAY(settings_server, first_check, check_count, checks,
		  check_count),
	 .rows = check_rows, .says = "instead of those of the service"},
	{"agent", SETTING_GROUP, FIELD(settings_server, agent),
	 .rows = agent_rows, .optional = true,
	 .there_offset = offsetof(struct settings_agent, configured),
	 .says = "it says itself how much it wants"},
	END};

static const struct setting_row service_rows[] = {
	{"name", SETTING_NAME, FIELD(settings_service, name), .required = true,
	 .says = "for people, logs and commands"},
	{"instance", SETTING_INSTANCE, FIELD(settings_service, instance),
	 .required = true, .by_code = true,
	 .says = "whose addresses it listens on"},
	{"protocol", SETTING_CHOICE, FIELD(settings_service, protocol),
	 .choices = protocols, .says = "of the listeners"},
	{"method", SETTING_CHOICE, FIELD(settings_service, method),
	 .value = METHOD_DR, .choices = methods,
	 .says = "how packets get to the servers"},
	{"tunnel", SETTING_GROUP, .rows = tunnel_rows,
	 .says = "of the method tun"},
	{"listen", SETTING_GROUP,
	 IN_ARRAY(settings_service, first_listen, listen_count, listens,
		  listen_count),
	 .rows = listen_rows, .says = "addresses and ports"},
	{"fwmark", SETTING_INT, FIELD(settings_service, fwmark),
	 .max = UINT32_MAX, .says = "instead: packets that a firewall marks"},
	{"family", SETTING_CHOICE, FIELD(settings_service, family),
	 .choices = families, .says = "of fwmark"},
	{"scheduler", SETTING_WORD, FIELD(settings_service, scheduler),
	 .text = "wlc", .choices = schedulers,
	 .says = "who gets the next connection"},
	{"scheduler_flags", SETTING_FLAGS,
	 FIELD(settings_service, scheduler_flags), .choices = scheduler_flags,
	 .says = "of sh and mh"},
	{"one_packet", SETTING_BOOL, FIELD(settings_service, one_packet),
	 .says = "each UDP packet is a connection of its own"},
	{"persistence", SETTING_GROUP, .rows = persistence_rows,
	 .says = "a client keeps its server"},
	{"on_remove", SETTING_CHOICE, FIELD(settings_service, on_remove),
	 .choices = on_remove,
	 .says = "what becomes of a server that is in the file no more"},
	{"drain_s", SETTING_INT, FIELD(settings_service, drain_s), .value = 60,
	 .max = 86400, .unit = " s",
	 .says = "its connections may go on for so long"},
	{"on_down", SETTING_CHOICE, FIELD(settings_service, on_down),
	 .choices = on_down,
	 .says = "what becomes of the connections of a server that is down"},
	{"slow_start_s", SETTING_INT, FIELD(settings_service, slow_start_s),
	 .max = 3600, .unit = " s",
	 .says = "after a failure its weight grows for so long"},
	{"slow_start_min_percent", SETTING_INT,
	 FIELD(settings_service, slow_start_min_percent), .value = 10,
	 RANGE(1, 100), .says = "from this part of it"},
	{"quorum", SETTING_INT, FIELD(settings_service, quorum), .value = 1,
	 RANGE(1, 10000000), .says = "so much weight must be up"},
	{"hysteresis", SETTING_INT, FIELD(settings_service, hysteresis),
	 .max = 10000000,
	 .says = "gained at quorum + this, lost below quorum - this"},
	{"on_empty", SETTING_CHOICE, FIELD(settings_service, on_empty),
	 .choices = on_empty, .says = "below the quorum"},
	{"fallback", SETTING_GROUP, FIELD(settings_service, fallback),
	 .rows = fallback_rows, .optional = true,
	 .there_offset = offsetof(struct settings_fallback, configured),
	 .says = "a server for when too few are left"},
	{"panic_percent", SETTING_INT, FIELD(settings_service, panic_percent),
	 .max = 99, .says = "fewer than so many up: all are used; 0: never"},
	{"checks", SETTING_GROUP,
	 IN_ARRAY(settings_service, first_check, check_count, checks,
		  check_count),
	 .rows = check_rows, .says = "all of them must pass"},
	{"servers", SETTING_GROUP,
	 IN_ARRAY(settings_service, first_server, server_count, servers,
		  server_count),
	 .rows = server_rows, .required = true, .says = "the real servers"},
	END};

const struct setting_row settings_director_rows[] = {
	{"on_stop", SETTING_CHOICE, FIELD(settings_director, on_stop),
	 .choices = on_stop,
	 .says = "what becomes of the table when the daemon ends"},
	{"audit_s", SETTING_INT, FIELD(settings_director, audit_s), .value = 10,
	 RANGE(1, 3600), .unit = " s",
	 .says = "how often the kernel's table is compared"},
	{"check", SETTING_GROUP, .rows = default_rows,
	 .says = "of checks that say nothing else"},
	{"flap", SETTING_GROUP, .rows = flap_rows,
	 .says = "servers that go up and down all the time"},
	{"kernel", SETTING_GROUP, .rows = kernel_rows,
	 .says = "settings of IPVS in the kernel"},
	{"sync", SETTING_GROUP, FIELD(settings_director, sync),
	 .rows = sync_rows, .optional = true,
	 .there_offset = offsetof(struct settings_director_sync, configured),
	 .says = "the other node learns the connections"},
	{"services", SETTING_GROUP,
	 COUNTED(settings_director, services, service_count),
	 .rows = service_rows, .required = true, .says = "the services"},
	END};
