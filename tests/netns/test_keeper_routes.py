# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes and rules that move with an instance: the keeper, and a pair."""
import json
import os
import signal
import subprocess
import time

import pytest

import lab as pairs
from keeper_lab import Lab

VIP, VIP6 = "192.0.2.100", "fd00:2::100"
OURS = "123"    # 0x7b, by which ip(8) shows our protocol number
ONE = ("instance name=VI_1 interface=eth0 vrid=55",
       "address ip=%s dev=eth0" % VIP)
ROUTES = ("route to=10.20.0.0/16 via=192.0.2.12 source=%s" % VIP,
          "route to=default via=192.0.2.12 dev=eth0 table=100",
          "route to=203.0.113.0/24 type=1 metric=7",
          "route to=198.51.100.0/24 dev=eth0",
          "rule from=%s/32 table=100" % VIP)
SIX = ("instance name=VI_6 interface=eth0 vrid=56",
       "address ip=%s dev=eth0" % VIP6,
       "route to=fd00:20::/32 via=fe80::12 dev=eth0 source=%s" % VIP6,
       "route to=default via=fd00:2::12 table=100",
       "route to=fd00:30::/32 type=2",
       "rule from=%s/128 to=fd00:40::/32 table=100 priority=77" % VIP6)


@pytest.fixture(name="lab")
def make_lab():
    lab = Lab()
    for node, last in (lab.node, 11), (lab.peer, 12):
        node.ip("address", "add", "fe80::%d/64" % last, "dev", "eth0", "nodad")
        node.ip("address", "add", "fd00:2::%d/64" % last, "dev", "eth0",
                "nodad")
    yield lab
    lab.remove()


def ip(lab, *words):
    return json.loads(subprocess.check_output(
        ["ip", "-n", lab.node.name, "-N", "-j", *words], text=True) or "[]")


def routes(lab, family="-4", protocol=OURS):
    """{"to table": route} of all tables."""
    return {"%s %s" % (r["dst"], r.get("table", "254")): r
            for r in ip(lab, family, "route", "show", "table", "all")
            if r.get("protocol") == protocol}


def rules(lab, family="-4"):
    return {r["priority"]: r for r in ip(lab, family, "rule", "show")
            if str(r.get("protocol")) == OURS}


def counts(lab):
    return (len(routes(lab)), len(rules(lab)), len(routes(lab, "-6")),
            len(rules(lab, "-6")))


def wait_counts(lab, wanted, keeper=None, seconds=8):
    end = time.monotonic() + seconds
    while counts(lab) != wanted:
        assert time.monotonic() < end, (counts(lab),
                                        keeper.log if keeper else "")
        time.sleep(0.02)


def test_R1_routes_and_rules_come_with_the_claim_and_go_with_it(lab):
    keeper = lab.ready(*ONE, *ROUTES, *SIX)
    assert counts(lab) == (0, 0, 0, 0)
    keeper.send("ticking ms=50")
    keeper.claim()
    wait_counts(lab, (4, 1, 0, 0), keeper)
    keeper.claim(1)
    wait_counts(lab, (4, 1, 3, 1), keeper)
    four, six = routes(lab), routes(lab, "-6")
    assert four["10.20.0.0/16 254"]["prefsrc"] == VIP
    assert four["default 100"]["gateway"] == "192.0.2.12"
    assert four["203.0.113.0/24 254"]["type"] in ("blackhole", "6")
    assert four["203.0.113.0/24 254"]["metric"] == 7
    assert four["198.51.100.0/24 254"]["dev"] == "eth0"
    assert six["fd00:20::/32 254"]["gateway"] == "fe80::12"
    assert six["fd00:20::/32 254"]["prefsrc"] == VIP6
    assert rules(lab)[16384]["src"] == VIP
    assert rules(lab, "-6")[77]["dst"] == "fd00:40::"
    # a claim of what is claimed changes nothing
    keeper.claim()
    assert counts(lab) == (4, 1, 3, 1)
    keeper.release()
    assert counts(lab) == (0, 0, 3, 1)
    keeper.release(1)
    assert counts(lab) == (0, 0, 0, 0)
    assert not [line for line in keeper.log if "route" in line
                or "rule" in line], keeper.log


def test_what_another_hand_has_there_stays(lab):
    foreign = (("route", "add", "10.20.0.0/16", "via", "192.0.2.12",
                "protocol", "static"),
               ("route", "add", "default", "via", "192.0.2.12"),
               ("rule", "add", "from", VIP, "table", "100", "priority",
                "16384"),
               ("-6", "route", "add", "fd00:30::/32", "via", "fd00:2::12"))
    for words in foreign:
        lab.node.ip(*words)
    keeper = lab.ready(*ONE, *ROUTES, *SIX)
    keeper.send("ticking ms=50")
    keeper.claim()
    keeper.claim(1)
    # a rule of another protocol number is another rule
    wait_counts(lab, (3, 1, 2, 1), keeper)
    time.sleep(1.5)    # it is asked for once a second, told once
    assert len([line for line in keeper.log if "another hand has one there; "
                "it is left alone" in line]) == 2, keeper.log
    keeper.release()
    keeper.release(1)
    assert counts(lab) == (0, 0, 0, 0)
    shown = [r["dst"] for r in ip(lab, "-4", "route", "show")]
    assert "10.20.0.0/16" in shown and "default" in shown
    assert [r for r in ip(lab, "-4", "rule", "show")
            if r["priority"] == 16384]
    assert [r for r in ip(lab, "-6", "route", "show")
            if r["dst"] == "fd00:30::/32"]


def test_R12_put_back_while_main_ticks_and_only_then(lab):
    keeper = lab.ready(*ONE, *ROUTES, "vip lease_s=30")
    keeper.claim()
    wait_counts(lab, (4, 1, 0, 0), keeper)
    lab.node.ip("route", "del", "198.51.100.0/24", "proto", OURS)
    lab.node.ip("rule", "del", "priority", "16384")
    time.sleep(1.5)
    assert counts(lab) == (3, 0, 0, 0)
    keeper.send("ticking ms=50")
    wait_counts(lab, (4, 1, 0, 0), keeper)
    # the kernel takes the routes of an interface that goes down
    lab.node.ip("link", "set", "eth0", "down")
    wait_counts(lab, (1, 1, 0, 0), keeper)
    lab.node.ip("link", "set", "eth0", "up")
    wait_counts(lab, (4, 1, 0, 0), keeper)
    keeper.release()
    assert counts(lab) == (0, 0, 0, 0)


def test_R12_the_last_will_removes_them(lab):
    keeper = lab.ready(*ONE, *ROUTES, *SIX)
    keeper.claim()
    keeper.claim(1)
    wait_counts(lab, (4, 1, 3, 1), keeper)
    keeper.kill_main()
    wait_counts(lab, (0, 0, 0, 0), keeper)


def test_R8_left_overs_go_at_the_start_whatever_the_settings_are(lab):
    keeper = lab.ready(*ONE, *ROUTES, *SIX)
    keeper.claim()
    keeper.claim(1)
    wait_counts(lab, (4, 1, 3, 1), keeper)
    lab.node.ip("route", "add", "default", "via", "192.0.2.12")
    os.kill(keeper.pid, signal.SIGKILL)
    keeper.kill_main()
    keeper.stop()
    assert routes(lab)
    lab.ready(*ONE)
    assert counts(lab) == (0, 0, 0, 0)
    assert [r for r in ip(lab, "-4", "route", "show")
            if r["dst"] == "default"]


def test_what_the_kernel_refuses_is_told_once_and_tried_again(lab):
    """A gateway that no interface leads to yet."""
    keeper = lab.ready(*ONE, "route to=10.30.0.0/16 via=198.51.100.9")
    keeper.send("ticking ms=50")
    assert keeper.claim()["added"] == 1
    time.sleep(2.2)
    assert len([line for line in keeper.log
                if "route 10.30.0.0/16 via 198.51.100.9 cannot be added"
                in line]) == 1, keeper.log
    lab.node.ip("address", "add", "198.51.100.1/24", "dev", "eth0")
    wait_counts(lab, (1, 0, 0, 0), keeper)
    keeper.release()
    assert counts(lab) == (0, 0, 0, 0)


# ---- a pair ----

BOTH = """routes = ( { to = "10.20.0.0/16"; via = "10.99.0.1"; source = "%s"; },
  { to = "%s"; via = "10.99.0.1"; table = 100; } );
rules = ( { from = "%s"; table = 100; } );"""


def held(node):
    """What twinbeat has put there: destinations of routes, then of rules."""
    def shown(*words):
        return json.loads(node.inside("ip", "-N", "-j", *words).stdout or "[]")
    return (sorted(r["dst"] for r in shown("route", "show", "table", "all",
                                           "proto", OURS)),
            [r["src"] for r in shown("rule", "show")
             if str(r.get("protocol")) == OURS])


def test_R17_they_move_with_the_instance_and_follow_a_reload():
    vip = pairs.VIP
    first = (["10.20.0.0/16", "default"], [vip])
    with pairs.Lab(auth=BOTH % (vip, "default", vip)) as lab:
        a, b = lab.nodes
        lab.settle()
        pairs.wait_for("lb01 has them", lambda: held(a) == first, 5, 0.05)
        assert held(b) == ([], [])
        assert a.twinbeat("handover").returncode == 0
        b.wait_state("MASTER")
        pairs.wait_for("lb02 has them", lambda: held(b) == first, 5, 0.05)
        pairs.wait_for("lb01 has none", lambda: held(a) == ([], []), 5, 0.05)
        # what stands in both files is not touched
        watch = os.path.join(b.dir, "monitor")
        monitor = b.spawn("ip", "monitor", "route", "rule", log=watch)
        lab.write_config(auth=BOTH % (vip, "10.40.0.0/16", "10.50.0.0/16"))
        for node in lab.nodes:
            done = node.twinbeat("reload")
            assert done.returncode == 0, done.stdout + done.stderr
        pairs.wait_for("lb02 has the new ones", lambda: held(b) == (
            ["10.20.0.0/16", "10.40.0.0/16"], ["10.50.0.0"]), 5, 0.05)
        assert held(a) == ([], []) and b.state() == "MASTER"
        with open(watch, encoding="ascii") as file:
            assert "10.20.0.0/16" not in file.read()
        monitor.terminate()
        # kill -9 of the daemon: the keeper's last will
        b.kill()
        pairs.wait_for("lb01 has the new ones", lambda: len(held(a)[0]) == 2,
                       10, 0.05)
        assert held(b) == ([], [])
        a.stop()
        pairs.wait_for("none is left", lambda: held(a) == ([], []), 10, 0.05)


def test_R3_an_owner_whose_route_has_no_carrier_hands_over():
    with pairs.Lab(auth='routes = ( { to = "10.20.0.0/16"; dev = "eth1"; } );'
                   ) as lab:
        a, b = lab.nodes
        lab.settle()
        a.inside("ip", "link", "set", "eth1", "down")
        b.wait_state("MASTER")
        assert b.proof() == "released"
        a.wait_alert("unfit")
        assert "eth1, which carries a route of it, " in " ".join(
            alert["text"] for alert in a.status()["alerts"])
        a.inside("ip", "link", "set", "eth1", "up")
        pairs.wait_for("lb01 is fit again", lambda: "unfit" not in a.alerts(),
                       10, 0.05)
        lab.judge()
