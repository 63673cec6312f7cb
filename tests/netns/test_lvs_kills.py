# SPDX-License-Identifier: GPL-3.0-or-later
"""Directors that are killed and stopped at any moment, with a real ip_vs: in
the middle of a reload, of a handover, of a drain. Afterwards the table is what
the file and the operators' words say, once, on both nodes (D4, D6, D10, D11)."""
import os
import random
import signal
import time

import pytest

import lvs_farm
from lab import BUILD, VIP, children_of, wait_for
from test_director import polled_table, with_ipvs

IP = {"one": "10.99.0.21", "two": "10.99.0.22", "three": "10.99.0.23"}
ROUNDS = int(os.environ.get("TWINBEAT_KILL_ROUNDS", "6"))
SEED = int(os.environ.get("TWINBEAT_KILL_SEED", "1"))
PAUSE_S = 0.4


def service(port, names, scheduler="wlc"):
    return ('{ name = "s%d"; instance = "VI_1"; listen = ( { ip = "%s"; '
            'port = %d; } ); scheduler = "%s"; checks = ( { type = "tcp"; '
            'inter_ms = 1000; } ); drain_s = 1; %s servers = ( %s ); }' % (
                port, VIP, port, scheduler, 'scheduler_flags = ( "fallback" );'
                if scheduler == "mh" else "", ", ".join(
                    '{ name = "%s"; address = "%s"; }' % (name, IP[name])
                    for name in names)))


def director(services):
    return "director = { audit_s = 1; services = ( %s ); };" % (
        ", ".join(service(*one) for one in services))


# what a file may have: with each reload another one
FILES = [
    [(80, ("one", "two", "three")), (81, ("one", "two"), "mh")],
    [(80, ("one", "two")), (81, ("two", "one"), "mh"),
     *[(port, ("one", "three")) for port in range(82, 88)]],
    [(80, ("three", "one", "two")), (82, ("one", "two", "three"))],
]


def expected(services, drained):
    lines = set()
    for port, names, *more in services:
        scheduler = more[0] if more else "wlc"
        lines.add("-A -t %s:%d -s %s%s" % (
            VIP, port, scheduler,
            " -b mh-fallback" if scheduler == "mh" else ""))
        for name in names:
            weight = 0 if (port, name) in drained else (
                100 if scheduler == "wlc" else 1)
            lines.add("-a -t %s:%d -r %s:%d -g -w %d" % (
                VIP, port, IP[name], port, weight))
    return lines


class Farm(lvs_farm.Farm):
    IP = IP

    def owner(self):
        owners = [node for node in self.nodes if node.state() == "MASTER"]
        return owners[0] if len(owners) == 1 else None

    def wait_tables(self, services, drained, what):
        wanted = {" ".join(line.split()) for line in
                  expected(services, drained)}

        def lines(node):
            return {" ".join(line.split()) for line in polled_table(node)}
        for node in self.nodes:
            try:
                wait_for(what, lambda n=node: lines(n) == wanted, 40, 0.1)
            except AssertionError:
                print("%s: %s\nlost: %s\ntoo much: %s" % (
                    node.name, what, sorted(wanted - lines(node)),
                    sorted(lines(node) - wanted)))
                raise


def cli(node, *words):
    return node.spawn(BUILD + "/twinbeat", "--run-dir", node.run_dir,
                      "--state-dir", node.state_dir, "-c", node.config,
                      "--node", node.name, *words, log=node.dir + "/cli")


def directors(node):
    """How many of them are there in this node, in whatever state."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as text:
                words = text.read().split(b"\0")
            if words[0].endswith(b"twinbeat-director") and \
                    os.path.samefile("/proc/%d/ns/pid" % pid,
                                     "/proc/%d/ns/pid" % node.init):
                found.append(pid)
        except OSError:
            continue
    return found


def hurt(node, chance):
    """One of: killed, stopped, stopped for a while, killed again and again."""
    way = chance.choice(("kill", "stop", "pause", "again"))
    for _ in range(4 if way == "again" else 1):
        pid = node.helper("director")
        if pid is None:
            time.sleep(0.05)
            continue
        try:
            os.kill(pid, signal.SIGKILL if way in ("kill", "again")
                    else signal.SIGSTOP)
            if way == "pause":
                time.sleep(chance.random() * PAUSE_S)
                os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
        if way == "again":
            time.sleep(chance.random() * 0.2)
    return way


@with_ipvs
def test_D10_killed_at_any_moment_a_director_loses_and_doubles_nothing():
    chance = random.Random(SEED)
    files = FILES[0]
    drained = set()
    with Farm(extra=director(files)) as farm:
        farm.settle()
        farm.wait_tables(files, drained, "the first table")
        for number in range(ROUNDS):
            what = chance.choice(("reload", "handover", "drain", "rest",
                                  "word", "crash"))
            told = []
            delay = chance.random() * 0.05
            if what == "reload":
                files = chance.choice(FILES)
                farm.write_config(extra=director(files))
                asked = [cli(node, "reload") for node in farm.nodes]
                time.sleep(delay)
            elif what == "handover":
                cli(farm.owner(), "handover")
                time.sleep(delay)
            elif what in ("drain", "word"):
                port, names = files[0][:2]
                # one at a time: all of them drained serve nobody
                name = next((n for p, n in drained if p == port),
                            None) or chance.choice(names)
                word = "enable" if (port, name) in drained else "drain"
                node = chance.choice(farm.nodes)
                asked = cli(node, "director", word,
                            "s%d/%s" % (port, name))
                time.sleep(delay)
            elif what == "crash":
                node = farm.owner()
                node.kill()
            for each in farm.nodes:
                if chance.random() < 0.7:
                    told.append((each.name, hurt(each, chance)))
            told = "round %d: %s, %s" % (number, what, told)
            print(told, flush=True)
            if what == "reload":
                print([one.wait(timeout=60) for one in asked])
                for node in farm.nodes:
                    done = node.twinbeat("reload")
                    if done.returncode:
                        print("again:", done.stdout, done.stderr)
                        wait_for("a reload", lambda n=node: n.twinbeat(
                            "reload").returncode == 0, 30, 0.5)
            if what in ("drain", "word"):
                # killed before it was on disk, it was never said
                asked.wait(timeout=30)
                if asked.returncode == 0:
                    drained ^= {(port, name)}
                else:
                    wait_for("a director answers", lambda: node.twinbeat(
                        "director", "list").returncode == 0, 30, 0.2)
                    done = node.twinbeat("director", word,
                                         "s%d/%s" % (port, name))
                    print("again:", done.returncode, done.stdout, done.stderr)
                    drained ^= {(port, name)}
            if what == "crash":
                node.starter.wait(timeout=20)
                other = farm.nodes[1 - node.index]
                other.wait_state("MASTER")
                node.start()
            wait_for("one owner", farm.owner, 20, 0.1)
            drained &= {(port, name) for port, names, *_ in files
                        for name in names}
            farm.wait_tables(files, drained, told)
            for node in farm.nodes:
                wait_for("one director on %s: %s" % (
                    node.name, told), lambda n=node: len(directors(n)) == 1,
                    20, 0.1)
                assert len(children_of(node.helper("director"))) <= 1
            assert farm.client.do("ask", VIP, 80, 6), told
            seen = farm.client.do("ask", VIP, 80, 6)
            assert not any(name.startswith("!") for name in seen), (told, seen)
            assert {a for a in farm.owner().alerts()} <= {
                "process-died", "director-table", "link-never", "no-standby",
                "view-differs"}, farm.owner().alerts()
        farm.judge()
