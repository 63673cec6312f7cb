# SPDX-License-Identifier: GPL-3.0-or-later
"""Modbus RTU: libmodbus serves one end of a pty pair, the driver gets the
other. On such a line an answer says neither to whom nor to what: what another
master was told must never become a proof."""
import fcntl
import json
import os
import subprocess
import time

import pytest

from fence_lab import TOOLS, Fencer, plug
from lab import wait_for


class Line:
    """A power_line process: one relay board."""

    def __init__(self, folder, unit=1):
        self.path = os.path.join(folder, "line%d" % unit)
        self.process = subprocess.Popen(
            [os.path.join(TOOLS, "power_line"), "--link", self.path,
             "--unit", str(unit)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            bufsize=1)
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        answer = self.process.stdout.readline().strip()
        assert answer != "error", command
        return answer

    def state(self):
        return json.loads(self.tell("state"))

    def on(self, number):
        return self.state()["coils"][number - 1] == 1

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def device(board, **fields):
    words = dict(name="relays", line=board.path, connect_ms=300,
                 response_ms=150, settle_ms=10)
    words.update(fields)
    return "device " + " ".join("%s=%s" % item for item in words.items())


@pytest.fixture(name="lab")
def make_lab(tmp_path):
    class Lab:
        def __init__(self):
            self.made = []

        def line(self, **options):
            self.made.append(Line(str(tmp_path), **options))
            return self.made[-1]

        def fencer(self, *settings):
            self.made.append(Fencer(*settings))
            return self.made[-1]
    lab = Lab()
    yield lab
    for thing in reversed(lab.made):
        thing.stop()


@pytest.fixture(name="one")
def make_one(lab):
    line = lab.line()
    return line, lab.fencer(device(line), plug(1, 0, 2))


def assert_not_off(done):
    assert done["outcome"] in ("failed", "unknown"), done
    assert "relays at" in done["text"] and "unit 1" in done["text"], done


@pytest.mark.parametrize("baud", [1200, 9600, 115200])
def test_R6_off_and_on_over_a_line(lab, baud):
    line = lab.line()
    fencer = lab.fencer(device(line, baud=baud), plug(1, 0, 2))
    done = fencer.run("off")
    assert done["outcome"] == "off" and not line.on(2) and line.on(1)
    # read, write, and three reads: an off is asked for three times
    assert line.state()["requests"] == 5
    assert fencer.run("on")["outcome"] == "on" and line.on(2)
    print("%d baud, no pacing: request to verified off %d us" %
          (baud, done["took_us"]))


def test_R6_welded_relay_on_a_line(one):
    line, fencer = one
    line.tell("weld 2")
    done = fencer.run("off")
    assert done["outcome"] == "failed" and "still reads on" in done["text"]


@pytest.mark.parametrize("fault", ["silent", "crc", "echo", "unit",
                                   "trailing", "chatter", "half"])
def test_R6_bad_lines_prove_nothing(one, fault):
    line, fencer = one
    assert fencer.run("off")["outcome"] == "off"
    line.tell("fault " + fault)     # a right answer would read off
    done = fencer.run("read")
    assert done["plugs"][0] == "unknown" and done["ok"] == 0
    done = fencer.run("off")
    assert_not_off(done)
    assert done["took_us"] < 4000000
    line.tell("fault none")
    assert fencer.run("off")["outcome"] == "already-off"


@pytest.mark.parametrize("fault", ["crc", "unit", "trailing", "chatter",
                                   "half"])
def test_R6_a_collision_is_outlived(one, fault):
    line, fencer = one
    line.tell("fault %s 1" % fault)
    assert fencer.run("off")["outcome"] == "off" and not line.on(2)


def test_R6_the_answer_of_another_master_is_no_off(one):
    """Well formed, from our unit, and about another plug: it reads off."""
    line, fencer = one
    line.tell("fault other 1")
    done = fencer.run("read")
    assert done["plugs"][0] == "unknown" and "another master" in done["text"]
    line.tell("weld 2")
    line.tell("fault other 1")
    done = fencer.run("off")
    assert done["outcome"] == "failed" and line.on(2), done


def test_R6_an_adapter_that_hears_itself(one):
    """It confirms each write by echo; the read-back is never right."""
    line, fencer = one
    line.tell("fault echo")
    assert_not_off(fencer.run("off"))


def test_the_line_is_waited_for(one):
    """Another program of ours has it for a moment."""
    line, fencer = one
    fd = os.open(line.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    number = fencer.ask("off")
    time.sleep(0.1)
    assert line.state()["requests"] == 0, "spoke without the lock"
    os.close(fd)
    assert fencer.wait(number)["outcome"] == "off"


def test_a_line_that_is_held_is_named(one):
    line, fencer = one
    fd = os.open(line.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    done = fencer.run("off")
    os.close(fd)
    assert_not_off(done)
    assert "another program has held the port" in done["text"]
    assert line.state()["requests"] == 0


def test_a_killed_attempt_leaves_the_line_usable(one):
    """The lock goes with it."""
    line, fencer = one
    line.tell("fault silent 1")
    fencer.ask("read")
    time.sleep(0.05)
    killed = fencer.children()
    for child in killed:
        os.kill(child, 9)
    # the one that stands ready, too: an order on its way to it is lost
    wait_for("they are reaped",
             lambda: not set(killed) & set(fencer.children()))
    assert fencer.run("off")["outcome"] == "off" and not line.on(2)


def test_two_fencers_on_one_line(lab):
    line = lab.line()
    fencers = [lab.fencer(device(line, connect_ms=800), plug(1, 0, n))
               for n in (1, 2)]
    for _ in range(5):
        for kind in ("off", "on"):
            numbers = [fencer.ask(kind) for fencer in fencers]
            for fencer, number in zip(fencers, numbers):
                assert fencer.wait(number)["outcome"] == kind


def test_rs485_modes_that_a_port_cannot(lab):
    line = lab.line()
    for mode, word in ((1, "kernel"), (2, "RTS"), (3, "RTS")):
        fencer = lab.fencer(device(line, rs485=mode), plug(1, 0, 2))
        done = fencer.run("off")
        assert_not_off(done)
        assert word in done["text"]
    assert line.on(2)


@pytest.mark.parametrize("fields,word", [
    ({"line": "/nonexistent/tty"}, "cannot be opened"),
    ({"line": "/dev/null"}, "no serial port"),
    ({"baud": 12345}, "baud"), ({"unit": 0}, "unit 0"),
])
def test_impossible_lines(lab, fields, word):
    line = lab.line()
    fencer = lab.fencer(device(line, **fields), plug(1, 0, 2))
    done = fencer.run("off")
    assert done["outcome"] in ("failed", "unknown") and word in done["text"]
    assert line.state()["requests"] == 0
