#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The director with a real ip_vs: lvs.py [-k WORDS].

Boots one guest of User-Mode Linux, in which tests/netns/test_director.py,
test_checker.py and test_checker_kinds.py run: the guest's kernel has IPVS,
whatever the machine's has. Prints pytest's report. Where guests cannot run it
says why and exits 77.
"""
import sys

from one_guest import run_job
from run import inside

LIMIT_S = 400


def run(tests):
    # a kernel's command line is split at blanks
    return run_job("lvs_guest.sh", LIMIT_S, ["tests=" + tests.replace(" ", "+")],
                   is_urgent=True)


inside(lambda: run(sys.argv[2] if sys.argv[1:2] == ["-k"] else ""))
