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
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from pair import run, wait_for          # noqa: E402  (sets the path)
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
        self.many = Nginx(self, "many", "10.99.0.30")
        with open(self.many.dir + "/conf", encoding="ascii") as conf:
            text = conf.read().replace("listen 10.99.0.30:80", "listen 80")
        with open(self.many.dir + "/conf", "w", encoding="ascii") as conf:
            conf.write(text)
        self.many.stop()
        self.many.start()
        run("ip", "-n", self.many.ns, "route", "add", "local", "10.98.0.0/16",
            "dev", "lo")
        self.nodes[0].power_on(daemon=False)
        run("ip", "-n", self.nodes[0].ns, "route", "add", "10.98.0.0/16",
            "via", "10.99.0.30")

    def table(self):
        with open("/proc/%d/net/ip_vs" % self.nodes[0].init,
                  encoding="ascii") as text:
            return text.read()

    def opened(self):
        """How many connections the many have taken."""
        told = run(*self.within(self.many.ns, "cat", "/proc/net/snmp")).stdout
        names, values = [line.split() for line in told.splitlines()
                         if line.startswith("Tcp:")]
        return int(values[names.index("PassiveOpens")])

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


def checks(report, lab, suite, kind):
    """200 servers, each asked once a second."""
    services = many(1, 200)
    suite.start(Farm(services, kind))
    try:
        lab.wait_table(200)
        time.sleep(3)
        pids = suite.pids()
        opened, used = lab.opened(), used_s(pids)
        time.sleep(10)
        done, took = lab.opened() - opened, used_s(pids) - used
        report.add("%s checks a second of processor" % kind, suite.name,
                   done / took, "checks", done=done, took_s=took)
        report.add("%s checks done in 10 s, of 2000" % kind, suite.name, done,
                   "checks")
    finally:
        suite.stop()


def memory_kb(pids):
    total = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as text:
            total += next(int(line.split()[1]) for line in text
                          if line.startswith("Pss:"))
    return total


def memory(report, lab, suite):
    """1,000 real servers, 100 services, checked once a second."""
    suite.start(Farm(many(100, 10), "tcp"))
    try:
        # not all may have been asked: the answers of one take its time
        lab.wait_table(900)
        time.sleep(5)
        report.add("memory (PSS) with 1000 servers", suite.name,
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
        for _, suite in turns(max(count // 3, 1), two):
            memory(report, lab, suite)
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
    print(lab.table())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", default="death,checks,memory,program,takeover")
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--out", default="build/bench/lvs.json")
    arguments = parser.parse_args()
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
