# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pair costs at rest: CPU and wake-ups a minute, memory, of all
programs of both nodes.

Serial beats at the adverts' interval, over a cable that delivers as a 16550
does. CPU is what the scheduler counted, so that other work on the machine
hardly shows in it.

"floor" is what the kernel asks for two media, with no logic at all: one wait,
one advert and one frame each way an interval (tests/tools/floor.c). Nobody who
speaks by both can cost less.
"""
import os
import signal

from pair import Pair, family, pause
from lab import BUILD     # pair.py has set the path


class Floor:
    """The first node owns. Who hears nothing has ended: stop() tells."""
    name = "floor"

    def __init__(self, lab):
        self.lab, self.running = lab, {}

    def start(self):
        for node in self.lab.nodes:
            self.running[node.name] = node.spawn(
                os.path.join(BUILD, "tests", "floor"),
                "stand" if node.index else "own",
                "%s/tty%d" % (self.lab.dir, node.index + 1), "eth0",
                str(self.lab.options["advert_ms"]))

    def wait(self):
        pause(1)

    def pids(self, node):
        # the first is nsenter, which waits for it
        return family(self.running[node.name].pid)[1:]

    def stop(self):
        for name, started in self.running.items():
            assert started.poll() is None, name + ": hears nothing"
        for node in self.lab.nodes:
            os.kill(self.pids(node)[0], signal.SIGTERM)
            self.running[node.name].wait(timeout=20)


def read_fields(path):
    with open(path, encoding="ascii") as f:
        return dict(line.split(":", 1) for line in f if ":" in line)


def threads(pid):
    return ["/proc/%d/task/%s" % (pid, t)
            for t in os.listdir("/proc/%d/task" % pid)]


def look(pid):
    """CPU (ms, also of children that have ended), voluntary switches, RSS and
    PSS (kB) of a process; None when it is gone."""
    try:
        cpu_ms = switches = 0
        for thread in threads(pid):
            with open(thread + "/schedstat", encoding="ascii") as f:
                cpu_ms += int(f.read().split()[0]) / 1e6
            switches += int(read_fields(thread + "/status")[
                "voluntary_ctxt_switches"])
        with open("/proc/%d/stat" % pid, encoding="ascii") as f:
            ended = f.read().rsplit(")", 1)[1].split()[13:15]
        cpu_ms += sum(map(int, ended)) * 1000 / os.sysconf("SC_CLK_TCK")
        memory = read_fields("/proc/%d/smaps_rollup" % pid)
    except (OSError, KeyError):
        return None
    return dict(program=name_of(pid), cpu_ms=cpu_ms, switches=switches,
                rss_kb=int(memory["Rss"].split()[0]),
                pss_kb=int(memory["Pss"].split()[0]))


def look_at_all(pair, suite):
    pids = [p for node in pair.lab.nodes for p in suite.pids(node)]
    return {p: seen for p, seen in ((p, look(p)) for p in pids) if seen}


def name_of(pid):
    with open("/proc/%d/comm" % pid, encoding="ascii") as f:
        return f.read().strip()


def measure(report, advert_ms, seconds, rounds):
    label = "at rest, adverts %d ms: " % advert_ms
    with Pair(advert_ms=advert_ms, serial_ms=advert_ms,
              serial_dead_ms=advert_ms * 4, monitor_s=300) as pair:
        for _ in range(rounds):
            for suite in (*pair.suites, Floor(pair.lab)):
                suite.start()
                suite.wait()
                pause(2)
                before = look_at_all(pair, suite)
                pause(seconds)
                after = look_at_all(pair, suite)
                tell(report, label, suite.name, seconds, before, after)
                suite.stop()


def tell(report, label, sut, seconds, before, after):
    def grown(key, pid):
        then = before.get(pid, {}).get(key, 0)
        return (after[pid][key] - then) * 60 / seconds
    parts = [dict(after[p], cpu_ms=round(grown("cpu_ms", p), 1),
                  switches=round(grown("switches", p))) for p in after]
    report.add(label + "CPU", sut, sum(p["cpu_ms"] for p in parts), "ms/min",
               parts=parts)
    report.add(label + "wake-ups", sut, sum(p["switches"] for p in parts),
               "/min")
    for key, name in (("rss_kb", "RSS"), ("pss_kb", "PSS")):
        report.add(label + name + " of a node", sut,
                   sum(p[key] for p in parts) / 2 / 1024, "MB")


def run(report, quick):
    for advert_ms in (100, 10):
        measure(report, advert_ms, 8 if quick else 20, 1 if quick else 5)
