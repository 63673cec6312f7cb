# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat check on a machine: whose address is it, is the node's own there,
what does an interface of that name mean. In a namespace of the test's own."""
import json
import os
import re
import shutil
import subprocess

import pytest

from lab import wait_for
from test_daemon import BUILD, VIP


def check(daemon):
    done = subprocess.run(
        ["nsenter", "-t", str(daemon.holder.pid), "-n", BUILD + "/twinbeat",
         "--node", "lb01", "check", daemon.config], check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    return done.returncode, done.stdout


def test_N14_a_good_file_on_its_machine_has_nothing_of_addresses(daemon):
    code, text = check(daemon)
    assert code == 0 and "address" not in text.replace(
        "takes the addresses", "").replace("takes them", ""), text


def told(text, *words):
    """The one warning of an address that is here already."""
    lines = [line for line in text.splitlines()
             if re.search(r"warning: .*\baddresses: .*already", line)]
    return len(lines) == 1 and all(
        re.search(r"(?<![\w.])%s\b" % re.escape(word), lines[0])
        for word in words)


def test_N14_an_address_that_another_hand_put_there_is_told(daemon):
    daemon.inside("ip", "addr", "add", VIP + "/24", "dev", "eth0")
    code, text = check(daemon)
    assert code == 0
    assert told(text, VIP + "/24", "eth0")
    # whatever interface and prefix
    daemon.inside("ip", "addr", "del", VIP + "/24", "dev", "eth0")
    daemon.inside("ip", "addr", "add", VIP + "/32", "dev", "lo")
    assert told(check(daemon)[1], VIP + "/32", "lo")



def test_N14_our_own_address_of_a_serving_node_is_none_of_them(daemon):
    daemon.write_patient()
    daemon.serve()
    code, text = check(daemon)
    assert code == 0 and VIP not in text
    # nor without a lease, where the keeper's tag alone tells
    assert daemon.stop() == 0
    daemon.write(lease_s=0, dead_ms=2000)
    daemon.serve()
    assert VIP not in check(daemon)[1]


def test_N14_the_gateway_is_no_virtual_address(daemon):
    # refused until the interface is up
    wait_for("the route", lambda: daemon.inside(
        "ip", "route", "replace", "default", "via", VIP).returncode == 0)
    code, text = check(daemon)
    assert code == 1 and VIP + " is this machine's default gateway" in text


def test_N03_the_nodes_own_address_is_on_no_interface(daemon):
    daemon.inside("ip", "addr", "flush", "dev", "eth0")
    code, text = check(daemon)
    assert code == 0
    assert ":3: warning: nodes[0].address: 10.98.0.11 is on no interface" \
        in text
    daemon.inside("ip", "addr", "add", "10.98.0.12/24", "dev", "eth0")
    assert "eth0 has one of \"lb02\": are they swapped" in check(daemon)[1]


def test_a_vip_in_no_network_of_its_interface_is_told(daemon):
    with open(daemon.config, encoding="ascii") as file:
        good = file.read()
    for vip, outside in ((VIP + "/32", False), ("10.9.8.7/24", True),
                         ("10.98.1.7/32", True), ("10.98.0.7/16", False)):
        with open(daemon.config, "w", encoding="ascii") as file:
            file.write(re.sub(r'ip = "[^"]*"', 'ip = "%s"' % vip, good))
        code, text = check(daemon)
        assert code == 0, text
        assert (vip.split("/")[0] + ": in no network that eth0 is in "
                "(10.98.0.11/24)" in text) == outside, text
    # a network that the interface has beside the first one
    daemon.inside("ip", "addr", "add", "10.9.8.1/24", "dev", "eth0")
    with open(daemon.config, "w", encoding="ascii") as file:
        file.write(re.sub(r'ip = "[^"]*"', 'ip = "10.9.8.7/32"', good))
    assert "in no network" not in check(daemon)[1]


@pytest.mark.parametrize("version, mtu, fit", ((2, 600, 134), (2, 1500, 0),
                                               (3, 600, 0)))
def test_adverts_that_the_mtu_has_no_room_for_are_told(daemon, version, mtu, fit):
    """Version 3 between two twinbeats names fewer addresses instead."""
    many = ", ".join('{ ip = "10.98.0.%d/32"; }' % i for i in range(50, 210))
    with open(daemon.config, encoding="ascii") as file:
        text = re.sub(r"addresses = \(.*?\);", "addresses = ( %s );" % many,
                      file.read())
    text, count = re.subn(r"vrid = 55;(?: version = 3;)?",
                          "vrid = 55; version = %d;" % version, text)
    assert count == 1
    text = re.sub(r"advert_ms = [0-9]+", "advert_ms = 1000", text)
    with open(daemon.config, "w", encoding="ascii") as file:
        file.write(text)
    daemon.inside("ip", "link", "set", "eth0", "mtu", str(mtu))
    said = check(daemon)[1]
    assert ("adverts that name 160 addresses have 704 bytes, and the MTU of eth0 "
            "is 600" in said) == (fit > 0), said
    assert ("move all but %d to excluded" % fit in said) == (fit > 0), said


LVS = """director = { sync = { interface = "%s"; maxlen = 9000; };
  services = ( { name = "web"; instance = "VI_1"; scheduler = "rr";
    listen = ( { ip = "%s"; port = 80; } );
    checks = ( { type = "command"; command = "%s deep"; }, { type = "http";
      port = 443; host = "a.test"; tls = { ca_file = "%s.pem"; }; } );
    servers = ( { name = "web1"; address = "10.99.0.21"; } ); } ); };
"""


def test_what_lvs_needs_of_this_machine_is_told(daemon):
    program = daemon.dir + "/ok"

    def said(interface="eth0"):
        daemon.write(extra=LVS % (interface, VIP, program, program))
        return check(daemon)
    with open(program + ".pem", "w", encoding="ascii"):
        pass
    code, text = said("eth7")
    assert code == 0, text
    assert "warning: director.services.checks: %s: No such file" % program \
        in text
    assert "warning: director.sync.interface: there is no interface eth7" \
        in text
    code, text = said()
    assert "director.sync.maxlen: 9000 bytes and 28 of headers are more " \
        "than the MTU of eth0, 1500" in text
    with open(program, "w", encoding="ascii") as out:
        out.write("#!/bin/sh\n")
    code, text = said()
    assert code == 1 and program + " is not executable" in text
    os.chmod(program, 0o757)
    code, text = said()
    assert code == 1 and "can be changed by everybody, and would say which " \
        "servers are up" in text
    os.chmod(program, 0o755)
    assert said()[0] == 0
    os.unlink(program + ".pem")
    assert "director.services.checks: tls.ca_file: %s.pem: No such file" % \
        program in said()[1]


VIA = """director = { services = ( { name = "web"; instance = "VI_1";
    scheduler = "rr"; listen = ( { ip = "%s"; port = 80; } );
    checks = ( { type = "tcp"; via = "vip"; } );
    servers = ( { name = "web1"; address = "10.99.0.21"; } ); } ); };
""" % VIP


@pytest.mark.parametrize("local, filtered, fits", (
    (0, 0, False), (1, 1, False), (1, 2, True), (1, 0, True)))
def test_T39_check_and_doctor_say_what_via_vip_needs(daemon, local, filtered,
                                                     fits):
    """The answer bears an address of this node: else it would be dropped, and
    all servers dead for whoever serves."""
    daemon.write(extra=VIA)
    for where in ("all", "eth0"):
        daemon.inside("sysctl", "-qw",
                      "net.ipv4.conf.%s.accept_local=%d" % (where, local),
                      "net.ipv4.conf.%s.rp_filter=%d" % (where, filtered))
    said = "would drop the answers on eth0, and take all servers for dead: " \
        "set net.ipv4.conf.eth0.accept_local = 1 and rp_filter = 2"
    assert (said not in check(daemon)[1]) == fits
    done = subprocess.run(
        ["nsenter", "-t", str(daemon.holder.pid), "-n", BUILD + "/twinbeat",
         "--run-dir", daemon.dir, "-c", daemon.config, "--node", "lb01",
         "doctor", "--quick", "--json"], check=False, text=True,
        stdout=subprocess.PIPE, timeout=30)
    found = [one for one in json.loads(done.stdout) if said in one["text"]]
    assert [one["verdict"] for one in found] == ([] if fits else ["warn"])


PLAIN = """director = { services = ( { name = "web"; instance = "VI_1";
    %s checks = ( { type = "none"; } );
    servers = ( { name = "web1"; address = "%s"; } ); } ); };
"""
LISTEN = 'listen = ( { ip = "%s"; port = 80; } );' % VIP


def doctor(daemon, name):
    """What it finds of this name."""
    done = daemon.inside(BUILD + "/twinbeat", "--run-dir", daemon.dir, "-c",
                         daemon.config, "--node", "lb01", "doctor", "--quick",
                         "--json", timeout=30)
    return [(one["verdict"], one["text"]) for one in json.loads(done.stdout)
            if one["check"] == name]


MARKED = "nft add table %s t; nft add chain %s t p " \
    "'{ type filter hook prerouting priority -150; }'; nft add rule %s t p %s"


@pytest.mark.parametrize("family, table, rule, is_set", (
    ("ipv4", "ip", "tcp dport 21 meta mark set 21", True),
    ("ipv4", "inet", "tcp dport 21 counter meta mark set 0x15", True),
    ("ipv4", "ip", "meta mark set mark or 0x15", True),
    ("ipv4", "ip", "meta mark set tcp dport map { 80: 20, 21 : 21 }", True),
    ("ipv4", "ip", "meta mark set 20", False),
    ("ipv4", "ip", "meta mark set 0x150", False),
    ("ipv4", "ip", "meta mark 21 accept", False),
    ("ipv4", "ip", "tcp dport 21 meta mark set 20 counter packets 21 bytes 21",
     False),
    # what nft computes
    ("ipv4", "ip", "meta mark set numgen inc mod 2 offset 20", True),
    ("ipv4", "ip", "meta mark set numgen inc mod 21 offset 100", False),
    ("ipv4", "ip", "meta mark set jhash ip saddr mod 21 seed 21 offset 22",
     False),
    ("ipv4", "ip", "meta mark set jhash ip saddr mod 2 seed 7 offset 21", True),
    ("ipv4", "ip", "meta mark set numgen inc mod 21 map { 0 : 20, 21 : 22 }",
     False),
    ("ipv4", "ip", "meta mark set ip saddr . tcp dport map "
     "{ 10.0.0.1 . 80 : 21, 10.0.0.2 . 21 : 22 }", True),
    ("ipv4", "ip", "ct mark set 20 meta mark set 21", True),
    ("ipv4", "ip", "meta mark set 20 limit rate 21/second log prefix "
     '"mark set 21"', False),
    ("ipv4", "ip6", "meta mark set 21", False),
    ("ipv6", "ip6", "meta mark set 21", True),
    ("ipv6", "ip", "meta mark set 21", False),
    ("ipv4", "", "iptables -t mangle -A PREROUTING -p tcp --dport 21 -j MARK "
     "--set-mark 21", True),
    ("ipv4", "", "iptables -t mangle -A PREROUTING -p tcp --dport 21 -j MARK "
     "--set-mark 22", False),
    ("ipv6", "", "ip6tables -t mangle -A PREROUTING -j MARK --set-mark 21",
     True),
))
def test_I_a_mark_that_no_rule_sets_is_told(daemon, family, table, rule,
                                            is_set):
    """By check and by doctor; the rule is not ours to make."""
    daemon.write(extra=PLAIN % (
        'fwmark = 21; family = "%s";' % family, "10.98.0.21" if
        family == "ipv4" else "2001:db8::21"))
    said = "no rule of nftables or iptables sets mark 21 on this machine"
    code, text = check(daemon)
    assert code == 0 and "warning: director.services[0].fwmark: " + said \
        in text, text
    assert [one[0] for one in doctor(daemon, "firewall") if said in one[1]
            ] == ["warn"]
    done = daemon.inside("sh", "-c", MARKED % (table, table, table, "'%s'" %
                                               rule) if table else rule)
    if done.returncode and not table:
        pytest.skip("this kernel has no such rule: " + done.stdout)
    assert done.returncode == 0, done.stdout
    assert (said not in check(daemon)[1]) == is_set
    assert any(said in one[1] for one in doctor(daemon, "firewall")) != is_set


MAPPED = """table ip t {
  map m { type inet_service : mark; elements = { %s }; }
  chain c { type filter hook prerouting priority -150; %s
  }
}"""
# longer than any buffer, and ours is the last of them
LONG = ", ".join("%d : %d" % (port, port + 22 if port < 1999 else 21)
                 for port in range(1000, 2000))
CANNOT = "cannot be told: meta mark set "


@pytest.mark.parametrize("elements, rule, said", (
    ("80 : 21, 81 : 22", "meta mark set tcp dport map @m", None),
    ("21 : 22", "meta mark set tcp dport map @m", CANNOT + "tcp dport map @m"),
    ("21 : 22", "meta mark set tcp dport map { %s }" % LONG, None),
    ("21 : 22", "meta mark set mark and 0xff00 or 0x10",
     CANNOT + "meta mark & 0x0000ff"),
    ("21 : 22", "meta mark set ct mark", "sets mark 21 on this machine")),
    ids=("a map", "another map", "a long map", "bits", "of a connection"))
def test_I_what_a_rule_computes_is_known_or_said_to_be_unknown(
        daemon, elements, rule, said):
    daemon.write(extra=PLAIN % ("fwmark = 21;", "10.98.0.21"))
    done = daemon.inside("nft", "-f", "-", input=MAPPED % (elements, rule))
    assert done.returncode == 0, done.stdout[-1000:]
    text = check(daemon)[1]
    if said is None:
        assert "director.services[0].fwmark" not in text, text
    else:
        assert said in text, text


def test_I_rules_that_cannot_be_read_are_said_to_be_unknown(daemon):
    daemon.write(extra=PLAIN % ("fwmark = 21;", "10.98.0.21"))
    done = daemon.inside("setpriv", "--bounding-set=-net_admin",
                         "--inh-caps=-net_admin", BUILD + "/twinbeat",
                         "--node", "lb01", "check", daemon.config)
    assert "whether a rule of the firewall sets mark 21 for \"web\" is not " \
        "known: run this as root" in done.stdout, done.stdout


def test_a_program_of_another_package_that_is_not_installed_is_told(
        daemon, tmp_path):
    """Debian's packages of what needs large libraries: without it the file is
    good, and nothing is sent, asked or cut."""
    shutil.copy(BUILD + "/twinbeat", tmp_path)  # alone, as in its package
    daemon.write(extra='notify = ( { mail = true; } ); mail = { server = '
                 '"127.0.0.1"; tls = "none"; from = "lb@mail.test"; to = ( '
                 '"ops@mail.test" ); };\n' + PLAIN.replace(
                     '"none"', '"tcp"') % (LISTEN, "10.98.0.21"))
    lacks = ("warning: notify: without twinbeat-notifier no mail",
             "warning: director.checks: without twinbeat-checker no real")
    for program, is_told in ((BUILD, False), (str(tmp_path), True)):
        text = daemon.inside(program + "/twinbeat", "--node", "lb01", "check",
                             daemon.config).stdout
        for line in lacks:
            assert (line in text) == is_told, text
        assert (": install the package twinbeat-checker" in text) == is_told


def test_I_a_broadcast_address_is_no_server(daemon):
    """Of the card's network, or one that was set by hand."""
    for server, name in (("10.98.0.255", "eth0"), ("10.98.0.254", None),
                         ("10.97.0.9", None)):
        daemon.write(extra=PLAIN % (LISTEN, server))
        text = check(daemon)[1]
        assert ("warning: director.services.servers.address: %s is the "
                "broadcast address of %s" % (server, name) in text) == \
            bool(name), text
    daemon.inside("ip", "addr", "add", "10.97.0.1/24", "broadcast",
                  "10.97.0.9", "dev", "eth0")
    assert "10.97.0.9 is the broadcast address of eth0" in check(daemon)[1]


def test_I_a_name_for_an_address_is_resolved_by_check(daemon):
    daemon.write(extra=PLAIN % (LISTEN, "localhost"))
    code, text = check(daemon)
    assert code == 1
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if "is no IP address" in line)
    assert re.fullmatch("  localhost is .*(127.0.0.1|::1).* today: write the "
                        "address", lines[at + 1]), text
    for slip in ("10.98.0.300", "10.98.0.21/24", "no such"):
        daemon.write(extra=PLAIN % (LISTEN, slip))
        assert "today" not in check(daemon)[1]


@pytest.mark.parametrize("modules, lacks", (
    ("ip_vs_rr", True), ("ip_vs_wlc", False), (None, False)))
def test_I_a_scheduler_that_the_kernel_has_not_is_told(daemon, tmp_path,
                                                       modules, lacks):
    """Where its modules can be seen; in a container they cannot."""
    there = tmp_path / "modules" / os.uname().release
    there.mkdir(parents=True)
    if modules:
        (there / "modules.dep").write_text(
            "kernel/net/netfilter/ipvs/%s.ko.xz: kernel/x.ko\n" % modules)
    daemon.write(extra=PLAIN % (LISTEN, "10.98.0.21"))
    done = daemon.inside(
        "unshare", "--mount", "sh", "-ec", 'mount -t overlay -o '
        'ro,lowerdir="$0":/usr/lib overlay /usr/lib; exec "$@"', str(tmp_path),
        BUILD + "/twinbeat", "--node", "lb01", "check", daemon.config)
    assert ": 0 errors" in done.stdout, done.stdout
    assert ("the running kernel has no module ip_vs_wlc: \"web\" would "
            "forward nothing" in done.stdout) == lacks, done.stdout
