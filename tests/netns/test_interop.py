# SPDX-License-Identifier: GPL-3.0-or-later
"""Others on the wire: keepalived hears us, tshark checks what we send, a
foreign router and a local firewall are named and change nothing."""
import json
import os
import subprocess
import time

import pytest

from lab import VIP, run, wait_for

KEEPALIVED = """vrrp_instance other {{
    state BACKUP
    interface eth0
    virtual_router_id 55
    priority 50
    version {version}
    advert_int {interval}
    {auth}
    virtual_ipaddress {{ {vip}/32 }}
}}
"""
FORGE = """
import socket, struct, time


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


source, group = socket.inet_aton("SOURCE"), socket.inet_aton("224.0.0.18")
vrrp = bytearray(struct.pack("!BBBBHH4s", 0x31, 55, PRIORITY, 1, 10, 0,
                             socket.inet_aton("10.99.0.100")))
vrrp[6:8] = struct.pack("!H", checksum(
    source + group + struct.pack("!HH", 112, len(vrrp)) + vrrp))
ip = bytearray(struct.pack("!BBHHHBBH4s4s", 0x45, 0xc0, 20 + len(vrrp), 1, 0,
                           255, 112, 0, source, group))
ip[10:12] = struct.pack("!H", checksum(bytes(ip)))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("eth0", 0x0800))
me = wire.getsockname()[4]
for _ in range(20):
    wire.send(bytes.fromhex("01005e000012") + me + bytes.fromhex("0800") +
              bytes(ip) + bytes(vrrp))
    time.sleep(0.05)
"""


def forge(lab, source, priority):
    """20 adverts in a second, from the client's place."""
    run("ip", "netns", "exec", lab.client_ns, "/usr/bin/python3", "-c",
        FORGE.replace("SOURCE", source).replace("PRIORITY", str(priority)))


class Third:
    """A third machine on the service network."""

    def __init__(self, lab):
        self.lab, self.ns = lab, lab.prefix + "k"
        run("ip", "netns", "add", self.ns)
        run("ip", "-n", lab.switch_ns, "link", "add", "third", "type", "veth",
            "peer", "name", "eth0", "netns", self.ns)
        run("ip", "-n", lab.switch_ns, "link", "set", "third", "master",
            "br0", "up")
        run("ip", "-n", self.ns, "addr", "add", "10.99.0.30/24", "dev",
            "eth0")
        run("ip", "-n", self.ns, "link", "set", "eth0", "up")
        self.process = None

    def keepalived(self, **values):
        base = os.path.join(self.lab.dir, "keepalived")
        with open(base + ".conf", "w", encoding="ascii") as f:
            f.write(KEEPALIVED.format(vip=VIP, **values))
        self.log = base + ".log"
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.ns, "keepalived", "-n", "-l", "-D",
             "-P", "-f", base + ".conf", "-p", base + ".pid", "-r",
             base + ".vrrp"], stdin=subprocess.DEVNULL,
            stdout=open(self.log, "wb"), stderr=subprocess.STDOUT)

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
        run("ip", "netns", "del", self.ns, check=False)


@pytest.fixture
def third():
    made = []

    def make(lab):
        made.append(Third(lab))
        return made[-1]
    yield make
    for one in made:
        one.close()


def stays_backup(third, seconds):
    wait_for("keepalived is up",
             lambda: "Entering BACKUP STATE" in third.read_log())
    time.sleep(seconds)
    log = third.read_log()
    assert "Entering MASTER STATE" not in log, log
    for complaint in ("Invalid", "invalid", "error", "mismatch", "bogus"):
        assert complaint not in log, log


# keepalived before 2.4 and tshark know no signatures
PLAIN = "sign = false; "


def test_interop_keepalived_hears_version_3_and_stays_backup(make_lab, third):
    lab = make_lab(auth=PLAIN)
    lab.settle()
    other = third(lab)
    other.keepalived(version=3, interval="0.1", auth="")
    stays_backup(other, 2)
    assert "foreign-vrrp" not in lab.nodes[0].alerts()


def test_interop_keepalived_hears_version_2_with_password(make_lab, third):
    lab = make_lab(version=2, advert_ms=1000, auth=PLAIN + 'auth_pass = "1111";',
                   tie_ms=6000)
    lab.settle(seconds=20)
    other = third(lab)
    other.keepalived(version=2, interval=1,
                     auth="authentication { auth_type PASS\n"
                          "auth_pass 1111 }")
    stays_backup(other, 6)
    assert "foreign-vrrp" not in lab.nodes[0].alerts()


class Capture:
    """tshark on the client's interface: packets as dictionaries of fields."""

    FIELDS = ["frame.time_epoch", "ip.src", "ip.dst", "ip.ttl",
              "vrrp.version", "vrrp.virt_rtr_id", "vrrp.prio",
              "vrrp.ip_addr", "vrrp.checksum.status", "vrrp.auth_string",
              "arp.opcode", "arp.src.proto_ipv4", "arp.dst.proto_ipv4",
              "eth.dst"]

    def __init__(self, lab):
        self.path = os.path.join(lab.dir, "capture.pcap")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", lab.client_ns, "tshark", "-q", "-i",
             "eth0", "-a", "duration:60", "-w", self.path,
             "-f", "ip proto 112 or arp"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_for("the capture runs", lambda: os.path.exists(self.path) and
                 os.path.getsize(self.path) > 0)
        time.sleep(0.5)

    def packets(self):
        time.sleep(0.5)
        self.process.terminate()
        self.process.wait()
        words = ["tshark", "-r", self.path, "-T", "json", "-o",
                 "ip.check_checksum:TRUE"]
        for field in self.FIELDS:
            words += ["-e", field]
        shown = json.loads(run(*words).stdout)
        return [{key: value[0] for key, value in
                 packet["_source"]["layers"].items()} for packet in shown]


def test_wire_version_3_adverts_priority_0_and_gratuitous_arp(make_lab):
    lab = make_lab(auth=PLAIN)
    lab.settle()
    lb01, lb02 = lab.nodes
    capture = Capture(lab)
    time.sleep(0.5)
    assert lb01.twinbeat("handover").returncode == 0
    lb02.wait_state("MASTER")
    time.sleep(0.7)
    packets = capture.packets()
    adverts = [p for p in packets if "vrrp.version" in p]
    assert len(adverts) > 8
    for advert in adverts:
        assert advert["vrrp.version"] == "3"
        assert advert["vrrp.virt_rtr_id"] == "55"
        assert advert["ip.ttl"] == "255"
        assert advert["ip.dst"] == "224.0.0.18"
        assert advert["vrrp.ip_addr"] == VIP
        assert advert["vrrp.checksum.status"] in ("1", "Good")
    priorities = {(p["ip.src"], p["vrrp.prio"]) for p in adverts}
    assert priorities == {("10.99.0.11", "150"), ("10.99.0.11", "0"),
                          ("10.99.0.12", "100")}
    arps = [p for p in packets if p.get("arp.opcode") == "1" and
            p["arp.src.proto_ipv4"] == p["arp.dst.proto_ipv4"] == VIP]
    assert len(arps) >= 2 and all(
        p["eth.dst"] == "ff:ff:ff:ff:ff:ff" for p in arps)
    # R10: removed first, announced then
    removed = [e["at_us"] for e in lab.referee_events()
               if e["event"] == "del" and e["ip"] == VIP]
    zero = [float(p["frame.time_epoch"]) for p in adverts
            if p["vrrp.prio"] == "0"][0]
    offset = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    assert removed[-1] / 1e6 + offset <= zero + 0.002


def test_wire_version_2_advert_with_password(make_lab):
    lab = make_lab(version=2, advert_ms=1000, auth=PLAIN + 'auth_pass = "1111";',
                   tie_ms=6000)
    lab.nodes[0].wait_state("MASTER", 20)
    capture = Capture(lab)
    time.sleep(2.5)
    adverts = [p for p in capture.packets() if "vrrp.version" in p]
    assert adverts
    for advert in adverts:
        assert advert["vrrp.version"] == "2"
        assert advert["vrrp.auth_string"] == "1111"
        assert advert["vrrp.checksum.status"] in ("1", "Good")
        assert advert["vrrp.ip_addr"] == VIP


def test_interop_foreign_router_is_named_and_changes_nothing(lab):
    lb01, lb02 = lab.nodes
    forge(lab, "10.99.0.10", 254)
    lb01.wait_alert("foreign-vrrp")
    text = [a["text"] for a in lb01.status()["alerts"]
            if a["name"] == "foreign-vrrp"][0]
    assert "10.99.0.10" in text and "55" in text
    assert lb01.state() == "MASTER" and lb02.state() == "BACKUP"
    assert lb01.read_log().count("foreign-vrrp") <= 2


def test_R1_forged_resignation_with_serial_pulled(lab):
    lb01, lb02 = lab.nodes
    lab.cable("cut")
    lb02.wait_alert("link-down")
    before = lb02.link("vrrp:VI_1")["rx"]
    forge(lab, "10.99.0.11", 0)
    heard = lb02.link("vrrp:VI_1")["rx"]
    assert heard - before > 25  # the owner's ten and the forged twenty
    time.sleep(0.5)
    assert lb01.state() == "MASTER" and lb02.state() == "BACKUP"


def test_R2_local_firewall_is_named_and_changes_nothing(lab):
    lb01, lb02 = lab.nodes
    run("ip", "netns", "exec", lb02.ns, "nft",
        "add table ip t; add chain ip t in { type filter hook input priority "
        "0; }; add rule ip t in ip protocol 112 drop")
    lb02.wait_alert("firewall")
    time.sleep(2)
    assert lb01.state() == "MASTER" and lb02.state() == "BACKUP"
    assert lb02.link("vrrp:VI_1")["state"] == "up"
