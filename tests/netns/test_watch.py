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

import pyte
import pytest

from fake_daemon import ALERT, FakeDaemon, status_with
from lab import wait_for
from test_cli import TWINBEAT, run_dir  # noqa: F401 (a fixture)


class Screen:
    """watch on a terminal of its own. Behind it is an emulator of TERM=linux;
    of others it does not know each way to move what stands there, but all that
    a whole new picture needs."""

    def __init__(self, directory, rows=24, columns=80, term="linux",
                 shell=None, **more):
        self.master, slave = pty.openpty()
        self.drawn = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.drawn)
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.raw = b""
        self.term = term
        words = [TWINBEAT, "--run-dir", directory, "watch"]
        self.process = subprocess.Popen(
            ["bash", "-c", shell % " ".join(words)] if shell else words,
            stdin=slave,
            stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=dict(os.environ, TERM=term, **more))

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))
        self.drawn.resize(rows, columns)

    def lines(self):
        while select.select([self.master], [], [], 0)[0]:
            new = os.read(self.master, 65536)
            self.raw += new
            self.stream.feed(new)
        return [line.rstrip() for line in self.drawn.display]

    def wait(self, words):
        return wait_for("%r is drawn" % words, lambda: [
            line for line in self.lines() if words in line], 10)[0]

    def is_gone(self, words):
        return wait_for("%r is gone" % words, lambda: not [
            line for line in self.lines() if words in line], 10)

    def style(self, words):
        """Colour, bold and reverse of the first letter of words."""
        y, x = wait_for("%r is drawn" % words, lambda: [
            (y, line.index(words)) for y, line in enumerate(self.lines())
            if words in line])[0]
        letter = self.drawn.buffer[y][x]
        return letter.fg, letter.bold, letter.reverse

    def type(self, keys):
        os.write(self.master, keys)

    def is_restored(self):
        """The terminal as it was: modes, cursor, the shell's own screen."""
        self.lines()
        assert termios.tcgetattr(self.slave) == self.before
        for name, undone in (("smcup", "rmcup"), ("civis", "cnorm"),
                             ("smkx", "rmkx")):
            do, undo = (capability(self.term, n) for n in (name, undone))
            if do and do in self.raw:
                assert self.raw.rfind(undo) > self.raw.rfind(do), name
        # nothing stays bold or reversed, and what follows is on a new line
        assert not self.drawn.cursor.attrs.reverse
        return True

    def ends(self, key=None):
        if key:
            self.type(key)
        code = self.process.wait(timeout=10)
        return code if self.is_restored() else None

    def close(self):
        self.process.kill()
        self.process.wait()
        print("\n".join(self.drawn.display), self.raw[-300:])
        for fd in (self.master, self.slave):
            if fd is not None:
                os.close(fd)


def capability(term, name):
    """What terminfo has of a terminal; without its pauses."""
    return re.sub(rb"\$<[^>]*>", b"", subprocess.run(
        ["tput", "-T", term, name], stdout=subprocess.PIPE,
        check=False).stdout)


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


@pytest.mark.parametrize("term", [
    "xterm", "xterm-256color", "screen", "tmux-256color", "linux", "rxvt",
    "vt100"])
def test_the_picture_follows_the_pair(run_dir, screen, term):  # noqa: F811
    """In 80 columns and 24 lines; what a terminal can do is terminfo's."""
    with FakeDaemon(run_dir) as daemon:
        on = screen(term=term)
        on.wait("ALL WELL")
        answer_with(daemon, status_with(alerts=[ALERT], peer__state="silent"))
        asked = len(daemon.requests)
        wait_for("it is asked twice", lambda: on.lines() and
                 len(daemon.requests) > asked + 1)
        on.type(b"\x0c")    # a whole new picture
        on.wait("link-down")
        on.is_gone("ALL WELL")
        assert max(map(len, on.lines())) < 80
        assert "q ends" in on.lines()[-1]
        assert on.ends(b"q") == 0


def test_no_word_of_it_is_told_by_a_colour_alone(run_dir, screen):  # noqa: F811
    """Who sees no colours, or a terminal without, has bold and reverse."""
    bad = dict(ALERT, name="split-brain", text="both own it")
    styles = {}
    with FakeDaemon(run_dir) as daemon:
        answer_with(daemon, status_with(alerts=[bad, ALERT]))
        for name, more in (("colour", {}), ("none", {"NO_COLOR": "1"}),
                           ("mono", {"term": "vt100"})):
            on = screen(rows=60, **more)
            styles[name] = [on.style("! " + word) for word in (
                "split-brain", "link-down")] + [on.style("NODES")]
            assert on.ends(b"q") == 0
    assert [one[0] for one in styles["colour"]] == ["red", "brown", "default"]
    for name in styles:
        assert [one[1:] for one in styles[name]] == [
            (False, True), (True, False), (True, False)], name
    for name in ("none", "mono"):
        assert {one[0] for one in styles[name]} == {"default"}


def test_a_window_of_another_size_is_filled(run_dir, screen):  # noqa: F811
    """At once, and not as large as a variable says that it was."""
    with FakeDaemon(run_dir):
        on = screen(rows=6, columns=40, COLUMNS="132", LINES="50")
        assert re.search(r"q ends +lines 1-5 of (\d\d)", on.wait("q ends"))
        assert max(map(len, on.lines())) < 40
        for rows, columns in ((60, 132), (3, 20), (1, 1), (2, 5),
                              (24, 80)):
            on.resize(rows, columns)
            wait_for("it was drawn anew", lambda r=rows, c=columns: (
                c < 20 or "q ends" in on.lines()[r - 1]) and
                     (r < 60 or "lines" not in on.lines()[r - 1]))
        on.wait("ALL WELL")
        on.process.send_signal(signal.SIGINT)
        assert on.ends() == 0


def test_what_has_no_room_is_scrolled_to(run_dir, screen):  # noqa: F811
    with FakeDaemon(run_dir):
        on = screen(rows=8, columns=60)
        first = on.wait("ALL WELL")
        wait_for("the keys are ready", lambda: "lines 1-7" in on.lines()[-1])
        whole = int(re.search(r"of (\d+)", on.lines()[-1]).group(1))
        second = on.lines()[1]
        on.type(capability("linux", "kcud1"))
        wait_for("one line down", lambda: on.lines()[0] == second)
        on.type(b" ")
        on.wait("lines 8-14 of")
        on.type(capability("linux", "kend") + b"jjj")
        on.wait("lines %d-%d of %d" % (whole - 6, whole, whole))
        on.type(b"g" + capability("linux", "kcuu1"))
        wait_for("the top", lambda: on.lines()[0] == first)
        assert on.ends(b"Q") == 0


def test_a_daemon_that_goes_and_comes_is_waited_for(run_dir, screen):  # noqa: F811,E501
    with FakeDaemon(run_dir):
        on = screen()
        on.wait("ALL WELL")
    on.wait("cannot reach twinbeatd")
    with FakeDaemon(run_dir):
        on.wait("ALL WELL")
        assert on.ends(b"q") == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM,
                                    signal.SIGHUP, signal.SIGQUIT])
def test_each_end_leaves_the_terminal_as_it_was(run_dir, screen, number):  # noqa: F811,E501
    """Also while a daemon hangs; by key as by kill."""
    keys = {signal.SIGINT: b"\x03", signal.SIGQUIT: b"\x1c"}
    with FakeDaemon(run_dir) as daemon:
        on = screen()
        on.wait("ALL WELL")
        daemon.answers[("status", None)] = [20]
        wait_for("it is asked", lambda: len(daemon.requests) > 3)
        if number in keys:
            on.type(keys[number])
        else:
            on.process.send_signal(number)
        assert on.ends() == 0


def test_a_pause_gives_the_terminal_back_meanwhile(run_dir, screen):  # noqa: F811
    with FakeDaemon(run_dir):
        on = screen(shell="set -m; %s; echo paused; read x; fg >/dev/null")
        on.wait("ALL WELL")
        on.type(b"\x1a")
        on.wait("paused")
        assert on.is_restored()
        on.drawn.reset()
        on.type(b"\n")
        on.wait("ALL WELL")
        assert on.ends(b"q") == 0


def test_a_terminal_that_is_gone_ends_it(run_dir, screen):  # noqa: F811
    """A connection that breaks; also where SIGHUP is ignored (nohup)."""
    with FakeDaemon(run_dir):
        on = screen()
        on.wait("ALL WELL")
        os.close(on.slave)
        os.close(on.master)
        on.master = on.slave = None
        assert on.process.wait(timeout=10) == 0


def test_an_unknown_terminal_gets_lines_and_is_told(run_dir, screen):  # noqa: F811
    with FakeDaemon(run_dir):
        on = screen(term="xterm-nosuch", columns=300)
        assert "of the kind xterm-nosuch" in on.wait("ncurses-term")
        assert re.match(r"\d\d:\d\d:\d\d  ALL WELL", on.wait("ALL WELL"))
        on.process.send_signal(signal.SIGTERM)
        assert on.process.wait(timeout=10) == 0
        assert b"\033" not in on.raw


@pytest.mark.parametrize("kind", ["dumb", "no TERM", "pipe", "no input"])
def test_without_a_screen_each_change_is_a_line(run_dir, kind):  # noqa: F811
    master, slave = os.pipe() if kind == "pipe" else pty.openpty()
    term = {"dumb": "dumb", "no TERM": ""}.get(kind, "xterm")
    text = [""]

    def read():
        while select.select([master], [], [], 0)[0]:
            text[0] += os.read(master, 65536).decode().replace("\r", "")
        return text[0]
    with FakeDaemon(run_dir) as daemon, subprocess.Popen(
            [TWINBEAT, "--run-dir", run_dir, "watch"], stdout=slave,
            stdin=slave if term != "xterm" else subprocess.DEVNULL,
            env=dict(os.environ, TERM=term)) as on:
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
