# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections with an owner on each node, sync threads that follow the role,
and a table of a thousand services."""
import time

from lab import VIP, Lab, wait_for
from lvs_farm import Client, Server
from test_director import polled_table, say, table, with_ipvs
from test_lvs_takeover import IP, learned

VIP2 = "10.99.0.101"
PORT1, PORT2 = 81, 82
SECOND = """{ ip = "%s/32"; } ); }, { name = "VI_2"; interface = "eth0"; vrid = 56;
  advert_ms = 100; priorities = ( { node = "lb01"; priority = 100; },
                                  { node = "lb02"; priority = 150; } );
  addresses = ( { ip = "%s/32"; }""" % (VIP, VIP2)


def service(name, instance, vip, port):
    return ('{ name = "%s"; instance = "%s"; listen = ( { ip = "%s"; '
            'port = %d; } ); checks = ( { type = "none"; } ); '
            'scheduler = "rr"; servers = ( %s ); }' % (
                name, instance, vip, port, ", ".join(
                    '{ name = "%s"; address = "%s"; }' % one
                    for one in IP.items())))


class Farm(Lab):
    vips = (VIP,)

    def build(self, boot=True):
        super().build(boot=False)
        for name, ip in IP.items():
            server = Server(self, name, ip)
            for vip in self.vips[1:]:
                server.inside("ip address add %s/32 dev lo" % vip)
        for node in self.nodes:
            node.power_on()
        self.client = Client(self)

    def say_all(self, *ports):
        return [self.client.do("say", name, port)
                for port in ports for name in IP]


class TwoOwners(Farm):
    vips = (VIP, VIP2)


@with_ipvs
def test_T38_connections_of_two_owners_go_on_both_ways():
    """Each node owns an instance, and knows the connections of the other's:
    its power is cut, it comes back, and then that of the other."""
    director = """director = { sync = { interface = "eth1"; refresh_s = 3; };
      services = ( %s, %s ); };""" % (service("one", "VI_1", VIP, PORT1),
                                      service("two", "VI_2", VIP2, PORT2))
    with TwoOwners(extra=director, addresses=SECOND) as farm:
        a, b = farm.nodes
        wait_for("an owner each", lambda: (a.state(0), b.state(1)) ==
                 ("MASTER", "MASTER"), 20)
        farm.settle()
        assert (a.state(1), b.state(0)) == ("BACKUP", "BACKUP")
        for node in farm.nodes:
            wait_for("the table", lambda n=node: len(polled_table(n)) == 6, 15)
        for vip, port in ((VIP, PORT1), (VIP2, PORT2)):
            for name in IP:
                assert farm.client.do("hold", name, vip, port) == name

        def know(node, *ports):
            assert farm.say_all(PORT1, PORT2) == ["x"] * 4
            return learned(node, *ports) == 2 * len(ports)
        wait_for("b knows those of a", lambda: know(b, PORT1), 20, 0.2)
        wait_for("a knows those of b", lambda: know(a, PORT2), 20, 0.2)
        a.die()
        b.wait_state("MASTER")
        assert b.state(1) == "MASTER"
        assert farm.say_all(PORT1, PORT2) == ["x"] * 4
        farm.pdu("on 1")
        a.power_on()
        farm.settle(owner=1)
        wait_for("the table", lambda: len(polled_table(a)) == 6, 15)
        wait_for("a knows all", lambda: know(a, PORT1, PORT2), 20, 0.2)
        b.die()
        a.wait_state("MASTER")
        wait_for("both", lambda: a.state(1) == "MASTER", 10)
        assert farm.say_all(PORT1, PORT2) == ["x"] * 4


def threads(node):
    """Which of its sync threads run: master, backup."""
    said = say(node, "ipvsadm", "-L", "--daemon")
    return [kind for kind in ("master", "backup") if kind + " sync" in said]


@with_ipvs
def test_D8_threads_that_follow_the_role_change_with_it():
    director = """director = { sync = { interface = "eth1"; role = "follow"; };
      services = ( %s ); };""" % service("one", "VI_1", VIP, PORT1)
    with Farm(extra=director) as farm:
        a, b = farm.nodes
        farm.settle()
        for node in farm.nodes:
            wait_for("the table", lambda n=node: len(polled_table(n)) == 3, 15)

        def follow(owner, other):
            wait_for("the threads of " + owner.name, lambda:
                     threads(owner) == ["master"], 10)
            wait_for("the threads of " + other.name, lambda:
                     threads(other) == ["backup"], 10)
            for node in farm.nodes:
                assert say(node, "sysctl", "-n",
                           "net.ipv4.vs.backup_only").strip() == "1"
        follow(a, b)
        for name in IP:
            assert farm.client.do("hold", name, VIP, PORT1) == name

        def knows():
            assert farm.say_all(PORT1) == ["x"] * 2
            return learned(b, PORT1) == 2
        wait_for("the standby knows them", knows, 20, 0.2)
        assert a.twinbeat("handover").returncode == 0
        b.wait_state("MASTER")
        follow(b, a)
        assert farm.say_all(PORT1) == ["x"] * 2
        # and what is new is forwarded, though the thread of before was a backup
        assert farm.client.do("ask", VIP, PORT1, 4) == {"one": 2, "two": 2}


@with_ipvs
def test_T10_a_thousand_services_and_no_advert_is_missed():
    """200 groups of 5 listeners with 10 servers each, 12,000 messages to make.
    make bench-lvs has the time of it; here the adverts are what counts, each
    10 ms, while the table is made and looked at once a second."""
    groups = ", ".join(
        '{ name = "s%d"; instance = "VI_1"; scheduler = "wlc"; method = "nat"; '
        'checks = ( { type = "none"; } ); listen = ( %s ); servers = ( %s ); }'
        % (i, ", ".join('{ ip = "%s"; port = %d; }' % (VIP, 1000 + 5 * i + k)
                        for k in range(5)),
           ", ".join('{ name = "w%d"; address = "10.98.%d.%d"; }' %
                     (k, i, 1 + k) for k in range(10)))
        for i in range(200))
    with Lab(extra="director = { audit_s = 1; services = ( %s ); };" % groups,
             advert_ms=10) as lab:
        a, b = lab.nodes
        lab.settle(seconds=30)
        for node in lab.nodes:
            wait_for("the table of " + node.name, lambda n=node: len(
                polled_table(n)) == 1000 * 11, 60, 2)
        before = len(b.read_log())
        time.sleep(5)
        assert (a.state(), b.state()) == ("MASTER", "BACKUP")
        log = b.read_log()[before:]
        assert "MASTER" not in log and "split" not in log, log
        assert not (a.alerts() | b.alerts()) & {"link-down", "director-table"}
