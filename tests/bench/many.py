# SPDX-License-Identifier: GPL-3.0-or-later
"""Many of something: 1,000 virtual addresses in one instance, and 250 instances
of one address each.

1,000 addresses: the owner's power is cut, and a watcher in the survivor's
namespace notes what leaves it. Told from its first advert or announcement on,
so that who fences and who does not stand side by side; the client's outage has
all of it.

250 instances: what they cost at rest, and how long after a restart of one node
until each address is on exactly one of them, for two seconds.
"""
import json
import os
import subprocess
import sys
import time

import lab
from lab import VIP, wait_for     # pair.py has set the path
from pair import Pair, pause
from at_rest import look_at_all, tell

WATCHER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "watcher.py")
ALONE_S = 2     # so long each address has to be on one node only


def more_vips(count):
    return ["10.98.%d.%d" % (n // 250, n % 250 + 1) for n in range(count)]


class Watcher:
    """What leaves a node's namespace, and when (watcher.py)."""

    def __init__(self, node, count):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", node.ns, sys.executable, WATCHER, "eth0",
             str(count)], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def result(self):
        """The times in ms, the first frame at 0."""
        try:
            return json.loads(self.process.communicate(timeout=30)[0])
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def take_over(report, pair, suite, name, count):
    suite.start()
    suite.wait(60)
    owner = pair.lab.nodes[suite.owner()]
    other = pair.lab.nodes[1 - owner.index]
    pair.lab.wait_client(owner.name)
    pause(6)    # keepalived announces a second time after 5 s
    pair.lab.outage_ms()
    watcher = Watcher(other, count)
    pair.cut_power(owner)
    seen = watcher.result()
    outage_ms = pair.lab.wait_client(other.name)
    assert seen["announced"] == count, seen
    for what in ("first announced", "last announced"):
        report.add("%s: %s" % (name, what), suite.name,
                   seen[what.replace(" ", "_") + "_ms"], "ms")
    report.add(name + ": client's outage", suite.name, outage_ms, "ms")
    pair.revive(owner)
    suite.stop()


def measure_vips(report, count, rounds):
    vips = more_vips(count - 1)
    name = "power cut, %d VIPs, adverts 100 ms" % count
    with Pair(advert_ms=100, serial_ms=100, serial_dead_ms=400,
              max_per_window=0, more_vips=vips,
              addresses=", ".join('{ ip = "%s/32"; }' % ip
                                  for ip in [VIP] + vips)) as pair:
        for _ in range(rounds):
            for suite in pair.suites:
                take_over(report, pair, suite, name, count)


# ---- instances ----

def more_instances(count):
    """(vrid, address) of all but the first, which has VRID 55."""
    vrids = [v for v in range(1, 256) if v != 55][:count - 1]
    return list(zip(vrids, more_vips(count - 1)))


def instances_text(instances):
    """In the first one's place for track, up to the last one's own end."""
    return "".join(
        '}, { name = "VI_%d"; interface = "eth0"; vrid = %d; version = 3;'
        ' advert_ms = 100; preempt = false; addresses = ( { ip = "%s/32"; } );'
        % (n + 2, vrid, ip) for n, (vrid, ip) in enumerate(instances))


def held(node, vips):
    shown = lab.run("ip", "-n", node.ns, "-4", "-o", "addr", "show", "dev", "eth0",
                check=False).stdout.split()
    return {word.split("/")[0] for word in shown} & vips


def are_settled(pair, vips):
    first, second = (held(node, vips) for node in pair.lab.nodes)
    return len(first) + len(second) == len(vips) and not first & second


def settle_ms(pair, vips, began):
    """When the time began in which each address was on one node."""
    since = None
    while time.monotonic() - began < 90:
        if not are_settled(pair, vips):
            since = None
        elif since is None:
            since = time.monotonic()
        elif time.monotonic() - since > ALONE_S:
            return (since - began) * 1000
        pause(0.05)
    return 90000.0


def restart(report, pair, suite, name, vips):
    suite.stop_one(pair.lab.nodes[0])
    wait_for("the other has all", lambda: held(pair.lab.nodes[1], vips) == vips,
             60, 0.1)
    began = time.monotonic()
    suite.start_one(pair.lab.nodes[0])
    report.add(name + ": settled after a restart", suite.name,
               settle_ms(pair, vips, began), "ms")


def measure_instances(report, count, rounds, seconds):
    instances = more_instances(count)
    vips = {VIP} | {ip for _, ip in instances}
    name = "%d instances, adverts 100 ms" % count
    with Pair(advert_ms=100, serial_ms=100, serial_dead_ms=400, monitor_s=300,
              more_instances=instances,
              track=instances_text(instances)) as pair:
        for _ in range(rounds):
            for suite in pair.suites:
                suite.start()
                wait_for("each address is on one node", lambda: are_settled(
                    pair, vips), 90, 0.2)
                pause(5)
                before = look_at_all(pair, suite)
                pause(seconds)
                tell(report, name + ", at rest: ", suite.name, seconds, before,
                     look_at_all(pair, suite))
                restart(report, pair, suite, name, vips)
                suite.stop()


def run(report, quick):
    measure_vips(report, 1000, 2 if quick else 10)
    measure_instances(report, 250, 1 if quick else 5, 10 if quick else 20)
