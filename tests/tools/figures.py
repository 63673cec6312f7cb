#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of a tree: rooms, includes, sizes, assertions, variables, duplicates.

    figures.py [TREE...]     a column each, the working tree where none is named

A tree that was built (TREE/build/obj) also has its variables counted. Which
room stands below which is asked of the tree's own tests/lint.sh; one without
such a table has that of OLD_FLOORS.
"""
import collections
import glob
import os
import re
import statistics
import subprocess
import sys

OLD_FLOORS = ("src/wire | src/core src/link drivers | fence | "
              "src/daemon src/keeper src/runner src/cli")
# one of each: who names it, outside of what is its own?
EXAMPLES = (("driver ipmi", r'"ipmi|\bipmi_|DRIVER_IPMI', ("drivers/ipmi",)),
            ("link serial", r"\bserial_(send|receive|close|edge)|LINK_SERIAL|"
             r"link_serial\b", ("src/link/serial",)),
            ("key startup_ms", r"\bunclean_startup_ms\b", ()))
RUN = 6     # lines that stand elsewhere, too
THIN = re.compile(r"^(#include.*|[{}();,\s]*|/?\*.*|return.*;|break;|else.*)$")


def room_of(path):
    folder = os.path.dirname(path)
    if folder.startswith("drivers"):
        return "drivers"
    return "src/link" if folder.startswith("src/link") else folder


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = {}
        for top in ("src", "drivers", "fence"):
            for path in sorted(glob.glob(os.path.join(root, top, "**", "*.[ch]"),
                                         recursive=True)):
                with open(path, encoding="utf-8") as f:
                    self.files[os.path.relpath(path, root)] = f.read().split("\n")
        self.lines = {path: len(text) - 1 for path, text in self.files.items()}

    def rooms(self):
        size = collections.Counter()
        for path, lines in self.lines.items():
            size[room_of(path)] += lines
        return size

    def levels(self):
        with open(os.path.join(self.root, "tests/lint.sh"), encoding="utf-8") as f:
            found = re.search(r"^floors='([^']*)'", f.read(), re.M)
        floors = found.group(1) if found else OLD_FLOORS
        return {room: at for at, floor in enumerate(floors.split("|"))
                for room in floor.split()}

    def upward(self):
        """(room, room) of each include that does not run downwards."""
        level, arrows = self.levels(), []
        for path, text in self.files.items():
            for line in text:
                found = re.match(r'#include "([^"]+)"', line)
                if not found:
                    continue
                target = os.path.normpath(os.path.join(os.path.dirname(path),
                                                       found.group(1)))
                one, other = room_of(path), room_of(target)
                if one != other and target in self.files and (
                        level.get(other, 0) >= level.get(one, 99)):
                    arrows.append((one, other))
        return arrows

    def functions(self):
        sizes = []
        for path, text in self.files.items():
            begin = None
            for number, line in enumerate(text):
                if line.startswith("{"):
                    begin = number
                elif line.startswith("}") and begin is not None:
                    sizes.append((number - begin + 1, path))
                    begin = None
        return sizes

    def who_names(self, words, own):
        return sorted(path for path, text in self.files.items()
                      if not path.startswith(own or ("/",))
                      and re.search(words, "\n".join(text)))

    def assertions(self):
        core = [path for path in self.files
                if path.startswith("src/core/") and path.endswith(".c")]
        count = sum(len(re.findall(r"^\s+(?:assert|IMPLIES)\(",
                                   "\n".join(self.files[path]), re.M))
                    for path in core)
        return 1000 * count / sum(self.lines[path] for path in core)

    def variables(self):
        """What can change and outlives a function: data and bss of each object.
        A table of constants with addresses in it is in .data.rel.ro."""
        objects = glob.glob(os.path.join(self.root, "build/obj/*/**/*.o"),
                            recursive=True)
        objects = [path for path in objects if "/obj/tests/" not in path]
        if not objects:
            return None
        said = subprocess.run(["objdump", "-t", *objects], text=True,
                              stdout=subprocess.PIPE, check=True).stdout
        return len(re.findall(r"^[0-9a-f]+ .{6}O \.t?(?:bss|data(?!\.rel\.ro))",
                              said, re.M))

    def duplicates(self):
        """Lines of runs that stand in two places or more, without thin ones."""
        places = collections.defaultdict(list)
        for path, text in self.files.items():
            kept = [(number, " ".join(line.split()))
                    for number, line in enumerate(text)
                    if not THIN.match(line.strip())]
            for at in range(len(kept) - RUN + 1):
                run = kept[at:at + RUN]
                places["\n".join(line for _, line in run)].append(
                    [(path, number) for number, _ in run])
        twice = set()
        for found in places.values():
            if len(found) > 1:
                twice.update(line for run in found for line in run)
        return len(twice)


def column(root):
    tree = Tree(root)
    rooms, total = tree.rooms(), sum(tree.lines.values())
    largest, size = rooms.most_common(1)[0]
    functions = tree.functions()
    c_files = [n for path, n in tree.lines.items() if path.endswith(".c")]
    headers = [n for path, n in tree.lines.items() if path.endswith(".h")]
    arrows = tree.upward()
    longest = max(functions)
    at = max(tree.lines, key=tree.lines.get)
    variables = tree.variables()
    rows = [("lines of C", "%d" % total),
            ("rooms", "%d" % len(rooms)),
            ("largest room", "%s %.0f %%" % (largest, 100 * size / total)),
            ("upward includes (arrows between rooms)",
             "%d (%d)" % (len(arrows), len(set(arrows))))]
    rows += [("files that name the %s, but its own" % name,
              "%d" % len(tree.who_names(words, own)))
             for name, words, own in EXAMPLES]
    rows += [("median .c / .h", "%d / %d" % (statistics.median(c_files),
                                             statistics.median(headers))),
             ("longest file", "%d %s" % (tree.lines[at], os.path.basename(at))),
             ("function, median / 90 % / longest", "%d / %d / %d" % (
                 statistics.median(n for n, _ in functions),
                 sorted(n for n, _ in functions)[len(functions) * 9 // 10],
                 longest[0])),
             ("assertions per 1,000 lines of core (.c)", "%.1f" % tree.assertions()),
             ("variables at file scope", "not built" if variables is None
              else "%d" % variables),
             ("lines in runs of %d that stand twice" % RUN,
              "%d" % tree.duplicates())]
    return rows


def main():
    roots = sys.argv[1:] or [os.path.dirname(os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))]
    columns = [column(root) for root in roots]
    for row in zip(*columns):
        print("| %-50s | %s |" % (row[0][0], " | ".join(
            "%-26s" % cell for _, cell in row)))


if __name__ == "__main__":
    main()
