# SPDX-License-Identifier: GPL-3.0-or-later
"""A state directory that is full or cannot be written: what is said of it, and
what the next start may still believe."""
import hashlib
import json
import os
import re
import subprocess

import pytest

from test_daemon import BUILD, SET_UP, VIP, Daemon, wait_for


class StateDaemon(Daemon):
    """Its state directory is a small file system of its own."""

    def __init__(self, path):
        super().__init__(path)
        self.holder.kill()
        self.holder.wait()
        os.makedirs(self.state_dir)
        self.holder = subprocess.Popen(
            ["unshare", "-n", "-m", "sh", "-c",
             "mount -t tmpfs -o size=256k none %s; " % self.state_dir +
             SET_UP, "sh", "sleep", "3600"])
        wait_for("the namespace", lambda: VIP[:6] in self.inside(
            "ip", "-4", "addr", "show", "dev", "eth0").stdout)

    def inside(self, *words, **options):
        return subprocess.run(
            ["nsenter", "-t", str(self.holder.pid), "-n", "-m"] + list(words),
            check=False, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, **options)

    def words(self, *more):
        words = super().words(*more)
        return words[:4] + ["-m"] + words[4:]

    def state(self):
        text = self.inside("cat", self.state_dir + "/state").stdout
        return dict(line.split(" = ") for line in text.splitlines())

    def write_state(self, key, value):
        """As if the daemon had written it, with its checksum."""
        path = self.state_dir + "/state"
        text = self.inside("cat", path).stdout.split("checksum = ")[0]
        text = re.sub("(?m)^%s = .*$" % key, "%s = %s" % (key, value), text)
        digest = hashlib.sha256(text.encode()).digest()[:4]
        text += "checksum = %d\n" % int.from_bytes(digest, "big")
        self.inside("sh", "-c", "cat > " + path, input=text)

    def read_only(self, is_it):
        """For whatever opens a file from then on; the history stays open."""
        orders = [["umount", self.state_dir]]
        if is_it:
            orders = [["mount", "--bind", self.state_dir, self.state_dir],
                      ["mount", "-o", "remount,bind,ro", self.state_dir]]
        for order in orders:
            done = self.inside(*order)
            assert done.returncode == 0, done.stdout

    def fill(self):
        self.inside("dd", "if=/dev/zero", "of=%s/filler" % self.state_dir,
                    "bs=4k")

    def make_room(self):
        self.inside("rm", self.state_dir + "/filler")

    def unwritable(self):
        return [alert["text"] for alert in self.status()["alerts"]
                if alert["name"] == "state-unwritable"]

    def maintenance(self, is_on):
        return self.ask('{"command":"maintenance","on":%s}\n' %
                        ("true" if is_on else "false"), 10)[-1]

    def happens(self):
        """Something for the history."""
        for command in ("standby", "online"):
            assert self.ask('{"command":"%s"}\n' % command)[-1]["ok"]

    def history(self):
        done = self.inside(BUILD + "/twinbeat", "--state-dir",
                           self.state_dir, "history", "--json", "-n", "500")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def restart(self, already):
        """Started anew; returns the log from there on."""
        self.start(wait=False)
        wait_for("ready", lambda: "ready after" in self.text()[already:] and
                 self.status())
        return self.text()[already:]


@pytest.fixture
def daemon(tmp_path):
    made = StateDaemon(tmp_path)
    try:
        yield made
    finally:
        print(made.text() if os.path.exists(made.log) else "")
        made.close()


def test_N09_a_read_only_state_directory_is_an_alert_and_clears(daemon):
    daemon.serve()
    assert not daemon.unwritable()
    daemon.read_only(True)
    daemon.maintenance(True)
    texts = wait_for("the alert", daemon.unwritable)
    assert "Read-only" in texts[0]
    assert "forgotten at the next start" in texts[0]
    daemon.read_only(False)
    wait_for("all clear", lambda: not daemon.unwritable())
    wait_for("it is kept", lambda: daemon.state()["maintenance"] == "1")


def test_N09_lines_that_the_history_lost_are_told_by_the_history(daemon):
    daemon.serve()
    before = len(daemon.history())
    daemon.fill()
    # a page is begun already: a few lines have room still
    wait_for("the alert", lambda: daemon.happens() or daemon.unwritable())
    assert "history" in daemon.unwritable()[0]
    daemon.make_room()
    # nothing happens, and it is tried again all the same
    wait_for("all clear", lambda: not daemon.unwritable())
    told = wait_for("the gap", lambda: [
        line for line in daemon.history() if line["kind"] == "history"])
    assert "could not be written" in told[0]["reason"]
    assert int(told[0]["reason"].split()[1]) >= 1
    numbers = [line["seq"] for line in daemon.history()]
    assert len(numbers) > before and numbers == sorted(set(numbers))


def test_N09_a_full_disk_still_takes_the_state(daemon):
    """No room for a second copy: the old one's place is there."""
    daemon.serve()
    daemon.fill()
    daemon.maintenance(True)
    wait_for("it is kept", lambda: daemon.state()["maintenance"] == "1")
    assert not any("/state cannot" in text for text in daemon.unwritable())
    daemon.make_room()
    wait_for("all clear", lambda: not daemon.unwritable())


def test_N09_a_fifo_beside_the_state_file_stops_nothing(daemon):
    """Nobody reads it; neither a command nor the end may wait for it."""
    daemon.serve()
    for is_on in (True, False):
        daemon.inside("mkfifo", daemon.state_dir + "/state.new")
        assert "cannot be written" not in daemon.maintenance(is_on)["text"]
        assert daemon.state()["maintenance"] == "%d" % is_on
    daemon.inside("mkfifo", daemon.state_dir + "/state.new")
    assert daemon.stop() == 0
    assert daemon.state()["clean_end"] == "1"
    daemon.inside("mkfifo", daemon.state_dir + "/state.new")
    assert "the last end was unclean" not in daemon.restart(len(daemon.text()))


def test_A12_a_clean_end_is_not_believed_while_nothing_can_be_written(daemon):
    daemon.start()
    assert daemon.stop() == 0
    assert daemon.state()["clean_end"] == "1"
    daemon.read_only(True)
    log = daemon.restart(len(daemon.text()))
    assert "the last end was unclean" in log
    assert any("/state cannot be written" in text
               for text in daemon.unwritable())
    daemon.process.kill()
    daemon.process.wait()
    # the file says "clean" still, of a run before that one
    assert daemon.state()["clean_end"] == "1"
    daemon.read_only(False)
    log = daemon.restart(len(daemon.text()))
    assert "the last end was unclean" in log
    assert daemon.state()["clean_end"] == "0"
    # written now: a clean end counts again
    assert daemon.stop() == 0
    log = daemon.restart(len(daemon.text()))
    assert "the last end was unclean" not in log


def test_A12_a_full_disk_at_the_start_leaves_no_clean_end(daemon):
    daemon.start()
    assert daemon.stop() == 0
    daemon.fill()
    daemon.restart(len(daemon.text()))
    assert daemon.state()["clean_end"] == "0"
    daemon.process.kill()
    daemon.process.wait()
    daemon.make_room()
    log = daemon.restart(len(daemon.text()))
    assert "the last end was unclean" in log


def test_A12_an_end_that_cannot_be_written_is_unclean(daemon):
    daemon.start()
    daemon.read_only(True)
    assert daemon.stop() == 0
    daemon.read_only(False)
    assert daemon.state()["clean_end"] == "0"
    log = daemon.restart(len(daemon.text()))
    assert "the last end was unclean" in log


def test_R8_what_could_not_be_written_may_have_ended_a_cut(daemon):
    daemon.start()
    assert daemon.stop() == 0
    daemon.write_state("plug_cut", 1)
    daemon.restart(len(daemon.text()))
    assert daemon.state()["plug_cut"] == "1"
    daemon.read_only(True)
    daemon.maintenance(True)
    wait_for("the alert", daemon.unwritable)
    daemon.process.kill()
    daemon.process.wait()
    daemon.read_only(False)
    assert daemon.state()["plug_cut"] == "1"
    daemon.restart(len(daemon.text()))
    wait_for("it is not believed", lambda: daemon.state()["plug_cut"] == "0")


def test_R8_what_could_be_written_in_the_end_is_believed(daemon):
    daemon.start()
    assert daemon.stop() == 0
    daemon.write_state("plug_cut", 1)
    daemon.restart(len(daemon.text()))
    daemon.read_only(True)
    daemon.maintenance(True)
    wait_for("the alert", daemon.unwritable)
    daemon.read_only(False)
    wait_for("all clear", lambda: not daemon.unwritable())
    daemon.process.kill()
    daemon.process.wait()
    daemon.restart(len(daemon.text()))
    assert daemon.state()["plug_cut"] == "1"
