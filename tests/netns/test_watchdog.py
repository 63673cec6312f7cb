# SPDX-License-Identifier: GPL-3.0-or-later
"""R12c: a watchdog device is fed while the main loop turns, and only then.

The device is a pty that answers as a driver would (watchdog_shim); what the
daemon writes arrives at its other end."""
import contextlib
import fcntl
import os
import select
import signal
import termios
import time
import tty

import pytest

from test_daemon import BUILD, Daemon, wait_for
from test_privileges import programs, status_of

SHIM = BUILD + "/tests/watchdog_shim.so"


class Watchdog:
    """The end of the pty at which the driver would be."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)

    def read(self, seconds):
        """What is written until then, or until nothing comes any more."""
        data, end = b"", time.monotonic() + seconds
        while select.select([self.master], [], [],
                            max(0, end - time.monotonic()))[0]:
            data += os.read(self.master, 4096)
        return data

    def close(self):
        os.close(self.master)
        os.close(self.slave)


@contextlib.contextmanager
def watched(path, timeout_s=2, device=None, wait=True, busy=False,
            **environment):
    dog, daemon = Watchdog(), Daemon(path)
    try:
        if busy:
            # root may open it all the same; the program has given that up
            fcntl.ioctl(dog.slave, termios.TIOCEXCL)
        daemon.write(extra='watchdog = { device = "%s"; timeout_s = %d; };'
                     % (device or dog.path, timeout_s))
        daemon.start(LD_PRELOAD=SHIM, **environment)
        if wait:
            daemon.wait_log("watchdog .*armed: it resets this machine")
        yield daemon, dog
    finally:
        print(daemon.text())
        daemon.close()
        dog.close()


def test_R12_fed_while_the_loop_turns_and_disarmed_at_the_end(tmp_path):
    with watched(tmp_path) as (daemon, dog):
        daemon.serve()
        dog.read(0.2)
        fed = dog.read(3)
        # every 500 ms; a busy machine may be late, never twice a period
        assert 3 <= len(fed) <= 7 and set(fed) == {ord(".")}, fed
        helper = programs(daemon.process.pid)["twinbeat-watchd"]
        status = status_of(helper)
        assert int(status["CapEff"], 16) & ~0x804000 == 0
        assert status["NoNewPrivs"] == "1"
        assert not [a for a in daemon.status()["alerts"]
                    if a["name"] == "unprivileged" and
                    "watchdog" in a["text"]]
        assert daemon.stop() == 0
        rest = dog.read(1)
        assert rest.endswith(b"V") and rest.count(b"V") == 1, rest
        assert not daemon.has_vip()


def test_R12_a_loop_that_stands_still_is_not_fed(tmp_path):
    with watched(tmp_path) as (daemon, dog):
        os.kill(daemon.process.pid, signal.SIGSTOP)
        dog.read(0.3)
        # longer than its time: the machine would be reset
        assert dog.read(2.5) == b""
        os.kill(daemon.process.pid, signal.SIGCONT)
        wait_for("fed again", lambda: b"." in dog.read(0.2))
        # and one that dies leaves it armed
        helper = programs(daemon.process.pid)["twinbeat-watchd"]
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait()
        wait_for("its program ends", lambda: not os.path.exists(
            "/proc/%d/fd/0" % helper))
        assert b"V" not in dog.read(0.5)


def test_R12_a_helper_that_dies_is_followed_by_one_that_feeds(tmp_path):
    with watched(tmp_path) as (daemon, dog):
        old = programs(daemon.process.pid)["twinbeat-watchd"]
        os.kill(old, signal.SIGKILL)
        wait_for("another one", lambda: programs(daemon.process.pid).get(
            "twinbeat-watchd", old) != old)
        wait_for("two were armed", lambda: daemon.text().count(
            "armed: it resets") == 2)
        dog.read(0.1)
        wait_for("fed", lambda: b"." in dog.read(0.2))
        assert any(a["name"] == "process-died"
                   for a in daemon.status()["alerts"])


def gaps(dog, seconds, often=lambda: None):
    """How long nothing was written, again and again; often runs each time that
    something was."""
    found, last = [], time.monotonic()
    end = last + seconds
    while time.monotonic() < end:
        if dog.read(0.05):
            found.append(time.monotonic() - last)
            last = time.monotonic()
            often()
    return found + [time.monotonic() - last]


def test_R12_a_helper_that_is_stopped_is_followed_before_the_reset(tmp_path):
    # nobody fed, and the owner, who was well, was reset in its time
    with watched(tmp_path, timeout_s=4) as (daemon, dog):
        daemon.serve()
        old = programs(daemon.process.pid)["twinbeat-watchd"]
        dog.read(0.2)
        os.kill(old, signal.SIGSTOP)
        found = gaps(dog, 8)
        assert max(found) < 3.5, found
        assert any("twinbeat-watchdog" in a["text"] and "stopped it" in a["text"]
                   for a in daemon.status()["alerts"])
        assert programs(daemon.process.pid)["twinbeat-watchd"] != old
        assert daemon.has_vip()


def test_R12_a_helper_that_dies_often_is_followed_before_the_reset(tmp_path):
    # the pause before the next one had grown to 5 s
    with watched(tmp_path, timeout_s=4) as (daemon, dog):
        left = list(range(8))

        def kill():
            helper = programs(daemon.process.pid).get("twinbeat-watchd")
            if helper and left:
                left.pop()
                os.kill(helper, signal.SIGKILL)

        found = gaps(dog, 12, kill)
        assert not left and max(found) < 4, (left, found)


def test_R12_a_helper_that_is_well_is_left_alone(tmp_path):
    with watched(tmp_path, timeout_s=1) as (daemon, dog):
        old = programs(daemon.process.pid)["twinbeat-watchd"]
        assert len(gaps(dog, 4)) > 4
        assert programs(daemon.process.pid)["twinbeat-watchd"] == old
        assert "not answered" not in daemon.text()


def test_R12_a_device_that_another_has_is_tried_before_it_resets(tmp_path):
    # one that a daemon before us has armed, and that its program has open still
    with watched(tmp_path, timeout_s=2, wait=False, busy=True) as (daemon, dog):
        daemon.wait_log("another program has it")
        fcntl.ioctl(dog.slave, termios.TIOCNXCL)
        begun = time.monotonic()
        wait_for("fed", lambda: b"." in dog.read(0.1))
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize("device,why", [
    ("/dev/null", "is no watchdog"), ("/dev/absent-watchdog", "No such file")])
def test_R12_a_device_that_cannot_be_used_is_an_alert(tmp_path, device, why):
    with watched(tmp_path, device=device, wait=False) as (daemon, dog):
        alert = wait_for("an alert", lambda: [
            a for a in daemon.status()["alerts"]
            if a["name"] == "unprivileged" and device in a["text"]])
        assert why in alert[0]["text"]
        assert "nothing resets this machine" in alert[0]["text"]
        assert dog.read(0.2) == b""
        assert daemon.stop() == 0


def test_R12_a_device_of_another_time_is_fed_by_its_own(tmp_path):
    with watched(tmp_path, timeout_s=60, TWINBEAT_SHIM_TIMEOUT="2") as (
            daemon, dog):
        assert "2 s after this process has stood still" in daemon.text()
        dog.read(0.2)
        # the first period may be one of the file's; then its own
        wait_for("fed", lambda: len(dog.read(2)) >= 2, 30)
