# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that go the way of clients, by the address and a mark."""
import re

import pytest

from lab import VIP, Lab, wait_for
from lvs_farm import Client, Server
from test_director import polled_table, with_ipvs

IP = {"one": "10.99.0.21", "two": "10.99.0.22"}
PLAIN, VIA = 80, 81


def service(name, port, via):
    return ('{ name = "%s"; instance = "VI_1"; scheduler = "rr"; listen = ( { '
            'ip = "%s"; port = %d; } ); checks = ( { type = "tcp"; via = "%s"; '
            "} ); servers = ( %s ); }" % (
                name, VIP, port, via, ", ".join(
                    '{ name = "%s"; address = "%s"; }' % one
                    for one in IP.items())))


DIRECTOR = """director = { audit_s = 1; check = { inter_ms = 400;
  fastinter_ms = 200; downinter_ms = 300; timeout_ms = 400; fall = 2; rise = 1;
  standby_inter_ms = 400; };
  services = ( %s, %s ); };""" % (service("plain", PLAIN, "server"),
                                  service("via", VIA, "vip"))


class Farm(Lab):
    def build(self, boot=True):
        super().build(boot=False)
        self.servers = {name: Server(self, name, ip)
                        for name, ip in IP.items()}
        for node in self.nodes:
            node.power_on(daemon=False)
            node.inside("sh", "-ec", "for one in all eth0; do "
                        "sysctl -qw net.ipv4.conf.$one.accept_local=1 "
                        "net.ipv4.conf.$one.rp_filter=0; done")
            node.start()
        self.client = Client(self)

    def weights(self, node, port):
        """Of those that get anything."""
        found = re.findall(r"-t %s:%d -r (\S+):%d \S+ -w (\d+)" % (
            re.escape(VIP), port, port), "\n".join(polled_table(node)))
        return {name for name, ip in IP.items()
                if (ip, "0") not in found and ip in dict(found)}

    def wait_up(self, port, *names):
        for node in self.nodes:
            wait_for("port %d of %s: %s" % (port, node.name, names),
                     lambda n=node: self.weights(n, port) == set(names), 15,
                     0.05)


@pytest.fixture(name="farm", scope="module")
def make_farm():
    with Farm(extra=DIRECTOR) as lab:
        lab.settle()
        yield lab


@with_ipvs
def test_T39_via_vip_finds_a_server_that_has_lost_the_address(farm):
    """On owner and standby; who asks the server alone sees nothing wrong."""
    a, b = farm.nodes
    farm.wait_up(PLAIN, "one", "two")
    farm.wait_up(VIA, "one", "two")
    farm.servers["two"].inside("ip address del %s/32 dev lo" % VIP)
    farm.wait_up(VIA, "one")
    farm.wait_up(PLAIN, "one", "two")
    assert farm.client.do("ask", VIP, VIA, 20) == {"one": 20}
    assert a.twinbeat("handover").returncode == 0
    b.wait_state("MASTER")
    assert farm.client.do("ask", VIP, VIA, 20) == {"one": 20}
    farm.servers["two"].inside("ip address add %s/32 dev lo" % VIP)
    farm.wait_up(VIA, "one", "two")
    assert farm.client.do("ask", VIP, VIA, 20) == {"one": 10, "two": 10}
    assert "fwmark" not in a.read_log() and "foreign" not in a.read_log()
