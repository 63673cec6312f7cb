#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""R16 at random: a pair whose nodes change between keepalived and twinbeat, back
and forth, in the order of a seed, with commands and reloads in between.

    migrate.py [--rounds N] [--keep DIR] SEED...

A node is off, keepalived, plain (twinbeat that takes the other one for a
keepalived) or final (twinbeat with the file of a twinbeat pair). Nobody loses
power here, so no plug may be cut. No VIP may be on both for longer than an
election takes where the pairing is one of the manual's, and in the end each is
held by one node and answered by it. Needs root and keepalived. Exit 1: a fault.
"""
import argparse
import contextlib
import json
import os
import random
import signal
import sys
import time
import traceback

import chaos
import pairs
import verdict
from world import BUILD, MAC, World, wait_for

ROLES = ("keepalived", "plain", "final", "off")
# who may serve together; plain beside final is a step on the way
PAIRINGS = ({"keepalived"}, {"keepalived", "plain"}, {"final"}, {"plain", "final"},
            {"off", "keepalived"}, {"off", "plain"}, {"off", "final"}, {"off"})
ENDS = (("final", "final"), ("keepalived", "plain"), ("plain", "keepalived"),
        ("final", "final"))
# three adverts of 200 ms, a skew, and the machine's own stalls
BOTH_MS, END_S = 2500, 40


def draw(seed):
    made = pairs.draw("migrate %s" % seed)
    made.update(fencing="pdu", supplies=((1,), (2,)), hurry=False, serial=True,
                on_disagreement="fence", udp2=False, hook="",
                # of less a keepalived that waits for a processor makes elections
                advert_ms=max(200, made["advert_ms"]))
    made["instances"] = [one for one in made["instances"] if not one["v6"]][:3]
    if not made["instances"]:
        return draw(seed + "+")
    for one in made["instances"]:
        one.update(unicast=False, sync=False, route=False, script=False,
                   witness=False, sign=True)
    return made


def instance_of(one, made, n):
    priority = (150, 180 if one["swap"] else 100)[n]
    return """vrrp_instance %s {
  state BACKUP
  interface eth0
  virtual_router_id %d
  priority %d
  advert_int %.2f
  %s
  virtual_ipaddress {
    %s
  }
}
""" % (one["name"], one["vrid"], priority, made["advert_ms"] / 1000,
       "" if one["preempt"] else "nopreempt",
       "\n    ".join(vip + "/32 dev eth0" for vip in one["vips"]))


class Pair(World):
    def __init__(self, seed, made):
        super().__init__(seed, made)
        self.roles = ["off", "off"]
        self.since = []         # [(at_us, roles)]
        self.plain = []

    def build(self, boot=True):
        self.boots = False
        super().build(boot=False)
        for n, node in enumerate(self.nodes):
            path = node.dir + "/keepalived.conf"
            with open(path, "w", encoding="ascii") as f:
                f.write("global_defs { vrrp_version 3 }\n" + "".join(
                    instance_of(one, self.made, n)
                    for one in self.made["instances"]))

    def config_of(self, n, role):
        text = pairs.variant_text(self, "base")
        if role == "plain":
            other = 'name = "lb0%d";' % (2 - n)
            text = text.replace(other, other + ' kind = "vrrp";').replace(
                'serial = "%s/tty%d";' % (self.dir, 2 - n), "")
        path = self.nodes[n].config
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(text)
        os.rename(path + ".new", path)

    def note_roles(self):
        self.since.append((self.now_us(), tuple(self.roles)))

    def is_twinbeat(self, n):
        return self.roles[n] in ("plain", "final")

    def do_role(self, n, role, rude=False):
        node = self.nodes[n]
        if role == self.roles[n]:
            return
        old, self.roles[n] = self.roles[n], "off"
        if old == "keepalived":
            for pid in self.keepalived_pids(node):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGTERM)
            wait_for("the end of keepalived", lambda: not self.keepalived_pids(node))
        elif old in ("plain", "final"):
            if rude:
                self.do_kill(n, ["main"])
            else:
                self.do_term(n)
            # systemd waits for all of the unit
            wait_for("the end of twinbeat", lambda: not self.programs(node, "all"), 30)
            node.starter.wait()
        self.note_roles()
        if role in ("plain", "final"):
            self.config_of(n, role)
            self.roles[n] = role
            self.note_roles()
            self.do_start(n)
        elif role == "keepalived":
            self.roles[n] = role
            self.note_roles()
            # as prompt as the daemon that it is beside
            node.spawn("chrt", "-r", "5", "keepalived", "-n", "-l", "-D", "-P", "-f",
                       node.dir + "/keepalived.conf", "-p", node.dir + "/ka.pid",
                       "-r", node.dir + "/ka.vrrp", log=node.log + ".keepalived")

    def keepalived_pids(self, node):
        found = []
        for pid in node._pids():
            try:
                with open("/proc/%d/comm" % pid, encoding="ascii") as f:
                    if f.read().startswith("keepalived"):
                        found.append(pid)
            except OSError:
                continue
        return found

    def do_reload_as(self, n, role):
        """Refused, where it is another one: what a peer is needs a restart."""
        if self.is_twinbeat(n):
            self.config_of(n, role)
            self.do_op(n, "reload")

    def do_command(self, n, *words):
        if self.is_twinbeat(n):
            self.do_op(n, *words)

    def is_good_pairing(self, from_us, until_us):
        """All that was so then, and 3 s before."""
        rows = [row for k, row in enumerate(self.since) if row[0] < until_us and (
            k + 1 == len(self.since) or self.since[k + 1][0] > from_us - 3000000)]
        return all(set(roles) in PAIRINGS for _, roles in rows)

    def judge_both(self):
        """Faults: a VIP on both for too long."""
        faults = []
        vips = {vip for one in self.made["instances"] for vip in one["vips"]}
        for vip, rows in self.spans().items():
            rows.sort()
            for i, (a0, a1, a, _) in enumerate(rows):
                for b0, b1, b, _ in rows[i + 1:]:
                    from_us, until_us = max(a0, b0), min(a1, b1)
                    if vip not in vips or a == b or until_us - from_us < BOTH_MS * 1000:
                        continue
                    text = "%s on both for %d ms at %d" % (
                        vip, (until_us - from_us) // 1000,
                        (from_us - self.began_us) // 1000)
                    if self.is_good_pairing(from_us, until_us):
                        faults.append(text)
                    else:
                        self.say("by the operator: " + text)
        return faults

    def unheld(self):
        """A VIP that has not one holder, who answers for it, or None."""
        now, spans, answers = self.now_us(), self.spans(), self.asked()
        for one in self.made["instances"]:
            for vip in one["vips"]:
                holders = [name for _, until, name, _ in spans.get(vip, [])
                           if until >= now - 100000]
                if len(holders) != 1:
                    return "%s is held by %s" % (vip, holders)
                if answers.get(vip) != MAC[int(holders[0][-1]) - 1]:
                    return "%s is held by %s, answered by %s" % (
                        vip, holders, answers.get(vip))
        return None

    def finish(self, ends):
        for n in self.rng.sample((0, 1), 2):
            self.do_role(n, ends[n])
            self.rest(self.rng.choice([0, 300, 2000]))
        for n in range(2):
            self.do_command(n, "maintenance", "off")
            self.do_command(n, "online")
        end, good = time.monotonic() + END_S, 0
        while good < 8:
            self.rest(200)
            self.reap()
            why = verdict.unsettled(self, False) if ends == ("final", "final") \
                else self.unheld()
            good = 0 if why else good + 1
            if time.monotonic() > end:
                told = [{a["name"]: a["text"] for a in node.status()["alerts"]}
                        for n, node in enumerate(self.nodes)
                        if self.is_twinbeat(n) and node.status()]
                return ["not within %d s as %s: %s; alerts: %s" % (
                    END_S, ends, why, told)]
        return []


def one_deed(rng):
    n = rng.randrange(2)
    words = [["handover"], ["standby"], ["online"], ["online"], ["reload"],
             ["maintenance", "on"], ["maintenance", "off"], ["status"], ["push"]]
    rows = [(8, lambda: ("role", [n, rng.choice(ROLES), rng.random() < 0.3])),
            (3, lambda: ("reload_as", [n, rng.choice(["plain", "final"])])),
            (4, lambda: ("command", [n, *rng.choice(words)])),
            (1, lambda: ("vip_del", [n, rng.randrange(9)])),
            (1, lambda: ("cable", [rng.choice(["cut", "join", "join"])])),
            (1, lambda: ("pdu", [rng.choice(["fault silent", "fault none"])])),
            (1, lambda: ("hup", [n]))]
    return rng.choices([f for _, f in rows], [w for w, _ in rows])[0]()


def play(seed, rounds, keep):
    rng, pair, faults, done = random.Random("deeds " + seed), None, [], 0
    try:
        pair = Pair(seed, draw(seed))
        pair.build()
        while done < rounds and not faults:
            done += 1
            for _ in range(rng.choice([3, 6, 10])):
                pair.rest(rng.choice([0, 100, 700, 2500, 5000]))
                name, args = one_deed(rng)
                if name in ("vip_del", "hup") and not pair.is_twinbeat(args[0]):
                    continue
                pair.say("%s %s" % (name, args))
                getattr(pair, "do_" + name)(*args)
            pair.do_cable("join")
            pair.do_pdu("fault none")
            pair.rest(500)
            ends = rng.choice(ENDS)
            pair.say("ends as %s, %s" % ends)
            faults = pair.finish(ends) + pair.judge_both() + pair.ended + [
                "plug %d was cut by %s at %d" % (plug, who, (at - pair.began_us) // 1000)
                for at, who, plug in pair.orders_off()]
    except Exception:
        faults = ["the driver failed: " + traceback.format_exc()]
    finally:
        if faults and pair and pair.nodes:
            os.makedirs(keep, exist_ok=True)
            chaos.save(pair, keep, faults)
            with open(keep + "/roles", "w", encoding="ascii") as f:
                json.dump([((at - pair.began_us) // 1000, roles)
                           for at, roles in pair.since], f)
        if pair:
            pair.close()
    return faults, done


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("seeds", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", default=os.path.join(BUILD, "chaos"))
    options = parser.parse_args()
    chaos.own_mounts()
    bad = 0
    for seed in options.seeds:
        began = time.monotonic()
        faults, done = play(seed, options.rounds, os.path.join(
            options.keep, "migrate-" + seed))
        print("seed %s: %d rounds, %.0f s; %s" % (
            seed, done, time.monotonic() - began, "; ".join(faults) or "good"),
            flush=True)
        bad += bool(faults)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
