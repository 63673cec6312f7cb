# SPDX-License-Identifier: GPL-3.0-or-later
"""Everybody, in turn, in the same namespaces: twinbeat, keepalived, FRR's vrrpd,
Linux-HA heartbeat, corosync with Pacemaker. Three events: the owner's power is
cut, every process of the suite on the owner is killed, the service is handed over
as planned.

twinbeat, heartbeat and Pacemaker cut the power of a silent peer by the same
Modbus relay before they take over; keepalived and FRR cut nobody's. Settings:
adverts, beats and keepalives each 100 ms; twinbeat's serial dead time 400 ms,
heartbeat's deadtime and corosync's token 1000 ms.

The outage is the longest silence that a client asking the VIP every millisecond
saw. Of a kill there is a second row: on how many nodes that are on the address is
2 s after the client is served by the other one.
"""
import json
import os

from pair import Pair, pause    # it sets the path
import clusters
from frr import FRR, Frr
from lab import VIP, run as command

EVENTS = ("handover", "power cut", "killed")
TAKES_S = 40


def suites(pair):
    """Those that are on this machine."""
    found = list(pair.suites)
    if os.path.exists(FRR + "vrrpd"):
        found.append(Frr(pair.lab))
    if os.path.exists(clusters.GLUE) and clusters.unpacked():
        found.append(clusters.Heartbeat(pair.lab))
    if os.path.exists(clusters.PACEMAKERD):
        found.append(clusters.Pacemaker(pair.lab))
    return found


def holders(lab):
    """How many nodes have the VIP on an interface that carries frames: FRR's
    standby has it on one that does not."""
    links = [link for node in lab.nodes if node.is_powered() for link in
             json.loads(command("ip", "-n", node.ns, "-j", "addr").stdout)]
    return sum("LOWER_UP" in link["flags"] and
               any(a["local"] == VIP for a in link["addr_info"])
               for link in links)


def play(report, pair, suite, event, phase_s):
    lab = pair.lab
    suite.start()
    suite.wait()
    owner = lab.nodes[suite.owner()]
    other = lab.nodes[1 - owner.index]
    lab.wait_client(owner.name, TAKES_S)
    pause(1 + phase_s)
    lab.outage_ms()
    act = dict(zip(EVENTS, (suite.handover, pair.cut_power, suite.kill)))
    act[event](owner)
    report.add("everybody, " + event, suite.name,
               lab.wait_client(other.name, TAKES_S), "ms")
    if event == "killed":
        pause(2)
        report.add("everybody, killed, nodes that serve", suite.name,
                   holders(lab), "nodes")
    suite.stop()
    for node in lab.nodes:
        if not node.is_powered():
            pair.revive(node)
        command("ip", "-n", node.ns, "addr", "del", VIP + "/32", "dev",
                "eth0", check=False)    # the dead take theirs with them, killed ones not


def measure(report, count):
    with Pair(advert_ms=100, serial_ms=100, serial_dead_ms=400,
              max_per_window=0, power_wait_ms=0, settle_ms=0) as pair:
        found = suites(pair)
        for event in EVENTS:
            for sample in range(count):
                for suite in found:
                    play(report, pair, suite, event,
                         0.1 * (sample + 0.5) / count)


def run(report, quick):
    measure(report, report.count or (3 if quick else 15))
