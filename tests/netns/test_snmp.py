# SPDX-License-Identifier: GPL-3.0-or-later
"""twinbeat-snmp(8): a real pair, Debian's snmpd, snmpwalk and snmptrapd."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from lab import BUILD, Lab, children_of, wait_for
from fake_daemon import FakeDaemon, status_with

MIB = ".1.3.6.1.2.1.207"
OPERATIONS, ADDRESSES, STATISTICS = (MIB + ".1.1.1.1.", MIB + ".1.1.2.1.",
                                     MIB + ".1.2.5.1.")
# VI_6 beside the lab's VI_1
SIXTH = """ }, { name = "VI_6"; interface = "eth0"; vrid = 66;
    advert_ms = 100; addresses = ( { ip = "fe80::66"; },
                                   { ip = "2001:db8::66"; } );"""
MASTER, NOT_WRITABLE = "3", "notWritable"

pytestmark = pytest.mark.skipif(
    not all(shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
            for name in ("snmpd", "snmpwalk", "snmptrapd")),
    reason="no snmpd, snmpwalk or snmptrapd")


class Snmp:
    """snmpd and a receiver of its traps, in a namespace or on loopback."""

    def __init__(self, within=(), port=16100):
        self.within, self.port = list(within), port
        self.dir = tempfile.mkdtemp(prefix="twinbeat-snmp-")
        os.chmod(self.dir, 0o755)   # the subagent has no rights
        self.agentx = self.dir + "/agentx/master"
        self.traps = self.dir + "/traps"
        self.started = []
        self.write("snmpd.conf", """
agentXSocket %s
agentXPerms 0777 0755
master agentx
agentXTimeout 5
rocommunity public 127.0.0.1
rwcommunity private 127.0.0.1
trap2sink 127.0.0.1:%d public
""" % (self.agentx, port + 1))
        self.write("snmptrapd.conf", "disableAuthorization yes\n")
        self.snmpd = None

    def write(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="ascii") as f:
            f.write(text)

    def spawn(self, *words, log=None):
        with open(log or os.devnull, "ab") as out:
            process = subprocess.Popen(
                self.within + list(words), stdout=out, stderr=out,
                stdin=subprocess.DEVNULL,
                env=dict(os.environ, SNMP_PERSISTENT_DIR=self.dir + "/kept",
                         MIBS=""))
        self.started.append(process)
        return process

    def start(self):
        self.start_snmpd()
        self.spawn("/usr/sbin/snmptrapd", "-f", "-C", "-c",
                   self.dir + "/snmptrapd.conf", "-Lf", self.traps, "-On",
                   "-Oe", "udp:127.0.0.1:%d" % (self.port + 1))
        wait_for("snmptrapd", lambda: "NET-SNMP version" in self.trapped(), 20)
        return self

    def start_snmpd(self):
        self.snmpd = self.spawn(
            "/usr/sbin/snmpd", "-f", "-C", "-c", self.dir + "/snmpd.conf",
            "-Lf", self.dir + "/snmpd.log", "-p", self.dir + "/snmpd.pid",
            "udp:127.0.0.1:%d" % self.port)
        wait_for("snmpd", lambda: self.walk(".1.3.6.1.2.1.1.3"), 20)

    def ask(self, tool, *words, community="public"):
        return subprocess.run(
            self.within + [tool, "-v2c", "-c", community, "-On", "-Oe", "-Ox",
                           "-t",
                           "3", "127.0.0.1:%d" % self.port, *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, check=False, env=dict(os.environ, MIBS="")).stdout

    def walk(self, root=MIB, tool="snmpwalk"):
        """{name: value}, without the types."""
        return {name: value for name, value in re.findall(
            r"^(\.[0-9.]+) = (?:[A-Za-z0-9-]+: )?(.*?) ?$",
            self.ask(tool, root.rstrip(".")), re.M) if not value.startswith("No ")}

    def trapped(self):
        try:
            with open(self.traps, encoding="ascii", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def close(self):
        for process in self.started:
            process.terminate()
        for process in self.started:
            process.wait(20)
        shutil.rmtree(self.dir)


def start_agent(snmp, run_dir):
    log = snmp.dir + "/agent.log"
    agent = snmp.spawn(BUILD + "/twinbeat-snmp", "--agentx", snmp.agentx,
                       "--run-dir", run_dir, log=log)

    def read():
        with open(log, encoding="ascii") as f:
            return f.read()
    return agent, read


def octets(address):
    """As snmpwalk prints them."""
    return " ".join("%02X" % int(part) for part in address.split("."))


@pytest.fixture(name="pair", scope="module")
def make_pair():
    with Lab(track=SIXTH) as lab:
        lb02 = lab.nodes[1]
        snmp = Snmp(lab.within(lb02.ns))
        try:
            lab.settle()
            # who may first speak from its link-local address owns VI_6
            wait_for("both instances", lambda: sorted(
                n.state(1) for n in lab.nodes) == ["BACKUP", "MASTER"], 30)
            if lb02.state(1) == "MASTER":
                lb02.twinbeat("handover", "--to", "lb01")
            wait_for("lb01 owns", lambda: lb02.state(1) == "BACKUP" and
                     lab.nodes[0].state(1) == "MASTER", 20)
            snmp.start()
            _, read = start_agent(snmp, lb02.run_dir)
            wait_for("the rows", lambda: len(snmp.walk(OPERATIONS + "6")) == 2,
                     30)
            yield lab, snmp, read
        finally:
            snmp.close()


def row(lab, vrid, kind):
    index = subprocess.check_output(
        ["ip", "-n", lab.nodes[1].ns, "-o", "link", "show", "dev", "eth0"],
        text=True).split(":")[0]
    return ".%s.%d.%d" % (index, vrid, kind)


def test_the_tables_of_a_standby(pair):
    lab, snmp, _ = pair
    got = snmp.walk()
    four, six = row(lab, 55, 1), row(lab, 66, 2)
    expected = {
        "3": octets("10.99.0.11"), "4": octets("10.99.0.12"),
        "5": "00 00 5E 00 01 37", "6": "2", "7": "100", "8": "1",
        "9": "10", "10": "2", "11": "2", "13": "1"}
    assert {k: got.get(OPERATIONS + k + four) for k in expected} == expected
    assert got[OPERATIONS + "5" + six] == "00 00 5E 00 02 42"
    assert got[OPERATIONS + "8" + six] == "2"
    assert got[OPERATIONS + "11" + six] == "1"
    # fe80::...: sixteen bytes, of the owner and of this node
    for column in ("3", "4"):
        assert got[OPERATIONS + column + six].startswith("FE 80 00 00")
        assert len(got[OPERATIONS + column + six].split()) == 16
    assert got[OPERATIONS + "3" + six] != got[OPERATIONS + "4" + six]
    # the addresses are their own index
    assert got[ADDRESSES + "2" + four + ".4.10.99.0.100"] == "1"
    assert got[ADDRESSES + "2" + six + ".16.254.128" + 13 * ".0" + ".102"] \
        == "1"
    assert got[STATISTICS + "1" + four] == "0"      # it was never master,
    assert got[STATISTICS + "2" + four] == "0"      # notMaster
    heard = int(got[STATISTICS + "3" + four])
    assert heard > 0
    wait_for("more of them", lambda: int(snmp.walk()[
        STATISTICS + "3" + four]) > heard, 20)
    assert "Timeticks" in snmp.ask("snmpget", OPERATIONS + "12" + four)


def test_every_way_of_asking_finds_the_same(pair):
    """RFC 3416: get, get-next, get-bulk; nothing is written."""
    lab, snmp, _ = pair
    names = list(snmp.walk())
    assert list(snmp.walk(tool="snmpbulkwalk")) == names
    assert len(names) == len(set(names)) == 2 * (11 + 13) + 3 + 3

    def key(name):
        return [int(part) for part in name.strip(".").split(".")]
    assert sorted(names, key=key) == names
    assert snmp.ask("snmpgetnext", MIB).startswith(names[0] + " = ")
    assert MIB not in snmp.ask("snmpgetnext", names[-1]).split(" = ")[0]
    for name in (MIB + ".1.2.3.0", OPERATIONS + "1" + row(lab, 55, 1),
                 OPERATIONS + "6.99.55.1", OPERATIONS + "6",
                 OPERATIONS + "6" + row(lab, 55, 1) + 60 * ".1"):
        assert "No Such" in snmp.ask("snmpget", name), name
    name = OPERATIONS + "7" + row(lab, 55, 1)
    assert NOT_WRITABLE in snmp.ask("snmpset", name, "u", "5",
                                    community="private")


def test_it_has_no_rights(pair):
    _, snmp, _ = pair
    agent = snmp.started[-1].pid
    with open("/proc/%d/status" % agent, encoding="ascii") as f:
        of = dict(line.split(":\t") for line in f.read().splitlines()
                  if ":\t" in line)
    assert "0" not in of["Uid"].split() and of["Groups"].strip() == ""
    assert int(of["CapEff"], 16) == 0 and of["NoNewPrivs"] == "1"


def test_a_new_master_is_told(pair):
    """lb01 loses its power: both instances, reason masterNoResponse(3)."""
    lab, snmp, read = pair
    lb01, lb02 = lab.nodes
    four, six = row(lab, 55, 1), row(lab, 66, 2)
    lb01.die()
    lb02.wait_state("MASTER")
    for index in (four, six):
        wait_for("the trap of " + index, lambda: re.search(
            re.escape(".1.3.6.1.6.3.1.1.4.1.0 = OID: %s.0.1\t" % MIB) + ".*" +
            re.escape(OPERATIONS + "3" + index) + ".*" +
            re.escape(STATISTICS + "2" + index) + " = INTEGER: 3",
            snmp.trapped()), 30)
    assert "0A 63 00 0C" in snmp.trapped()      # 10.99.0.12, its own
    got = snmp.walk()
    assert got[OPERATIONS + "6" + four] == got[OPERATIONS + "6" + six] == MASTER
    assert got[STATISTICS + "1" + four] == "1"
    assert got[OPERATIONS + "3" + four] == got[OPERATIONS + "4" + four]
    assert read().count("vrrpv3NewMaster: VI_1") == 1


def hand_over(node):
    """Refused while the other one looks for a duplicate of its address."""
    wait_for("the other one is fit", lambda: node.twinbeat(
        "handover").returncode == 0, 20, every=0.2)


def test_a_handover_is_preempted(pair):
    """Priority 0 is counted where it is sent, and where it is heard."""
    lab, snmp, _ = pair
    lb01, lb02 = lab.nodes
    four = row(lab, 55, 1)
    lab.pdu("on 1")
    lb01.power_on()
    lab.settle(owner=1)
    hand_over(lb02)
    lb01.wait_state("MASTER")
    wait_for("it is seen", lambda: snmp.walk(OPERATIONS + "6" + four)[
        OPERATIONS + "6" + four] == "2", 20)
    assert int(snmp.walk(STATISTICS)[STATISTICS + "8" + four]) > 0
    router = lb01.status()["instances"][0]["router"]
    assert router["zeros_heard"] > 0 and router["masters"] == 1
    assert router["masters_proof"] == "released"
    assert router["heard"] == "10.99.0.12"


def test_snmpd_and_the_daemon_may_go_and_come(pair):
    lab, snmp, read = pair
    lb02 = lab.nodes[1]
    four = row(lab, 55, 1)
    name = OPERATIONS + "6" + four
    snmp.snmpd.terminate()
    snmp.snmpd.wait(20)
    # what happens meanwhile is told when it is there again
    told = snmp.trapped().count(OPERATIONS + "3" + four)
    lab.settle()
    hand_over(lab.nodes[0])
    lb02.wait_state("MASTER")
    snmp.start_snmpd()
    wait_for("the rows again", lambda: snmp.walk(name).get(name) == MASTER, 40)
    wait_for("the trap", lambda: snmp.trapped().count(
        OPERATIONS + "3" + four) > told, 20)
    lb02.stop()
    wait_for("no rows", lambda: not snmp.walk(OPERATIONS), 20)
    assert "no virtual routers to show: cannot reach twinbeatd" in read()
    lb02.start()
    wait_for("the rows once more", lambda: name in snmp.walk(OPERATIONS), 30)
    # the counters began anew
    assert snmp.walk(STATISTICS)[STATISTICS + "12" + four] != \
        "(0) 0:00:00.00"


def test_protocol_errors_and_a_flood_of_them(tmp_path):
    """vrrpv3ProtoError, once for a flood; an interface that is not there."""
    run_dir = str(tmp_path / "run")
    os.mkdir(run_dir, 0o700)

    def status(checksum, interface="lo"):
        router = {"interface": interface, "version": 3, "family": 4,
                  "advert_ms": 1000, "preempt": True, "source": "192.0.2.12",
                  "heard": "", "masters": 0, "masters_proof": "", "up_ms": None,
                  "zeros_heard": 0, "zeros_sent": 0}
        made = status_with()
        made["instances"][0]["router"] = router
        made["links"][1]["drops"] = {"checksum": checksum, "ttl": 7}
        return made

    # a process of its own: a namespace with nothing but loopback
    snmp = Snmp(["unshare", "-n", "sh", "-c",
                 "ip link set lo up; exec sleep 600"])
    holder = snmp.spawn()
    snmp.within = ["nsenter", "--net=/proc/%d/ns/net" % holder.pid]
    try:
        wait_for("loopback", lambda: subprocess.run(
            snmp.within + ["ip", "-o", "-4", "address", "show", "dev", "lo"],
            stdout=subprocess.PIPE, check=False).stdout, 20)
        snmp.start()
        daemon = FakeDaemon(run_dir, status=status(5))
        with daemon:
            agent, read = start_agent(snmp, run_dir)
            wait_for("the rows", lambda: snmp.walk(OPERATIONS + "6"), 30)
            got = snmp.walk()
            assert got[MIB + ".1.2.1.0"] == "5"
            assert got[STATISTICS + "5.1.55.1"] == "7"
            assert got[OPERATIONS + "3.1.55.1"] == '""'
            assert MIB + ".0.2" not in snmp.trapped()
            for checksum in (6, 7, 8):
                daemon.answers[("status", None)][0]["status"] = status(checksum)
                wait_for("it is seen", lambda: snmp.walk(MIB + ".1.2.1")[
                    MIB + ".1.2.1.0"] == str(checksum), 20)
            wait_for("the trap", lambda: snmp.trapped().count(
                MIB + ".0.2\t") == 1, 20)
            assert STATISTICS + "6.1.55.1 = INTEGER: 3" in snmp.trapped()
            # as a daemon that hangs makes it: who asks it waits, snmpd does not
            asks, = children_of(agent.pid)
            os.kill(asks, signal.SIGSTOP)
            until = time.monotonic() + 3
            while time.monotonic() < until:
                assert snmp.walk(OPERATIONS + "6")
            os.kill(asks, signal.SIGCONT)
            daemon.answers[("status", None)][0]["status"] = status(8, "eth9")
            wait_for("no row", lambda: not snmp.walk(OPERATIONS + "6"), 20)
            wait_for("it is said", lambda: "eth9" in read(), 20)
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(20) == 0
    finally:
        snmp.close()


def test_it_ends_with_the_process_that_asks(tmp_path):
    """Who is left alone would have no rows for ever; systemd starts both anew."""
    with FakeDaemon(str(tmp_path), director={}) as daemon, subprocess.Popen(
            [BUILD + "/twinbeat-snmp", "--agentx", "/nonexistent", "--run-dir",
             str(tmp_path)], stderr=subprocess.PIPE, text=True) as agent:
        try:
            wait_for("it asks twice", lambda: len(daemon.requests) > 1)
            # of LVS there is nothing in this MIB
            assert {one["command"] for one in daemon.requests} == {"status"}
            with open("/proc/%d/task/%d/children" % (agent.pid, agent.pid),
                      encoding="ascii") as f:
                os.kill(int(f.read()), signal.SIGKILL)
            assert agent.wait(20) == 1
            assert "is gone" in agent.stderr.read()
        finally:
            agent.kill()


@pytest.mark.parametrize("words,code,said", [
    (["--agentx"], 2, "needs a value"), (["--nosuch"], 2, "no such option"),
    (["--help"], 0, "RFC 6527"), (["--version"], 0, "twinbeat-snmp ")])
def test_words(words, code, said):
    done = subprocess.run([BUILD + "/twinbeat-snmp", *words],
                          capture_output=True, text=True, timeout=20,
                          check=False)
    assert (done.returncode, said in done.stdout + done.stderr) == (
        code, True), done.stderr
