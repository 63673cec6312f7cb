# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab, and who is measured in it, in turn: twinbeat or keepalived, in the
same namespaces.

A "suite" here is what runs on both nodes: start(), stop(), owner(), pids().
"""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "netns"))
from lab import Lab, VIP, children_of, run, wait_for  # noqa: E402
import modem_lines  # noqa: E402

KEEPALIVED = """vrrp_instance VI_{vrid} {{
    state BACKUP
    interface eth0
    virtual_router_id {vrid}
    priority {priority}
    advert_int {advert_s:g}
    virtual_ipaddress {{
{vips}
    }}
}}
"""


def family(pid):
    """The process, its children, and theirs."""
    return [pid] + [p for child in children_of(pid) for p in family(child)]


def kill_all(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue    # with another one


# What both see of each other by a cable with full handshake.
WIRES = modem_lines.DSR | modem_lines.DCD | modem_lines.CTS
# In so long a node has told that it sees the lines, too (R18): every second turn
# of all that its beats tell, at 100 ms a beat.
LINES_TOLD_S = 4


class Twinbeat:
    name = "twinbeat"

    def __init__(self, lab):
        self.lab = lab

    def start(self):
        for node in self.lab.nodes:
            if self.lab.options["lines"]:
                modem_lines.wire(node, WIRES)
            self.start_one(node)

    @staticmethod
    def start_one(node):
        node.start(wait=False)

    @staticmethod
    def stop_one(node):
        node.stop()

    def wait(self, seconds=40):
        # a stall of the machine may move the roles: either may own
        wait_for("one owner, both links up, plugs proven", self._is_settled,
                 seconds, 0.05)
        if self.lab.options["lines"]:
            wait_for("both see the lines", lambda: all(
                node.link("serial")["line"] == "ok"
                for node in self.lab.nodes), seconds, 0.05)
            pause(LINES_TOLD_S)

    def _is_settled(self):
        seen = [node.status() for node in self.lab.nodes]
        if not all(seen):
            return False
        if sorted(s["instances"][0]["state"] for s in seen) != [
                "BACKUP", "MASTER"]:
            return False
        return all(
            all(link["state"] in ("up", "sending") for link in s["links"]) and
            all(p["proven"] for p in s["fence"]["plugs"]
                if p["node"] != node.name)
            for node, s in zip(self.lab.nodes, seen))

    def owner(self):
        return 0 if VIP in self.lab.nodes[0].addresses() else 1

    def pids(self, node):
        return family(node.daemon)

    def handover(self, owner):
        done = owner.twinbeat("handover")
        assert done.returncode == 0, done.stderr

    def kill(self, node):
        kill_all(self.pids(node))

    def stop(self):
        for node in self.lab.nodes:
            if node.is_powered() and node.starter.poll() is None:
                node.stop()


class Keepalived:
    """VRRP alone (-P); by default priorities 254 and 253, the shortest skew there
    is."""
    name = "keepalived"

    def __init__(self, lab, priorities=None):
        self.lab, self.running = lab, {}
        self.priorities = priorities or (254, 253)

    def start(self):
        for node in self.lab.nodes:
            self.start_one(node)

    def _instance(self, node, vrid, vips):
        return KEEPALIVED.format(
            vrid=vrid, priority=self.priorities[node.index],
            advert_s=self.lab.options["advert_ms"] / 1000,
            vips="\n".join("        %s/32" % ip for ip in vips))

    def start_one(self, node):
        base = os.path.join(node.dir, "keepalived")
        options = self.lab.options
        with open(base + ".conf", "w", encoding="ascii") as f:
            f.write("global_defs { vrrp_version %d }\n" % options["version"])
            f.write(self._instance(node, 55,
                                   [VIP] + options.get("more_vips", [])))
            for vrid, ip in options.get("more_instances", []):
                f.write(self._instance(node, vrid, [ip]))
        # a pid of its last life may be somebody else's now
        for suffix in (".pid", ".vrrp"):
            if os.path.exists(base + suffix):
                os.unlink(base + suffix)
        self.running[node.name] = node.spawn(
            "keepalived", "-n", "-l", "-P", "-f", base + ".conf",
            "-p", base + ".pid", "-r", base + ".vrrp")

    def wait(self, seconds=20):
        first, second = self.lab.nodes
        wait_for("keepalived owns", lambda: VIP in first.addresses()
                 and VIP not in second.addresses(), seconds)

    def owner(self):
        return 0

    def pids(self, node):
        # the first is nsenter, which waits for it
        return family(self.running[node.name].pid)[1:]

    def handover(self, owner):
        """It has no word for it: it is stopped."""
        os.kill(self.pids(owner)[0], signal.SIGTERM)

    def kill(self, node):
        kill_all(self.pids(node))

    def stop(self):
        for node in self.lab.nodes:
            self.stop_one(node)

    def stop_one(self, node):
        started = self.running.pop(node.name, None)
        for pid in children_of(started.pid) if started else ():
            os.kill(pid, signal.SIGTERM)
        if started:
            started.wait(timeout=20)


class Pair:
    """A lab whose nodes are on, with nothing running on them yet. lines: the
    cable has modem lines; priorities: keepalived's."""

    def __init__(self, lines=False, priorities=None, **options):
        self.lab = Lab(lines=lines, **options)
        self.priorities = priorities

    def __enter__(self):
        try:
            self.lab.build(boot=False)
            for node in self.lab.nodes:
                node.power_on(daemon=False)
            if self.lab.options["serial"]:
                # as a 16550 gives it to its driver: 8 bytes at a time
                self.lab.cable("pace 115200")
        except BaseException:
            self.lab.close()
            raise
        self.suites = [Twinbeat(self.lab),
                       Keepalived(self.lab, self.priorities)]
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and issubclass(kind, Exception):
            self.lab.show()
        self.lab.close()

    def cut_power(self, node):
        other = self.lab.nodes[1 - node.index]

        def falls_with_it():
            if self.lab.options["lines"]:
                modem_lines.show(other, 0)
            if self.lab.options["serial"]:    # its port stops within a frame
                self.lab.cable("cut-" + "ab"[node.index])
        # a cable from card to card: the other end loses its carrier
        node.die(*other.ports[2:], at_once=falls_with_it)

    def revive(self, node):
        """Its power is back, and nothing runs on it."""
        self.lab.pdu("on %d" % (node.index + 1))
        for process in (node.starter, node.responder, node.shell):
            if process and process.poll() is None:
                process.kill()
            if process:
                process.wait()
        node.power_on(daemon=False)
        if self.lab.options["cards"] > 2:
            self.lab.direct(True)
        if self.lab.options["serial"]:
            self.lab.cable("join")


def pause(seconds):
    time.sleep(seconds)
