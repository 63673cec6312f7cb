#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two kernels, each with a node of the pair (User-Mode Linux): run.py [TEST]...

Prints a line for each test and `pytest: N passed, M failed`. Where the guests
cannot run it says why and exits 77, which is neither.

Everything lives in namespaces of this runner's own and dies with it: a network,
a mount and a PID namespace, in which each guest has another PID namespace.
Nothing touches an interface of the machine.
"""
import collections
import glob
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
HOST = "10.99.0.254"
VIP = "10.99.0.100"
ADDRESS = {"lb01": "10.99.0.11", "lb02": "10.99.0.12"}
SAMPLES, ORDERS = 9001, 9002
BOOT_S = 60
SKIPPED = 77
# What is left between the guests' clocks when the quickest of their samples
# have set them to ours, on a machine that stands still now and then.
CLOCKS_S = 0.05

CONFIG = """pair = "uml";
key_file = "/out/key";
nodes = (
  { name = "lb01"; priority = 150; address = "10.99.0.11";
    serial = "/dev/cable"; fence = ( { device = "pdu"; plug = 1; } ); },
  { name = "lb02"; priority = 100; address = "10.99.0.12";
    serial = "/dev/cable"; fence = ( { device = "pdu"; plug = 2; } ); }
);
links = { serial = { baud = 115200; interval_ms = 100; dead_ms = 1500; }; };
instances = (
  { name = "VI_1"; interface = "vec0"; vrid = 55; version = 3; advert_ms = 500;
    addresses = ( { ip = "10.99.0.100/32"; } ); }
);
# nobody listens there: no takeover by a fence
devices = (
  { name = "pdu"; driver = "modbus"; transport = "tcp"; host = "10.99.0.254";
    port = 502; unit = 1; profile = "generic-coil"; base = 0; }
);
fence = { tie_ms = 10000; };
startup_ms = 5000;
unclean_startup_ms = 5000;
"""

# A power switch that is there, and a watchdog that is quicker than the fence.
SOFTDOG = "/usr/lib/uml/modules/*/kernel/drivers/watchdog/softdog.ko"
DOG_S = 3
DOG_CONFIG = CONFIG.replace("# nobody listens there: no takeover by a fence\n",
                            "").replace(
    "fence = { tie_ms", "fence = { delay_ms = 8000; tie_ms") + """
watchdog = { device = "/dev/watchdog1"; timeout_s = %d; };
""" % DOG_S


class Failure(Exception):
    pass


def why_not():
    """Why the guests cannot run here, or None."""
    if os.geteuid() != 0:
        return "only root makes namespaces and tap devices"
    for program in ("linux.uml", "unshare", "taskset", "ip", "insmod"):
        if shutil.which(program, path=os.environ.get("PATH", "") +
                        ":/usr/sbin:/sbin") is None:
            return ("%s is not installed (Debian: user-mode-linux, kmod)"
                    % program)
    if not os.path.exists("/dev/net/tun"):
        return "there is no /dev/net/tun"
    if not glob.glob("/usr/lib/uml/modules/*/kernel/fs/overlayfs/overlay.ko"):
        return "the guests' modules are not installed"
    shm = os.statvfs("/dev/shm")
    if shm.f_bavail * shm.f_frsize < 300 << 20:
        return "/dev/shm has less than 300 MB left for the guests' memory"
    if subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork",
                       "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        return "namespaces are not allowed here"
    return None


class Samples(threading.Thread):
    """What the guests say of their kernels, by this machine's clock."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((HOST, SAMPLES))
        self.of = collections.defaultdict(list)
        # how late its quickest sample came: what its clock is behind ours
        self.lead = {}
        self.start()

    def forget(self):
        """Of the guests before."""
        self.of.clear()
        self.lead.clear()

    def run(self):
        while True:
            name, at, held = self.socket.recv(100).decode().split()
            late = time.time() - float(at)
            self.lead[name] = min(self.lead.get(name, 1e9), late)
            self.of[name].append((float(at), held == "1"))

    def ours(self, name, at):
        """A time of the guest, by our clock."""
        return at + self.lead[name]

    def held(self, name):
        return [self.ours(name, at) for at, held in list(self.of[name])
                if held]

    def holds(self, name):
        return self.of[name][-1][1]

    def spans(self, name):
        """From the first to the last sample that had it, each time."""
        spans, begin, last = [], None, None
        for at, held in list(self.of[name]):
            if held:
                begin, last = begin or at, at
            elif begin:
                spans.append((self.ours(name, begin), self.ours(name, last)))
                begin = None
        if begin:
            spans.append((self.ours(name, begin), self.ours(name, last)))
        return spans

    def overlap(self):
        """When both kernels had it, or None."""
        for begin, end in self.spans("lb01"):
            for other_begin, other_end in self.spans("lb02"):
                both_s = min(end, other_end) - max(begin, other_begin)
                if both_s > CLOCKS_S:
                    return "both kernels had the address for %.3f s" % both_s
        return None


class Pair:
    def __init__(self, samples, config):
        self.out = {}
        self.guests = {}
        self.switch = None
        self.directory = tempfile.mkdtemp(prefix="twinbeat-uml-")
        self.config = config
        key = secrets.token_hex(32)
        self.samples = samples
        samples.forget()
        for cpu, name in enumerate(ADDRESS):
            self.boot(name, cpu % os.cpu_count(), key)

    def close(self):
        for guest in self.guests.values():
            guest.kill()  # the unshare: its namespace dies with it
            guest.wait()
        if self.switch:
            self.switch.kill()
            self.switch.wait()
        for name in ADDRESS:
            self.sh("ip link del tap-" + name)
        shutil.rmtree(self.directory)

    def begin_switch(self):
        """A coil that goes off kills the guest: the plug pulled."""
        for plug, name in enumerate(ADDRESS, 1):
            for what, text in (("pids", "%d\n" % self.guests[name].pid),
                               ("with", ""), ("links", "tap-%s\n" % name)):
                with open("%s/plug%d.%s" % (self.directory, plug, what), "w",
                          encoding="ascii") as f:
                    f.write(text)
        self.switch = subprocess.Popen(
            [BUILD + "/tests/power_switch", "--listen", HOST + ":502",
             "--coils", "8", "--kill-dir", self.directory],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    @staticmethod
    def sh(command):
        subprocess.run(command, shell=True, check=True)

    def boot(self, name, cpu, key):
        out = os.path.join(self.directory, name)
        os.mkdir(out)
        for file, text in (("key", key), ("twinbeat.conf", self.config),
                           ("build", BUILD)):
            with open(os.path.join(out, file), "w", encoding="utf-8",
                      opener=lambda path, flags: os.open(path, flags,
                                                         0o600)) as f:
                f.write(text)
        self.sh("ip tuntap add dev tap-%s mode tap; ip link set tap-%s "
                "master br0 up" % (name, name))
        self.out[name] = out
        with open(os.path.join(out, "console"), "w", encoding="utf-8") as log:
            self.guests[name] = subprocess.Popen(
                ["sh", os.path.join(HERE, "guest.sh"), name,
                 os.path.join(HERE, "node.py"), out, str(cpu),
                 "vec0:transport=tap,ifname=tap-%s,depth=64" % name],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def ask(self, name, command):
        with socket.create_connection((ADDRESS[name], ORDERS), 10) as wire:
            wire.sendall(command.encode() + b"\n")
            wire.shutdown(socket.SHUT_WR)
            with wire.makefile() as answer:
                return answer.read()

    def status(self, name):
        try:
            return json.loads(self.ask(
                name, BUILD + "/twinbeat --run-dir /run/tb status --json"))
        except (OSError, ValueError):
            return None

    def log(self, name):
        with open(os.path.join(self.out[name], name + ".log"),
                  encoding="utf-8") as text:
            return text.read()

    def console(self, name):
        with open(os.path.join(self.out[name], "console"), encoding="utf-8",
                  errors="replace") as text:
            return text.read()

    def wait(self, what, test, limit_s):
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            got = test()
            if got:
                return got
            time.sleep(0.1)
        raise Failure("not within %d s: %s" % (limit_s, what))

    def wait_booted(self):
        """False: this machine does not run guests."""
        try:
            self.wait("both guests report", lambda: len(self.samples.of) == 2,
                      BOOT_S)
        except Failure:
            return False
        return True

    def wait_settled(self):
        """One owns, the other does not, both hear each other: the owner."""
        def settled():
            seen = {name: self.status(name) for name in ADDRESS}
            if not all(seen.values()) or any(
                    one["links"][0]["state"] != "up" for one in seen.values()):
                return None
            owners = [name for name, one in seen.items()
                      if one["instances"][0]["state"] == "MASTER" and
                      self.samples.holds(name)]
            standbys = [name for name, one in seen.items()
                        if one["instances"][0]["state"] == "BACKUP" and
                        not self.samples.holds(name)]
            return owners[0] if len(owners) == len(standbys) == 1 else None
        return self.wait("one owns, both hear each other", settled, 40)

    def hold_rtnl(self, name, seconds):
        """Returns when it is held, with what says since when it may be free: a
        time by our clock, None before."""
        path = os.path.join(self.out[name], "hold")
        self.ask(name, "rm -f /out/hold; %s %d vec0 >/out/hold 2>&1 &" % (
            os.path.join(BUILD, "tests/rtnl_hold"), seconds))

        def words():
            try:
                with open(path, encoding="utf-8") as text:
                    return text.read().split()
            except FileNotFoundError:
                return []

        def free():
            said = words()
            return self.samples.ours(name, float(said[2])) \
                if len(said) == 3 else None
        self.wait("RTNL is held", lambda: words()[:1] == ["held"], 5)
        return free


def check(true, text):
    if not true:
        raise Failure(text)


def test_A01_released_only_after_the_address_is_gone(pair, owner, other):
    """The owner's RTNL is held for 16 s: its keeper hangs, its lease does not
    end. It says so and owns; released comes when its kernel has let go."""
    free = pair.hold_rtnl(owner, 16)
    pair.wait(owner + " says that it is stuck", lambda:
              "alert release-failed raised" in pair.log(owner), 14)
    check(free() is None, "it was not stuck while RTNL was held")
    check(pair.status(other)["peer"]["owns"] == ["VI_1"],
          "%s states no more that it owns, with its kernel stuck" % owner)
    free_s = pair.wait("RTNL is free", free, 20)
    pair.wait("it has let go", lambda: "-> FAULT: released: " in
              pair.log(owner) or "-> BACKUP: released: " in pair.log(owner),
              15)
    pair.wait_settled()
    check(pair.samples.overlap() is None, pair.samples.overlap())
    early = [at for at in pair.samples.held(other) if at < free_s - CLOCKS_S]
    check(not early, "%s had the address before RTNL was free at %s"
          % (other, owner))
    return "stuck while RTNL was held, then released; never two"


def test_A01_the_last_word_comes_after_the_address(pair, owner, other):
    """The owner's daemon is killed while RTNL is held for 5 s: the obituary is
    said when the address is gone, not before."""
    before = len(pair.samples.spans(other))
    free = pair.hold_rtnl(owner, 5)
    pair.ask(owner, "kill -9 %d" % pair.status(owner)["pid"])
    free_s = pair.wait("RTNL is free", free, 15)
    pair.wait(other + " has taken over", lambda: pair.samples.holds(other), 10)
    time.sleep(0.2)
    check(pair.samples.overlap() is None, pair.samples.overlap())
    begin = pair.samples.spans(other)[before][0]
    check(begin > free_s - CLOCKS_S, "%s had the address %.3f s before RTNL "
          "was free at %s" % (other, free_s - begin, owner))
    check(pair.samples.spans(owner)[-1][1] < begin + CLOCKS_S,
          "%s had it still" % owner)
    return "%s has it when RTNL is free, not before" % other


def test_R12_a_main_loop_that_stands_still_resets_the_machine(pair, owner,
                                                              other):
    """softdog: its kernel is reset long before the peer would cut its power;
    the peer serves when it has done that, and nobody ever both."""
    pair.begin_switch()
    pair.wait("the watchdog is armed", lambda: "armed: it resets this machine"
              in pair.log(owner), 20)
    pair.wait("the plug is proven", lambda: any(
        plug["node"] == owner and plug["proven"]
        for plug in pair.status(other)["fence"]["plugs"]), 70)
    stopped = time.time()
    pair.ask(owner, "kill -STOP %d" % pair.status(owner)["pid"])
    pair.wait("the guest is reset", lambda: pair.guests[owner].poll()
              is not None, DOG_S + 4)
    reset_s = time.time() - stopped
    check("read-back" not in pair.log(other) and
          pair.status(other)["fence"]["state"] != "confirmed",
          "its power was cut before")
    check("oftdog" in pair.console(owner), "not by its watchdog: " +
          pair.console(owner)[-500:])
    check(reset_s > DOG_S / 2, "reset after %.1f s already" % reset_s)
    pair.wait(other + " serves", lambda: pair.samples.holds(other), 30)
    proof = pair.status(other)["instances"][0]["proof"]
    check(proof == "fenced", "by the proof " + proof)
    check(pair.samples.overlap() is None, pair.samples.overlap())
    return "reset after %.1f s, taken over by %s" % (reset_s, proof)


TESTS = (test_A01_released_only_after_the_address_is_gone,
         test_A01_the_last_word_comes_after_the_address)
DOG_TESTS = (test_R12_a_main_loop_that_stands_still_resets_the_machine,)


def run_on(pair, tests):
    """How many passed, and failed; None: this machine does not run guests."""
    passed = failed = 0
    if not pair.wait_booted():
        print("uml: skipped: the guests do not report within %d s: %s"
              % (BOOT_S, pair.console("lb01")[-300:]))
        return None
    for test in tests:
        began = time.monotonic()
        try:
            owner = pair.wait_settled()
            other = "lb02" if owner == "lb01" else "lb01"
            said = test(pair, owner, other)
            passed += 1
            print("ok %s, %.1f s: %s" % (
                test.__name__, time.monotonic() - began, said))
        except Failure as failure:
            failed += 1
            print("FAILED %s: %s; %s" % (
                test.__name__, failure,
                pair.samples.overlap() or "never two"))
            for name in ADDRESS:
                print("---- %s\n%s" % (name, pair.log(name)[-6000:]))
    return passed, failed


def run(names):
    total = [0, 0]
    Pair.sh("ip link set lo up; ip link add br0 type bridge mcast_snooping 0; "
            "ip address add %s/24 dev br0; ip link set br0 up" % HOST)
    samples = Samples()
    for config, tests in ((CONFIG, TESTS), (DOG_CONFIG, DOG_TESTS)):
        tests = [t for t in tests if not names or t.__name__ in names]
        if not tests or (config == DOG_CONFIG and not glob.glob(SOFTDOG)):
            continue
        pair = Pair(samples, config)
        try:
            done = run_on(pair, tests)
        finally:
            pair.close()
        if done is None:
            return SKIPPED
        total = [a + b for a, b in zip(total, done)]
    print("pytest: %d passed, %d failed" % tuple(total))
    return 1 if total[1] else 0


def inside(go):
    """go() in namespaces of its own, which end what it leaves; this program is
    begun anew there. Exits with what go says, or SKIPPED."""
    if os.environ.get("TWINBEAT_UML_INSIDE"):
        sys.exit(go())
    reason = why_not()
    if reason:
        print("uml: skipped: " + reason)
        sys.exit(SKIPPED)
    os.environ["TWINBEAT_UML_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork",
                          "--kill-child", "--mount-proc", sys.executable,
                          "-u", os.path.abspath(sys.argv[0])] + sys.argv[1:])


if __name__ == "__main__":
    inside(lambda: run(sys.argv[1:]))
