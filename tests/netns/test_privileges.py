# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may command a daemon, and what its programs may do themselves."""
import os
import shutil
import subprocess
import tempfile

import pytest

from test_daemon import BUILD, Daemon

GROUP = 64123
STRANGER = 65534
CHANGES = (["maintenance", "on"], ["standby"], ["handover"], ["reload"],
           ["answer", "K7QM42XR", "1"], ["confirm", "lb02", "--yes"])


class Grouped(Daemon):
    """A daemon on a machine that has the group, in its own view of /etc."""

    def __init__(self, path):
        super().__init__(path)
        self.run_dir = os.path.join(self.dir, "run")
        with open("/etc/group", encoding="utf-8") as f:
            lines = [line for line in f if not line.startswith("twinbeat:")]
        with open(self.dir + "/group", "w", encoding="utf-8") as f:
            f.write("".join(lines) + "twinbeat:x:%d:\n" % GROUP)
        shutil.copy(BUILD + "/twinbeat", self.dir)

    def words(self, *more):
        words = super().words(*more)
        place = words.index(BUILD + "/twinbeatd")
        return words[:place] + [
            "unshare", "--mount", "sh", "-c",
            'mount --bind "$0" /etc/group && exec "$@"',
            self.dir + "/group"] + words[place:]

    def command(self, *words, groups=()):
        return subprocess.run(
            [self.dir + "/twinbeat", "--run-dir", self.run_dir,
             "--state-dir", self.state_dir, "-c", self.config,
             "--node", "lb01", *words],
            user=STRANGER, group=STRANGER, extra_groups=list(groups),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=20, check=False)


@pytest.fixture
def grouped():
    path = tempfile.mkdtemp(prefix="twinbeat-group-", dir="/tmp")
    os.chmod(path, 0o711)
    made = Grouped(path)
    try:
        made.start()
        yield made
    finally:
        print(made.text())
        made.close()
        shutil.rmtree(path, ignore_errors=True)


def modes(path):
    seen = os.stat(path)
    return seen.st_mode & 0o777, seen.st_gid


def test_only_root_and_the_group_command(grouped):
    sock = grouped.run_dir + "/control.sock"
    assert modes(sock) == (0o660, GROUP)
    assert modes(grouped.run_dir) == (0o750, GROUP)
    assert modes(grouped.state_dir)[0] == 0o700
    # a stranger does not even come to the socket
    assert grouped.command("status").returncode == 3
    # a member does what root does, and asks for the state
    for words in ["maintenance", "on"], ["maintenance", "off"], ["status"]:
        done = grouped.command(*words, groups=[GROUP])
        assert "refused" not in done.stdout, done.stdout
    assert "maintenance off" in grouped.text() or \
        '"on":false' in grouped.text().replace(" ", "")
    # an administrator lets everybody look: a stranger commands nothing
    os.chmod(grouped.run_dir, 0o755)
    os.chmod(sock, 0o666)
    assert grouped.command("status", "--json").returncode == 0
    for words in CHANGES:
        done = grouped.command(*words)
        assert done.returncode == 1, (words, done.stdout)
        assert "needs root or a member of group twinbeat" in done.stdout
        assert "user %d" % STRANGER in done.stdout
    status = grouped.status()
    assert not status["maintenance"] and status["fit"]
    assert "asked for a change: refused" in grouped.text()


def test_strangers_leave_places_to_operators(grouped):
    os.chmod(grouped.run_dir, 0o755)
    os.chmod(grouped.run_dir + "/control.sock", 0o666)
    holder = subprocess.Popen(
        ["python3", "-c",
         "import socket, sys, time\n"
         "held = []\n"
         "for _ in range(24):\n"
         "    s = socket.socket(socket.AF_UNIX)\n"
         "    s.connect(sys.argv[1])\n"
         "    held.append(s)\n"
         "print('held', flush=True)\n"
         "time.sleep(60)\n", grouped.run_dir + "/control.sock"],
        user=STRANGER, group=STRANGER, extra_groups=[],
        stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        assert grouped.status()["node"] == "lb01"
        assert grouped.command("maintenance", "off",
                               groups=[GROUP]).returncode != 3
    finally:
        holder.kill()
        holder.wait()


def test_without_the_group_root_alone_commands(daemon):
    if subprocess.run(["getent", "group", "twinbeat"], check=False,
                      stdout=subprocess.DEVNULL).returncode == 0:
        pytest.skip("this machine has the group")
    daemon.start()
    assert modes(daemon.run_dir + "/control.sock")[0] == 0o600
    assert modes(daemon.state_dir)[0] == 0o700
