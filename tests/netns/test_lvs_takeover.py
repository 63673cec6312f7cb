# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections through a takeover: by sync threads, by mh, by templates."""
import time

import pytest

import lvs_farm
from lab import VIP, wait_for
from test_director import polled_table, with_ipvs

IP = {"one": "10.99.0.21", "two": "10.99.0.22"}
MAPPED, SYNCED, STICKY = 80, (81, 82, 83), 84
REFRESH_S = 3


def service(port, more):
    return ('{ name = "s%d"; instance = "VI_1"; listen = ( { ip = "%s"; '
            'port = %d; } ); checks = ( { type = "none"; } ); %s '
            "servers = ( %s ); }" % (port, VIP, port, more, ", ".join(
                '{ name = "%s"; address = "%s"; }' % one
                for one in IP.items())))


DIRECTOR = """director = { sync = { interface = "eth1"; refresh_s = %d; };
  services = ( %s ); };""" % (REFRESH_S, ", ".join(
      [service(MAPPED, 'scheduler = "mh"; scheduler_flags = ( "fallback", '
               '"port" );'),
       service(STICKY, 'scheduler = "rr"; persistence = { timeout_s = 600; };'),
       *(service(port, 'scheduler = "rr";') for port in SYNCED)]))


class Farm(lvs_farm.Farm):
    IP = IP

    def wait_tables(self):
        for node in self.nodes:
            wait_for("the table of " + node.name,
                     lambda n=node: len(polled_table(n)) == 5 * (1 + len(IP)),
                     15)

    def hold_all(self, *ports):
        for port in ports:
            for name in IP:
                assert self.client.do("hold", name, VIP, port) == name

    def say_all(self, *ports):
        """What did each of the connections come to?"""
        return [self.client.do("say", name, port)
                for port in ports for name in IP]


def learned(node, *ports):
    """The open connections of these ports that it knows from the other node."""
    with open("/proc/%d/net/ip_vs_conn_sync" % node.init,
              encoding="ascii") as told:
        return sum("ESTABLISHED SYNC" in " ".join(line.split()) and
                   int(line.split()[4], 16) in ports for line in told)


@pytest.fixture(name="farm", scope="module")
def make_farm():
    with Farm(extra=DIRECTOR) as lab:
        lab.settle()
        lab.wait_tables()
        yield lab


@with_ipvs
def test_T38_connections_and_templates_go_on_after_a_handover(farm):
    a, b = farm.nodes
    farm.hold_all(*SYNCED)
    sticky = farm.client.do("hold", "", VIP, STICKY)
    assert sticky in IP

    def knows_all():
        assert farm.say_all(*SYNCED) == ["x"] * 6
        assert farm.client.do("say", "", STICKY) == "x"
        return learned(b, *SYNCED) == 6 and learned(b, STICKY) == 1
    wait_for("the standby knows them", knows_all, 15, 0.2)
    done = a.twinbeat("handover")
    assert done.returncode == 0, done.stderr
    b.wait_state("MASTER")
    assert farm.say_all(*SYNCED) == ["x"] * 6
    assert farm.client.do("say", "", STICKY) == "x"
    assert farm.client.do("ask", VIP, STICKY, 6) == {sticky: 6}


@with_ipvs
def test_T38_connections_go_on_after_a_power_cut_and_are_told_who_returns(farm):
    """Those of mh also when they are too young to be told; the node that comes
    back knows the busy ones within refresh_s and what the threads take."""
    a, b = farm.nodes
    farm.hold_all(MAPPED)
    time.sleep(0.2)
    b.die()
    a.wait_state("MASTER")
    assert farm.say_all(MAPPED) == ["x"] * 2
    assert farm.say_all(*SYNCED) == ["x"] * 6
    farm.pdu("on 2")
    b.power_on()
    farm.settle()
    farm.wait_tables()
    began = time.monotonic()

    def knows_all():
        assert farm.say_all(*SYNCED) == ["x"] * 6
        return learned(b, *SYNCED) == 6
    wait_for("who returned knows them", knows_all, 20, 0.2)
    # a message waits up to 3 s; this machine may stand still
    assert time.monotonic() - began < REFRESH_S + 3 + 4
    assert a.twinbeat("handover").returncode == 0
    b.wait_state("MASTER")
    assert farm.say_all(*SYNCED) == ["x"] * 6
