# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients see when servers fail, are drained or replaced: one pair, a
service for each behaviour."""
import json
import os
import re
import signal
import time

import pytest

import lvs_farm
from lab import VIP, children_of, wait_for
from test_director import polled_table, say, table, with_ipvs

IP = {"one": "10.99.0.21", "two": "10.99.0.22", "three": "10.99.0.23"}
WEIGHTS = {"one": 1, "two": 1}


def service(name, port, more, protocol="tcp", check=""):
    return ('{ name = "%s"; instance = "VI_1"; protocol = "%s"; listen = ( { '
            'ip = "%s"; port = %d; } ); %s %s servers = ( %s ); }' % (
                name, protocol, VIP, port, more,
                "checks = ( { %s } );" % check if check else "",
                ", ".join('{ name = "%s"; address = "%s"; weight = %d; }' % (
                    one, IP[one], weight) for one, weight in WEIGHTS.items())))


def director():
    answer = 'type = "tcp"; port = 7000; expect = "ok"; fall = 3;'
    alive = 'type = "tcp"; port = 7001;'
    return """director = { audit_s = 1; check = { inter_ms = 400;
  fastinter_ms = 200; downinter_ms = 300; timeout_ms = 400; fall = 2; rise = 1;
  standby_inter_ms = 400; };
  services = ( %s ); };""" % ", ".join((
      service("quiesced", 80, 'scheduler = "mh"; scheduler_flags = ( '
              '"fallback", "port" ); on_down = "quiesce";', check=answer),
      service("cut", 81, 'scheduler = "rr"; on_down = "auto";', check=alive),
      service("flow", 53, 'scheduler = "rr";', "udp", check=alive),
      service("sticky", 82, 'scheduler = "rr"; persistence = { timeout_s = '
              "600; };"),
      service("fallback", 83, 'scheduler = "rr"; fallback = { address = "%s"; '
              "};" % IP["three"], check='type = "tcp"; port = 7002;'),
      service("dead", 84, 'scheduler = "rr";',
              check='type = "tcp"; port = 7003;'),
  ))


class Farm(lvs_farm.Farm):
    IP = IP

    def prepare(self):
        self.servers["one"]("open 7003")  # two is dead there from the start

    def weight(self, port, name, node=0):
        """In the kernel; None: it is not there."""
        found = re.search(r":%d -r %s:%d \S+ -w (\d+)" % (
            port, re.escape(IP[name]), port), "\n".join(polled_table(
                self.nodes[node])))
        return int(found[1]) if found else None

    def wait_weight(self, port, name, weight):
        for node in (0, 1):
            wait_for("weight %s of %s at port %d" % (weight, name, port),
                     lambda n=node: self.weight(port, name, n) == weight, 15,
                     0.02)

    def do(self, *words):
        return self.client.do(*words)

    def ask(self, port, count=10):
        return self.client.do("ask", VIP, port, count)


@pytest.fixture(name="farm", scope="module")
def make_farm():
    with Farm(extra=director()) as lab:
        lab.settle()
        for port in (80, 81, 82, 83):
            for name in ("one", "two"):
                lab.wait_weight(port, name, 1)
        yield lab


def is_all(seen, *names):
    return set(seen) == set(names)


@with_ipvs
def test_T23_a_server_that_is_dead_at_the_start_never_sees_a_client(farm):
    farm.wait_weight(84, "one", 1)
    assert farm.weight(84, "two") is None
    assert farm.ask(84) == {"one": 10}
    for node in farm.nodes:
        assert "dead: two (10.99.0.22) is up" not in node.read_log()


@with_ipvs
def test_T21_one_lost_check_is_nothing(farm):
    farm.servers["one"]("bad 2")  # of each node about one
    end = time.monotonic() + 2
    while time.monotonic() < end:
        assert farm.weight(80, "one") == 1
        time.sleep(0.02)
    assert "quiesced: one (10.99.0.21) is down" not in \
        farm.nodes[0].read_log()


@with_ipvs
def test_T25_T19_a_wrong_answer_takes_new_clients_and_leaves_the_open_ones(
        farm):
    assert farm.do("hold", "one", VIP, 80) == "one"
    farm.servers["one"]("bad 1000000")
    farm.wait_weight(80, "one", 0)
    assert farm.do("say", "one", 80) == "x"
    # mh with fallback: nobody is refused, whoever he was given to
    assert farm.ask(80, 40) == {"two": 40}
    assert farm.do("say", "one", 80) == "x"
    farm.servers["one"]("bad 0")
    farm.wait_weight(80, "one", 1)
    assert is_all(farm.ask(80, 40), "one", "two")
    assert farm.do("say", "one", 80) == "x"


@with_ipvs
def test_T26_who_does_not_answer_at_all_is_cut(farm):
    """The open connection gets its end within a second, a UDP flow another
    server."""
    flow = wait_for("the flow", lambda: farm.do("flow", VIP, 53), 5)
    assert flow in ("one", "two")
    assert farm.do("hold", flow, VIP, 81) == flow
    farm.servers[flow]("close 7001")
    farm.wait_weight(81, flow, None)
    farm.wait_weight(53, flow, None)
    gone = time.monotonic()
    said = wait_for("the connection ends", lambda: [
        said for said in [farm.do("say", flow, 81)] if said != "x"], 5, 0.05)
    assert time.monotonic() - gone < 1.5, said
    other = "two" if flow == "one" else "one"
    wait_for("the flow is answered by " + other,
             lambda: farm.do("flow", VIP, 53) == other, 2)
    assert farm.ask(81) == {other: 10}
    farm.servers[flow]("open 7001")
    farm.wait_weight(81, flow, 1)


@with_ipvs
def test_T28_a_drained_server_loses_its_persistent_clients(farm):
    first, = farm.ask(82, 5)
    other = "two" if first == "one" else "one"
    assert farm.nodes[0].twinbeat("director", "drain",
                                  "sticky/" + first).returncode == 0
    wait_for("weight 0", lambda: farm.weight(82, first) == 0, 5)
    assert farm.ask(82, 5) == {other: 5}
    assert farm.nodes[0].twinbeat("director", "enable",
                                  "sticky/" + first).returncode == 0
    wait_for("weight 1", lambda: farm.weight(82, first) == 1, 5)


@with_ipvs
def test_T29_the_fallback_comes_and_goes_and_nobody_is_refused(farm):
    """A connection each millisecond, or as many as this machine makes."""
    farm.client.start("flood", VIP, 83, 6)
    for name in ("one", "two"):
        farm.servers[name]("close 7002")
    wait_for("the fallback", lambda: farm.weight(83, "three") == 1, 5, 0.02)
    time.sleep(0.5)
    farm.servers["one"]("open 7002")
    wait_for("one is back", lambda: farm.weight(83, "one") == 1 and
             not farm.weight(83, "three"), 5, 0.02)
    farm.servers["two"]("open 7002")
    seen = farm.client.result()
    assert is_all(seen, "one", "two", "three"), seen
    assert sum(seen.values()) > 100, seen
    farm.wait_weight(83, "two", 1)


@with_ipvs
def test_T40_who_hangs_or_dies_costs_no_client(farm):
    """The checker stopped and killed, the director killed: packets go on, no
    weight changes, others are started. (A director that is stopped:
    test_director.py.)"""
    owner = farm.nodes[0]
    before = table(owner)

    def serve_until(what, condition):
        def is_so():
            assert set(farm.ask(81, 3)) <= {"one", "two"}
            assert table(owner) == before
            return condition()
        return wait_for(what, is_so, 25, 0.1)

    def checker():
        found = children_of(owner.helper("director") or 0)
        return found[0] if found else None

    def answers():
        return owner.twinbeat("director", "--json").returncode == 0
    for what, find, number in (
            ("checker", checker, signal.SIGSTOP),
            ("checker", checker, signal.SIGKILL),
            ("director", lambda: owner.helper("director"), signal.SIGKILL)):
        old = serve_until("a " + what, find)
        os.kill(old, number)
        serve_until("another " + what,
                    lambda find=find, old=old: find() not in (None, old))
        serve_until("its answer", answers)
    serve_until("it asks", checker)
    assert owner.state() == "MASTER"


def counted(farm):
    """Connections of the service at port 81 so far."""
    time.sleep(2.5)  # the kernel sums its counters up every 2 s
    told = say(farm.nodes[0], "ipvsadm", "-Ln", "--stats")
    return int(re.search(r"%s:81 +(\d+)" % re.escape(VIP), told)[1])


@with_ipvs
def test_T09_a_reload_of_a_bad_file_touches_nothing(farm):
    before = table(farm.nodes[0])
    farm.write_config(extra=director().replace("port = 7001", "port = 99999"))
    done = farm.nodes[0].twinbeat("reload")
    assert done.returncode != 0 and "99999" in done.stdout + done.stderr
    time.sleep(0.5)
    assert table(farm.nodes[0]) == before
    farm.write_config(extra=director())


@with_ipvs
def test_T07_another_weight_is_one_change_that_costs_no_connection(farm):
    assert farm.do("hold", "two", VIP, 81) == "two"
    before = counted(farm)
    WEIGHTS["two"] = 5
    try:
        farm.write_config(extra=director())
        for node in farm.nodes:
            done = node.twinbeat("reload")
            assert done.returncode == 0, done.stdout + done.stderr
        farm.wait_weight(81, "two", 5)
    finally:
        WEIGHTS["two"] = 1
    assert counted(farm) == before > 0
    assert farm.do("say", "two", 81) == "x"
    assert "director-table" not in farm.nodes[0].read_log()


def order(node, port):
    """Its servers in the kernel, the newest first."""
    told = say(node, "ipvsadm", "-Ln", "--nosort", "-t", "%s:%d" % (VIP, port))
    return re.findall(r"-> (10\.99\.0\.2\d):", told)


@with_ipvs
def test_T27_a_drain_waits_and_then_cuts(farm):
    """--wait alone leaves the connection, --cut ends it; the kernel's counters
    are shown."""
    node, weight = farm.nodes[0], farm.weight(81, "two")
    assert farm.do("hold", "two", VIP, 81) == "two"
    done = node.twinbeat("director", "drain", "cut/two", "--wait", "1")
    assert done.returncode == 1
    assert re.search(r"cut/two has \d+ connections still, after 1 s",
                     done.stderr)
    assert farm.do("say", "two", 81) == "x"
    for bad in (["list", "--cut"], ["disable", "cut/two", "--cut"],
                ["drain", "cut/two", "--stats"]):
        assert node.twinbeat("director", *bad).returncode == 2
    done = node.twinbeat("director", "drain", "cut/two", "--wait", "1",
                         "--cut")
    assert done.returncode == 0, done.stdout + done.stderr
    assert farm.do("say", "two", 81) != "x"
    assert node.twinbeat("director", "enable", "cut/two").returncode == 0
    farm.wait_weight(81, "two", weight)
    before = stats(node, "cut")
    assert set(farm.ask(81, 10)) == {"one", "two"}
    # the kernel adds up its counters every 2 s
    wait_for("ten more connections", lambda: stats(node, "cut")[
        "connections"] - before["connections"] >= 10, 15, 0.1)
    after = stats(node, "cut")
    assert after["in_packets"] - before["in_packets"] >= 30
    assert after["out_packets"] == 0    # dr
    shown = node.twinbeat("director", "list", "cut", "--stats").stdout
    assert shown.count("    conns ") == 2 and "0 packets 0 bytes" in shown
    assert "    conns " not in node.twinbeat("director", "list").stdout


def stats(node, name):
    """Of all servers of a service, as the kernel counts."""
    told = json.loads(node.twinbeat("director", "list", "--json").stdout)
    service = next(one for one in told["services"] if one["name"] == name)
    return {key: sum(server["stats"][key] for server in service["servers"])
            for key in service["servers"][0]["stats"]}


@with_ipvs
def test_T18_two_directors_give_200_clients_to_the_same_servers(farm):
    """By mh, whatever happened to their tables: on one a director was replaced,
    on the other a server deleted by hand. (The last test here: roles change.)"""
    a, b = farm.nodes
    old = b.helper("director")
    os.kill(old, signal.SIGKILL)
    wait_for("another director",
             lambda: b.helper("director") not in (None, old), 15)
    last = order(a, 80)[-1]
    a.inside("ipvsadm", "-d", "-t", VIP + ":80", "-r", last + ":80")
    for node in farm.nodes:
        wait_for("the order of " + node.name, lambda n=node: order(n, 80) ==
                 [IP["two"], IP["one"]], 15, 0.1)
    first = farm.do("map", VIP, 80, 30000, 200)
    assert min(first.count(name) for name in ("one", "two")) > 20, first
    assert len(first) == 200
    done = a.twinbeat("handover")
    assert done.returncode == 0, done.stderr
    b.wait_state("MASTER")
    assert farm.do("map", VIP, 80, 30000, 200) == first
