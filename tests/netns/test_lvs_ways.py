# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way of forwarding, with real packets: one pair, a service for each."""
import re

import pytest

from lab import VIP, Lab, run, wait_for
from lvs_farm import Client, Server
from test_director import polled_table, say, table, with_ipvs

VIP6 = "2001:db8::100"
ONE, TWO = "10.99.0.21", "10.99.0.22"
NAT, IPIP, GUE = "10.99.0.23", "10.99.0.24", "10.99.0.25"
NAT6 = "2001:db8::23"
GUE_PORT = 6080


def server(name, address, more=""):
    return '{ name = "%s"; address = "%s"; %s }' % (name, address, more)


def service(name, port, more, *servers, ip=VIP):
    return ('{ name = "%s"; instance = "VI_1"; scheduler = "rr"; listen = ( '
            '{ ip = "%s"; port = %d; } ); checks = ( { type = "none"; } ); %s '
            'servers = ( %s ); }' % (
                name, ip, port, more, ", ".join(servers)))


SERVICES = [
    service("direct", 80, "", server("one", ONE), server("two", TWO)),
    service("weighted", 81, "", server("one", ONE, "weight = 1;"),
            server("two", TWO, "weight = 3;")).replace('"rr"', '"wrr"'),
    service("nat", 82, 'method = "nat";', server("nat", NAT, "port = 8082;")),
    service("ipip", 83, 'method = "tun";', server("ipip", IPIP)),
    service("gue", 84, 'method = "tun"; tunnel = { type = "gue"; port = %d; '
            "};" % GUE_PORT, server("gue", GUE)),
    service("guesum", 85, 'method = "tun"; tunnel = { type = "gue"; port = %d;'
            " csum = true; };" % GUE_PORT, server("gue", GUE)),
    service("direct6", 86, "", server("one", "2001:db8::21"), ip=VIP6),
    service("nat6", 87, 'method = "nat";', server("nat", NAT6, "port = 8087;"),
            ip=VIP6),
    '{ name = "marked"; instance = "VI_1"; scheduler = "rr"; fwmark = 21; '
    'checks = ( { type = "none"; } ); '
    "persistence = { timeout_s = 600; }; servers = ( %s ); }" % ", ".join(
        (server("one", ONE), server("two", TWO))),
]
TUNNEL = ("ip link set tunl0 up; ip address add %s/32 dev tunl0; "
          "for i in all tunl0 eth0; do sysctl -qw "
          "net.ipv4.conf.$i.rp_filter=0; done; "
          "sysctl -qw net.ipv4.conf.all.arp_ignore=1 "
          "net.ipv4.conf.all.arp_announce=2" % VIP)


class Ways(Lab):
    def build(self, boot=True):
        super().build(boot=False)
        for module in ("ipip", "fou", "ip6table_mangle", "xt_mark",
                       "iptable_mangle", "xt_multiport"):
            run("modprobe", module, check=False)
        one, nat = Server(self, "one", ONE), Server(self, "nat", NAT, False)
        Server(self, "two", TWO)
        ipip = Server(self, "ipip", IPIP, False)
        gue = Server(self, "gue", GUE, False)
        ipip.inside(TUNNEL)
        gue.inside(TUNNEL + "; ip fou add port %d gue" % GUE_PORT)
        # a NAT server answers by way of the pair, whatever its router says of
        # a client in the same network (there is no IPv6 send_redirects)
        nat.inside("for i in all eth0; do sysctl -qw "
                   "net.ipv6.conf.$i.accept_redirects=0; done; "
                   "ip route add 10.99.0.10 via %s; "
                   "ip address add %s/64 dev eth0 nodad; "
                   "ip route add 2001:db8::10 via %s" % (VIP, NAT6, VIP6))
        one.inside("ip address add 2001:db8::21/64 dev eth0 nodad; "
                   "ip address add %s/128 dev lo nodad" % VIP6)
        run("ip", "-n", self.client_ns, "address", "add", "2001:db8::10/64",
            "dev", "eth0", "nodad")
        for node in self.nodes:
            node.power_on(daemon=False)
            node.inside("sh", "-ec", """
ip address add 2001:db8::1%d/64 dev eth0 nodad
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \\
	net.ipv4.conf.eth0.send_redirects=0 net.ipv6.conf.all.forwarding=1
iptables-legacy -t mangle -A PREROUTING -d %s -p tcp --dport 88 \\
	-j MARK --set-mark 21
iptables-legacy -t mangle -A PREROUTING -d %s -p tcp --dport 89 \\
	-j MARK --set-mark 21""" % (node.index + 1, VIP, VIP))
            node.start()
        self.client = Client(self)


@pytest.fixture(name="ways", scope="module")
def make_ways():
    with Ways(auth='excluded = ( { ip = "%s/128"; } );' % VIP6,
              extra="director = { services = ( %s ); };" % ", ".join(SERVICES)) as lab:
        lab.settle()
        for node in lab.nodes:
            # 9 services, 12 servers
            wait_for("the table of " + node.name,
                     lambda n=node: len(polled_table(n)) == 9 + 12, 15)
        yield lab


@with_ipvs
def test_T03_ports_are_read_as_they_are_written(ways):
    for node in ways.nodes:
        told = say(node, "cat", "/proc/net/ip_vs")
        assert re.search(r"TCP +0A630064:0052 ", told), told  # 82
        assert re.search(r"-> 0A630017:1F92 +Masq", told), told  # 8082


@with_ipvs
def test_T12_direct_routing_reaches_each_server(ways):
    assert ways.client.do("ask", VIP, 80, 20) == {"one": 10, "two": 10}


@with_ipvs
def test_T17_one_to_three_by_weight(ways):
    assert ways.client.do("ask", VIP, 81, 80) == {"one": 20, "two": 60}


@with_ipvs
@pytest.mark.parametrize("name,port", [("nat", 82), ("ipip", 83), ("gue", 84),
                                       ("gue", 85)])
def test_T11_T13_T14_nat_and_tunnels_reach_the_server(ways, name, port):
    assert ways.client.do("ask", VIP, port, 10) == {name: 10}
    # the kernel sums its counters up every 2 s
    wait_for("its counter", lambda: re.search(
        r"%s:%d +10 " % (re.escape(VIP), port),
        say(ways.nodes[0], "ipvsadm", "-Ln", "--stats")), 5, 0.2)


@with_ipvs
@pytest.mark.parametrize("name,port", [("one", 86), ("nat", 87)])
def test_T15_ipv6_by_direct_routing_and_nat(ways, name, port):
    assert ways.client.do("ask", VIP6, port, 10) == {name: 10}


@with_ipvs
def test_T16_a_mark_keeps_a_client_at_one_server_on_both_ports(ways):
    first = ways.client.do("ask", VIP, 88, 5)
    assert len(first) == 1 and first == ways.client.do("ask", VIP, 89, 5)
    assert set(first) < {"one", "two"}


@with_ipvs
def test_T02_T04_what_is_dumped_is_what_was_wanted(ways):
    """Every attribute of these: else an audit would send it again, and say so."""
    done = ways.nodes[0].twinbeat("director", "diff")
    assert done.returncode == 0 and "10.99" not in done.stdout, done.stdout
    for node in ways.nodes:
        assert "director-table" not in node.read_log()
