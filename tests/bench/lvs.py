#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat beside keepalived and ldirectord as LVS directors, one after the
other in turn, with the same servers and intervals. Needs IPVS:
tests/uml/bench.py runs it in a guest.

    lvs.py [--only NAME,...] [--count N] [--out FILE]
"""
import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pair import family, run, wait_for          # noqa: E402  (sets the path)
from demo_lvs import (DIRECTOR, PAGES, TIMES, WEBS, Client,  # noqa: E402
                      Farm as Pair)
from lab import VIP, Lab, boottime_us   # noqa: E402
from lvs_suites import Farm, Keepalived, Ldirectord, Twinbeat  # noqa: E402
from report import Report               # noqa: E402
from table_judge import parse_ip_vs     # noqa: E402
from web_lab import Nginx               # noqa: E402

MANY = "10.98.%d.%d"
WEB = Farm([("web", [(VIP, 80)], list(WEBS.values()))], "http")


class Bench(Lab):
    """A node without a daemon; two web servers, and one that is many."""

    def build(self, boot=True):
        super().build(boot=False)
        self.webs = [Nginx(self, name, ip, is_direct=True,
                           more=PAGES % name + ' add_header X-Server "%s";'
                           % name) for name, ip in WEBS.items()]
        for web in self.webs:
            with open(web.dir + "/long", "w", encoding="ascii") as page:
                page.write("long" * (4 << 18))
        self.many = Nginx(self, "many", "10.99.0.30",
                          more="keepalive_requests 1000000000;")
        with open(self.many.dir + "/small", "w", encoding="ascii") as page:
            page.write("ok")
        with open(self.many.dir + "/conf", encoding="ascii") as conf:
            text = conf.read().replace("listen 10.99.0.30:80", "listen 80")
        with open(self.many.dir + "/conf", "w", encoding="ascii") as conf:
            conf.write(text)
        self.many.stop()
        self.many.start()
        run("ip", "-n", self.many.ns, "route", "add", "local", "10.98.0.0/16",
            "dev", "lo")
        for node in self.nodes:
            node.power_on(daemon=False)
        run("ip", "-n", self.nodes[0].ns, "route", "add", "10.98.0.0/16",
            "via", "10.99.0.30")

    def table(self):
        with open("/proc/%d/net/ip_vs" % self.nodes[0].init,
                  encoding="ascii") as text:
            return text.read()

    def opened(self):
        """How many connections the many have taken, and how many were reset
        before a program was told of them."""
        told = run(*self.within(self.many.ns, "cat", "/proc/net/snmp",
                                "/proc/net/netstat")).stdout
        count = 0
        for kind, name in (("Tcp:", "PassiveOpens"),
                           ("TcpExt:", "EmbryonicRsts")):
            names, values = [line.split() for line in told.splitlines()
                             if line.startswith(kind)]
            count += int(values[names.index(name)])
        return count

    def wait_table(self, count, seconds=60):
        wait_for("%d servers in the table" % count,
                 lambda: self.table().count("->") - 1 >= count, seconds, 0.01)


def is_in(lab, ip):
    return parse_ip_vs(lab.table()).get(ip, 0) > 0


def death(report, lab, suite, phase_s):
    """kill -9 of a web server until its weight is gone, and what the client
    saw of it."""
    web, ip = lab.webs[0], WEBS["web1"]
    suite.start(WEB)
    try:
        wait_for("both serve", lambda: all(is_in(lab, one) for one in
                                           WEBS.values()), 60)
        wait_for("the VIP", lambda: VIP in lab.nodes[0].addresses(), 20)
        client = Client(lab)
        wait_for("pages", lambda: len(client.answers) > 20 and not any(
            said.startswith("!") for *_, said in client.answers[-20:]), 20)
        time.sleep(1 + phase_s)
        killed_us = boottime_us()
        web.stop()
        wait_for("web1 is out", lambda: not is_in(lab, ip), 30, 0.005)
        gone_us = boottime_us()
        time.sleep(0.5)
        errors = sum(said.startswith("!") for _, _, said in client.between(
            killed_us - 40000, gone_us + 500000))
        client.process.kill()
        report.add("a server's death to its weight gone", suite.name,
                   (gone_us - killed_us) / 1000, "ms")
        report.add("client errors meanwhile, of 25 a second", suite.name,
                   errors, "requests")
    finally:
        web.start()
        suite.stop()


def used_s(pids):
    """Processor time of all their threads, to the microsecond."""
    # clock_getcpuclockid(3), which Python lacks
    return sum(time.clock_gettime(~pid << 3 | 2) for pid in pids)


def many(services, servers, listeners=1):
    return [("s%d" % i, [(VIP, 1000 + i * listeners + k)
                         for k in range(listeners)] if listeners > 1 else
             [(VIP, 80)] if services == 1 else [(VIP, 1000 + i)],
             [MANY % (1 + i, 1 + k) for k in range(servers)])
            for i in range(services)]


CHECKS_S = 40


def checks(report, lab, suite, kind):
    """200 servers, each asked once a second."""
    services = many(1, 200)
    suite.start(Farm(services, kind))
    try:
        lab.wait_table(200)
        time.sleep(3)
        pids = suite.pids()
        opened, used = lab.opened(), used_s(pids)
        # a guest's clock of a process has 10 ms: enough of them
        time.sleep(CHECKS_S)
        done, took = lab.opened() - opened, used_s(pids) - used
        report.add("%s checks a second of processor" % kind, suite.name,
                   done / took, "checks", done=done, took_s=took)
        report.add("%s checks done in %d s, of %d" % (
            kind, CHECKS_S, 200 * CHECKS_S), suite.name, done, "checks")
    finally:
        suite.stop()


# adverts with the kernel's time of each: raw, of the multicast group
EAR = r"""
import socket, struct, sys
ear = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
               socket.inet_aton("224.0.0.18") + socket.inet_aton(sys.argv[1]))
ear.setsockopt(socket.SOL_SOCKET, 35, 1) # SO_TIMESTAMPNS
while True:
    extra = ear.recvmsg(2000, 100)[1]
    print(*struct.unpack("qq", extra[0][2]), flush=True)
"""
RATE_S = 10


def name_of(pid):
    with open("/proc/%d/comm" % pid, encoding="ascii") as name:
        return name.read().strip()


def asked(lab):
    """How many pages the many have given. Of a connection each, opened() is
    as good and costs nobody anything."""
    with open(lab.many.dir + "/access", "rb") as log:
        return sum(block.count(b"\n") for block in
                   iter(lambda: log.read(1 << 20), b""))


def rate(report, lab, suite, kind):
    """10,000 checks a second are wanted: 1,000 servers, ten times a second
    each. What gets through, what it costs each side, and the longest time
    between two adverts of 100 ms, as the other node hears them."""
    count = asked if kind == "http kept" and suite.name == "twinbeat" \
        else Bench.opened
    before = count(lab)
    suite.start(Farm(many(100, 10), kind, (100, 100, 100)))
    ear = subprocess.Popen(
        lab.within(lab.nodes[1].ns, sys.executable, "-c", EAR,
                   lab.nodes[1].address), stdout=subprocess.PIPE, text=True)
    lab.background.append(ear)
    heard = []
    threading.Thread(target=lambda: heard.extend(
        int(s) * 1000 + int(ns) / 1e6 for s, ns in
        map(str.split, ear.stdout)), daemon=True).start()
    try:
        wait_for("checks", lambda: count(lab) > before + 1000, 60)
        time.sleep(5)
        pids, web = suite.pids(), family(lab.many.process.pid)
        done, used, webs = count(lab), used_s(pids), used_s(web)
        each = {pid: used_s([pid]) for pid in pids}
        began, heard_before = time.monotonic(), len(heard)
        time.sleep(RATE_S)
        took_s = time.monotonic() - began
        done, used = count(lab) - done, used_s(pids) - used
        each = {name_of(pid): round((used_s([pid]) - its) / took_s, 3)
                for pid, its in each.items()}
        gaps = [b - a for a, b in zip(heard[heard_before:],
                                      heard[heard_before + 1:])]
        what = "10,000 %s checks a second: " % kind
        report.add(what + "got through", suite.name, done / took_s, "a second",
                   processors=each)
        report.add(what + "processor for each", suite.name,
                   1e6 * used / max(done, 1), "us")
        report.add(what + "processor of the servers for each", suite.name,
                   1e6 * (used_s(web) - webs) / max(done, 1), "us")
        report.add(what + "longest time between adverts of 100 ms",
                   suite.name, max(gaps), "ms", adverts=len(gaps))
    finally:
        ear.kill()
        suite.stop()


def memory_kb(pids):
    total = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as text:
            total += next(int(line.split()[1]) for line in text
                          if line.startswith("Pss:"))
    return total


def memory(report, lab, suite, kind):
    """1,000 real servers, 100 services, checked once a second."""
    suite.start(Farm(many(100, 10), kind))
    try:
        # not all may have been asked: the answers of one take its time
        lab.wait_table(900)
        time.sleep(5)
        report.add("memory (PSS) with 1000 servers, %s" % kind, suite.name,
                   memory_kb(suite.pids()) / 1024, "MB")
    finally:
        suite.stop()


def program(report, lab, suite):
    """1,000 services x 10 servers in the kernel: from the start of the program
    until the table is whole. 200 groups of 5 listeners."""
    began = time.monotonic()
    suite.start(Farm(many(200, 10, 5), None))
    try:
        lab.wait_table(10000, 120)
        report.add("start to 1000 services x 10 servers", suite.name,
                   time.monotonic() - began, "s")
    finally:
        suite.stop()


def errors_of(lab, go):
    """What a client sees of it, of 25 pages a second."""
    client = Client(lab)
    wait_for("pages", lambda: len(client.answers) > 20 and not any(
        said.startswith("!") for *_, said in client.answers[-20:]), 20)
    began_us = boottime_us()
    go()
    time.sleep(1)
    until_us = boottime_us()
    wait_for("no question is open", lambda: not any(
        at_us <= until_us for at_us in list(client.open)), 10)
    client.process.kill()
    return sum(said.startswith("!") for *_, said in
               client.between(began_us, until_us))


def serves(lab, node):
    with open("/proc/%d/net/ip_vs" % node.init, encoding="ascii") as text:
        weights = parse_ip_vs(text.read())
    return all(weights.get(ip, 0) > 0 for ip in WEBS.values())


def takeover_ours(report, count):
    with Pair(extra=DIRECTOR, **TIMES) as lab:
        for i in range(count):
            owner, other = lab.nodes[i % 2], lab.nodes[1 - i % 2]
            lab.settle(owner=i % 2)
            wait_for("both tables", lambda: all(
                serves(lab, node) for node in lab.nodes), 20)

            def go(owner=owner, other=other):
                assert owner.twinbeat("handover").returncode == 0
                other.wait_state("MASTER")
            report.add("client errors in a planned takeover", "twinbeat",
                       errors_of(lab, go), "requests")


def takeover_theirs(report, count):
    """It has no word for it: the owner is stopped."""
    with Pair(extra=DIRECTOR, **TIMES) as lab:
        for node in lab.nodes:
            node.stop()
        suites = [Keepalived(lab, index) for index in (0, 1)]
        suites[1].start(WEB)
        for _ in range(count):
            suites[0].start(WEB)
            wait_for("the first owns", lambda: VIP in
                     lab.nodes[0].addresses() and VIP not in
                     lab.nodes[1].addresses(), 20)
            wait_for("both tables", lambda: all(
                serves(lab, node) for node in lab.nodes), 20)

            def go():
                suites[0].stop()
                wait_for("the second owns", lambda: VIP in
                         lab.nodes[1].addresses(), 20)
            report.add("client errors in a planned takeover", "keepalived",
                       errors_of(lab, go), "requests")
        suites[1].stop()


def turns(count, suites):
    """Each in turn, and not always the same first."""
    for i in range(count):
        for suite in suites if i % 2 else suites[::-1]:
            yield i, suite


def measure(report, lab, suites, name, count):
    two = suites[:2]  # ldirectord, one check after the other, takes minutes
    if name == "death":
        for i, suite in turns(count, suites):
            death(report, lab, suite, (i + random.random()) / count)
    elif name == "checks":
        for _, suite in turns(max(count // 3, 1), two):
            checks(report, lab, suite, "tcp")
        for _, suite in turns(max(count // 3, 1), two):
            checks(report, lab, suite, "http")
    elif name == "memory":
        for kind in ("tcp", "http"):
            for _, suite in turns(max(count // 3, 1), two):
                memory(report, lab, suite, kind)
    elif name == "rate":
        for kind in ("tcp", "http kept"):
            # without IPVS keepalived ends at once
            for _, suite in turns(max(count // 3, 1), two if os.path.exists(
                    "/proc/net/ip_vs") else suites[:1]):
                rate(report, lab, suite, kind)
    elif name == "program":
        for _, suite in turns(max(count // 3, 1), two):
            program(report, lab, suite)


def show(lab):
    """What the programs said."""
    for name in ("twinbeat", "keepalived", "ldirectord"):
        path = os.path.join(lab.nodes[0].dir, name + ".log")
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as text:
                print("---- %s\n%s" % (name, text.read()[-3000:]))
    if os.path.exists("/proc/net/ip_vs"):
        print(lab.table())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", default="death,checks,memory,program,rate,takeover")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--out", default="build/bench/lvs.json")
    arguments = parser.parse_args()
    # the many keep a connection for each of 1,000
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    report = Report("keepalived", "ldirectord")
    try:
        with Bench(probe_ms=900) as lab:
            suites = [Twinbeat(lab), Keepalived(lab)]
            if shutil.which("ldirectord"):
                suites.append(Ldirectord(lab))
            else:
                print("ldirectord is not installed, and left out")
            try:
                for name in arguments.only.split(","):
                    if name == "takeover":
                        continue
                    measure(report, lab, suites, name, arguments.count)
            except AssertionError:
                show(lab)
                raise
        if "takeover" in arguments.only.split(","):
            takeover_ours(report, arguments.count)
            takeover_theirs(report, arguments.count)
    finally:
        if report.samples:
            report.show()
            report.write(arguments.out)


if __name__ == "__main__":
    main()
