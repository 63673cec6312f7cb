# SPDX-License-Identifier: GPL-3.0-or-later
"""R12c: a watchdog device is fed while the main loop turns, and only then.

The device is a pty that answers as a driver would (watchdog_shim); what the
daemon writes arrives at its other end."""
import contextlib
import os
import select
import signal
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
def watched(path, timeout_s=2, device=None, wait=True, **environment):
    dog, daemon = Watchdog(), Daemon(path)
    try:
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
