#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""make demo-lvs: plays a pair with LVS and two web servers, act by act.

Runs in a guest that has IPVS (tests/uml/demo.py). A client asks for a page 25
times a second, each time, and reads one long page all the
while. A watch reads the kernel's LVS table of both nodes all the time: exits
with 1 if a server that works was ever out, if one that does not was in for
longer than the settings say, if the client had an error that no act explains,
or if two nodes ever held the address.
"""
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from demo import Demo, bold, paint  # noqa: E402
from lab import VIP, Lab, boottime_us, run, wait_for  # noqa: E402
from table_judge import (ASKED, DEAD, DRAINED, WORKS, Deed, Limits,  # noqa: E402
                         Sample, judge, parse_ip_vs)
from web_lab import Nginx  # noqa: E402

PICTURE = """
              client 10.99.0.10
                     |
   ----------------- switch -----------------
      |          |            |          |
    lb01 ====== lb02        web1       web2     VIP %s
      null modem            nginx      nginx    (DR: on the webs' lo, too)
""" % VIP
WEBS = {"web1": "10.99.0.21", "web2": "10.99.0.22"}
# a guest's system calls are slow: who asks a thousand times a second is busy
# with that alone
TIMES = dict(serial_ms=100, serial_dead_ms=500, advert_ms=200, probe_ms=10)
CHECK = dict(inter_ms=1000, fastinter_ms=300, downinter_ms=500, timeout_ms=500,
             rise=2, fall=2)
# the standby asks as often as the owner: one limit for both
DIRECTOR = """director = { audit_s = 1; check = { standby_inter_ms = 1000; %s };
  services = ( { name = "web"; instance = "VI_1"; method = "dr";
    listen = ( { ip = "%s"; port = 80; } );
    scheduler = "mh"; scheduler_flags = ( "fallback", "port" );
    checks = ( { type = "http"; path = "/up"; body = "all is well"; } );
    servers = ( %s ); } ); };
""" % (" ".join("%s = %d;" % item for item in CHECK.items()), VIP,
       ", ".join('{ name = "%s"; address = "%s"; }' % item
                 for item in WEBS.items()))
# /who: a page that names the server; /long: one that takes minutes
PAGES = """location = /who { return 200 "%s"; }
  location = /long { limit_rate 20k; }"""
BOOT_US = 8 * 1000000
SLOW_MS = 500

# Prints WHEN_US asks when it asks for a page, WHEN_US TOOK_MS SERVER when it has
# it, WHEN_US TOOK_MS ! WHY for an error, and of the long page, twice a second:
# WHEN_US long SERVER BYTES.
CLIENT = r"""
import asyncio, sys, time
vip = sys.argv[1]
def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
async def get(path):
    reader, writer = await asyncio.open_connection(vip, 80)
    writer.write(b"GET %s HTTP/1.0\r\nHost: www\r\n\r\n" % path)
    return reader, writer
async def ask():
    began = now()
    print(began, "asks", flush=True)
    try:
        reader, writer = await asyncio.wait_for(get(b"/who"), 3)
        try:
            answer = await asyncio.wait_for(reader.read(), 3)
        finally:
            writer.transport.abort()
        head, _, body = answer.partition(b"\r\n\r\n")
        said = body.decode() if head.startswith(b"HTTP/1.1 200") else "! bad"
        said = said or "! empty"
    except Exception as error:
        said = "! %s" % (str(error) or type(error).__name__)
    print(began, (now() - began) // 1000, said, flush=True)
async def read_long():
    # a connection to web2 by asking until it is
    count, server = 0, ""
    try:
        while server != "web2":
            reader, writer = await get(b"/long")
            head = await reader.readuntil(b"\r\n\r\n")
            server = head.partition(b"X-Server: ")[2].split(b"\r")[0].decode()
            if server != "web2":
                writer.transport.abort()
        told = now()
        while True:
            part = await reader.read(65536)
            if not part:
                print(now(), "long ! ended after %d bytes" % count, flush=True)
                return
            count += len(part)
            if now() - told > 500000:
                told = now()
                print(told, "long", server, count, flush=True)
    except Exception as error:
        print(now(), "long !", error, flush=True)
async def main():
    asks = {asyncio.ensure_future(read_long())}
    due = now()
    while True:
        asks.add(asyncio.ensure_future(ask()))
        asks = {one for one in asks if not one.done()}
        due = max(due + 40000, now() - 100000)
        await asyncio.sleep(max(due - now(), 0) / 1e6)
asyncio.run(main())
"""


class Watch(threading.Thread):
    """The table of each node that has power, 50 times a second."""

    def __init__(self, nodes):
        super().__init__(daemon=True)
        self.nodes, self.samples, self.stall_us = nodes, [], 0
        self.last = {node.name: None for node in nodes}
        self.ending = False
        self.start()

    def run(self):
        before = boottime_us()
        while not self.ending:
            for node in self.nodes:
                self.look(node)
            time.sleep(0.02)
            now = boottime_us()
            self.stall_us = max(self.stall_us, now - before)
            before = now

    def look(self, node):
        weights = None
        if node.init and node.is_powered():
            try:
                with open("/proc/%d/net/ip_vs" % node.init,
                          encoding="ascii") as table:
                    found = parse_ip_vs(table.read())
                weights = {name: found[ip] for name, ip in WEBS.items()
                           if ip in found}
            except OSError:
                pass  # it has just died
        if weights != self.last[node.name]:
            self.last[node.name] = weights
            self.samples.append(Sample(boottime_us(), node.name, weights))

    def when(self, node, from_us, wanted):
        """When after from_us the node's table was so first, or None."""
        past = [s for s in list(self.samples) if s.node == node.name]
        for sample, after in zip(past, past[1:] + [None]):
            if sample.weights is not None and wanted(sample.weights) and (
                    after is None or after.at_us > from_us):
                return max(sample.at_us, from_us)
        return None


class Client:
    def __init__(self, lab):
        self.open, self.answers, self.long = set(), [], []
        self.process = subprocess.Popen(
            lab.within(lab.client_ns, sys.executable, "-c", CLIENT, VIP),
            stdout=subprocess.PIPE, text=True)
        lab.background.append(self.process)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            words = line.rstrip("\n").split(" ", 2)
            if words[1] == "long":
                self.long.append((int(words[0]), words[2]))
            elif words[1] == "asks":
                self.open.add(int(words[0]))
            else:
                self.open.discard(int(words[0]))
                self.answers.append((int(words[0]), int(words[1]), words[2]))

    def between(self, from_us, until_us):
        return [one for one in list(self.answers)
                if from_us <= one[0] < until_us]


class LvsDemo(Demo):
    def __init__(self, lab, webs, watch):
        super().__init__(lab)
        self.webs, self.watch, self.deeds = webs, watch, []
        self.client, self.faults, self.blinded = None, [], []

    def do(self, name, state):
        self.deeds.append(Deed(boottime_us(), name, state))

    def wait_weight(self, name, is_in):
        """How long after the act began the last node has it so, ms."""
        def is_so(weights):
            return (weights.get(name, 0) > 0) == is_in

        def all_so():
            times = [self.watch.when(node, self.begun_us, is_so)
                     for node in self.lab.nodes]
            return times if None not in times else None
        times = wait_for("%s is %s" % (name, "in" if is_in else "out"), all_so,
                         15)
        return (max(times) - self.begun_us) // 1000

    def end(self, title, owner, what="", may_fail=False):
        """The row of the act. A failed request is a fault unless may_fail."""
        time.sleep(0.3)
        owner.wait_state("MASTER")
        until_us = boottime_us()
        # 3 s for each of two steps, then it is an error
        wait_for("no question is open", lambda: not any(
            at_us <= until_us for at_us in list(self.client.open)), 10)
        seen = self.client.between(self.begun_us, until_us)
        failed = [one for one in seen if one[2].startswith("!")]
        slow = [one for one in seen if one[1] > SLOW_MS and one not in failed]
        by = {name: sum(one[2] == name for one in seen) for name in WEBS}
        for why in sorted({one[2][2:] for one in failed}):
            self.say("the client: %s" % why, "33")
        if failed and not may_fail:
            self.faults.append("%s: %d requests failed" % (title, len(failed)))
        self.say("%d requests, %d failed; %s" % (
            len(seen), len(failed), what or "nothing moved"),
            "33" if failed else "32")
        self.rows.append((title, len(seen), len(failed), len(slow), by,
                          owner.name, what))

    def weights_on_both(self):
        return [dict(self.watch.last[node.name] or {})
                for node in self.lab.nodes]

    def begin(self):
        self.lab.settle()
        wait_for("both tables have both servers", lambda: all(
            len([w for w in weights.values() if w > 0]) == len(WEBS)
            for weights in self.weights_on_both()), 15)
        for name in WEBS:
            self.do(name, WORKS)
        self.client = Client(self.lab)
        wait_for("the long page comes", lambda: self.client.long, 10)

    def play(self):
        lab, lb01, lb02 = self.lab, self.lb01, self.lb02
        web1 = self.webs[0]
        self.act("Steady state", "lb01 has the VIP. Both nodes hold the same "
                 "LVS table, and each asks both web servers by itself.")
        self.begin()
        self.begun_us = boottime_us()
        time.sleep(2)
        self.end("steady state", lb01)

        self.act("A web server dies", "kill -9 of nginx on web1. Two failed "
                 "checks, and it is out on both nodes.")
        self.do("web1", DEAD)
        web1.stop()
        out_ms = self.wait_weight("web1", False)
        self.end("web1 killed", lb01, "out after %d ms" % out_ms,
                 may_fail=True)

        self.act("It comes back", "Two checks that pass, and it is in again.")
        self.do("web1", WORKS)
        web1.start()
        in_ms = self.wait_weight("web1", True)
        self.end("web1 started", lb01, "in after %d ms" % in_ms)

        self.act("Drained for an upgrade",
                 "# twinbeat director drain web/web1   (on both nodes)")
        self.do("web1", ASKED)
        self.director("drain")
        self.do("web1", DRAINED)
        out_ms = self.wait_weight("web1", False)
        drained_us = boottime_us()
        time.sleep(1.5)
        if any(one[2] == "web1" for one in self.client.between(
                drained_us, boottime_us())):
            self.faults.append("a drained server got a new connection")
        self.do("web1", ASKED)
        self.director("enable")
        self.do("web1", WORKS)
        self.wait_weight("web1", True)
        self.end("web1 drained, enabled", lb01, "out after %d ms" % out_ms)

        self.act("The standby's view is cut", "No web server answers lb02 any "
                 "more, all at once. It suspects itself: no weight changes, "
                 "and nobody moves.")
        self.cut_view(lb02, True)
        lb02.wait_alert("director-blind")
        self.say("lb02: alert director-blind", "33")
        time.sleep(2)
        self.cut_view(lb02, False)
        wait_for("lb02 sees again",
                 lambda: "director-blind" not in lb02.alerts(), 15)
        lb01_us = [s.at_us for s in self.watch.samples
                   if s.node == "lb01" and s.at_us > self.begun_us]
        if lb01_us:
            self.faults.append("the owner's table changed meanwhile")
        self.blinded.append((self.begun_us, boottime_us(), "lb02"))
        self.end("standby's view cut", lb01)

        self.act("Handover", "# twinbeat handover   (on lb01)")
        self.say(lb01.twinbeat("handover").stdout.strip())
        lb02.wait_state("MASTER")
        self.end("handover", lb02, "the VIP to lb02")
        lab.settle(owner=1)

        self.act("A director's power is cut",
                 "lb02's mainboard dies with the VIP on it. lb01 cuts its "
                 "power, reads it back, and takes the VIP.")
        lb02.die()
        lb01.wait_state("MASTER", 20)
        outage = lab.wait_client("lb01")
        self.end("lb02's power cut", lb01, "the VIP to lb01 within %.0f ms"
                 % outage, may_fail=True)
        self.again(lb02)
        self.act("All is well again", "lb02 has booted. It stands by, with "
                 "the whole table.")
        wait_for("its table", lambda: len([w for w in (
            self.watch.last["lb02"] or {}).values() if w > 0]) == len(WEBS),
            15)
        time.sleep(1)
        self.end("both again", lb01)

    def director(self, word):
        for node in self.lab.nodes:
            done = node.twinbeat("director", word, "web/web1")
            assert done.returncode == 0, done.stdout + done.stderr

    def cut_view(self, node, is_cut):
        """The switch passes nothing between the node and the web servers."""
        for port in [node.ports[0], *WEBS]:
            run("bridge", "-n", self.lab.switch_ns, "link", "set", "dev", port,
                "isolated", "on" if is_cut else "off")

    def table(self):
        print("\n" + bold("%-22s %8s %6s %5s %5s %5s  %-5s %s" % (
            "act", "requests", "failed", "slow*", "web1", "web2", "owner",
            "what moved")))
        for title, asked, failed, slow, by, owner, what in self.rows:
            print("%-22s %8d %6d %5d %5d %5d  %-5s %s" % (
                title, asked, failed, slow, by["web1"], by["web2"], owner,
                what or "-"))
        print("* answered after more than %d ms: a SYN that was lost is sent "
              "again after 1 s" % SLOW_MS)

    def verdict(self):
        super().verdict()
        self.watch.ending = True
        limits = Limits(**CHECK)
        faults = self.faults + judge(
            self.watch.samples, self.deeds, limits, boottime_us(),
            self.watch.stall_us, BOOT_US, self.blinded)
        end_us, said = (self.client.long or [(0, "! nothing came")])[-1]
        if said.startswith("!") or boottime_us() - end_us > 3000000:
            faults.append("the long page: %s" % said)
        else:
            print("The long page went on through all of it: %s bytes from "
                  "%s by one connection." % tuple(said.split()[::-1]))
        print("A server that died was to be out within %d ms, one that came "
              "back in within %d ms (the machine itself stood still for %d "
              "ms at most)." % (limits.down_us // 1000, limits.up_us // 1000,
                                self.watch.stall_us // 1000))
        for fault in faults:
            print(paint("31", "FAULT: " + fault))
        if not faults:
            print("The client had no error but while web1 was dead and not "
                  "yet out, or lb02's power was cut.")
            print("No server that works was ever out, none that does not was "
                  "in for longer than that.")
        return 1 if faults else 0


class Farm(Lab):
    """The web servers are there before the nodes."""

    def build(self, boot=True):
        super().build(boot=False)
        self.webs = [Nginx(self, name, ip, is_direct=True,
                           more='add_header X-Server "%s"; %s' % (
                               name, PAGES % name))
                     for name, ip in WEBS.items()]
        for web in self.webs:
            with open(web.dir + "/long", "w", encoding="ascii") as page:
                page.write("long" * (4 << 18))
        for node in self.nodes:
            node.power_on()


def main():
    print(PICTURE)
    with Farm(extra=DIRECTOR, **TIMES) as lab:
        watch = Watch(lab.nodes)
        demo = LvsDemo(lab, lab.webs, watch)
        try:
            demo.play()
        finally:
            demo.table()
        return demo.verdict()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (AssertionError, RuntimeError) as error:
        sys.exit(paint("31", "\nNot as expected: %s" % error))
