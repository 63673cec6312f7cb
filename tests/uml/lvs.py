#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The director with a real ip_vs: lvs.py [-k WORDS].

Boots one guest of User-Mode Linux, in which tests/netns/test_director.py,
test_checker.py and test_checker_kinds.py run: the guest's kernel has IPVS, whatever the machine's has. Prints pytest's report.
Where guests cannot run it says why and exits 77.
"""
import os
import shutil
import subprocess
import sys
import tempfile

from run import BOOT_S, HERE, ROOT, SKIPPED, inside

LIMIT_S = 400


def read(path):
    try:
        with open(path, encoding="utf-8") as text:
            return text.read()
    except OSError:
        return ""


def run(tests):
    out = tempfile.mkdtemp(prefix="twinbeat-lvs-")
    console = os.path.join(out, "console")
    try:
        with open(console, "w", encoding="utf-8") as log:
            guest = subprocess.Popen(
                ["sh", os.path.join(HERE, "guest.sh"), "lvs",
                 os.path.join(HERE, "lvs_guest.sh"), out, "0", "mem=256M",
                 "root_dir=" + ROOT,
                 # a kernel's command line is split at blanks
                 "tests=" + tests.replace(" ", "+"),
                 "BUILD=" + os.environ.get("BUILD", "build")],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            guest.wait(BOOT_S + LIMIT_S)
        except subprocess.TimeoutExpired:
            guest.kill()  # the unshare: its namespace dies with it
            guest.wait()
        print(read(os.path.join(out, "report")))
        result = read(os.path.join(out, "result")).strip()
        if result:
            return int(result)
        if not os.path.exists(os.path.join(out, "report")):
            print("uml: skipped: the guest does not come up: %s"
                  % read(console)[-300:])
            return SKIPPED
        print("the guest did not finish: %s" % read(console)[-1000:])
        return 1
    finally:
        shutil.rmtree(out)


inside(lambda: run(sys.argv[2] if sys.argv[1:2] == ["-k"] else ""))
