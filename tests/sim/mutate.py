#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small breakages of the core, each of which must be caught.

    mutate.py [NAME...]      all, or those named; prints a table

Each row is an edit of one file in src/core. The core is copied, broken, built
with the incident tests and the simulator, and run. A breakage that nothing
notices is a hole in the tests, and the exit status is 1.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SEEDS = os.environ.get("SEEDS", "300")

MUTATIONS = [
    ("permit-on-want-alone", "permit.c",
     "!(peer->statement.own & bit) &&\n", "true &&\n"),
    ("permit-though-the-peer-wants", "permit.c",
     "!(peer->statement.want & bit) &&\n", "true &&\n"),
    ("want-acknowledged-by-an-older-sequence", "permit.c",
     "peer_acknowledges(core, instance->want_sequence)",
     "peer_acknowledges(core, 0)"),
    ("released-without-a-want", "permit.c",
     "return instance->want && peer", "return peer"),
    ("obituary-believed-while-it-lives", "permit.c",
     "return peer->is_over && peer->state == PEER_RELEASED &&\n",
     "return peer->state == PEER_RELEASED &&\n"),
    ("fence-proof-though-heard", "permit.c",
     "fence->proof != PROOF_NONE && !peer_is_heard(core) &&",
     "fence->proof != PROOF_NONE &&"),
    ("resigned-outvotes-a-two-way-link", "permit.c",
     "two_way != LINK_UP && two_way != LINK_HALF", "true"),
    ("silence-of-a-never-link-counts", "table.c",
     "core->links[i].state != LINK_DOWN)", "false)"),
    ("alive-is-ignored", "table.c",
     "	if (peer_is_heard(core))\n		return; /* alive",
     "	if (false)\n		return; /* alive"),
    ("second-does-not-wait", "table.c",
     "* (we_go_first(core) ? 1 : 2)", "* 0"),
    ("both-go-first", "table.c",
     "* (we_go_first(core) ? 1 : 2)", "* 1"),
    ("disagreement-needs-no-word", "table.c",
     "!peer_acknowledges(core, instance->silent_sequence + 1)", "false"),
    ("shoots-with-unequal-settings", "table.c",
     "if (!peer_digest_agrees(core) ||\n", "if (\n"),
    ("no-start-up-wait", "table.c",
     "core->now_us < core->startup_until_us) {\n		core_wake_at",
     "false) {\n		core_wake_at"),
    ("own-cleared-before-removal", "instance.c",
     "	instance->releasing = true;\n	instance->released_us",
     "	instance->own = false;\n	instance->releasing = true;\n"
     "	instance->released_us"),
    ("failed-removal-is-a-release", "instance.c",
     "	if (failed > 0) {\n", "	if (false) {\n"),
    ("want-of-before-our-claim-is-honoured", "instance.c",
     "peer_acknowledges(core, core->instances[i].own_sequence)", "true"),
    ("carrier-loss-keeps-the-vip", "instance.c",
     "} else if (!core->carrier[interface]) {", "} else if (false) {"),
    ("unfit-claims", "instance.c",
     "instance->releasing || !instance->fit ||\n",
     "instance->releasing ||\n"),
    ("stop-does-not-release", "instance.c",
     "	if (held && !timed_out) {\n", "	if (false) {\n"),
    ("standby-is-fit", "instance.c",
     "	if (core->standby)\n", "	if (false)\n"),
    ("both-want-nobody-drops", "want.c",
     "if (!(beat->want & bit) || outranks_peer(core, i))", "if (true)"),
    ("preempts-at-once", "want.c",
     "	if (core->now_us < due_us) {\n", "	if (false) {\n"),
    ("preempts-unasked", "want.c",
     "if (!settings->preempt || core", "if (core"),
    ("replays-are-believed", "peer.c",
     "beat->sequence <= l->sequence) ||", "false) ||"),
    ("old-obituary-believed", "peer.c",
     "beat->ack_generation != core->generation || peer->is_over)",
     "peer->is_over)"),
    ("stranger-is-believed", "peer.c",
     "		if (beat->ack_generation != core->generation ||\n"
     "		    beat->ack_sequence <= peer->own_sequence_then) {",
     "		if (false) {"),
    ("obituary-not-heard", "peer.c",
     "	if (beat->type == BEAT_OBITUARY) {", "	if (false) {"),
    ("no-stall-check", "stall.c",
     "if (away_us <= limit_us || core->deadline_us == 0)", "if (true)"),
    ("generation-not-renewed-after-a-stall", "stall.c",
     "	generation_renew(core);\n	links_reset(core);",
     "	links_reset(core);"),
    ("stall-keeps-the-vip", "stall.c",
     "if (instance->own && !instance->releasing)\n", "if (false)\n"),
    ("contradiction-ignored", "fence.c",
     "		if (core->now_us >= limit_us)\n			fence_contradict",
     "		if (false)\n			fence_contradict"),
    ("verifies-at-once", "fence.c",
     "	if (peer_is_heard(core)) {\n		if (core->now_us >= limit_us)",
     "	if (false) {\n		if (core->now_us >= limit_us)"),
    ("unknown-counts-as-off", "fence.c",
     "if (!off || done->digest", "if (done->digest"),
    ("unproven-plug-proves", "fence.c",
     "	if (!proven) {\n", "	if (false) {\n"),
    ("fence-loop-unguarded", "fence.c",
     "	if (settings->fence.max_per_window &&\n", "	if (false &&\n"),
    ("maintenance-ignored", "fence.c",
     "	if (is_in_maintenance(core))\n", "	if (false)\n"),
    ("no-retry", "fence.c",
     "		else if (core->now_us >= fence->retry_us)\n",
     "		else if (false)\n"),
    ("shoots-after-a-first-silent-start", "fence.c",
     "	if (need->kind == NEED_STARTUP && startup_blocks(core))\n",
     "	if (false)\n"),
    ("miswired-plug-is-proven", "plug.c",
     "	       !(core->memory.plug_miswired >> plug & 1);",
     "	       true;"),
    ("confirm-of-the-living", "operator.c",
     "	if (peer_is_heard(core)) {\n		order_reply(core, token, true,"
     " false,\n			    \"refused: %s is alive",
     "	if (false) {\n		order_reply(core, token, true,"
     " false,\n			    \"refused: %s is alive"),
    ("fences-itself", "operator.c",
     "	if (node == core->self) {\n", "	if (false) {\n"),
    ("split-brain-unseen", "split.c",
     "		if (!instance->own || instance->releasing ||\n"
     "		    !(beat->own >> i & 1) ||",
     "		if (true ||"),
    ("adverts-of-a-rival-unseen", "split.c",
     "	if (++instance->rival_adverts == 2)", "	if (false)"),
]


def run(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, text=True, timeout=600)


def build(folder):
    """The incident tests and the simulator of one (broken) core."""
    sources = [os.path.join(folder, "src", part, name)
               for part in ("core", "wire")
               for name in os.listdir(os.path.join(folder, "src", part))
               if name.endswith(".c")]
    flags = ["-std=c11", "-D_GNU_SOURCE", "-O1", "-w"]
    world = os.path.join(folder, "tests", "sim", "world.c")
    for name, extra, libs in (
            ("pair", "tests/unit/test_core_pair.c", ["-lcmocka"]),
            ("fence", "tests/unit/test_core_fence.c", ["-lcmocka"]),
            ("sim", "tests/sim/sim.c", [])):
        done = run("gcc", *flags, "-o", os.path.join(folder, name),
                   os.path.join(folder, extra), world, *sources, *libs,
                   "-lnettle")
        if done.returncode:
            return done.stdout
    return None


def caught_by(folder):
    for name in ("pair", "fence"):
        done = run("timeout", "60", os.path.join(folder, name))
        failed = re.findall(r"FAILED\s+\] (test_\w+)", done.stdout)
        if failed:
            return failed[0]
        if done.returncode:
            return name + ": " + (done.stdout.strip().splitlines() or
                                  ["died"])[-1][:50]
    done = run("timeout", "300", os.path.join(folder, "sim"), "--seeds", "1",
               SEEDS)
    if done.returncode:
        return "sim: " + done.stdout.splitlines()[0][:60]
    return None


def main():
    wanted = sys.argv[1:]
    survived = 0
    for name, file, old, new in MUTATIONS:
        if wanted and name not in wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="twinbeat-mutate-") as folder:
            for part in ("src/core", "src/wire", "tests/sim", "tests/unit"):
                shutil.copytree(os.path.join(ROOT, part),
                                os.path.join(folder, part))
            path = os.path.join(folder, "src/core", file)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            if text.count(old) != 1:
                print("%-42s STALE: %d places in %s" % (
                    name, text.count(old), file), flush=True)
                survived += 1
                continue
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace(old, new))
            error = build(folder)
            caught = "does not build: " + error[:60] if error \
                else caught_by(folder)
        if not caught or error:
            survived += 1
        print("%-42s %s" % (name, caught or "SURVIVED"), flush=True)
    print("%d mutations, %d not caught" % (
        len(wanted) or len(MUTATIONS), survived))
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
