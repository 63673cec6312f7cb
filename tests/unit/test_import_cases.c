/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of tests/import through the import, read back by libconfig: what
 * keepalived 2.2.7 was seen to run in two namespaces, as values of the result.
 * Every setting of the contract counts as built here: what this version takes
 * is settle.c's, and test_import.py's.
 */
#include "import_text.h"

#define FOLDER "tests/import/"

static const char *disk_read(void *arg, struct arena *arena, const char *path,
			     size_t *size, const char **error)
{
	FILE *file = fopen(path, "r");
	char *text = arena_alloc(arena, IMPORT_SIZE_MAX);

	(void)arg;
	if (file == NULL) {
		*error = "no such file";
		return NULL;
	}
	*size = fread(text, 1, IMPORT_SIZE_MAX - 1, file);
	fclose(file);
	return text;
}

static unsigned disk_list(void *arg, struct arena *arena, const char *pattern,
			  const char ***paths)
{
	(void)arg;
	(void)arena;
	(void)pattern;
	(void)paths;
	return 0;
}

static void check_case(const char *path, const char *peer, bool complete,
		       const struct value *values, size_t value_count,
		       const char *const *said, size_t said_count)
{
	struct import_files files = {disk_read, disk_list, NULL};
	struct run run;

	run_text(&run, files, path, peer);
	check_values(&run, values, value_count);
	check_said(&run, said, said_count);
	if (run.result.complete != complete)
		fail_msg("complete is %d\n%s", run.result.complete,
			 run.result.summary);
	run_end(&run);
}
#define CHECK_CASE(path, peer, complete, values, said)                         \
	check_case(FOLDER path, peer, complete, values, COUNT(values), said,   \
		   COUNT(said))

/* ---- the twelve ---- */

static void plain_pair(void **state)
{
	static const struct value values[] = {
		{"nodes.[0].name", "lb01"},
		{"nodes.[0].priority", "150"},
		{"nodes.[1].name", "lb02"},
		{"nodes.[1].priority", "100"},
		{"nodes.[0].address", "-"},
		{"instances", "1 elements"},
		{"instances.[0].name", "VI_1"},
		{"instances.[0].interface", "eth0"},
		{"instances.[0].vrid", "55"},
		{"instances.[0].version", "2"},
		{"instances.[0].advert_ms", "1000"},
		{"instances.[0].auth_pass", "1111"},
		{"instances.[0].preempt", "true"},
		{"instances.[0].preempt_delay_ms", "0"},
		{"instances.[0].addresses", "2 elements"},
		{"instances.[0].addresses.[0].ip", "192.0.2.100/24"},
		{"instances.[0].addresses.[0].dev", "eth0"},
		{"instances.[0].addresses.[0].label", "eth0:1"},
		{"instances.[0].addresses.[1].ip", "192.0.2.101/32"},
		{"mail", "-"},
		{"notify", "-"},
	};
	static const char *const said[] = {
		"01-plain-pair.conf:1: ignored",
		"01-plain-pair.conf:7: ignored: there is no smtp_alert: "
		"keepalived never sent a mail for this",
	};

	(void)state;
	CHECK_CASE("01-plain-pair.conf", FOLDER "01-plain-pair.peer.conf", true,
		   values, said);
}

static void no_priority(void **state)
{
	static const struct value values[] = {
		{"nodes.[0].name", "node1"},
		{"nodes.[0].priority", "254"},
		{"nodes.[1].priority", "100"},
		{"instances", "3 elements"},
		{"instances.[0].name", "LAN"},
		{"instances.[0].priorities", "-"},
		{"instances.[1].interface", "eth1"},
		{"instances.[1].vrid", "10"},
		{"instances.[1].advert_ms", "2000"},
		{"instances.[1].priorities", "1 elements"},
		{"instances.[1].priorities.[0].node", "node2"},
		{"instances.[1].priorities.[0].priority", "180"},
		{"instances.[2].vrid", "12"},
		{"instances.[2].priorities.[0].node", "node1"},
		{"instances.[2].priorities.[0].priority", "100"},
		{"instances.[2].priorities.[1].priority", "90"},
		{"instances.[2].auth_pass", "-"},
		{"fence.tie_ms", "8000"},
	};
	static const char *const said[] = {
		"02-no-priority.conf:3: changed: MASTER without a priority is "
		"priority 255",
		"02-no-priority.conf:11: changed: one directive a line counts: "
		"\"priority 200\" was never in force",
		"02-no-priority.conf:23: changed: \"300\" is no whole number "
		"from 1 to 255: keepalived uses 100",
	};

	(void)state;
	CHECK_CASE("02-no-priority.conf", FOLDER "02-no-priority.peer.conf",
		   true, values, said);
}

static void passwords(void **state)
{
	static const struct value values[] = {
		{"nodes.[0].priority", "120"},
		{"nodes.[1].priority", "-"},
		{"instances", "5 elements"},
		{"instances.[0].auth_pass", "Spr1ng"},
		{"instances.[1].auth_pass", "one#two "},
		{"instances.[2].auth_pass", "-"},
		{"instances.[3].auth_pass", "-"},
		{"instances.[4].auth_pass", "-"},
		{"instances.[3].version", "2"},
		{"instances.[4].version", "3"},
		{"instances.[4].advert_ms", "1000"},
		{"instances.[4].addresses.[0].ip", "192.0.2.125/32"},
	};
	static const char *const said[] = {
		"03-passwords.conf:8: changed: the ! begins a comment",
		("03-passwords.conf:21: changed: keepalived sends the first 8 "
		 "bytes only: \"one#two \""),
		"03-passwords.conf:33: ignored",
		"03-passwords.conf:45: ignored: \"PASS;\" is no type",
		"03-passwords.conf:60: ignored: version 3 has no passwords",
		"--peer",
	};

	(void)state;
	CHECK_CASE("03-passwords.conf", NULL, false, values, said);
}

static void weights(void **state)
{
	static const struct value values[] = {
		{"nodes.[0].name", "web1"},
		{"nodes.[1].name", "web2"},
		{"nodes.[0].priority", "101"},
		{"instances.[0].track.processes", "1 elements"},
		{"instances.[0].track.processes.[0]", "haproxy"},
		{"instances.[0].track.scripts", "1 elements"},
		{"instances.[0].track.scripts.[0].command",
		 "/usr/local/bin/db-ok"},
		{"instances.[0].track.scripts.[0].interval_ms", "3000"},
		{"instances.[0].track.scripts.[0].timeout_ms", "2000"},
		{"instances.[0].track.scripts.[0].fall", "2"},
		{"instances.[0].track.scripts.[0].rise", "2"},
		{"instances.[1].track", "-"},
		{"instances.[1].priorities.[0].priority", "150"},
	};
	static const char *const said[] = {
		"04-weights.conf:31: changed: its weight 2 alone turned the "
		"order",
		"this check always failed",
		"04-weights.conf:32: note: failing on both nodes keepalived "
		"served nobody; here the owner stays",
		"04-weights.conf:33: ignored: chk_late stands further down",
		"04-weights.conf:45: not carried: 150 - 20 is still above 100",
	};

	(void)state;
	CHECK_CASE("04-weights.conf", FOLDER "04-weights.peer.conf", false,
		   values, said);
}

static void preemption(void **state)
{
	static const struct value values[] = {
		{"instances.[0].preempt", "true"},
		{"instances.[0].preempt_delay_ms", "0"},
		{"instances.[1].preempt", "false"},
		{"instances.[1].preempt_delay_ms", "-"},
		{"instances.[2].preempt", "true"},
		{"instances.[2].preempt_delay_ms", "90000"},
		{"instances.[3].preempt", "true"},
		{"instances.[3].preempt_delay_ms", "0"},
	};
	static const char *const said[] = {
		"05-preempt.conf:3: ignored", "05-preempt.conf:36: ignored",
		"05-preempt.peer.conf:3: ignored",
		"05-preempt.peer.conf:22: ignored", "waits ten minutes"};

	(void)state;
	CHECK_CASE("05-preempt.conf", FOLDER "05-preempt.peer.conf", true,
		   values, said);
}

static void unicast(void **state)
{
	static const struct value values[] = {
		{"nodes.[0].name", "node1"},
		{"nodes.[0].address.[0]", "192.0.2.11"},
		{"nodes.[0].address.[1]", "198.51.100.11"},
		{"nodes.[1].address.[0]", "192.0.2.12"},
		{"nodes.[1].address.[1]", "198.51.100.12"},
		{"instances.[0].version", "3"},
		{"instances.[0].advert_ms", "200"},
		{"instances.[0].unicast", "true"},
		{"instances.[1].unicast", "-"},
		{"instances.[1].advert_ms", "200"},
		{"vip", "-"},
		{"instances.[0].garp.repeat", "3"},
		{"instances.[0].garp.refresh_s", "60"},
		{"instances.[1].garp.repeat", "-"},
		{"instances.[1].garp.refresh_s", "60"},
	};
	static const char *const said[] = {
		"06-unicast.peer.conf:11: changed: 500 ms here, 200 ms in the "
		"first file",
		"06-unicast.conf:28: note: without unicast_peer keepalived "
		"uses "
		"multicast",
		"06-unicast.conf:17: note: twinbeat sends its adverts with TTL "
		"255",
	};

	(void)state;
	CHECK_CASE("06-unicast.conf", FOLDER "06-unicast.peer.conf", true,
		   values, said);
}

static void three_nodes_are_refused(void **state)
{
	struct import_files files = {disk_read, disk_list, NULL};
	static const char *const said[] = {
		"07-three-nodes.conf:8: VI_1 has 2 peers, 192.0.2.12 and "
		"192.0.2.13 (lines 8 to 11). twinbeat joins two nodes: choose "
		"two, or use Pacemaker"};
	struct run run;

	(void)state;
	run_text(&run, files, FOLDER "07-three-nodes.conf", NULL);
	assert_null(run.result.text);
	assert_false(run.result.complete);
	check_said(&run, said, COUNT(said));
	run_end(&run);
}

static void lvs_with_the_usual_faults(void **state)
{
#define SERVICE "director.services."
	static const struct value values[] = {
		{"instances.[0].vrid", "71"},
		{"director.services", "3 elements"},
		{SERVICE "[0].instance", "VI_1"},
		{SERVICE "[0].protocol", "tcp"},
		{SERVICE "[0].method", "dr"},
		{SERVICE "[0].scheduler", "wrr"},
		{SERVICE "[0].listen.[0].ip", "192.0.2.171"},
		{SERVICE "[0].listen.[0].port", "80"},
		{SERVICE "[0].persistence", "-"},
		{SERVICE "[0].on_down", "cut"},
		{SERVICE "[0].fallback.address", "127.0.0.1"},
		{SERVICE "[0].fallback.port", "-"},
		{SERVICE "[0].servers", "3 elements"},
		{SERVICE "[0].servers.[0].weight", "3"},
		{SERVICE "[0].servers.[0].checks.[0].type", "tcp"},
		{SERVICE "[0].servers.[0].checks.[0].inter_ms", "6000"},
		{SERVICE "[0].servers.[0].checks.[0].timeout_ms", "3000"},
		{SERVICE "[0].servers.[0].checks.[0].fall", "2"},
		{SERVICE "[0].servers.[0].checks.[0].rise", "1"},
		{SERVICE "[0].servers.[0].checks.[0].fastinter_ms", "3000"},
		{SERVICE "[0].servers.[1].port", "80"},
		{SERVICE "[0].servers.[1].checks.[0].path", "/health"},
		{SERVICE "[0].servers.[1].checks.[0].status.[0]", "200"},
		{SERVICE "[0].servers.[1].checks.[0].fall", "3"},
		{SERVICE "[0].servers.[1].checks.[0].fastinter_ms", "1000"},
		{SERVICE "[0].servers.[2].weight", "1"},
		{SERVICE "[0].servers.[2].checks.[0].type", "none"},
		{SERVICE "[1].protocol", "udp"},
		{SERVICE "[1].method", "nat"},
		{SERVICE "[1].scheduler", "rr"},
		{SERVICE "[1].servers.[0].checks.[0].type", "command"},
		{SERVICE "[1].servers.[0].checks.[0].command",
		 "/usr/local/bin/dns-ok 203.0.113.31"},
		{SERVICE "[1].servers.[0].checks.[0].inter_ms", "60000"},
		{SERVICE "[1].servers.[0].checks.[0].timeout_ms", "2000"},
		{SERVICE "[1].servers.[0].checks.[0].fall", "1"},
		{SERVICE "[2].method", "nat"},
		{SERVICE "[2].scheduler", "wlc"},
		{SERVICE "[2].persistence.timeout_s", "50"},
		{SERVICE "[2].servers.[0].port", "8443"},
		{SERVICE "[2].servers.[0].checks.[0].tls.verify", "false"},
		{SERVICE "[2].servers.[0].checks.[0].path", "/"},
		{SERVICE "[2].servers.[0].checks.[0].digest",
		 "ff20ad2481f97b1754ef3e12ecd3a9cc"},
	};
	static const char *const said[] = {
		"08-lvs-dr.conf:17: ignored: keepalived does not know "
		"\"nat_mask\"",
		"08-lvs-dr.conf:18: ignored",
		"3 was meant: fall = 4",
		"08-lvs-dr.conf:30: changed: with DR the port is the "
		"service's: keepalived takes 80, not 8080",
		"08-lvs-dr.conf:42: note: it has no check",
		"08-lvs-dr.conf:43: ignored: keepalived does not know "
		"\"weigth\" here (was \"weight\" meant?)",
		"08-lvs-dr.conf:46: changed: there is no protocol: keepalived "
		"takes UDP",
		"08-lvs-dr.conf:48: changed: \"dr\" is no method",
		"08-lvs-dr.conf:58: changed: \"loadbalance\" is no scheduler",
		"08-lvs-dr.conf:63: note: keepalived never verified",
	};

	(void)state;
	CHECK_CASE("08-lvs-dr.conf", NULL, false, values, said);
}

static void every_checker_of_keepalived(void **state)
{
#define CHECK_OF(service, server)                                              \
	SERVICE "[" #service "].servers.[" #server "].checks.[0]."
	static const struct value values[] = {
		{CHECK_OF(0, 0) "type", "smtp"},
		{CHECK_OF(0, 0) "helo", "lb.example.com"},
		{CHECK_OF(0, 0) "address", "10.0.0.99"},
		{CHECK_OF(0, 0) "source", "10.0.0.1"},
		{CHECK_OF(0, 0) "timeout_ms", "3000"},
		{CHECK_OF(0, 1) "type", "command"},
		{CHECK_OF(0, 1) "dynamic", "true"},
		{CHECK_OF(0, 2) "type", "none"},
		{CHECK_OF(0, 3) "type", "ping"},
		{CHECK_OF(0, 4) "type", "none"},
		{CHECK_OF(1, 0) "type", "dns"},
		{CHECK_OF(1, 0) "query", "www.example.com"},
		{CHECK_OF(1, 0) "record", "A"},
		{CHECK_OF(1, 0) "fall", "4"},
		{CHECK_OF(1, 1) "type", "udp"},
		{CHECK_OF(1, 1) "send", "0102AB"},
		{CHECK_OF(1, 1) "hex", "true"},
		{CHECK_OF(1, 1) "expect", "0304"},
		{CHECK_OF(1, 2) "expect", "00FF"},
		{CHECK_OF(1, 3) "type", "ping"},
	};
	static const char *const said[] = {
		"13-checkers.conf:20: changed: another scale",
		("13-checkers.conf:22: not carried: keepalived adds the "
		 "file's number times 1"),
		"13-checkers.conf:27: not carried: BFD has no setting here",
		"13-checkers.conf:38: changed: x has no setting here: 0304,",
		"13-checkers.conf:39: not carried: the length of an answer",
		"13-checkers.conf:44: changed: without require_reply it passes",
	};

	(void)state;
	CHECK_CASE("13-checkers.conf", NULL, false, values, said);
}

static void gateway_group(void **state)
{
	static const struct value values[] = {
		{"instances.[0].sync", "GW"},
		{"instances.[1].sync", "GW"},
		{"instances.[0].addresses", "1 elements"},
		{"instances.[0].addresses.[0].ip", "192.0.2.181/24"},
		{"instances.[0].addresses.[0].dev", "eth0"},
		{"instances.[0].excluded", "3 elements"},
		{"instances.[0].excluded.[0].ip", "192.0.2.182/24"},
		{"instances.[0].excluded.[1].dev", "eth2"},
		{"instances.[0].excluded.[2].ip", "2001:db8::182/64"},
		{"instances.[0].track.interfaces.[0]", "eth2"},
		{"instances.[1].track.interfaces.[0]", "eth2"},
		{"instances.[0].routes", "3 elements"},
		{"instances.[0].routes.[0].to", "default"},
		{"instances.[0].routes.[0].via", "192.0.2.1"},
		{"instances.[0].routes.[0].dev", "eth0"},
		{"instances.[0].routes.[1].to", "10.20.0.0/16"},
		{"instances.[0].routes.[1].via", "198.51.100.1"},
		{"instances.[0].routes.[2].type", "blackhole"},
		{"instances.[0].routes.[2].to", "203.0.113.192/26"},
		{"instances.[0].garp.delay_ms", "1000"},
		{"instances.[1].garp", "-"},
		{"instances.[0].rules.[0].from", "192.0.2.182/32"},
		{"instances.[0].rules.[0].table", "100"},
		{"instances.[0].rules.[0].priority", "16384"},
		{"notify", "2 elements"},
		{"notify.[0].on.[0]", "MASTER"},
		{"notify.[0].command",
		 "/etc/conntrackd/primary-backup.sh primary"},
		{"notify.[0].instance", "OUT"},
		{"notify.[1].on.[0]", "BACKUP"},
		{"notify.[1].command",
		 "/etc/conntrackd/primary-backup.sh backup"},
		{"mail", "-"},
	};
	static const char *const said[] = {
		"09-gateway-group.conf:20: note: \"brd +\" is not carried; "
		"\"scope global\" is not carried",
		"09-gateway-group.conf:29: note: gw is via",
		"09-gateway-group.conf:11: ignored: there is no "
		"notification_email",
		"09-gateway-group.conf:33: note: keepalived gives this rule",
	};

	(void)state;
	CHECK_CASE("09-gateway-group.conf", FOLDER "09-gateway-group.peer.conf",
		   true, values, said);
}

static void a_file_left_open(void **state)
{
	static const struct value values[] = {
		{"instances", "1 elements"},
		{"instances.[0].name", "ONE"},
		{"instances.[0].vrid", "92"},
		{"instances.[0].track", "-"},
		{"nodes.[0].priority", "140"},
		{"instances.[0].addresses", "2 elements"},
		{"instances.[0].addresses.[0].ip", "192.0.2.191/24"},
		{"instances.[0].addresses.[1].ip", "192.0.2.192/24"},
	};
	static const char *const said[] = {
		"10-left-open.conf:1: ignored",
		"10-left-open.conf:4: ignored: keepalived does not know "
		"\"smtp_connect_time\" here (was \"smtp_connect_timeout\" "
		"meant?)",
		"10-left-open.conf:6: ignored: keepalived does not know "
		"\"vvrp_script\" here (was \"vrrp_script\" meant?)",
		"10-left-open.conf:15: ignored",
		"10-left-open.conf:17: ignored: there is no chk_web in the "
		"file",
		"10-left-open.conf:18: ignored: a { is missing here",
		"its closing } is missing at the end of the file",
	};

	(void)state;
	CHECK_CASE("10-left-open.conf", NULL, false, values, said);
}

static void one_file_for_both(void **state)
{
	static const struct value values[] = {
		{"nodes.[0].name", "lb01"},
		{"nodes.[0].priority", "150"},
		{"nodes.[0].address", "192.0.2.11"},
		{"nodes.[1].name", "lb02"},
		{"nodes.[1].priority", "100"},
		{"nodes.[1].address", "192.0.2.12"},
		{"instances.[0].vrid", "101"},
		{"instances.[0].unicast", "true"},
		{"instances.[0].auth_pass", "ab cd"},
		{"instances.[0].preempt", "true"},
		{"instances.[0].addresses", "3 elements"},
		{"instances.[0].addresses.[2].ip", "192.0.2.203/24"},
		{"instances.[0].addresses.[2].dev", "eth0"},
		{"instances.[0].addresses.[2].label", "eth0:203"},
	};
	static const char *const said[] = {
		"11-one-file.conf:9: ignored: there is no such file here",
		"11-one-file.conf:29: ignored: \"$NET.204/24\" is no address: "
		"keepalived skips it (was ${NET}.204/24 meant?)",
		"11-one-file.conf:16: ignored: it has no effect on the node of "
		"lower priority",
	};

	(void)state;
	CHECK_CASE("11-one-file.conf", NULL, true, values, said);
}

static void two_families(void **state)
{
	static const struct value values[] = {
		{"instances", "2 elements"},
		{"instances.[0].version", "2"},
		{"instances.[0].advert_ms", "1000"},
		{"instances.[0].auth_pass", "1111"},
		{"instances.[0].addresses", "1 elements"},
		{"instances.[0].addresses.[0].ip", "192.0.2.211/24"},
		{"instances.[1].version", "3"},
		{"instances.[1].advert_ms", "400"},
		{"instances.[1].auth_pass", "-"},
		{"instances.[1].addresses", "2 elements"},
		{"instances.[1].addresses.[0].ip", "fe80::212/64"},
		{"instances.[1].addresses.[1].ip", "2001:db8::212/128"},
	};
	static const char *const said[] = {
		"12-ipv6.conf:13: ignored: keepalived advertises one family",
		"12-ipv6.conf:30: ignored: keepalived advertises one family",
		("12-ipv6.conf:6: changed: version 2 cannot have an interval "
		 "of "
		 "0.4 s: keepalived uses 1000 ms"),
		"marks a /128 as deprecated",
	};

	(void)state;
	CHECK_CASE("12-ipv6.conf", FOLDER "12-ipv6.peer.conf", true, values,
		   said);
}

/* ---- ldirectord ---- */

static void ldirectord_s_virtual_servers(void **state)
{
	static const struct value values[] = {
		{"instances", "-"},
		{"director.services", "3 elements"},
		{SERVICE "[0].listen.[0].ip", "192.0.2.240"},
		{SERVICE "[0].listen.[0].port", "80"},
		{SERVICE "[0].protocol", "tcp"},
		{SERVICE "[0].method", "dr"},
		{SERVICE "[0].scheduler", "wlc"},
		{SERVICE "[0].persistence.timeout_s", "600"},
		{SERVICE "[0].fallback.address", "127.0.0.1"},
		{SERVICE "[0].on_down", "cut"},
		{SERVICE "[0].servers.[0].weight", "5"},
		{SERVICE "[0].servers.[0].checks.[0].type", "http"},
		{SERVICE "[0].servers.[0].checks.[0].path", "/index.html"},
		{SERVICE "[0].servers.[0].checks.[0].body", "Test Page"},
		{SERVICE "[0].servers.[0].checks.[0].inter_ms", "6000"},
		{SERVICE "[0].servers.[0].checks.[0].timeout_ms", "4000"},
		{SERVICE "[0].servers.[0].checks.[0].fall", "1"},
		{SERVICE "[1].method", "nat"},
		{SERVICE "[1].scheduler", "wrr"},
		{SERVICE "[1].servers.[0].checks.[0].type", "tcp"},
		{SERVICE "[1].servers.[0].checks.[0].fall", "2"},
		{SERVICE "[2].fwmark", "7"},
		{SERVICE "[2].method", "tun"},
		{SERVICE "[2].servers.[0].checks.[0].type", "ping"},
	};
	static const char *const said[] = {
		"ldirectord.cf:26: not carried",
		"ldirectord.cf: open: which instance holds each address"};

	(void)state;
	CHECK_CASE("ldirectord.cf", NULL, false, values, said);
}

/* An ldirectord.cf of that text: what becomes of it, and what is said. */
static void check_ldirectord(const struct text_files *texts,
			     const struct value *values, size_t value_count,
			     const char *const *said, size_t said_count)
{
	struct text_files copy = *texts;
	struct run run;

	run_request(&run, (struct import_files){text_read, text_list, &copy},
		    (struct import_request){"l.cf", NULL, .takes_all = false});
	check_values(&run, values, value_count);
	check_said(&run, said, said_count);
	run_end(&run);
}

static void ldirectord_s_other_words(void **state)
{
	static const struct text_files texts = {
		{{"l.cf", "virtual=192.0.2.1:80\n"
			  "real=192.0.2.6->192.0.2.8:80 gate 4\n"
			  "real=192.0.2.9:81 masq\n"
			  "persistent=60\nnetmask=255.255.255.0\n"
			  "fallback=127.0.0.1:80 gate\n"
			  "checktype=3\nrequest=\"/ok\"\n"
			  "virtual=192.0.2.1:5060\n"
			  "real=192.0.2.6:5060 gate\n"
			  "protocol=udp\nops=yes\nchecktype=off\n"
			  "fallback=127.0.0.1:80\n"
			  "virtual=192.0.2.1:99\n"
			  "real=192.0.2.8->192.0.3.9:99 gate\n"
			  "real=192.0.2.6:99 gate\n"
			  "checktype=external-perl\n"
			  "checkcommand=\"/x\"\n"}}};
	static const struct value values[] = {
		{"director.services", "3 elements"},
		{SERVICE "[0].servers", "4 elements"},
		{SERVICE "[0].servers.[2].address", "192.0.2.8"},
		{SERVICE "[0].servers.[2].weight", "4"},
		{SERVICE "[0].servers.[3].method", "nat"},
		{SERVICE "[0].servers.[3].port", "81"},
		{SERVICE "[0].persistence.prefix", "24"},
		{SERVICE "[0].fallback.port", "-"},
		{SERVICE "[0].servers.[0].checks.[0].type", "http"},
		{SERVICE "[1].one_packet", "true"},
		{SERVICE "[1].servers.[0].weight", "0"},
		{SERVICE "[2].servers", "1 elements"},
		{SERVICE "[2].servers.[0].checks.[0].command", "/x"},
	};
	static const char *const said[] = {
		"l.cf:14: changed: only masq can change the port",
		"l.cf:16: not carried: \"192.0.2.8->192.0.3.9:99\"",
		"it is Perl that ldirectord runs itself", "TWINBEAT_ADDRESS"};
	(void)state;
	check_ldirectord(&texts, values, COUNT(values), said, COUNT(said));
}

/* Their lines were those of the virtual server before. */
static void ldirectord_of_ipv6_is_carried(void **state)
{
	static const struct text_files texts = {
		{{"l.cf", "checkinterval = 2\n"
			  "virtual = 192.0.2.1:53\n"
			  "\treal = 192.0.2.21:53 masq\n"
			  "\tprotocol = udp\n\tscheduler = wlc\n"
			  "\tchecktype = connect\n"
			  "virtual6 = [2001:db8::1]:80\n"
			  "\treal6 = [2001:db8::21]:80 gate\n"
			  "\tfallback6 = [2001:db8::99]:80 gate\n"
			  "\tprotocol = tcp\n\tscheduler = rr\n"
			  "\tchecktype = connect\n"}}};
	static const struct value values[] = {
		{SERVICE "[0].protocol", "udp"},
		{SERVICE "[0].scheduler", "wlc"},
		{SERVICE "[0].servers", "1 elements"},
		{SERVICE "[1].protocol", "tcp"},
		{SERVICE "[1].listen.[0].ip", "2001:db8::1"},
		{SERVICE "[1].fallback.address", "2001:db8::99"},
		{SERVICE "[1].servers.[0].address", "2001:db8::21"}};
	static const char *const said[] = {
		"a check may last 5 s there, and here no longer than the time "
		"between two, 2 s"};
	(void)state;
	check_ldirectord(&texts, values, COUNT(values), said, COUNT(said));
}

/* By dr with a mark, and asked by ping, a port was refused: all was left out.
 */
static void ldirectord_by_mark_is_carried(void **state)
{
	static const struct text_files texts = {
		{{"l.cf", "virtual = 7\n\treal = 192.0.2.21:80 gate\n"
			  "\tservice = http\n\tchecktype = negotiate\n"
			  "virtual = 192.0.2.1:80\n"
			  "\treal = 192.0.2.21:80 gate\n"
			  "\tchecktype = ping\n\tcheckport = 81\n"}}};
	static const struct value values[] = {
		{SERVICE "[0].servers.[0].port", "-"},
		{SERVICE "[0].servers.[0].checks.[0].port", "80"},
		{SERVICE "[1].servers.[0].port", "80"},
		{SERVICE "[1].servers.[0].checks.[0].port", "-"}};
	(void)state;
	check_ldirectord(&texts, values, COUNT(values), NULL, 0);
}

/* ---- what this version takes of LVS ---- */

static void lvs_is_carried_as_it_is_written(void **state)
{
	static const struct {
		const char *path, *services;
	} files[] = {{FOLDER "08-lvs-dr.conf", "3 elements"},
		     {FOLDER "ldirectord.cf", "3 elements"}};

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		const struct value value = {"director.services",
					    files[i].services};
		struct run run;

		run_request(&run,
			    (struct import_files){disk_read, disk_list, NULL},
			    (struct import_request){files[i].path, NULL,
						    .takes_all = false});
		check_values(&run, &value, 1);
		run_end(&run);
	}
}

/* A method, an inhibit_on_failure and a sorry_server of its own, sync: each of
 * them alone once left the whole group out. */
static void lvs_of_every_day_is_carried(void **state)
{
	static const struct text_files texts = {
		{{"a.conf", "global_defs {\nlvs_sync_daemon eth1 A\n}\n" WITH(
				    "") "virtual_server 192.0.2.1 80 {\n"
					"lb_kind DR\nprotocol TCP\n"
					"sorry_server 192.0.2.9 81\n"
					"real_server 192.0.2.21 80 {\n"
					"inhibit_on_failure\n}\n"
					"real_server 192.0.2.22 80 {\n"
					"lvs_method TUN\n}\n}\n"}}};
	static const struct value values[] = {
		{"director.services", "1 elements"},
		{"director.sync.interface", "eth1"},
		{SERVICE "[0].on_down", "quiesce"},
		{SERVICE "[0].fallback.address", "192.0.2.9"},
		{SERVICE "[0].fallback.port", "-"},
		{SERVICE "[0].servers.[0].method", "-"},
		{SERVICE "[0].servers.[1].method", "tun"}};
	static const char *const said[] = {
		"inhibit_on_failure stands at 1 of 2 servers",
		"it gets packets for 80, not 81",
		"both nodes send and hear all the time"};
	struct text_files copy = texts;
	struct run run;

	(void)state;
	run_request(
		&run, (struct import_files){text_read, text_list, &copy},
		(struct import_request){"a.conf", NULL, .takes_all = false});
	check_values(&run, values, COUNT(values));
	check_said(&run, said, COUNT(said));
	run_end(&run);
}

/* ---- the guide's own ---- */

static void the_guide_s_first_pair(void **state)
{
	static const struct value values[] = {
		{"nodes.[0].priority", "150"},
		{"nodes.[1].priority", "100"},
		{"instances.[0].name", "lb"},
		{"instances.[0].vrid", "125"},
		{"instances.[0].version", "2"},
		{"instances.[0].advert_ms", "1000"},
		{"instances.[0].auth_pass", "1234"},
		{"instances.[0].addresses.[0].ip", "10.11.52.222/32"},
	};
	static const char *const said[] = {"guide-lb.conf:4: ignored"};

	(void)state;
	CHECK_CASE("guide-lb.conf", FOLDER "guide-lb.peer.conf", true, values,
		   said);
}

static void the_guide_s_second_pair(void **state)
{
	static const struct value values[] = {
		{"nodes.[0].name", "lb01"},
		{"nodes.[1].name", "lb02"},
		{"nodes.[0].priority", "150"},
		{"nodes.[1].priority", "100"},
		{"instances.[0].name", "VI_1"},
		{"instances.[0].vrid", "55"},
		{"instances.[0].auth_pass", "1111"},
		{"instances.[0].addresses.[0].ip", "10.0.0.12/24"},
		{"instances.[0].addresses.[0].label", "eth0:1"},
	};
	static const char *const said[] = {"guide-vi1.conf:1: ignored"};

	(void)state;
	CHECK_CASE("guide-vi1.conf", FOLDER "guide-vi1.peer.conf", true, values,
		   said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_pair),
		cmocka_unit_test(no_priority),
		cmocka_unit_test(passwords),
		cmocka_unit_test(weights),
		cmocka_unit_test(preemption),
		cmocka_unit_test(unicast),
		cmocka_unit_test(three_nodes_are_refused),
		cmocka_unit_test(lvs_with_the_usual_faults),
		cmocka_unit_test(every_checker_of_keepalived),
		cmocka_unit_test(gateway_group),
		cmocka_unit_test(a_file_left_open),
		cmocka_unit_test(one_file_for_both),
		cmocka_unit_test(two_families),
		cmocka_unit_test(ldirectord_s_virtual_servers),
		cmocka_unit_test(ldirectord_by_mark_is_carried),
		cmocka_unit_test(ldirectord_of_ipv6_is_carried),
		cmocka_unit_test(ldirectord_s_other_words),
		cmocka_unit_test(lvs_is_carried_as_it_is_written),
		cmocka_unit_test(lvs_of_every_day_is_carried),
		cmocka_unit_test(the_guide_s_first_pair),
		cmocka_unit_test(the_guide_s_second_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
