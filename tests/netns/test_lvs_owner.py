# SPDX-License-Identifier: GPL-3.0-or-later
"""Directors that are real servers themselves: the table follows the address,
and no packet goes in a circle."""
import os
import signal

import pytest

import spaces
from lab import VIP, Lab, have_vip, wait_for
from lvs_farm import SERVER, Client
from puppet import Program
from test_director import polled_table, table, with_ipvs

PORT, CONNECTIONS = 80, 1000
DIRECTOR = """director = { audit_s = 1; services = ( { name = "web";
  instance = "VI_1"; scheduler = "rr"; checks = ( { type = "none"; } );
  listen = ( { ip = "%s"; port = %d; } ); servers = (
    { name = "lb01"; address = "10.99.0.11"; },
    { name = "lb02"; address = "10.99.0.12"; } ); } ); };""" % (VIP, PORT)


class Farm(Lab):
    def build(self, boot=True):
        super().build(boot=False)
        for node in self.nodes:
            self.power_on(node)
        self.client = Client(self)

    def power_on(self, node):
        """As any server of dr: the address on lo, and silent about it."""
        node.power_on(daemon=False)
        have_vip(node.ns)
        server = Program(node.ns, SERVER, node.name, node.address)
        self.background.append(server)
        assert server.stdout.readline().strip() == "ready"
        node.start()

    def wait_table(self, owner):
        """The owner's has both servers, the other one's nothing."""
        def servers(node):
            return [line for line in polled_table(node)
                    if line.startswith("-a ") and "-w 0" not in line]

        for node in self.nodes:
            wait_for("the table of %s, where %s serves" % (
                node.name, owner.name), lambda n=node: len(servers(n)) == 2
                if n is owner else not polled_table(n), 10, 0.02)

    def received(self):
        """Packets that have come to a node by the service network."""
        return sum(counter(node.ns, "rx_packets") for node in self.nodes
                   if node.is_powered())

    def sent(self):
        return counter(self.client_ns, "tx_packets")


def counter(ns, name):
    """Of eth0, as /proc/net/dev has it."""
    lines = spaces.read(ns, "/proc/thread-self/net/dev")
    words = next(line for line in lines.split("\n") if "eth0:" in line)
    words = words.split(":")[1].split()
    return int(words[1] if name == "rx_packets" else words[9])


@pytest.fixture(name="farm", scope="module")
def make_farm():
    with Farm(extra=DIRECTOR) as lab:
        lab.settle()
        lab.wait_table(lab.nodes[0])
        yield lab


def watch(farm, count, go=lambda: None):
    """Packets at the nodes for each that the client sent; who answered."""
    received, sent = farm.received(), farm.sent()
    farm.client.start("ask", VIP, PORT, count)
    go()
    seen = farm.client.result()
    return (farm.received() - received) / (farm.sent() - sent), seen


@with_ipvs
def test_T39_a_director_that_is_a_server_forwards_in_no_circle(farm):
    """Each packet is at the owner once, and at the other node at most once;
    also right after a takeover, when the tables change places."""
    a, b = farm.nodes
    ratio, seen = watch(farm, CONNECTIONS)
    assert seen == {"lb01": CONNECTIONS / 2, "lb02": CONNECTIONS / 2}
    assert ratio <= 3, ratio

    def hand_over():
        done = a.twinbeat("handover")
        assert done.returncode == 0, done.stderr
        b.wait_state("MASTER")
    ratio, seen = watch(farm, CONNECTIONS, hand_over)
    assert ratio <= 3, (ratio, seen)
    assert sum(seen.values()) == CONNECTIONS
    farm.wait_table(b)
    assert "before its table" not in b.read_log()
    assert b.twinbeat("handover").returncode == 0
    a.wait_state("MASTER")
    farm.wait_table(a)


@with_ipvs
def test_D1_a_director_that_hangs_delays_a_claim_by_200_ms_at_most(farm):
    """And it is told; the table comes with the next director."""
    a, b = farm.nodes
    os.kill(b.helper("director"), signal.SIGSTOP)
    assert a.twinbeat("handover").returncode == 0
    b.wait_state("MASTER")
    b.wait_log("VI_1: taken up before its table: twinbeat-director has not "
               "made it within 200 ms")
    assert farm.client.do("ask", VIP, PORT, 10) == {"lb02": 10}
    farm.wait_table(b)
    seen = farm.client.do("ask", VIP, PORT, 20)
    assert seen == {"lb01": 10, "lb02": 10}
    assert b.twinbeat("handover").returncode == 0
    a.wait_state("MASTER")
    farm.wait_table(a)


@with_ipvs
def test_D1_a_crash_of_the_daemon_takes_the_table_with_the_address(farm):
    a, b = farm.nodes
    a.kill()
    b.wait_state("MASTER")
    farm.wait_table(b)
    ratio, seen = watch(farm, 200)
    assert ratio <= 3, (ratio, seen)
    assert set(seen) == {"lb01", "lb02"}
    # a director that dies alone takes nothing with it, and its successor
    # knows whose the table is
    before = table(b)
    os.kill(b.helper("director"), signal.SIGKILL)
    b.wait_log("twinbeat-director")
    assert table(b) == before
    wait_for("another director", lambda: b.twinbeat(
        "director", "diff").returncode == 0, 10)
    assert table(b) == before


@with_ipvs
def test_D1_a_power_cut_of_the_owner_brings_the_table_before_the_address(farm):
    """b serves (the test before), and its power is cut."""
    a, b = farm.nodes
    if not a.is_powered():  # it was cut when its daemon was gone
        farm.pdu("on 1")
        farm.power_on(a)
    elif not a.status():  # its last word was heard (R12)
        a.start()
    farm.settle(owner=1)
    farm.wait_table(b)
    b.die()
    a.wait_state("MASTER")
    assert "before its table" not in a.read_log()
    wait_for("the table of a", lambda: bool(polled_table(a)), 10, 0.02)
    # b is a real server, too, and dark
    seen = farm.client.do("ask", VIP, PORT, 10)
    # till its check is failed, every other question goes there
    assert seen.get("lb01", 0) >= 5, seen
    farm.pdu("on 2")
    farm.power_on(b)
    farm.settle()
    farm.wait_table(a)
    assert farm.client.do("ask", VIP, PORT, 10) == {"lb01": 5, "lb02": 5}


@with_ipvs
def test_D1_what_is_the_others_goes_before_the_servers_are_judged():
    """Main process and director die in one moment, as for want of memory: the
    next director, of a standby now, asks nobody before it takes that out."""
    slow = DIRECTOR.replace('{ type = "none"; }', '{ type = "command"; '
                            'command = "/bin/sleep 4"; inter_ms = 10000; '
                            "timeout_ms = 8000; fastinter_ms = 9000; }")
    assert slow != DIRECTOR
    with Farm(extra=slow) as farm:
        a, b = farm.nodes
        farm.settle()
        farm.wait_table(a)
        a.kill(signal.SIGSTOP)  # else it starts another one
        os.kill(a.helper("director"), signal.SIGKILL)
        a.kill()
        a.starter.wait(timeout=20)
        b.wait_state("MASTER")
        assert table(a)
        before = len(a.read_log())
        a.start()
        a.wait_state("BACKUP")
        wait_for("the table is taken out", lambda: not polled_table(a), 15,
                 0.02)
        assert ") is up" not in a.read_log()[before:]
        farm.wait_table(b)
