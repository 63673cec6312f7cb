# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of make demo-lvs finds what it is there for."""
from table_judge import (ASKED, DEAD, DRAINED, WORKS, Deed, Limits, Sample,
                         judge, parse_ip_vs)

# down within 1100 + 500 + 330 + 500 = 2430 ms, up within 550 + 500 + 330 + 500
LIMITS = Limits(inter_ms=1000, fastinter_ms=300, downinter_ms=500,
                timeout_ms=500, rise=2, fall=2)
S = 1000000


def faults(samples, deeds, stall_us=0):
    return judge([Sample(at, "lb01", weights) for at, weights in samples],
                 [Deed(at, "web1", state) for at, state in deeds],
                 LIMITS, 100 * S, stall_us, 5 * S)


def test_the_limits_follow_from_the_settings():
    assert LIMITS.down_us == 2430000 and LIMITS.up_us == 1880000


def test_a_dead_server_may_be_in_for_as_long_as_the_settings_say():
    deeds = [(0, WORKS), (50 * S, DEAD)]
    assert not faults([(0, {"web1": 1}), (52 * S, {})], deeds)
    late = [(0, {"web1": 1}), (53 * S, {})]
    found = faults(late, deeds)
    assert len(found) == 1 and \
        "lb01 had web1 in its table for 570 ms too long, 2430 ms after it " \
        "was killed" in found[0], found
    assert not faults(late, deeds, stall_us=600000)


def test_a_server_that_works_is_never_out():
    deeds = [(0, WORKS)]
    assert not faults([(0, {}), (4 * S, {"web1": 1})], deeds)
    for weights in ({}, {"web1": 0}, {"web2": 1}):
        found = faults([(0, {"web1": 1}), (50 * S, weights),
                        (50 * S + 20000, {"web1": 1})], deeds)
        assert len(found) == 1 and "had no web1" in found[0], found


def test_who_is_drained_gets_nothing_and_who_is_back_does():
    deeds = [(0, WORKS), (20 * S, DRAINED), (40 * S, WORKS)]
    good = [(0, {"web1": 1}), (20 * S, {"web1": 0}), (41 * S, {"web1": 1})]
    assert not faults(good, deeds)
    assert faults(good[:1], deeds) and faults(good[:2], deeds)
    # while the command runs, either is right
    asked = [(0, WORKS), (20 * S, ASKED), (30 * S, DRAINED)]
    for at in (20, 25, 30):
        assert not faults([(0, {"web1": 1}), (at * S, {"web1": 0})], asked)
    assert faults([(0, {"web1": 1}), (33 * S, {"web1": 0})], asked)
    assert faults([(0, {"web1": 1}), (18 * S, {"web1": 0})], asked)


def test_a_node_without_power_has_no_table_and_may_boot():
    deeds = [(0, WORKS)]
    assert not faults([(0, {"web1": 1}), (20 * S, None), (30 * S, {}),
                       (34 * S, {"web1": 1})], deeds)
    assert faults([(0, {"web1": 1}), (20 * S, None), (30 * S, {}),
                   (36 * S, {"web1": 1})], deeds)


def test_the_kernels_table_is_read():
    assert parse_ip_vs("""IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A630064:0050 mh (mh-fallback,mh-port)
  -> 0A630015:0050      Route   1      0          12
  -> 0A630016:0050      Route   0      1          0
""") == {"10.99.0.21": 1, "10.99.0.22": 0}


def test_a_node_that_saw_no_server_is_not_judged_for_that_time():
    samples = [Sample(0, "lb01", {"web1": 1}), Sample(50 * S, "lb01", {}),
               Sample(51 * S, "lb01", {"web1": 1})]
    deeds = [Deed(0, "web1", WORKS)]
    for node, count in (("lb01", 0), ("lb02", 1)):
        assert len(judge(samples, deeds, LIMITS, 100 * S, 0, 5 * S,
                         [(49 * S, 52 * S, node)])) == count
