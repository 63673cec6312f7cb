#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The director with a real ip_vs: lvs.py [-k WORDS].

Boots two guests of User-Mode Linux, side by side, each for one half of the
tests of tests/netns that need IPVS, which a guest's kernel has, whatever the
machine's has; with -k one guest for all of them. Prints pytest's reports and
`pytest: N passed, M failed`. Where guests cannot run it says why and exits 77.
"""
import os
import sys
import xml.etree.ElementTree as tree
from concurrent.futures import ThreadPoolExecutor

from one_guest import run_job
from run import BUILD, SKIPPED, inside

LIMIT_S = 400
# a half takes as long as the other
HALVES = (("checker", "checker_kinds", "lvs_takeover", "lvs_owner",
           "lvs_via", "lvs_kills"),
          ("director", "lvs_ways", "lvs_health", "lvs_roles"))
GUEST_BYTES = 300 << 20


class Guest:
    def __init__(self, number, names, words=""):
        self.names, self.words = names, words
        self.cpu = number % os.cpu_count()
        self.xml = os.path.join(BUILD, "check", "uml-lvs-%d.xml" % number)

    def run(self):
        if os.path.exists(self.xml):
            os.unlink(self.xml)
        # a kernel's command line is split at blanks
        return run_job(
            "lvs_guest.sh", LIMIT_S, ["files=" + "+".join(self.names),
                                      "tests=" + self.words.replace(" ", "+")],
            is_urgent=True, keep=self.xml, cpu=self.cpu)

    def count(self):
        """How many passed, and did not: of a result that is not there, none
        and one."""
        try:
            cases = list(tree.parse(self.xml).getroot().iter("testcase"))
        except (OSError, tree.ParseError):
            return 0, 1
        bad = sum(case.find("failure") is not None or
                  case.find("error") is not None for case in cases)
        skipped = sum(case.find("skipped") is not None for case in cases)
        return len(cases) - bad - skipped, bad


def run(words):
    guests = [Guest(0, sum(HALVES, ()), words)] if words else [
        Guest(number, names) for number, names in enumerate(HALVES)]
    shm = os.statvfs("/dev/shm")
    beside = 2 if shm.f_bavail * shm.f_frsize >= 2 * GUEST_BYTES else 1
    with ThreadPoolExecutor(beside) as pool:
        codes = list(pool.map(Guest.run, guests))
    if SKIPPED in codes:
        return SKIPPED
    passed, failed = (sum(n) for n in zip(*map(Guest.count, guests)))
    print("pytest: %d passed, %d failed" % (passed, failed))
    return max(codes)


inside(lambda: run(sys.argv[2] if sys.argv[1:2] == ["-k"] else ""))
