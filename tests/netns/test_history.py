# SPDX-License-Identifier: GPL-3.0-or-later
"""The history on disk: what a power cut leaves of it."""
import json
import os

import pytest

from test_daemon import wait_for


@pytest.mark.parametrize("tail", [
    b'{"seq":4712,"at":"2026-', b"\0" * 300, b"\0" * 30000,
    b"\xff{" * 20000, b'\0{"se', b""],
    ids=["torn", "zeros", "pages of zeros", "noise", "both", "whole"])
def test_the_history_goes_on_after_a_damaged_end(daemon, tail):
    """What a power cut leaves: no number comes twice, no line is glued to
    what stands there, and the size stays bounded."""
    path = os.path.join(daemon.state_dir, "journal")
    os.makedirs(daemon.state_dir)
    with open(path, "wb") as f:
        for seq in range(4000, 4712):
            f.write(b'{"seq":%d,"at":"2026-01-01T00:00:00Z","kind":"x"}\n' %
                    seq)
        f.write(tail)
    daemon.start()

    def fresh():
        with open(path, "rb") as f:
            lines = [line for line in f.read().split(b"\n")
                     if line.startswith(b'{"seq":') and b'"kind":"x"' not in
                     line and line.endswith(b"}")]
        return [json.loads(line)["seq"] for line in lines]

    wait_for("a line", fresh)
    numbers = fresh()
    assert numbers[0] in (4712, 4713)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def numbers(path):
    with open(path, "rb") as f:
        return [json.loads(line)["seq"] for line in f]


def make_events(daemon, count):
    """Each maintenance on, and off, is a line at least."""
    for number in range(count):
        daemon.ask('{"command":"maintenance","on":%s}\n' % (
            "true" if number % 2 == 0 else "false"), 10)


@pytest.mark.parametrize("way", ["removed", "replaced", "folder moved"])
def test_a_history_that_is_taken_away_begins_anew_and_goes_on_counting(daemon,
                                                                       way):
    """Else what happens from then on is written to a file without a name."""
    path = os.path.join(daemon.state_dir, "journal")
    daemon.start()
    wait_for("a line", lambda: os.path.exists(path) and numbers(path))
    last = numbers(path)[-1]
    if way == "removed":
        os.unlink(path)
    elif way == "replaced":
        with open(path + ".new", "wb"):
            pass
        os.rename(path + ".new", path)
    else:
        os.rename(daemon.state_dir, daemon.state_dir + ".old")
        make_events(daemon, 2)
        wait_for("it is told", lambda: "state-unwritable" in daemon.alerts())
        os.mkdir(daemon.state_dir, 0o700)
    make_events(daemon, 2)
    wait_for("a history", lambda: os.path.exists(path) and numbers(path), 15)
    seen = numbers(path)
    assert seen[0] > last, (last, seen)
    assert seen == list(range(seen[0], seen[0] + len(seen)))
    wait_for("nothing is wrong any more",
             lambda: "state-unwritable" not in daemon.alerts(), 15)


def test_a_full_history_that_cannot_be_set_aside_grows_no_more(daemon):
    path = os.path.join(daemon.state_dir, "journal")
    os.makedirs(path + ".1")
    with open(path, "wb") as f:
        seq = 0
        while f.tell() < 1024 * 1024 - 300:
            seq += 1
            f.write(b'{"seq":%d,"at":"2026-01-01T00:00:00Z","kind":"x"}\n' %
                    seq)
    daemon.start()
    make_events(daemon, 6)
    wait_for("it is told", lambda: "state-unwritable" in daemon.alerts())
    size = os.path.getsize(path)
    make_events(daemon, 6)
    assert os.path.getsize(path) == size < 1024 * 1024 + 4096
    os.rmdir(path + ".1")
    make_events(daemon, 2)
    wait_for("it goes on", lambda: os.path.isfile(path + ".1") and
             os.path.exists(path) and numbers(path), 15)
    seen = numbers(path + ".1") + numbers(path)
    assert seen == list(range(1, len(seen) + 1))
    with open(path, encoding="ascii") as f:
        assert "lines before this one could not be written" in f.read()
