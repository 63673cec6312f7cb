# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit under a real systemd: it is process 1 of namespaces of its own, with
a control group, /run, /var/lib and accounts of its own, and knows no other units.
Skipped where systemd does not come up like that."""
import json
import os
import re
import signal
import subprocess

import pytest

from lab import BUILD, VIP, run, wait_for
from test_unit import ROOT_CONF, UNIT, limits

SYSTEMD = "/lib/systemd/systemd"
CONF = """pair = "web";
key_file = "/run/conf/key";
nodes = (
  { name = "lb01"; priority = 150; address = "10.99.0.11"; },
  { name = "lb02"; priority = 100; address = "10.99.0.12"; kind = "vrrp"; }
);
instances = ( { name = "VI_1"; interface = "eth0"; vrid = 55;
  addresses = ( { ip = "10.99.0.100/16"; } ); } );
watchdog = { device = "/run/conf/dog"; timeout_s = 5; };
"""
DEVICES = {"dog": (99, 0), "board": (4, 66), "acm": (166, 0), "usb": (188, 0),
           "fuse": (10, 229)}
LOOK = """[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
%sExecStart=/bin/sh -c 'cd /run/conf; for d in %s; do \\
  dd if=$$d of=/dev/null count=0 2>$$d.said; done; true'
"""
USER = 64123
PROBE = """[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/touch /run/probe
"""
START = """set -e
mount --make-rprivate /
cp -a "$0" /dev/shm/twinbeat-unit.$$ && from=/dev/shm/twinbeat-unit.$$
mount -t tmpfs none /run
cp -a $from /run/conf && rm -r $from
mount -t tmpfs none /var/lib
for name in passwd group; do
  grep -v ^twinbeat: /etc/$name >/run/conf/$name || true
done
echo twinbeat:x:64123:64123::/nonexistent:/usr/sbin/nologin >>/run/conf/passwd
echo twinbeat:x:64123: >>/run/conf/group
mount --bind /run/conf/passwd /etc/passwd
mount --bind /run/conf/group /etc/group
mount -t cgroup2 none /sys/fs/cgroup
ip link set lo up
ip link add eth0 type veth peer name peer0
ip link set peer0 up && ip link set eth0 up
ip address add 10.99.0.11/24 dev eth0
exec env -i container=lab PATH="$PATH" SYSTEMD_UNIT_PATH=/run/conf/units \\
  SYSTEMD_LOG_TARGET=console %s --system --show-status=no
""" % SYSTEMD


def write_unit(folder, as_user):
    """The unit, of this tree instead of an installed one."""
    with open(UNIT, encoding="ascii") as f:
        text = f.read()
    with open(ROOT_CONF, encoding="ascii") as f:
        more = f.read()
    text = text.replace("/usr/sbin/", BUILD + "/").replace(
        "/etc/default/twinbeat", "/run/conf/environment")
    if not limits():    # this machine's root may not
        text = "".join(line for line in text.splitlines(True) if not
                       line.startswith(("LimitMEMLOCK", "OOMScoreAdjust")))
    units = folder / "units"
    (units / "twinbeat.service.d").mkdir(parents=True)
    (units / "twinbeat.service").write_text(text, encoding="ascii")
    if not as_user:
        (units / "twinbeat.service.d" / "root.conf").write_text(
            more, encoding="ascii")
    (units / "twinbeat.service.d" / "log.conf").write_text(
        "[Service]\nStandardOutput=append:/run/conf/said\n"
        "StandardError=append:/run/conf/said\n", encoding="ascii")
    (units / "probe.service").write_text(PROBE, encoding="ascii")
    (units / "default.target").write_text(
        "[Unit]\nRequires=probe.service\n", encoding="ascii")
    for name in ("sysinit", "basic", "network", "shutdown", "multi-user"):
        (units / (name + ".target")).write_text(
            "[Unit]\nDefaultDependencies=no\n", encoding="ascii")
    (folder / "environment").write_text(
        'TWINBEATD_OPTIONS="--node lb01 -c /run/conf/twinbeat.conf"\n',
        encoding="ascii")
    (folder / "twinbeat.conf").write_text(CONF, encoding="ascii")
    (folder / "key").write_text("0123456789abcdef" * 4 + "\n",
                                encoding="ascii")
    (folder / "key").chmod(0o600)
    if as_user:
        for path in folder, folder / "key", folder / "twinbeat.conf":
            os.chown(path, 0, USER)
        (folder / "twinbeat.conf").chmod(0o640)
    (units / "look.service").write_text(LOOK % ("".join(
        line for line in text.splitlines(True)
        if line.startswith(("Device", "ProtectClock"))), " ".join(DEVICES)),
        encoding="ascii")


class Group:
    """A control group for systemd to make its own in, and to be left with."""

    def __init__(self):
        with open("/proc/self/mountinfo", encoding="ascii") as f:
            mounts = [line.split()[4] for line in f
                      if " - cgroup2 " in line]
        with open("/proc/self/cgroup", encoding="ascii") as f:
            own = [line.strip()[3:] for line in f if line.startswith("0::")]
        if not mounts or not own:
            pytest.skip("no control groups of version 2")
        self.path = "%s%s/twinbeat-test-%d" % (
            mounts[0], own[0].rstrip("/"), os.getpid())
        try:
            os.mkdir(self.path)
        except OSError as error:
            pytest.skip("no control group may be made: %s" % error)

    def enter(self):
        with open(self.path + "/cgroup.procs", "w", encoding="ascii") as f:
            f.write(str(os.getpid()))

    def is_gone(self):
        try:
            for path, _, _ in os.walk(self.path, topdown=False):
                os.rmdir(path)
        except OSError:
            return False    # the last of its processes is about to end
        return True


class Machine:
    def __init__(self, folder, log):
        self.group = Group()
        try:
            with open(log, "wb") as out:
                self.process = subprocess.Popen(
                    ["unshare", "--fork", "--pid", "--mount", "--net",
                     "--cgroup", "--uts", "--mount-proc", "sh", "-c", START,
                     str(folder)], stdin=subprocess.DEVNULL, stdout=out,
                    stderr=out, preexec_fn=self.group.enter)
        except subprocess.SubprocessError:
            self.group.is_gone()
            pytest.skip("no process may enter a control group of its own")
        self.init = None
        try:
            wait_for("systemd runs", self.is_up, 10, 0.1)
        except AssertionError:
            self.end()
            with open(log, encoding="utf-8", errors="replace") as f:
                pytest.skip("no systemd in a namespace here: " +
                            f.read()[-200:])

    def is_up(self):
        with open("/proc/%d/task/%d/children" % (
                self.process.pid, self.process.pid), encoding="ascii") as f:
            below = f.read().split()
        self.init = int(below[0]) if below else None
        return self.init and os.path.exists("/proc/%d/root/run/probe" %
                                            self.init)

    def inside(self, *words, check=True):
        return run("nsenter", "-t", self.init, "-m", "-p", "-n", "-C", *words,
                   check=check)

    def status(self):
        done = self.inside(BUILD + "/twinbeat", "status", "--json",
                           check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def addresses(self):
        return self.inside("ip", "-o", "address", "show", "dev",
                           "eth0").stdout

    def end(self):
        """Process 1 of the namespace, and with it all that is in it."""
        if self.init:
            os.kill(self.init, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait(timeout=20)
        wait_for("its control groups are gone", self.group.is_gone)


def look_at_devices(machine, as_user):
    """Those of the unit's list can be opened, or have no driver here."""
    machine.inside("systemctl", "start", "look")
    said = {name: machine.inside("cat", "/run/conf/%s.said" % name).stdout
            for name in DEVICES}
    for name in ("board", "acm", "usb"):
        assert "not permitted" not in said[name], said
    if "not permitted" not in said["fuse"]:
        return  # no filter of devices in a control group of this machine
    assert "not permitted" in said["dog"], said
    texts = wait_for("the watchdog is missed", lambda: [
        alert["text"] for alert in machine.status()["alerts"]
        if "/run/conf/dog" in alert["text"]])
    assert ("give it to group twinbeat by a udev rule" if as_user else
            "the service's DeviceAllow= leaves it out") in texts[0], texts


def a_key_of_roots_alone_is_named(machine):
    """With the command that cures; the next start finds it cured."""
    assert machine.inside("systemctl", "start", "twinbeat",
                          check=False).returncode != 0
    said = machine.inside("cat", "/run/conf/said").stdout
    words = re.search(r"/run/conf/key: Permission denied to user twinbeat: .*"
                      r"(chgrp twinbeat /run/conf/key && chmod 640 "
                      r"/run/conf/key)", said)
    assert words, said
    assert machine.inside("systemctl", "show", "-p", "NRestarts", "--value",
                          "twinbeat").stdout.strip() == "0"
    machine.inside("sh", "-c", words.group(1))


@pytest.mark.skipif(not os.path.exists(SYSTEMD), reason="needs systemd")
@pytest.mark.parametrize("as_user", [False, True], ids=["root", "user"])
def test_a_daemon_lives_in_the_unit_of_a_real_systemd(tmp_path, as_user):
    folder = tmp_path / "conf"
    folder.mkdir()
    write_unit(folder, as_user)
    machine = Machine(folder, str(tmp_path / "log"))
    try:
        for name, (major, minor) in DEVICES.items():
            machine.inside("mknod", "/run/conf/" + name, "c", str(major),
                           str(minor))
        # what a daemon of the other user has left
        machine.inside("sh", "-c", "umask 077; mkdir -p /var/lib/twinbeat && "
                       "touch /var/lib/twinbeat/old && chown -R %d "
                       "/var/lib/twinbeat" % (0 if as_user else USER))
        if as_user:
            a_key_of_roots_alone_is_named(machine)
        done = machine.inside("systemctl", "start", "twinbeat", check=False)
        assert done.returncode == 0, done.stderr
        wait_for("it serves", lambda: VIP in machine.addresses(), 20)
        status = machine.status()
        assert status["instances"][0]["state"] == "MASTER"
        # an address with a network of its own: the keeper sets this
        assert machine.inside(
            "cat", "/proc/sys/net/ipv4/conf/eth0/promote_secondaries"
        ).stdout.strip() == "1"
        main = machine.inside("systemctl", "show", "-p", "MainPID", "--value",
                              "twinbeat").stdout.strip()
        mounts = machine.inside("cat", "/proc/%s/mountinfo" % main).stdout
        assert " /proc/sys ro," in mounts and " /proc/sys/net rw," in mounts
        status = machine.inside("cat", "/proc/%s/status" % main).stdout
        assert ("Uid:\t64123\t" in status) == as_user, status
        for path in "/var/lib/twinbeat", "/var/lib/twinbeat/old":
            assert machine.inside("stat", "-c", "%u", path).stdout.strip() == \
                str(USER if as_user else 0), path
        done = machine.inside("systemctl", "reload", "twinbeat", check=False)
        assert done.returncode == 0, done.stderr
        look_at_devices(machine, as_user)
        machine.inside("systemctl", "stop", "twinbeat")
        assert VIP not in machine.addresses()
        assert machine.inside("systemctl", "show", "-p", "Result", "--value",
                              "twinbeat").stdout.strip() == "success"
    finally:
        print((tmp_path / "log").read_text()[-4000:])
        machine.end()
