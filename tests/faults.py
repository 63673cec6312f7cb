#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares faults.txt, lvs.txt and lvs-input.txt with the tests that exist and, with --ran,
with what make check has run: a fault without a test (without --ran, as in make lint, that
is only listed), a test that is not there, one that did not run, was skipped or
failed. Run from the top of the tree."""
import glob
import os
import re
import sys
import xml.etree.ElementTree as tree

# every fault that was found in the first version
FAULTS = (["A%02d" % n for n in range(1, 13)] +
          ["B%02d" % n for n in range(1, 23)] +
          ["C%02d" % n for n in range(1, 8)] +
          ["N%02d" % n for n in range(1, 18)])
# kinds of which one example was found: it, and two further inputs at least
KINDS = (["A%02d" % n for n in range(1, 11)] +
         ["B%02d" % n for n in range(1, 13)] +
         ["N%02d" % n for n in range(1, 6)])
INPUTS = 3
# what LVS must do
LVS = ["T%02d" % n for n in range(1, 41)]
# sentences of what a file with a director may not say
LVS_INPUT = ["I%02d" % n for n in range(1, 53)]
TABLES = (("tests/faults.txt", "faults", FAULTS, KINDS),
          ("tests/lvs.txt", "lvs", LVS, ()),
          ("tests/lvs-input.txt", "lvs input", LVS_INPUT, ()))
STAGES = ("case", "unit", "netns", "mutation", "model", "uml")
LOGS = "build/check/"


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return None


def read_all(pattern):
    return "".join(read(path) for path in sorted(glob.glob(pattern)))


def lines_of(path):
    for number, line in enumerate(read(path).splitlines(), 1):
        words = line.split("#")[0].split()
        if words:
            yield number, words


def lists_of(text):
    """The tests that are run with each of a list of inputs."""
    found, is_list = set(), False
    for line in text.splitlines():
        if line.startswith("@"):
            is_list = is_list or line.startswith("@pytest.mark.parametrize")
        elif line.startswith("def "):
            if is_list:
                found.add(line[4:line.index("(")])
            is_list = False
    return found


class Existing:
    """What the tree has, by stage."""

    def __init__(self):
        sys.path.insert(0, "tests/sim")
        sys.dont_write_bytecode = True
        from mutations import MUTATIONS
        self.mutations = {row[0] for row in MUTATIONS}
        self.unit = set(re.findall(r"^static void\s+((?:test|[A-Z]\d+)_\w+)\(",
                                   read_all("tests/unit/*.c"), re.M))
        self.netns = set(re.findall(r"^def (test_\w+)\(",
                                    read_all("tests/netns/test_*.py"), re.M))
        self.lists = lists_of(read_all("tests/netns/test_*.py"))
        self.model = read_all("tests/model/*")
        self.uml = read_all("tests/uml/*")

    def inputs(self, stage, test):
        """How many, at least; a mutation or a model's mutant is none."""
        if stage in ("mutation", "model"):
            return 0
        return 2 if stage == "netns" and test in self.lists else 1

    def has(self, stage, test):
        if stage == "case":
            return os.path.isfile("tests/sim/cases/" + test)
        if stage == "unit":
            return test in self.unit
        if stage == "netns":
            return test in self.netns
        if stage == "mutation":
            return test in self.mutations
        if stage == "uml" and test in self.netns:
            return True     # in a guest
        text = self.model if stage == "model" else self.uml
        return re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(test),
                         text) is not None


class Ran:
    """What make check has run and found good, by stage."""

    def __init__(self):
        self.good, self.bad, self.skipped = set(), set(), set()
        for path in glob.glob(LOGS + "netns-*.xml") + glob.glob(
                LOGS + "uml*.xml"):
            for case in tree.parse(path).getroot().iter("testcase"):
                name = case.get("name").split("[")[0]
                if any(case.find(kind) is not None
                       for kind in ("failure", "error")):
                    self.bad.add(name)
                elif case.find("skipped") is not None:
                    self.skipped.add(name)
                else:
                    self.good.add(name)
        self.unit = set((read("build/tests/unit.ran") or "").split())
        self.cases = read(LOGS + "cases.log") or ""
        self.logs = {"model": read(LOGS + "model.log") or "",
                     "uml": read(LOGS + "uml.log") or "",
                     "mutation": read(LOGS + "mutations.log")}

    def why_not(self, stage, test):
        """"" if it ran and passed."""
        if stage == "case":
            if not re.search(r"^cases: \d+ passed, \d+ failed$", self.cases,
                             re.M):
                return "the cases did not run"
            return "failed" if test in self.cases else ""
        if stage == "unit":
            return "" if test in self.unit else "did not run or failed"
        if stage == "mutation":
            return ("" if self.logs["mutation"] is not None
                    else "the mutations were not looked at")
        if stage == "uml" and "uml: skipped: " in self.logs["uml"]:
            return ""  # the stage has said by name that it cannot run here
        if test in self.bad:
            return "failed"
        if test in self.good:
            return ""
        if test in self.skipped:
            return "was skipped"
        if stage == "uml" and re.search("^uml: skipped: ", self.logs["uml"],
                                        re.M):
            return ""   # no such guests here; check.sh says so at the end
        lines = [line for line in self.logs.get(stage, "").splitlines()
                 if re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(test),
                              line)]
        if not lines:
            return "did not run"
        return "failed" if any(re.search(r"FAILED|cannot be built", line)
                               for line in lines) else ""


def look_at(table, existing, ran):
    """One table: prints what is wrong with it; is anything?"""
    path, word, names, kinds = table
    wrong, shown, tests = [], {}, set()
    for number, words in lines_of(path):
        place = "%s:%d: " % (path, number)
        if len(words) != 3 or words[1] not in STAGES:
            wrong.append(place + "not NAME STAGE TEST: " + " ".join(words))
            continue
        fault, stage, test = words
        if fault not in names:
            wrong.append(place + fault + " is not of the list")
        elif not existing.has(stage, test):
            wrong.append(place + "%s: there is no %s test %s" %
                         (fault, stage, test))
        else:
            why = ran.why_not(stage, test) if ran else ""
            if why:
                wrong.append(place + "%s: %s: %s" % (fault, test, why))
            shown[fault] = (shown.get(fault, 0) +
                            existing.inputs(stage, test))
            tests.add((stage, test))
    absent = [fault for fault in names if fault not in shown]
    for fault in kinds:
        if 0 < shown.get(fault, 0) < INPUTS:
            wrong.append("%s: %s is a kind, and has %d of %d inputs" %
                         (path, fault, shown[fault], INPUTS))
    for line in wrong:
        print("%s: %s" % (word, line))
    if absent:
        print("%s: without a test: %s" % (word, " ".join(absent)))
    print("%s: %d of %d have tests, %d tests in all%s" %
          (word, len(shown), len(names), len(tests),
           ", which ran and passed" if ran and not wrong else ""))
    return bool(wrong or (ran and absent))


def main():
    existing = Existing()
    ran = Ran() if "--ran" in sys.argv[1:] else None
    return int(any([look_at(table, existing, ran) for table in TABLES]))


if __name__ == "__main__":
    sys.exit(main())
