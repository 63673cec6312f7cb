# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports are opened, set and closed while both media go on.

The drivers here are made slow (tests/tools/preload/slow_open.c, in every
program of the node): whoever calls them waits, and that must not be the loop
that sends adverts and beats.
"""
import os
import time

import pytest

from lab import BUILD, run, wait_for

SLOW = os.path.abspath(BUILD + "/tests/slow_open.so")


def slow(lab, ms):
    path = os.path.join(lab.dir, "slow")
    if ms:
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write("%d" % ms)
        os.rename(path + ".new", path)
    else:
        os.unlink(path)


def slow_lab(make_lab, **options):
    lab = make_lab(boot=False, **options)
    for node in lab.nodes:
        node.environment = {"LD_PRELOAD": SLOW,
                            "TWINBEAT_SLOW_OPEN": lab.dir + "/slow"}
        node.power_on()
    lab.settle()
    return lab


def stty(lab, index, *words):
    run("stty", "-F", "%s/tty%d" % (lab.dir, index + 1), *words)


def sent(node, name="vrrp:VI_1"):
    return node.link(name)["tx"]


def goes_on(lab, seconds):
    """Adverts leave, lb02 hears them, the daemon answers; nobody moves."""
    lb01, lb02 = lab.nodes
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = sent(lb01)
        asked = time.monotonic()
        wait_for("adverts go on", lambda: sent(lb01) > before, 1)
        assert lb02.link("vrrp:VI_1")["state"] == "up"
        assert time.monotonic() - asked < 1
        assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")
    assert "stalled" not in lb01.alerts() | lb02.alerts()


def link_is(node, state, seconds=15):
    wait_for("serial of %s is %s" % (node.name, state),
             lambda: node.link("serial")["state"] == state, seconds)


@pytest.mark.parametrize("change", [
    ("icanon", "echo"), ("9600",), ("cstopb",), ("ixon",),
    ("crtscts",), ("min", "0", "time", "5")])
def test_B10_changed_port_settings_are_set_anew(lab, change):
    lb01, lb02 = lab.nodes
    stty(lab, 1, *change)
    lb02.wait_alert("serial-broken")
    text = [a["text"] for a in lb02.status()["alerts"]
            if a["name"] == "serial-broken"][0]
    assert "settings" in text or "lost" in text, text
    link_is(lb02, "up")
    link_is(lb01, "up")
    assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")
    now = run("stty", "-a", "-F", lab.dir + "/tty2").stdout
    assert "-icanon" in now and "-echo " in now and "-ixon" in now
    assert "min = 1" in now


def test_B10_changed_port_settings_of_the_owner_move_nothing(lab):
    lb01, lb02 = lab.nodes
    stty(lab, 0, "sane")
    lb01.wait_alert("serial-broken")
    lb01.wait_log("another program changed the port's settings")
    link_is(lb01, "up")
    link_is(lb02, "up")
    assert "another program" not in lb02.read_log()
    assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")


def test_A12_slow_port_stops_neither_adverts_nor_answers(make_lab):
    lab = slow_lab(make_lab)
    lb01 = lab.nodes[0]
    slow(lab, 2000)
    # closed, opened and set: each of them takes its time now
    stty(lab, 0, "sane")
    lb01.wait_log("another program changed the port's settings")
    goes_on(lab, 4)
    slow(lab, 0)
    link_is(lb01, "up", 30)
    goes_on(lab, 0.5)


def test_A12_port_that_never_opens_is_said_and_comes_back(make_lab):
    lab = slow_lab(make_lab)
    lb01 = lab.nodes[0]
    slow(lab, 60000)
    stty(lab, 0, "sane")
    wait_for("it says that the driver hangs", lambda: [
        a for a in lb01.status()["alerts"] if a["name"] == "serial-broken" and
        "hangs" in a["text"]], 30)
    goes_on(lab, 1)
    slow(lab, 0)
    link_is(lb01, "up", 30)
    goes_on(lab, 0.5)


def test_A12_held_rtnl_stops_neither_beats_nor_answers(make_lab):
    """Sockets of the one network are opened again: the other cable goes on."""
    lab = slow_lab(make_lab)
    lb01, lb02 = lab.nodes
    slow(lab, 1500)
    # the standby loses its interface: its sockets are closed and opened
    lb02.inside("ip", "link", "set", "eth0", "down")
    wait_for("lb02 is unfit", lambda: lb02.state() == "FAULT")
    lb02.inside("ip", "link", "set", "eth0", "up")
    end = time.monotonic() + 4
    while time.monotonic() < end:
        before = sent(lb02, "serial")
        wait_for("beats go on", lambda: sent(lb02, "serial") > before, 1)
        assert lb01.link("serial")["state"] == "up"
        assert lb01.state() == "MASTER" and lb02.state() != "MASTER"
    slow(lab, 0)
    wait_for("adverts are heard again",
             lambda: lb02.link("vrrp:VI_1")["state"] == "up", 30)
    assert "stalled" not in lb01.alerts() | lb02.alerts()
    assert lb01.state() == "MASTER"
