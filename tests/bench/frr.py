# SPDX-License-Identifier: GPL-3.0-or-later
"""FRR's vrrpd on the nodes of a lab. The addresses are always on its macvlan of
the virtual MAC: it serves while it lets that be up."""
import os
import shutil
import signal

from pair import family, kill_all       # it sets the path
from lab import VIP, run, wait_for

FRR = "/usr/lib/frr/"
CONF = """interface eth0
 vrrp 55 version 3
 vrrp 55 priority {priority}
 vrrp 55 advertisement-interval {advert_ms}
 vrrp 55 ip {vip}
"""
DEVICE = "vrrp4-55"


class Frr:
    name = "frr"

    def __init__(self, lab):
        self.lab, self.running = lab, {}

    def start(self):
        for node in self.lab.nodes:
            self.start_one(node)

    def start_one(self, node):
        folder = os.path.join(node.dir, "frr")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        os.chmod(self.lab.dir, 0o755)
        shutil.chown(folder, "frr", "frr")
        with open(folder + "/vrrpd.conf", "w", encoding="ascii") as f:
            f.write(CONF.format(
                priority=254 - node.index, vip=VIP,
                advert_ms=self.lab.options["advert_ms"]))
        # the standby has the address, too: eth0 must not answer for it
        node.inside("sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=1")
        for words in (("add", DEVICE, "link", "eth0", "address",
                       "00:00:5e:00:01:37", "type", "macvlan", "mode",
                       "bridge"), ("set", DEVICE, "up")):
            run("ip", "-n", node.ns, "link", *words)
        run("ip", "-n", node.ns, "addr", "add", VIP + "/24", "dev", DEVICE)
        self.running[node.name] = [self._spawn(node, folder, "zebra")]
        wait_for("zebra listens",
                 lambda: os.path.exists(folder + "/zserv"))
        self.running[node.name].append(
            self._spawn(node, folder, "vrrpd", "-f", folder + "/vrrpd.conf"))

    @staticmethod
    def _spawn(node, folder, name, *words):
        return node.spawn(
            FRR + name, "-u", "frr", "-g", "frr", "-i",
            "%s/%s.pid" % (folder, name), "-z", folder + "/zserv",
            "--vty_socket", folder, "--log",
            "file:%s/%s.log" % (folder, name), *words)

    def _serves(self, node):
        shown = run("ip", "-n", node.ns, "-d", "link", "show", DEVICE).stdout
        return "protodown on" not in shown and "LOWER_UP" in shown

    def wait(self, seconds=20):
        first, second = self.lab.nodes
        wait_for("frr serves", lambda: self._serves(first) and
                 not self._serves(second), seconds, 0.05)

    def owner(self):
        return 0

    def pids(self, node):
        # the first is nsenter, which waits for it
        return [pid for started in self.running.get(node.name, ())
                for pid in family(started.pid)[1:]]

    def handover(self, owner):
        """It has no word for it: vrrpd is stopped."""
        os.kill(family(self.running[owner.name][1].pid)[1], signal.SIGTERM)

    def kill(self, node):
        kill_all(self.pids(node))

    def stop(self):
        for node in self.lab.nodes:
            for pid in reversed(self.pids(node)):
                os.kill(pid, signal.SIGTERM)
            for started in self.running.pop(node.name, ()):
                started.wait(timeout=20)
            run("ip", "-n", node.ns, "link", "del", DEVICE, check=False)
