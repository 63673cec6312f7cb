# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples in, a table and JSON out. Every figure stands beside the peer's of
the same run, with the load under which both were taken."""
import datetime
import glob
import json
import os
import platform
import statistics
import subprocess

OURS, PEER = "twinbeat", "keepalived"


def first_line(*words):
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
    except OSError:
        return "not installed"
    return (done.stdout.splitlines() or [""])[0]


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        models = [line.split(":", 1)[1].strip() for line in f
                  if line.startswith("model name")]
    return dict(date=datetime.date.today().isoformat(),
                processor=models[0] if models else platform.machine(),
                processors=os.cpu_count(), kernel=platform.release(),
                twinbeat=first_line("git", "describe", "--always", "--dirty"),
                keepalived=first_line("keepalived", "--version"),
                others=", ".join(filter(None, map(version, (
                    "frr", "heartbeat", "corosync", "pacemaker")))))


def version(package):
    """Of a Debian package that is installed, or was unpacked for a bench."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}",
                           package], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    if done.returncode == 0:
        return done.stdout
    unpacked = glob.glob("%s/bench/%s/%s_*.deb" % (
        os.environ.get("BUILD", "build"), package, package))
    return "%s %s" % (package, os.path.basename(unpacked[0]).split("_")[1]
                      .replace("%3a", ":")) if unpacked else ""


class Report:
    """peers: who else is measured; the ratio is to the first of them. Others
    join with their first sample. count: how often, if somebody said so; word:
    what is in the names of the rows that are wanted."""

    def __init__(self, *peers, count=0):
        self.samples, self.peers, self.count = [], list(peers or (PEER,)), count
        self.word = ""

    def wants(self, measure):
        return self.word in measure

    def add(self, measure, sut, value, unit, **more):
        if sut not in (OURS, *self.peers):
            self.peers.append(sut)
        self.samples.append(dict(measure=measure, sut=sut, value=value,
                                 unit=unit, load=os.getloadavg()[0], **more))
        print("%-44s %-10s %10.2f %-8s load %.1f" % (
            measure, sut, value, unit, os.getloadavg()[0]), flush=True)

    def rows(self):
        """A row a measure: n, median, least and most of each, and the ratio
        of the medians."""
        rows = []
        for name in dict.fromkeys(s["measure"] for s in self.samples):
            mine = [s for s in self.samples if s["measure"] == name]
            row = dict(measure=name, unit=mine[0]["unit"],
                       load=[min(s["load"] for s in mine),
                             max(s["load"] for s in mine)])
            for sut in (OURS, *self.peers):
                values = [s["value"] for s in mine if s["sut"] == sut]
                if values:
                    row[sut] = dict(n=len(values),
                                    median=statistics.median(values),
                                    min=min(values), max=max(values))
            peer = self.peers[0]
            if OURS in row and peer in row and row[peer]["median"]:
                row["ratio"] = row[OURS]["median"] / row[peer]["median"]
            rows.append(row)
        return rows

    def show(self):
        about = machine()
        print("\n%(date)s, %(processors)d x %(processor)s, Linux %(kernel)s, "
              "twinbeat %(twinbeat)s, %(keepalived)s" % about)
        suts = (OURS, *self.peers)
        print("%-44s %s %6s %3s  %s" % (
            "median (least .. most)", " ".join("%26s" % sut for sut in suts),
            "ratio", "n", "load"))
        for row in self.rows():
            print("%-44s %s %6s %3d  %.1f-%.1f" % (
                "%s, %s" % (row["measure"], row["unit"]),
                " ".join("%26s" % cell(row, sut) for sut in suts),
                "%.2f" % row["ratio"] if "ratio" in row else "-",
                next(row[sut] for sut in suts if sut in row)["n"],
                *row["load"]))

    def write(self, path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            json.dump(dict(machine=machine(), rows=self.rows(),
                           samples=self.samples), f, indent=1)
            f.write("\n")


def cell(row, sut):
    if sut not in row:
        return "-"
    return "%.1f (%.1f .. %.1f)" % (row[sut]["median"], row[sut]["min"],
                                   row[sut]["max"])
