#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts pytest runs for make check, and compares what ran with scenarios.txt.

Each line of scenarios.txt is a test id that must have run (and not been
skipped); a scenario that silently did not run is a failure.
"""
import os
import sys
import xml.etree.ElementTree as tree

cases = [case for file in sys.argv[1:]
         for case in tree.parse(file).getroot().iter("testcase")]
bad = [c for c in cases if c.find("failure") is not None
       or c.find("error") is not None]
skipped = [c for c in cases if c.find("skipped") is not None]
ran = {c.get("name").split("[")[0] for c in cases if c not in skipped}
wanted = os.path.join(os.path.dirname(__file__), "scenarios.txt")
missing = []
if os.path.exists(wanted):
    with open(wanted, encoding="ascii") as lines:
        names = [line.split("#")[0].strip() for line in lines]
    missing = [name for name in names if name and name not in ran]
for name in missing:
    print("did not run: " + name)
for case in skipped:
    print("skipped: " + case.get("name"))
print("pytest: %d passed, %d failed" %
      (len(cases) - len(bad) - len(skipped), len(bad) + len(missing)))
sys.exit(1 if bad or missing else 0)
