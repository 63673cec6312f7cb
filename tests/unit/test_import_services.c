/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The directives of virtual_server, as test_import_directives.c has those of
 * the rest.
 */
#include "import_text.h"

#define SERVICE(more)                                                          \
	WITH("")                                                               \
	"virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_kind NAT\n" more      \
	"\nreal_server 198.51.100.1 80 {\n}\n}\n"
#define SERVER(more)                                                           \
	WITH("")                                                               \
	"virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_kind NAT\n"           \
	"real_server 198.51.100.1 80 {\n" more "\n}\n}\n"

#define TRACKED(more) "track_file t {\nfile /run/t\n" more "\n}\n"
#define REGEX(more)   "HTTP_GET {\nurl {\npath /\n" more "}\n}"

#define VIPS6                                                                  \
	"vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"             \
	"virtual_ipaddress {\nfe80::5\n2001:DB8::000a/64\n"                    \
	"2001:db8:1111:2222:3333:4444:5555:6666/64\n}\n}\n"

#define SERVICE_0 "director.services.[0]."
#define SERVER_0  SERVICE_0 "servers.[0]."
#define CHECK_0	  SERVER_0 "checks.[0]."

/* ---- virtual_server ---- */

static void service_directives(void **state)
{
	static const struct directive directives[] = {
		{"delay_loop", SERVER("delay_loop 6\nTCP_CHECK {\n}"),
		 CHECK_0 "inter_ms", "6000"},
		{"lb_algo", SERVICE("lb_algo sh"), SERVICE_0 "scheduler", "sh"},
		{"lb_algo sh", SERVICE("lb_algo sh"),
		 SERVICE_0 "scheduler_flags.[0]", "fallback",
		 "sh-fallback is not set"},
		{"sh-port", SERVICE("lb_algo sh\nsh-fallback\nsh-port"),
		 SERVICE_0 "scheduler_flags.[1]", "port"},
		{"lvs_sched RR", SERVICE("lvs_sched RR"), SERVICE_0 "scheduler",
		 "wlc", "keepalived takes wlc"},
		{"lb_kind", SERVICE("lb_kind TUN"), SERVICE_0 "method", "tun"},
		{"lvs_method", SERVICE("lvs_method DR"), SERVICE_0 "method",
		 "dr"},
		{"lb_kind FNAT", SERVICE("lb_kind FNAT"), SERVICE_0 "method",
		 "nat", "keepalived takes NAT"},
		{"protocol", SERVICE("protocol sctp"), SERVICE_0 "protocol",
		 "sctp"},
		{"persistence_timeout", SERVICE("persistence_timeout 60"),
		 SERVICE_0 "persistence.timeout_s", "60"},
		{"persistence_timeout, bare", SERVICE("persistence_timeout"),
		 SERVICE_0 "persistence.timeout_s", "360"},
		{"persistence_granularity",
		 SERVICE("persistence_timeout 60\n"
			 "persistence_granularity 255.255.255.0"),
		 SERVICE_0 "persistence.prefix", "24"},
		{"sorry_server", SERVICE("sorry_server 192.0.2.7 81"),
		 SERVICE_0 "fallback.port", "81"},
		{"quorum", SERVICE("weight 3\nquorum 2\nhysteresis 1"),
		 SERVICE_0 "quorum", "2"},
		{"quorum of more than all weigh", SERVICE("quorum 9"),
		 SERVICE_0 "quorum", "-", "keepalived takes 1"},
		{"quorum 0", SERVICE("quorum 0"), SERVICE_0 "quorum", "-",
		 "keepalived uses 1"},
		{"hysteresis", SERVICE("weight 2\nquorum 2\nhysteresis 5"),
		 SERVICE_0 "hysteresis", "1", "keepalived takes 1"},
		{"alpha", SERVICE("alpha"), NULL, NULL, "the rule in twinbeat"},
		{"omega", SERVICE("omega"), NULL, NULL, "not carried"},
		{"ops", SERVICE("ops"), SERVICE_0 "one_packet", "true"},
		{"virtualhost",
		 WITH("") "virtual_server 192.0.2.1 80 {\nvirtualhost w.org\n"
			  "real_server 198.51.100.1 80 {\nHTTP_GET {\nurl {\n"
			  "path /\n}\n}\n}\n}\n",
		 CHECK_0 "host", "w.org"},
		{"nat_mask", SERVICE("nat_mask 255.255.255.0"), NULL, NULL,
		 "does not know \"nat_mask\""},
		{"laddr_group_name", SERVICE("laddr_group_name x"), NULL, NULL,
		 "does not know"},
		{"fwmark",
		 WITH("") "virtual_server fwmark 7 {\nreal_server "
			  "198.51.100.1 80 {\n}\n}\n",
		 SERVICE_0 "fwmark", "7"},
		{"virtual_server_group",
		 "virtual_server_group g {\n192.0.2.1 80\n192.0.2.1 "
		 "443\n}\n" WITH("") "virtual_server group g {\nprotocol TCP\n"
				     "real_server 198.51.100.1 80 {\n}\n}\n",
		 SERVICE_0 "listen", "2 elements"},
		{"no VIP here",
		 WITH("") "virtual_server 192.0.2.77 80 {\n"
			  "real_server 198.51.100.1 80 {\n}\n}\n",
		 "director", "-",
		 "192.0.2.77 is no virtual address of this file"},
		{"port http",
		 WITH("") "virtual_server 192.0.2.1 http {\n"
			  "real_server 198.51.100.1 80 {\n}\n}\n",
		 "director", "-", "keepalived skips it"},
		{"no real_server",
		 WITH("") "virtual_server 192.0.2.1 80 {\n}\n", "director", "-",
		 "it has no real_server"},
		{"weight", SERVER("weight 5"), SERVER_0 "weight", "5"},
		{"weigth", SERVER("weigth 5"), SERVER_0 "weight", "1",
		 "(was \"weight\" meant?)"},
		{"inhibit_on_failure", SERVER("inhibit_on_failure"),
		 "director.services.[0].on_down", "quiesce"},
		{"uthreshold", SERVER("uthreshold 9\nlthreshold 7"),
		 SERVER_0 "max_connections", "9"},
		{"lthreshold", SERVER("uthreshold 9\nlthreshold 7"),
		 SERVER_0 "resume_connections", "7"},
		{"a name",
		 WITH("") "virtual_server 192.0.2.1 80 {\n"
			  "real_server web 80 {\n}\nreal_server "
			  "198.51.100.1 80 {\n}\n}\n",
		 SERVICE_0 "servers", "1 elements", "drops this server"},
		{"twice",
		 WITH("") "virtual_server 192.0.2.1 80 {\n"
			  "real_server 198.51.100.1 80 {\n}\n"
			  "real_server 198.51.100.1 80 {\n}\n}\n",
		 SERVICE_0 "servers", "1 elements", "drops the second"},
		{"no check", SERVER(""), CHECK_0 "type", "none"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void notify_directives(void **state)
{
	static const struct directive directives[] = {
		{"quorum_up", SERVICE("quorum_up \"/q a\""),
		 "notify.[0].on.[0]", "quorum-up"},
		{"quorum_down", SERVICE("quorum_down /q"), "notify.[0].service",
		 "192.0.2.1:80"},
		{"notify_up", SERVER("notify_up /u"), "notify.[0].on.[0]",
		 "server-up", "not of whoever is up"},
		{"notify_down", SERVER("notify_down \"/d 1\""),
		 "notify.[0].command", "/d 1"},
		{"notify_down of one of two",
		 WITH("") "virtual_server 192.0.2.1 80 {\nprotocol TCP\n"
			  "real_server 198.51.100.1 80 {\n}\nreal_server "
			  "198.51.100.2 80 {\nnotify_down /d\n}\n}\n",
		 "notify.[0].server", "198.51.100.2:80"},
		{"notify_down of both",
		 WITH("") "virtual_server 192.0.2.1 80 {\nprotocol TCP\n"
			  "real_server 198.51.100.1 80 {\nnotify_down /d\n}\n"
			  "real_server 198.51.100.2 80 {\nnotify_down "
			  "/d\n}\n}\n",
		 "notify", "1 elements"},
		{"notify_down of a shell", SERVER("notify_down \"a=1 b\""),
		 "notify", "-", "it never runs it"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void page_directives(void **state)
{
	static const struct directive directives[] = {
		{"status_code",
		 SERVER("HTTP_GET {\nurl {\npath /\n"
			"status_code 200-299 302\n}\n}"),
		 CHECK_0 "status.[1]", "302"},
		{"digest",
		 SERVER("HTTP_GET {\nurl {\npath /\ndigest abc\n}\n}"),
		 CHECK_0 "digest", "-", "\"abc\" is no MD5 of 32 hex digits"},
		{"digest of a page",
		 SERVER("HTTP_GET {\nurl {\npath /\ndigest "
			"b2fdab230a2c39f3595a947861863cb7\n}\n}"),
		 CHECK_0 "digest", "b2fdab230a2c39f3595a947861863cb7"},
		{"regex", SERVER(REGEX("regex \"^re\\\\d\\.$\"\n")),
		 CHECK_0 "body", "^re\\d.$"},
		{"regex without quotation marks",
		 SERVER(REGEX("regex a\\x2bz\\101' c'd e\n")), CHECK_0 "body",
		 "a+zA cd"},
		{"regex_options",
		 SERVER(REGEX("regex x\nregex_options caseless\n")),
		 CHECK_0 "body", "(?i)x"},
		{"regex_options multiline",
		 SERVER(REGEX("regex x\nregex_options multiline\n")),
		 CHECK_0 "body", "-", "of regex_options twinbeat has caseless"},
		{"regex_no_match", SERVER(REGEX("regex x\nregex_no_match\n")),
		 CHECK_0 "body_absent", "true"},
		{"regex of PCRE alone", SERVER(REGEX("regex (?=a)b\n")),
		 CHECK_0 "body", "-", "the status alone is checked"},
		{"regex_min_offset",
		 SERVER(REGEX("regex x\nregex_min_offset 9\n")), CHECK_0 "body",
		 "x", "from the first byte on"},
		{"http_protocol",
		 SERVER("HTTP_GET {\nhttp_protocol 1.1\nurl {\npath /\n}\n}"),
		 CHECK_0 "type", "http", "asks by HTTP/1.1 always"},
		{"enable_sni",
		 SERVER("SSL_GET {\nenable_sni\nurl {\npath /\n"
			"virtualhost a.org\n}\n}"),
		 CHECK_0 "host", "a.org"},
		{"host of SMTP_CHECK",
		 SERVER("SMTP_CHECK {\nhost {\nconnect_port 26\n}\n}"),
		 CHECK_0 "port", "26"},
		{"FILE_CHECK",
		 SERVER("FILE_CHECK {\ntrack_file t\n}") TRACKED("weight 0"),
		 CHECK_0 "file", "/run/t", "and down here"},
		{"FILE_CHECK with a weight",
		 SERVER("FILE_CHECK {\ntrack_file t\nweight 0\n}")
			 TRACKED("weight 2"),
		 CHECK_0 "type", "none", "the file's number times 2"},
		{"FILE_CHECK without a weight",
		 SERVER("FILE_CHECK {\ntrack_file t\n}") TRACKED(""),
		 CHECK_0 "type", "none", "the file's number times 1"},
		{"FILE_CHECK reverse",
		 SERVER("FILE_CHECK {\ntrack_file t\n}")
			 TRACKED("weight 0 reverse"),
		 CHECK_0 "type", "none", "reverse: "},
		{"FILE_CHECK of what is not there",
		 SERVER("FILE_CHECK {\ntrack_file t\n}"), CHECK_0 "type",
		 "none", "there is no track_file"},
		{"user of MISC_CHECK",
		 SERVER("MISC_CHECK {\nmisc_path /m\nuser nobody\n}"),
		 CHECK_0 "command", "/m", "as the user of the checker"},
		{"warmup", SERVER("TCP_CHECK {\nwarmup 3\n}"), CHECK_0 "type",
		 "tcp", "twinbeat asks at once"},
		{"fwmark of a check", SERVER("TCP_CHECK {\nfwmark 3\n}"),
		 CHECK_0 "type", "tcp", "what a check sends has no mark here"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void checker_directives(void **state)
{
	static const struct directive directives[] = {
		{"TCP_CHECK", SERVER("TCP_CHECK {\n}"), CHECK_0 "type", "tcp"},
		{"connect_timeout", SERVER("TCP_CHECK {\nconnect_timeout 3\n}"),
		 CHECK_0 "timeout_ms", "3000"},
		{"connect_port", SERVER("TCP_CHECK {\nconnect_port 81\n}"),
		 CHECK_0 "port", "81"},
		{"connetc_port", SERVER("TCP_CHECK {\nconnetc_port 81\n}"),
		 CHECK_0 "port", "-", "(was \"connect_port\" meant?)"},
		{"delay_before_retry",
		 SERVER("TCP_CHECK {\ndelay_before_retry 4\n}"),
		 CHECK_0 "fastinter_ms", "4000"},
		{"retry", SERVER("TCP_CHECK {\nretry 4\n}"), CHECK_0 "fall",
		 "5"},
		{"bindto", SERVER("TCP_CHECK {\nbindto 192.0.2.7\n}"),
		 CHECK_0 "source", "192.0.2.7"},
		{"nb_get_retry in TCP_CHECK",
		 SERVER("TCP_CHECK {\nnb_get_retry 3\n}"), CHECK_0 "fall", "2",
		 "3 was meant: fall = 4"},
		{"HTTP_GET", SERVER("HTTP_GET {\nurl {\npath /x\n}\n}"),
		 CHECK_0 "path", "/x"},
		{"nb_get_retry in HTTP_GET",
		 SERVER("HTTP_GET {\nurl {\npath /\n}\nnb_get_retry 3\n}"),
		 CHECK_0 "fall", "4"},
		{"HTTP_GET without url", SERVER("HTTP_GET {\n}"),
		 CHECK_0 "type", "none", "it has no url"},
		{"SSL_GET", SERVER("SSL_GET {\nurl {\npath /\n}\n}"),
		 CHECK_0 "tls.verify", "false", "never verified"},
		{"MISC_CHECK", SERVER("MISC_CHECK {\nmisc_path \"/m x\"\n}"),
		 CHECK_0 "command", "/m x"},
		{"MISC_CHECK's retry", SERVER("MISC_CHECK {\nmisc_path /m\n}"),
		 CHECK_0 "fall", "1"},
		{"misc_timeout",
		 SERVER("MISC_CHECK {\nmisc_path /m\nmisc_timeout 7\n}"),
		 CHECK_0 "timeout_ms", "7000"},
		{"misc_dynamic",
		 SERVER("MISC_CHECK {\nmisc_path /m\nmisc_dynamic\n}"),
		 CHECK_0 "dynamic", "true", "another scale"},
		{"SMTP_CHECK", SERVER("SMTP_CHECK {\nhelo_name lb\n}"),
		 CHECK_0 "helo", "lb"},
		{"SMTP_CHEKC", SERVER("SMTP_CHEKC {\n}"), NULL, NULL,
		 "(was \"SMTP_CHECK\" meant?)"},
		{"DNS_CHECK", SERVER("DNS_CHECK {\nname x.org\ntype A\n}"),
		 CHECK_0 "query", "x.org"},
		{"PING_CHECK", SERVER("PING_CHECK {\n}"), CHECK_0 "type",
		 "ping"},
		{"UDP_CHECK", SERVER("UDP_CHECK {\n}"), CHECK_0 "type", "ping",
		 "without require_reply it passes"},
		{"UDP_CHECK",
		 SERVER("UDP_CHECK {\npayload 01\nrequire_reply 02\n}"),
		 CHECK_0 "type", "udp"},
		{"payload in bytes",
		 SERVER("UDP_CHECK {\npayload 0A FF 01\nrequire_reply 02 "
			"03\n}"),
		 CHECK_0 "send", "0AFF01"},
		{"require_reply in bytes",
		 SERVER("UDP_CHECK {\npayload 01\nrequire_reply 02 03\n}"),
		 CHECK_0 "expect", "0203"},
		{"payload to ff",
		 SERVER("UDP_CHECK {\npayload 01FF\nrequire_reply 02\n}"),
		 CHECK_0 "send", "01FF", "refuses a payload that ends with ff"},
		{"BFD_CHECK", SERVER("BFD_CHECK {\nname x\n}"), CHECK_0 "type",
		 "none", "not carried"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

/* ---- as the command writes it, with nothing left out ---- */

#define MARKED(kind, server)                                                   \
	WITH("")                                                               \
	"virtual_server fwmark 7 {\nlb_kind " kind "\n" server "}\n"
#define MAIL_TO                                                                \
	"global_defs {\nnotification_email {\na@example.net\n}\n"              \
	"smtp_server 192.0.2.9\n}\n"
#define MAIL_OF(more) MAIL_TO SERVER(more)

static void whole_services(void **state)
{
	static const struct directive directives[] = {
		{"fwmark, DR and a port",
		 MARKED("DR", "real_server 198.51.100.1 53 {\nTCP_CHECK {\n}\n}"
			      "\n"),
		 SERVER_0 "port", "-", "keepalived clears 53"},
		{"fwmark, DR: its check",
		 MARKED("DR", "real_server 198.51.100.1 53 {\nTCP_CHECK {\n}\n}"
			      "\n"),
		 CHECK_0 "port", "53"},
		{"fwmark, NAT",
		 MARKED("NAT", "real_server 198.51.100.1 53 {\nTCP_CHECK {\n}"
			       "\n}\n"),
		 SERVER_0 "port", "-"},
		{"fwmark without a port",
		 MARKED("TUN", "real_server 198.51.100.1 {\nPING_CHECK {\n}\n}"
			       "\n"),
		 SERVER_0 "name", "198.51.100.1"},
		{"a group of two ports by DR",
		 "virtual_server_group g {\n192.0.2.1 80\n192.0.2.1 "
		 "443\n}\n" WITH("") "virtual_server group g {\nprotocol TCP\n"
				     "lb_kind DR\nreal_server 198.51.100.1 "
				     "80 {\nTCP_CHECK {\n}\n}\n}\n",
		 SERVER_0 "port", "-"},
		{"a group of two ports by DR: its check",
		 "virtual_server_group g {\n192.0.2.1 80\n192.0.2.1 "
		 "443\n}\n" WITH("") "virtual_server group g {\nprotocol TCP\n"
				     "lb_kind DR\nreal_server 198.51.100.1 "
				     "80 {\nTCP_CHECK {\n}\n}\n}\n",
		 CHECK_0 "port", "80"},
		{"UDP_CHECK by ping", SERVER("UDP_CHECK {\nconnect_port 81\n}"),
		 CHECK_0 "port", "-", "a ping has no port"},
		{"PING_CHECK", SERVER("PING_CHECK {\nconnect_port 81\n}"),
		 CHECK_0 "type", "ping", "a ping has no port"},
		{"two hosts of SMTP_CHECK",
		 SERVER("SMTP_CHECK {\nhelo_name lb\nhost {\nconnect_ip "
			"198.51.100.8\n}\nhost {\nconnect_ip 198.51.100.9\n}"
			"\n}"),
		 SERVER_0 "checks.[1].address", "198.51.100.9"},
		{"both with its helo_name",
		 SERVER("SMTP_CHECK {\nhelo_name lb\nhost {\nconnect_ip "
			"198.51.100.8\n}\nhost {\nconnect_ip 198.51.100.9\n}"
			"\n}"),
		 SERVER_0 "checks.[1].helo", "lb"},
		{"lb_kind TUN in gue",
		 WITH("") "virtual_server 192.0.2.1 80 {\nprotocol TCP\n"
			  "lb_kind TUN type gue port 6080 csum\n"
			  "real_server 198.51.100.1 80 {\n}\n}\n",
		 SERVICE_0 "tunnel.port", "6080"},
		{"persistence_engine",
		 WITH("") "virtual_server 192.0.2.1 5060 {\nprotocol UDP\n"
			  "persistence_engine sip\npersistence_timeout 9\n"
			  "real_server 198.51.100.1 5060 {\n}\n}\n",
		 SERVICE_0 "persistence.engine", "sip"},
		{"two directives in one TCP_CHECK line",
		 SERVER("TCP_CHECK { connect_timeout 3 connect_port 81 }"),
		 CHECK_0 "port", "-", "\"connect_port 81\" was never in force"},
		{"DNS_CHECK tries again after delay_loop",
		 SERVER("delay_loop 6\nDNS_CHECK {\nname x.org\ntype A\n}"),
		 CHECK_0 "fastinter_ms", "6000"},
		{"lvs_sync_daemon",
		 "global_defs {\nlvs_sync_daemon eth1 A id 3 maxlen 1400 port "
		 "8849 ttl 2 group 224.0.0.91\n}\n" SERVER("TCP_CHECK {\n}"),
		 "director.sync.port", "8849"},
		{"lvs_sync_daemon: its group",
		 "global_defs {\nlvs_sync_daemon eth1 A id 3 maxlen 1400 port "
		 "8849 ttl 2 group 224.0.0.91\n}\n" SERVER("TCP_CHECK {\n}"),
		 "director.sync.group", "224.0.0.91"},
		{"mail of servers", MAIL_OF("TCP_CHECK {\n}"),
		 "notify.[0].on.[1]", "server-down"},
		{"mail of servers: to whom", MAIL_OF("TCP_CHECK {\n}"),
		 "mail.to", "1 elements"},
		{"smtp_alert off", MAIL_OF("smtp_alert off\nTCP_CHECK {\n}"),
		 "mail", "-", "never sent a mail"},
		{"smtp_alert of the service", MAIL_TO SERVICE("smtp_alert"),
		 "notify.[1].on.[0]", "quorum-up"},
		{"smtp_alert_checker off",
		 MAIL_OF("TCP_CHECK {\n}") "global_defs {\n"
					   "smtp_alert_checker off\n}\n",
		 "mail", "-"},
		{"one server of two",
		 MAIL_TO WITH(
			 "") "virtual_server 192.0.2.1 80 {\nprotocol TCP"
			     "\nreal_server 198.51.100.1 80 {\nsmtp_alert "
			     "off\n}\nreal_server 198.51.100.2 80 {\n}\n}\n",
		 "notify.[0].service", "192.0.2.1:80", "for 1 of 2 servers"},
	};

	(void)state;
	check_written(directives, COUNT(directives));
}

#define BY_DR(server)                                                          \
	WITH("")                                                               \
	"virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_kind DR\n"            \
	"real_server 198.51.100.1 " server "\n}\n"
#define PACE(times, check)                                                     \
	WITH("")                                                               \
	"virtual_server 192.0.2.1 80 {\nprotocol TCP\nlb_kind NAT\n" times     \
	"real_server 198.51.100.1 80 {\n" check "\n}\n}\n"
#define PAGE "HTTP_GET {\nurl {\npath /\n}\nconnect_timeout 1\n}"

/* Seen in what 2.2.7 says of itself (SIGUSR1) with the same files. */
static void checks_are_what_keepalived_makes_of_them(void **state)
{
	static const struct directive directives[] = {
		/* the server's port is the service's, the check's is not */
		{"DR and another port", BY_DR("8080 {\nTCP_CHECK {\n}\n}"),
		 SERVER_0 "port", "80", "8080 is asked by the checks alone"},
		{"DR and another port: its check",
		 BY_DR("8080 {\nTCP_CHECK {\n}\n}"), CHECK_0 "port", "8080"},
		/* none of the next may cost the service */
		{"delay_before_retry beyond delay_loop",
		 PACE("delay_loop 1\n", PAGE), CHECK_0 "fall", "4",
		 "last as long"},
		{"delay_before_retry beyond delay_loop: its pace",
		 PACE("delay_loop 1\n", PAGE), CHECK_0 "fastinter_ms", "1000"},
		{"a time-out beyond delay_loop",
		 PACE("delay_loop 2\n", "TCP_CHECK {\nconnect_timeout 4\n}"),
		 CHECK_0 "inter_ms", "4000", "less than the time-out"},
		{"fractions",
		 PACE("delay_loop 0.5\n",
		      "TCP_CHECK {\nconnect_timeout 0.2\nretry 3\n"
		      "delay_before_retry 0.25\n}"),
		 CHECK_0 "fastinter_ms", "250"},
		{"a day of delay_loop",
		 PACE("delay_loop 86400\n", "TCP_CHECK {\n}"),
		 CHECK_0 "inter_ms", "3600000", "out of the range"},
		{"a url without path",
		 SERVER("HTTP_GET {\nurl {\nstatus_code 200\n}\n}"),
		 CHECK_0 "type", "none", "it has no path"},
		{"status_code without one",
		 SERVER("HTTP_GET {\nurl {\npath /\nstatus_code\n}\n}"),
		 CHECK_0 "status", "-", "lacks its value"},
		{"a word of another check",
		 SERVER("TCP_CHECK {\nmisc_timeout 3\nvirtualhost x\n}"),
		 CHECK_0 "host", "-", "does not know \"virtualhost\""},
		{"quotation marks in quotation marks",
		 SERVER("MISC_CHECK {\nmisc_path \"/m \\\"a # b\\\" c\"\n}"),
		 CHECK_0 "command", "/m \"a # b\" c"},
		{"bytes by number",
		 SERVER("MISC_CHECK {\nmisc_path \"/m \\x41\\\\\\\\b\"\n}"),
		 CHECK_0 "command", "/m A\\b"},
		{"a program that is searched for",
		 SERVER("MISC_CHECK {\nmisc_path \"logger x\"\n}"),
		 CHECK_0 "command", "/usr/bin/logger x"},
		{"a program that is not there",
		 SERVER("MISC_CHECK {\nmisc_path \"exit 0\"\n}"),
		 CHECK_0 "type", "none", "the server is up without it"},
		{"misc_dynamic of a scheduler without weights",
		 PACE("lb_algo rr\n",
		      "MISC_CHECK {\nmisc_path /m\nmisc_dynamic\n}"),
		 CHECK_0 "dynamic", "-", "rr knows no weights"},
		{"more weight than there is", SERVER("weight 70000"),
		 SERVER_0 "weight", "10000", "10000 is the most here"},
		{"nobody weighs anything", SERVER("weight 0"),
		 SERVER_0 "weight", "0"},
		{"more weight than there is, for all", SERVICE("weight 70000"),
		 SERVER_0 "weight", "10000", "10000 is the most here"},
		{"quorum of more than all weigh", SERVICE("quorum 9"),
		 SERVICE_0 "name", "192.0.2.1:80", "keepalived takes 1"},
		{"a mark in a group",
		 "virtual_server_group g {\n192.0.2.1 80\nfwmark 9\n}\n" WITH(
			 "") "virtual_server group g {\nprotocol TCP\n"
			     "real_server 198.51.100.1 80 {\n}\n}\n",
		 "director.services.[1].fwmark", "9", "a service of its own"},
		{"a group of marks alone",
		 "virtual_server_group g {\nfwmark 8\nfwmark 9\n}\n" WITH(
			 "") "virtual_server group g {\nprotocol TCP\n"
			     "real_server 198.51.100.1 80 {\n}\n}\n",
		 "director.services.[1].name", "fwmark-9"},
		{"an address of IPv6 in another form",
		 VIPS6 "virtual_server 2001:db8:0::A 80 {\nprotocol TCP\n"
		       "real_server 2001:DB8::21 80 {\n}\n}\n",
		 SERVICE_0 "listen.[0].ip", "2001:db8::a"},
		{"two names that are too long",
		 VIPS6 "virtual_server 2001:db8:1111:2222:3333:4444:5555:6666 "
		       "80 {\nprotocol TCP\nreal_server 2001:db8::21 80 {\n}\n"
		       "}\nvirtual_server 2001:db8:1111:2222:3333:4444:5555:"
		       "6666 443 {\nprotocol TCP\nreal_server 2001:db8::21 443 "
		       "{\n}\n}\n",
		 "director.services.[1].name",
		 "2001:db8:1111:2222:3333:4444:-2"},
	};

	(void)state;
	check_written(directives, COUNT(directives));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(service_directives),
		cmocka_unit_test(checker_directives),
		cmocka_unit_test(notify_directives),
		cmocka_unit_test(page_directives),
		cmocka_unit_test(whole_services),
		cmocka_unit_test(checks_are_what_keepalived_makes_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
