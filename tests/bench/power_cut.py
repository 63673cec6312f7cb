#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts side by side: twinbeat with verified fencing, keepalived without.

    power_cut.py [--count N] [--out FILE]

Both run in the same lab, one after the other in turn: adverts of 10 ms, serial
beats every 10 ms with 30 ms dead time, a relay that cuts at once
(power_wait_ms = 0). The outage is the longest silence that a client asking the
VIP every millisecond saw. One JSON line a sample.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "netns"))
from lab import Lab, VIP, run, wait_for  # noqa: E402

KEEPALIVED = """global_defs {{ vrrp_version 3 }}
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 55
    priority {priority}
    advert_int 0.01
    virtual_ipaddress {{ {vip}/32 }}
}}
"""


class Keepalived:
    """keepalived in both nodes of a lab, instead of twinbeat."""

    def __init__(self, lab):
        self.lab, self.running = lab, {}

    def start(self, node, priority):
        base = os.path.join(node.dir, "keepalived")
        with open(base + ".conf", "w", encoding="ascii") as f:
            f.write(KEEPALIVED.format(priority=priority, vip=VIP))
        # a pid of its last life may be somebody else's now
        for suffix in (".pid", ".vrrp"):
            if os.path.exists(base + suffix):
                os.unlink(base + suffix)
        self.running[node.name] = node.spawn(
            "keepalived", "-n", "-l", "-P", "-f", base + ".conf",
            "-p", base + ".pid", "-r", base + ".vrrp")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def boot_fresh(node):
    node.lab.pdu("on %d" % (node.index + 1))
    if node.starter and node.starter.poll() is None:
        node.starter.kill()
        node.starter.wait()
    if node.responder:
        node.responder.kill()
        node.responder.wait()
    node.shell.kill()
    node.shell.wait()


def pick_owner(lab):
    """Both on, one serves. A stall of the machine longer than the dead time
    (36 ms here) moves roles by itself: counted, not hidden."""
    for node in lab.nodes:
        if not node.is_powered():
            lab.moved_by_stalls += 1
            boot_fresh(node)
            node.power_on()
    wait_for("one owner", lambda: sorted(
        str(node.state()) for node in lab.nodes) == ["BACKUP", "MASTER"], 30)
    return 0 if lab.nodes[0].state() == "MASTER" else 1


def cut_twinbeat(lab, sample):
    index = pick_owner(lab)
    lab.settle(owner=index, seconds=30)
    owner, standby = lab.nodes[index], lab.nodes[1 - index]
    time.sleep(0.2 + 0.007 * (sample % 10))
    lab.outage_ms()
    owner.die()
    wait_for("takeover", lambda: VIP in standby.addresses(), 10, 0.002)
    outage = lab.wait_client(standby.name)
    proof = standby.proof()
    boot_fresh(owner)
    owner.power_on()
    return outage, proof


def cut_keepalived(lab, peers, sample):
    owner, standby = lab.nodes
    for node in (owner, standby):
        if not node.is_powered():
            boot_fresh(node)
            node.power_on(daemon=False)
        if not peers.running.get(node.name) or \
                peers.running[node.name].poll() is not None:
            peers.start(node, 254 if node is owner else 253)
    wait_for("keepalived owns", lambda: VIP in owner.addresses()
             and VIP not in standby.addresses(), 20)
    lab.wait_client(owner.name)
    time.sleep(0.4 + 0.007 * (sample % 10))
    lab.outage_ms()
    owner.die()
    wait_for("takeover", lambda: VIP in standby.addresses(), 10, 0.002)
    return lab.wait_client(standby.name), "-"


def show(name, values):
    print("%-11s n=%d  median %.1f  p95 %.1f  max %.1f ms" % (
        name, len(values), statistics.median(values),
        percentile(values, 0.95), max(values)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--out", default=None)
    arguments = parser.parse_args()
    fast = dict(advert_ms=10, serial_ms=10, serial_dead_ms=30,
                max_per_window=0, power_wait_ms=0, settle_ms=0)
    results = {"twinbeat": [], "keepalived": []}
    out = open(arguments.out, "w", encoding="ascii") if arguments.out else None
    with Lab(**fast) as ours:
        ours.show, ours.moved_by_stalls = lambda: None, 0
        theirs = Lab(**fast)
        theirs.build(boot=False)
        peers = Keepalived(theirs)
        for node in theirs.nodes:
            node.power_on(daemon=False)
        try:
            for sample in range(arguments.count):
                for name, cut in (("twinbeat", lambda: cut_twinbeat(
                        ours, sample)), ("keepalived", lambda: cut_keepalived(
                            theirs, peers, sample))):
                    outage, proof = cut()
                    results[name].append(outage)
                    line = json.dumps(dict(
                        sut=name, sample=sample, outage_ms=round(outage, 3),
                        proof=proof, load=round(os.getloadavg()[0], 2)))
                    print(line, flush=True)
                    if out:
                        out.write(line + "\n")
                        out.flush()
        finally:
            theirs.close()
        ours.judge()
        print("roles moved by stalls of the machine itself: %d" %
              ours.moved_by_stalls)
    for name, values in results.items():
        if values:
            show(name, values)
    print("ratio of medians, twinbeat with fencing to keepalived without: "
          "%.2f" % (statistics.median(results["twinbeat"]) /
                    statistics.median(results["keepalived"])))


if __name__ == "__main__":
    main()
