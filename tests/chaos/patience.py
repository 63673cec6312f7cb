# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody helps the nodes: what is served by nobody must be so for a reason that
an alert names, and no longer than the rules allow."""
import time

# Each says why nobody may take over, and its advice what to do.
REASONS = ("disagree", "split-brain", "fence-failed", "fence-contradicted",
           "fence-loop", "waiting", "vip-failed", "release-failed", "question",
           "unfit", "maintenance", "stalled")
# of the slowest way: a start, three times tie_ms, two levels, a second attempt
PDU_S, AGENT_S = 40, 75


def unserved(world):
    """{instance: statuses} of what no living node owns."""
    status = {node.name: node.status() for node in world.nodes if world.is_alive(node)}
    status = {name: one for name, one in status.items() if one}
    owned = {row["name"] for one in status.values() for row in one["instances"]
             if row["state"] == "MASTER"}
    known = {row["name"] for one in status.values() for row in one["instances"]}
    return known - owned, status


def wait(world, what):
    """Faults: nobody serves, and nobody is told why."""
    began = time.monotonic()
    end = began + (PDU_S if world.made["fencing"] == "pdu" else AGENT_S)
    while True:
        world.rest(200)
        world.reap()
        left, status = unserved(world)
        if not status:
            return []       # nobody is there to serve, or to tell
        if not left:
            world.say("%s: all served after %.1f s" % (what, time.monotonic() - began))
            return []
        if time.monotonic() > end:
            break
    told = {name: {alert["name"]: alert["text"] for alert in one["alerts"]}
            for name, one in status.items()}
    why = {row["name"]: row.get("waiting_for", "") for one in status.values()
           for row in one["instances"] if row["name"] in left}
    world.say("%s: nobody serves %s; %s; %s" % (what, sorted(left), told, why))
    world.notes.append("%s: nobody serves %s; alive: %s; alerts: %s; waits for: %s" % (
        what, sorted(left), sorted(status), told, why))
    names = {alert for one in told.values() for alert in one}
    if not names & set(REASONS):
        return ["%s: nobody serves %s for %.0f s, and no alert says why: %s" % (
            what, sorted(left), time.monotonic() - began, told)]
    return []


def look(world, dice):
    """Of some rounds: in the broken world, or when all is whole but the nodes."""
    faults = []
    if dice < 0.35:
        faults += wait(world, "left alone")
    if dice > 0.2 and dice < 0.7:
        world.say("heal")
        world.heal()
        faults += wait(world, "healed around")
    return faults
