# SPDX-License-Identifier: GPL-3.0-or-later
"""make demo as a person gets it: the play, and the pair that stays."""
import os
import re
import subprocess
import sys
import threading

DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo.py")
ACTS = [("steady state", "-", "lb01"),
        ("serial pulled, put back", "-", "lb01"),
        ("adverts filtered", "-", "lb01"),
        ("path broken", "fenced", "lb02"),
        ("power cut", "fenced", "lb01"),
        ("every cable cut", "fenced", "lb02"),
        ("daemon killed", "obituary", "lb01"),
        ("handover", "released", "lb02"),
        ("manual fence", "fenced", "lb01")]


def start(**environment):
    return subprocess.Popen(
        [sys.executable, DEMO], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
        env=dict(os.environ, **environment))


def test_demo_plays_every_act():
    demo = start(STAY="")
    told = demo.communicate(timeout=120)[0]
    assert demo.returncode == 0, told
    rows = re.findall(r"^(\S.*?) +\d+ ms +\d+ ms +(\S+) +(lb0\d)$", told,
                      re.MULTILINE)
    assert rows == ACTS, told
    assert "no two at once" in told.splitlines()[-1]


def in_play(play, *words):
    return subprocess.run(words, cwd=play, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=30,
                          check=True).stdout


def read_until(demo, pattern):
    """A line that matches; after a minute without one it is ended."""
    told = ""
    limit = threading.Timer(60, demo.kill)
    limit.start()
    try:
        for line in demo.stdout:
            told += line
            found = re.search(pattern, line)
            if found:
                return found
    finally:
        limit.cancel()
    raise AssertionError("no %r in %s" % (pattern, told))


def test_demo_stays_to_be_played_with():
    demo = start(STAY="1")
    try:
        play = read_until(demo, r"^  cd (\S+)$").group(1)
        read_until(demo, "served by lb01")
        assert "lb01 serves" in in_play(play, "./lb02", "status")
        in_play(play, "./path", "break")
        in_play(play, "./vrrp", "block")
        in_play(play, "./cable", "cut")
        read_until(demo, "served by lb02")
        in_play(play, "./vrrp", "pass")
        in_play(play, "./path", "mend")
        in_play(play, "./cable", "join")
        in_play(play, "./lb02", "fence", "lb01", "--action", "on", "--yes")
        read_until(demo, "lb01 boots")
        assert "this node" in in_play(play, "./lb01", "status")
        demo.stdin.write("\n")
        demo.stdin.flush()
        demo.communicate(timeout=30)
        assert demo.returncode == 0
        assert not os.path.exists(play)
    finally:
        demo.kill()
        demo.wait()
