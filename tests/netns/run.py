#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the namespace tests for make check, and counts them.

Several files side by side, the longest first: nine tenths of a scenario are
waiting. A machine that stalls can then break a test that waits for an event. So
what failed is run once more with no test beside it, and if it passes, it is
named in the output with what it said the first time. Two things are never forgiven: what the
judge saw (judge.py: Violation), and more failures than a stall can explain.

scenarios.txt names tests that must have run: a scenario that silently did not
run is a failure.

    run.py LOG_FOLDER [FILE...]
"""
import atexit
import glob
import importlib
import os
import resource
import sys
import xml.etree.ElementTree as tree

import pytest
from _pytest.config import default_plugins

HERE = os.path.dirname(os.path.abspath(__file__))
SIDE_BY_SIDE = max(3, min(4 * os.cpu_count(), 12))
# These take the longest; the others begin in the order of their size.
LONG = ("bad_input", "pair", "checker", "push", "lines", "daemon", "deb",
        "device_vices", "notifier", "ipmi", "alien", "agent", "history", "lab",
        "hooks", "hear", "keeper_alien", "levels", "frr", "machine", "page", "udp",
        "injector", "pair_vices", "sick_load", "pacemaker")
AGAIN_MAX = 8


def faults_of(case):
    """The failure and the error (of a fixture) of one test."""
    return [fault for kind in ("failure", "error")
            for fault in case.findall(kind)]


def first_said(case):
    text = faults_of(case)[0].get("message") or ""
    return text.splitlines()[0][:200] if text else "nothing"


def is_violation(case):
    return any("Violation" in (fault.get("message") or "") +
               (fault.text or "") for fault in faults_of(case))


# What pytest makes of a file of tests (0.1 s), which others import too, is kept,
# also where the environment says that Python keeps nothing beside the sources.
sys.dont_write_bytecode = False
sys.pycache_prefix = os.path.abspath(os.path.join(*sys.argv[1:2], "pycache"))

# To begin Python and pytest costs 0.6 s of processor time: once, not for each
# file. Each is run by a child that has them, and nothing of another file.
for plugin in default_plugins:
    importlib.import_module("_pytest." + plugin)


def be_pytest(words, log):
    """Never returns: as `python3 -m pytest`, its output to the log, which ends
    with what it cost."""
    code = 3
    try:
        out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.close(out)
        sys.path.insert(0, os.getcwd())
        code = int(pytest.main(words))
        atexit._run_exitfuncs()  # of a Lab that was left open
        print("CPU %.1f s" % sum(
            used.ru_utime + used.ru_stime for used in map(
                resource.getrusage,
                (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))))
    finally:
        sys.stdout.flush()
        os._exit(code)


class File:
    """One file of tests: its log and its result."""

    def __init__(self, path, log):
        self.path = path
        name = os.path.basename(path)[:-len(".py")]
        self.log = os.path.join(log, "netns-%s.log" % name)
        self.xml = os.path.join(log, "netns-%s.xml" % name)
        self.again_xml = os.path.join(log, "again-%s.xml" % name)

    def pytest(self, xml, tests):
        """The child that runs them."""
        sys.stdout.flush()  # or the child would say it again
        child = os.fork()
        if child == 0:
            be_pytest(["-q", "-rfE", "-p", "no:cacheprovider",
                       "--junitxml=" + xml] + tests, self.log)
        return child

    def begin(self):
        for stale in (self.log, self.xml, self.again_xml):
            if os.path.exists(stale):
                os.unlink(stale)
        return self.pytest(self.xml, [self.path])

    def show(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            print(log.read(), end="", flush=True)

    def result(self):
        """The root of the result, or None: pytest itself did not get so far."""
        try:
            return tree.parse(self.xml).getroot()
        except (OSError, tree.ParseError):
            return None

    def run_again(self, names):
        """What passes alone loses its fault in the result of the file."""
        os.waitpid(self.pytest(self.again_xml, [
            "%s::%s" % (self.path, name) for name in names]), 0)
        try:
            second = tree.parse(self.again_xml).getroot()
        except (OSError, tree.ParseError):
            return
        passed = {case.get("name") for case in second.iter("testcase")
                  if not faults_of(case) and case.find("skipped") is None}
        first = tree.parse(self.xml)
        for case in first.getroot().iter("testcase"):
            if case.get("name") in passed and faults_of(case):
                print("passed alone, failed beside others: %s: %s" % (
                    case.get("name"), first_said(case)))
                for fault in faults_of(case):
                    case.remove(fault)
        first.write(self.xml)


def length(path):
    """What is greatest begins first."""
    name = os.path.basename(path)[len("test_"):-len(".py")]
    return (len(LONG) - LONG.index(name) if name in LONG else 0,
            os.path.getsize(path))


def run_all(files):
    waiting, running = list(files), {}
    while waiting or running:
        while waiting and len(running) < SIDE_BY_SIDE:
            file = waiting.pop(0)
            running[file.begin()] = file
        running.pop(os.wait()[0]).show()


def failed_of(file):
    root = file.result()
    return [] if root is None else [case for case in root.iter("testcase")
                                    if faults_of(case)]


def second_chance(files):
    """Runs alone what failed, if a stall can explain it."""
    failed = [(file, case) for file in files for case in failed_of(file)]
    if len(failed) > AGAIN_MAX:
        print("%d tests failed: more than a stall explains, none is run again"
              % len(failed))
        return
    for file in files:
        names = [case.get("name") for owner, case in failed
                 if owner is file and not is_violation(case)]
        if names:
            file.run_again(names)


def scenarios_missing(ran):
    with open(os.path.join(HERE, "scenarios.txt"), encoding="ascii") as lines:
        names = [line.split("#")[0].strip() for line in lines]
    return [name for name in names if name and name not in ran]


def count(files, whole):
    """Prints the counts; what is wrong stands last, where it is seen."""
    wrong, passed, ran = [], 0, set()
    for file in files:
        root = file.result()
        if root is None:
            wrong.append("%s: no result, see %s" % (file.path, file.log))
            continue
        for case in root.iter("testcase"):
            name = case.get("name")
            if case.find("skipped") is not None:
                print("skipped: " + name)
                continue
            ran.add(name.split("[")[0])
            if faults_of(case):
                wrong.append("failed: %s: %s" % (name, first_said(case)))
            else:
                passed += 1
    if whole:
        wrong += ["did not run: " + name for name in scenarios_missing(ran)]
    for line in wrong:
        print(line)
    print("pytest: %d passed, %d failed" % (passed, len(wrong)))
    return not wrong


def main():
    log, chosen = sys.argv[1], sys.argv[2:]
    paths = chosen or sorted(glob.glob(os.path.join(HERE, "test_*.py")),
                             key=length, reverse=True)
    files = [File(os.path.relpath(path), log) for path in paths]
    run_all(files)
    second_chance(files)
    return 0 if count(files, not chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
