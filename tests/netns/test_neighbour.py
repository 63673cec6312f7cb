# SPDX-License-Identifier: GPL-3.0-or-later
"""A real server that is another machine than before, and tells nobody."""
import json
import subprocess
import sys
import time

from lab import run, wait_for
from test_checker import SERVICE, WEB1, WEB2, Farm, server, settings

# answers on one port, and sends nothing by itself
QUIET = r"""
import socket, sys
ear = socket.create_server((sys.argv[1], 80), backlog=100)
print("ready", flush=True)
while True:
    ear.accept()[0].close()
"""
OLD, NEW = "02:00:00:00:00:21", "02:00:00:00:00:22"
TCP = 'checks = ( { type = "tcp"; port = 80; } );'


class Quiet(Farm):
    """Two servers; node a believes for ten minutes what it knows of them."""

    def begin(self):
        self.its = {}
        for name, ip in (("web1", WEB1), ("web2", WEB2)):
            self.its[name] = self.neighbour(name, ip)
            self.mac(name, OLD if name == "web1" else "02:00:00:00:00:31")
            said = self.start(name, sys.executable, "-c", QUIET, ip)
            assert said.stdout.readline() == "ready\n"

    def start(self, name, *words):
        process = subprocess.Popen(
            self.within(self.its[name], *words), stdout=subprocess.PIPE,
            text=True)
        self.background.append(process)
        return process

    def mac(self, name, mac):
        run("ip", "-n", self.its[name], "link", "set", "eth0", "address", mac)

    def known(self, node, ip=WEB1):
        said = json.loads(run("ip", "-n", node.ns, "-json", "neigh", "show",
                              ip, "dev", "eth0").stdout)
        return said[0] if said else {}


def quiet():
    return Quiet(settings(SERVICE % (
        "web", "rr", 80, TCP, server("web1", WEB1) + ", " +
        server("web2", WEB2))), Quiet.begin)


def believe(lab, node, state="reachable"):
    """Confirmed now, and not looked at again for ten minutes."""
    run(*lab.within(node.ns, "sysctl", "-qw",
                    "net.ipv4.neigh.eth0.base_reachable_time_ms=1200000"))
    run("ip", "-n", node.ns, "neigh", "replace", WEB1, "lladdr", OLD, "dev",
        "eth0", "nud", state)


def test_D2_a_server_with_another_mac_that_tells_nobody_is_found():
    with quiet() as lab:
        a = lab.nodes[0]
        for name, ip in (("web1", WEB1), ("web2", WEB2)):
            a.wait_log("web: %s (%s) is up" % (name, ip))
        believe(lab, a)
        other = lab.known(a, WEB2)["lladdr"]
        lab.mac("web1", NEW)
        began = time.monotonic()
        wait_for("its new MAC", lambda: lab.known(a).get("lladdr") == NEW, 25,
                 0.1)
        print("found after %.1f s" % (time.monotonic() - began))
        wait_for("it is up", lambda: a.read_log().rfind(
            "web1 (%s) is up" % WEB1) > a.read_log().rfind(
                "web1 (%s) is down" % WEB1), 20)
        assert lab.known(a, WEB2)["lladdr"] == other


def test_D2_what_a_person_has_said_of_a_mac_is_not_doubted():
    with quiet() as lab:
        a = lab.nodes[0]
        a.wait_log("web: web1 (%s) is up" % WEB1)
        believe(lab, a, "permanent")
        lab.mac("web1", NEW)
        a.wait_log("web: web1 (%s) is down" % WEB1)
        time.sleep(1)
        assert lab.known(a)["lladdr"] == OLD
        assert lab.known(a)["state"] == ["PERMANENT"]
