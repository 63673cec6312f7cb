# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat fence without a daemon, at bad moments: power that comes back, a
reader that goes away, closed files, half a machine. The rest is in test_cli.
"""
import json
import re
import subprocess

import pytest

from fence_lab import free_port
from test_cli import (TWINBEAT, FakeDaemon, Terminal,  # noqa: F401
                      conf, direct, fence_answers, run_dir, switch)


def slow_supply(conf, wait_ms=1500):
    """A file like conf whose switch has that power_wait_ms."""
    with open(conf, encoding="ascii") as text:
        changed = re.sub(r"power_wait_ms = \d+", "power_wait_ms = %d" %
                         wait_ms, text.read())
    assert "power_wait_ms = %d" % wait_ms in changed
    path = conf + ".slow"
    with open(path, "w", encoding="ascii") as out:
        out.write(changed)
    return path


def begin_direct(run_dir, conf, *words, **options):
    return subprocess.Popen(
        [TWINBEAT, "--run-dir", run_dir, "-c", conf, "--node", "lb02",
         "fence", "lb01", "--yes"] + list(words), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize("before", ["on", "off"])
def test_R6_on_again_while_the_supply_drains(run_dir, conf, switch, before):
    switch.tell("%s 1" % before)
    tool = begin_direct(run_dir, slow_supply(conf))
    while "may hold on" not in tool.stdout.readline():
        pass
    switch.tell("on 1")
    out, error = tool.communicate(timeout=20)
    assert tool.returncode == 1, out
    assert "NOT known to be off" in " ".join(error.split())


def test_R13_reboot_without_a_reader_ends_with_power(run_dir, conf, switch):
    tool = begin_direct(run_dir, conf, "--action", "reboot")
    assert "working directly" in tool.stdout.readline()
    tool.stdout.close()
    tool.stderr.close()
    assert tool.wait(timeout=20) == 1  # what it said was lost
    assert [r["function"] for r in switch.requests(5)] == [5, 5]
    assert switch.plug(1)["power"]


def test_R13_fence_with_closed_standard_files(run_dir, conf, switch):
    """No socket of ours may get the number of what was closed."""
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', TWINBEAT, "--run-dir",
         run_dir, "-c", conf, "--node", "lb02", "fence", "lb01", "--yes"],
        timeout=20, check=False)
    assert done.returncode == 0
    assert not switch.plug(1)["power"]


def test_R13_typed_ahead_is_no_answer(run_dir):
    """What a hand typed while the command still looked answers nothing."""
    answers = fence_answers("status", True, "on", "on")
    answers[("fence", "status")].insert(0, 1.0)
    answers.update(fence_answers("off", True, "on", "off"))
    with FakeDaemon(run_dir, answers) as daemon:
        terminal = Terminal("--run-dir", run_dir, "fence", "lb01")
        terminal.type("lb01\n")
        terminal.expect("anything else to leave it: ")
        terminal.type("\n")
        assert terminal.end() == 1
    assert "nothing was switched" in terminal.seen
    assert [r["action"] for r in daemon.requests
            if r["command"] == "fence"] == ["status"]


def two_supplies(conf, switch):
    """lb01 hangs on two switches at one level."""
    with open(conf, encoding="ascii") as text:
        changed = text.read()
    start = changed.index('  { name = "pdu"')
    end = changed.index("; }", start) + 3
    first = changed[start:end]
    second = first.replace('"pdu"', '"pdu2"').replace(
        str(switch.port), str(free_port()))
    changed = changed.replace(first, first + ",\n" + second)
    plug = '{ level = 1; device = "pdu"; plug = 1; }'
    assert plug in changed
    changed = changed.replace(plug, plug + ", " +
                              plug.replace('"pdu"', '"pdu2"'))
    path = conf + ".two"
    with open(path, "w", encoding="ascii") as out:
        out.write(changed)
    return path


def test_R6_one_supply_of_two_is_not_off(run_dir, conf, switch):
    path = two_supplies(conf, switch)
    switch.tell("off 1")
    done = direct(run_dir, path, "lb01", "--action", "status", "--device",
                  "pdu", "--json")
    said = json.loads(done.stdout)
    assert said["result"] == "unknown", said
    assert "does not show that it is off" in said["text"]
    done = direct(run_dir, path, "lb01", "--dry-run", "--device", "pdu")
    assert done.returncode == 1
    assert "its level has others" in " ".join(done.stderr.split())
