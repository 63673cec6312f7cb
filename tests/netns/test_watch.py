# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat watch: on a terminal, in a pipe, beside a daemon that comes and
goes."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from fake_daemon import ALERT, FakeDaemon, status_with
from lab import wait_for
from test_cli import TWINBEAT, run_dir  # noqa: F401 (a fixture)


class Screen:
    """watch on a terminal of its own; what it last drew."""

    def __init__(self, directory, rows=24, columns=80, term="xterm"):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.text = ""
        self.process = subprocess.Popen(
            [TWINBEAT, "--run-dir", directory, "watch"], stdin=slave,
            stdout=slave, stderr=slave, env=dict(os.environ, TERM=term))

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.text += os.read(self.master, 65536).decode()
        return self.text

    def drawn(self):
        """The lines of the last whole picture."""
        pictures = re.findall("\033\\[H(.*?)\033\\[J", self.read(), re.S)
        return pictures[-1].replace("\033[K", "").split("\r\n") \
            if pictures else []

    def wait(self, words):
        return wait_for("%r is drawn" % words, lambda: [
            line for line in self.drawn() if words in line], 10)

    def ends(self, key=None):
        if key:
            os.write(self.master, key)
        code = self.process.wait(timeout=10)
        assert self.read().endswith("\033[?25h\033[?1049l")
        assert termios.tcgetattr(self.slave) == self.before
        return code

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def screen(run_dir):  # noqa: F811
    made = []

    def make(**options):
        made.append(Screen(run_dir, **options))
        return made[-1]
    yield make
    for one in made:
        one.close()


def answer_with(daemon, status):
    daemon.answers[("status", None)] = [
        {"done": True, "ok": True, "text": "", "status": status}]


def test_the_picture_follows_the_pair(run_dir, screen):  # noqa: F811
    with FakeDaemon(run_dir) as daemon:
        on = screen()
        on.wait("ALL WELL")
        answer_with(daemon, status_with(alerts=[ALERT], peer__state="silent"))
        on.wait("link-down")
        lines = on.drawn()
        assert len(lines) <= 24 and max(map(len, lines)) < 80
        assert lines[-1].endswith("q ends")
        # no word of it is told by a colour alone, or moves the cursor
        assert "\033" not in "".join(lines)
        assert on.ends(b"q") == 0


def test_a_window_of_another_size_is_filled(run_dir, screen):  # noqa: F811
    with FakeDaemon(run_dir):
        on = screen(rows=6, columns=40)
        line = on.wait("more lines in a larger window")[0]
        assert len(on.drawn()) == 6 and max(map(len, on.drawn()[:-1])) < 40
        assert int(re.search(r"(\d+) more", line).group(1)) > 10
        on.resize(60, 132)
        wait_for("all of it", lambda: len(on.drawn()) > 20 and
                 "more lines" not in on.drawn()[-1])
        on.process.send_signal(signal.SIGINT)
        assert on.ends() == 0


def test_a_daemon_that_goes_and_comes_is_waited_for(run_dir, screen):  # noqa: F811,E501
    with FakeDaemon(run_dir):
        on = screen()
        on.wait("ALL WELL")
    on.wait("cannot reach twinbeatd")
    with FakeDaemon(run_dir):
        on.wait("ALL WELL")
        assert on.ends(b"q") == 0


@pytest.mark.parametrize("is_terminal", [True, False])
def test_without_a_screen_each_change_is_a_line(run_dir, is_terminal):  # noqa: F811,E501
    master, slave = pty.openpty() if is_terminal else os.pipe()
    text = [""]

    def read():
        while select.select([master], [], [], 0)[0]:
            text[0] += os.read(master, 65536).decode().replace("\r", "")
        return text[0]
    with FakeDaemon(run_dir) as daemon, subprocess.Popen(
            [TWINBEAT, "--run-dir", run_dir, "watch"], stdout=slave,
            stdin=subprocess.DEVNULL, env=dict(os.environ, TERM="dumb")) as on:
        wait_for("a first line", lambda: "ALL WELL" in read())
        answer_with(daemon, status_with(alerts=[ALERT]))
        wait_for("the alert", lambda: "  alert link-down: " in read())
        answer_with(daemon, status_with())
        wait_for("its end", lambda: "  resolved link-down: " in read())
        time.sleep(1.2)     # two more looks: nothing changes, no line
        lines = read().split("\n")[:-1]
        on.send_signal(signal.SIGTERM)
        assert on.wait(timeout=10) == 0
    os.close(master)
    os.close(slave)
    assert len(lines) == 5 and "\033" not in text[0], lines
    assert all(re.match(r"\d\d:\d\d:\d\d  \S", line) for line in lines)


def test_no_daemon_at_the_start_is_exit_3(run_dir):  # noqa: F811
    done = subprocess.run([TWINBEAT, "--run-dir", run_dir, "watch"],
                          stderr=subprocess.PIPE, check=False, text=True)
    assert done.returncode == 3 and "cannot reach twinbeatd" in done.stderr
