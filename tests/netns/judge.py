# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what the referee saw of a pair: who held the VIP, and by what right.

It believes kernel notices, the power switch's log and the lab's own power
cuts, never a node's words. A power cut counts from when the last process of
the node is dead, not from when it was ordered: so a holding is never made
shorter than it was.
"""
import itertools

# Both stamps of a hand-over come from one process, in order of its wake-ups;
# what it reads in one wake-up has one time. So nothing is to be forgiven.
TOLERANCE_US = 0
READ_COILS = 1


class Violation(AssertionError):
    """What must never be, however the machine stalls: run.py forgives none."""


def demand(is_so, text, *values):
    if not is_so:
        raise Violation(text % values)


class Judge:
    """The part of Lab that judges; it needs nodes, events and boottime_us."""

    def power_off_times(self, node):
        """When node had lost its power, us."""
        return sorted(node.offs + [
            e["at_us"] + e["took_us"] for e in self.pdu_events()
            if e["event"] == "power" and not e["on"] and not e["fed"]
            and e["plug"] in node.plugs])

    def is_dark(self, node, at_us):
        """Without power at that time; since when, else None."""
        offs = [t for t in self.power_off_times(node) if t <= at_us]
        if not offs or any(offs[-1] < t <= at_us for t in node.ons):
            return None
        return offs[-1]

    def holdings(self, vip):
        """[(from_us, until_us, node)], ended by removal or power cut."""
        spans, since = [], {}
        events = [(e["at_us"], e["event"], e["node"])
                  for e in self.referee_events()
                  if e["event"] in ("ready", "overrun") or e["ip"] == vip]
        assert not any(kind == "overrun" for _, kind, _ in events), \
            "the referee lost notices"
        for node in self.nodes:
            events += [(t, "off", node.name)
                       for t in self.power_off_times(node)]
        # Stable: what one wake-up of the referee saw keeps its order.
        for at, kind, name in sorted(events,
                                     key=lambda e: (e[0], e[1] != "off")):
            if kind == "add":
                since.setdefault(name, at)
            elif name in since:
                spans.append((since.pop(name), at, name))
        now = self.now_us()
        spans += [(start, now, name) for name, start in since.items()]
        return sorted(spans)

    def judge(self):
        """Never two powered nodes with one VIP; no claim before its proof."""
        spans = self.holdings(self.vip)
        for (a0, a1, a), (b0, b1, b) in itertools.combinations(spans, 2):
            if a == b:
                continue
            overlap = min(a1, b1) - max(a0, b0)
            demand(overlap <= TOLERANCE_US,
                   "two powered nodes held %s for %d us: %s and %s",
                   self.vip, overlap, (a0, a1, a), (b0, b1, b))
        for node in self.nodes:
            self.judge_claims(node, [s for s in spans if s[2] == node.name])
        return spans

    def judge_claims(self, node, spans):
        """The first claim after the other went dark: a read had said off."""
        other = self.nodes[1 - node.index]
        judged = set()
        for start, _, _ in spans:
            dark = self.is_dark(other, start)
            if dark is None or dark in judged:
                continue
            judged.add(dark)
            # a person's word needs no read
            if "proof operator" not in node.read_log():
                demand(self.reads_of_off(node, other, dark, start),
                       "%s claimed %s without reading %s off",
                       node.name, self.vip, other.name)

    def reads_of_off(self, reader, target, from_us, until_us):
        """When reader was told, rightly, that target's plug is off."""
        return [e["at_us"] for e in self.pdu_events()
                if e["event"] == "request" and e["function"] == READ_COILS
                and e["plug"] in target.plugs and e["answer"] == 0
                and e["client"].split(":")[0] == reader.management
                and from_us <= e["at_us"] <= until_us]

    def judge_fenced_claim(self, winner):
        """The newest claim of winner came after a read that said off."""
        target = self.nodes[1 - winner.index]
        claimed = [s for s in self.judge() if s[2] == winner.name][-1][0]
        dark = self.is_dark(target, claimed)
        demand(dark, "%s claimed before the power was cut", winner.name)
        demand(self.reads_of_off(winner, target, dark, claimed),
               "no plug was read off between the cut and the claim")
        return claimed
