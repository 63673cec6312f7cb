/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each directive that people write, most frequent first: what keepalived 2.2.7
 * makes of it, as a value of the result or as what is said. The forms are
 * those of files in the wild, measured on a keepalived that ran them.
 */
#include "import_text.h"

#define STATE(more)                                                            \
	"vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"             \
	"virtual_ipaddress {\n192.0.2.1\n}\n" more "\n}\n"
#define GLOBAL(more) "global_defs {\n" more "\n}\n" WITH("")
#define VIPS(lines)                                                            \
	"vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"             \
	"priority 150\nvirtual_ipaddress {\n" lines "\n}\n}\n"
#define VIP_0 "instances.[0].addresses.[0]."

/* ---- vrrp_instance ---- */

static void instance_directives(void **state)
{
	static const struct directive directives[] = {
		{"interface", WITH(""), "instances.[0].interface", "eth0"},
		{"interface lo", WITH("interface lo"),
		 .said = "is no interface"},
		{"interface absent",
		 "vrrp_instance A {\nvirtual_router_id 5\n"
		 "virtual_ipaddress {\n192.0.2.1\n}\n}\n",
		 .said = "A has no interface"},
		{"virtual_router_id", WITH(""), "instances.[0].vrid", "5"},
		{"virtual_router_id 0", WITH("virtual_router_id 0"),
		 .said = "no virtual_router_id from 1 to 255"},
		{"virtual_router_id twice", WITH("virtual_router_id 6"),
		 "instances.[0].vrid", "6", "line 8 says it again"},
		{"one VRID twice",
		 WITH("") "vrrp_instance B {\ninterface eth0\n"
			  "virtual_router_id 5\n"
			  "virtual_ipaddress {\n192.0.2.2\n"
			  "}\n}\n",
		 .said = "A and B have one VRID"},
		{"priority", WITH(""), "nodes.[0].priority", "150"},
		{"priority 255", WITH("priority 255"), "nodes.[0].priority",
		 "254", "address owner"},
		{"priority 0x64", WITH("priority 0x64"), "nodes.[0].priority",
		 "100", "keepalived uses 100"},
		{"priority +120", WITH("priority +120"), "nodes.[0].priority",
		 "120"},
		{"priority 010", WITH("priority 010"), "nodes.[0].priority",
		 "10"},
		{"priority absent, BACKUP", STATE("state BACKUP"),
		 "nodes.[0].priority", "100", "keepalived uses 100"},
		{"priority absent, MASTER", STATE("state MASTER"),
		 "nodes.[0].priority", "254", "changed: MASTER without"},
		{"state SLAVE", WITH("state SLAVE"), NULL, NULL,
		 "\"SLAVE\" is no state: keepalived takes BACKUP"},
		{"advert_int", WITH("advert_int 2"), "instances.[0].advert_ms",
		 "2000"},
		{"advert_int 0.3", WITH("advert_int 0.3"),
		 "instances.[0].advert_ms", "1000", "(version 3 could"},
		{"advert_int 1.5", WITH("advert_int 1.5"),
		 "instances.[0].advert_ms", "2000"},
		{"advert_int 2.6", WITH("advert_int 2.6"),
		 "instances.[0].advert_ms", "3000"},
		{"advert_int 256", WITH("advert_int 256"),
		 "instances.[0].advert_ms", "1000"},
		{"advert_int 1s", WITH("advert_int 1s"),
		 "instances.[0].advert_ms", "1000", "a.conf:8: changed"},
		{"version 3, 0.125", WITH("version 3\nadvert_int 0.125"),
		 "instances.[0].advert_ms", "130"},
		{"version 3, 0.015", WITH("version 3\nadvert_int 0.015"),
		 "instances.[0].advert_ms", "20"},
		{"version 3, 0.005", WITH("version 3\nadvert_int 0.005"),
		 "instances.[0].advert_ms", "1000"},
		{"version 3, 60", WITH("version 3\nadvert_int 60"),
		 "instances.[0].advert_ms", "40950"},
		{"version", WITH("version 3"), "instances.[0].version", "3"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void more_instance_directives(void **state)
{
	static const struct directive directives[] = {
		{"nopreempt, MASTER", WITH("nopreempt\nstate MASTER"),
		 "instances.[0].preempt", "true",
		 "no effect with state MASTER"},
		{"nopreempt, BACKUP", WITH("nopreempt\nstate BACKUP"),
		 "instances.[0].preempt", "false"},
		{"nopreempt on the lower", WITH(""), "instances.[0].preempt",
		 "true", "b.conf:8: ignored", LOWER("nopreempt")},
		{"preempt", WITH("preempt"), "instances.[0].preempt", "true"},
		{"preempt_delay", WITH("preempt_delay 300"),
		 "instances.[0].preempt_delay_ms", "300000"},
		{"preempt_delay 2000", WITH("preempt_delay 2000"),
		 "instances.[0].preempt_delay_ms", "0", "0 to 1000 s"},
		{"dont_track_primary", WITH("dont_track_primary"), NULL, NULL,
		 "not carried: the instance's own interface always counts"},
		{"debug", WITH("debug 2"), "instances", "1 elements"},
		{"accept", WITH("accept"), "instances", "1 elements"},
		{"no_accept", WITH("no_accept"), NULL, NULL, "not carried"},
		{"interface_name", WITH("interface_name eth1"),
		 "instances.[0].interface", "eth0", "does not know"},
		{"mcast_src_ip=", WITH("mcast_src_ip=192.0.2.7"), NULL, NULL,
		 "does not know \"mcast_src_ip=192.0.2.7\""},
		{"mcast_src_ip", WITH("mcast_src_ip 192.0.2.7"),
		 "nodes.[0].address", "192.0.2.7"},
		{"track_src_ip", WITH("track_src_ip"), NULL, NULL, "(R3)"},
		{"use_vmac", WITH("use_vmac vrrp9\nvmac_xmit_base"),
		 "instances.[0].vmac", "true", "\"vrrp9\" is not kept"},
		{"native_ipv6",
		 "vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"
		 "native_ipv6\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n",
		 .said = "native_ipv6 before addresses of IPv4"},
		{"garp_master_delay", WITH("garp_master_delay 1"),
		 "vip.garp_delay_ms", "1000"},
		{"garp_master_delay 0", WITH("garp_master_delay 0"),
		 "vip.garp_delay_ms", "0"},
		{"garp_master_delay 0.5", WITH("garp_master_delay 0.5"),
		 "vip.garp_delay_ms", "5000",
		 "whole numbers are allowed: keepalived uses 5"},
		{"garp_master_refresh_repeat",
		 WITH("garp_master_refresh_repeat 3"),
		 "vip.garp_refresh_repeat", "3"},
		{"garp_master_repeat", WITH("garp_master_repeat 2"),
		 "vip.garp_repeat", "2"},
		{"garp_master_repeat 0", WITH("garp_master_repeat 0"),
		 "vip.garp_repeat", "1"},
		{"garp_master_refresh", WITH("garp_master_refresh 10"),
		 "vip.garp_refresh_s", "10"},
		{"interface_up_down_delays",
		 "interface_up_down_delays {\neth0 0.5 2\n}\n" WITH(""),
		 "debounce.[0].down_ms", "500"},
		{"interface_up_down_delays, up",
		 "interface_up_down_delays {\neth0 0.5 2\n}\n" WITH(""),
		 "debounce.[0].up_ms", "2000"},
		{"interface_up_down_delays, one number",
		 "interface_up_down_delays {\neth0 1.5\n}\n" WITH(""),
		 "debounce.[0].up_ms", "1500"},
		{"interface_up_down_delays, too long",
		 "interface_up_down_delays {\neth0 4\n}\n" WITH(""),
		 "debounce.[0].down_ms", "1999", "less than two adverts"},
		{"interface_up_down_delays, no number",
		 "interface_up_down_delays {\neth0 x\n}\n" WITH(""),
		 "debounce.[0].down_ms", "0", "0 to 255 s is allowed"},
		{"a name with a blank",
		 "vrrp_instance \"A b\" {\n"
		 "interface eth0\nvirtual_router_id 5\n"
		 "virtual_ipaddress {\n192.0.2.1\n}\n}\n",
		 "instances.[0].name", "A_b", "the name becomes \"A_b\""},
		{"one name twice", WITH("") WITH(""), "instances", "1 elements",
		 "keepalived skips the second"},
		{"promote_secondaries", WITH("promote_secondaries"), NULL, NULL,
		 "twinbeat sees to it by itself"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void authentication_directives(void **state)
{
	static const struct directive directives[] = {
		{"auth_pass",
		 WITH("authentication {\nauth_type PASS\nauth_pass 1111\n}"),
		 "instances.[0].auth_pass", "1111"},
		{"two words",
		 WITH("authentication {\nauth_type PASS\nauth_pass a b\n}"),
		 "instances.[0].auth_pass", "a", "only the first word"},
		{"'x'",
		 WITH("authentication {\nauth_type PASS\n"
		      "auth_pass 'x'\n}"),
		 "instances.[0].auth_pass", "'x'"},
		{"#",
		 WITH("authentication {\nauth_type PASS\n"
		      "auth_pass pa#ss\n}"),
		 "instances.[0].auth_pass", "pa", "the # begins a comment"},
		{"quoted #",
		 WITH("authentication {\nauth_type PASS\n"
		      "auth_pass \"pa#ss\"\n}"),
		 "instances.[0].auth_pass", "pa#ss"},
		{"auth_hmac",
		 WITH("auth_hmac {\nkey 1 file:/etc/k1\nkey 2 hex:00\n"
		      "active_key 1\nmode permissive\ntime_window 9\n}"),
		 .said = "hmac = { keys = ( { id = 1; file = \"/etc/k1\"; }, "
			 "{ id = 2; file = \"FILE\"; } ); active = 1; mode = "
			 "\"permissive\"; window_s = 9; }; write the key"},
		{"AH", WITH("authentication {\nauth_type AH\nauth_pass x\n}"),
		 "instances.[0].auth_pass", "-", "not carried: IPsec AH"},
		{"on one line",
		 WITH("authentication { auth_type PASS auth_pass x }"),
		 "instances.[0].auth_pass", "-", "without authentication"},
		{"cut in a character",
		 WITH("authentication {\nauth_type PASS\n"
		      "auth_pass 1234567\xc3\xa9\n}"),
		 .said = "inside a character"},
		{"outside its block", WITH("auth_pass x"),
		 "instances.[0].auth_pass", "-", "does not know \"auth_pass\""},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void address_directives(void **state)
{
	static const struct directive directives[] = {
		{"no prefix", VIPS("192.0.2.1"), VIP_0 "ip", "192.0.2.1/32"},
		{"/24", VIPS("192.0.2.1/24"), VIP_0 "ip", "192.0.2.1/24"},
		{"/33", VIPS("192.0.2.1/33"), VIP_0 "ip", "192.0.2.1/32",
		 "is no prefix length: keepalived uses /32"},
		{"/255.255.255.0", VIPS("192.0.2.1/255.255.255.0"), VIP_0 "ip",
		 "192.0.2.1/32"},
		{"/0", VIPS("192.0.2.1/0"), .said = "the whole world"},
		{"dev", VIPS("192.0.2.1 dev eth3"), VIP_0 "dev", "eth3",
		 "eth3 is tracked"},
		{"label", VIPS("192.0.2.1 dev eth0 label eth0:9"),
		 VIP_0 "label", "eth0:9"},
		{"free label", VIPS("192.0.2.1 label web"), VIP_0 "label", "-",
		 "does not begin with the interface's name"},
		{"long label",
		 VIPS("192.0.2.2\n192.0.2.1 label eth0:123456789012"),
		 "instances.[0].addresses", "1 elements", "at most 15"},
		{"brd", VIPS("192.0.2.1/24 brd +"), VIP_0 "ip", "192.0.2.1/24",
		 "\"brd +\" is not carried"},
		{"scope link", VIPS("192.0.2.1/24 scope link"), NULL, NULL,
		 "MASTER without it"},
		{"no_track", VIPS("192.0.2.1 dev eth3 no_track"), NULL, NULL,
		 "no_track is not carried"},
		{"two on a line", VIPS("192.0.2.1 192.0.2.2"),
		 "instances.[0].addresses", "1 elements",
		 "\"192.0.2.2\" was never held"},
		{"twice", VIPS("192.0.2.1\n192.0.2.1"),
		 "instances.[0].addresses", "1 elements", "stands here twice"},
		{"a name", VIPS("192.0.2.1\nweb.example.org"),
		 "instances.[0].addresses", "1 elements",
		 "is no address: keepalived skips it"},
		{"192.0.2.010", VIPS("192.0.2.1\n192.0.2.010"),
		 "instances.[0].addresses", "1 elements", "is no address"},
		{"none", VIPS(""), .said = "A has no virtual address"},
		{"excluded",
		 WITH("virtual_ipaddress_excluded {\n192.0.2.9\n"
		      "2001:db8::9/64\n}"),
		 "instances.[0].excluded", "2 elements"},
		{"in two instances",
		 WITH("") "vrrp_instance B {\ninterface eth0\n"
			  "virtual_router_id 6\nvirtual_ipaddress {\n"
			  "192.0.2.1\n}\n}\n",
		 .said = "is an address of A too"},
		{"own address",
		 WITH("unicast_src_ip 192.0.2.1\nunicast_peer {\n192.0.2.3\n}"),
		 .said = "removes it from the machine"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void unicast_directives(void **state)
{
	static const struct directive directives[] = {
		{"unicast_peer",
		 WITH("unicast_src_ip 192.0.2.2\nunicast_peer {\n192.0.2.3\n}"),
		 "instances.[0].unicast", "true"},
		{"unicast_src_ip",
		 WITH("unicast_src_ip 192.0.2.2\nunicast_peer {\n192.0.2.3\n}"),
		 "nodes.[0].address", "192.0.2.2"},
		{"the peer is the other node",
		 WITH("unicast_src_ip 192.0.2.2\nunicast_peer {\n192.0.2.3\n}"),
		 "nodes.[1].address", "192.0.2.3"},
		{"peer with min_ttl",
		 WITH("unicast_peer {\n192.0.2.3 min_ttl 250 max_ttl 255\n}"),
		 "instances.[0].unicast_min_ttl", "250"},
		{"peer with max_ttl",
		 WITH("unicast_peer {\n192.0.2.3 max_ttl 64\n}"),
		 "instances.[0].unicast_min_ttl", "-",
		 "max_ttl is not carried"},
		{"peer with prefix", WITH("unicast_peer {\n192.0.2.3/24\n}"),
		 "nodes.[1].address", "192.0.2.3",
		 "keepalived takes 192.0.2.3 of it"},
		{"peer by name", WITH("unicast_peer {\nlb02\n}"),
		 "instances.[0].unicast", "-", "keepalived skips it"},
		{"no peer", WITH("unicast_src_ip 192.0.2.2"),
		 "instances.[0].unicast", "-",
		 "without unicast_peer keepalived uses multicast"},
		{"empty peers", WITH("unicast_peer {\n}"),
		 "instances.[0].unicast", "-",
		 "without a peer keepalived uses multicast"},
		{"two peers", WITH("unicast_peer {\n192.0.2.3\n192.0.2.4\n}"),
		 .said = "A has 2 peers, 192.0.2.3 and 192.0.2.4"},
		{"unicast_ttl", WITH("unicast_ttl 64"), NULL, NULL,
		 "sends its adverts with TTL 0"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

/* ---- notify, groups, mail ---- */

#define GROUP_OF_TWO(more)                                                     \
	"vrrp_sync_group G {\ngroup {\nA B\n}\n" more "\n}\n" WITH(            \
		"") "vrrp_instance B {\ninterface eth1\nvirtual_router_id 6\n" \
		    "virtual_ipaddress {\n192.0.2.2\n}\n}\n"
#define MAIL                                                                   \
	"global_defs {\nnotification_email {\na@x.org b@x.org\n}\n"            \
	"notification_email_from c@x.org\nsmtp_server 192.0.2.25 2525\n"       \
	"smtp_connect_timeout 30\nsmtp_helo_name lb\n}\n"

static void pipe_directives(void **state)
{
	static const struct directive directives[] = {
		{"vrrp_notify_fifo", GLOBAL("vrrp_notify_fifo /f"),
		 "notify.[0].fifo", "/f"},
		{"notify_fifo", GLOBAL("notify_fifo /f\nnotify_fifo_script /s"),
		 "notify.[0].arguments", "keepalived", "make a unit of it"},
		{"default_interface", GLOBAL("default_interface eth0"), NULL,
		 NULL, "0 not carried"},
		{"garp_group",
		 "garp_group {\ninterfaces {\neth0\neth1\n}\n"
		 "garp_interval 0.1\n}\n" WITH(""),
		 "instances.[0].vrid", "5", "paces its announcements"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void notify_directives(void **state)
{
	static const struct directive directives[] = {
		{"notify_master", WITH("notify_master \"/m a\""),
		 "notify.[0].command", "/m a"},
		{"notify_master's event", WITH("notify_master /m"),
		 "notify.[0].on.[0]", "MASTER"},
		{"notify_backup", WITH("notify_backup /m"), "notify.[0].on.[0]",
		 "BACKUP"},
		{"notify_fault", WITH("notify_fault /m"), "notify.[0].on.[0]",
		 "FAULT"},
		{"notify", WITH("notify /m"), "notify.[0].arguments",
		 "keepalived", "INSTANCE or GROUP"},
		{"notify_stop", WITH("notify_stop /m"), "notify", "-",
		 "STOP is no state"},
		{"unquoted argument", WITH("notify_master /m master"), "notify",
		 "-", "never runs it"},
		{"with a user", WITH("notify_master \"/m a\" root"),
		 "notify.[0].command", "/m a", "keepalived ran it as root"},
		{"with a user of that machine",
		 WITH("notify \"/m a\" postgres"), "notify.[0].command", "/m a",
		 "keepalived ran it as postgres"},
		{"unquoted, with a user", WITH("notify_master /m nobody"),
		 "notify.[0].command", "/m", "keepalived ran it as nobody"},
		{"a program by its name", WITH("notify_master \"logger up\""),
		 "notify.[0].command", "/usr/bin/logger up",
		 "is it on the nodes?"},
		{"a program that is not here", WITH("notify_master wall"),
		 "notify", "-", "searches for \"wall\""},
		{"twice", WITH("notify_master /m\nnotify_master /n"),
		 "notify.[0].command", "/m", "says it first"},
		{"the files differ", WITH("notify_master /m"),
		 "notify.[0].command", "/m", "b.conf:8: not carried",
		 LOWER("notify_master /n")},
		{"group", GROUP_OF_TWO(""), "instances.[1].sync", "G"},
		{"group of one",
		 "vrrp_sync_group G {\ngroup {\nA\n}\n}\n" WITH(""),
		 "instances.[0].sync", "-", "a group of one instance"},
		{"group's notify", GROUP_OF_TWO("notify_fault /m"),
		 "notify.[0].instance", "A", "told of A for the whole group"},
		{"group's notify_backup", GROUP_OF_TWO("notify_backup /m"),
		 "notify.[0].on.[0]", "BACKUP"},
		{"group's notify, all", GROUP_OF_TWO("notify /m"),
		 "notify.[0].on", "3 elements"},
		{"group's track_script",
		 "vrrp_script c {\nscript /bin/c\n}\n" GROUP_OF_TWO(
			 "track_script {\nc\n}"),
		 "instances.[1].track.scripts.[0].command", "/bin/c"},
		{"netify_backup", GROUP_OF_TWO("netify_backup /m"), "notify",
		 "-", "(was \"notify_backup\" meant?)"},
		{"members without group",
		 "vrrp_sync_group G {\nA\nB\n}\n" WITH(""),
		 "instances.[0].sync", "-", "does not know \"A\""},
		{"smtp_alert", MAIL WITH("smtp_alert"), "mail.to.[1]",
		 "b@x.org"},
		{"notification_email_from", MAIL WITH("smtp_alert"),
		 "mail.from", "c@x.org"},
		{"smtp_server", MAIL WITH("smtp_alert"), "mail.server",
		 "192.0.2.25"},
		{"smtp_server's port", MAIL WITH("smtp_alert"), "mail.port",
		 "2525"},
		{"smtp_connect_timeout", MAIL WITH("smtp_alert"),
		 "mail.connect_ms", "30000"},
		{"smtp_helo_name", MAIL WITH("smtp_alert"), NULL, NULL,
		 "says the node's name"},
		{"mail without TLS", MAIL WITH("smtp_alert"), "mail.tls",
		 "none"},
		{"no_email_faults",
		 "global_defs {\nno_email_faults\n}\n" MAIL WITH("smtp_alert"),
		 "notify.[0].on", "2 elements"},
		{"notification_email, one that is none",
		 "global_defs {\nnotification_email {\n\"a b@x.org\"\n"
		 "c@x.org;\nd@x.org\n}\n}\n" WITH("smtp_alert"),
		 "mail.to", "1 elements", "\"a b@x.org\" is no address"},
		{"smtp_alert off",
		 "global_defs {\nsmtp_alert\n}\n" MAIL WITH("smtp_alert off"),
		 "notify", "-", "keepalived never sent a mail"},
		{"smtp_alert of one of two",
		 MAIL GROUP_OF_TWO("") "vrrp_instance C {\ninterface eth1\n"
				       "virtual_router_id 7\nsmtp_alert\n"
				       "virtual_ipaddress {\n192.0.2.3\n}\n"
				       "}\n",
		 "notify.[0].instance", "C"},
		{"smtp_alert of all",
		 "global_defs {\nsmtp_alert_vrrp true\n}\n" MAIL GROUP_OF_TWO(
			 ""),
		 "notify.[0].instance", "-"},
		{"notification_email without smtp_alert", MAIL WITH(""), "mail",
		 "-", "keepalived never sent a mail"},
		{"smtp_alert of a group", MAIL GROUP_OF_TWO("smtp_alert"),
		 "notify.[0].mail", "true"},
		{"smtp_alert without recipients", WITH("smtp_alert"), "mail",
		 "-", "there is no notification_email"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

/* ---- global_defs, and what stands beside it ---- */

static void global_directives(void **state)
{
	static const struct directive directives[] = {
		{"router_id", GLOBAL("router_id x"), "nodes.[0].name", "node1"},
		{"router_id of both",
		 "global_defs {\nrouter_id x\n}\n" WITH(""), "nodes.[1].name",
		 "y", NULL, "global_defs {\nrouter_id y\n}\n" LOWER("")},
		{"router_id, the same",
		 "global_defs {\nrouter_id x\n}\n" WITH(""), "nodes.[0].name",
		 "node1", NULL, "global_defs {\nrouter_id x\n}\n" LOWER("")},
		{"vrrp_version", GLOBAL("vrrp_version 3"),
		 "instances.[0].version", "3"},
		{"enable_script_security", GLOBAL("enable_script_security"),
		 NULL, NULL, "without root's rights"},
		{"script_user", GLOBAL("script_user root"), NULL, NULL,
		 "ran scripts as this user"},
		{"vrrp_skip_check_adv_addr", GLOBAL("vrrp_skip_check_adv_addr"),
		 NULL, NULL, "compares the addresses"},
		{"vrrp_garp_interval", GLOBAL("vrrp_garp_interval 0"), NULL,
		 NULL, "paces its announcements"},
		{"vrrp_gna_interval", GLOBAL("vrrp_gna_interval 0"), NULL, NULL,
		 "paces its announcements"},
		{"vrrp_garp_master_refresh",
		 GLOBAL("vrrp_garp_master_refresh 0"), "vip.garp_refresh_s",
		 "0"},
		{"max_auto_priority", GLOBAL("max_auto_priority 99"), NULL,
		 NULL, "realtime = true"},
		{"vrrp_no_swap", GLOBAL("vrrp_no_swap\nchecker_no_swap"), NULL,
		 NULL, "locks its memory"},
		{"vrrp_strict", GLOBAL("vrrp_strict"), NULL, NULL,
		 "they answered nobody"},
		{"vrrp_mcast_group4", GLOBAL("vrrp_mcast_group4 224.0.0.19"),
		 NULL, NULL, "not carried: twinbeat sends to 224.0.0.18 only"},
		{"vrrp_mcast_group4, the default",
		 GLOBAL("vrrp_mcast_group4 224.0.0.18"), "instances",
		 "1 elements", " 0 not carried"},
		{"vrrp_iptables", GLOBAL("vrrp_iptables"), NULL, NULL,
		 "writes no firewall rules"},
		{"nftables", GLOBAL("nftables x"), NULL, NULL,
		 "writes no firewall rules"},
		{"enable_snmp_rfcv3", GLOBAL("enable_snmp_rfcv3\nenable_traps"),
		 "notify", "-", "not carried: twinbeat-snmp(8) has VRRPV3-MIB"},
		{"vrrp_script_NAME",
		 WITH("") "vrrp_script_web {\ninterval 2\n}\n", "instances",
		 "1 elements", "vrrp_script_web"},
		{"lvs_notify_fifo", GLOBAL("lvs_notify_fifo /f"), "notify", "-",
		 "not carried"},
		{"lvs_timeouts", GLOBAL("lvs_timeouts tcp 7200 udp 30"),
		 "director.kernel.tcp_s", "7200"},
		{"lvs_id", GLOBAL("lvs_id x"), NULL, NULL, "does not know"},
		{"script_security", GLOBAL("script_security"), NULL, NULL,
		 "does not know"},
		{"vrrp_grap_interval", GLOBAL("vrrp_grap_interval 0"), NULL,
		 NULL, "(was \"vrrp_garp_interval\" meant?)"},
		{"garp_master_delay here", GLOBAL("garp_master_delay 1"), NULL,
		 NULL, "does not know \"garp_master_delay\""},
		{"@id of one node", "@lb01 use_pid_dir\n" WITH(""),
		 "nodes.[0].name", "lb01", "not all host names are known"},
		{"@id of the other", "@lb01 use_pid_dir\n" WITH(""),
		 "nodes.[1].name", "node2"},
		{"@id of three", "@a use_pid_dir\n@b x\n@c y\n" WITH(""), NULL,
		 NULL, "3 nodes are named by @"},
		{"vrrp_script_c", "vrrp_script_c {\nscript x\n}\n" WITH(""),
		 "instances", "1 elements", "does not know"},
		{"v3_checksum_as_v2", WITH("version 3\nv3_checksum_as_v2"),
		 NULL, NULL, "with and without the pseudo header"},
		{"@id with two files",
		 .first = "vrrp_instance A {\ninterface eth0\n"
			  "virtual_router_id 5\n@lb01 priority 150\n"
			  "virtual_ipaddress {\n192.0.2.1\n}\n}\n",
		 .second = LOWER(""),
		 .said = "a.conf: there are lines for @lb01, and with --peer"},
		{"local_address_group",
		 "local_address_group g {\n192.0.2.7\n}\n" WITH(""),
		 "instances", "1 elements", "does not know"},
		{"static_routes",
		 "static_routes {\n10.0.0.0/8 via 192.0.2.9\n}\n" WITH(""),
		 NULL, NULL, "a.conf:1: not carried"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void beside_directives(void **state)
{
	static const struct directive directives[] = {
		{"virtual_routes",
		 WITH("virtual_routes {\n10.0.0.0/8 via 192.0.2.9 dev eth0\n}"),
		 "instances.[0].routes.[0].via", "192.0.2.9"},
		{"an unknown word behind an address",
		 "vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"
		 "virtual_ipaddress {\n192.0.2.1 nodad label eth0:1\n}\n}\n",
		 "instances.[0].addresses.[0].label", "eth0:1",
		 "keepalived does not know \"nodad\" here"},
		{"two directives on a line", WITH("advert_int 2 nopreempt"),
		 "instances.[0].preempt", "true",
		 "\"nopreempt\" was never in force"},
		{"a flag and a directive on a line",
		 WITH("nopreempt priority 90"), "nodes.[0].priority", "150",
		 "\"priority 90\" was never in force"},
		{"dynamic_interfaces",
		 "global_defs {\ndynamic_interfaces\n}\n" WITH(""), NULL, NULL,
		 "once it comes"},
		{"a buffer",
		 "global_defs {\nvrrp_netlink_cmd_rcv_bufs 9\n}\n" WITH(""),
		 NULL, NULL, "the size of its buffers"},
		{"startup_script",
		 "global_defs {\nstartup_script /x\n}\n" WITH(""), NULL, NULL,
		 "ExecStartPre="},
		{"virtual_routes with the kernel's scope",
		 WITH("virtual_routes {\n10.0.0.0/8 via 192.0.2.9 dev eth0 "
		      "scope global\n10.1.0.0/16 dev eth0 scope link\n}"),
		 "instances.[0].routes", "2 elements"},
		{"virtual_routes with another one",
		 WITH("virtual_routes {\n10.0.0.0/8 via 192.0.2.9 dev eth0 "
		      "scope link\n}"),
		 "instances.[0].routes", "0 elements",
		 "\"scope\" has no setting here"},
		{"a route of two ways",
		 WITH("virtual_routes {\n10.0.0.0/8 nexthop via 192.0.2.8 "
		      "weight 1 nexthop via 192.0.2.9 weight 2\n}"),
		 "instances.[0].routes", "0 elements",
		 "not carried: \"nexthop\" has no setting here\n"},
		{"virtual_rules",
		 WITH("virtual_rules {\nfrom 192.0.2.1 table 7\n}"),
		 "instances.[0].rules.[0].table", "7"},
		{"lvs_sync_daemon_interface",
		 WITH("lvs_sync_daemon_interface eth1"),
		 "director.sync.interface", "eth1"},
		{"lvs_sync_daemon_inteface",
		 WITH("lvs_sync_daemon_inteface eth1"), "director", "-",
		 "(was \"lvs_sync_daemon_interface\" meant?)"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

/* ---- pairs that do not agree ---- */

#define V6(more)                                                               \
	"vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"             \
	"virtual_ipaddress {\n2001:db8::1/64\n}\n" more "\n}\n"

/* Nothing of them may cost the instance, or more than keepalived took. */
static void whole_instances(void **state)
{
	static const struct directive directives[] = {
		{"IPv6 without a link-local address", V6(""), VIP_0 "ip",
		 "2001:db8::1/64", "fe80::5 out of its comment"},
		{"two names that are too long",
		 "vrrp_instance a_name_that_has_more_than_31_characters_1 {\n"
		 "interface eth0\nvirtual_router_id 5\n"
		 "virtual_ipaddress {\n192.0.2.1\n}\n}\n"
		 "vrrp_instance a_name_that_has_more_than_31_characters_2 {\n"
		 "interface eth0\nvirtual_router_id 6\n"
		 "virtual_ipaddress {\n192.0.2.2\n}\n}\n",
		 "instances.[1].name", "a_name_that_has_more_than_31_-2"},
		{"rules without priority count down",
		 "static_rules {\nfrom 10.1.0.0/16 table 7\n}\n" WITH(
			 "virtual_rules {\nfrom 192.0.2.1 table 1\n"
			 "to 10.2.0.0/16 table 1 preference 9\n"
			 "to 10.3.0.0/16 table 1\n}"),
		 "instances.[0].rules.[2].priority", "16382"},
		{"their preference",
		 WITH("virtual_rules {\nto 10.2.0.0/16 table 1 preference "
		      "9\n}"),
		 "instances.[0].rules.[0].priority", "9"},
	};

	(void)state;
	check_written(directives, COUNT(directives));
}

/* What keepalived 2.2.7 starts without, and what it does not start with. */
static void a_value_that_is_not_there(void **state)
{
	static const struct directive directives[] = {
		{"router_id", GLOBAL("router_id"), "instances", "1 elements",
		 "\"router_id\" lacks its value: keepalived goes on"},
		{"max_auto_priority", GLOBAL("max_auto_priority"), "instances",
		 "1 elements"},
		{"script_user", GLOBAL("script_user"), "instances",
		 "1 elements"},
		{"notification_email_from", GLOBAL("notification_email_from"),
		 "instances", "1 elements"},
		{"debug", WITH("debug"), .said = "does not start with this"},
		{"vrrp_garp_master_refresh", GLOBAL("vrrp_garp_master_refresh"),
		 .said = "does not start with this"},
		{"dev without an interface",
		 VIPS("192.0.2.2/24 dev label eth0:1"),
		 .said = "no interface stands behind dev"},
		/* the whole block is meant, not the word alone */
		{"a byte order mark",
		 "\xef\xbb\xbf" STATE(
			 "") "vrrp_instance B "
			     "{\ninterface eth0\nvirtual_router_id 6\n"
			     "virtual_ipaddress {\n192.0.2.2\n}\n}\n",
		 "instances.[0].name", "B", "byte order mark"},
		{"vrrp_strict", GLOBAL("vrrp_strict") "",
		 "instances.[0].auth_pass", "-"},
		{"vrrp_strict and a password",
		 "global_defs {\nvrrp_strict\n}\n" WITH(
			 "authentication {\nauth_type PASS\nauth_pass x\n}"),
		 "instances.[0].auth_pass", "-",
		 "strict mode has no passwords"},
		{"strict_mode off and a password",
		 "global_defs {\nvrrp_strict\n}\n" WITH(
			 "strict_mode off\nauthentication {\nauth_type PASS\n"
			 "auth_pass x\n}"),
		 "instances.[0].auth_pass", "x"},
		{"the node itself among its peers",
		 WITH("unicast_src_ip 192.0.2.11\nunicast_peer {\n192.0.2.11\n"
		      "192.0.2.12\n192.0.2.12\n}"),
		 "nodes.[1].address", "192.0.2.12", "own address: no peer"},
		{"one address of IPv6 in two forms",
		 VIPS("fe80::1\n2001:DB8::0a/64"), "instances.[0].addresses",
		 "2 elements", NULL,
		 "vrrp_instance A {\ninterface eth0\nvirtual_router_id 5\n"
		 "priority 100\nvirtual_ipaddress {\nfe80:0::1\n"
		 "2001:db8::a/64\n}\n}\n"},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

static void pairs_that_both_serve_are_refused(void **state)
{
#define PASS(word) "authentication {\nauth_type PASS\nauth_pass " word "\n}"
	static const struct directive directives[] = {
		{"passwords", WITH(PASS("a")), .said = "the passwords differ",
		 .second = LOWER(PASS("b"))},
		{"versions", WITH("version 3"),
		 .said = "VRRP version 2 here, 3 at a.conf:1",
		 .second = LOWER("")},
		{"version 2 intervals", WITH("advert_int 2"),
		 .said = "adverts each 1000 ms here, each 2000 ms at",
		 .second = LOWER("")},
		{"addresses", WITH("virtual_ipaddress {\n192.0.2.2\n}"),
		 .said = "192.0.2.2/32 is not in b.conf", .second = LOWER("")},
		{"unicast", WITH("unicast_peer {\n192.0.2.3\n}"),
		 .said = "multicast here, unicast at a.conf:1",
		 .second = LOWER("")},
		{"VRID", WITH("virtual_router_id 6"),
		 .said = "b.conf has no instance with VRID 6 on eth0",
		 .second = LOWER("")},
		{"interface", WITH("interface eth1"),
		 .said = "VRID 5 is on eth1 here and on eth0 in b.conf:1",
		 .second = LOWER("")},
		{"equal priorities are no refusal", WITH(""),
		 "nodes.[1].priority", "150", NULL, WITH("")},
		{"names are no refusal", WITH(""), "instances.[0].name", "A",
		 "the first file calls it A",
		 "vrrp_instance Z {\ninterface eth0\nvirtual_router_id 5\n"
		 "virtual_ipaddress {\n192.0.2.1\n}\n}\n"},
		{"version 3 intervals", WITH("version 3\nadvert_int 0.5"),
		 "instances.[0].advert_ms", "500", "which is taken",
		 LOWER("version 3\nadvert_int 0.2")},
	};

	(void)state;
	check_directives(directives, COUNT(directives));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instance_directives),
		cmocka_unit_test(more_instance_directives),
		cmocka_unit_test(authentication_directives),
		cmocka_unit_test(address_directives),
		cmocka_unit_test(unicast_directives),
		cmocka_unit_test(pipe_directives),
		cmocka_unit_test(notify_directives),
		cmocka_unit_test(global_directives),
		cmocka_unit_test(beside_directives),
		cmocka_unit_test(whole_instances),
		cmocka_unit_test(a_value_that_is_not_there),
		cmocka_unit_test(pairs_that_both_serve_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
