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
    ["status", "--", "--node", "lb01"], ["director", "frobnicate"],
    ["director", "drain"], ["director", "drain", "web"],
    ["director", "weight", "web/web1", "0"], ["director", "probe"],
    ["director", "diff", "web"], ["check", "--print", "--keys"],
    ["check", "--keys", "--against", "a"],
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


def test_a_word_of_director_says_what_comes_behind_it():
    """The list of all words is no help for who has said one."""
    for words, behind in (
            (["drain"], "behind drain comes SERVICE/SERVER, as web/web1"),
            (["enable", "web"], "behind enable comes SERVICE/SERVER"),
            (["weight", "web/web1"], "and 1 to 100 percent, or auto"),
            (["weight", "web/web1", "101"], "and 1 to 100 percent, or auto"),
            (["list", "a", "b"], "nothing, or the name of one service"),
            (["flush", "web"], "behind flush comes nothing"),
            (["drian", "web/web1"], "there is no 'drian': say list, drain")):
        assert behind in run("director", *words).stderr, words


@pytest.fixture
def of_root(tmp_path, conf):
    """Directories and files as installed, for who may read none of them."""
    for name in ("run", "state"):
        os.makedirs(tmp_path / name, exist_ok=True)
        os.chmod(tmp_path / name, 0o750)
    (tmp_path / "state" / "journal").write_text("")
    run("keygen", tmp_path / "key")
    for path in [tmp_path, *tmp_path.parents]:
        if path.stat().st_mode & 0o055 != 0o055:
            os.chmod(path, path.stat().st_mode | 0o055)
    return ["--run-dir", tmp_path / "run", "--state-dir", tmp_path / "state",
            "-c", conf, "--node", "lb01"]


@pytest.mark.parametrize("words, code, said", (
    ("status", 3, "only root may ask"),
    ("fence lb02 --yes", 3, "say it as root"),
    ("fence lb02 --action status", 3, "say it as root"),
    ("history", 1, "say it as root"), ("timeline", 1, "say it as root"),
    ("director flush", 1, "say it as root"),
    ("keygen /etc/twinbeat.key", 1, "say it as root"),
    ("check", 1, "say it as root"),
    ("doctor --quick", 1, "run twinbeat doctor as root"),
))
def test_who_is_not_root_is_told_so(of_root, words, code, said):
    """And nothing that is not so: that nothing is in the kernel, or that a
    daemon lost its directory."""
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
         TWINBEAT, *map(str, of_root), *words.split()], text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    told = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode, said in told) == (code, True), told
    assert "nothing in the kernel" not in told and "removed" not in told
    assert "systemctl start" not in told


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
