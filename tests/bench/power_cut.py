# SPDX-License-Identifier: GPL-3.0-or-later
"""The owner's power is cut: how long the client waits.

twinbeat fences by a relay that cuts at once and verifies it; keepalived fences
nobody. Both have priorities 254 and 253, the shortest skew there is. The outage
is the longest silence that a client asking the VIP every millisecond saw. The
phase of the cut within the advert's interval is spread evenly over the samples.
"""
from lab import VIP, udp_link, wait_for     # pair.py has set the path
from pair import Pair, pause


def cut(pair, suite, phase_s):
    suite.start()
    suite.wait()
    pair.lab.wait_client(pair.lab.nodes[suite.owner()].name)
    pause(0.3 + phase_s)
    owner = pair.lab.nodes[suite.owner()]
    other = pair.lab.nodes[1 - owner.index]
    pair.lab.outage_ms()
    pair.cut_power(owner)
    wait_for("takeover", lambda: VIP in other.addresses(), 20, 0.002)
    outage_ms = pair.lab.wait_client(other.name)
    was_cut = suite is not pair.suites[0] or other.proof() == "fenced"
    pair.revive(owner)
    suite.stop()
    if not was_cut:
        print("not a power cut: its processes did not die at once, and the "
              "keeper told of it; once more", flush=True)
    return outage_ms if was_cut else cut(pair, suite, phase_s)


def measure(report, name, count, **options):
    """As often as the phases that the run's count divides an interval into."""
    if not report.wants(name):
        return
    count = report.count or count
    settings = dict(max_per_window=0, power_wait_ms=0, settle_ms=0,
                    priority1=254, priority2=253)
    settings.update(options)
    with Pair(**settings) as pair:
        for sample in range(count):
            phase_s = settings["advert_ms"] / 1000 * (sample + 0.5) / count
            for suite in pair.suites:
                report.add(name, suite.name, cut(pair, suite, phase_s), "ms")


def run(report, quick):
    hurry = dict(serial_ms=100, serial_dead_ms=400, lines=True,
                 udp="hurry_ms = 50;")
    measure(report, "power cut, adverts 100 ms, hurry 50 (lines)",
            4 if quick else 15, advert_ms=100, **hurry)
    measure(report, "power cut, adverts 1 s, v2, hurry 50 (lines)",
            3 if quick else 15, advert_ms=1000, version=2, tie_ms=4000,
            startup_ms=4000, unclean_startup_ms=4000, **hurry)
    measure(report, "power cut, adverts 100 ms, hurry 50 (carrier)",
            4 if quick else 15, advert_ms=100, serial_ms=100,
            serial_dead_ms=400, cards=3,
            udp=udp_link() + " hurry_ms = 50;")
    measure(report, "power cut, adverts 100 ms, serial 100/400",
            3 if quick else 15, advert_ms=100, serial_ms=100,
            serial_dead_ms=400)
    measure(report, "power cut, adverts 10 ms, serial 10/30",
            4 if quick else 15, advert_ms=10, serial_ms=10,
            serial_dead_ms=30)
    # keepalived's shortest; the direct cable falls with the peer's power
    measure(report, "power cut, adverts 10 ms, udp 3.3/30, hurry 10",
            4 if quick else 15, advert_ms=10, serial=False, cards=3,
            udp=udp_link(interval_ms=3.3, dead_ms=10) + " hurry_ms = 10;")
