#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pair costs at rest: memory of each program, CPU in a minute.

    at_rest.py [--seconds N]
"""
import argparse
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "netns"))
from lab import Lab, children_of  # noqa: E402


def programs(node):
    return [node.daemon] + children_of(node.daemon)


def look(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        fields = dict(line.split(":", 1) for line in f if ":" in line)
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        stat = f.read().rsplit(")", 1)[1].split()
    with open("/proc/%d/schedstat" % pid, encoding="ascii") as f:
        cpu_ms = int(f.read().split()[0]) / 1e6
    return dict(name=fields["Name"].strip(),
                rss_kb=int(fields["VmRSS"].split()[0]),
                locked_kb=int(fields["VmLck"].split()[0]),
                policy=int(stat[38]), cpu_ms=cpu_ms,
                switches=int(fields["voluntary_ctxt_switches"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    for advert_ms, serial_ms in ((100, 100), (10, 10)):
        with Lab(advert_ms=advert_ms, serial_ms=serial_ms,
                 serial_dead_ms=serial_ms * 4) as lab:
            lab.show = lambda: None
            lab.settle()
            time.sleep(2)
            before = {pid: look(pid) for node in lab.nodes
                      for pid in programs(node)}
            time.sleep(seconds)
            for node in lab.nodes:
                total = 0
                for pid in programs(node):
                    now, then = look(pid), before[pid]
                    total += now["rss_kb"]
                    print(json.dumps(dict(
                        advert_ms=advert_ms, serial_ms=serial_ms,
                        node=node.name, program=now["name"],
                        rss_kb=now["rss_kb"], locked_kb=now["locked_kb"],
                        realtime=now["policy"] in (1, 2),
                        cpu_ms_per_min=round((now["cpu_ms"] - then["cpu_ms"])
                                             * 60 / seconds, 1),
                        switches_per_min=round((now["switches"] -
                                                then["switches"]) * 60 /
                                               seconds))))
                print("%s, adverts %d ms: %d kB resident in all" %
                      (node.name, advert_ms, total), flush=True)


if __name__ == "__main__":
    main()
