#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaks the core in small ways (mutations*.py): each must be caught by name.

    mutate.py [NAME...]      all, or those named; prints the table
    mutate.py --check        only whether every edit still applies
    mutate.py --list         the names, what each breaks

A copy of the tree is built once, its core as a shared library: each breakage
then costs one file compiled and that library linked, whatever runs on it. The
tests with a name judge it first: the cases of its rule, the unit tests of its
file, those of the core, the other cases; the simulator (SEEDS=100 schedules)
only what they let pass. The unbroken tree must pass them all, or nothing that
follows means a thing.
Exit status 1: something survived, or an edit applies no more. JOBS=2.
"""
import concurrent.futures
import copy
import glob
import os
import queue
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

import mutations as of_all
import mutations_checks
import mutations_person
import mutations_reload

MUTATIONS = (of_all.MUTATIONS + mutations_checks.MUTATIONS +
             mutations_person.MUTATIONS + mutations_reload.MUTATIONS)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SEEDS = os.environ.get("SEEDS", "100")
JOBS = int(os.environ.get("JOBS", "2"))
CASES_AT_ONCE = 12
NEVER_ENDS = -signal.SIGXCPU
OBJECTS = "build/obj/"
LIBRARY = "build/lib/libcore.so"
MAKE = ("make", "-s", "BUILD=build", "OPTIMIZE=-O1", "WARNINGS=-w",
        "HARDEN=-fPIC", "-j%d" % JOBS)
PARTS = ("src", "fence", "drivers", "tests/unit", "tests/sim", "Makefile")


def apply(tree, file, old, new):
    """The unbroken text; a sentence in the second place when it cannot be."""
    path = os.path.join(tree, "src/core", file)
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(old) != 1:
        return text, "STALE: stands %d times in src/core/%s" % (
            text.count(old), file)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))
    return text, None


def check_table():
    """Every edit applies exactly once, changes something, has its own name."""
    wrong = []
    names = [mutation[0] for mutation in MUTATIONS]
    texts = {}
    for name, _, file, old, new in MUTATIONS:
        if file not in texts:
            with open(os.path.join(ROOT, "src/core", file),
                      encoding="utf-8") as f:
                texts[file] = f.read()
        if names.count(name) != 1:
            wrong.append(name + ": two of this name")
        elif old == new:
            wrong.append(name + ": changes nothing")
        elif texts[file].count(old) != 1:
            wrong.append("%s: its text stands %d times in src/core/%s" % (
                name, texts[file].count(old), file))
    return wrong


class Tree:
    """A copy of the sources with its own build."""

    def __init__(self, folder):
        self.folder = folder
        for part in PARTS:
            source, target = (os.path.join(top, part)
                              for top in (ROOT, folder))
            if os.path.isdir(source):
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)
        self.units = sorted(
            os.path.basename(path)[:-2] for path in
            glob.glob(os.path.join(folder, "tests/unit/test_core_*.c")))
        self.compiler, self.library = "", []
        self.cases = sorted(
            os.path.relpath(path, folder) for path in
            glob.glob(os.path.join(folder, "tests/sim/cases/*.txt")))

    def run(self, *words, limit=60):
        """limit: seconds of processor time. Nothing here waits for anything,
        and on a busy machine a clock would call the slow ones endless."""
        done = subprocess.run(
            words, cwd=self.folder, stdout=subprocess.PIPE, check=False,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_CPU, (limit, limit + 5)))
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def build(self):
        """Everything, once. None, or what the compiler says."""
        sources = {name: sorted(
            os.path.relpath(path, self.folder) for path in
            glob.glob(os.path.join(self.folder, name)))
            for name in ("src/core/*.c", "src/wire/*.c", "tests/sim/*.c",
                         "tests/unit/test_core_*.c")}
        objects = {name: [OBJECTS + path[:-1] + "o" for path in paths]
                   for name, paths in sources.items()}
        code, out = self.run(
            *MAKE, "build/lib/sim.a",
            *(path for paths in objects.values() for path in paths),
            limit=600)
        if code:
            return "does not build: " + out.strip()[:300]
        _, out = self.run(*MAKE, "-n", "-B", "V=", OBJECTS + "src/core/core.o")
        self.compiler = out.strip().splitlines()[-1]
        self.library = objects["src/core/*.c"] + objects["src/wire/*.c"]
        programs = {unit: [OBJECTS + "tests/unit/%s.o" % unit, "-lcmocka"]
                    for unit in self.units}
        case = OBJECTS + "tests/sim/case"
        programs["case"] = [path for path in objects["tests/sim/*.c"]
                            if path.startswith(case)]
        # what has no part in the world (sim.a) is the simulator's own
        _, world = self.run("ar", "t", "build/lib/sim.a")
        programs["sim"] = [path for path in objects["tests/sim/*.c"]
                           if not path.startswith(case) and
                           os.path.basename(path) not in world.split()]
        os.makedirs(os.path.join(self.folder, "build/tests"), exist_ok=True)
        error = self.link()
        for name, parts in programs.items():
            code, out = self.run(
                "gcc", "-o", "build/tests/" + name, *parts,
                "build/lib/sim.a", LIBRARY,
                "-Wl,-rpath,$ORIGIN/../lib", "-lnettle")
            if code:
                return error or "does not link: " + out.strip()[:300]
        return error

    def link(self):
        code, out = self.run("gcc", "-shared", "-o", LIBRARY, *self.library,
                             "-Wl,-soname," + os.path.basename(LIBRARY),
                             "-lnettle")
        return "does not link: " + out.strip()[:300] if code else None

    def compile(self, file):
        """One file of the core. None, or what the compiler says."""
        code, out = self.run("sh", "-c", self.compiler.replace(
            "core/core.", "core/%s." % file[:-2]))
        if code:
            return "does not build: " + out.strip()[:300]
        return self.link()

    def unit_that_fails(self, file):
        own = "test_core_" + file[:-2]
        for unit in sorted(self.units, key=lambda unit: unit != own):
            code, out = self.run("build/tests/" + unit)
            failed = re.search(r"FAILED\s+\] (test_\w+)", out)
            if failed:
                return failed[1]
            if code:
                begun = re.findall(r"RUN\s+\] (test_\w+)", out) or [unit]
                aborted = re.search(r"Assertion `([^']*)' failed", out)
                return begun[-1] + (
                    " (never ends)" if code == NEVER_ENDS else
                    " (asserts %s)" % aborted[1] if aborted else " (dies)")
        return None

    def case_that_fails(self, cases):
        """Many by one run of the program; by itself what it died of."""
        for i in range(0, len(cases), CASES_AT_ONCE):
            some = cases[i:i + CASES_AT_ONCE]
            code, out = self.run("build/tests/case", *some)
            if not code:
                continue
            failed = re.search(r"FAIL ([^:]*):(?:\d+:)? (.*)", out)
            if failed:
                return "case %s: %s" % (
                    os.path.basename(failed[1])[:-4], failed[2])
            for path in some if len(some) > 1 else []:
                name = self.case_that_fails([path])
                if name:
                    return name
            return "case %s: dies" % os.path.basename(some[0])[:-4]
        return None

    def invariant_that_breaks(self):
        code, out = self.run("build/tests/sim", "--seeds", "1", SEEDS,
                             limit=300)
        if not code:
            return None
        failed = re.search(r"^(seed \d+): (.*?)(?: at \d+ ms)?$", out, re.M)
        if failed:
            return "sim: %s (%s)" % (failed[2], failed[1])
        aborted = re.search(r"Assertion `([^']*)' failed", out)
        return "sim: " + ("asserts " + aborted[1] if aborted else
                          "never ends" if code == NEVER_ENDS else "dies")

    def caught_by(self, rule="", file=""):
        """Its own rule's cases come first: most are caught there, in less
        time than all unit tests take."""
        own = "tests/sim/cases/r%s-" % rule[1:].zfill(2)
        first = [path for path in self.cases if path.startswith(own)]
        rest = [path for path in self.cases if path not in first]
        return (self.case_that_fails(first) or self.unit_that_fails(file) or
                self.case_that_fails(rest) or self.invariant_that_breaks())

    def judge(self, mutation):
        """True and who caught it, or False and why it counts against us."""
        _, rule, file, old, new = mutation
        text, stale = apply(self.folder, file, old, new)
        if stale:
            return False, stale
        built = os.path.join(self.folder, OBJECTS, "src/core",
                             file[:-1] + "o")
        os.rename(built, built + ".unbroken")
        try:
            error = self.compile(file)
            if error:
                return False, error
            name = self.caught_by(rule, file)
        finally:
            with open(os.path.join(self.folder, "src/core", file), "w",
                      encoding="utf-8") as f:
                f.write(text)
            os.replace(built + ".unbroken", built)
        return (True, name) if name else (False, "SURVIVED")


def run_all(mutations, top):
    trees = queue.Queue()
    first = Tree(os.path.join(top, "0"))
    wrong = first.build() or first.caught_by()
    if wrong:
        print("the unbroken core is caught, too: %s" % wrong)
        return 1
    trees.put(first)
    for i in range(1, JOBS):
        folder = os.path.join(top, str(i))
        shutil.copytree(first.folder, folder)  # built already
        tree = copy.copy(first)
        tree.folder = folder
        trees.put(tree)

    def work(mutation):
        tree = trees.get()
        try:
            return tree.judge(mutation)
        finally:
            trees.put(tree)

    missed = 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for mutation, (caught, name) in zip(mutations,
                                            pool.map(work, mutations)):
            missed += not caught
            print("%-4s %-44s %s" % (mutation[1], mutation[0], name),
                  flush=True)
    print("mutations: %d, caught by name: %d, missed: %d" % (
        len(mutations), len(mutations) - missed, missed))
    return 1 if missed else 0


def main():
    words = sys.argv[1:]
    wrong = check_table()
    if wrong:
        print("\n".join(wrong))
        return 1
    if words == ["--check"]:
        print("mutations: all %d edits apply" % len(MUTATIONS))
        return 0
    if words == ["--list"]:
        for name, rule, file, _, _ in MUTATIONS:
            print("%-4s %-44s src/core/%s" % (rule, name, file))
        return 0
    unknown = set(words) - {mutation[0] for mutation in MUTATIONS}
    if unknown:
        print("no such mutation: " + ", ".join(sorted(unknown)))
        return 2
    chosen = [m for m in MUTATIONS if not words or m[0] in words]
    with tempfile.TemporaryDirectory(prefix="twinbeat-mutate-") as top:
        return run_all(chosen, top)


if __name__ == "__main__":
    sys.exit(main())
