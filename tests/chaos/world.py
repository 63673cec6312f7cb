# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair in namespaces with settings drawn from a seed, and all that may happen
to it. Each deed is a method do_NAME(args): it does what can be done in that
moment, or nothing. mend() repairs the world; the daemons must do the rest."""
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "netns"))
import lab as labs  # noqa: E402
from forge import Advert  # noqa: E402
import pairs  # noqa: E402
from lab import BUILD, Lab, run, wait_for, within  # noqa: E402

PROTO = 0x7b
SHIMS = [os.path.abspath(BUILD + "/tests/" + name) for name in
         ("modem_shim.so", "wall_clock.so")]
MAC = ["02:00:00:00:01:00", "02:00:00:00:02:00"]
ALL_LINES = 0x20 | 0x40 | 0x100
FORGED = """
import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
frame, count, pause = bytes.fromhex(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
for _ in range(count):
    s.send(frame); time.sleep(pause)
"""


class World(Lab):
    boots = True    # the daemons start with their machines

    def __init__(self, seed, made=None):
        self.made = made or pairs.draw(seed)
        super().__init__(cards=3, supplies=self.made["supplies"], probe_ms=1000)
        self.rng = random.Random("world %s" % seed)
        self.began_us = self.now_us()
        self.said = []          # what happened, for people
        self.due = []           # [(when, function)]
        self.running = []       # commands of operators
        self.stopped = {}       # pid -> node
        self.filters = []
        self.by_hand = []       # (at_us, node, ip)
        self.bmcs = []
        self.excused = set()    # nodes whose daemon was told to end
        self.lives = {}         # node -> process 1 of its machine at the start
        self.ended = []         # daemons that ended by themselves
        self.notes = []         # what a person may want to look at
        self.hung = []          # commands that did not end
        self.damaged = self.filled = False
        self.worst_ms = self.offs = 0
        self.unplugged = set()
        self.watcher_out = os.path.join(self.dir, "watch.json")
        self.asker_out = os.path.join(self.dir, "ask.json")
        self.commands_out = os.path.join(self.dir, "commands")

    # ---- making it ----
    def write_config(self, path=None, **options):
        self.write_variant("base", self.config)

    def write_variant(self, kind, path):
        text = pairs.variant_text(self, kind)
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(text)
        os.rename(path + ".new", path)

    def build(self, boot=True):
        super().build(boot=False)
        pairs.write_tools(self)
        if self.made["fencing"].startswith("ipmi"):
            pairs.start_bmcs(self)
        self.watcher = subprocess.Popen(
            ["chrt", "--rr", "2", "/usr/bin/python3", HERE + "/oracle.py", "watch"],
            stdin=subprocess.PIPE, stdout=open(self.watcher_out, "wb"))
        self.background.append(self.watcher)
        for node in self.nodes:
            # each its own file, its own disk
            node.config = os.path.join(self.dir, node.name + ".conf")
            self.write_variant("base", node.config)
            run("mount", "-t", "tmpfs", "-o", "size=2m,mode=750", "none",
                node.state_dir)
            preload = []
            if self.made["hurry"]:
                preload.append(SHIMS[0])
                node.environment["TWINBEAT_SHIM_FILE"] = os.path.join(
                    self.dir, "lines-" + node.name)
            if self.made["clock"]:
                preload.append(SHIMS[1])
                path = os.path.join(self.dir, node.name + ".clock")
                with open(path, "wb") as f:
                    f.write(bytes(8))
                node.environment["TWINBEAT_WALL_CLOCK"] = path
            if preload:
                node.environment["LD_PRELOAD"] = ":".join(preload)
        self.set_lines(True)
        for node in self.nodes:
            node.power_on(daemon=self.boots)
            if self.boots:
                self.lives[node.index] = node.init
        vips = [vip for one in self.made["instances"] for vip in one["vips"]]
        wait_for("the client's IPv6", lambda: "tentative" not in run(
            *within(self.client_ns, "ip", "-6", "addr", "show", "dev", "eth0")).stdout)
        self.asker = subprocess.Popen(self.within(
            self.client_ns, "chrt", "--rr", "1", "/usr/bin/python3",
            HERE + "/oracle.py", "ask", "20", *vips), stdin=subprocess.DEVNULL,
            stdout=open(self.asker_out, "wb"))
        self.background.append(self.asker)

    def close(self):
        for process in self.running:
            with contextlib.suppress(OSError):
                process[0].kill()
                process[0].wait()
        self.running = []
        for node in self.nodes:
            run("umount", "-l", node.state_dir, check=False)
        super().close()

    def watch(self, node):
        super().watch(node)
        before = self.watched(node)
        self.watcher.stdin.write(("%s /run/netns/%s\n" % (node.name, node.ns)).encode())
        self.watcher.stdin.flush()
        wait_for("the oracle watches", lambda: self.watched(node) > before)

    def watched(self, node):
        return sum(e["event"] == "ready" and e["node"] == node.name
                   for e in self.lines_of(self.watcher_out))

    @staticmethod
    def lines_of(path):
        with open(path, encoding="ascii") as f:
            return [json.loads(line) for line in f if line.endswith("\n")]

    # ---- what is so ----
    def ms(self):
        return (self.now_us() - self.began_us) // 1000

    def say(self, text):
        self.said.append("%8d %s" % (self.ms(), text))

    def dead_plugs(self, node):
        """Those of its plugs that are off, as the switch's log of changes says."""
        on = dict.fromkeys(node.plugs, True)
        for e in self.pdu_events():
            if e["event"] == "power" and e["plug"] in on and "bmc" not in e:
                on[e["plug"]] = bool(e["on"])
        return [plug for plug, is_on in on.items() if not is_on]

    def has_feed(self, node):
        return len(self.dead_plugs(node)) < len(node.plugs) and (
            not self.bmcs or self.bmcs[node.index].power())

    def pdu_events(self):
        """Of the power switch and the BMCs."""
        events = super().pdu_events()
        for n, sim in enumerate(self.bmcs):
            events += [dict(e, plug=n + 1, bmc=True) for e in sim.events()]
        return sorted(events, key=lambda e: e["at_us"])

    def programs(self, node, name):
        """Pids of a program of the node: main, keeper, fencer, runner, all."""
        if not node.is_powered():
            return []
        found, pids = [], []
        with contextlib.suppress(OSError):      # it loses its power just now
            pids = node._pids()
        for pid in pids:
            with contextlib.suppress(OSError):
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    words = f.read().split(b"\0")
                program = os.path.basename(words[0]).decode()
                if program.startswith("twinbeat") and program != "twinbeat":
                    program = "main" if program == "twinbeatd" else program[9:]
                    if name in ("all", program):
                        found.append(pid)
        return found

    def is_alive(self, node):
        return bool(node.daemon) and node.starter.poll() is None and node.is_powered()

    # ---- time ----
    def after(self, ms, what):
        self.due.append((time.monotonic() + ms / 1000, what))

    def rest(self, ms):
        """Waits, and does what is due."""
        end = time.monotonic() + ms / 1000
        while True:
            now = time.monotonic()
            for row in sorted((r for r in self.due if r[0] <= now), key=lambda r: r[0]):
                self.due.remove(row)
                row[1]()
            if now >= end:
                return
            later = min([end] + [when for when, _ in self.due])
            time.sleep(max(0.001, min(0.05, later - time.monotonic())))

    # ---- deeds: cables ----
    def set_lines(self, high, node=None):
        for one in self.nodes if node is None else [node]:
            path = os.path.join(self.dir, "lines-" + one.name)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
            os.pwrite(fd, b"%-12s" % hex(ALL_LINES if high else 0).encode(), 0)
            os.close(fd)

    def do_cable(self, command):
        if command in ("cut", "join") and self.made["hurry"]:
            self.set_lines(command == "join")
        end = command[-1]
        if command.startswith("unplug"):
            self.unplugged.add(end)
        elif command.startswith("plug"):
            if end not in self.unplugged:
                return
            self.unplugged.discard(end)
        elif command.startswith("hangup") and end in self.unplugged:
            return
        with contextlib.suppress(OSError):
            self.cable(command)

    def do_lines(self, n, high):
        self.set_lines(high, self.nodes[n])

    def do_port(self, n, card, up):
        node = self.nodes[n]
        if up and not node.is_powered():
            return
        run(*within(self.switch_ns, "ip", "link", "set", node.ports[card],
                    "up" if up else "down"), check=False)

    def do_flap(self, n, card, count, pause_ms):
        for k in range(count):
            self.after(2 * k * pause_ms, lambda: self.do_port(n, card, False))
            self.after((2 * k + 1) * pause_ms, lambda: self.do_port(n, card, True))

    def nft(self, text, check=False):
        run(*within(self.switch_ns, "nft", text), check=check)

    def do_filter(self, n, way, what, card):
        """Of what goes from (out) or to (in) a node's card, this is lost."""
        name = "f%d" % len(self.filters)
        port = self.nodes[n].ports[card]
        match = {"all": "", "vrrp": "ether type {ip, ip6} meta l4proto 112",
                 "arp": "ether type arp", "beats": "udp dport {1694, 1695}",
                 "modbus": "tcp dport 502", "answers": "tcp sport 502"}[what]
        rules = "add table bridge %s; " % name
        if way == "out":
            rules += ("add chain bridge {0} c {{ type filter hook prerouting priority 0; }}; "
                      'add rule bridge {0} c iifname "{1}" {2} drop')
        else:
            rules += ("add chain bridge {0} c {{ type filter hook forward priority 0; }}; "
                      'add rule bridge {0} c oifname "{1}" {2} drop; '
                      "add chain bridge {0} d {{ type filter hook output priority 0; }}; "
                      'add rule bridge {0} d oifname "{1}" {2} drop')
        self.filters.append(name)
        self.nft(rules.format(name, port, match), check=True)

    def do_unfilter(self):
        for name in self.filters:
            self.nft("delete table bridge " + name)
        self.filters.clear()

    def do_path(self, broken):
        for node in self.nodes:
            run("bridge", "-n", self.switch_ns, "link", "set", "dev", node.ports[0],
                "isolated", "on" if broken else "off", check=False)

    # ---- deeds: programs ----
    def do_nothing(self):
        pass

    def do_pair(self, what, ms):
        """To both nodes in one moment."""
        words = {"stop": ["all", ms], "kill": [["all"]]}.get(what, [])
        for n in range(2):
            getattr(self, "do_" + what)(n, *words)

    def do_stop(self, n, name, ms):
        pids = self.programs(self.nodes[n], name)
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGSTOP)
                self.stopped[pid] = n

        def go_on():
            for pid in pids:
                if self.stopped.pop(pid, None) is not None:
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGCONT)
        self.after(ms, go_on)

    def do_kill(self, n, names):
        if "main" in names or "all" in names:
            self.excused.add(n)
        for name in names:
            for pid in self.programs(self.nodes[n], name):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)

    def do_term(self, n):
        self.excused.add(n)
        for pid in self.programs(self.nodes[n], "main"):
            os.kill(pid, signal.SIGTERM)

    def do_hup(self, n):
        for pid in self.programs(self.nodes[n], "main"):
            os.kill(pid, signal.SIGHUP)

    def do_start(self, n, damage=""):
        node = self.nodes[n]
        if not node.is_powered() or (node.starter and node.starter.poll() is None):
            return
        if self.lives.get(n) == node.init and n not in self.excused:
            self.ended.append("twinbeatd of %s ended by itself: %s" % (
                node.name, node.starter.returncode))
        self.excused.discard(n)
        self.lives[n] = node.init
        if damage and node.daemon:
            self.damage(node, damage)
        try:
            node.start(wait=False)
        except AssertionError:
            self.say("start of %s: slow" % node.name)

    def damage(self, node, how):
        self.damaged = True
        names = sorted(n for n in os.listdir(node.state_dir) if n != "filler")
        if not names:
            return
        path = os.path.join(node.state_dir, self.rng.choice(names))
        if os.path.isdir(path):
            return
        size = os.path.getsize(path)
        self.say("damaged: %s %s" % (path, how))
        if how == "cut":
            os.truncate(path, size // 2)
        elif how == "gone":
            os.unlink(path)
        elif how == "empty":
            os.truncate(path, 0)
        else:
            with open(path, "r+b") as f:
                f.seek(self.rng.randrange(max(1, size)))
                f.write(bytes(self.rng.randrange(256) for _ in range(8)))

    # ---- deeds: power ----
    def do_die(self, n):
        node = self.nodes[n]
        if node.is_powered():
            node.die()
            if self.made["hurry"]:
                self.set_lines(False)

    def do_boot(self, n, damage=""):
        node = self.nodes[n]
        if node.is_powered() or not self.has_feed(node):
            return
        if damage:
            self.damage(node, damage)
        node.power_on(daemon=False)
        self.say("%s boots" % node.name)
        if not self.has_feed(node):     # switched off meanwhile
            with contextlib.suppress(ProcessLookupError):
                node.die()
            return
        if self.made["hurry"] and all(one.is_powered() for one in self.nodes):
            self.set_lines(True)
        self.do_start(n)

    def do_bmc(self, n, ms):
        """A BMC does not answer for so long."""
        if self.bmcs:
            pid = self.bmcs[n].process.pid
            os.kill(pid, signal.SIGSTOP)
            self.stopped[pid] = n
            self.after(ms, lambda: self.stopped.pop(pid, None) is not None and os.kill(
                pid, signal.SIGCONT))

    def do_pdu(self, command):
        if command in ("on 1", "on 2") and self.bmcs:
            self.bmcs[int(command[-1]) - 1].power(True)
        run(labs.TOOLS + "/power_switch", "--tell", self.pdu_control,
            *command.split(), check=False)
        if command.startswith("off") and self.made["hurry"] and not all(
                one.is_powered() for one in self.nodes):
            self.set_lines(False)

    def do_agent(self, fault):
        """Shell text that the fence agent runs first."""
        path = os.path.join(self.dir, "fault")
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(fault + "\n")
        os.rename(path + ".new", path)

    def do_sick(self, n, sick):
        """What the script of a node says."""
        path = os.path.join(self.dir, "sick-02:00:00:00:0%d:01" % (n + 1))
        if sick:
            open(path, "w", encoding="ascii").close()
        else:
            with contextlib.suppress(OSError):
                os.unlink(path)

    # ---- deeds: operators ----
    def do_op(self, n, *words):
        node = self.nodes[n]
        if not node.is_powered():
            return
        out = open(self.commands_out, "ab")
        out.write(("%d %s$ %s\n" % (self.ms(), node.name, " ".join(words))).encode())
        out.flush()
        self.running.append((subprocess.Popen(
            node.entered() + ["env", BUILD + "/twinbeat", "--run-dir", node.run_dir,
                              "--state-dir", node.state_dir, "-c", node.config,
                              "--node", node.name, *words],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out),
            time.monotonic(), node, words))
        out.close()

    def do_both(self, *words):
        """On both nodes at once."""
        for n in range(2):
            self.do_op(n, *(word.replace("PEER", "lb0%d" % (2 - n)) for word in words))

    def do_config(self, n, kind, how):
        self.write_variant(kind, self.nodes[n].config)
        if kind == "broken":
            self.excused.add(n)
        if how:
            self.do_op(n, how)

    def do_confirm(self, n):
        """Only what is true: the other one is dark, and stays so for a while."""
        other = self.nodes[1 - n]
        if not other.is_powered() and not self.has_feed(other):
            self.do_op(n, "confirm", other.name, "--yes")

    # ---- deeds: other hands ----
    def inside(self, n, *words):
        node = self.nodes[n]
        if node.is_powered():
            return run(*within(node.ns, *words), check=False)
        return None

    def pick_vip(self, k):
        vips = [vip for one in self.made["instances"] for vip in one["vips"]]
        return vips[k % len(vips)]

    def do_vip_add(self, n, k, prefix, dev):
        vip = self.pick_vip(k)
        if ":" in vip and dev == "lo":
            return      # RFC 4861 7.2.4: nobody answers for it
        self.by_hand.append((self.now_us(), self.nodes[n].name, vip))
        self.inside(n, "ip", "addr", "add", "%s/%d" % (
            vip, (128 if ":" in vip else 32) if prefix else (64 if ":" in vip else 24)),
            "dev", dev, *(["nodad"] if ":" in vip else []))

    def do_vip_del(self, n, k):
        vip = self.pick_vip(k)
        self.inside(n, "ip", "addr", "del", vip + ("/128" if ":" in vip else "/32"),
                    "dev", "eth0")

    def do_flush(self, n):
        self.inside(n, "ip", "-4", "addr", "flush", "dev", "eth0")

    def do_own(self, n, there):
        self.inside(n, "ip", "addr", "add" if there else "del",
                    self.nodes[n].address + "/24", "dev", "eth0")

    def do_card(self, n, card, up):
        self.inside(n, "ip", "link", "set", "eth%d" % card, "up" if up else "down")

    def do_rename(self, n, back):
        a, b = ("old0", "eth0") if back else ("eth0", "old0")
        self.inside(n, "ip", "link", "set", a, "down")
        self.inside(n, "ip", "link", "set", a, "name", b)
        self.inside(n, "ip", "link", "set", b, "up")

    def do_remove(self, n, card):
        self.inside(n, "ip", "link", "del", "eth%d" % card)

    def do_anew(self, n, card):
        node = self.nodes[n]
        if not node.is_powered() or self.has_card(node, "eth%d" % card):
            return
        run(*within(self.switch_ns, "ip", "link", "add", node.ports[card], "type",
                    "veth", "peer", "name", "eth%d" % card, "address",
                    "02:00:00:00:0%d:0%d" % (n + 1, card), "netns", node.ns),
            check=False)
        run(*within(self.switch_ns, "ip", "link", "set", node.ports[card],
                    "master", "br%d" % card, "up"), check=False)
        self.inside(n, "ip", "addr", "add", "10.99.%d.1%d/24" % (card, n + 1),
                    "dev", "eth%d" % card)
        self.inside(n, "ip", "link", "set", "eth%d" % card, "up")
        if not node.is_powered():
            self.inside(n, "ip", "link", "del", "eth%d" % card)

    def has_card(self, node, name):
        return run(*within(node.ns, "ip", "link", "show", name),
                   check=False).returncode == 0

    def do_mac(self, n, last):
        self.inside(n, "ip", "link", "set", "eth0", "address",
                    MAC[n][:-2] + "%02x" % last)

    def do_clock(self, n, ahead_s):
        path = self.nodes[n].environment.get("TWINBEAT_WALL_CLOCK")
        if path:
            with open(path, "r+b") as f:
                f.write(int(ahead_s).to_bytes(8, "little", signed=True))

    def do_disk(self, n, full):
        path = os.path.join(self.nodes[n].state_dir, "filler")
        if full:
            self.filled = True
            run("dd", "if=/dev/zero", "of=" + path, "bs=4k", check=False)
        else:
            with contextlib.suppress(OSError):
                os.unlink(path)

    def do_foreign(self, k, kind, count, priority):
        one = self.made["instances"][k % len(self.made["instances"])]
        if one["v6"]:
            return
        source = {"third": "10.99.0.10", "lb01": "10.99.0.11", "lb02": "10.99.0.12"}[
            kind.split("-")[0]]
        advert = Advert(3, one["vrid"], source, one["vips"], priority=priority,
                        interval_ms=self.made["advert_ms"])
        if kind.endswith("bad"):
            advert = advert.but(sum_mode="bad")
        if kind.endswith("list"):
            advert = advert.but(addresses=["10.98.9.9"])
        self.running.append((subprocess.Popen(
            self.within(self.client_ns, "/usr/bin/python3", "-c", FORGED, "eth0",
                        advert.frame().hex(), str(count),
                        str(self.made["advert_ms"] / 1000)),
            stdin=subprocess.DEVNULL), time.monotonic(), None, ("forge",)))

    # ---- mending ----
    def heal(self):
        """All that is not of the nodes is whole again."""
        self.due = []
        for pid in list(self.stopped):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGCONT)
        self.stopped = {}
        self.do_unfilter()
        for command in ("plug-a", "plug-b", "join", "pace 0"):
            self.do_cable(command)
        for command in ("fault none", "mend 1", "mend 2", "mend 3", "mend 4",
                        "one-client off", "refuse off"):
            self.do_pdu(command)
        self.do_path(False)
        self.set_lines(all(one.is_powered() for one in self.nodes))
        self.do_agent("")
        for n, node in enumerate(self.nodes):
            self.do_sick(n, False)
            if node.is_powered():
                self.mend_cards(n)

    def mend(self):
        self.say("mend")
        self.heal()
        self.set_lines(True)
        for n, node in enumerate(self.nodes):
            self.do_disk(n, False)
            self.do_clock(n, 0)
            self.write_variant("base", node.config)
        end = time.monotonic() + 30
        while self.running and time.monotonic() < end:
            self.reap()
            time.sleep(0.05)
        hung = [(" ".join(words), node.name if node else "")
                for _, _, node, words in self.running]
        for process, *_ in self.running:
            process.kill()
            process.wait()
        self.running = []
        if hung:
            self.say("commands hang: %s" % hung)
        self.hung = hung

    def mend_cards(self, n):
        node = self.nodes[n]
        if not self.has_card(node, "eth0") and self.has_card(node, "old0"):
            self.do_rename(n, True)
        for card in range(3):
            self.do_anew(n, card)
            if card == 0 and "02:00:00:00:0%d:00" % (n + 1) not in run(
                    *within(node.ns, "ip", "link", "show", "eth0"), check=False).stdout:
                self.do_mac(n, 0)
            self.do_card(n, card, True)
            self.do_port(n, card, True)
            self.inside(n, "ip", "addr", "add", "10.99.%d.1%d/24" % (card, n + 1),
                        "dev", "eth%d" % card)
        self.inside(n, "ip", "route", "add", "default", "via", labs.GATEWAY)

    def reap(self):
        """Commands that have ended."""
        for row in list(self.running):
            if row[0].poll() is not None:
                self.running.remove(row)

    def keep_up(self):
        """Systemd, and whoever switches on: all power, all daemons run."""
        self.reap()
        for n, node in enumerate(self.nodes):
            if not node.is_powered():
                for plug in node.plugs:
                    self.do_pdu("on %d" % plug)
                self.do_boot(n)
                self.mend_cards(n)
            else:
                if not self.has_feed(node):     # a BMC that was too late
                    self.bmcs[n].power(True)
                for plug in self.dead_plugs(node):
                    self.do_pdu("on %d" % plug)
                self.do_start(n)

    # ---- judging ----
    def spans(self):
        """{ip: [(from_us, until_us, node, ours)]}: who held what, while powered."""
        rows = [(e["at_us"], 1, e["event"], e["node"], e["ip"], e.get("index"),
                 e.get("proto")) for e in self.lines_of(self.watcher_out)]
        for node in self.nodes:
            rows += [(t, 0, "off", node.name, "", None, None)
                     for t in self.power_off_times(node)]
        held, spans = {}, {}    # (node, vip): [since, ours, {form: ours}]

        def end(node, vip, at):
            since, ours, _ = held.pop((node, vip))
            spans.setdefault(vip, []).append((since, at, node, ours))

        def change(node, vip, at, forms):
            """Held by the daemon, by another hand, or no more."""
            row = held.get((node, vip))
            ours = any(forms.values())
            if row and (not forms or row[1] != ours):
                end(node, vip, at)
                row = None
            if forms:
                held[node, vip] = [row[0] if row else at, ours, forms]
        for at, _, what, node, vip, form, proto in sorted(rows, key=lambda r: r[:2]):
            if what == "overrun":
                raise RuntimeError("the oracle lost notices")
            if what in ("ready", "off"):
                for key in [k for k in held if k[0] == node]:
                    end(node, key[1], at)
                continue
            forms = dict(held[node, vip][2]) if (node, vip) in held else {}
            if what == "add":
                forms[form] = proto == PROTO
            else:
                forms.pop(form, None)
            change(node, vip, at, forms)
        now = self.now_us()
        for node, vip in list(held):
            end(node, vip, now)
        return spans

    def judge_owners(self):
        faults = []
        vips = {vip for one in self.made["instances"] for vip in one["vips"]}
        for vip, rows in self.spans().items():
            if vip not in vips | {"10.99.0.140"}:
                continue
            rows.sort()
            for i, (a0, a1, a, ours_a) in enumerate(rows):
                for b0, b1, b, ours_b in rows[i + 1:]:
                    both_us = min(a1, b1) - max(a0, b0)
                    if a != b and both_us > 0 and ours_a and ours_b:
                        faults.append("TWO OWNERS: %s on %s and %s for %d us at %d" % (
                            vip, a, b, both_us, (max(a0, b0) - self.began_us) // 1000))
        return faults

    def was_by_hand(self, vip):
        return any(one == vip for _, _, one in self.by_hand)

    def orders_off(self):
        """[(at_us, client, plug)]: what nodes told the switch to cut."""
        return [(e["at_us"], e["client"], e["plug"]) for e in self.pdu_events()
                if e["event"] == "request" and e["function"] == 5
                and e["value"] == 0] + self.agent_offs() + [
                    (e["at_us"], "a BMC", e["plug"]) for e in self.pdu_events()
                    if "bmc" in e and e["event"] == "power" and not e["on"]]

    def agent_offs(self):
        found = []
        with contextlib.suppress(OSError), open(self.dir + "/orders",
                                                encoding="ascii") as f:
            for words in map(str.split, f):
                if words[-2] == "off":
                    found.append((int(float(words[0]) * 1e6), words[1],
                                  int(words[-1])))
        return found

    def asked(self):
        """{vip: MAC that answers for it now, or None}."""
        now = {}
        for e in self.lines_of(self.asker_out):
            if e["event"] == "by":
                now[e["ip"]] = e["mac"]
            elif e["event"] == "silent":
                now[e["ip"]] = None
        return now
