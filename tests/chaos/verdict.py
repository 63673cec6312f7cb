# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be so when the world is whole again: each VIP held and answered by
its owner alone, no alert that no longer holds, status, history and metrics of
one mind, nothing that has grown."""
import json
import os
import re

from world import MAC, run, within

# They end by a clock of their own, after a minute or at the next reading.
SLOW = ("duplicate-vip", "foreign-vrrp", "config-mismatch", "stalled",
        "process-died", "fence-miswired", "fence-device", "state-unwritable")
# They come and go.
PASSING = ("twinbeat-loader", "twinbeat-notifier", "twinbeat")
GROWTH_KB = 500
BAD_LOG = re.compile(r"assert|BUG|Sanitizer|runtime error|core dumped|signal 11|"
                     r"signal 6|SIGSEGV|SIGABRT|SIGSYS|invariant")


def states_of(status):
    return {one["name"]: one["state"] for one in status["instances"]}


def unserved(world, status, asked_us):
    """An instance that has not one owner, seen from outside, or None."""
    spans, answers = world.spans(), world.asked()
    for one in world.made["instances"]:
        states = [states_of(each).get(one["name"]) for each in status]
        if sorted(map(str, states)) != ["BACKUP", "MASTER"]:
            return "%s is %s" % (one["name"], states)
        owner = world.nodes[states.index("MASTER")]
        for vip in one["vips"]:
            holders = [node for _, until, node, _ in spans.get(vip, [])
                       if until >= asked_us]
            if holders != [owner.name]:
                return "%s is held by %s, its owner is %s" % (
                    vip, holders, owner.name)
            if answers.get(vip) != MAC[owner.index]:
                return "%s is answered by %s, its owner is %s" % (
                    vip, answers.get(vip), owner.name)
    return None


def misrouted(world, status):
    """A route of an instance that its owner has not, or the other one has."""
    for one in world.made["instances"]:
        if not one["route"]:
            continue
        for node, each in zip(world.nodes, status):
            there = run(*within(node.ns, "ip", "route", "show", "10.%d.0.0/16" % (
                100 + one["vrid"])), check=False).stdout
            if bool(there) != (states_of(each).get(one["name"]) == "MASTER"):
                return "%s: %s is %s, its route: %s" % (
                    node.name, one["name"], states_of(each).get(one["name"]),
                    there or "none")
    return None


def unsettled(world, strict):
    """Why it has not converged yet, or None. strict: no alert at all."""
    asked_us = world.now_us()
    status = [node.status() if world.is_alive(node) else None
              for node in world.nodes]
    if None in status:
        return "%s does not answer" % world.nodes[status.index(None)].name
    why = unserved(world, status, asked_us) or misrouted(world, status)
    if why:
        return why
    for node, one in zip(world.nodes, status):
        for link in one["links"]:
            if link["state"] not in ("up", "sending"):
                return "%s: %s is %s" % (node.name, link["name"], link["state"])
        for alert in one["alerts"]:
            # a machine that stalls stands still again and again
            if (strict and alert["name"] != "stalled") or alert["name"] not in SLOW:
                return "%s: alert %s: %s" % (
                    node.name, alert["name"], alert["text"])
        if not one["fit"]:
            return "%s unfit: %s" % (node.name, one["unfit_reasons"])
    return None


def is_slow(why):
    """An alert that ends by its own clock is all that is left."""
    name = re.search(r"alert (\S+):", why)
    return bool(name) and name[1] in SLOW


def measure(world):
    """({(node, program): (processes, descriptors, private kB)}, the undead)."""
    sizes, undead = {}, []
    for node in world.nodes:
        for pid in node._pids():
            try:
                with open("/proc/%d/stat" % pid, encoding="ascii") as f:
                    head, tail = f.read().rsplit(")", 1)
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    program = os.path.basename(f.read().split(b"\0")[0]).decode()
                if tail.split()[0] == "Z" and "(twinbeat" in head:
                    undead.append("zombie in %s: %s)" % (node.name, head))
                if not program.startswith("twinbeat"):
                    continue
                with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
                    found = re.search(r"(?m)^Private_Dirty: +(\d+)", f.read())
                row = sizes.get((node.name, program), (0, 0, 0))
                sizes[node.name, program] = (
                    row[0] + 1, row[1] + len(os.listdir("/proc/%d/fd" % pid)),
                    row[2] + int(found[1]))
            except (OSError, TypeError):    # it has just ended
                continue
    return sizes, undead


def grown(base, now):
    return ["%s of %s: %s (processes, descriptors, kB), was %s" % (
        program, node, many, base.get((node, program), (0, 0, 0)))
        for (node, program), many in now.items() if program not in PASSING
        and any(a > b + more for a, b, more in zip(
            many, base.get((node, program), (0, 0, 0)), (0, 1, GROWTH_KB)))]


def leftovers(world, base):
    """What has grown or is undead at every look: a command or a script may end."""
    for _ in range(10):
        world.rest(370)
        sizes, undead = measure(world)
        faults = undead + grown(base, sizes)
        if not faults:
            break
    return faults


def history_of(world, node):
    """(the last state told of each instance, faults of the history itself)."""
    told, faults, last, gap = {}, [], 0, True
    for line in node.twinbeat("history", "--json", "-n",
                              "100000").stdout.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            faults.append("%s: no JSON in its history: %s" % (node.name, line))
            continue
        gap = gap or row["kind"] == "history"
        if row["seq"] != last + 1 and not gap:
            faults.append("%s: its history goes from %d to %d" % (
                node.name, last, row["seq"]))
        last, gap = row["seq"], row["kind"] == "history"
        if row["instance"] and row["to"] in ("INIT", "BACKUP", "MASTER", "FAULT"):
            told[row["instance"]] = row["to"]
    return told, faults


def inconsistent(world):
    """Where history or metrics say another thing than the status."""
    faults = []
    for node in world.nodes:
        states = states_of(node.status())
        told, wrong = history_of(world, node)
        metrics = node.twinbeat("metrics").stdout
        if world.damaged or world.filled:   # its lines may be missing
            told, wrong = states, []
        for name, state in states.items():
            if told.get(name) != state:
                wrong.append("%s: %s is %s, its history says %s" % (
                    node.name, name, state, told.get(name)))
            row = re.search(r'(?m)^twinbeat_instance_master\{[^}]*instance="%s"'
                            r'[^}]*\} (\d)' % name, metrics)
            if row and (row[1] == "1") != (state == "MASTER"):
                wrong.append("%s: %s is %s, its metrics say %s" % (
                    node.name, name, state, row[1]))
        if states_of(node.status()) == states:  # else it has just moved
            faults += wrong
    return faults
