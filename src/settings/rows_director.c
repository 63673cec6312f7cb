/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the director: virtual services, their servers, the kernel. */
#include "rows.h"
#include "settings.h"

/* In the order of their enums. */
static const char *const methods[] = {"nat", "dr", "tun", NULL};
static const char *const protocols[] = {"tcp", "udp", "sctp", NULL};
static const char *const tunnels[] = {"ipip", "gue", "gre", NULL};
static const char *const families[] = {"ipv4", "ipv6", NULL};
static const char *const on_remove[] = {"drain", "cut", NULL};
static const char *const on_stop[] = {"keep", "remove", NULL};
static const char *const vias[] = {"server", "vip", NULL};
static const char *const tables[] = {"both", "owner", NULL};
static const char *const sync_roles[] = {"both", "follow", NULL};
static const char *const schedulers[] = {"rr",	  "wrr", "lc",	"wlc", "lblc",
					 "lblcr", "dh",	 "sh",	"mh",  "sed",
					 "nq",	  "fo",	 "ovf", NULL};
static const char *const scheduler_flags[] = {"fallback", "port", NULL};
static const char *const engines[] = {"none", "sip", NULL};
#define CHECK_SAYS(arg, name, word, like, says) "{Dq " #word "}: " says "; "
/* In the order of their enum. */
static const char *const http_methods[] = {"GET", "HEAD", NULL};
static const char *const records[] = {"A",   "AAAA", "CNAME", "MX",  "NS",
				      "PTR", "SOA",  "SRV",   "TXT", NULL};
/* In the order of their numbers (RFC 1035 4.1.1). */
static const char *const rcodes[] = {"NOERROR",	 "FORMERR", "SERVFAIL",
				     "NXDOMAIN", "NOTIMP",  "REFUSED",
				     NULL};
static const char *const on_down[] = {"auto", "quiesce", "cut", NULL};
static const char *const on_empty[] = {"fallback", "refuse", "all", NULL};
static const char *const own_methods[] = {"service", "nat", "dr", "tun", NULL};
static const char *const own_protocols[] = {"service", "tcp", "udp", "sctp",
					    NULL};

/* ---- checks ---- */

static const struct setting_row default_rows[] = {
	{"inter_ms", SETTING_INT, FIELD(settings_director, check.inter_ms),
	 .value = 2000, RANGE(50, HOUR_MS), .unit = " ms",
	 .says = "how often a server is asked that is plainly up"},
	{"fastinter_ms", SETTING_INT,
	 FIELD(settings_director, check.fastinter_ms), .value = 500,
	 RANGE(50, HOUR_MS), .unit = " ms",
	 .says = "while the last results say otherwise",
	 MORE("While the last results say otherwise than what counts.")},
	{"downinter_ms", SETTING_INT,
	 FIELD(settings_director, check.downinter_ms), .value = 2000,
	 RANGE(50, HOUR_MS), .unit = " ms", .says = "one that is down"},
	{"standby_inter_ms", SETTING_INT,
	 FIELD(settings_director, standby_inter_ms), .value = 10000,
	 RANGE(50, HOUR_MS), .unit = " ms",
	 .says = "both of these, where the other node serves, if it is more",
	 MORE("Both, on the node that does not serve the addresses of any "
	      "service of that server, if it is more. Whoever takes over asks "
	      "all within `fastinter_ms`.")},
	{"timeout_ms", SETTING_INT, FIELD(settings_director, check.timeout_ms),
	 .value = 1000, RANGE(10, 60000), .unit = " ms",
	 .says = "from the connection to the last byte",
	 MORE("For the whole check, from the connection to the last byte.")},
	{"rise", SETTING_INT, FIELD(settings_director, check.rise), .value = 2,
	 RANGE(1, 100), .says = "so many passed in a row: up",
	 MORE("So many passed in a row: up. At the start one is enough.")},
	{"fall", SETTING_INT, FIELD(settings_director, check.fall), .value = 3,
	 RANGE(1, 100), .says = "so many failed in a row: down"},
	{"spread_percent", SETTING_INT,
	 FIELD(settings_director, spread_percent), .value = 10, .max = 50,
	 .says = "times differ by so much, so that checks do not bunch"},
	{"parallel", SETTING_INT, FIELD(settings_director, parallel),
	 .value = 256, RANGE(1, 256), .says = "at most so many at once"},
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
	 .value = true, .says = "the certificate must be good for sni or host",
	 MORE("The certificate must be valid for `sni`, else for `host`.")},
	{"ca_file", SETTING_PATH, FIELD(settings_check_tls, ca_file),
	 .says = "who signs it; none: the system's list",
	 MORE("Who signs it; none: the system's list, which costs some 20 ms "
	      "of a processor for each check.")},
	{"sni", SETTING_TEXT, FIELD(settings_check_tls, sni),
	 .says = "the name asked for; none: host",
	 MORE("The name asked for, where it is not `host`.")},
	END};

#define IS(type)  (1u << TYPE_##type)
#define OF(types) WHEN(settings_check, type, (types))

/* Keys of another type would be taken for checks that are made. */
const struct setting_row settings_check_rows[] = {
	{"type", SETTING_CHOICE, FIELD(settings_check, type),
	 .choices = settings_check_type_names, .says = "what is asked",
	 MORE(CHECK_KINDS(
		 CHECK_SAYS, ) "{Dq none}: not checked, and that is meant.")},
	{"port", SETTING_INT, FIELD(settings_check, port),
	 OF(CHECKS_LIKE(CHECK_HAS_PORT)), .max = 65535,
	 .says = "0: the server's",
	 MORE("0: the server's, else that of the first listener.")},
	{"address", SETTING_HOST, FIELD(settings_check, address),
	 OF(CHECKS_LIKE(CHECK_HAS_ADDRESS)),
	 .says = "who is asked; none: the server",
	 MORE("Who is asked; none: the server itself.")},
	{"source", SETTING_HOST, FIELD(settings_check, source),
	 OF(CHECKS_LIKE(CHECK_HAS_SOURCE)),
	 .says = "the address of this node to ask from; none: by the route"},
	{"via", SETTING_CHOICE, FIELD(settings_check, via), .choices = vias,
	 .says = "vip: by way of the virtual address, as clients come",
	 MORE("{Dq server}: the server's own address is asked, and one that "
	      "has lost the virtual address from its lo passes. {Dq vip}: the "
	      "virtual address is asked, and a hidden service of the kernel, "
	      "by a mark that only such questions bear, forwards to this "
	      "server as it does for clients. For dr and tun, IPv4, and tcp, "
	      "http, smtp, dns, udp. Where this node serves, the answer bears "
	      "its own address: {Li net.ipv4.conf.INTERFACE.accept_local = 1} "
	      "and {Li rp_filter = 2} are needed, else all servers seem dead; "
	      "twinbeat check looks. The checker keeps CAP_NET_RAW for it "
	      "(Linux 5.17 or newer).")},
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
	 OF(IS(TCP) | IS(UDP)), .says = "tcp, udp: sent to the server",
	 MORE("Of tcp, after the connection, and of udp.")},
	{"expect", SETTING_TEXT, FIELD(settings_check, expect),
	 OF(IS(TCP) | IS(UDP) | IS(DNS)),
	 .says = "tcp, udp: must be in the answer; dns: an address",
	 MORE("Of tcp: must be in the first 4 KB of the answer; of udp: in one "
	      "datagram, and required; of dns: an address that must be in the "
	      "answer.")},
	{"hex", SETTING_BOOL, FIELD(settings_check, hex), OF(IS(TCP) | IS(UDP)),
	 .says = "tcp, udp: send and expect are hex digits",
	 MORE("Of tcp and udp: `send` and `expect` are hex digits, two for "
	      "each byte.")},
	{"host", SETTING_TEXT, FIELD(settings_check, host), OF(IS(HTTP)),
	 .says = "http: the name of the web site; none: the address",
	 MORE("Of http: the name of the web site; none: the address.")},
	{"path", SETTING_TEXT, FIELD(settings_check, path), OF(IS(HTTP)),
	 .text = "/", .says = "http: what is asked for",
	 MORE("Of http: what is asked for.")},
	{"status", SETTING_TEXT, COUNTED(settings_check, status, status_count),
	 OF(IS(HTTP)), .single = true,
	 .says = "http: good answers; none: 200-299",
	 MORE("Good answers, as in {Li \"200\", \"300-304\"}; none: 200 to "
	      "299.")},
	{"body", SETTING_TEXT, FIELD(settings_check, body), OF(IS(HTTP)),
	 .says = "http: what the page must have, a regular expression",
	 MORE("A regular expression as Perl and PCRE have them, that must be "
	      "in the first 64 KB of the page: a text stands for itself, but "
	      "for {Li \\e . [ ] ( ) * + ? | ^ $} and a number in \\(lC \\(rC. "
	      "In a string of the file a {Li \\e} is written twice: {Li "
	      "\"^ready\\e\\e.$\"}. {Li (?i)} in front takes any case. There "
	      "is no {Li \\e1}, {Li (?=x)}, {Li \\eb} or {Li [:alpha:]}; no "
	      "page can make it take long.")},
	{"body_absent", SETTING_BOOL, FIELD(settings_check, body_absent),
	 OF(IS(HTTP)), .says = "http: body must not be there",
	 MORE("`body` must not be there.")},
	{"digest", SETTING_TEXT, FIELD(settings_check, digest), OF(IS(HTTP)),
	 .says = "http: the MD5 of the page, as md5sum prints it",
	 MORE("The MD5 of the whole page, up to 256 KB, as {Xr md5sum 1} "
	      "prints it.")},
	{"method", SETTING_CHOICE, FIELD(settings_check, method), OF(IS(HTTP)),
	 .choices = http_methods, .says = "http: HEAD asks for no page",
	 MORE("{Dq HEAD} asks for the status alone.")},
	{"keepalive", SETTING_BOOL, FIELD(settings_check, keepalive),
	 OF(IS(HTTP)), .says = "http: one connection for all that is asked",
	 MORE("The connection stays for the next check, if the server keeps "
	      "it. That costs both sides less; whether it takes new "
	      "connections is then known only when it has closed this one.")},
	{"tls", SETTING_GROUP, FIELD(settings_check, tls), OF(IS(HTTP)),
	 .rows = tls_rows, .optional = true,
	 .there_offset = offsetof(struct settings_check_tls, configured),
	 .says = "http: it is https", MORE("The check is by HTTPS.")},
	{"helo", SETTING_TEXT, FIELD(settings_check, helo), OF(IS(SMTP)),
	 .says = "smtp: our name; none: that of this machine",
	 MORE("Of smtp: our name; none: that of this machine.")},
	{"query", SETTING_TEXT, FIELD(settings_check, query), OF(IS(DNS)),
	 .text = ".", .says = "dns: the name that is asked for",
	 MORE("Of dns: the name that is asked for.")},
	{"record", SETTING_WORD, FIELD(settings_check, record), OF(IS(DNS)),
	 .text = "SOA", .choices = records, .says = "dns: what of it",
	 MORE("What of it: {Dq A}, {Dq AAAA}, {Dq CNAME}, {Dq MX}, {Dq NS}, "
	      "{Dq PTR}, {Dq SOA}, {Dq SRV} or {Dq TXT}.")},
	{"rcode", SETTING_FLAGS, FIELD(settings_check, rcodes), OF(IS(DNS)),
	 .choices = rcodes, .says = "dns: good answers; none: NOERROR",
	 MORE("Good answers; none: NOERROR alone. {Dq NOERROR}, {Dq FORMERR}, "
	      "{Dq SERVFAIL}, {Dq NXDOMAIN}, {Dq NOTIMP}, {Dq REFUSED}.")},
	{"command", SETTING_TEXT, FIELD(settings_check, command),
	 OF(IS(COMMAND)), .says = "command: its exit status is the result",
	 MORE("An absolute path, with words as a shell has them. Exit status 0 "
	      "passes, 2 passes and wants no new connections, others fail. It "
	      "finds {Ev TWINBEAT_ADDRESS , TWINBEAT_PORT} and {Ev "
	      "TWINBEAT_SERVER} in its environment. After `timeout_ms` it is "
	      "killed with all of its session.")},
	{"dynamic", SETTING_BOOL, FIELD(settings_check, dynamic),
	 OF(IS(COMMAND)),
	 .says = "command: exit 10 to 110 is 0 to 100 % of the weight",
	 MORE("Exit status 10 to 110 passes with 0 to 100 % of the weight.")},
	{"file", SETTING_PATH, FIELD(settings_check, file), OF(IS(FILE)),
	 .says = "file: its first line is the result, like up, 50%, drain",
	 MORE("An absolute path. The first line of the file has words as an "
	      "agent says them: {Dq up}, {Dq 50%}, {Dq drain} (nothing new), "
	      "{Dq down}; or a number: 0 is up, any other down. Without any of "
	      "them, or without the file, the check fails.")},
	END};

/* ---- the kernel ---- */

static const struct setting_row kernel_rows[] = {
	{"expire_nodest", SETTING_BOOL, FIELD(settings_director, expire_nodest),
	 .value = true, .says = "connections of a deleted server end at once",
	 MORE("Connections of a server that was deleted end at once, and "
	      "clients may connect anew; else their packets are dropped "
	      "without a word.")},
	{"expire_quiescent_template", SETTING_BOOL,
	 FIELD(settings_director, expire_quiescent_template), .value = true,
	 .says = "persistent clients leave a drained server",
	 MORE("With persistence: clients of a server with weight 0 get another "
	      "one.")},
	{"sloppy_tcp", SETTING_BOOL, FIELD(settings_director, sloppy_tcp),
	 .value = true,
	 .says = "a connection that is not known is scheduled in its middle",
	 MORE("A TCP packet of a connection that is not known is scheduled. "
	      "With the scheduler {Dq mh} on both nodes connections outlive a "
	      "takeover without `sync`.")},
	{"conntrack", SETTING_BOOL, FIELD(settings_director, conntrack),
	 .says = "the firewall sees the connections, too",
	 MORE("The firewall sees the connections, too. Costs a second for each "
	      "client that uses a port again.")},
	{"tcp_s", SETTING_INT, FIELD(settings_director, tcp_s), .value = 900,
	 RANGE(1, 86400), .unit = " s",
	 .says = "an idle TCP connection is forgotten after this",
	 MORE("An idle TCP connection is forgotten after this. Connections "
	      "that idle longer need keepalives.")},
	{"tcp_fin_s", SETTING_INT, FIELD(settings_director, tcp_fin_s),
	 .value = 120, RANGE(1, 86400), .unit = " s",
	 .says = "one that was closed"},
	{"udp_s", SETTING_INT, FIELD(settings_director, udp_s), .value = 300,
	 RANGE(1, 86400), .unit = " s", .says = "a UDP flow"},
	END};

static const struct setting_row sync_rows[] = {
	{"interface", SETTING_INTERFACE,
	 FIELD(settings_director_sync, interface), .required = true,
	 .says = "a cable of its own: the messages are not signed",
	 MORE("A cable or VLAN of its own, best that of a udp link.")},
	{"role", SETTING_CHOICE, FIELD(settings_director_sync, role),
	 .choices = sync_roles,
	 .says = "both: each tells and hears; follow: the owner tells",
	 MORE("Both nodes send and listen all the time; {Dq follow}: who "
	      "serves sends, the other one listens and, by {Li "
	      "net.ipv4.vs.backup_only}, forwards nothing meanwhile. Then "
	      "threads are switched at a takeover, and what was not sent yet "
	      "is lost. Refused where the instances of services belong to "
	      "different nodes.")},
	{"group", SETTING_TEXT, FIELD(settings_director_sync, group),
	 .text = "224.0.0.81", .says = "the multicast address"},
	{"port", SETTING_INT, FIELD(settings_director_sync, port),
	 .value = 8848, RANGE(1, 65535), .says = "the UDP port"},
	{"ttl", SETTING_INT, FIELD(settings_director_sync, ttl), .value = 1,
	 RANGE(1, 255), .says = "how far they go"},
	{"maxlen", SETTING_INT, FIELD(settings_director_sync, maxlen),
	 .value = 1472, RANGE(88, 65507),
	 .says = "the largest message; the MTU less 28",
	 MORE("The largest message: the MTU less 28.")},
	{"threshold", SETTING_INT, FIELD(settings_director_sync, threshold),
	 .value = 2, RANGE(1, 100),
	 .says = "a connection is told at this packet of it",
	 MORE("A connection is told at this packet of it, once it is "
	      "established: of TCP that is the second of a client.")},
	{"period", SETTING_INT, FIELD(settings_director_sync, period),
	 .value = 50, RANGE(2, 10000), .says = "and again every so many"},
	{"refresh_s", SETTING_INT, FIELD(settings_director_sync, refresh_s),
	 .value = 10, .max = 3600, .unit = " s",
	 .says = "and after this time, if packets pass; 0: never",
	 MORE("And after this time, if packets pass. A node that comes back "
	      "knows the busy connections after this; there is no other "
	      "copy.")},
	END};

static const struct setting_row listen_rows[] = {
	{"ip", SETTING_HOST, FIELD(settings_listen, ip), .required = true,
	 .says = "an address of the instance"},
	{"port", SETTING_INT, FIELD(settings_listen, port), .max = 65535,
	 .says = "0: every port, with persistence"},
	{"protocol", SETTING_CHOICE, FIELD(settings_listen, protocol),
	 .choices = own_protocols, .says = "another one than the service's",
	 MORE("Of this listener: {Dq service}, as of all, or {Dq tcp}, {Dq "
	      "udp}, {Dq sctp}. So DNS by both is one service whose servers "
	      "are asked once. With one by udp a server that is down is cut.")},
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
	 .max = 128, .says = "clients of one network are one; 0: none is",
	 MORE("Clients of one network are one client; 0: each for itself.")},
	{"engine", SETTING_WORD, FIELD(settings_service, sticky_engine),
	 .text = "none", .choices = engines,
	 .says = "sip: by the Call-ID, not by the address",
	 MORE("{Dq sip}: by the Call-ID instead of the address. {Dq none} "
	      "else.")},
	END};

static const struct setting_row fallback_rows[] = {
	{"address", SETTING_HOST, FIELD(settings_fallback, address),
	 .required = true, .may_be_loopback = true,
	 .says = "of the server; 127.0.0.1: this node itself",
	 MORE("Never a virtual address of the pair. 127.0.0.1: this node "
	      "itself, where a program listens on the service's port.")},
	{"port", SETTING_INT, FIELD(settings_fallback, port), .max = 65535,
	 .says = "0: the listener's; another one only with nat",
	 MORE("0: the listener's. Another one only with nat.")},
	{"method", SETTING_CHOICE, FIELD(settings_fallback, method),
	 .choices = own_methods, .says = "how packets get there",
	 MORE("How packets get there: {Dq service}, as to the servers, or {Dq "
	      "nat}, {Dq dr}, {Dq tun}.")},
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
	 .required = true, .says = "of the real server",
	 MORE("That of a node only by dr or tun, see `table`.")},
	{"port", SETTING_INT, FIELD(settings_server, port), .max = 65535,
	 .says = "0: the listener's; another one only with nat",
	 MORE("0: the listener's. Another one only with {Dq nat}.")},
	{"method", SETTING_CHOICE, FIELD(settings_server, method),
	 .choices = own_methods, .says = "how packets get to it",
	 MORE("How packets get to this one: {Dq service}, as to all of the "
	      "service, or {Dq nat}, {Dq dr}, {Dq tun}.")},
	{"weight", SETTING_INT, FIELD(settings_server, weight), .value = 1,
	 .max = 10000, .says = "its share; 0: drained from the start",
	 MORE("Its share; 0: nothing new.")},
	{"max_connections", SETTING_INT,
	 FIELD(settings_server, max_connections), .max = 10000000,
	 .says = "full above this; 0: never"},
	{"resume_connections", SETTING_INT,
	 FIELD(settings_server, resume_connections), .max = 10000000,
	 .says = "again below this; 0: three quarters of it"},
	{"checks", SETTING_GROUP,
	 IN_ARRAY(settings_server, first_check, check_count, checks,
		  check_count),
	 .rows = settings_check_rows, .says = "instead of those of the service",
	 MANUAL(.apart = true,
		.more = "Instead of those of the service; the same keys.")},
	{"agent", SETTING_GROUP, FIELD(settings_server, agent),
	 .rows = agent_rows, .optional = true,
	 .there_offset = offsetof(struct settings_agent, configured),
	 .says = "it says itself how much it wants",
	 MORE("A program on the server that says how much it wants, by the "
	      "agent protocol of HAProxy: it takes a connection and answers "
	      "with one line of words like {Dq 75%} (of the weight), {Dq "
	      "drain}, {Dq maint}, {Dq ready}, {Dq down}, {Dq up}. What it "
	      "does not say stays as it was, and only the agent undoes what "
	      "the agent said; an agent that does not answer changes nothing. "
	      "It is asked beside the checks, and the operator's words come "
	      "before its own.")},
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
	 .says = "how packets get to the servers",
	 MORE("How packets get to the servers. {Dq dr}: same network, same "
	      "port, the address on the servers' lo with {Li arp_ignore = 1} "
	      "and {Li arp_announce = 2}; {Dq nat}: servers answer by way of "
	      "this pair, so their gateway is an address of the same instance; "
	      "{Dq tun}: through a tunnel.")},
	{"tunnel", SETTING_GROUP, .rows = tunnel_rows,
	 .says = "of the method tun", MORE("Of {Dq tun}.")},
	{"gateway", SETTING_HOST, FIELD(settings_service, gateway),
	 .says = "of nat: the servers send back by it; of the instance",
	 MORE("Of {Dq nat}: the address of the same instance to which the "
	      "servers send what they answer. Only compared: an answer that "
	      "takes another way reaches no client.")},
	{"listen", SETTING_GROUP,
	 IN_ARRAY(settings_service, first_listen, listen_count, listens,
		  listen_count),
	 .rows = listen_rows, .says = "addresses and ports"},
	{"fwmark", SETTING_INT, FIELD(settings_service, fwmark),
	 .max = UINT32_MAX, .says = "instead: packets that a firewall marks",
	 MORE("Instead of `listen`: packets that a firewall marks, by a rule "
	      "of yours on both nodes, as in {Li nft add rule ip mangle "
	      "prerouting ip daddr 192.0.2.100 tcp dport 21 meta mark set 21}. "
	      "twinbeat sets no mark; {Li twinbeat check} and {Li doctor} warn "
	      "where no rule does.")},
	{"family", SETTING_CHOICE, FIELD(settings_service, family),
	 .choices = families, .says = "of fwmark"},
	{"scheduler", SETTING_WORD, FIELD(settings_service, scheduler),
	 .text = "wlc", .choices = schedulers,
	 .says = "who gets the next connection",
	 MORE("Who gets the next connection: {Dq rr}, {Dq wrr}, {Dq lc}, {Dq "
	      "wlc}, {Dq lblc}, {Dq lblcr}, {Dq dh}, {Dq sh}, {Dq mh}, {Dq "
	      "sed}, {Dq nq}, {Dq fo}, {Dq ovf}. Weights of wrr, wlc, sed, nq, "
	      "lblc and lblcr stand in the kernel times 100. sh and mh want "
	      "`scheduler_flags` with {Dq fallback}.")},
	{"scheduler_flags", SETTING_FLAGS,
	 FIELD(settings_service, scheduler_flags), .choices = scheduler_flags,
	 .says = "of sh and mh",
	 MORE("Of sh and mh: {Dq fallback}, another server instead of one with "
	      "weight 0; {Dq port}, the client's port counts, too.")},
	{"one_packet", SETTING_BOOL, FIELD(settings_service, one_packet),
	 .says = "each UDP packet is a connection of its own"},
	{"persistence", SETTING_GROUP, .rows = persistence_rows,
	 .says = "a client keeps its server"},
	{"on_remove", SETTING_CHOICE, FIELD(settings_service, on_remove),
	 .choices = on_remove,
	 .says = "what becomes of a server that is in the file no more",
	 MORE("A server that is in the file no more, after a reload: {Dq "
	      "drain} lets its connections go on; {Dq cut} does not.")},
	{"drain_s", SETTING_INT, FIELD(settings_service, drain_s), .value = 60,
	 .max = 86400, .unit = " s",
	 .says = "its connections may go on for so long",
	 MORE("For so long at most.")},
	{"on_down", SETTING_CHOICE, FIELD(settings_service, on_down),
	 .choices = on_down,
	 .says = "what becomes of the connections of a server that is down",
	 MORE("What becomes of the connections of a server that is down: {Dq "
	      "quiesce} lets them go on, {Dq cut} ends them, {Dq auto} ends "
	      "them when it does not answer at all, and lets them go on when "
	      "the answer is wrong.")},
	{"slow_start_s", SETTING_INT, FIELD(settings_service, slow_start_s),
	 .max = 3600, .unit = " s",
	 .says = "after a failure its weight grows for so long",
	 MORE("After a failure the weight of a server grows for so long.")},
	{"slow_start_min_percent", SETTING_INT,
	 FIELD(settings_service, slow_start_min_percent), .value = 10,
	 RANGE(1, 100), .says = "from this part of it"},
	{"quorum", SETTING_INT, FIELD(settings_service, quorum), .value = 1,
	 RANGE(1, 10000000), .says = "so much weight must be up"},
	{"hysteresis", SETTING_INT, FIELD(settings_service, hysteresis),
	 .max = 10000000,
	 .says = "gained at quorum + this, lost below quorum - this",
	 MORE("The quorum is gained at quorum + hysteresis, and lost below "
	      "quorum \\- hysteresis.")},
	{"on_empty", SETTING_CHOICE, FIELD(settings_service, on_empty),
	 .choices = on_empty, .says = "below the quorum",
	 MORE("Below the quorum: {Dq fallback}, the fallback gets what is new; "
	      "without one, and with {Dq refuse}, the servers that are up go "
	      "on alone; {Dq all}, all servers are used.")},
	{"fallback", SETTING_GROUP, FIELD(settings_service, fallback),
	 .rows = fallback_rows, .optional = true,
	 .there_offset = offsetof(struct settings_fallback, configured),
	 .says = "a server for when too few are left",
	 MORE("A server for when too few are left. It is not checked.")},
	{"follow_health", SETTING_BOOL, FIELD(settings_service, follow_health),
	 .value = true,
	 .says = "who sees none of its servers hands over to who sees some",
	 MORE("When this node sees none of the servers of such services, two "
	      "or more, and the other node sees some, this one hands the "
	      "instance over. false: the instance stays, and these servers "
	      "count for no other one either.")},
	{"panic_percent", SETTING_INT, FIELD(settings_service, panic_percent),
	 .max = 99, .says = "fewer than so many up: all are used; 0: never",
	 MORE("When fewer than so many percent of the servers are up, the "
	      "checks are doubted and all servers are used; 0: never.")},
	{"checks", SETTING_GROUP,
	 IN_ARRAY(settings_service, first_check, check_count, checks,
		  check_count),
	 .rows = settings_check_rows, .says = "all of them must pass",
	 MORE("At most 4 for one server, and 512 in the file. All of them must "
	      "pass.")},
	{"servers", SETTING_GROUP,
	 IN_ARRAY(settings_service, first_server, server_count, servers,
		  server_count),
	 .rows = server_rows, .required = true, .says = "the real servers"},
	END};

const struct setting_row settings_director_rows[] = {
	{"table", SETTING_CHOICE, FIELD(settings_director, table),
	 .choices = tables,
	 .says = "which node has it: both, or the owner of the instance",
	 MORE("Which node has the table of a service: {Dq both}, or the {Dq "
	      "owner} of its instance alone, as always where a node is a "
	      "server itself.")},
	{"on_stop", SETTING_CHOICE, FIELD(settings_director, on_stop),
	 .choices = on_stop,
	 .says = "what becomes of the table when the daemon ends",
	 MORE("When twinbeatd is stopped in order: {Dq keep} leaves the table, "
	      "which does nothing without the addresses; {Dq remove} takes out "
	      "what is of this file.")},
	{"fwmark_base", SETTING_INT, FIELD(settings_director, fwmark_base),
	 .value = 1048576, RANGE(1, UINT32_MAX - SERVERS_MAX),
	 .says = "of checks via vip: the first of 2048 marks",
	 MORE("Of checks with {Ic via}: the first of the 2048 marks that they "
	      "may use, and no firewall.")},
	{"audit_s", SETTING_INT, FIELD(settings_director, audit_s), .value = 10,
	 RANGE(1, 3600), .unit = " s",
	 .says = "how often the kernel's table is compared",
	 MORE("How often the kernel's table is compared with the file. What "
	      "another program changed is put right, with the alert {Li "
	      "director-table}.")},
	{"check", SETTING_GROUP, .rows = default_rows,
	 .says = "of checks that say nothing else",
	 MORE("What checks do that say nothing else.")},
	{"flap", SETTING_GROUP, .rows = flap_rows,
	 .says = "servers that go up and down all the time"},
	{"kernel", SETTING_GROUP, .rows = kernel_rows,
	 .says = "settings of IPVS in the kernel",
	 MORE("Settings of IPVS, of this network namespace.")},
	{"sync", SETTING_GROUP, FIELD(settings_director, sync),
	 .rows = sync_rows, .optional = true,
	 .there_offset = offsetof(struct settings_director_sync, configured),
	 .says = "the other node learns the connections",
	 MORE("The kernel tells the other node of its connections, so that "
	      "they go on there. The messages are not signed.")},
	{"services", SETTING_GROUP,
	 COUNTED(settings_director, services, service_count),
	 .rows = service_rows, .required = true, .says = "the services",
	 MORE("At most 1024 listeners and 2048 servers together.")},
	END};
