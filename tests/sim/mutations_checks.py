# SPDX-License-Identifier: GPL-3.0-or-later
"""Breakages of what a node's own checks are worth (R3), as mutations.py."""

MUTATIONS = [
    ("bad-checks-bar-nobody", "R3", "checks.c",
     "\tcase CORE_CHECKS_BAD:\n\t\treturn true;",
     "\tcase CORE_CHECKS_BAD:\n\t\treturn false;"),
    ("doubt-bars-the-owner", "R3", "checks.c",
     "\tcase CORE_CHECKS_DOUBTED:\n\t\treturn !instance->own;",
     "\tcase CORE_CHECKS_DOUBTED:\n\t\treturn true;"),
    ("doubt-bars-nobody", "R3", "checks.c",
     "\tcase CORE_CHECKS_DOUBTED:\n\t\treturn !instance->own;",
     "\tcase CORE_CHECKS_DOUBTED:\n\t\treturn false;"),
    ("checks-that-do-not-run-are-good", "R3", "checks.c",
     "return !instance->own || checks_are_known(core, i);",
     "return !instance->own;"),
    ("checks-that-have-not-run-are-good", "R3", "checks.c",
     "return !instance->own || checks_are_known(core, i);",
     "return checks_are_known(core, i);"),
    ("new-checks-unseat-the-owner", "R3", "checks.c",
     "return !instance->own || checks_are_known(core, i);",
     "return true;"),
    ("no-checks-yet-is-an-alert", "R3", "instance.c",
     "return known && checks_are_known(core, i);",
     "return known;"),
]
