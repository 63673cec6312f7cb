#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the request to a verified off: Modbus over loopback, on a quiet machine
and under busy loops, and a fence agent beside it.

    fence_speed.py [--runs N] [--loops N] [--build DIR]

The switch answers at once and settle_ms is 0, so what is left is ours: a
child, a connection, three questions (read, write, read-back) and their
answers. Exits 1 if a median is above its bound: 5 ms quiet, 50 ms under the
loops.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "netns"))
BOUND_MS = {"quiet": 5, "loaded": 50}
LOOP_S = 120    # a loop ends by itself, whatever becomes of us


def measure(fencer, runs):
    took_ms = []
    for _ in range(runs):
        done = fencer.run("off")
        assert done["outcome"] == "off", done
        took_ms.append(done["took_us"] / 1000)
        assert fencer.run("on")["outcome"] == "on"
    return sorted(took_ms)


def tell(name, took_ms):
    n = len(took_ms)
    print("%-28s n %d, median %.1f ms, p95 %.1f ms, max %.1f ms" %
          (name, n, statistics.median(took_ms), took_ms[n * 95 // 100],
           took_ms[-1]), flush=True)
    return statistics.median(took_ms)


def start_loops(count):
    return [subprocess.Popen(["timeout", str(LOOP_S), "sh", "-c",
                              "while :; do :; done"])
            for _ in range(count)]


def measure_agent(folder, fencer_class, plug, runs):
    """fence_dummy switches a file: what starting an agent costs."""
    state = os.path.join(folder, "state")
    with open(state, "w", encoding="ascii") as f:
        f.write("on")
    fencer = fencer_class(
        "device driver=agent name=dummy agent=/usr/sbin/fence_dummy "
        "agent_ms=10000 settle_ms=0", "option type=file",
        "option status_file=" + state, plug(), "fence timeout_ms=60000")
    try:
        return measure(fencer, runs)
    finally:
        fencer.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--loops", type=int, default=8)
    parser.add_argument("--build", default=os.environ.get("BUILD", "build"))
    options = parser.parse_args()
    os.environ["BUILD"] = options.build
    # They read BUILD when they are imported.
    from fence_lab import Fencer, Switch, device, plug

    bad = False
    with tempfile.TemporaryDirectory() as folder:
        switch = Switch(folder)
        fencer = Fencer(device(switch, settle_ms=0), plug(), "realtime")
        loops = []
        try:
            print("load average %.1f, %d processors" %
                  (os.getloadavg()[0], os.cpu_count()))
            bad |= tell("Modbus/TCP", measure(fencer, options.runs)) > \
                BOUND_MS["quiet"]
            loops = start_loops(options.loops)
            bad |= tell("Modbus/TCP, %d busy loops" % options.loops,
                        measure(fencer, options.runs)) > BOUND_MS["loaded"]
        finally:
            for loop in loops:
                loop.terminate()
                loop.wait()
            fencer.stop()
            switch.stop()
        if os.path.exists("/usr/sbin/fence_dummy"):
            tell("agent (fence_dummy)",
                 measure_agent(folder, Fencer, plug,
                               max(5, options.runs // 10)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
