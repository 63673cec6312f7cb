# SPDX-License-Identifier: GPL-3.0-or-later
"""R3: an owner for whose address nobody gets an ARP answer serves nobody.

Adverts and beats go on meanwhile, so only the node itself can know. What it
finds is said, and the other node serves; what is no fault is no alert.
"""
import subprocess
import time

import pytest

from lab import VIP, run, wait_for


def inside(node, script):
    run("ip", "netns", "exec", node.ns, "sh", "-ec", script)


ASK = """
import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
s.bind(("eth0", 0))
mac, own, vip = s.getsockname()[4], *map(socket.inet_aton, sys.argv[1:3])
s.send(b"\\xff" * 6 + mac + bytes.fromhex("08060001080006040001") +
       mac + own + bytes(6) + vip)
end = time.monotonic() + 0.5
while time.monotonic() < end:
    s.settimeout(max(0.01, end - time.monotonic()))
    try:
        frame = s.recv(100)
    except socket.timeout:
        break
    if frame[20:22] == b"\\0\\2" and frame[28:32] == vip:
        sys.exit(0)
sys.exit(1)
"""


def answered(lab):
    """Does anybody answer ARP for the VIP? As a client asks."""
    return subprocess.run(
        ["ip", "netns", "exec", lab.client_ns, "/usr/bin/python3", "-c", ASK,
         "10.99.0.10", VIP], check=False).returncode == 0


RULES_FIRST = ("ip rule add pref 5 lookup local; ip rule del pref 0; "
               "ip rule add pref 1 to %s %%s" % VIP)
FAULTS = {
    "arp off": ("ip link set dev eth0 arp off", "ip link set dev eth0 arp on",
                "ARP is switched off on eth0"),
    "arp_ignore of eth0": (
        "echo 8 >/proc/sys/net/ipv4/conf/eth0/arp_ignore",
        "echo 0 >/proc/sys/net/ipv4/conf/eth0/arp_ignore",
        "arp_ignore = 8 on eth0"),
    "arp_ignore of all": (
        "echo 8 >/proc/sys/net/ipv4/conf/all/arp_ignore",
        "echo 0 >/proc/sys/net/ipv4/conf/all/arp_ignore",
        "arp_ignore = 8 for all interfaces"),
    "prohibit": (RULES_FIRST % "prohibit", "ip rule del pref 1",
                 "a rule or route hides " + VIP),
    "blackhole": (RULES_FIRST % "blackhole", "ip rule del pref 1",
                  "a rule or route hides " + VIP),
    "another table": (
        "ip route add table 77 unreachable %s; " % VIP +
        RULES_FIRST % "lookup 77", "ip rule del pref 1",
        "a rule or route hides " + VIP),
    "no local route": (
        "ip route del table local local %s dev eth0" % VIP, "true",
        "a rule or route hides " + VIP),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_R3_owner_that_answers_nobody_hands_over(lab, fault):
    lb01, lb02 = lab.nodes
    broken, mended, says = FAULTS[fault]
    assert answered(lab)
    inside(lb01, broken)
    assert not answered(lab), "this is no fault"
    wait_for("the alert", lambda: [
        a for a in lb01.status()["alerts"] if a["name"] == "vip-failed" and
        says in a["text"]], 10)
    lb02.wait_state("MASTER")
    assert lb02.proof() == "released"
    wait_for("lb01 has let go", lambda: lb01.state() == "FAULT" and
             VIP not in lb01.addresses())
    assert any("nobody is answered here" in why
               for why in lb01.status()["unfit_reasons"])
    assert lb01.is_powered() and lb02.is_powered()
    inside(lb01, mended)
    wait_for("the client is served", lambda: answered(lab))
    if "hides" in says:
        return      # it can be asked for again when it is held
    wait_for("lb01 is fit again", lambda: lb01.state() == "BACKUP", 10)
    assert not lb01.alerts() & {"vip-failed", "unfit"}
    assert lb02.state() == "MASTER"


def test_R3_standby_that_would_answer_nobody_claims_nothing(lab):
    lb01, lb02 = lab.nodes
    inside(lb02, "ip link set dev eth0 arp off")
    lb02.wait_alert("vip-failed")
    lb02.wait_state("FAULT")
    assert lb01.state() == "MASTER" and "unfit" not in lb01.alerts()
    inside(lb02, "ip link set dev eth0 arp on")
    lb02.wait_state("BACKUP")


HARMLESS = {
    "strict rp_filter": "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter; "
                        "echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter",
    "arp_filter": "echo 1 >/proc/sys/net/ipv4/conf/all/arp_filter",
    "arp_ignore 1": "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore",
    "arp_ignore 2": "echo 2 >/proc/sys/net/ipv4/conf/eth0/arp_ignore",
    "arp_ignore 3": "echo 3 >/proc/sys/net/ipv4/conf/eth0/arp_ignore",
    "rules after local": "ip rule add pref 9 to %s prohibit" % VIP,
    "forwarding": "echo 1 >/proc/sys/net/ipv4/ip_forward",
    "lo without arp": "ip link set dev lo arp off || true",
    "another interface": "ip link add e9 type veth peer name e9p; "
                         "ip link set e9 up arp off; ip link set e9p up",
}


def test_R3_what_is_no_fault_is_no_alert(lab):
    """And a client is answered: it is no fault."""
    lb01, lb02 = lab.nodes
    for name, script in HARMLESS.items():
        for node in lab.nodes:
            inside(node, script)
        time.sleep(0.1)
        assert answered(lab), name
    end = time.monotonic() + 6
    while time.monotonic() < end:
        for node in lab.nodes:
            assert not node.alerts() & {"vip-failed", "unfit"}, node.name
        time.sleep(0.2)
    assert (lb01.state(), lb02.state()) == ("MASTER", "BACKUP")
