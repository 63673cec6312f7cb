# SPDX-License-Identifier: GPL-3.0-or-later
"""Fence levels, two power supplies, and the watch over the fence path."""
import contextlib
import json
import os
import signal
import subprocess
import time

import pytest

from lab import BUILD, DEFAULTS, DEVICE, PDU, TOOLS, children_of, wait_for

PLUG = "{ level = %d; device = \"%s\"; plug = %d; }"
# lb01 hangs on plugs 1 and 3, lb02 on 2 and 4
SUPPLIES = ((1, 3), (2, 4))
TWO_SUPPLIES = dict(
    supplies=SUPPLIES,
    plugs1=", ".join(PLUG % (1, "pdu", p) for p in SUPPLIES[0]),
    plugs2=", ".join(PLUG % (1, "pdu", p) for p in SUPPLIES[1]))


def power_events(lab):
    return [(e["plug"], e["on"]) for e in lab.pdu_events()
            if e["event"] == "power"]


def writes(lab):
    """(plug, on) of each power command, in order."""
    return [(e["plug"], e["value"] != 0) for e in lab.pdu_events()
            if e["event"] == "request" and e["function"] == 5]


def lose_the_owner(lab):
    """It goes on living: only the wires between the nodes are cut."""
    lab.block_vrrp()
    lab.cable("cut")


def serve(lab, node):
    node.wait_state("MASTER")
    lab.wait_client(node.name)


@pytest.fixture
def dual(make_lab):
    lab = make_lab(**TWO_SUPPLIES)
    lab.settle()
    return lab


def test_R6_both_supplies_off_then_claim(dual):
    lb01, lb02 = dual.nodes
    lose_the_owner(dual)
    serve(dual, lb02)
    assert lb02.proof() == "fenced" and not lb01.is_powered()
    assert power_events(dual) == [(1, False), (3, False)]
    dual.judge_fenced_claim(lb02)
    # on again: both, and the machine boots with the first
    done = lb02.twinbeat("fence", "lb01", "--action", "on", "--yes")
    assert done.returncode == 0, done.stderr
    assert power_events(dual)[2:] == [(1, True), (3, True)]


def test_R6_reboot_is_off_off_then_on_on(dual):
    lb02 = dual.nodes[1]
    done = dual.nodes[0].twinbeat("fence", "lb02", "--action", "reboot",
                                  "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    wait_for("both plugs on again",
             lambda: power_events(dual)[2:] == [(2, True), (4, True)], 20)
    assert power_events(dual)[:2] == [(2, False), (4, False)]
    assert not lb02.is_powered()  # no plug came on before both were off


@pytest.mark.parametrize("welded", [1, 3])
def test_R6_one_supply_that_stays_on_holds(dual, welded):
    """The level fails; what was cut stays off; nothing is taken over."""
    lb01, lb02 = dual.nodes
    dual.pdu("weld %d" % welded)
    lose_the_owner(dual)
    lb02.wait_alert("fence-failed")
    end = time.monotonic() + 2
    while time.monotonic() < end:
        assert lb02.state() == "BACKUP" and lb01.state() == "MASTER"
    assert lb01.is_powered()
    other = 4 - welded
    assert (other, False) in power_events(dual)
    assert (other, True) not in power_events(dual)
    # the device works again: the retry cuts it, then it is taken over
    dual.pdu("mend %d" % welded)
    serve(dual, lb02)
    assert lb02.proof() == "fenced" and not lb01.is_powered()


# ---- levels ----

class Second:
    """A second power switch, beside the lab's own, for level 2."""

    def __init__(self, lab):
        self.lab = lab
        self.control = os.path.join(lab.dir, "pdu2")
        self.log = os.path.join(lab.dir, "pdu2.log")
        lab.more_pdu_logs.append(self.log)
        lab.start_tool("power_switch", "--listen", PDU + ":503", "--coils",
                       "8", "--kill-dir", lab.dir, "--log", self.log,
                       "--control", self.control)

    def tell(self, command):
        subprocess.run([TOOLS + "/power_switch", "--tell", self.control]
                       + command.split(), check=True, capture_output=True)

    def offs(self):
        with open(self.log, encoding="ascii") as f:
            events = [json.loads(line) for line in f if line.endswith("\n")]
        return [e for e in events if e["event"] == "power" and not e["on"]]


def two_levels(make_lab, **options):
    """Level 1 at the first switch, level 2 at the second."""
    values = dict(DEFAULTS, **options)
    lab = make_lab(
        boot=False,
        devices=", ".join(DEVICE.format(**dict(values, name=name, port=port))
                          for name, port in (("pdu", 502), ("pdu2", 503))),
        plugs1=PLUG % (1, "pdu", 1) + ", " + PLUG % (2, "pdu2", 1),
        plugs2=PLUG % (1, "pdu", 2) + ", " + PLUG % (2, "pdu2", 2),
        **options)
    second = Second(lab)
    for node in lab.nodes:
        node.power_on()
    lab.settle()
    return lab, second


@pytest.mark.parametrize("fault", ["weld 1", "fault silent", "refuse on"])
def test_R6_the_next_level_is_tried(make_lab, fault):
    lab, second = two_levels(make_lab, tie_ms=12000)
    lb01, lb02 = lab.nodes
    lab.pdu(fault)
    lose_the_owner(lab)
    serve(lab, lb02)
    assert lb02.proof() == "fenced" and not lb01.is_powered()
    assert lb02.fence()["last"]["level"] == 2
    assert [e["plug"] for e in second.offs()] == [1]
    lab.judge_fenced_claim(lb02)


def test_R6_every_level_failing_holds(make_lab):
    lab, second = two_levels(make_lab, tie_ms=12000)
    lb01, lb02 = lab.nodes
    lab.pdu("weld 1")
    second.tell("weld 1")
    lose_the_owner(lab)
    lb02.wait_alert("fence-failed")
    end = time.monotonic() + 2
    while time.monotonic() < end:
        assert lb02.state() == "BACKUP" and lb01.state() == "MASTER"
    assert lb01.is_powered() and lb02.fence()["last"]["result"] == "failed"


# ---- the watch over the fence path (R14) ----

def test_R14_the_peers_view_of_the_path_is_shown(make_lab):
    """lb02 alone cannot reach the switch: lb01 shows it, both ways."""
    lab = make_lab(monitor_s=1)
    lb01, lb02 = lab.nodes
    lab.settle()

    def seen(node):
        device = node.fence()["devices"][0]
        return device["ok"], device["peer_ok"]
    for node in lab.nodes:
        wait_for("%s sees a whole path" % node.name,
                 lambda: seen(node) == (True, True))
    subprocess.run(["ip", "-n", lab.switch_ns, "link", "set", lb02.ports[1],
                    "down"], check=True)
    lb02.wait_alert("fence-device")
    wait_for("lb01 knows", lambda: seen(lb01) == (True, False))
    assert seen(lb02) == (False, True)
    assert not lb01.status()["peer"]["fence_ok"]
    assert lb02.status()["peer"]["fence_ok"]
    assert "THE PEER DOES NOT REACH IT" in " ".join(
        lb01.twinbeat("status").stdout.split())
    subprocess.run(["ip", "-n", lab.switch_ns, "link", "set", lb02.ports[1],
                    "up"], check=True)
    wait_for("lb01 knows", lambda: seen(lb01) == (True, True))
    assert "fence-device" not in lb02.alerts()


def test_R14_a_plug_that_is_another_machines(make_lab):
    """lb01's plug reads off while it is heard: said, and no proof."""
    lab = make_lab(monitor_s=1, plugs1=PLUG % (1, "pdu", 7))
    lb01, lb02 = lab.nodes
    lb01.wait_state("MASTER")
    lab.pdu("off 7")
    lb02.wait_alert("fence-miswired")
    text = [a["text"] for a in lb02.status()["alerts"]
            if a["name"] == "fence-miswired"][0]
    assert "lb01" in text and "pdu" in text
    plug = [p for p in lb02.fence()["plugs"] if p["node"] == "lb01"][0]
    assert plug["state"] == "off" and not plug["proven"]
    lose_the_owner(lab)
    lb02.wait_alert("no-fencing")
    assert lb02.state() == "BACKUP" and lb01.is_powered()
    assert not writes(lab)


# ---- what is said about the serial line ----

def test_R15_noise_that_goes_on_is_told(lab):
    lb01 = lab.nodes[0]
    lab.cable("noise 40")
    time.sleep(0.5)
    assert "config-mismatch" not in lb01.alerts()  # a burst is normal
    end = time.monotonic() + 10
    while "config-mismatch" not in lb01.alerts():
        assert time.monotonic() < end
        for _ in range(5):
            lab.cable("noise 60")
        time.sleep(0.1)
    text = [a["text"] for a in lb01.status()["alerts"]
            if a["name"] == "config-mismatch"][0]
    assert "baud rate" in text and "serial" in text


def test_R13_maintenance_is_on_disk_when_it_is_said(lab):
    lb01 = lab.nodes[0]
    runner = lb01.helper("runner")
    os.kill(runner, signal.SIGSTOP)
    tool = lb01.spawn(BUILD + "/twinbeat", "--run-dir", lb01.run_dir,
                      "maintenance", "on")
    try:
        wait_for("lb02 knows", lambda: lab.nodes[1].status()["maintenance"])
        time.sleep(1)
        assert tool.poll() is None
    finally:
        os.kill(runner, signal.SIGCONT)
    assert tool.wait(5) == 0
    with open(os.path.join(lb01.state_dir, "state"), encoding="ascii") as f:
        assert "maintenance = 1\n" in f.read()


def test_R11_a_fencer_that_stood_still_with_its_machine_is_not_ended(make_lab):
    """While a device is asked; for longer than anything may take."""
    lab = make_lab(timeout_ms=2000)
    lb02 = lab.nodes[1]
    fencer = lb02.helper("fencer")
    lab.pdu("fault slow 1500")
    asked = len(lab.pdu_events())
    tool = lb02.spawn(BUILD + "/twinbeat", "--run-dir", lb02.run_dir,
                      "fence", "lb01", "--action", "status")
    wait_for("the question", lambda: len(lab.pdu_events()) > asked)
    frozen = [lb02.daemon, fencer] + children_of(fencer)
    for signum, seconds in ((signal.SIGSTOP, 6), (signal.SIGCONT, 0)):
        for pid in frozen:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, signum)
        time.sleep(seconds)
    assert tool.wait(20) is not None
    time.sleep(2)
    assert lb02.helper("fencer") == fencer
    assert "says nothing for" not in lb02.read_log()
