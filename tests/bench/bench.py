#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat beside keepalived, in the same namespaces, one after the other in
turn.

    bench.py [--quick] [--only NAME[:WORD],...] [--count N] [--out FILE]

A measure is a file beside this one with run(report, quick); NAME:WORD, of power
cuts and handovers: its rows with that word in their names. The table goes to
standard output, it and every sample as JSON to FILE (build/bench/bench.json),
and a picture of its times to the same name with .svg (plot.py).
--quick: the headline rows, in three minutes. --count: how often, where it is
said to be a setting (beside.py: with FRR, heartbeat and Pacemaker).
"""
import argparse
import os
import sys
import time

import at_rest
import beside
import handover
import many
import plot
import power_cut
from report import Report

MEASURES = dict(at_rest=at_rest, power_cut=power_cut, handover=handover,
                many=many, beside=beside)
QUICK = ["at_rest", "power_cut", "handover"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--out", default=os.path.join(
        os.environ.get("BUILD", "build"), "bench", "bench.json"))
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: needs root, for network namespaces of its own")
    report, began = Report(count=arguments.count), time.monotonic()
    try:
        for name in (arguments.only.split(",") if arguments.only
                     else QUICK if arguments.quick else MEASURES):
            name, _, report.word = name.partition(":")
            MEASURES[name].run(report, arguments.quick)
    finally:
        # what was measured is not lost by what failed later
        if report.samples:
            report.show()
            report.write(arguments.out)
            plot.write(arguments.out)
            print("%d samples in %.0f s, in %s" % (
                len(report.samples), time.monotonic() - began, arguments.out))


if __name__ == "__main__":
    main()
