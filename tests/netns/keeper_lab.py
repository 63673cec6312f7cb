# SPDX-License-Identifier: GPL-3.0-or-later
"""The real twinbeat-keeper in a namespace of its own, a neighbour in another.

Everything is awaited, nothing slept for: kernel notices and captured packets
are the evidence, in the order in which the kernel queued them.
"""
import ctypes
import itertools
import json
import os
import queue
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time

BUILD = os.environ.get("BUILD", "build")
TAG = 0x7b
FOREVER = 0xffffffff
NEWADDR, DELADDR, GETADDR = 20, 21, 22
IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_CACHEINFO, IFA_PROTO = 1, 2, 3, 6, 11
numbers = itertools.count()


def boottime_us():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def in_namespace(name, make):
    """Calls make() in a thread that lives in the namespace."""
    result = []

    def call():
        with open("/run/netns/" + name, encoding="ascii") as handle:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.setns(handle.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        result.append(make())
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return result[0]


def attributes(data):
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        found[kind & 0x3fff] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


def messages(data):
    while len(data) >= 16:
        size, kind, flags, seq, port = struct.unpack_from("=IHHII", data)
        yield kind, port, data[16:size]
        data = data[(size + 3) & ~3:]


class Address:
    def __init__(self, body):
        (_, self.prefix, self.flags, self.scope,
         self.index) = struct.unpack_from("=BBBBI", body)
        found = attributes(body[8:])
        self.ip = socket.inet_ntoa(found[IFA_LOCAL])
        self.label = found.get(IFA_LABEL, b"").rstrip(b"\0").decode()
        self.tag = found[IFA_PROTO][0] if IFA_PROTO in found else 0
        self.valid_s = struct.unpack_from(
            "=II", found[IFA_CACHEINFO])[1]
        self.preferred_s = struct.unpack_from("=I", found[IFA_CACHEINFO])[0]

    def __repr__(self):
        return "%s/%d" % (self.ip, self.prefix)


class Namespace:
    def __init__(self, word):
        self.name = "tb-keeper-%d-%s%d" % (os.getpid(), word, next(numbers))
        run("ip", "netns", "add", self.name)
        self.ip("link", "set", "lo", "up")

    def ip(self, *words):
        run("ip", "-n", self.name, *words)

    def sysctl(self, path, value):
        run("ip", "netns", "exec", self.name, "sh", "-c",
            "echo %s >/proc/sys/net/ipv4/%s" % (value, path))

    def netlink(self, groups=0):
        def make():
            made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            made.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
            made.bind((0, groups))
            return made
        return in_namespace(self.name, make)

    def addresses(self):
        """All IPv4 addresses but lo's own."""
        with self.netlink() as asking:
            asking.send(struct.pack("=IHHIIBBBBI", 24, GETADDR, 0x301, 1, 0,
                                    socket.AF_INET, 0, 0, 0, 0))
            found = []
            while True:
                for kind, _, body in messages(asking.recv(65536)):
                    if kind == 3:
                        return [a for a in found if a.ip != "127.0.0.1"]
                    found.append(Address(body))

    def ips(self):
        return {a.ip for a in self.addresses()}

    def address(self, ip):
        found = [a for a in self.addresses() if a.ip == ip]
        assert len(found) == 1, (ip, self.addresses())
        return found[0]

    def add_tagged(self, ip, prefix, dev, valid_s=FOREVER, tag=TAG):
        """iproute2 6.1 cannot set the protocol of an address."""
        index = in_namespace(self.name, lambda: socket.if_nametoindex(dev))
        raw = socket.inet_aton(ip)
        body = struct.pack("=BBBBI", socket.AF_INET, prefix, 0, 0, index)
        for kind, value in ((IFA_LOCAL, raw), (IFA_ADDRESS, raw),
                            (IFA_CACHEINFO, struct.pack(
                                "=IIII", valid_s, valid_s, 0, 0)),
                            (IFA_PROTO, bytes((tag,)))):
            body += struct.pack("=HH", 4 + len(value), kind) + value
            body += bytes(-len(value) % 4)
        with self.netlink() as asking:
            asking.send(struct.pack("=IHHII", 16 + len(body), NEWADDR, 0x605,
                                    1, 0) + body)
            answer = asking.recv(4096)
            assert struct.unpack_from("=i", answer, 16)[0] == 0

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False)


class Notices:
    """What the kernel says of addresses, in its order."""

    def __init__(self, namespace):
        self.socket = namespace.netlink(1 << 4)  # RTNLGRP_IPV4_IFADDR
        self.seen = []

    def drain(self):
        while True:
            try:
                data = self.socket.recv(65536, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return self.seen
            self.seen += [(kind, Address(body))
                          for kind, _, body in messages(data)]

    def gone(self):
        return [a.ip for kind, a in self.drain() if kind == DELADDR]

    def wait_gone(self, ip, timeout=5):
        limit = time.monotonic() + timeout
        while ip not in self.gone():
            left = limit - time.monotonic()
            assert left > 0, "%s is still there" % ip
            select.select([self.socket], [], [], left)
        return boottime_us()

    def forget(self):
        self.drain()
        self.seen = []


class Capture:
    """Frames that arrive at the neighbour, with the kernel's time."""

    def __init__(self, namespace, interface, ethertype):
        def make():
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            made.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
            made.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
            made.bind((interface, ethertype))
            return made
        self.socket = in_namespace(namespace.name, make)
        # kernel stamps are of the wall clock
        self.offset_us = boottime_us() - time.time_ns() // 1000

    def next(self, timeout=5):
        """(frame, at_us), or None."""
        if not select.select([self.socket], [], [], timeout)[0]:
            return None
        frame, control, _, _ = self.socket.recvmsg(2048, 128)
        seconds, ns = struct.unpack("=qq", control[0][2])
        return (frame,
                seconds * 1000000 + ns // 1000 + self.offset_us)

    def next_vrrp(self, timeout=5):
        while True:
            got = self.next(timeout)
            if got is None or got[0][23] == 112:
                return got

    def garps(self, count, timeout=5):
        """[(ip, at_us)] of the next count announcements, form checked."""
        found = []
        while len(found) < count:
            got = self.next(timeout)
            assert got is not None, "%d of %d announcements" % (len(found),
                                                                count)
            frame, at_us = got
            operation, = struct.unpack_from("!H", frame, 20)
            sender_ip, target_ip = frame[28:32], frame[38:42]
            if sender_ip != target_ip:
                continue
            assert frame[:6] == b"\xff" * 6 and operation == 1
            assert frame[6:12] == frame[22:28], "sender MAC"
            assert frame[32:38] == b"\xff" * 6
            found.append((socket.inet_ntoa(sender_ip), at_us))
        return found


class ShortDumps:
    """Dumps that the kernel breaks off, by their type, until whole()."""

    def __init__(self, *kinds):
        self.folder = tempfile.mkdtemp(prefix="tb-short-")
        os.chmod(self.folder, 0o755)
        self.path = os.path.join(self.folder, "dump")
        self.environment = {
            "LD_PRELOAD": os.path.abspath(
                os.path.join(BUILD, "tests", "short_dump.so")),
            "TWINBEAT_SHORT_DUMP": self.path}
        self.cut(*kinds)

    def cut(self, *kinds):
        for kind in kinds:
            with open("%s.%d" % (self.path, kind), "w", encoding="ascii"):
                pass

    def whole(self):
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))

    def remove(self):
        self.whole()
        os.rmdir(self.folder)


class Keeper:
    """twinbeat-keeper and the stand-in main process."""

    def __init__(self, namespace, *settings, stuck=None, dumps=None):
        """stuck: an address that the kernel does not remove, until free();
        dumps: which of them the kernel breaks off."""
        self.namespace = namespace
        environment = dict(os.environ)
        self.stuck_file = None
        if stuck:
            handle, self.stuck_file = tempfile.mkstemp(prefix="tb-stuck-")
            os.close(handle)
            environment.update(
                LD_PRELOAD=os.path.abspath(
                    os.path.join(BUILD, "tests", "stuck_address.so")),
                TWINBEAT_STUCK_ADDRESS=stuck,
                TWINBEAT_STUCK_FILE=self.stuck_file)
        if dumps:
            environment.update(dumps.environment)
        self.tool = subprocess.Popen(
            ["ip", "netns", "exec", namespace.name,
             os.path.join(BUILD, "tests", "keeper_tool"),
             os.path.join(BUILD, "twinbeat-keeper")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, bufsize=1, env=environment)
        self.events = queue.Queue()
        self.skipped, self.log = [], []
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._read_log, daemon=True).start()
        for line in settings + ("start",):
            self.send(line)
        started = self.wait("started")
        self.pid, self.main = started["pid"], started["main"]

    def _listen(self):
        for line in self.tool.stdout:
            self.events.put(json.loads(line))

    def _read_log(self):
        for line in self.tool.stderr:
            self.log.append(line.rstrip())

    def send(self, line):
        self.tool.stdin.write(line + "\n")

    def wait(self, event, timeout=10, **wanted):
        """The next such event; those before it are in skipped."""
        limit = time.monotonic() + timeout
        while True:
            try:
                got = self.events.get(
                    timeout=max(0.001, limit - time.monotonic()))
            except queue.Empty:
                raise AssertionError("no %s %s; log: %s" % (
                    event, wanted, self.log)) from None
            if got["event"] == event and all(
                    got[key] == value for key, value in wanted.items()):
                return got
            self.skipped.append(got)

    def claim(self, instance=0, **words):
        self.send(" ".join(["claim instance=%d" % instance] + [
            "%s=%s" % word for word in words.items()]))
        asked = self.wait("asked")
        claimed = self.wait("claimed", instance=instance)
        claimed["asked_us"] = asked["at_us"]
        return claimed

    def release(self, instance=0):
        self.send("release instance=%d" % instance)
        return self.wait("released", instance=instance)

    def tick(self):
        self.send("tick")
        return self.wait("alive")

    def kill_main(self):
        self.send("kill")
        return self.wait("killed")["at_us"]

    def free(self):
        """The kernel removes it again."""
        if self.stuck_file and os.path.exists(self.stuck_file):
            os.unlink(self.stuck_file)

    def stop(self):
        self.free()
        if self.tool.poll() is None:
            self.tool.stdin.close()
            self.tool.wait(10)
        try:
            os.kill(self.pid, 18)  # SIGCONT: a frozen one could not end
        except (OSError, AttributeError):
            pass


class Lab:
    """Node and neighbour on one cable: eth0 here, eth0 there."""

    def __init__(self):
        self.node, self.peer = Namespace("n"), Namespace("p")
        self.keepers = []
        self.cable("eth0")
        self.node.ip("address", "add", "192.0.2.11/24", "dev", "eth0")
        self.peer.ip("address", "add", "192.0.2.12/24", "dev", "eth0")

    def cable(self, name):
        self.node.ip("link", "add", name, "type", "veth", "peer", "name",
                     name, "netns", self.peer.name)
        for end in (self.node, self.peer):
            end.ip("link", "set", name, "addrgenmode", "none", "up")

    def keeper(self, *settings, **more):
        made = Keeper(self.node, *settings, **more)
        self.keepers.append(made)
        return made

    def ready(self, *settings, **more):
        made = self.keeper(*settings, **more)
        made.wait("ready")
        return made

    def arp(self):
        return Capture(self.peer, "eth0", 0x0806)

    def vrrp(self):
        return Capture(self.peer, "eth0", 0x0800)

    def remove(self):
        for keeper in self.keepers:
            keeper.stop()
        self.node.remove()
        self.peer.remove()
