# SPDX-License-Identifier: GPL-3.0-or-later
"""A planned handover: `twinbeat handover`; keepalived's way is to stop it. Then
its standby waits for its skew, which depends on its priority: 1.2 ms of 100 ms
at 253, 61 ms at 100, the default."""
from lab import VIP, udp_link, wait_for     # pair.py has set the path
from pair import Pair, pause


def hand_over(pair, suite, phase_s):
    suite.start()
    suite.wait()
    owner = pair.lab.nodes[suite.owner()]
    other = pair.lab.nodes[1 - owner.index]
    pair.lab.wait_client(owner.name)
    pause(0.3 + phase_s)
    pair.lab.outage_ms()
    suite.handover(owner)
    wait_for("handover", lambda: VIP in other.addresses(), 20, 0.002)
    outage_ms = pair.lab.wait_client(other.name)
    suite.stop()
    return outage_ms


def measure(report, name, count, **options):
    if not report.wants(name):
        return
    count = report.count or count
    with Pair(advert_ms=100, **options) as pair:
        for sample in range(count):
            for suite in pair.suites:
                report.add(name, suite.name,
                           hand_over(pair, suite, 0.1 * (sample + 0.5) / count),
                           "ms")


def run(report, quick):
    if not quick:
        measure(report, "handover, over serial", 15)
    measure(report, "handover, over udp", 4 if quick else 15, serial=False,
            cards=3, udp=udp_link())
    measure(report, "handover, over udp, priorities 150, 100",
            4 if quick else 15, serial=False, cards=3, udp=udp_link(),
            priorities=(150, 100))
