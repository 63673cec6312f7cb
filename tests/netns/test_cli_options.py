# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of twinbeat(8): wrong words, help, the options of all
commands."""
import os
import re
import subprocess

import pytest

from lab import BUILD
from test_cli import TWINBEAT, conf, run, run_dir, switch  # noqa: F401


@pytest.mark.parametrize("words", [
    [], ["--nonsense"], ["frobnicate"], ["history", "-n", "x"],
    ["history", "-n", "0"], ["history", "all"], ["status", "--jsn"],
    ["status", "more"], ["fence"], ["fence", "lb01"],
    ["fence", "lb01", "--action", "melt", "--yes"],
    ["fence", "lb01", "--action"], ["fence", "lb01", "lb02", "--yes"],
    ["fence", "lb01", "--yes=no"], ["confirm"], ["confirm", "lb01"],
    ["maintenance"], ["maintenance", "perhaps"], ["handover", "now"],
    ["keygen"], ["--run-dir"], ["check", "a", "b"], ["status", "--run-dir"],
    ["help", "nonsense"], ["help", "fence", "check"], ["-x"],
    ["status", "--", "--node", "lb01"],
], ids=" ".join)
def test_wrong_usage_is_exit_2_and_one_sentence(words):
    done = run(*words)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("twinbeat: ")


def test_a_typo_gets_a_suggestion():
    assert "did you mean 'status'?" in run("statsu").stderr
    assert "did you mean 'maintenance'?" in run("maint").stderr
    assert "did you mean" not in run("xyzzy").stderr
    assert "did you mean 'status'?" in run("help", "statsu").stderr


def test_help_is_a_word_too():
    assert run("help").stdout == run("--help").stdout == run("-h").stdout
    assert run("help").returncode == 0
    assert run("help", "fence").stdout == run("fence", "--help").stdout


def test_the_options_of_all_commands_may_stand_behind_one(run_dir, conf):
    assert "cannot reach twinbeatd at " + run_dir in \
        run("status", "--run-dir=" + run_dir).stderr
    before = run("--node", "lb02", "-c", conf, "check")
    for words in (["check", "--node", "lb02", conf],
                  ["check", conf, "--node=lb02"],
                  ["check", "-c", conf, "--node", "lb02"],
                  ["--node", "lb01", "check", "--node", "lb02", conf]):
        done = run(*words)
        assert (done.returncode, done.stdout) == \
            (before.returncode, before.stdout), words
    assert "no node \"lb03\"" in run("check", "--node", "lb03", conf).stdout


def test_version():
    assert re.fullmatch(r"twinbeat \d+\.\d+\.\d+\n", run("--version").stdout)
    assert run("-V").stdout == run("--version").stdout
    for option in ("-V", "--version"):
        done = subprocess.run([TWINBEAT + "d", option], text=True,
                              capture_output=True, check=False)
        assert re.fullmatch(r"twinbeatd \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("words", ((), ("--help",)))
@pytest.mark.parametrize("name", ("checker", "director", "fencer", "keeper", "loader",
                                  "notifier", "opener", "runner", "watchdog"))
def test_a_helper_started_by_hand_says_who_starts_it(name, words):
    done = subprocess.run([os.path.join(BUILD, "twinbeat-" + name), *words],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=20, check=False)
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("twinbeat-%s: " % name)
    assert "by hand" in done.stderr and "twinbeat" in done.stderr
