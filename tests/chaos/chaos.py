#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Throws everything at pairs of real daemons, from seeds, and judges them from
outside: who answers ARP and NDP for each VIP, what the kernels hold, what the
power switch was told.

    chaos.py [--rounds N] [--kind mild|harsh|mixed] [--keep DIR] SEED...
    chaos.py --deeds FILE        plays a file that was kept
    chaos.py --shrink FILE       takes away what its fault does not need

A seed is a pair and some rounds: a sequence of deeds (deeds.py), after which the
world is mended, and the pair must converge. What has a fault is kept in DIR
(build/chaos): the deeds, the logs, what the oracle saw. Needs root. Exit 1: a
fault.
"""
import argparse
import json
import os
import random
import shutil
import sys
import time
import traceback

import patience
import verdict
from deeds import KINDS, schedule
from world import BUILD, World
from pairs import draw

SETTLE_S, AGAIN_S = 40, 100     # on a machine that is busy with others


def settle(world, seconds, strict=False):
    """Why it has not converged in time, or None."""
    end, last = time.monotonic() + seconds, ""
    while True:
        world.rest(100)
        world.keep_up()
        why = verdict.unsettled(world, strict)
        if why is None or time.monotonic() > end:
            return why
        if why != last:
            world.say("not yet: " + why)
            last = why
        time.sleep(0.2)


def last_words(world, *commands):
    for node in world.nodes:
        for words in commands:
            world.do_op(node.index, *words)


def converge(world, strict):
    """Faults, if it does not within what the rules allow."""
    began = time.monotonic()
    world.mend()
    hung = ["commands hang: %s" % world.hung] if world.hung else []
    last_words(world, ("reload",))
    world.keep_up()
    world.rest(1500)
    last_words(world, ("maintenance", "off"), ("online",))
    why = settle(world, 8, strict)
    if why is not None:
        # an owner's new file may be refused until the other node, which was
        # dark, has it, too
        last_words(world, ("reload",))
        why = settle(world, SETTLE_S - 8, strict)
    if why is None:
        world.say("converged after %.1f s" % (time.monotonic() - began))
        return hung
    # a reload may have been refused while something else was under way
    last_words(world, ("reload",), ("maintenance", "off"), ("online",))
    later = settle(world, AGAIN_S, strict)
    if later:
        return hung + ["has not converged in %d s: %s" % (
            SETTLE_S + AGAIN_S, later)]
    if verdict.is_slow(why):
        return hung
    return hung + ["converged after %.0f s; at %d s: %s" % (
        time.monotonic() - began, SETTLE_S, why)]


def judge_outside(world, kind, began_us):
    """What the oracle and the power switch saw since then."""
    def ms(at_us):
        return (at_us - world.began_us) // 1000
    faults = world.judge_owners()
    for e in world.lines_of(world.asker_out):
        if e["at_us"] < began_us:
            continue
        if e["event"] == "two" and not world.was_by_hand(e["ip"]):
            faults.append("two answer for %s at %d: %s" % (
                e["ip"], ms(e["at_us"]), e["macs"]))
        if e["event"] == "by" and e["silence_ms"] > 250:
            world.worst_ms = max(world.worst_ms, e["silence_ms"])
            world.say("outage of %s: %d ms until %d" % (
                e["ip"], e["silence_ms"], ms(e["at_us"])))
    for at_us, who, plug in world.orders_off():
        if at_us >= began_us:
            world.offs += 1
            world.say("plug %d cut by %s at %d" % (plug, who, ms(at_us)))
            if kind == "mild":
                faults.append("power was cut without a cause: plug %d by %s "
                              "at %d" % (plug, who, ms(at_us)))
    return faults


def one_round(world, kind, deeds, base, strict):
    """Faults of one sequence."""
    began_us = world.now_us()
    logs = [len(node.read_log()) for node in world.nodes]
    for pause_ms, name, args in deeds:
        world.rest(pause_ms)
        world.say("%s %s" % (name, args))
        getattr(world, "do_" + name)(*args)
    alone = patience.look(world, world.rng.random())
    stuck = converge(world, strict)
    faults = alone + stuck + world.ended + judge_outside(world, kind, began_us)
    for node, size in zip(world.nodes, logs):
        faults += ["log of %s: %s" % (node.name, line)
                   for line in node.read_log()[size:].splitlines()
                   if verdict.BAD_LOG.search(line)]
    if not stuck:
        faults += verdict.inconsistent(world) + verdict.leftovers(world, base)
    return faults


def begin(world):
    """It converges, and each program has done all of it once."""
    why = settle(world, 60)
    if why is None:
        for node in world.nodes:
            for kind in ("order", "base"):
                world.write_variant(kind, node.config)
                node.twinbeat("push")
            node.twinbeat("reload")
            node.twinbeat("handover")
        why = settle(world, SETTLE_S)
    return ["has not begun: " + why] if why else []


def save(world, keep, faults):
    for node in world.nodes:
        with open("%s/%s.log" % (keep, node.name), "w", encoding="utf-8") as f:
            f.write(node.read_log())
        for words in (["status", "--json"], ["history", "-n", "3000"]):
            with open("%s/%s.%s" % (keep, node.name, words[0]), "w",
                      encoding="utf-8") as f:
                f.write(node.twinbeat(*words).stdout)
    for path in (world.watcher_out, world.asker_out, world.pdu_log,
                 world.commands_out, world.nodes[0].config):
        if os.path.exists(path):
            shutil.copy(path, keep)
    with open(keep + "/said", "w", encoding="utf-8") as f:
        f.write("0 is %d us after boot\n" % world.began_us)
        f.write("\n".join(world.said + faults) + "\n")


def play(saved, keep=None):
    """(faults of the first round that has some, what there is to tell)."""
    world, done, faults = World(saved["seed"], saved["made"]), 0, []
    began = time.monotonic()
    try:
        world.build()
        faults = begin(world)
        base = None if faults else verdict.measure(world)[0]
        for kind, deeds in saved["rounds"] if base else ():
            world.say("---- round %d, %s" % (done + 1, kind))
            done += 1
            faults = one_round(world, kind, deeds, base, world.rng.random() < 0.1)
            if faults:
                break
    except Exception:
        faults = ["the driver failed: " + traceback.format_exc()]
    finally:
        if (faults or world.notes) and keep and world.nodes:
            save(world, keep, faults)
        world.close()
    return faults, "%d rounds, %.0f s, %d offs, longest outage %d ms%s" % (
        done, time.monotonic() - began, world.offs, world.worst_ms,
        "".join("; note: " + note for note in world.notes))


def from_seed(seed, rounds, kind):
    rng, made = random.Random("deeds %s" % seed), draw(seed)
    kinds = [kind or rng.choice(KINDS) for _ in range(rounds)]
    return {"seed": seed, "made": made,
            "rounds": [(one, schedule(rng, one)) for one in kinds]}


def shrink(path, saved):
    """The last rounds alone, then fewer deeds: halves, quarters, single ones."""
    def fails(rounds):
        faults, _ = play(dict(saved, rounds=rounds))
        print(sum(len(deeds) for _, deeds in rounds), faults, flush=True)
        if faults:
            with open(path + ".less", "w", encoding="ascii") as f:
                json.dump(dict(saved, rounds=rounds), f)
        return bool(faults)
    rounds = saved["rounds"]
    while len(rounds) > 1 and fails(rounds[1:]):
        rounds = rounds[1:]
    size = len(rounds[-1][1]) // 2
    while size > 0:
        k = 0
        while k < len(rounds[-1][1]):
            kind, deeds = rounds[-1]
            fewer = rounds[:-1] + [(kind, deeds[:k] + deeds[k + size:])]
            if fails(fewer):
                rounds = fewer
            else:
                k += size
        size //= 2


def own_mounts():
    """The nodes' disks are nobody else's."""
    if "CHAOS_MOUNTS" not in os.environ:
        os.environ["CHAOS_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private",
                              sys.executable, *sys.argv])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("seeds", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kind", choices=sorted(set(KINDS)))
    parser.add_argument("--keep", default=os.path.join(BUILD, "chaos"))
    parser.add_argument("--deeds")
    parser.add_argument("--shrink")
    options = parser.parse_args()
    own_mounts()
    path, bad = options.deeds or options.shrink, 0
    if path:
        with open(path, encoding="ascii") as f:
            saved = json.load(f)
        if options.shrink:
            return shrink(path, saved)
    for seed in [saved["seed"]] if path else options.seeds:
        if not path:
            saved = from_seed(seed, options.rounds, options.kind)
        keep = os.path.join(options.keep, seed)
        os.makedirs(keep, exist_ok=True)
        with open(keep + "/deeds.json", "w", encoding="ascii") as f:
            json.dump(saved, f)
        faults, told = play(saved, keep)
        print("seed %s: %s; %s" % (seed, told, "; ".join(faults) or "good"),
              flush=True)
        bad += bool(faults)
        if not faults and "; note: " not in told:
            shutil.rmtree(keep)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
