# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what the kernel's LVS table held: was a server that works ever out, was
one that does not in for longer than the settings say?

It believes the kernel's table and what the play did to the servers, never a
node's words. Pure: no clock, no files.
"""
import collections
import re

WORKS, DEAD, DRAINED = "works", "dead", "drained"
ASKED = "asked"  # an operator's command runs: not judged until it has ended
NAMES = {WORKS: "put to work", DEAD: "killed", DRAINED: "drained"}
# A node's table, from then on: {server: weight}; None: the node has no power.
Sample = collections.namedtuple("Sample", "at_us node weights")
# What the play did to a server.
Deed = collections.namedtuple("Deed", "at_us server state")


class Limits:
    """How long the settings give a node to notice, us."""

    def __init__(self, inter_ms, fastinter_ms, downinter_ms, timeout_ms, rise,
                 fall, spread_percent=10):
        def spread(interval_ms):
            return interval_ms * (100 + spread_percent) // 100

        self.down_us = 1000 * (spread(inter_ms) + timeout_ms +
                               (fall - 1) * (spread(fastinter_ms) + timeout_ms))
        self.up_us = 1000 * (spread(downinter_ms) + timeout_ms +
                             (rise - 1) * (spread(fastinter_ms) + timeout_ms))
        # an operator's word takes effect at once
        self.word_us = 1000 * 1000

    def of(self, state):
        return {WORKS: self.up_us, DEAD: self.down_us,
                DRAINED: self.word_us}[state]


def parse_ip_vs(text):
    """/proc/net/ip_vs: {"10.99.0.21": weight}, of all services together."""
    return {".".join(str(int(found[1][i:i + 2], 16)) for i in (0, 2, 4, 6)):
            int(found[2]) for found in re.finditer(
                r"-> ([0-9A-F]{8}):[0-9A-F]{4} +\w+ +(\d+)", text)}


def spans_of(samples, end_us):
    """[(from_us, until_us, node, weights)], while a node had power."""
    spans = []
    for node in sorted({sample.node for sample in samples}):
        its = [sample for sample in samples if sample.node == node]
        for sample, after in zip(its, its[1:] + [None]):
            if sample.weights is not None:
                spans.append((sample.at_us, after.at_us if after else end_us,
                              node, sample.weights))
    return spans


def judge(samples, deeds, limits, end_us, stall_us, boot_us, blinded=()):
    """A list of sentences, empty: all is as the settings say. stall_us: the
    longest time that the machine itself stood still. boot_us: how long a node
    that was switched on may know nothing. blinded: [(from_us, until_us, node)],
    when a node saw no server: the first is out until the others are asked (D5)."""
    faults = []
    for server in sorted({deed.server for deed in deeds}):
        its = [deed for deed in deeds if deed.server == server]
        for deed, after in zip(its, its[1:] + [None]):
            if deed.state == ASKED:
                continue
            until_us = after.at_us if after else end_us
            from_us = deed.at_us + limits.of(deed.state) + stall_us
            for begin, end, node, weights in spans_of(samples, end_us):
                if deed.state == WORKS:
                    on_us = last_power_on(samples, node, begin)
                    begin = max(begin, on_us + boot_us)
                wrong_us = min(end, until_us) - max(begin, from_us)
                if any(node == who and begin < until and end > since
                       for since, until, who in blinded):
                    continue
                is_in = weights.get(server, 0) > 0
                if wrong_us > 0 and is_in != (deed.state == WORKS):
                    faults.append(
                        "%s had %s in its table for %d ms too long, %d ms "
                        "after it was %s" % (
                            node, server if is_in else "no " + server,
                            wrong_us // 1000, (max(begin, from_us) -
                                               deed.at_us) // 1000,
                            NAMES[deed.state]))
    return faults


def last_power_on(samples, node, at_us):
    """When the node got the power that it has at at_us."""
    on_us, is_on = 0, False
    for sample in samples:
        if sample.node != node or sample.at_us > at_us:
            continue
        if sample.weights is None:
            is_on = False
        elif not is_on:
            on_us, is_on = sample.at_us, True
    return on_us
