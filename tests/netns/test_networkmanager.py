# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager beside an owner: a real one, with a D-Bus of its own, in the
node's namespace. It is not installed, since it could take over the network of
the machine: make deps-test unpacks one (tests/networkmanager.sh)."""
import glob
import os
import shutil
import signal
import subprocess
import time

import pytest

from lab import ROOT as TREE
from lab import VIP, Lab, run, wait_for
from test_sick import no_shot
from test_sick_load import roles_kept

ROOT = os.path.join(TREE, "build/networkmanager")
if not os.path.exists(ROOT):
    ROOT = ""
DAEMON, NMCLI = ROOT + "/usr/sbin/NetworkManager", ROOT + "/usr/bin/nmcli"

pytestmark = pytest.mark.skipif(
    not os.path.exists(DAEMON) or not shutil.which("dbus-daemon"),
    reason="NetworkManager or dbus-daemon is not there")

BUS = """<busconfig><type>system</type>
<listen>unix:path=/run/dbus/system_bus_socket</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow own="*"/>
<allow eavesdrop="true"/><allow user="*"/></policy></busconfig>
"""
SETTINGS = """[main]
plugins=keyfile
dns=none
rc-manager=unmanaged
auth-polkit=false
no-auto-default=*
[keyfile]
path=/run/nm/connections
unmanaged-devices=except:interface-name:eth0
"""
PROFILE = """[connection]
id=eth0
uuid=11111111-2222-3333-4444-555555555555
type=ethernet
interface-name=eth0
[ipv4]
method=manual
address1=10.99.0.11/24
[ipv6]
method=disabled
"""
FILES = (("bus.conf", BUS), ("NetworkManager.conf", SETTINGS),
         ("eth0.nmconnection", PROFILE))
# Its mounts are nobody else's; /sys read-only: else it waits for udev.
START = """set -e
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
mount -o remount,bind,ro /sys
mkdir -p /run/dbus /run/NetworkManager /run/nm/connections /run/nm/lib
mkdir /var/lib/NetworkManager
cp "$0"/*.conf /run/nm
cp "$0"/eth0.nmconnection /run/nm/connections
chmod 600 /run/nm/connections/*
exec dbus-daemon --config-file=/run/nm/bus.conf --nofork --nopidfile
"""


class NetworkManager:
    """It and its bus, beside the daemon of one node."""

    def __init__(self, node):
        self.node, self.dir = node, os.path.join(node.dir, "nm")
        self.log = os.path.join(self.dir, "log")
        os.makedirs(self.dir)
        for name, text in FILES:
            with open(os.path.join(self.dir, name), "w",
                      encoding="ascii") as f:
                f.write(text)
        self.bus = node.spawn("unshare", "--mount", "sh", "-c", START,
                              self.dir, log=self.log)
        self.process = None
        wait_for("the bus is there", lambda: os.path.exists(
            "/proc/%d/root/run/dbus/system_bus_socket" % self.inner()))

    def inner(self):
        """The bus, behind nsenter, which waits for it."""
        with open("/proc/%d/task/%d/children" % (self.bus.pid, self.bus.pid),
                  encoding="ascii") as f:
            below = f.read().split()
        return int(below[0]) if below else self.bus.pid

    def words(self, *words):
        return ["nsenter", "-t", str(self.inner()), "-m", "-n", "-p", "env",
                "LD_LIBRARY_PATH=" + ":".join(
                    glob.glob(ROOT + "/usr/lib/*-linux-gnu*")), *words]

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.words(
                DAEMON, "--debug", "--config=/run/nm/NetworkManager.conf",
                "--config-dir=/run/nm/none", "--system-config-dir=/run/nm/none",
                "--intern-config=/run/nm/intern.conf",
                "--state-file=/run/nm/state",
                "--pid-file=/run/NetworkManager/pid", "--log-level=INFO"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for("it has eth0", lambda: "(connected" in self.nmcli(
            "-g", "GENERAL.STATE", "device", "show", "eth0"), 20, 0.2)

    def stop(self, signum=signal.SIGTERM):
        self.process.send_signal(signum)
        self.process.wait(timeout=20)

    def nmcli(self, *words):
        done = run(*self.words(NMCLI, *words), check=False)
        return done.stdout + done.stderr

    def end(self):
        if self.process and self.process.poll() is None:
            self.stop()
        os.kill(self.inner(), signal.SIGTERM)
        self.bus.wait(timeout=10)


def taken_away(node):
    return node.read_log().count("(NetworkManager); put back")


def test_R12_networkmanager_beside_an_owner():
    """Its start and end leave eth0 as it is. Activating and reapplying a profile
    remove what is not in it: put back, and who it was is named. Who takes the
    profile down takes the node's own address: handed over, nobody is cut."""
    with Lab() as lab:
        a, b = lab.nodes
        lab.settle()
        manager = NetworkManager(a)
        try:
            for signum in (signal.SIGTERM, signal.SIGKILL):
                manager.start()
                roles_kept(lab)
                manager.stop(signum)
                roles_kept(lab)
            manager.start()
            assert taken_away(a) == 0
            for words in (("connection", "up", "eth0"),
                          ("device", "reapply", "eth0")):
                before = taken_away(a)
                said = manager.nmcli(*words)
                assert "successfully" in said, said
                wait_for("put back after " + words[1],
                         lambda: taken_away(a) > before)
                wait_for("lb01 has its address", lambda: VIP in a.addresses())
                roles_kept(lab)
            said = manager.nmcli("connection", "down", "eth0")
            assert "successfully" in said, said
            b.wait_state("MASTER")
            assert b.proof() == "released"
            wait_for("lb01 holds nothing", lambda: VIP not in a.addresses())
            assert any(a.address in why
                       for why in a.status()["unfit_reasons"])
            said = manager.nmcli("connection", "up", "eth0")
            assert "successfully" in said, said
            wait_for("lb01 is fit again", lambda: a.status()["fit"])
            assert b.twinbeat("handover").returncode == 0
            a.wait_state("MASTER")
            assert VIP in a.addresses() and no_shot(lab)
        finally:
            manager.end()
